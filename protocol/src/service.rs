//! What the server says of itself, outside the REST base path.

use serde::{Deserialize, Serialize};

/// The answer to `GET /`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
pub struct About {
    /// The software's name.
    #[cfg_attr(feature = "schema", schema(example = "Parlor"))]
    pub name: String,
    /// Its version.
    #[cfg_attr(feature = "schema", schema(example = "0.1.0"))]
    pub version: String,
    /// The version of this contract.
    #[cfg_attr(feature = "schema", schema(example = "1.0.0"))]
    pub protocol: String,
}

/// The answer to `GET /health/live` and `GET /health/ready`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
pub struct Health {
    /// Always `ok`: a server that is not ready answers with a failure, `UNAVAILABLE`.
    #[cfg_attr(feature = "schema", schema(example = "ok"))]
    pub status: String,
}
