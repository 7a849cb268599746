//! The files of a folder, for anybody: those that are in it, and no others.

use super::{front::RequestId, reply};
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    response::Response,
};
use parlor_protocol::{ApiError, ErrorType};
use std::{
    io::{self, ErrorKind},
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, SystemTime},
};
use tokio::{
    fs,
    io::{AsyncRead, AsyncSeek, ReadBuf},
};
use tower_http::services::fs::{Backend, DefaultServeDirFallback, File, Metadata, ServeDir};

/// Bytes of a file that are in memory for each who reads it.
const PIECE: usize = 16 * 1024;

/// A folder whose files are served.
#[derive(Clone, Debug)]
pub(super) struct Files {
    folder: ServeDir<DefaultServeDirFallback, Inside>,
}

impl Files {
    /// The files of the folder with this real path.
    pub(super) fn of(root: &Path) -> Self {
        let folder = ServeDir::with_backend(root, Inside { root: root.into() })
            .append_index_html_on_directories(false)
            .ignore_multi_range_requests(true)
            .with_buf_chunk_size(PIECE);
        Self { folder }
    }

    /// The file that the path of this request names, or why not.
    pub(super) async fn answer(&self, mut request: Request) -> Response {
        let id = reply::id_of(request.extensions());
        let asks = matches!(*request.method(), Method::GET | Method::HEAD);
        if !asks {
            *request.method_mut() = Method::HEAD;
        }
        // The part is wanted of one version only; the whole of this one is right for any.
        if request.headers().contains_key(header::IF_RANGE) {
            request.headers_mut().remove(header::RANGE);
        }
        let is_map = has_extension(request.uri().path(), "map");
        let response = match self.folder.clone().try_call(request).await {
            Ok(response) => response.map(Body::new),
            Err(error) => return unreadable(&error, &id),
        };
        match response.status() {
            StatusCode::NOT_FOUND => refused(ErrorType::NotFound, "There is no such file", &id),
            _ if !asks => {
                let mut response =
                    refused(ErrorType::MethodNotAllowed, "A file can be read, and no more", &id);
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET,HEAD"));
                response
            }
            status if status.is_client_error() => {
                let message = "The file has no such part, or is another version; ask for the whole of it";
                let mut refused = refused(ErrorType::Validation, message, &id);
                *refused.status_mut() = status;
                refused
            }
            _ => typed(response, is_map),
        }
    }
}

/// Whether the path's last name ends with `.` and this.
pub(super) fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|ends| ends.eq_ignore_ascii_case(extension))
}

fn refused(kind: ErrorType, message: &str, id: &RequestId) -> Response {
    reply::failure(ApiError::new(kind, message), id)
}

/// A name that no file can have is one that no file has.
fn unreadable(error: &io::Error, id: &RequestId) -> Response {
    use ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound};
    if matches!(error.kind(), NotFound | NotADirectory | InvalidFilename | InvalidInput) {
        return refused(ErrorType::NotFound, "There is no such file", id);
    }
    tracing::error!(request_id = %id, %error, "a file that is served cannot be read");
    refused(ErrorType::ServerError, "The file cannot be read; the server's log says why", id)
}

/// Texts are in UTF-8, and source maps in JSON.
fn typed(mut response: Response, is_map: bool) -> Response {
    if is_map && response.headers().contains_key(header::CONTENT_TYPE) {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let text = kind.and_then(|kind| str::from_utf8(kind).ok()).filter(|kind| kind.starts_with("text/"));
    if let Some(kind) = text.and_then(|kind| format!("{kind}; charset=utf-8").parse().ok()) {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}

/// What can be reached in the folder: neither what is hidden, nor what links lead out to, nor what is no file.
#[derive(Clone, Debug)]
struct Inside {
    root: Arc<Path>,
}

impl Inside {
    async fn find(&self, path: &Path) -> io::Result<(PathBuf, Stamp)> {
        let name = path.strip_prefix(&self.root).map_err(|_| ErrorKind::NotFound)?;
        if name.iter().any(|part| part.as_bytes().starts_with(b".")) {
            return Err(ErrorKind::NotFound.into());
        }
        let real = fs::canonicalize(path).await?;
        let metadata = fs::metadata(&real).await?;
        // To open a pipe would wait for its writer.
        if !real.starts_with(&self.root) || !metadata.is_file() {
            return Err(ErrorKind::NotFound.into());
        }
        Ok((real, Stamp::of(&metadata)))
    }
}

type Promised<T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send>>;

impl Backend for Inside {
    type File = Opened;
    type Metadata = Stamp;
    type OpenFuture = Promised<Opened>;
    type MetadataFuture = Promised<Stamp>;

    fn open(&self, path: PathBuf) -> Promised<Opened> {
        let inside = self.clone();
        Box::pin(async move {
            let (real, _) = inside.find(&path).await?;
            let file = fs::File::open(real).await?;
            let stamp = Stamp::of(&file.metadata().await?);
            Ok(Opened { file, stamp })
        })
    }

    fn metadata(&self, path: PathBuf) -> Promised<Stamp> {
        let inside = self.clone();
        Box::pin(async move { Ok(inside.find(&path).await?.1) })
    }
}

/// What tells one version of a file from another.
#[derive(Clone, Copy, Debug)]
struct Stamp {
    size: u64,
    changed: SystemTime,
}

impl Stamp {
    fn of(metadata: &std::fs::Metadata) -> Self {
        // Not when it was written: a build that can be repeated gives each of its files the same time, in every version.
        let seconds = metadata.ctime().try_into().unwrap_or_default();
        let nanos = metadata.ctime_nsec().try_into().unwrap_or_default();
        Self { size: metadata.len(), changed: SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos) }
    }
}

impl Metadata for Stamp {
    fn is_dir(&self) -> bool {
        false
    }

    fn modified(&self) -> io::Result<SystemTime> {
        Ok(self.changed)
    }

    fn len(&self) -> u64 {
        self.size
    }
}

/// An open file.
struct Opened {
    file: fs::File,
    stamp: Stamp,
}

impl File for Opened {
    type Metadata = Stamp;
    type MetadataFuture<'a> = std::future::Ready<io::Result<Stamp>>;

    fn metadata(&self) -> Self::MetadataFuture<'_> {
        std::future::ready(Ok(self.stamp))
    }
}

impl AsyncRead for Opened {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.file).poll_read(cx, buf)
    }
}

impl AsyncSeek for Opened {
    fn start_seek(mut self: Pin<&mut Self>, position: io::SeekFrom) -> io::Result<()> {
        Pin::new(&mut self.file).start_seek(position)
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Pin::new(&mut self.file).poll_complete(cx)
    }
}
