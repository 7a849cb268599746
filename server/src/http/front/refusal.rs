//! The front's own failures, in the envelope of all failures.

use super::{cors::Cors, headers, request_id::RequestId};
use crate::http::reply;
use axum::body::Body;
use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::{BodyExt, Collected};
use hyper::{
    HeaderMap, Response, StatusCode,
    header::{self, HeaderValue},
};
use parlor_protocol::{ApiError, ErrorType, FieldError};

/// Why a request is not passed on.
#[derive(Debug)]
pub(super) struct Refusal {
    error: ApiError,
    /// Where the error's type has another.
    status: Option<StatusCode>,
    closes: bool,
}

impl Refusal {
    pub(super) fn new(kind: ErrorType, message: &str) -> Self {
        Self::of(ApiError::new(kind, message))
    }

    pub(super) fn field(field: &str, message: &str) -> Self {
        Self::of(ApiError::validation(vec![FieldError::new(field, message)]))
    }

    pub(super) fn of(error: ApiError) -> Self {
        Self { error, status: None, closes: false }
    }

    /// What hyper refuses with this status, since it cannot be read as a request.
    pub(super) fn of_unreadable(status: StatusCode) -> Self {
        let message = match status {
            StatusCode::URI_TOO_LONG => TARGET_TOO_LONG,
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
                "The request's head is larger than 16 KiB or has more than 64 headers; send fewer or shorter ones"
            }
            _ => "This is no HTTP/1.1 request; check its first line and its headers",
        };
        Self::new(ErrorType::Validation, message).with_status(status).closing()
    }

    /// With a status that has no type of its own.
    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status: Some(status), ..self }
    }

    /// The connection ends with it: what follows is not worth reading.
    pub(super) fn closing(self) -> Self {
        Self { closes: true, ..self }
    }

    pub(super) fn into_response(self, id: &RequestId) -> Response<Body> {
        let mut response = reply::failure(self.error, id);
        if let Some(status) = self.status {
            *response.status_mut() = status;
        }
        if self.closes {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

pub(super) const TARGET_TOO_LONG: &str = "The request's target is longer than 4 KiB; shorten its query";

/// An answer as it stands on the wire, where there is no hyper to write it.
pub(super) fn on_the_wire(mut response: Response<Body>, id: &RequestId, cors: &Cors) -> Bytes {
    headers::dress(&mut response, id, cors);
    let (parts, body) = response.into_parts();
    // It is in memory, so there is nothing to wait for.
    let body =
        body.collect().now_or_never().and_then(Result::ok).map(Collected::to_bytes).unwrap_or_default();
    let mut wire = format!("HTTP/1.1 {}\r\ncontent-length: {}\r\n", parts.status, body.len()).into_bytes();
    write_headers(&mut wire, &parts.headers);
    wire.extend_from_slice(b"\r\n");
    wire.extend_from_slice(&body);
    wire.into()
}

fn write_headers(wire: &mut Vec<u8>, headers: &HeaderMap) {
    for (name, value) in headers {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            wire.extend_from_slice(part);
        }
    }
}
