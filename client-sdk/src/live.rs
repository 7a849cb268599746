//! A connection that lasts: it comes back by itself, fetches what was missed, and sends what waits.
//!
//! | to read about | look in |
//! | --- | --- |
//! | setting it up | `live/builder.rs` |
//! | what it tells | `live/event.rs` |
//! | a room of it | `live/room.rs` |
//! | what the handles ask of it | `live/command.rs` |
//! | connecting again and again | `live/supervisor.rs` |
//! | what it does when it is asked | `live/supervisor/asked.rs` |
//! | one connection, what is under way on it, its token | `live/connection.rs` |
//! | each followed room's place, and what is held back until it is reached | `live/followed.rs` |
//! | messages on their way | `live/outbox.rs` |
//! | how long to wait before the next try | `live/backoff.rs` |

mod backoff;
mod builder;
mod command;
mod connection;
mod event;
mod followed;
mod outbox;
mod room;
mod supervisor;

#[cfg(feature = "timeline")]
pub(crate) use backoff::Backoff;
pub use builder::LiveBuilder;
#[cfg(feature = "timeline")]
pub(crate) use command::Follower;
pub use event::{ConnectionState, Event, Events, Mark, Queued, Unfollowed};
#[cfg(feature = "timeline")]
pub(crate) use outbox::Change;
pub use outbox::{FileOutbox, OutboxStore, Pending, Waiting};
pub use room::{Room, Sending};

use crate::{Client, Emitter, Error};
use command::Command;
use outbox::{Line, Outbox};
use parlor_protocol::{ClientEvent, ids::RoomId, text::ClientMessageId};
use std::{fmt, sync::Arc, time::Duration};
use tokio::{
    sync::{broadcast, mpsc, watch},
    time::timeout,
};

/// A connection of a signed-in [`Client`] that lasts. Clones are the same connection; it ends with the last of them.
///
/// It connects by itself, again and again, with a fresh token each time, until the session ends. Each followed room's
/// entries come once and in order, across all connections; queued messages are sent in order, each once, over whichever
/// connection there is.
///
/// ```
/// use parlor_client::{Client, live::Event, protocol::timeline::Happening};
///
/// # parlor_tests::docs::with_url(async |url, room_id| {
/// let client = Client::new(&url)?;
/// client.sign_in("ada@example.com".parse()?, "four unlikely words".parse()?).await?;
/// let live = client.live().start().await?;
/// let mut events = live.events();
/// let room = live.room(room_id);
/// room.follow(None).await?;
/// room.send("Hello!").await?;
/// while let Some(event) = events.next().await {
///     if let Event::Entry(entry) = event
///         && let Happening::Message { message } = entry.happening
///     {
///         assert_eq!((message.username.as_str(), message.content.as_str()), ("ada", "Hello!"));
///         break;
///     }
/// }
/// # Ok(()) });
/// ```
#[derive(Clone)]
pub struct Live {
    client: Client,
    commands: mpsc::Sender<Command>,
    line: watch::Receiver<Line>,
    connection: watch::Receiver<ConnectionState>,
    events: broadcast::Sender<Event>,
    outbox: Arc<Outbox>,
}

impl Live {
    /// What happens from now on. Take it before [`Room::follow`], so that nothing is missed.
    ///
    /// ```
    /// use parlor_client::live::Event;
    ///
    /// # parlor_tests::docs::with_live(async |live, room_id| {
    /// let mut events = live.events();
    /// live.room(room_id).send("Hello!").await?;
    /// while let Some(event) = events.next().await {
    ///     if let Event::Sent(message) = event {
    ///         assert_eq!(message.content, "Hello!");
    ///         break;
    ///     }
    /// }
    /// # Ok(()) });
    /// ```
    pub fn events(&self) -> Events {
        let receiver = self.events.subscribe();
        Events::new(receiver, self.connection.borrow().clone())
    }

    /// How the connection is, now and later.
    ///
    /// ```
    /// use parlor_client::live::ConnectionState;
    ///
    /// # parlor_tests::docs::with_live(async |live, room_id| {
    /// live.connection().wait_for(|state| *state == ConnectionState::Online).await?;
    /// # Ok(()) });
    /// ```
    pub fn connection(&self) -> watch::Receiver<ConnectionState> {
        self.connection.clone()
    }

    /// Whose connection it is, for REST calls.
    ///
    /// ```
    /// use parlor_client::protocol::{Nothing, users::GetMe};
    ///
    /// # parlor_tests::docs::with_live(async |live, room_id| {
    /// let me = live.client().call::<GetMe>(Nothing, Nothing, Nothing).await?;
    /// assert_eq!(me.username.as_str(), "ada");
    /// # Ok(()) });
    /// ```
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Tries to connect now, rather than after the pause that is under way. A try that is under way goes on; should it fail, the
    /// next one follows at once. A connection that seems to be whole is asked whether it is, and given up without an answer.
    ///
    /// ```
    /// # parlor_tests::docs::with_live(async |live, room_id| {
    /// // The machine has just woken up.
    /// live.reconnect_now().await;
    /// # Ok(()) });
    /// ```
    pub async fn reconnect_now(&self) {
        // It may be over.
        self.commands.send(Command::ReconnectNow).await.ok();
    }

