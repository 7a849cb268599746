//! What the listener knows of a request, and puts into its extensions before the routes see it.

use axum::http::Extensions;
use std::net::IpAddr;
use uuid::Uuid;

/// The id under which a request stands in the log and in its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

impl RequestId {
    /// The id that the listener gave; a new one where there is no listener.
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_else(|| Self(Uuid::now_v7().to_string()))
    }
}

/// From where a request came, behind whatever proxies we trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);
