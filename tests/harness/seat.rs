//! A person at a socket: what they emit, and what they hear.

use crate::{Person, declared, soon};
use futures_util::FutureExt as _;
use parlor_client::{DisconnectReason, Emitter, Error, ServerMessage, Socket};
use parlor_protocol::{
    ClientEvent,
    members::Passage,
    messages::{Message, SendMessageEvent, SendMessagePayload},
    page::Number,
    receipts::{LastRead, MessageRead, MessageReadPayload},
    rooms::Room,
    sessions::{Authenticate, AuthenticateEvent},
    subscriptions::{JoinRoomEvent, JoinRoomPayload, LeaveRoomEvent, LeaveRoomPayload, Subscription},
    typing::{Typing, TypingPayload},
};

/// Someone at a socket.
pub struct Seat {
    /// Who.
    pub person: Person,
    socket: Socket,
}

impl Seat {
    /// A person at this socket.
    pub fn new(person: Person, socket: Socket) -> Self {
        Self { person, socket }
    }

    /// Emits an event and waits for its acknowledgement.
    pub async fn emits<E: ClientEvent>(&self, payload: E::Payload) -> Result<E::Ack, Error> {
        let outcome = soon(E::NAME, self.socket.emit::<E>(payload)).await;
        if let Err(Some(failure)) = outcome.as_ref().map_err(Error::kind) {
            declared::check_event(E::NAME, failure.as_str());
        }
        outcome
    }

    /// Emits an event without asking for an acknowledgement.
    pub async fn tells<E: ClientEvent>(&self, payload: E::Payload) {
        self.socket.send_only::<E>(payload).await.unwrap();
    }

    /// A handle to emit from elsewhere.
    pub fn emitter(&self) -> Emitter {
        self.socket.emitter()
    }

    /// Subscribes to a room, and takes the `room_joined` that says so.
    pub async fn listens_to(&mut self, room: &Room) -> Subscription {
        let subscription = self.joins(room, None).await.unwrap();
        self.hears(|message| match message {
            ServerMessage::RoomJoined(joined) => (joined.room_id == room.id).then_some(()),
            _ => None,
        })
        .await;
        subscription
    }

    /// Emits `join_room`, with the position that it has.
    pub async fn joins(&self, room: &Room, after: Option<i64>) -> Result<Subscription, Error> {
        let after = after.map(|seq| Number::new(seq).unwrap());
        self.emits::<JoinRoomEvent>(JoinRoomPayload { room_id: room.id, after, epoch: None }).await
    }

    /// Emits `leave_room`.
    pub async fn turns_away_from(&self, room: &Room) {
        self.emits::<LeaveRoomEvent>(LeaveRoomPayload { room_id: room.id }).await.unwrap();
    }

    /// Sends a message.
    pub async fn says(&self, room: &Room, content: &str) -> Message {
        self.tries_to_say(room, content).await.unwrap()
    }

    /// Sends a message, or is refused.
    pub async fn tries_to_say(&self, room: &Room, content: &str) -> Result<Message, Error> {
        self.emits::<SendMessageEvent>(saying(room, content, None)).await
    }

    /// Says that they have or have not been typing.
    pub async fn types(&self, room: &Room, is_typing: bool) {
        self.emits::<Typing>(TypingPayload { room_id: room.id, is_typing }).await.unwrap();
    }

    /// Marks a message as read.
    pub async fn reads(&self, message: &Message) -> LastRead {
        let payload = MessageReadPayload { room_id: message.room_id, message_id: message.id };
        self.emits::<MessageRead>(payload).await.unwrap()
    }

    /// What comes next.
    pub async fn next(&mut self) -> ServerMessage {
        soon("something to hear", self.socket.next()).await.unwrap_or_else(|| panic!("the socket has ended"))
    }

    /// Waits for what `pick` picks, and passes over the rest.
    pub async fn hears<T>(&mut self, mut pick: impl FnMut(&ServerMessage) -> Option<T>) -> T {
        let waiting = async {
            let mut passed_over = Vec::new();
            loop {
                match self.socket.next().await {
                    Some(message) => match pick(&message) {
                        Some(picked) => return Ok(picked),
                        None => passed_over.push(message),
                    },
                    None => return Err(passed_over),
                }
            }
        };
        match soon("something particular to hear", waiting).await {
            Ok(picked) => picked,
            Err(passed_over) => panic!("the socket ended after {passed_over:?}"),
        }
    }

    /// The next message of a room.
    pub async fn hears_message(&mut self) -> Message {
        self.hears(|message| match message {
            ServerMessage::ReceiveMessage(message) => Some((**message).clone()),
            _ => None,
        })
        .await
    }

    /// The next `user_joined`.
    pub async fn hears_arrival(&mut self) -> Passage {
        self.hears(|message| match message {
            ServerMessage::UserJoined(passage) => Some((**passage).clone()),
            _ => None,
        })
        .await
    }

    /// The next `user_left`.
    pub async fn hears_departure(&mut self) -> Passage {
        self.hears(|message| match message {
            ServerMessage::UserLeft(passage) => Some((**passage).clone()),
            _ => None,
        })
        .await
    }

    /// The end of the connection.
    pub async fn hears_the_end(&mut self) -> DisconnectReason {
        self.hears(|message| match message {
            ServerMessage::Disconnected(reason) => Some(reason.clone()),
            _ => None,
        })
        .await
    }

    /// All that the server has put on the wire so far. An acknowledgement goes the same way as events, so once one is
    /// here, whatever was emitted to this socket before is here too.
    pub async fn heard(&mut self) -> Vec<ServerMessage> {
        let token = self.person.client.session().unwrap().token;
        self.emits::<AuthenticateEvent>(Authenticate { token }).await.unwrap();
        std::iter::from_fn(|| self.socket.next().now_or_never().flatten()).collect()
    }

    /// The contents of the messages heard so far, in the order in which they came.
    pub async fn heard_messages(&mut self) -> Vec<String> {
        let heard = self.heard().await;
        heard
            .into_iter()
            .filter_map(|message| match message {
                ServerMessage::ReceiveMessage(message) => Some(message.content),
                _ => None,
            })
            .collect()
    }

    /// Disconnects.
    pub fn stands_up(self) {
        self.socket.close();
    }
}

/// The payload of `send_message`.
pub fn saying(room: &Room, content: &str, client_message_id: Option<&str>) -> SendMessagePayload {
    SendMessagePayload {
        room_id: room.id,
        content: content.parse().unwrap(),
        client_message_id: client_message_id.map(|id| id.parse().unwrap()),
    }
}
