//! Invites to private rooms.

use crate::{
    Nothing,
    ids::{InviteId, RoomId, UserId},
    page::{Count, Number},
    rooms::{Room, RoomPath},
    text::InviteCode,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// An invite to a private room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Invite {
    /// The invite's id.
    pub id: InviteId,
    /// Where it leads.
    pub room_id: RoomId,
    /// Who made it.
    pub created_by: UserId,
    /// The code; given out once, when the invite is made, and `null` ever after.
    #[cfg_attr(feature = "schema", schema(required))]
    pub invite_code: Option<InviteCode>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// How often it can be used; without bound when `null`.
    #[cfg_attr(feature = "schema", schema(required))]
    pub max_uses: Option<i64>,
    /// How often it has been used.
    #[cfg_attr(feature = "schema", schema(example = 0))]
    pub uses: i64,
}

/// An invite that has just been made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
pub struct NewInviteLink {
    /// The invite, with its code.
    pub invite: Invite,
    /// The URL to `POST` to.
    #[cfg_attr(
        feature = "schema",
        schema(example = "https://chat.example.com/api/v1/rooms/invites/q7Zc2mVx0bT4/join")
    )]
    pub link: String,
}

/// How many seconds an invite can last: up to ten years.
pub type Lifetime = Number<1, { 3653 * 24 * 3600 }>;

request! {
    /// An invite to be made.
    pub struct NewInvite {
        /// For how many seconds it can be used, from 1 to ten years; 7 days unless given.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub expires_in_seconds: Option<Lifetime>,
        /// How often it can be used; without bound unless given, at least 1.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub max_uses: Option<Count>,
    }

    /// Which invite of which room.
    pub struct InvitePath {
        /// The room's id.
        pub room_id: RoomId,
        /// The invite's id.
        pub invite_id: InviteId,
    }

    /// The code of an invite.
    pub struct InviteCodePath {
        /// The code.
        pub token: InviteCode,
    }
}

endpoints! {
    /// Make an invite to a private room; it replaces the earlier one. The room's owner only.
    CreateInvite = POST "/rooms/{room_id}/invites" {
        auth: Bearer, path: RoomPath, body: NewInvite, response: CREATED NewInviteLink,
        says: "Invite created",
        errors: [NotAuthorized, NotFound, RateLimit],
        limits: [Invite],
    }
    /// The invites of a room that can still be used, newest first. The room's owner only.
    ListInvites = GET "/rooms/{room_id}/invites" {
        auth: Bearer, path: RoomPath, response: OK Vec<Invite>,
        says: "Invites of the room",
        errors: [NotAuthorized, NotFound],
    }
    /// Revoke an invite. The room's owner only.
    RevokeInvite = DELETE "/rooms/{room_id}/invites/{invite_id}" {
        auth: Bearer, path: InvitePath, response: OK Nothing,
        says: "Invite revoked",
        errors: [NotAuthorized, NotFound],
    }
    /// Join a private room by an invite. Unknown, expired, revoked and used-up codes are one and the same `NOT_FOUND`.
    JoinByInvite = POST "/rooms/invites/{token}/join" {
        auth: Bearer, path: InviteCodePath, response: OK Room,
        says: "Joined the room",
        errors: [NotFound, Conflict, RateLimit],
        limits: [InviteTry, Memberships, RoomMembers],
    }
}
