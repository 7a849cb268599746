//! REST calls with their types, and opening a socket.

use crate::{
    Error, Session, Socket, transport,
    wire::{Watch, Wire},
};
use parlor_protocol::{
    Auth, BASE_PATH, Endpoint, Envelope, Failure, REQUEST_ID_HEADER, endpoint::Method, request::camel_case,
};
use reqwest::{Response, Url};
use serde_json::Value;
use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::sync::Mutex;
use uuid::Uuid;

/// How long an answer is waited for unless [`Client::answer_within`] says otherwise.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A client of one server, signed in to at most one account. Clones share the session.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    answer_within: Duration,
    watch: Watch,
    session: Arc<RwLock<Option<Session>>>,
    pub(crate) refreshing: Arc<Mutex<()>>,
}

impl Client {
    /// A client of the server at `base_url`, such as `http://127.0.0.1:5000`, not signed in.
    pub fn new(base_url: &str) -> Result<Self, Error> {
        let bad = |cause: &dyn std::fmt::Display| Error::BadUrl(format!("{base_url}: {cause}"));
        let base = Url::parse(base_url).map_err(|cause| bad(&cause))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(bad(&"it must begin with http:// or https://"));
        }
        let http = reqwest::Client::builder().build().map_err(|cause| bad(&cause))?;
        Ok(Self {
            http,
            base,
            answer_within: ANSWER_WITHIN,
            watch: Watch::default(),
            session: Arc::default(),
            refreshing: Arc::default(),
        })
    }

    /// The same client, which waits so long for each answer; 10 s unless this is called.
    #[must_use]
    pub fn answer_within(self, answer_within: Duration) -> Self {
        Self { answer_within, ..self }
    }

    /// The same client, which shows `watch` all that goes over the wire. It runs where things are sent and received: it must
    /// neither wait nor panic.
    #[must_use]
    pub fn watched(self, watch: impl Fn(Wire<'_>) + Send + Sync + 'static) -> Self {
        Self { watch: Watch::by(watch), ..self }
    }

    /// Another client of the same server, signed in to nothing yet.
    #[must_use]
    pub fn another(&self) -> Self {
        Self { session: Arc::default(), refreshing: Arc::default(), ..self.clone() }
    }

    /// The session that is held, if one is signed in.
    pub fn session(&self) -> Option<Session> {
        self.session.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Goes on with a session that was kept.
    pub fn resume(&self, session: Session) {
        *self.session.write().unwrap_or_else(PoisonError::into_inner) = Some(session);
    }

    /// Forgets the session without ending it on the server.
    pub fn forget(&self) {
        *self.session.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Calls an endpoint. What an endpoint does not take is [`Nothing`](parlor_protocol::Nothing).
    pub async fn call<E: Endpoint>(
        &self,
        path: E::Path,
        query: E::Query,
        body: E::Body,
    ) -> Result<E::Response, Error> {
        let unsendable = |cause: &dyn std::fmt::Display| Error::Unintelligible {
            what: E::NAME,
            detail: format!("the request can't be encoded: {cause}"),
        };
        let path = serde_json::to_value(path).map_err(|cause| unsendable(&cause))?;
        let body = serde_json::to_value(body).map_err(|cause| unsendable(&cause))?;
        let request_id = Uuid::now_v7().to_string();
        let method = match E::METHOD {
            Method::GET => reqwest::Method::GET,
            Method::POST => reqwest::Method::POST,
            Method::PATCH => reqwest::Method::PATCH,
            Method::DELETE => reqwest::Method::DELETE,
        };
        let mut request = self
            .http
            .request(method, self.url::<E>(&path))
            .query(&query)
            .header(REQUEST_ID_HEADER, &request_id)
            .timeout(self.answer_within);
        if <E::Auth as Auth>::REQUIRED {
            let session = self.session().ok_or(Error::SignedOut)?;
            request = request.bearer_auth(session.token.as_str());
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().await.map_err(|cause| self.no_answer::<E>(&cause))?;
        self.read::<E>(response, &body).await
    }

    /// Opens a socket with the held session's token; answers when the server has accepted it.
    pub async fn connect(&self) -> Result<Socket, Error> {
        let session = self.session().ok_or(Error::SignedOut)?;
        // Boxed: the library's handshake is a future of 25 kB.
        let opening = Box::pin(transport::connect(
            self.base.as_str(),
            session.token.as_str(),
            self.answer_within,
            self.watch.clone(),
        ));
        let (outbox, updates, fate) = opening.await?;
        Ok(Socket::new(outbox, updates, fate, self.answer_within))
    }

    /// `/rooms/{room_id}` with the fields of the endpoint's path in their places.
    fn url<E: Endpoint>(&self, path: &Value) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(BASE_PATH.split('/').skip(1));
            for segment in E::PATH.split('/').skip(1) {
                let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
                match name.and_then(|name| path.get(camel_case(name))) {
                    Some(Value::String(text)) => segments.push(text),
                    Some(other) => segments.push(&other.to_string()),
                    None => segments.push(segment),
                };
            }
        }
        url
    }

    async fn read<E: Endpoint>(&self, response: Response, sent: &Value) -> Result<E::Response, Error> {
        let (status, url) = (response.status(), response.url().clone());
        let bytes = response.bytes().await.map_err(|cause| self.no_answer::<E>(&cause))?;
        self.watch.show(Wire::Call {
            method: E::METHOD.as_str(),
            path: url.path(),
            body: sent,
            status: status.as_u16(),
            answer: &bytes,
        });
        let unintelligible = |cause: &dyn std::fmt::Display| Error::Unintelligible {
            what: E::NAME,
            detail: format!("{cause} (status {status})"),
        };
        if status.is_success() {
            let envelope: E::Envelope =
                serde_json::from_slice(&bytes).map_err(|cause| unintelligible(&cause))?;
            Ok(envelope.unwrap())
        } else {
            let failure: Failure = serde_json::from_slice(&bytes).map_err(|cause| unintelligible(&cause))?;
            let request_id = Some(failure.request_id.clone());
            Err(Error::Api { error: failure.into(), request_id })
        }
    }

    fn no_answer<E: Endpoint>(&self, cause: &reqwest::Error) -> Error {
        if cause.is_timeout() {
            Error::NoAnswer { what: E::NAME, after: self.answer_within }
        } else {
            Error::Unreachable(with_sources(cause))
        }
    }
}

/// reqwest's own text names the URL only; the reason stands in its sources.
fn with_sources(error: &dyn std::error::Error) -> String {
    std::iter::successors(error.source(), |cause| cause.source())
        .fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
