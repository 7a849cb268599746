//! What every request passes: its id, its address, its body's deadline, CORS; then REST or Socket.IO.

mod address;
mod answers;
mod body;
mod cors;
mod headers;
mod refusal;
mod request_id;

pub use address::ClientAddress;
pub use request_id::RequestId;

use crate::{
    config::{Deadlines, Origins},
    domain::Error,
    http::listener::{
        Caps, Conn, ConnRef, Connections, Engine, Joined, ListenerSettings, MOST_PACKETS, PATH, Phase, Place,
        Reached, accepts, kick, posted, upgrade,
    },
    observe::Metrics,
};
use answers::Answers;
use axum::{Router, body::Body, extract::MatchedPath};
use bytes::Bytes;
use cors::Cors;
use engineioxide::socket::Sid;
use futures_util::FutureExt;
use http_body_util::Full;
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode, Version,
    body::Incoming,
    header::{self, HeaderValue},
    http::request::Parts,
};
use ipnet::IpNet;
use parlor_protocol::{ApiError, ErrorType};
use refusal::Refusal;
use std::{net::IpAddr, panic::AssertUnwindSafe, sync::Arc};
use tokio::time::Instant;
use tower::ServiceExt;

/// Bytes of a request's target.
const LONGEST_TARGET: usize = 4 * 1024;

/// After how long it is worth asking again for a session that the caps refused: what has not joined by then is gone.
const SESSIONS_FREE_MS: u64 = 10_000;

/// So many times the sessions that may be open may be remembered.
const REMEMBERED: u32 = 4;

/// The function that answers requests; clones are cheap and share everything.
#[derive(Clone)]
pub struct Front {
    inner: Arc<Inner>,
}

struct Inner {
    rest: Router,
    engine: Engine,
    connections: Connections,
    /// Sessions of the engine: one by polling has no connection that would be counted, and the many of a proxy's clients come
    /// from one address.
    sessions: Arc<Caps>,
    /// What the engine remembers of sessions by WebSocket: one that never joined, until its time to join is over, even if its
    /// connection has gone.
    remembered: Arc<Caps>,
    answers: Answers,
    origins: Origins,
    trusted_proxies: Vec<IpNet>,
    deadlines: Deadlines,
    metrics: Metrics,
}

impl Front {
    /// Answers with `engine` under `/socket.io/`, and with `rest` everywhere else.
    pub fn new(
        rest: Router,
        engine: Engine,
        connections: Connections,
        settings: &ListenerSettings,
        metrics: Metrics,
    ) -> Self {
        let trusted = &settings.trusted_proxies;
        let caps = |times: u32| {
            let most = |most: Option<u32>| most.map(|most| most.saturating_mul(times));
            let (in_all, of_address) = (most(settings.connections), most(settings.connections_per_address));
            Caps::new(in_all, of_address, trusted.clone())
        };
        let inner = Inner {
            rest,
            engine,
            connections,
            sessions: caps(1),
            remembered: caps(REMEMBERED),
            answers: Answers::default(),
            origins: settings.origins.clone(),
            trusted_proxies: trusted.clone(),
            deadlines: settings.deadlines,
            metrics,
        };
        Self { inner: Arc::new(inner) }
    }

    pub(in crate::http) fn connections(&self) -> &Connections {
        &self.inner.connections
    }

    pub(in crate::http) fn deadlines(&self) -> &Deadlines {
        &self.inner.deadlines
    }

    /// What is sent in the place of hyper's own refusal of what is no request.
    pub(in crate::http) fn refuse_unreadable(&self, status: StatusCode) -> Bytes {
        let nothing = HeaderMap::new();
        let (id, cors) = (RequestId::of(&nothing), Cors::of(&self.inner.origins, &nothing));
        let response = Refusal::of_unreadable(status).into_response(&id);
        self.inner.note(&id, "", None, &response, Instant::now());
        refusal::on_the_wire(response, &id, &cors)
    }

