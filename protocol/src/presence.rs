//! Who is there.

use crate::{ids::UserId, text::Username, time::Timestamp};
use serde::{Deserialize, Serialize};

/// Whether someone has a live socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// At least one.
    Online,
    /// None, for 5 s.
    Offline,
}

/// Someone came online or went offline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct StatusNotice {
    /// Who.
    pub user_id: UserId,
    /// Their name.
    pub username: Username,
    /// What they are now.
    pub status: Presence,
    /// Since when.
    pub timestamp: Timestamp,
}

events! {
    client {}
    server {
        /// Someone who shares a room with this user came online or went offline.
        UserStatus = "user_status" (StatusNotice);
    }
}
