//! A live connection: emitting events with their types, and taking what the server sends.

use crate::{
    DisconnectReason, Error, ServerMessage,
    ask::{Gone, ask},
    transport::{Fate, Outgoing},
};
use parlor_protocol::{Ack, ClientEvent};
use serde::Deserialize as _;
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;
use uuid::Uuid;

/// A live connection. Dropping it and all its [`Emitter`]s disconnects.
///
/// ```no_run
/// # async fn run(client: parlor_client::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use parlor_client::{ServerMessage, protocol::subscriptions::{JoinRoomEvent, JoinRoomPayload}};
///
/// let room_id = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90".parse()?;
/// let mut socket = client.connect().await?;
/// socket.emit::<JoinRoomEvent>(JoinRoomPayload { room_id, after: None, epoch: None }).await?;
/// while let Some(message) = socket.next().await {
///     match message {
///         ServerMessage::ReceiveMessage(message) => println!("{}: {}", message.username, message.content),
///         ServerMessage::Disconnected(reason) => println!("over: {reason}"),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Socket {
    emitter: Emitter,
    updates: mpsc::Receiver<ServerMessage>,
    told_the_end: bool,
}

/// The sending half of a [`Socket`]; clones send over the same connection.
///
/// ```no_run
/// # async fn run(mut socket: parlor_client::Socket) -> Result<(), Box<dyn std::error::Error>> {
/// use parlor_client::protocol::messages::{SendMessageEvent, SendMessagePayload};
///
/// let (room_id, emitter) = ("018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90".parse()?, socket.emitter());
/// tokio::spawn(async move {
///     let content = "Hello from another task!".parse().unwrap();
///     emitter.emit::<SendMessageEvent>(SendMessagePayload { room_id, content, client_message_id: None }).await
/// });
/// while socket.next().await.is_some() {}
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Emitter {
    outbox: mpsc::Sender<Outgoing>,
    fate: Arc<Fate>,
    answer_within: Duration,
}

impl Socket {
    pub(crate) fn new(
        outbox: mpsc::Sender<Outgoing>,
        updates: mpsc::Receiver<ServerMessage>,
        fate: Arc<Fate>,
        answer_within: Duration,
    ) -> Self {
        Self { emitter: Emitter { outbox, fate, answer_within }, updates, told_the_end: false }
    }

    /// Emits an event and waits for its acknowledgement; see [`Emitter::emit`].
    ///
    /// ```no_run
    /// # async fn run(socket: parlor_client::Socket) -> Result<(), Box<dyn std::error::Error>> {
    /// use parlor_client::protocol::members::{GetRoomUsers, GetRoomUsersPayload};
    ///
    /// let room_id = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90".parse()?;
    /// let answer = socket.emit::<GetRoomUsers>(GetRoomUsersPayload { room_id }).await?;
    /// println!("{} people", answer.users.len());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn emit<E: ClientEvent>(&self, payload: E::Payload) -> Result<E::Ack, Error> {
        self.emitter.emit::<E>(payload).await
    }

    /// Emits an event without asking for an acknowledgement; see [`Emitter::send_only`].
    ///
    /// ```no_run
    /// # async fn run(socket: parlor_client::Socket) -> Result<(), Box<dyn std::error::Error>> {
    /// use parlor_client::protocol::typing::{Typing, TypingPayload};
    ///
    /// let room_id = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90".parse()?;
    /// socket.send_only::<Typing>(TypingPayload { room_id, is_typing: true }).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_only<E: ClientEvent>(&self, payload: E::Payload) -> Result<(), Error> {
        self.emitter.send_only::<E>(payload).await
    }

    /// What the server sends next. The last is [`ServerMessage::Disconnected`]; after it comes `None`.
    ///
    /// Take what comes: a socket with 4,096 untaken messages is disconnected.
    ///
    /// ```no_run
    /// # async fn run(mut socket: parlor_client::Socket) -> Result<(), Box<dyn std::error::Error>> {
    /// while let Some(message) = socket.next().await {
    ///     println!("{message:?}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<ServerMessage> {
        match self.updates.recv().await {
            Some(message) => Some(message),
            None if self.told_the_end => None,
            None => {
                self.told_the_end = true;
                Some(ServerMessage::Disconnected(self.emitter.fate.reason()))
            }
        }
    }

    /// A handle that emits over this connection from elsewhere.
    ///
    /// ```no_run
    /// # async fn run(mut socket: parlor_client::Socket) -> Result<(), Box<dyn std::error::Error>> {
    /// let emitter = socket.emitter();
    /// tokio::spawn(async move {
    ///     use parlor_client::protocol::typing::{Typing, TypingPayload};
    ///     let room_id = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90".parse().unwrap();
    ///     emitter.send_only::<Typing>(TypingPayload { room_id, is_typing: true }).await
    /// });
    /// while socket.next().await.is_some() {}
    /// # Ok(())
    /// # }
    /// ```
    pub fn emitter(&self) -> Emitter {
        self.emitter.clone()
    }

    /// Disconnects, also when there are other [`Emitter`]s.
    ///
    /// ```no_run
    /// # fn run(socket: parlor_client::Socket) -> Result<(), Box<dyn std::error::Error>> {
    /// socket.close();
    /// # Ok(())
    /// # }
    /// ```
    pub fn close(self) {
        self.emitter.fate.end(DisconnectReason::ByClient);
    }
}

