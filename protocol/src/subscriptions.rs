//! Which rooms a socket listens to.

use crate::{
    ids::{Epoch, RoomId},
    page::Position,
    timeline::TimelineEvent,
};
use serde::{Deserialize, Serialize};

request! {
    /// A room to listen to.
    pub struct JoinRoomPayload {
        /// The room's id.
        pub room_id: RoomId,
        /// The last `seq` that the client has; with it, what came since is in the acknowledgement.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub after: Option<Position>,
        /// The epoch that `after` belongs to.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub epoch: Option<Epoch>,
    }

    /// A room to listen to no longer.
    pub struct LeaveRoomPayload {
        /// The room's id.
        pub room_id: RoomId,
    }
}

/// The answer to `join_room`: what came since, and where the live entries begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// The room's id.
    pub room_id: RoomId,
    /// Which history the numbers belong to.
    pub epoch: Epoch,
    /// Live entries begin after this one.
    pub last_seq: i64,
    /// What came after `after`, oldest first, at most 200.
    pub events: Vec<TimelineEvent>,
    /// Whether `events` reaches `lastSeq`; if not, fetch the rest with `GET /rooms/{roomId}/events`.
    pub complete: bool,
    /// The position could not be honoured (another epoch, or beyond the end): drop what you have and load anew.
    #[cfg_attr(feature = "schema", schema(example = false))]
    pub reset: bool,
}

/// The room that is listened to no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct LeftRoom {
    /// The room's id.
    pub room_id: RoomId,
}

/// This socket listens to a room now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Joined {
    /// The room's id.
    pub room_id: RoomId,
    /// For people.
    #[cfg_attr(feature = "schema", schema(example = "You have joined the room"))]
    pub message: String,
    /// Live entries begin after this one.
    pub last_seq: i64,
    /// Which history the numbers belong to.
    pub epoch: Epoch,
}

events! {
    client {
        /// Listen to a room. Members only.
        JoinRoomEvent = "join_room" (JoinRoomPayload) -> Subscription, errors: [NotAuthorized];
        /// Listen to a room no longer; the membership stays.
        LeaveRoomEvent = "leave_room" (LeaveRoomPayload) -> LeftRoom, errors: [NotAuthorized];
    }
    server {
        /// This socket listens to a room now.
        RoomJoined = "room_joined" (Joined);
    }
}
