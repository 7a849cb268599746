//! Setting up a connection that lasts.

use super::{ConnectionState, Live, OutboxStore, Queued, outbox::Outbox, supervisor::Supervisor};
use crate::{Client, Error};
use std::{sync::Arc, time::Duration};
use tokio::sync::{broadcast, mpsc, watch};

/// Entries that a room may have missed and still gets, unless [`LiveBuilder::longest_gap`] says otherwise.
const LONGEST_GAP: u64 = 1000;

/// Events that a subscriber may leave untaken, unless [`LiveBuilder::events_capacity`] says otherwise.
const EVENTS: usize = 4096;

/// Sets up a [`Live`] connection.
///
/// ```
/// use parlor_client::live::FileOutbox;
///
/// # parlor_tests::docs::with_client(async |client, room_id| {
/// # let folder = tempfile::tempdir()?;
/// let live = client
///     .live()
///     .outbox(FileOutbox::at(folder.path().join("bot.outbox.json")))
///     .events_capacity(65_536)
///     .longest_gap(None)
///     .start()
///     .await?;
/// # Ok(()) });
/// ```
#[derive(Debug)]
pub struct LiveBuilder {
    client: Client,
    longest_gap: Option<u64>,
    events: usize,
    outbox: Option<Arc<dyn OutboxStore>>,
    hold_older_than: Option<Duration>,
}

impl Client {
    /// Sets up a connection that lasts.
    ///
    /// ```
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// let live = client.live().start().await?;
    /// # Ok(()) });
    /// ```
    pub fn live(&self) -> LiveBuilder {
        LiveBuilder {
            client: self.clone(),
            longest_gap: Some(LONGEST_GAP),
            events: EVENTS,
            outbox: None,
            hold_older_than: None,
        }
    }
}

impl LiveBuilder {
    /// How many entries a room may have missed and still gets; beyond it, [`Event::Resync`](super::Event) tells of the gap instead. 1,000
    /// unless this is called; with `None` as many as [`events_capacity`](Self::events_capacity), which is the bound in any case.
    ///
    /// ```
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// // For a program that must see every entry, of a room that says less than this while the program is away.
    /// let live = client.live().longest_gap(None).events_capacity(65_536).start().await?;
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn longest_gap(self, longest_gap: Option<u64>) -> Self {
        Self { longest_gap, ..self }
    }

    /// How many events a subscriber may leave untaken before the oldest are dropped for it, which [`Event::Missed`](super::Event) tells; 4,096
    /// unless this is called.
    ///
    /// ```
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// let live = client.live().events_capacity(65_536).start().await?;
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn events_capacity(self, events: usize) -> Self {
        Self { events: events.max(1), ..self }
    }

    /// Where messages that wait to be sent are kept between runs; in memory only unless this is called.
    ///
    /// ```
    /// use parlor_client::live::FileOutbox;
    ///
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// # let folder = tempfile::tempdir()?;
    /// let outbox = FileOutbox::at(folder.path().join("bot.outbox.json"));
    /// let live = client.live().outbox(outbox.clone()).start().await?;
    /// // One connection has it at a time.
    /// assert!(client.live().outbox(outbox).start().await.is_err());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn outbox(self, outbox: impl OutboxStore) -> Self {
        Self { outbox: Some(Arc::new(outbox)), ..self }
    }

    /// Which messages that an earlier run has left in the [`outbox`](Self::outbox) are too old to be sent by themselves: those that
    /// were queued longer ago than this when this one starts. They are [held](Live::held) until somebody [sends](Live::send_held) them
    /// or takes them back, and keep no newer message waiting. All are sent unless this is called; what is queued in this run is sent
    /// in any case, however long that takes.
    ///
    /// ```
    /// use parlor_client::live::FileOutbox;
    /// use std::time::Duration;
    ///
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// # let folder = tempfile::tempdir()?;
    /// let outbox = FileOutbox::at(folder.path().join("chat.outbox.json"));
    /// let a_day = Duration::from_hours(24);
    /// let live = client.live().outbox(outbox).hold_older_than(a_day).start().await?;
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn hold_older_than(self, age: Duration) -> Self {
        Self { hold_older_than: Some(age), ..self }
    }

    /// Begins to connect; it need not be connected when this answers.
    ///
    /// ```
    /// use parlor_client::Error;
    ///
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// let live = client.live().start().await?;
    /// let nobody = client.another();
    /// assert!(matches!(nobody.live().start().await, Err(Error::SignedOut)));
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::SignedOut`] without a session, [`Error::Store`] when the outbox can't be read or is another account's.
    pub async fn start(self) -> Result<Live, Error> {
        let Self { client, longest_gap, events, outbox, hold_older_than } = self;
        let session = client.session().ok_or(Error::SignedOut)?;
        let (capacity, events) = (events, broadcast::Sender::new(events));
        let (line_sender, line) = watch::channel(None);
        let (state, connection) = watch::channel(ConnectionState::Connecting { attempt: 1 });
        let (commands, receiver) = mpsc::channel(64);
        let longest_gap = longest_gap.unwrap_or(u64::MAX).min(capacity as u64);
        let (user_id, lines, states) = (session.user.id, line.clone(), connection.clone());
        let now = client.now();
        let is_stale = |message: &Queued| hold_older_than.is_some_and(|age| message.is_older_than(age, now));
        let outbox = Outbox::open(user_id, lines, states, events.clone(), outbox, is_stale).await?;
        let supervisor =
            Supervisor::new(client.clone(), receiver, longest_gap, line_sender, state, events.clone());
        tokio::spawn(supervisor.run());
        Ok(Live { client, commands, line, connection, events, outbox })
    }
}
