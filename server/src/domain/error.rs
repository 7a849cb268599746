//! Why a use case failed.

use crate::store;
use parlor_protocol::{ApiError, ErrorType, FieldError};
use std::time::Duration;

/// Why a use case failed. The words are for people and name what to do; the cause of a defect never leaves the process.
#[derive(Debug)]
pub enum Error {
    /// These fields are wrong.
    Invalid(Vec<FieldError>),
    /// Nobody whom we know.
    Unauthenticated(&'static str),
    /// A known caller who may not.
    Forbidden(&'static str),
    /// It does not exist, or the caller may not know that it does.
    NotFound(&'static str),
    /// It is taken, or done already.
    Conflict(&'static str),
    /// Too often; worth a retry after so long.
    TooOften {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The database is out of reach, or too much waits; worth a retry.
    Unavailable,
    /// A defect of ours, with its cause for the log.
    Defect(String),
}

/// After how long a retry is worth it when something is out of reach.
const RETRY_UNAVAILABLE: Duration = Duration::from_secs(1);

impl Error {
    /// One wrong field.
    pub fn invalid(field: &str, message: &str) -> Self {
        Self::Invalid(vec![FieldError::new(field, message)])
    }

    /// This failure as a client gets it.
    pub fn to_api(&self) -> ApiError {
        match self {
            Self::Invalid(errors) => ApiError::validation(errors.clone()),
            Self::Unauthenticated(message) => ApiError::new(ErrorType::Unauthenticated, *message),
            Self::Forbidden(message) => ApiError::new(ErrorType::NotAuthorized, *message),
            Self::NotFound(message) => ApiError::new(ErrorType::NotFound, *message),
            Self::Conflict(message) => ApiError::new(ErrorType::Conflict, *message),
            Self::TooOften { retry_after } => {
                let message = format!("Too often; try again in {} s", retry_after.as_secs() + 1);
                ApiError::new(ErrorType::RateLimit, message).retry_after_ms(millis(*retry_after))
            }
            Self::Unavailable => ApiError::new(ErrorType::Unavailable, "Not available right now; try again")
                .retry_after_ms(millis(RETRY_UNAVAILABLE)),
            Self::Defect(_) => ApiError::new(
                ErrorType::ServerError,
                "Something went wrong on the server; try again, and tell its operator if it goes on",
            ),
        }
    }
}

/// Rounded up, so that a client that waits so long is not refused again by a fraction.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros().div_ceil(1000)).unwrap_or(u64::MAX)
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        if error.is_unavailable() {
            match error {
                // Said once, by the store.
                store::Error::Busy => tracing::debug!("no connection to the database was free"),
                store::Error::OutOfReach(error) => tracing::debug!(%error, "the database is out of reach"),
                error => tracing::warn!(%error, "the database can't do it now"),
            }
            Self::Unavailable
        } else {
            Self::Defect(error.to_string())
        }
    }
}
