//! What goes wrong, how it is told, and the exit status that says it to a script.

use crate::safe_text::{safe_line, safe_text};
use parlor_client::{
    Error,
    protocol::{ApiError, ErrorType},
};
use serde_json::{Value, json};
use std::{
    io::{self, Write as _},
    process::ExitCode,
    time::Duration,
};

/// Why a command ended before it was done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Whoever read standard output has gone: that is no failure, `parlor tail | head -1` is done.
    NobodyReads,
    /// The arguments, or what was read for them, are wrong.
    Usage(String),
    /// There is no session, or it has ended.
    SignedOut(String),
    /// The room that was named isn't there, or is closed to the caller.
    Refused(String),
    /// What was named isn't among what is kept on this machine.
    NotKept(String),
    /// The machine did not do what it should.
    Unexpected(String),
    /// A signal ended it: with this exit status.
    Signal(u8),
    /// It took longer than `--timeout`.
    TimedOut(String),
    /// The server, or the way to it.
    Client(Error),
    /// Nobody knows if it was done, and done again it would be there twice.
    MayBeDone {
        /// Why that is not known.
        error: Error,
        /// What to do before it is tried again.
        look: &'static str,
    },
}

/// A time to wait in whole seconds, as the server tells it: nobody comes back too early.
pub(crate) fn in_seconds(time: Duration) -> String {
    format!("{} s", time.as_millis().div_ceil(1000))
}

/// What an error says to a person: not by which name the code knows what was asked.
pub(crate) fn in_words(error: &Error) -> String {
    match error {
        Error::Api { error, .. } => error.message.clone(),
        Error::Unknown { message, .. } => message.clone(),
        Error::NoAnswer { after, .. } => format!("the server did not answer within {}", in_seconds(*after)),
        Error::Unintelligible { detail, .. } => {
            format!("the server's answer is not one that this version understands: {detail}")
        }
        Error::Disconnected(why) => format!("the connection broke before the answer came: {why}"),
        error => error.to_string(),
    }
}

/// As what a handshake was refused, if its words begin with that.
fn refused_as(words: &str) -> Option<&str> {
    let (kind, _) = words.split_once(':')?;
    kind.chars().all(|char| char.is_ascii_uppercase() || char == '_').then_some(kind)
}

/// Whether the server may have done what it was asked, though no answer says so.
pub(crate) fn may_be_done(error: &Error) -> bool {
    matches!(
        error,
        Error::Unreachable(_)
            | Error::NoAnswer { .. }
            | Error::Disconnected(_)
            | Error::Unintelligible { .. }
    )
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Client(error)
    }
}

impl Failure {
    /// The machine failed at `what`.
    pub(crate) fn io(what: &str, cause: &io::Error) -> Self {
        Self::Unexpected(format!("{what}: {cause}"))
    }

