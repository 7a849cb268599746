//! The timeline: each room's one log of what its members see, numbered without gaps.

use crate::{
    ids::{Epoch, RoomId, UserId},
    messages::Message,
    page::{Position, TimelineLimit},
    rooms::{Room, RoomPath},
    text::Username,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// One entry of a room's timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TimelineEvent {
    /// Its place: 1, 2, 3, … in the order of commits.
    pub seq: i64,
    /// Whose timeline.
    pub room_id: RoomId,
    /// When it was stored.
    pub timestamp: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub happening: Happening,
}

/// What happened. More types will come; skip those you don't know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Happening {
    /// A message was sent.
    Message {
        /// The message.
        message: Box<Message>,
    },
    /// A membership began.
    MemberJoined(Who),
    /// A membership ended.
    MemberLeft(Who),
    /// The room was made.
    RoomCreated {
        /// The room as of then.
        room: Box<Room>,
    },
    /// The room's name or description changed.
    RoomUpdated {
        /// The room as of then.
        room: Box<Room>,
    },
    /// A type that came after this version.
    #[serde(other)]
    #[cfg_attr(feature = "schema", ts(skip))]
    Unknown,
}

/// Whose membership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Who {
    /// The user's id.
    pub user_id: UserId,
    /// Their name.
    pub username: Username,
}

request! {
    /// Which entries.
    pub struct TimelineQuery {
        /// Those after this `seq`; from the first on unless given.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub after: Option<Position>,
        /// How many; 100 unless given.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub limit: Option<TimelineLimit>,
    }
}

/// A part of a room's timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Timeline {
    /// The entries, oldest first.
    pub events: Vec<TimelineEvent>,
    /// The `seq` of the room's newest entry.
    pub last_seq: i64,
    /// Which history these numbers belong to.
    pub epoch: Epoch,
    /// Whether there are more after these.
    pub has_more: bool,
}

endpoints! {
    /// A part of a room's timeline. Members only.
    ListEvents = GET "/rooms/{room_id}/events" {
        auth: Bearer, path: RoomPath, query: TimelineQuery, response: OK Timeline,
        says: "Timeline of the room",
        errors: [NotAuthorized, NotFound],
    }
}
