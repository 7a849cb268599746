//! Rooms.

use crate::{
    Nothing,
    ids::{RoomId, UserId},
    page::{Cursor, PageLimit},
    text::{Description, RoomName, SearchText},
    time::Timestamp,
    users::UserSummary,
};
use serde::{Deserialize, Serialize};

/// What a member is in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Made the room; can change and delete it, invite and remove.
    Owner,
    /// Everyone else.
    Member,
}

/// A room as the caller sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Room {
    /// The room's id.
    pub id: RoomId,
    /// Its name.
    #[cfg_attr(feature = "schema", schema(example = "general"))]
    pub name: String,
    /// What it is about.
    #[cfg_attr(feature = "schema", schema(required, example = "Whatever fits nowhere else"))]
    pub description: Option<String>,
    /// Whether only invited people see it.
    #[cfg_attr(feature = "schema", schema(example = false))]
    pub is_private: bool,
    /// Who made it.
    pub created_by: UserId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its name or description last changed.
    pub updated_at: Timestamp,
    /// Who made it.
    pub creator: UserSummary,
    /// How many members it has.
    pub member_count: i64,
    /// The `seq` of the newest entry of its timeline.
    #[cfg_attr(feature = "schema", schema(example = 7))]
    pub last_seq: i64,
    /// The caller's own membership; `null` for a stranger, and in what is sent to all.
    #[cfg_attr(feature = "schema", schema(required))]
    pub membership: Option<Membership>,
}

/// The caller's own membership of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Membership {
    /// What the caller is there.
    pub role: Role,
    /// Up to where the caller has read.
    pub last_read_seq: i64,
    /// How many messages of others stand after that.
    pub unread_count: i64,
    /// When the membership began.
    pub joined_at: Timestamp,
}

request! {
    /// Which room.
    pub struct RoomPath {
        /// The room's id.
        pub room_id: RoomId,
    }

    /// A room to be made.
    pub struct NewRoom {
        /// Its name.
        pub name: RoomName,
        /// What it is about.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub description: Option<Description>,
        /// Whether only invited people see it; they do not unless this is `true`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub is_private: Option<bool>,
    }

    /// What to change of a room.
    pub struct RoomChanges {
        /// A new name.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub name: Option<RoomName>,
        /// A new description; `null` takes it away.
        #[serde(default, deserialize_with = "crate::request::present", skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", ts(as = "Option<Description>"))]
        pub description: Option<Option<Description>>,
    }

    /// Which rooms.
    pub struct RoomSearch {
        /// What their name contains, without regard to case.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub q: Option<SearchText>,
        /// Where to go on.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub cursor: Option<Cursor>,
        /// How many, at most 200; without it, up to 1,000.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub limit: Option<PageLimit>,
    }
}

/// A room has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct RoomUpdate {
    /// The room's id.
    pub room_id: RoomId,
    /// The room as it is now, without the reader's own membership.
    pub room: Room,
    /// The change's place in the timeline.
    pub seq: i64,
    /// When it changed.
    pub timestamp: Timestamp,
}

/// A room is gone, with everything in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct RoomDeletion {
    /// The room's id.
    pub room_id: RoomId,
    /// When it went.
    pub timestamp: Timestamp,
}

endpoints! {
    /// Make a room; the caller becomes its owner and first member.
    CreateRoom = POST "/rooms" {
        auth: Bearer, body: NewRoom, response: CREATED Room,
        says: "Room created",
        errors: [Conflict],
        limits: [RoomsCreated, Memberships],
    }
    /// Every public room, and the private ones that the caller is a member of; newest first.
    ListRooms = GET "/rooms" {
        auth: Bearer, query: RoomSearch, page: Vec<Room>,
        says: "Rooms",
        errors: [],
    }
    /// One room.
    GetRoom = GET "/rooms/{room_id}" {
        auth: Bearer, path: RoomPath, response: OK Room,
        says: "Room",
        errors: [NotFound],
    }
    /// Change a room's name or description. Its owner only.
    ChangeRoom = PATCH "/rooms/{room_id}" {
        auth: Bearer, path: RoomPath, body: RoomChanges, response: OK Room,
        says: "Room changed",
        errors: [NotAuthorized, NotFound],
    }
    /// Delete a room and everything in it. Its owner only.
    DeleteRoom = DELETE "/rooms/{room_id}" {
        auth: Bearer, path: RoomPath, response: OK Nothing,
        says: "Room deleted",
        errors: [NotAuthorized, NotFound],
    }
}

events! {
    client {}
    server {
        /// The room's name or description changed.
        RoomUpdated = "room_updated" (RoomUpdate);
        /// The room is gone.
        RoomDeleted = "room_deleted" (RoomDeletion);
    }
}
