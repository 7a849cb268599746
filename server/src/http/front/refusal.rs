//! The front's own failures, in the envelope of all failures.

use super::request_id::RequestId;
use axum::body::Body;
use hyper::{
    Response, StatusCode,
    header::{self, HeaderValue},
};
use parlor_protocol::{ApiError, ErrorType, Failure, FieldError};

/// Why a request is not passed on.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    error: ApiError,
    closes: bool,
}

impl Refusal {
    pub(super) fn new(kind: ErrorType, message: &str) -> Self {
        Self::of(ApiError::new(kind, message))
    }

    pub(super) fn field(field: &str, message: &str) -> Self {
        Self::of(ApiError::validation(vec![FieldError::new(field, message)]))
    }

    fn of(error: ApiError) -> Self {
        let status = StatusCode::from_u16(error.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, error, closes: false }
    }

    /// With a status that has no type of its own.
    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The connection ends with it: what follows is not worth reading.
    pub(super) fn closing(self) -> Self {
        Self { closes: true, ..self }
    }

    pub(super) fn into_response(self, id: &RequestId) -> Response<Body> {
        let body = serde_json::to_vec(&Failure::new(self.error, id.0.as_str())).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.closes {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
