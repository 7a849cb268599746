//! What can go wrong between a caller and the server.

use parlor_protocol::{ApiError, ErrorType};
use serde::Deserialize;
use serde_json::Value;
use std::{fmt, io, time::Duration};

/// Why a call, an event or a connection failed.
///
/// ```
/// use parlor_client::{Error, protocol::{ApiError, ErrorType}};
/// use std::time::Duration;
///
/// let refusal = ApiError::new(ErrorType::RateLimit, "20 messages in 10 s are enough").retry_after_ms(1500);
/// let error = Error::Api { error: refusal, request_id: None };
/// assert_eq!(error.to_string(), "RATE_LIMIT: 20 messages in 10 s are enough");
/// assert_eq!((error.kind(), error.status()), (Some(ErrorType::RateLimit), Some(429)));
/// assert!(error.is_retryable());
/// assert_eq!(error.retry_after(), Some(Duration::from_millis(1500)));
///
/// // Nobody but its user can do anything about this one.
/// assert!(!Error::SignedOut.is_retryable());
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server answered, and the answer was no.
    #[error("{error}")]
    Api {
        /// What it said.
        error: ApiError,
        /// The id under which the server's log tells more; sockets have none.
        request_id: Option<String>,
    },
    /// The server answered, and the answer was no, of a type that came after this version.
    #[error("{kind}: {message}")]
    Unknown {
        /// The type, as it stands there.
        kind: String,
        /// What happened and what to do, for people.
        message: String,
        /// The status of the answer; sockets have none.
        status: Option<u16>,
        /// After how many milliseconds it is worth trying again, if the server said so.
        retry_after_ms: Option<u64>,
        /// The id under which the server's log tells more; sockets have none.
        request_id: Option<String>,
    },
    /// The server refused the socket, with these words: those of a bad token, or the type of the error, a colon and a reason.
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
    /// The base URL is none, or no longer the server's, or one to which secrets would go in clear.
    #[error("not a base URL: {0}")]
    BadUrl(String),
}

/// What every refusal has, whatever its type.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refusal {
    #[serde(rename = "type")]
    kind: String,
    message: String,
    retry_after_ms: Option<u64>,
    request_id: Option<String>,
}

impl Error {
    /// A refusal of a type that is not known here; `None` if it is none of those.
    pub(crate) fn unknown(refusal: &Value, status: Option<u16>) -> Option<Self> {
        let Refusal { kind, message, retry_after_ms, request_id } = Refusal::deserialize(refusal).ok()?;
        let is_known = ErrorType::ALL.iter().any(|known| known.as_str() == kind);
        (!is_known).then_some(Self::Unknown { kind, message, status, retry_after_ms, request_id })
    }

    /// Whether it is the server's own answer, and not that there was none.
    pub(crate) fn is_answer(&self) -> bool {
        matches!(self, Self::Api { .. } | Self::Unknown { .. })
    }

    /// What the server said, as one of the kinds that are known: of another the one with its status.
    pub(crate) fn refusal(&self) -> Option<ApiError> {
        match self {
            Self::Api { error, .. } => Some(error.clone()),
            Self::Unknown { message, status, retry_after_ms, .. } => {
                let same = ErrorType::ALL.iter().find(|kind| Some(kind.status()) == *status).copied();
                let kind = same.unwrap_or(match status {
                    _ if self.is_retryable() => ErrorType::Unavailable,
                    Some(500..) => ErrorType::ServerError,
                    Some(_) => ErrorType::Validation,
                    None => ErrorType::NotAuthorized,
                });
                Some(ApiError { retry_after_ms: *retry_after_ms, ..ApiError::new(kind, message.clone()) })
            }
            _ => None,
        }
    }

    pub(crate) fn store(doing: &str, cause: &io::Error) -> Self {
        Self::Store(format!("{doing} what is kept between runs: {cause}"))
    }