    /// Its exit status.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::NobodyReads => 0,
            Self::Unexpected(_) | Self::Client(Error::Store(_)) => 1,
            Self::Usage(_) | Self::Client(Error::BadUrl(_) | Error::Input(_)) => 2,
            Self::SignedOut(_) | Self::Client(Error::SignedOut) => 3,
            Self::Refused(_) | Self::NotKept(_) | Self::Client(Error::ConnectRefused(_)) => 4,
            Self::TimedOut(_)
            | Self::Client(Error::NoAnswer { .. })
            | Self::MayBeDone { error: Error::NoAnswer { .. }, .. } => 6,
            Self::Signal(status) => *status,
            Self::Client(error @ (Error::Api { .. } | Error::Unknown { .. })) => match error.status() {
                Some(401) => 3,
                Some(429) => 7,
                Some(500..) if error.is_retryable() => 5,
                Some(500..) => 1,
                _ => 4,
            },
            Self::Client(_) | Self::MayBeDone { .. } => 5,
        })
    }

    /// The same for what would be there twice if it were done again.
    pub(crate) fn once(self, look: &'static str) -> Self {
        match self {
            Self::Client(error) if may_be_done(&error) => Self::MayBeDone { error, look },
            failure => failure,
        }
    }

    /// Whether the same again may go well: the connection was lost, or the server is not ready.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Client(Error::Unreachable(_) | Error::Disconnected(_) | Error::NoAnswer { .. }) => true,
            Self::Client(error) => error.is_retryable() && !self.is_limit(),
            _ => false,
        }
    }

    /// Whether it came too often.
    pub(crate) fn is_limit(&self) -> bool {
        matches!(self, Self::Client(error) if error.status() == Some(429))
    }

    /// Whether the server refused this message, and may take another.
    pub(crate) fn is_about_one_message(&self) -> bool {
        let is_refusal = |error: &ApiError| {
            matches!(
                error.kind,
                ErrorType::Validation | ErrorType::NotAuthorized | ErrorType::NotFound | ErrorType::Conflict
            )
        };
        match self {
            Self::Usage(_) => true,
            Self::Client(Error::Unknown { status, .. }) => {
                !self.may_pass() && !self.is_limit() && !matches!(status, Some(401 | 500..))
            }
            _ => self.api().is_some_and(is_refusal),
        }
    }

    /// How long to wait before the same again, if the server said so.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Client(error) => error.retry_after(),
            _ => None,
        }
    }

    /// Tells it on standard error.
    pub(crate) fn report(&self, json: bool) {
        if matches!(self, Self::Signal(_)) {
            return;
        }
        let text = if json { self.as_json().to_string() } else { self.as_text() };
        // A closed standard error changes nothing about the exit status.
        writeln!(io::stderr(), "{text}").ok();
    }

    fn as_text(&self) -> String {
        let hint = self.hint().map(|hint| format!("\ntry: {hint}")).unwrap_or_default();
        // What follows the first line is set in, so that it can't be taken for a line of another's.
        format!("error: {}{hint}", safe_text(&self.message()).replace('\n', "\n  "))
    }

    fn as_json(&self) -> Value {
        let request_id = match self {
            Self::Client(Error::Api { request_id, .. } | Error::Unknown { request_id, .. }) => {
                request_id.as_deref().map(safe_line)
            }
            _ => None,
        };
        let retry_after_ms =
            self.retry_after().map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX));
        json!({ "error": {
            "code": safe_line(self.code()),
            "message": safe_text(&self.message()),
            "hint": self.hint(),
            "requestId": request_id,
            "retryAfterMs": retry_after_ms,
        }})
    }

    fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Client(error) => error.api(),
            _ => None,
        }
    }

    /// The contract's word for it, as far as it has one.
    fn code(&self) -> &str {
        match self {
            Self::Usage(_) | Self::Client(Error::BadUrl(_) | Error::Input(_)) => {
                ErrorType::Validation.as_str()
            }
            Self::SignedOut(_) | Self::Client(Error::SignedOut) => ErrorType::Unauthenticated.as_str(),
            Self::Refused(_) | Self::NotKept(_) => ErrorType::NotFound.as_str(),
            Self::Client(Error::Api { error, .. }) => error.kind.as_str(),
            Self::Client(Error::Unknown { kind, .. }) => kind,
            Self::Client(Error::ConnectRefused(words)) => {
                refused_as(words).unwrap_or(ErrorType::NotAuthorized.as_str())
            }
            // No server has said this.
            Self::TimedOut(_) => "TIMED_OUT",
            Self::NobodyReads | Self::Unexpected(_) | Self::Signal(_) | Self::Client(Error::Store(_)) => {
                ErrorType::ServerError.as_str()
            }
            Self::Client(_) | Self::MayBeDone { .. } => ErrorType::Unavailable.as_str(),
        }
    }

    /// What happened.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::NobodyReads => "nobody reads the output".to_owned(),
            Self::Signal(_) => "a signal ended it".to_owned(),
            Self::Usage(text)
            | Self::SignedOut(text)
            | Self::Refused(text)
            | Self::NotKept(text)
            | Self::TimedOut(text)
            | Self::Unexpected(text) => text.clone(),
            Self::Client(Error::Api { error, .. }) => {
                let fields = error.errors.iter().filter(|_| error.errors.len() > 1);
                fields.fold(error.message.clone(), |text, fault| {
                    format!("{text}\n{} {}", fault.field, fault.message)
                })
            }
            Self::Client(error) | Self::MayBeDone { error, .. } => in_words(error),
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::SignedOut(_) | Self::Client(Error::SignedOut) => "parlor login",
            Self::Refused(_) => "parlor rooms list",
            Self::MayBeDone { look, .. } => look,
            Self::Client(Error::Unreachable(_)) => "is the server running, and is its URL right?",
            Self::Client(Error::NoAnswer { .. } | Error::Disconnected(_)) => {
                "again; or `parlor doctor`, which says what is in the way"
            }
            _ => {
                let after = in_seconds(self.retry_after()?);
                // The server's own words mostly say it already.
                return (!self.message().contains("again in ")).then(|| format!("again in {after}"));
            }
        };
        Some(hint.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_to_wait_is_told_in_whole_seconds_and_never_too_short() {
        for (ms, words) in [(0, "0 s"), (1, "1 s"), (7_000, "7 s"), (7_001, "8 s"), (59_400, "60 s")] {
            assert_eq!(in_seconds(Duration::from_millis(ms)), words);
        }
        let limit = ApiError::new(ErrorType::RateLimit, "Too often; try again in 8 s").retry_after_ms(7_040);
        let failure = Failure::Client(Error::Api { error: limit, request_id: None });
        assert_eq!(failure.as_text(), "error: Too often; try again in 8 s");
        let limit = ApiError::new(ErrorType::RateLimit, "Too often").retry_after_ms(7_040);
        let failure = Failure::Client(Error::Api { error: limit, request_id: None });
        assert_eq!(failure.as_text(), "error: Too often\ntry: again in 8 s");
    }

    #[test]
    fn what_was_asked_has_no_name_of_the_code() {
        for (error, says) in [
            (
                Error::NoAnswer { what: "ListMessages", after: Duration::from_secs(30) },
                "error: the server did not answer within 30 s\ntry: again; or `parlor doctor`, which says what is in the way",
            ),
            (
                Error::Unintelligible { what: "ListMessages", detail: "no JSON".to_owned() },
                "error: the server's answer is not one that this version understands: no JSON",
            ),
        ] {
            assert_eq!(Failure::Client(error).as_text(), says);
        }
    }

    #[test]
    fn what_may_have_been_done_is_looked_for_before_it_is_tried_again() {
        let look = "`parlor rooms list` first";
        for (error, exit) in [
            (Error::NoAnswer { what: "CreateRoom", after: Duration::from_secs(30) }, 6),
            (Error::Unreachable("a gateway before it answered 504 Gateway Timeout".to_owned()), 5),
            (Error::Unintelligible { what: "CreateRoom", detail: "no JSON".to_owned() }, 5),
        ] {
            let (plain, once) = (Failure::Client(error.clone()), Failure::Client(error).once(look));
            assert!(once.as_text().ends_with("\ntry: `parlor rooms list` first"), "{}", once.as_text());
            assert!(!once.may_pass(), "{once:?}");
            assert_eq!(once.exit_code(), ExitCode::from(exit), "{once:?}");
            assert_eq!(
                (once.exit_code(), once.code(), once.message()),
                (plain.exit_code(), plain.code(), plain.message())
            );
        }
        let refusal = ApiError::new(ErrorType::Unavailable, "Too busy");
        let refused = Failure::Client(Error::Api { error: refusal, request_id: None }).once(look);
        assert!(refused.may_pass(), "the server did not do it");
    }

    #[test]
    fn nothing_of_a_failure_as_json_is_obeyed_by_a_terminal() {
        let hostile = "A\u{1b}[2J\u{9b}31m\u{202e}B\nC";
        let failure = Failure::Client(Error::Unknown {
            kind: hostile.to_owned(),
            message: hostile.to_owned(),
            status: Some(400),
            retry_after_ms: None,
            request_id: Some(hostile.to_owned()),
        });
        let json = failure.as_json();
        for field in ["code", "message", "requestId"] {
            let text = json["error"][field].as_str().unwrap();
            assert!(text.starts_with('A') && text.ends_with('C'), "{field}: {text:?}");
            assert_eq!(text, safe_text(text), "{field}");
            assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{field}: {text:?}");
        }
        assert!(!json["error"]["code"].as_str().unwrap().contains('\n'));
    }
}
