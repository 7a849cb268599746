//! Who belongs to a room.

use crate::{
    Nothing,
    ids::{MemberId, RoomId, UserId},
    page::{Cursor, PageLimit},
    rooms::{Role, Room, RoomPath},
    text::Username,
    time::Timestamp,
    users::{UserPath, UserSummary},
};
use serde::{Deserialize, Serialize};

/// A member of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The membership's id.
    pub id: MemberId,
    /// Who it is.
    pub user_id: UserId,
    /// Where.
    pub room_id: RoomId,
    /// What they are there.
    pub role: Role,
    /// Since when.
    pub joined_at: Timestamp,
    /// Who it is, with a name.
    pub user: UserSummary,
    /// Whether they have a live socket; `false` unless the caller is a member too.
    pub is_online: bool,
}

/// The members of a room, one page of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct MemberList {
    /// How many there are in all.
    pub total_members: i64,
    /// The room.
    pub room: Room,
    /// Its members in the order in which they joined.
    pub members: Vec<Member>,
}

/// A room that a user belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct RoomOfUser {
    /// The membership's id.
    pub id: MemberId,
    /// Whose membership.
    pub user_id: UserId,
    /// Of which room.
    pub room_id: RoomId,
    /// What they are there.
    pub role: Role,
    /// Since when.
    pub joined_at: Timestamp,
    /// The room.
    pub room: Room,
}

/// The room one has joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
pub struct JoinedRoom {
    /// The room.
    pub room: Room,
}

request! {
    /// Which member of which room.
    pub struct MemberPath {
        /// The room's id.
        pub room_id: RoomId,
        /// The user's id.
        pub user_id: UserId,
    }

    /// Which members.
    pub struct MemberPage {
        /// Where to go on.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub cursor: Option<Cursor>,
        /// How many, at most 200; without it, up to 1,000.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub limit: Option<PageLimit>,
    }

    /// Whose members.
    pub struct GetRoomUsersPayload {
        /// The room's id.
        pub room_id: RoomId,
    }
}

/// Whether something concerns the membership or one visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Stay {
    /// A membership began or ended: an entry of the timeline, with its `seq`.
    Permanent,
    /// A user's first socket subscribed, or the last one sent `leave_room`.
    Temporary,
}

/// Someone came or went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Passage {
    /// Who.
    pub user_id: UserId,
    /// Their name.
    pub username: Username,
    /// Where.
    pub room_id: RoomId,
    /// Whether the membership began or ended, or only a visit.
    #[serde(rename = "type")]
    pub stay: Stay,
    /// When.
    pub timestamp: Timestamp,
    /// The entry's place in the timeline, when it is permanent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional), schema(nullable = false))]
    pub seq: Option<i64>,
    /// Their name again, when it is permanent: existing clients read it here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional), schema(nullable = false))]
    pub name: Option<Username>,
}

/// A member in the answer to `get_room_users`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct RoomUser {
    /// Who.
    pub user_id: UserId,
    /// Their name.
    pub username: Username,
    /// Whether they have a live socket.
    pub is_online: bool,
}

/// The members of a room with their presence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct RoomUserList {
    /// The room's id.
    pub room_id: RoomId,
    /// Its members, up to 1,000, in the order in which they joined.
    pub users: Vec<RoomUser>,
}

endpoints! {
    /// Become a member of a public room.
    JoinRoom = POST "/rooms/{room_id}/join" {
        auth: Bearer, path: RoomPath, response: OK JoinedRoom,
        says: "Joined the room",
        errors: [NotFound, Conflict],
        limits: [Memberships, RoomMembers],
    }
    /// End one's own membership. The owner can't leave, only delete.
    LeaveRoom = POST "/rooms/{room_id}/leave" {
        auth: Bearer, path: RoomPath, response: OK Nothing,
        says: "Left the room",
        errors: [NotAuthorized, NotFound],
    }
    /// Who belongs to a room. For whoever may see the room.
    ListMembers = GET "/rooms/{room_id}/members" or "/rooms/{room_id}/users" {
        auth: Bearer, path: RoomPath, query: MemberPage, page: MemberList,
        says: "Members of the room",
        errors: [NotFound],
    }
    /// End someone's membership. The room's owner only.
    RemoveMember = DELETE "/rooms/{room_id}/members/{user_id}" {
        auth: Bearer, path: MemberPath, response: OK Nothing,
        says: "Member removed",
        errors: [NotAuthorized, NotFound],
    }
    /// The rooms of a user: all of one's own, of another's those that the caller may see. Newest membership first.
    ListRoomsOfUser = GET "/users/{user_id}/rooms" or "/rooms/users/{user_id}" {
        auth: Bearer, path: UserPath, response: OK Vec<RoomOfUser>,
        says: "Rooms of the user",
        errors: [NotFound],
    }
}

events! {
    client {
        /// Ask who belongs to a room; answered by `room_users` too. Members only.
        GetRoomUsers = "get_room_users" (GetRoomUsersPayload) -> RoomUserList, errors: [NotAuthorized];
    }
    server {
        /// Someone became a member, or their first socket subscribed.
        UserJoined = "user_joined" (Passage);
        /// Someone's membership ended, or their last socket sent `leave_room`.
        UserLeft = "user_left" (Passage);
        /// The answer to `get_room_users`.
        RoomUsers = "room_users" (RoomUserList);
    }
}
