//! What can go wrong between a caller and the server.

use parlor_protocol::{ApiError, ErrorType};
use std::{fmt, io, time::Duration};

/// Why a call, an event or a connection failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The server answered, and the answer was no.
    #[error("{error}")]
    Api {
        /// What it said.
        error: ApiError,
        /// The id under which the server's log tells more; sockets have none.
        request_id: Option<String>,
    },
    /// The server refused the socket, with these words.
    #[error("the server refused the socket: {0}")]
    ConnectRefused(String),
    /// No connection, or it broke before the answer came, or a gateway on the way has none.
    #[error("the server can't be reached: {0}")]
    Unreachable(String),
    /// No answer came in time; whether the server acted is unknown.
    #[error("no answer to {what} within {after:?}")]
    NoAnswer {
        /// What was asked.
        what: &'static str,
        /// How long the answer was waited for.
        after: Duration,
    },
    /// The socket is no longer connected; whether the server acted on an unanswered event is unknown.
    #[error("the socket is disconnected: {0}")]
    Disconnected(DisconnectReason),
    /// The answer is not one of the contract's.
    #[error("the answer to {what} is not what the contract says: {detail}")]
    Unintelligible {
        /// What was asked.
        what: &'static str,
        /// What is wrong with the answer.
        detail: String,
    },
    /// It needs a signed-in account, and there is none.
    #[error("not signed in")]
    SignedOut,
    /// What was to be sent can't be: it would be refused.
    #[error("{0}")]
    Input(String),
    /// The session store, or the outbox, could not be used.
    #[error("{0}")]
    Store(String),
    /// The base URL is none.
    #[error("not a base URL: {0}")]
    BadUrl(String),
}

impl Error {
    pub(crate) fn store(doing: &str, cause: &io::Error) -> Self {
        Self::Store(format!("{doing} what is kept between runs: {cause}"))
    }

    /// Whether the same again may go well later: the connection was lost, or the server is busy.
    ///
    /// ```no_run
    /// # async fn run(error: parlor_client::Error) -> Result<(), Box<dyn std::error::Error>> {
    /// if error.is_retryable() {
    ///     tokio::time::sleep(error.retry_after().unwrap_or_default()).await;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::NoAnswer { .. } | Self::Disconnected(_) => true,
            Self::Api { error, .. } => matches!(error.kind, ErrorType::Unavailable | ErrorType::RateLimit),
            Self::ConnectRefused(_)
            | Self::Unintelligible { .. }
            | Self::SignedOut
            | Self::Input(_)
            | Self::Store(_)
            | Self::BadUrl(_) => false,
        }
    }

    /// How long to wait before the same again, if the server said so.
    ///
    /// ```no_run
    /// # async fn run(error: parlor_client::Error) -> Result<(), Box<dyn std::error::Error>> {
    /// if let Some(pause) = error.retry_after() {
    ///     tokio::time::sleep(pause).await;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn retry_after(&self) -> Option<Duration> {
        self.api()?.retry_after_ms.map(Duration::from_millis)
    }

    /// The server's error type, if it was the server that said no.
    ///
    /// ```no_run
    /// # fn run(error: parlor_client::Error) -> Result<(), Box<dyn std::error::Error>> {
    /// use parlor_client::protocol::ErrorType;
    ///
    /// if error.kind() == Some(ErrorType::NotAuthorized) {
    ///     println!("you are no member");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn kind(&self) -> Option<ErrorType> {
        self.api().map(|error| error.kind)
    }

    /// What the server said, if it was the server that said no.
    ///
    /// ```no_run
    /// # fn run(error: parlor_client::Error) -> Result<(), Box<dyn std::error::Error>> {
    /// for fault in error.api().into_iter().flat_map(|error| &error.errors) {
    ///     println!("{}: {}", fault.field, fault.message);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// Why a socket is no longer connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisconnectReason {
    /// The server ended it; an `error` before that says why. It won't take this token again.
    ByServer,
    /// This side ended it.
    ByClient,
    /// The connection broke.
    Lost(String),
    /// An event was not answered in time.
    NoAnswer,
    /// This side did not take what came.
    Behind,
}

impl fmt::Display for DisconnectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByServer => f.write_str("the server ended it"),
            Self::ByClient => f.write_str("this side ended it"),
            Self::Lost(cause) => write!(f, "the connection broke: {cause}"),
            Self::NoAnswer => f.write_str("an event was not answered in time"),
            Self::Behind => f.write_str("this side did not take what came"),
        }
    }
}
