//! The headers of every answer, and those of a socket's request that are worth keeping.

use super::{cors::Cors, request_id::RequestId};
use hyper::{
    HeaderMap, Response, StatusCode, Uri,
    header::{self, HeaderName, HeaderValue},
    http::request::Parts,
};
use parlor_protocol::{REQUEST_ID_HEADER, VERSION, VERSION_HEADER};

/// What a handler has not said otherwise. Answers are people's own, and pages of ours belong in nobody's frame.
const DEFAULTS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CONTENT_SECURITY_POLICY, "frame-ancestors 'none'"),
];

/// Gives the answer what every answer has.
pub(super) fn dress<B>(response: &mut Response<B>, id: &RequestId, cors: &Cors) {
    let upgrades = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id.0) {
        headers.insert(HeaderName::from_static(REQUEST_ID_HEADER), id);
    }
    headers.insert(HeaderName::from_static(VERSION_HEADER), HeaderValue::from_static(VERSION));
    if upgrades {
        return;
    }
    cors.mark(headers);
    for (name, value) in DEFAULTS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// Makes the request small and its own: the engine keeps it as long as the socket lives, and as it comes, every header
/// and the target hold all of hyper's read buffer. The realtime side reads `Authorization`; `kept` is for the engine.
pub(super) fn slim(parts: &mut Parts, kept: &[HeaderName]) {
    let mut headers = HeaderMap::new();
    for name in [header::AUTHORIZATION].iter().chain(kept) {
        let copied = parts.headers.get(name).and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok());
        if let Some(value) = copied {
            headers.insert(name, value);
        }
    }
    parts.headers = headers;
    if let Ok(copied) = parts.uri.to_string().parse::<Uri>() {
        parts.uri = copied;
    }
}