    pub(in crate::http) async fn answer(
        &self,
        conn: &Arc<Conn>,
        peer: IpAddr,
        request: Request<Incoming>,
    ) -> Response<Body> {
        conn.enter(Phase::Busy);
        let (began, method) = (Instant::now(), request.method().clone());
        let id = RequestId::of(request.headers());
        let cors = Cors::of(&self.inner.origins, request.headers());
        let client = ClientAddress::of(peer, request.headers(), &self.inner.trusted_proxies);
        let is_socket = is_socket(request.uri().path());
        let is_chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
        let answered = if let Err(refusal) = check_head(&request) {
            Err(refusal)
        } else if let Some(answer) = cors.preflight(&request) {
            conn.linger();
            Ok(answer)
        } else if is_socket {
            self.inner.socket(conn, client, &cors, request).await
        } else {
            self.inner.rest(&id, client, request).await
        };
        let mut response = answered.unwrap_or_else(|refusal| {
            conn.linger();
            refusal.into_response(&id)
        });
        if is_chunked {
            conn.linger();
            // Hyper hides a length that stood beside it, over which a proxy in front may split what comes in another way.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        self.inner.note(&id, method.as_str(), is_socket.then_some(PATH), &response, began);
        headers::dress(&mut response, &id, &cors);
        let response = self.inner.answers.hold(response, client.0, conn).await;
        let upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        conn.enter(if upgraded { Phase::Upgraded } else { Phase::Idle });
        response
    }
}

impl Inner {
    async fn rest(
        &self,
        id: &RequestId,
        client: ClientAddress,
        mut request: Request<Incoming>,
    ) -> Result<Response<Body>, Refusal> {
        request.extensions_mut().insert(id.clone());
        request.extensions_mut().insert(client);
        let (parts, body) = request.into_parts();
        let body = body::collect(&parts.headers, body, self.deadlines.body).await?;
        let request = Request::from_parts(parts, Body::from(body));
        match AssertUnwindSafe(self.rest.clone().oneshot(request)).catch_unwind().await {
            Ok(Ok(response)) => Ok(response),
            Err(_panic) => {
                tracing::error!(request_id = %id, "a handler panicked");
                Err(Refusal::of(Error::Defect(String::new()).to_api()))
            }
        }
    }

    async fn socket(
        &self,
        conn: &Arc<Conn>,
        client: ClientAddress,
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
            return Err(Refusal::new(
                ErrorType::NotAuthorized,
                "Pages of this origin may not connect; the server's operator lists those that may",
            ));
        }
        let (mut parts, body) = request.into_parts();
        if query.sid.is_none() {
            let place = Self::place(&self.sessions, client)?;
            // The engine keeps these as long as the session that it may open.
            parts.extensions.insert(Joined::default());
            if query.opens_websocket && parts.method == Method::GET {
                parts.extensions.insert(Arc::new(Self::place(&self.remembered, client)?));
                return self.new_websocket(conn, place, parts);
            }
            parts.extensions.insert(Arc::new(place));
        }
        if query.is_websocket && parts.method == Method::GET {
            return self.websocket(conn, &query, parts).await;
        }
        let body = body::collect(&parts.headers, body, self.deadlines.body).await?;
        headers::slim(&mut parts, &[header::CONTENT_TYPE]);
        match posted(body) {
            Some(body) => self.ask_engine(parts, body).await,
            None => Err(self.too_many_packets(query.sid).await),
        }
    }

    async fn too_many_packets(&self, session: Option<Sid>) -> Refusal {
        if let Some(sid) = session {
            kick(self.engine.clone(), sid).await;
        }
        let message = format!(
            "A payload can have at most {MOST_PACKETS} packets, and this ends the session; connect again and send fewer at once"
        );
        Refusal::of(ApiError::new(ErrorType::Validation, message))
    }

    /// A session that begins with a WebSocket: its connection holds its place.
    fn new_websocket(
        &self,
        conn: &Arc<Conn>,
        place: Place,
        mut parts: Parts,
    ) -> Result<Response<Body>, Refusal> {
        let accepted = accepted(&parts)?;
        headers::slim(&mut parts, &[]);
        parts.extensions.insert(ConnRef(Arc::downgrade(conn)));
        let mut request = Request::from_parts(parts, ());
        let waiting = hyper::upgrade::on(&mut request);
        upgrade(self.engine.clone(), waiting, place, request);
        Ok(accepted)
    }

