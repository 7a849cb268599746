//! The JSON around every REST answer.

use crate::{ErrorType, FieldError, Shape, page::Cursor, page::Page};
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

#[cfg(feature = "schema")]
plain_shape!({ const VALUE: bool } Is<VALUE>, format!("Is{VALUE}"), if VALUE { "true" } else { "false" }, crate::schema::constant(VALUE));

/// How an endpoint's answer is wrapped: [`Success`] or [`SuccessPage`].
pub trait Envelope: Serialize + DeserializeOwned {
    /// What is inside.
    type Content;
    /// What stands in `data`.
    type Data: Serialize + DeserializeOwned + Shape + 'static;
    /// Whether `nextCursor` stands beside `data`.
    const PAGED: bool;
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

impl<T: Serialize + DeserializeOwned + Shape + 'static> Envelope for Success<T> {
    type Content = T;
    type Data = T;
    const PAGED: bool = false;
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

impl<T: Serialize + DeserializeOwned + Shape + 'static> Envelope for SuccessPage<T> {
    type Content = Page<T>;
    type Data = T;
    const PAGED: bool = true;
    fn wrap(message: &str, page: Page<T>) -> Self {
        Self { success: Is, message: message.to_owned(), data: page.data, next_cursor: page.next_cursor }
    }
    fn unwrap(self) -> Page<T> {
        Page { data: self.data, next_cursor: self.next_cursor }
    }
}

/// A REST failure: `{ success: false, message, type, errors?, retryAfterMs?, requestId }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// Always `false`.
    pub success: Is<false>,
    /// What happened and what to do, for people.
    #[cfg_attr(feature = "schema", schema(example = "username is required"))]
    pub message: String,
    /// What kind of failure it is.
    #[serde(rename = "type")]
    pub kind: ErrorType,
    /// Every bad field, for `VALIDATION`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<Vec<FieldError>>"))]
    pub errors: Vec<FieldError>,
    /// After how many milliseconds it is worth trying again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional), schema(nullable = false))]
    pub retry_after_ms: Option<u64>,
    /// The id under which the server's log tells more.
    #[cfg_attr(feature = "schema", schema(example = "0198cc5e-4f0a-7cd0-8a59-0d4a1b6b2f11"))]
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
