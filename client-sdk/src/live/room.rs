//! A room, as a live connection sees it.

#[cfg(feature = "timeline")]
use super::{Change, Events};
use super::{
    Live, Mark, Pending, Queued,
    command::{Command, Follower},
};
use crate::{
    Client, Error,
    ask::{Gone, ask},
};
use futures_util::{FutureExt as _, Stream, future::BoxFuture};
use parlor_protocol::{
    Nothing,
    ids::{MessageId, RoomId},
    messages::Message,
    receipts::{MarkRead, ReadCursor, ReadMark},
    rooms::RoomPath,
    text::{ClientMessageId, MessageContent},
    typing::{Typing, TypingPayload},
};
#[cfg(feature = "timeline")]
use tokio::sync::mpsc::UnboundedReceiver;
use uuid::Uuid;

/// A room. It is a handle: making and cloning it asks nothing of the server.
///
/// ```
/// # parlor_tests::docs::with_live(async |live, room_id| {
/// let room = live.room(room_id);
/// room.follow(None).await?;
/// let message = room.send("Hello!").await?;
/// room.mark_read(Some(message.id)).await?;
/// # Ok(()) });
/// ```
#[derive(Clone, Debug)]
pub struct Room {
    live: Live,
    id: RoomId,
}

impl Room {
    pub(super) fn new(live: Live, id: RoomId) -> Self {
        Self { live, id }
    }

    /// Its id.
    ///
    /// ```
    /// # parlor_tests::docs::with_live(async |live, room_id| {
    /// assert_eq!(live.room(room_id).id(), room_id);
    /// # Ok(()) });
    /// ```
    pub fn id(&self) -> RoomId {
        self.id
    }

    /// Tells the room's entries from now on, or all since a mark, on this connection and all that follow. Answers where it is: what
    /// is missing up to there is among the events, and what comes later will be.
    ///
    /// Following it again changes nothing. If entries since the mark were told before, to who followed it earlier or to a timeline that
    /// shows it, they are not told again: then [`Event::Resync`](super::Event::Resync) says so.
    ///
    /// ```
    /// # parlor_tests::docs::with_room(async |room| {
    /// let kept = room.follow(None).await?;
    /// // And in the next run, from there on:
    /// room.follow(Some(kept)).await?;
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::Api`] when the server refuses, as to those who are no members, or the room goes meanwhile; [`Error::SignedOut`] once
    /// the session has ended. Without a connection it waits for one.
    pub async fn follow(&self, since: Option<Mark>) -> Result<Mark, Error> {
        self.follow_as(Follower::Caller, since).await
    }

    pub(crate) async fn follow_as(&self, follower: Follower, since: Option<Mark>) -> Result<Mark, Error> {
        let follow = |done| Command::Follow { room_id: self.id, follower, since, done };
        ask(&self.live.commands, follow).await.unwrap_or_else(|_| Err(self.over()))
    }

    /// Tells nothing of the room any more, unless a timeline shows it. The membership stays.
    ///
    /// ```
    /// # parlor_tests::docs::with_room(async |room| {
    /// room.follow(None).await?;
    /// room.unfollow().await?;
    /// # Ok(()) });
    /// ```
    pub async fn unfollow(&self) -> Result<(), Error> {
        self.unfollow_as(Follower::Caller).await
    }

    pub(crate) async fn unfollow_as(&self, follower: Follower) -> Result<(), Error> {
        let unfollow = |done| Command::Unfollow { room_id: self.id, follower, done };
        match ask(&self.live.commands, unfollow).await {
            Err(Gone::Before) => Err(self.over()),
            // When the connection goes before the server has answered, there is nothing left to leave.
            Ok(()) | Err(Gone::Since) => Ok(()),
        }
    }

    /// Sends a message: await it for the stored [`Message`], or [`queue`](Sending::queue) it.
    ///
    /// ```
    /// # parlor_tests::docs::with_room(async |room| {
    /// let stored = room.send("Hello!").await?;
    /// println!("stored as {}", stored.seq);
    /// # Ok(()) });
    /// ```
    pub fn send(&self, content: impl Into<String>) -> Sending {
        let client_message_id =
            Uuid::now_v7().to_string().parse().map_err(|refusal| input("the id", &refusal));
        Sending { room: self.clone(), content: content.into(), client_message_id }
    }

    /// Moves one's read cursor to a message, or to the newest one. It never moves back.
    ///
    /// ```
    /// # parlor_tests::docs::with_room(async |room| {
    /// let message = room.send("Hello!").await?;
    /// let cursor = room.mark_read(None).await?;
    /// assert_eq!(cursor.last_read_seq, message.seq);
    /// # Ok(()) });
    /// ```
    pub async fn mark_read(&self, message_id: Option<MessageId>) -> Result<ReadCursor, Error> {
        let body = ReadMark { message_id, seq: None };
        self.live.client.call::<MarkRead>(self.path(), Nothing, body).await
    }