impl Emitter {
    /// Emits an event and waits for its acknowledgement. Events take effect in the order in which they were emitted.
    ///
    /// Without an answer in time the connection is given up, as one that can no longer be trusted. Whether the event took
    /// effect is then unknown: send it again over the next connection, a message with the same `clientMessageId`.
    ///
    /// ```no_run
    /// # async fn run(socket: parlor_client::Emitter) -> Result<(), Box<dyn std::error::Error>> {
    /// use parlor_client::protocol::members::{GetRoomUsers, GetRoomUsersPayload};
    ///
    /// let room_id = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90".parse()?;
    /// let answer = socket.emit::<GetRoomUsers>(GetRoomUsersPayload { room_id }).await?;
    /// println!("{} people", answer.users.len());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn emit<E: ClientEvent>(&self, payload: E::Payload) -> Result<E::Ack, Error> {
        let request_id = Uuid::now_v7().to_string();
        let payload = with_request_id::<E>(payload, &request_id)?;
        let outgoing = |reply| Outgoing { name: E::NAME, payload, reply: Some((request_id, reply)) };
        let ack = ask(&self.outbox, outgoing).await.map_err(|gone| match (gone, self.fate.reason()) {
            (Gone::Since, DisconnectReason::NoAnswer) => {
                Error::NoAnswer { what: E::NAME, after: self.answer_within }
            }
            (_, reason) => Error::Disconnected(reason),
        })?;
        match Ack::<E::Ack>::deserialize(&ack) {
            Ok(ack) => ack.outcome.map_err(|error| Error::Api { error, request_id: None }),
            Err(cause) => {
                let of_later = (ack["ok"] == false).then(|| Error::unknown(&ack["error"], None)).flatten();
                let unintelligible = || Error::Unintelligible { what: E::NAME, detail: cause.to_string() };
                Err(of_later.unwrap_or_else(unintelligible))
            }
        }
    }

    /// Emits an event without asking for an acknowledgement: a failure comes as [`ServerMessage::Error`].
    ///
    /// ```no_run
    /// # async fn run(socket: parlor_client::Emitter) -> Result<(), Box<dyn std::error::Error>> {
    /// use parlor_client::protocol::typing::{Typing, TypingPayload};
    ///
    /// let room_id = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90".parse()?;
    /// socket.send_only::<Typing>(TypingPayload { room_id, is_typing: true }).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_only<E: ClientEvent>(&self, payload: E::Payload) -> Result<(), Error> {
        let payload = with_request_id::<E>(payload, &Uuid::now_v7().to_string())?;
        let outgoing = Outgoing { name: E::NAME, payload, reply: None };
        self.outbox.send(outgoing).await.map_err(|_| Error::Disconnected(self.fate.reason()))
    }

    /// Ends the connection, as one that the server no longer takes for a signed-in one.
    pub(crate) fn give_up(&self) {
        self.fate.end(DisconnectReason::ByServer);
    }
}

fn with_request_id<E: ClientEvent>(payload: E::Payload, request_id: &str) -> Result<Value, Error> {
    let mut payload = serde_json::to_value(payload)
        .map_err(|cause| Error::Unintelligible { what: E::NAME, detail: cause.to_string() })?;
    if let Value::Object(fields) = &mut payload {
        fields.insert("requestId".to_owned(), request_id.into());
    }
    Ok(payload)
}
