//! How a client is set up.

use crate::{
    Client, Error,
    client::Inner,
    retry,
    store::{Forgetful, SessionStore},
    transport::{SocketIo, Transport},
    wire::{Watch, Wire},
};
use reqwest::{Url, redirect::Policy};
use std::{net::IpAddr, sync::Arc, time::Duration};

/// How long an answer is waited for unless [`ClientBuilder::answer_within`] says otherwise.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// What a program is called unless [`ClientBuilder::user_agent`] says otherwise.
const USER_AGENT: &str = concat!("parlor-client/", env!("CARGO_PKG_VERSION"));

/// How a client goes about it.
#[derive(Clone, Debug)]
pub(crate) struct Manner {
    pub(crate) answer_within: Duration,
    pub(crate) renews: bool,
    pub(crate) user_agent: String,
    pub(crate) watch: Watch,
    pub(crate) transport: Arc<dyn Transport>,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            answer_within: ANSWER_WITHIN,
            renews: true,
            user_agent: USER_AGENT.to_owned(),
            watch: Watch::default(),
            transport: Arc::new(SocketIo),
        }
    }
}

/// Sets up a [`Client`]; only the URL is needed.
///
/// ```
/// use parlor_client::{Client, FileSession};
/// use std::time::Duration;
///
/// let client = Client::builder("http://127.0.0.1:5000")
///     .session_store(FileSession::at("bot.session.json"))
///     .answer_within(Duration::from_secs(5))
///     .build()?;
/// # Ok::<(), parlor_client::Error>(())
/// ```
#[derive(Debug)]
pub struct ClientBuilder {
    url: String,
    manner: Manner,
    store: Arc<dyn SessionStore>,
    http: Option<reqwest::Client>,
    retries: u32,
    insecure_http: bool,
}

impl ClientBuilder {
    pub(crate) fn new(url: &str) -> Self {
        let (url, manner, store) = (url.to_owned(), Manner::default(), Arc::new(Forgetful));
        Self { url, manner, store, http: None, retries: retry::USUAL, insecure_http: false }
    }

    /// How long each answer is waited for, with all [tries](Self::retries); 10 s unless this is called.
    ///
    /// ```
    /// use parlor_client::Client;
    /// use std::time::Duration;
    ///
    /// let client = Client::builder("http://127.0.0.1:5000").answer_within(Duration::from_secs(3)).build()?;
    /// # Ok::<(), parlor_client::Error>(())
    /// ```
    #[must_use]
    pub fn answer_within(self, answer_within: Duration) -> Self {
        Self { manner: Manner { answer_within, ..self.manner }, ..self }
    }

    /// How many times at most a call is tried again by itself; twice unless this is called, and 0 switches it off.
    ///
    /// That is done when there is no connection, when a gateway answers for the server, and when the server is busy or asked too
    /// often, if it wants to be left alone for 2 s at most; after a pause of the server's choice, or a short random one, and only as
    /// long as [`answer_within`](Self::answer_within) lasts. And it is done with calls alone that do no more when they are done
    /// twice: those with `GET` or `DELETE`, and a message with a `clientMessageId`. A removal that may have taken effect at a first
    /// try, and finds nothing at the next, fails with the first error.
    ///
    /// ```
    /// let client = parlor_client::Client::builder("http://127.0.0.1:5000").retries(5).build()?;
    /// # Ok::<(), parlor_client::Error>(())
    /// ```
    #[must_use]
    pub fn retries(self, retries: u32) -> Self {
        Self { retries, ..self }
    }

