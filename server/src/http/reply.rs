//! Answers: the envelope around what went well, and around what did not.

use super::front::RequestId;
use crate::domain::Error;
use axum::{
    body::Body,
    http::{Extensions, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use parlor_protocol::{ApiError, Endpoint, Envelope, ErrorType, Failure};
use serde::Serialize;

/// The id that the front gave a request; a new one where there is no front.
pub fn id_of(extensions: &Extensions) -> RequestId {
    extensions.get().cloned().unwrap_or_else(|| RequestId(uuid::Uuid::now_v7().to_string()))
}

/// What a handler answers: mostly just the content.
#[derive(Clone, Debug)]
pub struct Reply<T> {
    content: T,
    status: Option<StatusCode>,
}

impl<T> From<T> for Reply<T> {
    fn from(content: T) -> Self {
        Self { content, status: None }
    }
}

impl<T> Reply<T> {
    /// `content` under another status than the endpoint's own.
    pub fn with_status(content: T, status: StatusCode) -> Self {
        Self { content, status: Some(status) }
    }

    /// The answer of the endpoint `E`.
    pub fn into_response<E: Endpoint<Response = T>>(self, id: &RequestId) -> Response {
        let status = self.status.or_else(|| StatusCode::from_u16(E::STATUS).ok()).unwrap_or(StatusCode::OK);
        json(status, &E::Envelope::wrap(E::SAYS, self.content), id)
    }
}

/// What went wrong with a call: a rule that it broke, or something about its form.
#[derive(Debug)]
pub enum Refusal {
    /// A rule.
    Rule(Error),
    /// The form.
    Form(ApiError),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Rule(error)
    }
}

impl Refusal {
    /// A call of a form that we don't take.
    pub fn form(kind: ErrorType, message: &str) -> Self {
        Self::Form(ApiError::new(kind, message))
    }

    /// The answer; the cause of a defect goes into the log only.
    pub fn into_response(self, id: &RequestId) -> Response {
        match self {
            Self::Form(error) => failure(error, id),
            Self::Rule(error) => {
                if let Error::Defect(cause) = &error {
                    tracing::error!(request_id = %id, cause, "a request failed");
                }
                failure(error.to_api(), id)
            }
        }
    }
}

/// A failure as the answer to the request `id`.
pub fn failure(error: ApiError, id: &RequestId) -> Response {
    let kind = error.kind;
    let retry_after_ms = error.retry_after_ms;
    let status = StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json(status, &Failure::new(error, id.0.as_str()), id);
    // For whoever counts failures.
    response.extensions_mut().insert(kind);
    let mut add = |name: HeaderName, value: HeaderValue| response.headers_mut().insert(name, value);
    if kind == ErrorType::Unauthenticated {
        add(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(millis) = retry_after_ms {
        add(header::RETRY_AFTER, HeaderValue::from(millis.div_ceil(1000)));
    }
    response
}

/// `content` as JSON.
pub fn json(status: StatusCode, content: &impl Serialize, id: &RequestId) -> Response {
    let (status, body) = match serde_json::to_vec(content) {
        Ok(body) => (status, Body::from(body)),
        Err(error) => {
            tracing::error!(request_id = %id, %error, "an answer can't be written");
            (StatusCode::INTERNAL_SERVER_ERROR, Body::empty())
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
