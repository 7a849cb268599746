//! Who has read how far.

use crate::{
    ids::{MessageId, RoomId, UserId},
    messages::MessageStatus,
    page::Position,
    rooms::RoomPath,
    text::Username,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

request! {
    /// Up to where one has read: a message, a position, or everything.
    #[cfg_attr(feature = "schema", schema(example = json!({"seq": 7})))]
    pub struct ReadMark {
        /// Up to this message.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub message_id: Option<MessageId>,
        /// Up to this `seq`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub seq: Option<Position>,
    }

    /// Which message one has read.
    pub struct MessageReadPayload {
        /// Where.
        pub room_id: RoomId,
        /// Up to this message.
        pub message_id: MessageId,
    }
}

/// One's own read cursor after a mark over REST.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ReadCursor {
    /// Up to where one has read; it never moves back.
    pub last_read_seq: i64,
    /// When it last moved.
    pub read_at: Timestamp,
}

/// One's own read cursor after a mark over a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct LastRead {
    /// Up to where one has read.
    pub last_read_seq: i64,
}

/// Someone's read cursor moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// Whose.
    pub user_id: UserId,
    /// Their name.
    pub username: Username,
    /// Where.
    pub room_id: RoomId,
    /// When.
    pub read_at: Timestamp,
    /// Up to where they have read.
    pub last_read_seq: i64,
}

/// Messages became read: this one, and all before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[cfg_attr(feature = "schema", schema(example = json!({
    "messageId": "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90", "roomId": "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90",
    "status": "read", "readerId": "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90", "seq": 7,
    "timestamp": "2025-08-21T10:16:10.123Z",
})))]
#[serde(rename_all = "camelCase")]
pub struct StatusUpdate {
    /// The newest message that became read.
    pub message_id: MessageId,
    /// Where.
    pub room_id: RoomId,
    /// Always `read`.
    pub status: MessageStatus,
    /// Who read it.
    pub reader_id: UserId,
    /// The message's place in the timeline.
    pub seq: i64,
    /// When.
    pub timestamp: Timestamp,
}

endpoints! {
    /// Move one's own read cursor to a message, a position, or the newest entry; never back. Members only.
    MarkRead = POST "/rooms/{room_id}/messages/read" or "/{room_id}/messages/read" {
        auth: Bearer, path: RoomPath, body: ReadMark, response: OK ReadCursor,
        says: "Marked as read",
        errors: [NotAuthorized, NotFound],
    }
}

events! {
    client {
        /// Move one's own read cursor to a message.
        MessageRead = "message_read" (MessageReadPayload) -> LastRead, errors: [NotAuthorized, NotFound];
    }
    server {
        /// A read cursor moved; at most once a second for a user in a room.
        MessagesRead = "messages_read" (Receipt);
        /// Messages became read.
        MessageStatusUpdated = "message_status_updated" (StatusUpdate);
    }
}
