//! Who is typing.

use crate::{
    Nothing,
    ids::{RoomId, UserId},
    text::Username,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

request! {
    /// Whether one is typing.
    pub struct TypingPayload {
        /// Where.
        pub room_id: RoomId,
        /// Whether one has begun or ended.
        pub is_typing: bool,
    }
}

/// Someone began to type, goes on, or ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TypingNotice {
    /// Who.
    pub user_id: UserId,
    /// Their name.
    pub username: Username,
    /// Where.
    pub room_id: RoomId,
    /// Whether they type.
    pub is_typing: bool,
    /// When.
    pub timestamp: Timestamp,
}

events! {
    client {
        /// Tell the room that one is typing. Ends after 6 s of silence; one repeat a second passes. Members only.
        Typing = "typing" (TypingPayload) -> Nothing, errors: [NotAuthorized];
    }
    server {
        /// Someone is typing, or no longer.
        UserTyping = "user_typing" (TypingNotice);
    }
}