    /// Whether the same again may go well later: the connection was lost, or the server is busy. What this side has ended stays
    /// so, however often it is tried.
    ///
    /// ```
    /// use parlor_client::{DisconnectReason, Error};
    ///
    /// assert!(Error::Disconnected(DisconnectReason::NoAnswer).is_retryable(), "over the next connection");
    /// assert!(!Error::SignedOut.is_retryable(), "somebody has to sign in");
    /// ```
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::NoAnswer { .. } => true,
            Self::Disconnected(reason) => *reason != DisconnectReason::ByClient,
            Self::Api { error, .. } => matches!(error.kind, ErrorType::Unavailable | ErrorType::RateLimit),
            Self::Unknown { status: Some(status), .. } => may_pass(*status),
            // A socket has no status: who says when says that it is worth it.
            Self::Unknown { retry_after_ms, .. } => retry_after_ms.is_some(),
            // A reason that is not the token begins with its type.
            Self::ConnectRefused(words) => words.split_once(':').is_some_and(|(kind, _)| {
                [ErrorType::Unavailable, ErrorType::RateLimit].iter().any(|passing| passing.as_str() == kind)
            }),
            Self::Unintelligible { .. }
            | Self::SignedOut
            | Self::Input(_)
            | Self::Store(_)
            | Self::BadUrl(_) => false,
        }
    }

    /// How long to wait before the same again, if the server said so.
    ///
    /// ```
    /// use parlor_client::{Error, protocol::{ApiError, ErrorType}};
    /// use std::time::Duration;
    ///
    /// let refusal = ApiError::new(ErrorType::RateLimit, "Slow down").retry_after_ms(1500);
    /// let error = Error::Api { error: refusal, request_id: None };
    /// assert_eq!(error.retry_after(), Some(Duration::from_millis(1500)));
    /// assert_eq!(Error::SignedOut.retry_after(), None);
    /// ```
    pub fn retry_after(&self) -> Option<Duration> {
        let retry_after_ms = match self {
            Self::Api { error, .. } => error.retry_after_ms,
            Self::Unknown { retry_after_ms, .. } => *retry_after_ms,
            _ => None,
        };
        retry_after_ms.map(Duration::from_millis)
    }

    /// The HTTP status of what the server said, if it was the server that said no. A refusal over a socket has the one of its
    /// type, unless that came after this version.
    ///
    /// ```
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// let error = client.sign_in("ada@example.com".parse()?, "not her password".parse()?).await.unwrap_err();
    /// assert_eq!(error.status(), Some(401));
    /// # Ok(()) });
    /// ```
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Api { error, .. } => Some(error.kind.status()),
            Self::Unknown { status, .. } => *status,
            _ => None,
        }
    }

    /// The server's error type, if it was the server that said no, and it is one that this version knows.
    ///
    /// ```
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// use parlor_client::protocol::{ErrorType, Nothing, rooms::{GetRoom, RoomPath}};
    ///
    /// let nowhere = RoomPath { room_id: "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90".parse()? };
    /// let error = client.call::<GetRoom>(nowhere, Nothing, Nothing).await.unwrap_err();
    /// assert_eq!(error.kind(), Some(ErrorType::NotFound));
    /// # Ok(()) });
    /// ```
    pub fn kind(&self) -> Option<ErrorType> {
        self.api().map(|error| error.kind)
    }

    /// What the server said, if it was the server that said no, and of a type that this version knows.
    ///
    /// ```
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// let (taken, email) = ("ada".parse()?, "another@example.com".parse()?);
    /// let error = client.register(taken, email, "four unlikely words".parse()?).await.unwrap_err();
    /// for fault in error.api().into_iter().flat_map(|error| &error.errors) {
    ///     println!("{}: {}", fault.field, fault.message);
    /// }
    /// # Ok(()) });
    /// ```
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// Whether what a status says may be over in a while: too slow, too early, too often, or nobody there to answer.
pub(crate) const fn may_pass(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 502 | 503 | 504)
}

/// Why a socket is no longer connected.
///
/// ```
/// use parlor_client::{DisconnectReason, Error};
///
/// let error = Error::Disconnected(DisconnectReason::Lost("connection reset by peer".to_owned()));
/// assert_eq!(error.to_string(), "the socket is disconnected: the connection broke: connection reset by peer");
/// assert!(error.is_retryable(), "over the next connection");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Of a refusal with this status: whether it is retryable, how long to wait, and the known kind that it comes to.
    fn seen(status: Option<u16>, retry_after_ms: Option<u64>) -> (bool, Option<u64>, ErrorType) {
        let refusal = json!({ "success": false, "type": "OUT_OF_PAPER", "message": "Buy some",
            "retryAfterMs": retry_after_ms, "requestId": "r" });
        let error = Error::unknown(&refusal, status).unwrap();
        assert_eq!((error.to_string().as_str(), error.status()), ("OUT_OF_PAPER: Buy some", status));
        assert!(error.is_answer() && error.api().is_none() && error.kind().is_none());
        let known = error.refusal().unwrap();
        assert_eq!((known.message.as_str(), known.retry_after_ms), ("Buy some", retry_after_ms));
        let after = error.retry_after().map(|after| u64::try_from(after.as_millis()).unwrap());
        (error.is_retryable(), after, known.kind)
    }

    #[test]
    fn a_later_type_of_error_is_judged_by_its_status() {
        for (status, may_pass, kind) in [
            (402, false, ErrorType::Validation),
            (403, false, ErrorType::NotAuthorized),
            (408, true, ErrorType::Unavailable),
            (425, true, ErrorType::Unavailable),
            (409, false, ErrorType::Conflict),
            (429, true, ErrorType::RateLimit),
            (500, false, ErrorType::ServerError),
            (501, false, ErrorType::ServerError),
            (502, true, ErrorType::Unavailable),
            (503, true, ErrorType::Unavailable),
            (504, true, ErrorType::Unavailable),
        ] {
            assert_eq!(seen(Some(status), None), (may_pass, None, kind), "{status}");
        }
        assert_eq!(seen(Some(402), Some(5)), (false, Some(5), ErrorType::Validation));
        assert_eq!(seen(None, None), (false, None, ErrorType::NotAuthorized));
        assert_eq!(seen(None, Some(1500)), (true, Some(1500), ErrorType::Unavailable));
    }

    #[test]
    fn a_refused_socket_is_worth_another_try_if_it_is_not_for_the_token() {
        for (words, is_retryable) in [
            ("Invalid or expired token", false),
            ("UNAVAILABLE: the server can't take you in right now; try again in a moment", true),
            ("RATE_LIMIT: you have too many connections open; close one and try again", true),
            ("NOT_AUTHORIZED: a connection joins once; open another one", false),
            ("UNAVAILABLE_FOR_EVER: go away", false),
        ] {
            assert_eq!(Error::ConnectRefused(words.to_owned()).is_retryable(), is_retryable, "{words}");
        }
    }

    #[test]
    fn what_is_no_refusal_of_a_later_type_is_none() {
        for other in [
            json!({ "type": "VALIDATION", "message": 5 }),
            json!({ "type": "VALIDATION", "message": "x" }),
            json!({ "type": "LATER" }),
            json!({ "message": "x" }),
            json!("LATER"),
            Value::Null,
        ] {
            assert!(Error::unknown(&other, Some(400)).is_none(), "{other}");
        }
    }
}
