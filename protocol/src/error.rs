//! What can go wrong, said once: the error types, their statuses, and the body that carries them.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! error_types {
    ($($(#[doc = $doc:literal])* $name:ident = $wire:literal $status:literal;)*) => {
        /// What kind of failure it is. More kinds may come: judge one that you don't know by its status, and on a socket, where
        /// there is none, by whether `retryAfterMs` is there.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum ErrorType {$(
            $(#[doc = $doc])*
            $name,
        )*}

        impl ErrorType {
            /// Every type, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The HTTP status that goes with it.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status),* }
            }

            /// When it comes: its doc comment.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc, "\n"),*)),* }
            }

            /// Its name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $wire),* }
            }
        }
    };
}

error_types! {
    /// Malformed JSON, a wrong type, a missing field, a bad id or query; every bad field is listed.
    Validation = "VALIDATION" 400;
    /// No token, or one that is forged, expired or revoked; also a failed login.
    Unauthenticated = "UNAUTHENTICATED" 401;
    /// A known caller who may not.
    NotAuthorized = "NOT_AUTHORIZED" 403;
    /// An unknown id or route, or something that the caller may not know to exist.
    NotFound = "NOT_FOUND" 404;
    /// The path exists, but not with this method; with `Allow`.
    MethodNotAllowed = "METHOD_NOT_ALLOWED" 405;
    /// Taken, already a member, or an id that was used for something else.
    Conflict = "CONFLICT" 409;
    /// A body over 64 KiB.
    PayloadTooLarge = "PAYLOAD_TOO_LARGE" 413;
    /// A body that is not JSON, or is compressed.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE" 415;
    /// Too often; with `Retry-After`.
    RateLimit = "RATE_LIMIT" 429;
    /// A defect of the server; the cause is only in its log, under the request id.
    ServerError = "SERVER_ERROR" 500;
    /// The database is out of reach, or the server is overloaded or shutting down; with `Retry-After`.
    Unavailable = "UNAVAILABLE" 503;
}

impl fmt::Display for ErrorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
pub struct FieldError {
    /// The field's name on the wire; empty when it is the whole body.
    #[cfg_attr(feature = "schema", schema(example = "username"))]
    pub field: String,
    /// What is wrong with it, for people.
    #[cfg_attr(feature = "schema", schema(example = "is required"))]
    pub message: String,
}

impl FieldError {
    /// `field` is wrong because of `message`.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// A failure as a client gets it: in an acknowledgement, an `error` event, or a REST answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
#[error("{kind}: {message}")]
pub struct ApiError {
    /// What kind of failure it is.
    #[serde(rename = "type")]
    pub kind: ErrorType,
    /// What happened and what to do, for people.
    #[cfg_attr(feature = "schema", schema(example = "username is required"))]
    pub message: String,
    /// Every bad field, for `VALIDATION`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<Vec<FieldError>>"))]
    pub errors: Vec<FieldError>,
    /// After how many milliseconds it is worth trying again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional), schema(nullable = false))]
    pub retry_after_ms: Option<u64>,
}

impl ApiError {
    /// A failure of this kind, with its words for people.
    pub fn new(kind: ErrorType, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), errors: Vec::new(), retry_after_ms: None }
    }

    /// These fields are wrong.
    pub fn validation(errors: Vec<FieldError>) -> Self {
        let message = match errors.as_slice() {
            [only] if only.field.is_empty() => only.message.clone(),
            [only] => format!("{} {}", only.field, only.message),
            several => format!("{} fields are wrong; see `errors`", several.len()),
        };
        Self { errors, ..Self::new(ErrorType::Validation, message) }
    }

    /// The same failure, worth a retry after so many milliseconds.
    #[must_use]
    pub fn retry_after_ms(self, retry_after_ms: u64) -> Self {
        Self { retry_after_ms: Some(retry_after_ms), ..self }
    }
}
