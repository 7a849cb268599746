//! The contract for people and programs: the documents that `openapi/` holds, built in. They need no network but this server.

mod renderer;

use crate::domain::Domain;
use axum::{
    Router,
    body::Body,
    http::{HeaderValue, header},
    response::Response,
    routing::get,
};
use std::sync::Arc;

/// The pages run one script and one style of ours, and talk to this server; nothing else is loaded, framed or sent anywhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; \
form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";

/// Path, content type, content.
const FILES: [(&str, &str, &str); 9] = [
    ("/openapi.json", JSON, include_str!("../../../openapi/openapi.json")),
    ("/asyncapi.json", JSON, include_str!("../../../openapi/asyncapi.json")),
    ("/docs", HTML, include_str!("../../../openapi/pages/index.html")),
    ("/docs/", HTML, include_str!("../../../openapi/pages/index.html")),
    ("/docs/rest", HTML, include_str!("../../../openapi/pages/rest.html")),
    ("/docs/events", HTML, include_str!("../../../openapi/pages/events.html")),
    ("/docs/migration", HTML, include_str!("../../../openapi/pages/migration.html")),
    ("/docs/style.css", "text/css; charset=utf-8", include_str!("../../../openapi/pages/style.css")),
    ("/docs/try.js", "text/javascript; charset=utf-8", include_str!("../../../openapi/pages/try.js")),
];

/// The paths of this module.
pub(super) fn router() -> Router<Arc<Domain>> {
    FILES.into_iter().fold(renderer::router(), |router, (path, kind, text)| {
        router.route(path, get(move || std::future::ready(served(kind, text, POLICY))))
    })
}

fn served(kind: &'static str, content: impl Into<Body>, policy: &'static str) -> Response {
    let mut response = Response::new(content.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    // The next version of the server has other documents under the same names.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
