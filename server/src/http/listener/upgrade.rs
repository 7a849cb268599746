//! A WebSocket without hyper around it: the raw stream and a slim request go to the engine, which saves 1.4 KiB a socket.
//!
//! Only for new sessions. When an upgrade of a polling session fails this way, the engine leaves the session "upgrading",
//! without a heartbeat, for ever; those take the engine's own way.

use super::{caps::Place, guarded::Guarded, sockets::Engine};
use axum::body::Body;
use hyper::{
    HeaderMap, Request, Response, StatusCode,
    header::{self, HeaderName, HeaderValue},
    upgrade::OnUpgrade,
};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tower::ServiceExt;

/// The answer to this handshake, if it is one of RFC 6455.
pub(in crate::http) fn accepts(headers: &HeaderMap) -> Option<Response<Body>> {
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    if !says(headers, &header::UPGRADE, "websocket")
        || !says(headers, &header::CONNECTION, "upgrade")
        || headers.get(header::SEC_WEBSOCKET_VERSION)?.as_bytes() != b"13"
    {
        return None;
    }
    let accepted = HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok()?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accepted);
    Some(response)
}

/// Gives the connection, with the session's place in it, to the engine as soon as the answer is out.
pub(in crate::http) fn upgrade(engine: Engine, waiting: OnUpgrade, place: Place, request: Request<()>) {
    tokio::spawn(async move {
        let upgraded = match waiting.await {
            Ok(upgraded) => upgraded,
            Err(error) => {
                tracing::debug!(%error, "a connection ended before its upgrade");
                return;
            }
        };
        let Ok(parts) = upgraded.downcast::<TokioIo<Guarded>>() else {
            tracing::error!("an upgraded connection is not one of this listener");
            return;
        };
        // Boxed: the engine's future has room for the stream several times over.
        let stream = Box::new(parts.io.into_inner().upgraded(&parts.read_buf, place));
        if let Err(error) = engine.oneshot((stream, request)).await {
            tracing::debug!(%error, "the engine refused an upgraded connection");
        }
    });
}

/// Whether one of the header's comma-separated words is `word`.
fn says(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|said| said.trim().eq_ignore_ascii_case(word))
}
