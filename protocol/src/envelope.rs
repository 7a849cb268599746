//! The JSON around every REST answer.

use crate::{ErrorType, FieldError, page::Cursor, page::Page};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, de::Error as _};

/// The constant `success` field: `true` or `false`, and nothing else when read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Is<const VALUE: bool>;

impl<const VALUE: bool> Serialize for Is<VALUE> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(VALUE)
    }
}

impl<'de, const VALUE: bool> Deserialize<'de> for Is<VALUE> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if bool::deserialize(deserializer)? == VALUE {
            Ok(Self)
        } else {
            Err(D::Error::custom("another outcome"))
        }
    }
}

/// How an endpoint's answer is wrapped: [`Success`] or [`SuccessPage`].
pub trait Envelope: Serialize + DeserializeOwned {
    /// What is inside.
    type Content;
    /// Wraps `content` with words for people.
    fn wrap(message: &str, content: Self::Content) -> Self;
    /// What is inside.
    fn unwrap(self) -> Self::Content;
}

/// One thing: `{ success, message, data }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Success<T> {
    /// Always `true`.
    pub success: Is<true>,
    /// What happened, for people.
    pub message: String,
    /// The answer.
    pub data: T,
}

impl<T: Serialize + DeserializeOwned> Envelope for Success<T> {
    type Content = T;
    fn wrap(message: &str, data: T) -> Self {
        Self { success: Is, message: message.to_owned(), data }
    }
    fn unwrap(self) -> T {
        self.data
    }
}

/// A page of a listing: `{ success, message, data, nextCursor }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SuccessPage<T> {
    /// Always `true`.
    pub success: Is<true>,
    /// What happened, for people.
    pub message: String,
    /// What is on this page.
    pub data: T,
    /// Where the next page begins; `null` on the last one.
    pub next_cursor: Option<Cursor>,
}

impl<T: Serialize + DeserializeOwned> Envelope for SuccessPage<T> {
    type Content = Page<T>;
    fn wrap(message: &str, page: Page<T>) -> Self {
        Self { success: Is, message: message.to_owned(), data: page.data, next_cursor: page.next_cursor }
    }
    fn unwrap(self) -> Page<T> {
        Page { data: self.data, next_cursor: self.next_cursor }
    }
}

/// A REST failure: `{ success: false, message, type, errors?, retryAfterMs?, requestId }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// Always `false`.
    pub success: Is<false>,
    /// What happened and what to do, for people.
    pub message: String,
    /// What kind of failure it is.
    #[serde(rename = "type")]
    pub kind: ErrorType,
    /// Every bad field, for `VALIDATION`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// After how many milliseconds it is worth trying again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The id under which the server's log tells more.
    pub request_id: String,
}

impl Failure {
    /// `error` as the answer to the request `request_id`.
    pub fn new(error: crate::ApiError, request_id: impl Into<String>) -> Self {
        let crate::ApiError { kind, message, errors, retry_after_ms } = error;
        Self { success: Is, message, kind, errors, retry_after_ms, request_id: request_id.into() }
    }
}

impl From<Failure> for crate::ApiError {
    fn from(failure: Failure) -> Self {
        let Failure { kind, message, errors, retry_after_ms, .. } = failure;
        Self { kind, message, errors, retry_after_ms }
    }
}
