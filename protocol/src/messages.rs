//! Messages: sending them, and a room's history.

use crate::{
    ids::{MessageId, RoomId, UserId},
    page::{PageLimit, PageNumber, Position},
    rooms::RoomPath,
    text::{ClientMessageId, MessageContent, Username},
    time::Timestamp,
    users::UserSummary,
};
use serde::{Deserialize, Serialize};

/// How far a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum MessageStatus {
    /// It is stored.
    Delivered,
    /// At least one other member has read it.
    Read,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The message's id.
    pub id: MessageId,
    /// Where it was said.
    pub room_id: RoomId,
    /// Who said it.
    pub user_id: UserId,
    /// Their name.
    pub username: Username,
    /// What was said.
    #[cfg_attr(feature = "schema", schema(example = "Hello, world"))]
    pub content: String,
    /// How far it has come.
    pub status: MessageStatus,
    /// Its place in the room's timeline.
    #[cfg_attr(feature = "schema", schema(example = 7))]
    pub seq: i64,
    /// The sender's own id of it.
    #[cfg_attr(feature = "schema", schema(required))]
    pub client_message_id: Option<ClientMessageId>,
    /// When it was stored.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Equal to `createdAt`: existing clients read both.
    pub timestamp: Timestamp,
    /// Who said it.
    pub sender: UserSummary,
}

request! {
    /// A message to be sent over REST.
    pub struct NewMessage {
        /// What to say.
        pub content: MessageContent,
        /// Makes a retry safe: per user and room it is stored and sent once, for ever.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub client_message_id: Option<ClientMessageId>,
    }

    /// A message to be sent over a socket.
    pub struct SendMessagePayload {
        /// Where.
        pub room_id: RoomId,
        /// What to say.
        pub content: MessageContent,
        /// Makes a retry safe: per user and room it is stored and sent once, for ever.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub client_message_id: Option<ClientMessageId>,
    }

    /// Which messages: around a position, or (as the original) by page. At most one of `before`, `after` and `page`.
    pub struct HistoryQuery {
        /// Those just before this `seq`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub before: Option<Position>,
        /// Those just after this `seq`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub after: Option<Position>,
        /// The page, 1 being the newest.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub page: Option<PageNumber>,
        /// How many; 50 unless given.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub limit: Option<PageLimit>,
    }
}

/// A part of a room's history, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
pub struct History {
    /// The messages, oldest first.
    pub messages: Vec<Message>,
    /// Where this part stands in the whole.
    pub pagination: Pagination,
}

/// Where a part of a room's history stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// The page, 1 being the newest; `null` when a position was asked for.
    #[cfg_attr(feature = "schema", schema(required))]
    pub current_page: Option<i64>,
    /// How many pages of this size there are, at least 1.
    pub total_pages: i64,
    /// How many messages the room has.
    pub total_messages: i64,
    /// Whether there are older messages.
    pub has_next_page: bool,
    /// Whether there are newer messages.
    pub has_prev_page: bool,
    /// The `before` that gets the older ones; `null` when there are none.
    #[cfg_attr(feature = "schema", schema(required))]
    pub next_before: Option<i64>,
    /// The `after` that gets the newer ones; `null` when there are none.
    #[cfg_attr(feature = "schema", schema(required))]
    pub next_after: Option<i64>,
}

endpoints! {
    /// Send a message to a room. A known `clientMessageId` answers 200 with the stored message, and costs nothing of the
    /// limit.
    SendMessage = POST "/rooms/{room_id}/messages" {
        auth: Bearer, path: RoomPath, body: NewMessage, response: CREATED | OK Message,
        says: "Message sent",
        errors: [NotAuthorized, NotFound, Conflict, RateLimit],
        limits: [Message],
    }
    /// A part of a room's history. Members only.
    ListMessages = GET "/rooms/{room_id}/messages" {
        auth: Bearer, path: RoomPath, query: HistoryQuery, response: OK History,
        says: "Messages of the room",
        errors: [NotAuthorized, NotFound],
    }
}

events! {
    client {
        /// Send a message to a room. It is stored durably, then sent to every subscriber, then acknowledged.
        SendMessageEvent = "send_message" (SendMessagePayload) -> Message, errors: [NotAuthorized, Conflict, RateLimit], limits: [Message];
    }
    server {
        /// A message of a room that this socket is subscribed to.
        ReceiveMessage = "receive_message" (Message);
    }
}
