//! Where a session is kept between runs of a program.

#[cfg(feature = "keyring")]
mod keyring;

#[cfg(feature = "keyring")]
pub use keyring::KeyringSession;

use crate::Session;
use serde::de::DeserializeOwned;
use std::{
    any::Any,
    ffi::OsString,
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
};
use uuid::Uuid;

/// Keeps a session. Calls come from threads on which they may block, one at a time.
///
/// ```
/// use parlor_client::{Session, SessionStore};
/// use std::{io, sync::Mutex};
///
/// /// For tests: keeps the session as long as the program runs.
/// #[derive(Debug, Default)]
/// struct InMemory(Mutex<Option<Session>>);
///
/// impl SessionStore for InMemory {
///     fn load(&self) -> io::Result<Option<Session>> {
///         Ok(self.0.lock().unwrap().clone())
///     }
///     fn save(&self, session: &Session) -> io::Result<()> {
///         *self.0.lock().unwrap() = Some(session.clone());
///         Ok(())
///     }
///     fn clear(&self) -> io::Result<()> {
///         *self.0.lock().unwrap() = None;
///         Ok(())
///     }
/// }
/// ```
pub trait SessionStore: fmt::Debug + Send + Sync + 'static {
    /// What is kept, if anything is.
    fn load(&self) -> io::Result<Option<Session>>;

    /// Keeps `session` instead.
    fn save(&self, session: &Session) -> io::Result<()>;

    /// Keeps nothing any more.
    fn clear(&self) -> io::Result<()>;

    /// Keeps other processes from renewing the same session until the answer is dropped: a refresh token is good for one
    /// renewal. A store that only this process uses needs no lock.
    fn lock(&self) -> io::Result<Box<dyn Any + Send>> {
        Ok(Box::new(()))
    }
}

/// Keeps nothing.
#[derive(Debug)]
pub(crate) struct Forgetful;

impl SessionStore for Forgetful {
    fn load(&self) -> io::Result<Option<Session>> {
        Ok(None)
    }

    fn save(&self, _: &Session) -> io::Result<()> {
        Ok(())
    }

    fn clear(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps the session in a file that only its owner can read (0600). Several processes may share it.
///
/// The file is JSON: `{ user, token, refreshToken, expiresAt }`, as the contract's answer to a login.
///
/// ```
/// use parlor_client::{FileSession, SessionStore as _};
///
/// let folder = tempfile::tempdir()?;
/// let store = FileSession::at(folder.path().join("bot.session.json"));
/// assert_eq!(store.load()?, None, "a file that is not there yet has no session");
/// store.clear()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct FileSession {
    path: PathBuf,
}

impl FileSession {
    /// In the file `path`; its folder must exist.
    ///
    /// ```
    /// use parlor_client::{Client, FileSession};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// let store = FileSession::at(folder.path().join("bot.session.json"));
    /// let client = Client::builder("http://127.0.0.1:5000").session_store(store).build()?;
    /// assert!(client.session().is_none(), "nobody has signed in yet");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl SessionStore for FileSession {
    /// A file that others could read is closed to them.
    fn load(&self) -> io::Result<Option<Session>> {
        match fs::read(&self.path) {
            Ok(bytes) => {
                make_private(&self.path);
                Ok(Some(parse(&self.path, &bytes)?))
            }
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(cause),
        }
    }

    fn save(&self, session: &Session) -> io::Result<()> {
        replace(&self.path, &serde_json::to_vec_pretty(session)?)
    }

    fn clear(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => Err(cause),
            _ => Ok(()),
        }
    }

    /// A lock on a file beside it.
    fn lock(&self) -> io::Result<Box<dyn Any + Send>> {
        let lock = lock_file(&self.path)?;
        lock.lock()?;
        Ok(Box::new(lock))
    }
}

/// What a kept file says; the error names the file.
pub(crate) fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> io::Result<T> {
    let broken = |cause| io::Error::new(ErrorKind::InvalidData, format!("{}: {cause}", path.display()));
    serde_json::from_slice(bytes).map_err(broken)
}

/// Writes a file that only its owner can read, whole or not at all, whatever happens meanwhile.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A file of our own making: one that is there already may be another's, or readable by others.
    let new = beside(path, &format!(".{}.new", Uuid::now_v7()));
    let written = private().create_new(true).open(&new).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)
    });
    if written.is_err() {
        // It may not even be there.
        fs::remove_file(&new).ok();
    }
    written?;
    // The name is on disk when the folder is.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// The file beside `path` that is locked in its place: `path` itself is replaced at each writing.
pub(crate) fn lock_file(path: &Path) -> io::Result<File> {
    private().create(true).truncate(false).open(beside(path, ".lock"))
}

/// Closes a file to others that they could read, as a copy of it may be.
#[cfg(unix)]
fn make_private(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let is_open = fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0);
    if is_open {
        let closed = fs::set_permissions(path, fs::Permissions::from_mode(0o600));
        tracing::warn!(?closed, path = %path.display(), "others could read this session");
    }
}

#[cfg(not(unix))]
fn make_private(_: &Path) {}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().map_or_else(OsString::new, OsString::from);
    name.push(ending);
    path.with_file_name(name)
}
