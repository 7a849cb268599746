//! The client of Socket.IO, for pages that load it from their server.

use super::{files::Files, listener, reply};
use crate::domain::Domain;
use axum::{
    Router,
    extract::Request,
    http::{Extensions, HeaderValue, StatusCode, Uri, header},
    response::Response,
    routing::get,
};
use parlor_protocol::{ApiError, ErrorType};
use std::{path::Path, sync::Arc};

const NAMES: [&str; 6] = [
    "/socket.io.js",
    "/socket.io.js.map",
    "/socket.io.min.js",
    "/socket.io.min.js.map",
    "/socket.io.esm.min.js",
    "/socket.io.esm.min.js.map",
];

const NONE: &str = "This server has no client of Socket.IO to give. Run `npm install socket.io-client` and set \
PARLOR_SOCKETIO_CLIENT_DIR to the package's folder `dist`, or load the client from the page's own bundle";

/// The paths of this module.
pub(super) fn router(folder: Option<&Path>) -> Router<Arc<Domain>> {
    let files = folder.map(Files::of);
    NAMES.into_iter().fold(Router::new(), |router, name| {
        let files = files.clone();
        let serve = move |request| serve(files.clone(), name, request);
        router.route(&format!("{}{name}", listener::PATH), get(serve))
    })
}

async fn serve(files: Option<Files>, name: &'static str, mut request: Request) -> Response {
    let Some(files) = files else { return none(request.extensions()) };
    *request.uri_mut() = Uri::from_static(name);
    let mut response = files.answer(request).await;
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        // The next version of the package has the same names.
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    response
}

fn none(extensions: &Extensions) -> Response {
    reply::failure(ApiError::new(ErrorType::NotFound, NONE), &reply::id_of(extensions))
}