    async fn websocket(
        &self,
        conn: &Arc<Conn>,
        query: &Query,
        mut parts: Parts,
    ) -> Result<Response<Body>, Refusal> {
        accepted(&parts)?;
        let reference = ConnRef(Arc::downgrade(conn));
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

    /// A place for a session, which comes back when it ends.
    fn place(caps: &Arc<Caps>, client: ClientAddress) -> Result<Place, Refusal> {
        caps.enter(client.0).map_err(|full| {
            let (kind, message) = match full {
                Reached::FromAddress => {
                    (ErrorType::RateLimit, "Too many sessions from this address; end one, or try again later")
                }
                Reached::InAll => {
                    (ErrorType::Unavailable, "There is no place for another session; try again later")
                }
            };
            Refusal::of(ApiError::new(kind, message).retry_after_ms(SESSIONS_FREE_MS))
        })
    }

    /// Every answer in the figures and in the log: by route, never by path, since an invite's has its code in it.
    fn note(
        &self,
        id: &RequestId,
        method: &str,
        route: Option<&str>,
        response: &Response<Body>,
        began: Instant,
    ) {
        let route = response.extensions().get::<MatchedPath>().map(MatchedPath::as_str).or(route);
        let (status, took) = (response.status().as_u16(), began.elapsed());
        self.metrics.request(method, route, status, took);
        let ms = took.as_secs_f64() * 1000.0;
        if response.status().is_server_error() {
            tracing::info!(request_id = %id, method, route, status, ms, "answered");
        } else {
            tracing::debug!(request_id = %id, method, route, status, ms, "answered");
        }
        if let Some(kind) = response.extensions().get::<ErrorType>() {
            self.metrics.failed(*kind);
        }
    }

    async fn ask_engine(&self, parts: Parts, body: Bytes) -> Result<Response<Body>, Refusal> {
        let request = Request::from_parts(parts, Full::new(body));
        match self.engine.clone().oneshot(request).await {
            Ok(response) => Ok(response.map(Body::new)),
        }
    }
}

/// The answer to a WebSocket handshake.
fn accepted(parts: &Parts) -> Result<Response<Body>, Refusal> {
    accepts(&parts.headers).ok_or_else(|| {
        Refusal::new(
            ErrorType::Validation,
            "This is no WebSocket handshake; `transport=websocket` needs one of version 13",
        )
    })
}

/// What the front wants to know of a socket's query, read as the engine reads it: the first of several counts, up to a second `=`.
struct Query {
    has_token: bool,
    is_websocket: bool,
    /// Asks for a new session by a WebSocket, in the one protocol version there is.
    opens_websocket: bool,
    sid: Option<Sid>,
}

impl Query {
    fn of(query: Option<&str>) -> Self {
        let query = query.unwrap_or_default();
        let first = |name| query.split('&').find_map(|pair| pair.strip_prefix(name)?.split('=').next());
        let sid = first("sid=");
        let is_websocket = first("transport=") == Some("websocket");
        Self {
            has_token: query.split('&').any(|pair| pair == "token" || pair.starts_with("token=")),
            is_websocket,
            opens_websocket: is_websocket && sid.is_none() && first("EIO=") == Some("4"),
            sid: sid.and_then(|sid| sid.parse().ok()),
        }
    }
}

/// What hyper leaves to us. More than one host, or none, may mean another to a proxy in front than to us.
fn check_head(request: &Request<Incoming>) -> Result<(), Refusal> {
    if request.uri().path_and_query().is_some_and(|target| target.as_str().len() > LONGEST_TARGET) {
        let refusal = Refusal::new(ErrorType::Validation, refusal::TARGET_TOO_LONG);
        return Err(refusal.with_status(StatusCode::URI_TOO_LONG));
    }
    let hosts = request.headers().get_all(header::HOST).iter().count();
    if hosts > 1 || (hosts == 0 && request.version() >= Version::HTTP_11) {
        return Err(Refusal::new(ErrorType::Validation, "Send the header `Host`, once").closing());
    }
    Ok(())
}

fn is_socket(path: &str) -> bool {
    path.strip_prefix(PATH).is_some_and(|rest| rest.is_empty() || rest == "/")
}
