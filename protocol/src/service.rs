//! What the server says of itself, outside the REST base path.

use serde::{Deserialize, Serialize};

/// The answer to `GET /`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The software's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The version of this contract.
    pub protocol: String,
}

/// The answer to `GET /health/live` and `GET /health/ready`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// `ok`, or what is missing.
    pub status: String,
}