    /// Where the session is kept between runs of the program; nowhere unless this is called.
    ///
    /// ```
    /// use parlor_client::{Client, FileSession};
    ///
    /// # parlor_tests::docs::with_url(async |url, room_id| {
    /// # let folder = tempfile::tempdir()?;
    /// let store = FileSession::at(folder.path().join("bot.session.json"));
    /// let client = Client::builder(&url).session_store(store.clone()).build()?;
    /// if client.session().is_none() {
    ///     // The first run.
    ///     client.sign_in("ada@example.com".parse()?, "four unlikely words".parse()?).await?;
    /// }
    /// let next_run = Client::builder(&url).session_store(store).build()?;
    /// assert_eq!(next_run.session(), client.session());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn session_store(self, store: impl SessionStore) -> Self {
        Self { store: Arc::new(store), ..self }
    }

    /// Whether calls and connections get the next tokens by themselves when the access token ends; they do unless this says
    /// otherwise. Without it they fail with `UNAUTHENTICATED` until [`Client::refresh`] is called.
    ///
    /// ```
    /// let client = parlor_client::Client::builder("http://127.0.0.1:5000").renews(false).build()?;
    /// # Ok::<(), parlor_client::Error>(())
    /// ```
    #[must_use]
    pub fn renews(self, renews: bool) -> Self {
        Self { manner: Manner { renews, ..self.manner }, ..self }
    }

    /// What the program calls itself: it stands beside its session in the list of those where an account is signed in. Without this
    /// it is `parlor-client/` and the version. It takes the place of one that [`http_client`](Self::http_client) has.
    ///
    /// ```
    /// # parlor_tests::docs::with_url(async |url, room_id| {
    /// use parlor_client::{Client, protocol::{Nothing, sessions::ListSessions}};
    ///
    /// let client = Client::builder(&url).user_agent("kitchen-bot/1.2").build()?;
    /// client.sign_in("ada@example.com".parse()?, "four unlikely words".parse()?).await?;
    /// let sessions = client.call::<ListSessions>(Nothing, Nothing, Nothing).await?;
    /// let own = sessions.iter().find(|session| session.current).ok_or("none is this one")?;
    /// assert_eq!(own.user_agent.as_deref(), Some("kitchen-bot/1.2"));
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn user_agent(self, user_agent: &str) -> Self {
        Self { manner: Manner { user_agent: user_agent.to_owned(), ..self.manner }, ..self }
    }

    /// Shows `look` all that goes over the wire. It runs where things are sent and received: it must neither wait nor panic.
    ///
    /// ```
    /// use parlor_client::{Client, Wire};
    ///
    /// # parlor_tests::docs::with_url(async |url, room_id| {
    /// let client = Client::builder(&url).watched(|wire| {
    ///     if let Wire::Call { method, path, status, .. } = wire {
    ///         eprintln!("{method} {path}: {status}");
    ///     }
    /// });
    /// let client = client.build()?;
    /// // POST /api/v1/auth/login: 200
    /// client.sign_in("ada@example.com".parse()?, "four unlikely words".parse()?).await?;
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn watched(self, look: impl Fn(Wire<'_>) + Send + Sync + 'static) -> Self {
        Self { manner: Manner { watch: Watch::by(look), ..self.manner }, ..self }
    }

    /// The HTTP client to call with, for proxies and certificates of your own.
    ///
    /// Set `redirect(Policy::none())` on it, as the client does that is used without this: otherwise it follows redirects, and
    /// what is sent, passwords and tokens among it, goes on to wherever they point.
    ///
    /// ```
    /// use parlor_client::Client;
    /// use reqwest::redirect::Policy;
    ///
    /// # parlor_tests::docs::with_url(async |url, room_id| {
    /// let http = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build()?;
    /// let client = Client::builder(&url).http_client(http).build()?;
    /// client.sign_in("ada@example.com".parse()?, "four unlikely words".parse()?).await?;
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn http_client(self, http: reqwest::Client) -> Self {
        Self { http: Some(http), ..self }
    }

    /// Whether an `http://` URL may be that of another machine; it may not unless this says so. Then anybody on the way can read
    /// passwords, tokens and all that is said, and change it: this is for networks in which nobody else is.
    ///
    /// ```
    /// use parlor_client::{Client, Error};
    ///
    /// let refused = Client::new("http://chat.internal:5000");
    /// assert!(matches!(refused, Err(Error::BadUrl(_))));
    /// let client = Client::builder("http://chat.internal:5000").insecure_http(true).build()?;
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn insecure_http(self, insecure_http: bool) -> Self {
        Self { insecure_http, ..self }
    }

    /// Connects with this, rather than over a network.
    #[cfg(test)]
    pub(crate) fn over(self, transport: impl Transport) -> Self {
        Self { manner: Manner { transport: Arc::new(transport), ..self.manner }, ..self }
    }

    /// The client, with the session that its store has.
    ///
    /// ```
    /// use parlor_client::{Client, Error};
    ///
    /// let client = Client::builder("http://127.0.0.1:5000").build()?;
    /// let refused = Client::builder("127.0.0.1:5000").build();
    /// assert!(matches!(refused, Err(Error::BadUrl(_))), "it must begin with https://, or http:// on this machine");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn build(self) -> Result<Client, Error> {
        let bad = |cause: &dyn std::fmt::Display| Error::BadUrl(format!("{}: {cause}", self.url));
        let base = Url::parse(&self.url).map_err(|cause| bad(&cause))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(bad(&"it must begin with http:// or https://"));
        }
        if base.scheme() == "http" && !self.insecure_http && !is_this_machine(&base) {
            return Err(bad(
                &"passwords and all that is said would go there unencrypted: use https://, or allow it with insecure_http(true)",
            ));
        }
        if !self.manner.user_agent.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Err(Error::Input(
                "the user agent must be of ASCII letters, digits, signs and spaces".to_owned(),
            ));
        }
        let http = match self.http {
            Some(http) => http,
            // What is sent is secret, and for this server only.
            None => {
                reqwest::Client::builder().redirect(Policy::none()).build().map_err(|cause| bad(&cause))?
            }
        };
        let session = self.store.load().map_err(|cause| Error::store("reading", &cause))?;
        let inner = Inner::new(http, base, self.manner, self.store, session);
        Ok(Client { inner: Arc::new(inner), retries: self.retries })
    }
}

/// Whether nobody else is on the way there. A name that only begins like one of this machine is another's.
fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_in_clear_to_this_machine_alone_unless_that_is_allowed() {
        let built = |url: &str, insecure| Client::builder(url).insecure_http(insecure).build();
        for here in ["localhost:5000", "LOCALHOST", "127.0.0.1:5000", "127.1.2.3/chat", "127.1", "[::1]:5000"]
        {
            assert!(built(&format!("http://{here}"), false).is_ok(), "{here}");
        }
        for elsewhere in [
            "chat.example.com",
            "localhost.example.com",
            "localhosts",
            "127.0.0.1.nip.io",
            "127.0.0.1@example.com",
            "10.0.0.1:5000",
            "0.0.0.0:5000",
            "[::2]:5000",
        ] {
            let plain = format!("http://{elsewhere}");
            let refused = built(&plain, false).unwrap_err();
            assert!(matches!(refused, Error::BadUrl(_)) && !refused.is_retryable(), "{refused:?}");
            assert!(refused.to_string().contains("insecure_http(true)"), "{refused}");
            assert!(built(&plain, true).is_ok(), "{elsewhere}");
            assert!(built(&format!("https://{elsewhere}"), false).is_ok(), "{elsewhere}");
        }
    }
}