    /// Says that one is typing, or no longer. Say it again every few seconds while it lasts: the server ends it after 6.
    ///
    /// ```
    /// # parlor_tests::docs::with_room(async |room| {
    /// room.follow(None).await?;
    /// room.typing(true).await?;
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::Unreachable`] without a connection, [`Error::SignedOut`] once the session has ended.
    pub async fn typing(&self, is_typing: bool) -> Result<(), Error> {
        self.live.emitter()?.send_only::<Typing>(TypingPayload { room_id: self.id, is_typing }).await
    }

    /// The room's messages before a `seq`, or all of them, newest first. Pages of `page_size` (at most 200) are fetched as they
    /// are needed.
    ///
    /// ```
    /// use futures_util::TryStreamExt as _;
    ///
    /// # parlor_tests::docs::with_room(async |room| {
    /// room.send("Hello!").await?;
    /// let mut history = std::pin::pin!(room.history(None, 50));
    /// while let Some(message) = history.try_next().await? {
    ///     println!("{}: {}", message.username, message.content);
    /// }
    /// # Ok(()) });
    /// ```
    pub fn history(
        &self,
        before: Option<i64>,
        page_size: u32,
    ) -> impl Stream<Item = Result<Message, Error>> + Send + use<> {
        self.client().messages(self.id, before, page_size)
    }

    /// Whose connection it is, for REST calls.
    ///
    /// ```
    /// use parlor_client::protocol::{Nothing, rooms::{GetRoom, RoomPath}};
    ///
    /// # parlor_tests::docs::with_room(async |room| {
    /// let about = room.client().call::<GetRoom>(RoomPath { room_id: room.id() }, Nothing, Nothing).await?;
    /// assert_eq!((about.name.as_str(), about.member_count), ("The kitchen", 1));
    /// # Ok(()) });
    /// ```
    pub fn client(&self) -> &Client {
        self.live.client()
    }

    fn path(&self) -> RoomPath {
        RoomPath { room_id: self.id }
    }

    fn over(&self) -> Error {
        self.live.connection.borrow().end()
    }
}

/// A message that is about to be sent. Awaiting it queues it and waits until it is stored.
///
/// ```
/// # parlor_tests::docs::with_room(async |room| {
/// // Stored when this goes on:
/// let message = room.send("Hello!").await?;
/// // Stored later, if there is no connection now, and once however often this runs:
/// let pending = room.send("Build 7 has passed").client_message_id("build-7").queue().await?;
/// # Ok(()) });
/// ```
#[derive(Debug)]
#[must_use = "it is sent when it is awaited or queued"]
pub struct Sending {
    room: Room,
    content: String,
    client_message_id: Result<ClientMessageId, Error>,
}

impl Sending {
    /// Gives it an id of one's own (1 to 64 of `[A-Za-z0-9_-]`). The server stores a message with a known id once, for ever:
    /// a program that is run again, and sends with the same id, sends nothing twice.
    ///
    /// ```
    /// # parlor_tests::docs::with_room(async |room| {
    /// let first = room.send("Build 7 has passed").client_message_id("build-7").await?;
    /// let again = room.send("Build 7 has passed").client_message_id("build-7").await?;
    /// assert_eq!(again.seq, first.seq, "however often this runs, it is said once");
    /// # Ok(()) });
    /// ```
    pub fn client_message_id(self, id: &str) -> Self {
        Self { client_message_id: id.parse().map_err(|refusal| input("the id", &refusal)), ..self }
    }

    /// Queues it behind the room's other messages; it is sent as soon as there is a connection. [`Event::Queued`](super::Event)
    /// shows it at once.
    ///
    /// ```
    /// # parlor_tests::docs::with_room(async |room| {
    /// let pending = room.send("Hello!").queue().await?;
    /// println!("on its way: {}", pending.message().content);
    /// assert!(room.send(" ").queue().await.is_err(), "it says nothing");
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::Input`] when it is no message, [`Error::Store`] when the outbox could not keep it: then it is not safe against
    /// the end of this program, but is sent all the same.
    pub async fn queue(self) -> Result<Pending, Error> {
        let Self { room, content, client_message_id } = self;
        // Refused here rather than by the server, much later.
        content.parse::<MessageContent>().map_err(|refusal| input("the message", &refusal))?;
        let queued_at = Some(room.live.client.now());
        let queued = Queued { room_id: room.id, content, client_message_id: client_message_id?, queued_at };
        room.live.outbox.queue(queued).await
    }
}

impl IntoFuture for Sending {
    type Output = Result<Message, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        async move { self.queue().await?.sent().await }.boxed()
    }
}

fn input(what: &str, refusal: &dyn std::fmt::Display) -> Error {
    Error::Input(format!("{what} {refusal}"))
}

/// What a timeline asks.
#[cfg(feature = "timeline")]
impl Room {
    pub(crate) fn events(&self) -> Events {
        self.live.events()
    }

    pub(crate) fn watch_outbox(&self) -> (Vec<Change>, UnboundedReceiver<Change>) {
        self.live.outbox.watch(self.id)
    }

    pub(crate) async fn retry(&self, id: &ClientMessageId) -> Result<bool, Error> {
        self.live.outbox.retry(self.id, id, self.live.client.now()).await
    }

    pub(crate) fn discard(&self, id: &ClientMessageId) {
        if self.live.outbox.take_back(Some(self.id), id) {
            let outbox = self.live.outbox.clone();
            tokio::spawn(async move {
                if let Err(error) = outbox.keep().await {
                    tracing::error!(%error, "a message that was taken back may be sent by the next run");
                }
            });
        }
    }
}
