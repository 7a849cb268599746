//! REST calls with their types, and opening a socket.

use crate::{
    ClientBuilder, Error, Session, Socket,
    builder::Manner,
    clock::ServerClock,
    error::may_pass,
    session::Held,
    store::{Forgetful, SessionStore},
    transport::{self, Door},
    wire::Wire,
};
use parlor_protocol::{
    Auth, BASE_PATH, Endpoint, Envelope, Failure, REQUEST_ID_HEADER,
    endpoint::Method,
    request::camel_case,
    text::{AccessToken, RefreshToken},
};
use reqwest::{
    Response, Url,
    header::{DATE, LOCATION, USER_AGENT},
};
use serde_json::Value;
use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::sync::Mutex;
use uuid::Uuid;

/// How the contract refuses a handshake whose token is not, or no longer, good.
const BAD_TOKEN: &str = "Invalid or expired token";

/// A client of one server, signed in to at most one account. Clones share the session.
///
/// ```
/// use parlor_client::Client;
///
/// let client = Client::new("http://127.0.0.1:5000")?;
/// // Whoever has a clone is signed in with it; who has another is not.
/// let (same, other) = (client.clone(), client.another());
/// assert!(same.session().is_none() && other.session().is_none());
/// # Ok::<(), parlor_client::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
    /// How often a call is tried again.
    pub(crate) retries: u32,
}

#[derive(Debug)]
pub(crate) struct Inner {
    http: reqwest::Client,
    base: Url,
    pub(crate) manner: Manner,
    pub(crate) store: Arc<dyn SessionStore>,
    session: RwLock<Option<Held>>,
    pub(crate) clock: ServerClock,
    /// Held by whoever gets the next tokens.
    pub(crate) refreshing: Mutex<()>,
}

impl Inner {
    pub(crate) fn new(
        http: reqwest::Client,
        base: Url,
        manner: Manner,
        store: Arc<dyn SessionStore>,
        session: Option<Session>,
    ) -> Self {
        let clock = ServerClock::default();
        let session = RwLock::new(session.map(|session| Held::resumed(session, clock.now())));
        Self { http, base, manner, store, session, clock, refreshing: Mutex::default() }
    }

    pub(crate) fn hold(&self, session: Option<Held>) {
        *self.session.write().unwrap_or_else(PoisonError::into_inner) = session;
    }

    /// Holds `next` in place of the session with this refresh token. If another is held meanwhile, it stays, and is the answer.
    pub(crate) fn replace(&self, refresh_token: &RefreshToken, next: Option<Held>) -> Option<Session> {
        let mut held = self.session.write().unwrap_or_else(PoisonError::into_inner);
        match &*held {
            Some(other) if other.session.refresh_token != *refresh_token => Some(other.session.clone()),
            _ => {
                *held = next;
                None
            }
        }
    }

    pub(crate) fn held(&self) -> Result<Held, Error> {
        let held = self.session.read().unwrap_or_else(PoisonError::into_inner).clone();
        held.ok_or(Error::SignedOut)
    }
}

