//! People: an account, a signed-in client, and what they do in a word.

use crate::{RawSocket, Reply, Seat, server::Address};
use parlor_client::Client;
use parlor_protocol::{
    Nothing,
    ids::{RoomId, UserId},
    invites::{CreateInvite, InviteCodePath, JoinByInvite, NewInvite},
    members::{JoinRoom, LeaveRoom, MemberPath, RemoveMember},
    messages::{History, HistoryQuery, ListMessages, Message, NewMessage, SendMessage},
    receipts::{MarkRead, ReadCursor, ReadMark},
    rooms::{CreateRoom, GetRoom, NewRoom, Room, RoomPath},
    text::InviteCode,
    timeline::{ListEvents, Timeline, TimelineQuery},
    users::User,
};
use reqwest::Method;
use serde_json::Value;

/// The password of everyone here.
pub const PASSWORD: &str = "a horse that tests staple";

/// Somebody with an account.
#[derive(Clone, Debug)]
pub struct Person {
    /// Signed in as them.
    pub client: Client,
    /// Their account.
    pub user: User,
    /// Where they are at home.
    pub server: Address,
}

impl Person {
    /// Makes an account and signs in to it.
    pub async fn register(server: Address, name: &str) -> Self {
        let client = server.client.another();
        let email = format!("{name}@example.com").parse().unwrap();
        let user = client.register(name.parse().unwrap(), email, PASSWORD.parse().unwrap()).await.unwrap();
        Self { client, user, server }
    }

    /// Their id.
    pub fn id(&self) -> UserId {
        self.user.id
    }

    /// Their access token.
    pub fn token(&self) -> String {
        self.client.session().unwrap().token.into_string()
    }

    /// The same person on another device: a further session.
    pub async fn on_another_device(&self) -> Self {
        let client = self.client.another();
        client.sign_in(self.user.email.parse().unwrap(), PASSWORD.parse().unwrap()).await.unwrap();
        Self { client, ..self.clone() }
    }

    /// The same person with the same session, by way of another node.
    #[must_use]
    pub fn by(&self, node: &Address) -> Self {
        let client = node.client.another();
        client.resume(self.client.session().unwrap());
        Self { client, user: self.user.clone(), server: node.clone() }
    }

    /// A request with their token to a path from the host on.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.server.request(method, path).bearer_auth(self.token())
    }

    /// The answer to a `GET` with their token.
    pub async fn get(&self, path: &str) -> Reply {
        Reply::to(self.request(Method::GET, path)).await
    }

    /// The answer to a `POST` of this body with their token.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        Reply::to(self.request(Method::POST, path).json(body)).await
    }

    /// The answer to a `DELETE` with their token.
    pub async fn delete(&self, path: &str) -> Reply {
        Reply::to(self.request(Method::DELETE, path)).await
    }

    /// Makes a public room.
    pub async fn creates_room(&self, name: &str) -> Room {
        self.creates(name, false).await
    }

    /// Makes a private room.
    pub async fn creates_private_room(&self, name: &str) -> Room {
        self.creates(name, true).await
    }

    async fn creates(&self, name: &str, is_private: bool) -> Room {
        let room = NewRoom { name: name.parse().unwrap(), description: None, is_private: Some(is_private) };
        self.client.call::<CreateRoom>(Nothing, Nothing, room).await.unwrap()
    }

    /// Becomes a member of a public room.
    pub async fn joins(&self, room: &Room) {
        self.client.call::<JoinRoom>(at(room.id), Nothing, Nothing).await.unwrap();
    }

    /// Ends their membership.
    pub async fn leaves(&self, room: &Room) {
        self.client.call::<LeaveRoom>(at(room.id), Nothing, Nothing).await.unwrap();
    }

    /// Ends another's membership.
    pub async fn removes(&self, other: &Self, room: &Room) {
        let path = MemberPath { room_id: room.id, user_id: other.id() };
        self.client.call::<RemoveMember>(path, Nothing, Nothing).await.unwrap();
    }

    /// Makes an invite to a private room.
    pub async fn invites_to(&self, room: &Room) -> InviteCode {
        let wanted = NewInvite { expires_in_seconds: None, max_uses: None };
        let made = self.client.call::<CreateInvite>(at(room.id), Nothing, wanted).await.unwrap();
        made.invite.invite_code.unwrap()
    }

    /// Joins a private room by an invite.
    pub async fn accepts(&self, code: &InviteCode) {
        let path = InviteCodePath { token: code.clone() };
        self.client.call::<JoinByInvite>(path, Nothing, Nothing).await.unwrap();
    }

    /// Sends a message over REST.
    pub async fn posts(&self, room: &Room, content: &str) -> Message {
        let message = NewMessage { content: content.parse().unwrap(), client_message_id: None };
        self.client.call::<SendMessage>(at(room.id), Nothing, message).await.unwrap()
    }

    /// Marks as read over REST: up to a `seq`, or everything.
    pub async fn marks_read(&self, room: &Room, seq: Option<i64>) -> ReadCursor {
        let seq = seq.map(|seq| parlor_protocol::page::Number::new(seq).unwrap());
        self.client.call::<MarkRead>(at(room.id), Nothing, ReadMark { message_id: None, seq }).await.unwrap()
    }

    /// The room as they see it.
    pub async fn sees(&self, room: &Room) -> Room {
        self.client.call::<GetRoom>(at(room.id), Nothing, Nothing).await.unwrap()
    }

    /// The newest messages, up to 200.
    pub async fn history(&self, room: &Room) -> History {
        let limit = parlor_protocol::page::Limit::new(200);
        let query = HistoryQuery { before: None, after: None, page: None, limit };
        self.client.call::<ListMessages>(at(room.id), query, Nothing).await.unwrap()
    }

    /// The whole timeline, page by page.
    pub async fn timeline(&self, room: &Room) -> Timeline {
        let mut whole = self.timeline_after(room, 0).await;
        while whole.has_more {
            let next = self.timeline_after(room, whole.events.last().unwrap().seq).await;
            whole.events.extend(next.events);
            (whole.last_seq, whole.has_more) = (next.last_seq, next.has_more);
        }
        whole
    }

    /// Up to 500 entries after a position.
    pub async fn timeline_after(&self, room: &Room, after: i64) -> Timeline {
        let (after, limit) =
            (parlor_protocol::page::Number::new(after), parlor_protocol::page::Limit::new(500));
        self.client.call::<ListEvents>(at(room.id), TimelineQuery { after, limit }, Nothing).await.unwrap()
    }

    /// A socket through the SDK.
    pub async fn sits_down(&self) -> Seat {
        Seat::new(self.clone(), self.client.connect().await.unwrap())
    }

    /// A socket through the SDK that listens to a room.
    pub async fn subscribes(&self, room: &Room) -> Seat {
        let mut seat = self.sits_down().await;
        seat.listens_to(room).await;
        seat
    }

    /// A socket without the SDK.
    pub async fn raw_socket(&self) -> RawSocket {
        RawSocket::connect(self.server.socket, &self.token()).await
    }
}

/// The path of a room.
pub fn at(room_id: RoomId) -> RoomPath {
    RoomPath { room_id }
}