    /// A room, to follow and to send to. Nothing is asked of the server.
    ///
    /// ```
    /// # parlor_tests::docs::with_live(async |live, room_id| {
    /// let room = live.room(room_id);
    /// room.send("Hello!").await?;
    /// # Ok(()) });
    /// ```
    pub fn room(&self, id: RoomId) -> Room {
        Room::new(self.clone(), id)
    }

    /// The messages that wait to be sent, oldest first in each room; also those that are [held](Self::held).
    ///
    /// ```
    /// # parlor_tests::docs::with_offline(async |live, room_id| {
    /// live.room(room_id).send("Hello!").queue().await?;
    /// for message in live.outbox() {
    ///     println!("waits: {}", message.content);
    /// }
    /// # assert_eq!(live.outbox().len(), 1);
    /// # Ok(()) });
    /// ```
    pub fn outbox(&self) -> Vec<Queued> {
        self.outbox.list()
    }

    /// The messages that an earlier run has left in the outbox and that are too old to be sent by themselves, by [`LiveBuilder::hold_older_than`].
    ///
    /// ```
    /// # parlor_tests::docs::with_live(async |live, room_id| {
    /// for message in live.held() {
    ///     println!("send it still? {}", message.content);
    ///     live.send_held(&message.client_message_id).await?;
    /// }
    /// # Ok(()) });
    /// ```
    pub fn held(&self) -> Vec<Queued> {
        self.outbox.held()
    }

    /// Queues a message that is [held](Self::held), behind what waits, with the same id. Answers whether there was one.
    ///
    /// ```
    /// # parlor_tests::docs::with_live(async |live, room_id| {
    /// assert!(!live.send_held(&"build-7".parse()?).await?, "none of this id is held");
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::Store`] when the outbox could not be written: it is sent all the same.
    pub async fn send_held(&self, id: &ClientMessageId) -> Result<bool, Error> {
        let held = self.held().into_iter().find(|message| message.client_message_id == *id);
        let Some(held) = held else { return Ok(false) };
        self.outbox.retry(held.room_id, id, self.client.now()).await
    }

    /// Takes back a message that waits, is held, or was refused while a timeline showed it: it is not sent, unless it is on the wire
    /// already. Answers whether there was one.
    ///
    /// ```
    /// # parlor_tests::docs::with_offline(async |live, room_id| {
    /// let pending = live.room(room_id).send("Hello!").queue().await?;
    /// assert!(live.drop_queued(&pending.message().client_message_id).await?);
    /// assert!(pending.sent().await.is_err(), "it was taken back");
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::Store`] when the outbox could not be written: the next run may send it.
    pub async fn drop_queued(&self, id: &ClientMessageId) -> Result<bool, Error> {
        let found = self.outbox.take_back(None, id);
        self.outbox.keep().await?;
        Ok(found)
    }

    /// Emits an event over the connection of the moment, and waits for its acknowledgement.
    ///
    /// ```
    /// use parlor_client::{live::ConnectionState, protocol::members::{GetRoomUsers, GetRoomUsersPayload}};
    ///
    /// # parlor_tests::docs::with_live(async |live, room_id| {
    /// live.connection().wait_for(|state| *state == ConnectionState::Online).await?;
    /// let answer = live.emit::<GetRoomUsers>(GetRoomUsersPayload { room_id }).await?;
    /// println!("{} people", answer.users.len());
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::Unreachable`] without a connection, [`Error::Disconnected`] when it is lost before the answer: the event is not sent
    /// again. [`Error::SignedOut`] once the session has ended.
    pub async fn emit<E: ClientEvent>(&self, payload: E::Payload) -> Result<E::Ack, Error> {
        self.emitter()?.emit::<E>(payload).await
    }

    /// Waits until nothing waits to be sent any more, but no longer than `within`, and ends the connection, also for clones.
    /// Answers what was not sent; an outbox with a store keeps it for the next run.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # parlor_tests::docs::with_live(async |live, room_id| {
    /// live.room(room_id).send("Good night!").queue().await?;
    /// let left = live.shutdown(Duration::from_secs(10)).await;
    /// assert!(left.is_empty(), "it was sent before the end");
    /// # Ok(()) });
    /// ```
    pub async fn shutdown(self, within: Duration) -> Vec<Queued> {
        let mut connection = self.connection.clone();
        // In a box: it would make the future of every caller larger.
        let sent_or_over = Box::pin(async {
            tokio::select! {
                () = self.outbox.empty() => {}
                // Then nothing is sent any more.
                _ = connection.wait_for(ConnectionState::is_over) => {}
            }
        });
        // What is left is told below.
        timeout(within, sent_or_over).await.ok();
        self.commands.send(Command::Stop).await.ok();
        connection.wait_for(ConnectionState::is_over).await.ok();
        // What was sent last may not be crossed out yet.
        if let Err(error) = self.outbox.keep().await {
            tracing::error!(%error, "the next run may send again what is sent; the server will know it");
        }
        self.outbox.list()
    }

    fn emitter(&self) -> Result<Emitter, Error> {
        let emitter = self.line.borrow().as_ref().map(|(_, emitter)| emitter.clone());
        emitter.ok_or_else(|| self.connection.borrow().lack())
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("connection", &*self.connection.borrow()).finish_non_exhaustive()
    }
}
