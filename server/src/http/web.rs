//! A built web page, at `/` and below where nothing else is.

use super::{
    files::{Files, has_extension},
    routes, service,
};
use crate::domain::Domain;
use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::Response,
    routing::{any, get},
};
use std::{path::Path, sync::Arc};

/// The page runs its own scripts and shows its own styles and pictures. It talks to this server, and to sockets anywhere.
const POLICY: &str = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; object-src 'none'; \
frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'";

/// Where builds put what has its version in its name.
const VERSIONED: &str = "/assets/";

/// What never belongs to the page, even where there is nothing of ours.
const OURS: [&str; 4] = ["api", "docs", "health", "socket.io"];

/// The paths of a page whose files are in this folder.
pub(super) fn router(folder: &Path) -> Router<Arc<Domain>> {
    let files = Files::of(folder);
    let home = {
        let files = files.clone();
        move |request| home(files, request)
    };
    Router::new().route("/", get(home)).route("/{*path}", any(move |request| below(files.clone(), request)))
}

/// The page for people; programs that ask for JSON are told what runs here, as without a page.
async fn home(files: Files, mut request: Request) -> Response {
    let mut response = if wants_json(request.headers()) {
        service::about(request.into_parts().0.extensions).await
    } else {
        *request.uri_mut() = Uri::from_static("/index.html");
        file(&files, request).await
    };
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept"));
    response
}

async fn below(files: Files, request: Request) -> Response {
    let first = request.uri().path().split('/').nth(1).unwrap_or_default();
    if OURS.contains(&first) {
        return routes::no_route(request.into_parts().0.extensions).await;
    }
    file(&files, request).await
}

async fn file(files: &Files, request: Request) -> Response {
    let path = request.uri().path();
    let versioned = path.starts_with(VERSIONED) && !has_extension(path, "html");
    let mut response = files.answer(request).await;
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        let caching = if versioned { "public, max-age=31536000, immutable" } else { "no-cache" };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
        // With a 304 too: its headers take the place of those that are kept.
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    }
    response
}

fn wants_json(headers: &HeaderMap) -> bool {
    let asked = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let kinds = asked
        .flat_map(|value| value.split(','))
        .map(|kind| kind.split(';').next().unwrap_or_default().trim());
    let (mut json, mut html) = (false, false);
    for kind in kinds {
        json |= kind.eq_ignore_ascii_case("application/json");
        html |= kind.eq_ignore_ascii_case("text/html");
    }
    json && !html
}
