//! What every request passes: its id, its address, its body's deadline, CORS; then REST or Socket.IO.

mod address;
mod body;
mod cors;
mod headers;
mod refusal;
mod request_id;

pub use address::ClientAddress;
pub use request_id::RequestId;

use crate::{
    config::Origins,
    http::listener::{Conn, ConnRef, Connections, Engine, ListenerSettings, PATH, Phase, accepts, upgrade},
};
use axum::{Router, body::Body};
use bytes::Bytes;
use cors::Cors;
use engineioxide::socket::Sid;
use futures_util::FutureExt;
use http_body_util::Full;
use hyper::{Method, Request, Response, StatusCode, body::Incoming, header, http::request::Parts};
use ipnet::IpNet;
use parlor_protocol::ErrorType;
use refusal::Refusal;
use std::{net::IpAddr, panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tower::ServiceExt;

/// Bytes of a request's target.
const LONGEST_TARGET: usize = 4 * 1024;

/// The function that answers requests; clones are cheap and share everything.
#[derive(Clone)]
pub struct Front {
    inner: Arc<Inner>,
}

struct Inner {
    rest: Router,
    engine: Engine,
    connections: Connections,
    origins: Origins,
    trusted_proxies: Vec<IpNet>,
    body: Duration,
}

impl Front {
    /// Answers with `engine` under `/socket.io/`, and with `rest` everywhere else.
    pub fn new(rest: Router, engine: Engine, connections: Connections, settings: &ListenerSettings) -> Self {
        let inner = Inner {
            rest,
            engine,
            connections,
            origins: settings.origins.clone(),
            trusted_proxies: settings.trusted_proxies.clone(),
            body: settings.deadlines.body,
        };
        Self { inner: Arc::new(inner) }
    }

    pub(in crate::http) fn connections(&self) -> &Connections {
        &self.inner.connections
    }

    pub(in crate::http) async fn answer(
        &self,
        conn: &Arc<Conn>,
        peer: IpAddr,
        mut request: Request<Incoming>,
    ) -> Response<Body> {
        conn.enter(Phase::Busy);
        let id = RequestId::of(request.headers());
        let cors = Cors::of(&self.inner.origins, request.headers());
        let client = ClientAddress::of(peer, request.headers(), &self.inner.trusted_proxies);
        // Without the path: an invite's has its code in it.
        tracing::debug!(request_id = %id, method = %request.method(), "request");
        request.extensions_mut().insert(client);
        let answered =
            if request.uri().path_and_query().is_some_and(|target| target.as_str().len() > LONGEST_TARGET) {
                let refusal = Refusal::new(ErrorType::Validation, "The address is longer than 4 KiB.");
                Err(refusal.with_status(StatusCode::URI_TOO_LONG))
            } else if let Some(answer) = cors.preflight(&request) {
                Ok(answer)
            } else if is_socket(request.uri().path()) {
                self.inner.socket(conn, &cors, request).await
            } else {
                self.inner.rest(&id, request).await
            };
        let mut response = answered.unwrap_or_else(|refusal| refusal.into_response(&id));
        headers::dress(&mut response, &id, &cors);
        let upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        conn.enter(if upgraded { Phase::Upgraded } else { Phase::Idle });
        response
    }
}

impl Inner {
    async fn rest(&self, id: &RequestId, mut request: Request<Incoming>) -> Result<Response<Body>, Refusal> {
        request.extensions_mut().insert(id.clone());
        let (parts, body) = request.into_parts();
        let body = body::collect(&parts.headers, body, self.body).await?;
        let request = Request::from_parts(parts, Body::from(body));
        match AssertUnwindSafe(self.rest.clone().oneshot(request)).catch_unwind().await {
            Ok(Ok(response)) => Ok(response),
            Err(_panic) => {
                tracing::error!(request_id = %id, "a handler panicked");
                Err(Refusal::new(ErrorType::ServerError, "Something went wrong on the server."))
            }
        }
    }

    async fn socket(
        &self,
        conn: &Arc<Conn>,
        cors: &Cors,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Refusal> {
        let query = Query::of(request.uri().query());
        if query.has_token {
            // Queries end up in logs and histories.
            return Err(Refusal::field(
                "token",
                "goes into `auth` or the header `Authorization`, not into the query",
            ));
        }
        if cors.is_foreign() {
            return Err(Refusal::new(ErrorType::NotAuthorized, "This origin may not connect."));
        }
        let (mut parts, body) = request.into_parts();
        if query.is_websocket && parts.method == Method::GET {
            return self.websocket(conn, &query, parts).await;
        }
        let body = body::collect(&parts.headers, body, self.body).await?;
        headers::slim(&mut parts, &[header::CONTENT_TYPE]);
        self.ask_engine(parts, body).await
    }

    async fn websocket(
        &self,
        conn: &Arc<Conn>,
        query: &Query,
        mut parts: Parts,
    ) -> Result<Response<Body>, Refusal> {
        let Some(accepted) = accepts(&parts.headers) else {
            return Err(Refusal::new(ErrorType::Validation, "This is not a WebSocket handshake."));
        };
        let reference = ConnRef(Arc::downgrade(conn));
        if query.opens {
            headers::slim(&mut parts, &[]);
            parts.extensions.insert(reference);
            let mut request = Request::from_parts(parts, ());
            let waiting = hyper::upgrade::on(&mut request);
            upgrade(self.engine.clone(), waiting, request);
            return Ok(accepted);
        }
        headers::slim(&mut parts, &[header::SEC_WEBSOCKET_KEY]);
        // It comes on another connection than the session's first requests, and the engine tells nobody.
        if let Some(sid) = query.sid {
            self.connections.bind(sid, &reference);
        }
        let response = self.ask_engine(parts, Bytes::new()).await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            self.connections.unbind(conn);
        }
        Ok(response)
    }

    async fn ask_engine(&self, parts: Parts, body: Bytes) -> Result<Response<Body>, Refusal> {
        let request = Request::from_parts(parts, Full::new(body));
        match self.engine.clone().oneshot(request).await {
            Ok(response) => Ok(response.map(Body::new)),
        }
    }
}

/// What the front wants to know of a socket's query. The first of several counts, as for the engine.
struct Query {
    has_token: bool,
    is_websocket: bool,
    /// Asks for a new session, in the one protocol version there is.
    opens: bool,
    sid: Option<Sid>,
}

impl Query {
    fn of(query: Option<&str>) -> Self {
        let query = query.unwrap_or_default();
        let first = |name| query.split('&').find_map(|pair| pair.strip_prefix(name));
        let sid = first("sid=");
        Self {
            has_token: query.split('&').any(|pair| pair == "token" || pair.starts_with("token=")),
            is_websocket: first("transport=") == Some("websocket"),
            opens: sid.is_none() && first("EIO=") == Some("4"),
            sid: sid.and_then(|sid| sid.parse().ok()),
        }
    }
}

fn is_socket(path: &str) -> bool {
    path.strip_prefix(PATH).is_some_and(|rest| rest.is_empty() || rest == "/")
}
