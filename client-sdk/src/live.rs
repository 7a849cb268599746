//! A connection that lasts: it comes back by itself, fetches what was missed, and sends what waits.
//!
//! | to read about | look in |
//! | --- | --- |
//! | what it tells | `live/event.rs` |
//! | a room of it | `live/room.rs` |
//! | connecting again and again | `live/supervisor.rs` |
//! | one connection, what is under way on it, its token | `live/connection.rs` |
//! | each followed room's place, and what is held back until it is reached | `live/followed.rs` |
//! | messages on their way | `live/outbox.rs` |
//! | how long to wait before the next try | `live/backoff.rs` |

mod backoff;
mod connection;
mod event;
mod followed;
mod outbox;
mod room;
mod supervisor;

#[cfg(feature = "timeline")]
pub(crate) use backoff::Backoff;
pub use event::{ConnectionState, Event, Events, Mark, Queued, Unfollowed};
#[cfg(feature = "timeline")]
pub(crate) use outbox::Change;
pub use outbox::{FileOutbox, OutboxStore, Pending, Waiting};
pub use room::{Room, Sending};
#[cfg(feature = "timeline")]
pub(crate) use supervisor::Follower;

use crate::{Client, DisconnectReason, Emitter, Error};
use outbox::{Line, Outbox};
use parlor_protocol::{ClientEvent, ids::RoomId, text::ClientMessageId};
use std::{fmt, sync::Arc, time::Duration};
use supervisor::{Command, Supervisor};
use tokio::{
    sync::{broadcast, mpsc, watch},
    time::timeout,
};

/// Entries that a room may have missed and still gets, unless [`LiveBuilder::longest_gap`] says otherwise.
const LONGEST_GAP: u64 = 1000;

/// Events that a subscriber may leave untaken, unless [`LiveBuilder::events_capacity`] says otherwise.
const EVENTS: usize = 4096;

/// A connection of a signed-in [`Client`] that lasts. Clones are the same connection; it ends with the last of them.
///
/// It connects by itself, again and again, with a fresh token each time, until the session ends. Each followed room's
/// entries come once and in order, across all connections; queued messages are sent in order, each once, over whichever
/// connection there is.
///
/// ```no_run
/// use parlor_client::{Client, live::Event, protocol::timeline::Happening};
/// # async fn run(room: parlor_client::protocol::ids::RoomId) -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::new("http://127.0.0.1:5000")?;
/// client.sign_in("ada@example.com".parse()?, "correct horse".parse()?).await?;
/// let live = client.live().start().await?;
/// let mut events = live.events();
/// let room = live.room(room);
/// room.follow(None).await?;
/// room.send("Hello!").await?;
/// while let Some(event) = events.next().await {
///     if let Event::Entry(entry) = event
///         && let Happening::Message { message } = entry.happening
///     {
///         println!("{}: {}", message.username, message.content);
///     }
/// }
/// # Ok(())
/// # }
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

/// Sets up a [`Live`] connection.
#[derive(Debug)]
pub struct LiveBuilder {
    client: Client,
    longest_gap: Option<u64>,
    events: usize,
    outbox: Option<Arc<dyn OutboxStore>>,
}

impl Client {
    /// Sets up a connection that lasts.
    pub fn live(&self) -> LiveBuilder {
        LiveBuilder { client: self.clone(), longest_gap: Some(LONGEST_GAP), events: EVENTS, outbox: None }
    }
}

impl LiveBuilder {
    /// How many entries a room may have missed and still gets; beyond it, [`Event::Resync`] tells of the gap instead. 1,000
    /// unless this is called; with `None` as many as [`events_capacity`](Self::events_capacity), which is the bound in any case.
    #[must_use]
    pub fn longest_gap(self, longest_gap: Option<u64>) -> Self {
        Self { longest_gap, ..self }
    }

    /// How many events a subscriber may leave untaken before the oldest are dropped for it, which [`Event::Missed`] tells; 4,096
    /// unless this is called.
    #[must_use]
    pub fn events_capacity(self, events: usize) -> Self {
        Self { events: events.max(1), ..self }
    }

    /// Where messages that wait to be sent are kept between runs; in memory only unless this is called.
    #[must_use]
    pub fn outbox(self, outbox: impl OutboxStore) -> Self {
        Self { outbox: Some(Arc::new(outbox)), ..self }
    }

    /// Begins to connect; it need not be connected when this answers.
    ///
    /// # Errors
    /// [`Error::SignedOut`] without a session, [`Error::Store`] when the outbox can't be read or is another account's.
    pub async fn start(self) -> Result<Live, Error> {
        let Self { client, longest_gap, events, outbox } = self;
        let session = client.session().ok_or(Error::SignedOut)?;
        let (capacity, events) = (events, broadcast::Sender::new(events));
        let (line_sender, line) = watch::channel(None);
        let (state, connection) = watch::channel(ConnectionState::Connecting { attempt: 1 });
        let (commands, receiver) = mpsc::channel(64);
        let longest_gap = Some(longest_gap.unwrap_or(u64::MAX).min(capacity as u64));
        let outbox = Outbox::open(session.user.id, line.clone(), events.clone(), outbox).await?;
        let supervisor =
            Supervisor::new(client.clone(), receiver, longest_gap, line_sender, state, events.clone());
        tokio::spawn(supervisor.run());
        Ok(Live { client, commands, line, connection, events, outbox })
    }
}

impl Live {
    /// What happens from now on. Take it before [`Room::follow`], so that nothing is missed.
    pub fn events(&self) -> Events {
        let receiver = self.events.subscribe();
        Events::new(receiver, self.connection.borrow().clone())
    }

    /// How the connection is, now and later.
    pub fn connection(&self) -> watch::Receiver<ConnectionState> {
        self.connection.clone()
    }

    /// Whose connection it is, for REST calls.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Tries to connect now, rather than after the pause that is under way.
    pub async fn reconnect_now(&self) {
        // It may be over.
        self.commands.send(Command::ReconnectNow).await.ok();
    }

    /// A room, to follow and to send to. Nothing is asked of the server.
    pub fn room(&self, id: RoomId) -> Room {
        Room::new(self.clone(), id)
    }

    /// The messages that wait to be sent, oldest first in each room.
    pub fn outbox(&self) -> Vec<Queued> {
        self.outbox.list()
    }

    /// Takes back a message that waits, or was refused while a timeline showed it: it is not sent, unless it is on the wire
    /// already. Answers whether there was one.
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
    /// # Errors
    /// [`Error::Disconnected`] without a connection, or when it is lost before the answer: the event is not sent again.
    pub async fn emit<E: ClientEvent>(&self, payload: E::Payload) -> Result<E::Ack, Error> {
        self.emitter()?.emit::<E>(payload).await
    }

    /// Waits until nothing waits to be sent any more, but no longer than `within`, and ends the connection, also for clones.
    /// Answers what was not sent; an outbox with a store keeps it for the next run.
    pub async fn shutdown(self, within: Duration) -> Vec<Queued> {
        // What is left is told below.
        timeout(within, self.outbox.empty()).await.ok();
        self.commands.send(Command::Stop).await.ok();
        self.connection.clone().wait_for(ConnectionState::is_over).await.ok();
        self.outbox.list()
    }

    fn emitter(&self) -> Result<Emitter, Error> {
        let line = self.line.borrow();
        let line = line.as_ref().ok_or(Error::Disconnected(DisconnectReason::ByClient))?;
        Ok(line.1.clone())
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("connection", &*self.connection.borrow()).finish_non_exhaustive()
    }
}