impl Client {
    /// A client of the server at `url`, such as `http://127.0.0.1:5000`, or `https://example.com/chat` behind a proxy, not signed in, that
    /// keeps its session in memory. `http://` is for this machine, unless [`ClientBuilder::insecure_http`] says otherwise.
    ///
    /// ```
    /// use parlor_client::Client;
    ///
    /// let client = Client::new("http://127.0.0.1:5000")?;
    /// assert!(client.session().is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(url: &str) -> Result<Self, Error> {
        Self::builder(url).build()
    }

    /// Sets up a client of the server at `url`.
    ///
    /// ```
    /// use parlor_client::Client;
    /// use std::time::Duration;
    ///
    /// let client = Client::builder("http://127.0.0.1:5000").answer_within(Duration::from_secs(3)).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn builder(url: &str) -> ClientBuilder {
        ClientBuilder::new(url)
    }

    /// Another client of the same server, signed in to nothing, that keeps its session in memory.
    ///
    /// ```
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// let bot = client.another();
    /// bot.register("bot".parse()?, "bot@example.com".parse()?, "a password of its own".parse()?).await?;
    /// assert_ne!(bot.session(), client.session());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn another(&self) -> Self {
        let Inner { http, base, manner, .. } = &*self.inner;
        let inner = Inner::new(http.clone(), base.clone(), manner.clone(), Arc::new(Forgetful), None);
        Self { inner: Arc::new(inner), retries: self.retries }
    }

    /// The session that is held, if one is signed in.
    ///
    /// ```
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// if let Some(session) = client.session() {
    ///     assert_eq!(session.user.username.as_str(), "ada");
    /// }
    /// # Ok(()) });
    /// ```
    pub fn session(&self) -> Option<Session> {
        self.inner.held().ok().map(|held| held.session)
    }

    /// Goes on with a session that was kept elsewhere. The session store does not get it before its next renewal; then it takes the
    /// place of what is kept there, be it somebody else's.
    ///
    /// ```
    /// use parlor_client::{Client, Session};
    ///
    /// # parlor_tests::docs::with_url(async |url, room_id| {
    /// # let client = Client::new(&url)?;
    /// # client.sign_in("ada@example.com".parse()?, "four unlikely words".parse()?).await?;
    /// let kept = serde_json::to_string(&client.session())?;
    /// // And in another process:
    /// let client = Client::new(&url)?;
    /// client.resume(serde_json::from_str::<Session>(&kept)?);
    /// assert_eq!(serde_json::to_string(&client.session())?, kept);
    /// # Ok(()) });
    /// ```
    pub fn resume(&self, session: Session) {
        self.inner.hold(Some(Held::handed(session, self.inner.clock.now())));
    }

    /// Forgets the session, here and in the session store, without ending it on the server.
    ///
    /// ```
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// client.forget().await?;
    /// assert!(client.session().is_none());
    /// # Ok(()) });
    /// ```
    pub async fn forget(&self) -> Result<(), Error> {
        // A renewal that is under way would bring it back.
        let _turn = self.inner.refreshing.lock().await;
        self.inner.hold(None);
        self.in_store("clearing", SessionStore::clear).await
    }

    /// Calls an endpoint. What an endpoint does not take is [`Nothing`](parlor_protocol::Nothing).
    ///
    /// When the access token has ended, or is about to, the next one is fetched first, once for all who need it. What may be done twice is
    /// [tried again](ClientBuilder::retries) before it fails.
    ///
    /// ```
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// use parlor_client::protocol::{Nothing, users::GetMe};
    ///
    /// let me = client.call::<GetMe>(Nothing, Nothing, Nothing).await?;
    /// assert_eq!(me.username.as_str(), "ada");
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::SignedOut`] without a session where one is needed, [`Error::Api`] or [`Error::Unknown`] when the server said no,
    /// [`Error::Unreachable`] and [`Error::NoAnswer`] when it said nothing: then it may have acted or not.
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
        if !<E::Auth as Auth>::REQUIRED {
            return self.call_with::<E>(&path, &query, &body, None).await;
        }
        let token = self.fresh_token().await?;
        match self.call_with::<E>(&path, &query, &body, Some(&token)).await {
            Err(error) if error.status() == Some(401) && self.inner.manner.renews => {
                match self.renew(&token).await {
                    Ok(session) => self.call_with::<E>(&path, &query, &body, Some(&session.token)).await,
                    // What the server said first tells more than that there are no more tokens.
                    Err(Error::SignedOut) => Err(error),
                    Err(other) => Err(other),
                }
            }
            answer => answer,
        }
    }

    /// Opens a socket with the held session's token; answers when the server has accepted it.
    ///
    /// ```
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// use parlor_client::protocol::members::{GetRoomUsers, GetRoomUsersPayload};
    ///
    /// let socket = client.connect().await?;
    /// let answer = socket.emit::<GetRoomUsers>(GetRoomUsersPayload { room_id }).await?;
    /// println!("{} people", answer.users.len());
    /// # Ok(()) });
    /// ```
    pub async fn connect(&self) -> Result<Socket, Error> {
        let token = self.fresh_token().await?;
        match self.connect_with(&token).await {
            Err(Error::ConnectRefused(words)) if words == BAD_TOKEN && self.inner.manner.renews => {
                let session = self.renew(&token).await?;
                self.connect_with(&session.token).await
            }
            socket => socket,
        }
    }

    async fn connect_with(&self, token: &AccessToken) -> Result<Socket, Error> {
        let Manner { answer_within, watch, transport, user_agent, .. } = &self.inner.manner;
        let door = Door { url: self.inner.base.as_str(), token: token.as_str(), user_agent };
        let opening = transport::connect(&**transport, door, *answer_within, watch.clone());
        let (outbox, updates, fate) = opening.await?;
        Ok(Socket::new(outbox, updates, fate, *answer_within))
    }

    pub(crate) async fn call_once<E: Endpoint>(
        &self,
        path: &Value,
        query: &E::Query,
        body: &Value,
        token: Option<&AccessToken>,
        within: Duration,
    ) -> Result<E::Response, Error> {
        let method = match E::METHOD {
            Method::GET => reqwest::Method::GET,
            Method::POST => reqwest::Method::POST,
            Method::PATCH => reqwest::Method::PATCH,
            Method::DELETE => reqwest::Method::DELETE,
        };
        let mut request = self
            .inner
            .http
            .request(method, self.url::<E>(path))
            .query(query)
            .header(REQUEST_ID_HEADER, Uuid::now_v7().to_string())
            .header(USER_AGENT, &self.inner.manner.user_agent)
            .timeout(within);
        if let Some(token) = token {
            request = request.bearer_auth(token.as_str());
        }
        if !body.is_null() {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|cause| self.no_answer::<E>(&cause))?;
        self.read::<E>(response, body).await
    }

    /// `/rooms/{room_id}` with the fields of the endpoint's path in their places.
    fn url<E: Endpoint>(&self, path: &Value) -> Url {
        let mut url = self.inner.base.clone();
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
        let moved_to = response.headers().get(LOCATION).filter(|_| status.is_redirection()).cloned();
        if let Some(Ok(date)) = response.headers().get(DATE).map(|date| date.to_str()) {
            self.inner.clock.hears(date);
        }
        let bytes = response.bytes().await.map_err(|cause| self.no_answer::<E>(&cause))?;
        self.inner.manner.watch.show(Wire::Call {
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
        } else if let Some(place) = moved_to {
            let (base, place) = (&self.inner.base, String::from_utf8_lossy(place.as_bytes()));
            Err(Error::BadUrl(format!("{base}: the server says that what was asked is at {place}")))
        } else {
            let cause = match serde_json::from_slice::<Failure>(&bytes) {
                Ok(failure) => {
                    let request_id = Some(failure.request_id.clone());
                    return Err(Error::Api { error: failure.into(), request_id });
                }
                Err(cause) => cause,
            };
            let answer = serde_json::from_slice::<Value>(&bytes).unwrap_or_default();
            let of_later = || Error::unknown(&answer, Some(status.as_u16()));
            Err(match (answer["success"] == false).then(of_later).flatten() {
                Some(error) => error,
                // The server itself says why in the contract's form.
                None if may_pass(status.as_u16()) => {
                    Error::Unreachable(format!("a gateway before it answered {status}"))
                }
                None => unintelligible(&cause),
            })
        }
    }

    fn no_answer<E: Endpoint>(&self, cause: &reqwest::Error) -> Error {
        if cause.is_timeout() {
            Error::NoAnswer { what: E::NAME, after: self.inner.manner.answer_within }
        } else {
            Error::Unreachable(with_sources(cause))
        }
    }
}

/// reqwest's own text names the URL only; the reason stands in its sources.
pub(crate) fn with_sources(error: &dyn std::error::Error) -> String {
    std::iter::successors(error.source(), |cause| cause.source())
        .fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
