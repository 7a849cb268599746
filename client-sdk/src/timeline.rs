//! A room as people see it: its entries in order, with the messages that are still on their way, as a list that tells its
//! changes. Any user interface is a view on it.
//!
//! | to read about | look in |
//! | --- | --- |
//! | what is in the list | `timeline/item.rs` |
//! | how it is kept in order and without a silent hole | `timeline/list.rs` |
//! | one's own messages on their way | `timeline/local.rs` |
//! | who has read what | `timeline/readers.rs` |
//! | the task that keeps it up to date | `timeline/keeper.rs` |

mod item;
mod keeper;
mod list;
mod local;
mod readers;

pub use eyeball_im::{Vector, VectorDiff};
pub use item::{Ended, Item, Key, Kind, Sending};

use crate::{
    Error,
    live::{Pending, Room},
};
use futures_util::Stream;
use keeper::Kept;
use parlor_protocol::text::ClientMessageId;
use std::{fmt, sync::Arc};
use tokio::sync::{oneshot, watch};

/// A room as people see it.
///
/// The list has, in this order: [`Kind::Beginning`] once the room's first entry is loaded; the entries in the order of `seq`,
/// with a [`Kind::Gap`] wherever some are missing; and one's own messages that are not stored yet, in the order in which they
/// are sent. A message that was stored takes the place of the one that was on its way, in one change.
///
/// It is a handle: clones are the same timeline. It is kept up to date until the last of them goes.
///
/// ```
/// use futures_util::StreamExt as _;
/// use parlor_client::timeline::Kind;
///
/// # parlor_tests::docs::with_room(async |room| {
/// let timeline = room.timeline().await?;
/// timeline.send("Hello!").await?;
/// let (mut items, changes) = timeline.subscribe();
/// let mut changes = std::pin::pin!(changes);
/// while let Some(changed) = changes.next().await {
///     changed.into_iter().for_each(|change| change.apply(&mut items));
///     if let Some(Kind::Message { message, read_by }) = items.last().map(|item| &item.kind) {
///         println!("{}: {} (read by {read_by})", message.username, message.content);
///         break;
///     }
/// }
/// # Ok(()) });
/// ```
#[derive(Clone)]
pub struct Timeline {
    kept: Arc<Kept>,
    /// Its task ends with the last of these.
    _handle: Arc<oneshot::Sender<()>>,
}

impl Room {
    /// Follows the room, and loads its newest page. Without a connection it waits for one.
    ///
    /// ```
    /// # parlor_tests::docs::with_room(async |room| {
    /// let timeline = room.timeline().await?;
    /// let (items, _) = timeline.subscribe();
    /// println!("{} items", items.len());
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::Api`] when the server refuses, as to those who are no members; [`Error::SignedOut`] and
    /// [`Error::Disconnected`] when the connection is over.
    pub async fn timeline(&self) -> Result<Timeline, Error> {
        let (handle, gone) = oneshot::channel();
        let (kept, ready) = keeper::start(self.clone(), gone)?;
        let timeline = Timeline { kept, _handle: Arc::new(handle) };
        // The task says why before it ends.
        ready.await.unwrap_or(Err(keeper::over()))?;
        Ok(timeline)
    }
}

impl Timeline {
    /// Which room it is.
    ///
    /// ```
    /// # parlor_tests::docs::with_room(async |room| {
    /// let timeline = room.timeline().await?;
    /// timeline.room().typing(true).await?;
    /// # Ok(()) });
    /// ```
    pub fn room(&self) -> &Room {
        self.kept.room()
    }

    /// The list as it is, and then its changes. Changes come in batches: between two batches the list is whole. A subscriber
    /// that is too slow gets a [`VectorDiff::Reset`] with the whole list.
    ///
    /// ```
    /// use futures_util::StreamExt as _;
    ///
    /// # parlor_tests::docs::with_room(async |room| {
    /// let timeline = room.timeline().await?;
    /// let (mut items, changes) = timeline.subscribe();
    /// let (mut changes, before) = (std::pin::pin!(changes), items.len());
    /// timeline.send("Hello!").await?;
    /// for change in changes.next().await.unwrap_or_default() {
    ///     change.apply(&mut items);
    /// }
    /// assert_eq!(items.len(), before + 1);
    /// # Ok(()) });
    /// ```
    pub fn subscribe(&self) -> (Vector<Item>, impl Stream<Item = Vec<VectorDiff<Item>>> + Send + use<>) {
        self.kept.list().subscribe().into_values_and_batched_stream()
    }

    /// Why the list changes no more, once it doesn't. What is in it stays. To go on after a new beginning, such as an invitation,
    /// open another timeline.
    ///
    /// ```
    /// use parlor_client::timeline::Ended;
    /// use std::time::Duration;
    ///
    /// # parlor_tests::docs::with_live(async |live, room_id| {
    /// let timeline = live.room(room_id).timeline().await?;
    /// live.shutdown(Duration::from_secs(5)).await;
    /// let mut ended = timeline.ended();
    /// assert_eq!(*ended.wait_for(Option::is_some).await?, Some(Ended::Stopped));
    /// # Ok(()) });
    /// ```
    pub fn ended(&self) -> watch::Receiver<Option<Ended>> {
        self.kept.ended()
    }

    /// Loads a page before the first entry. Answers whether there is more before it; if not, [`Kind::Beginning`] is the first item.
    ///
    /// Giving up the wait changes nothing.
    ///
    /// ```
    /// use parlor_client::timeline::Key;
    ///
    /// # parlor_tests::docs::with_room(async |room| {
    /// let timeline = room.timeline().await?;
    /// while timeline.load_older().await? {}
    /// assert_eq!(timeline.subscribe().0[0].key, Key::Beginning);
    /// # Ok(()) });
    /// ```
    pub async fn load_older(&self) -> Result<bool, Error> {
        self.kept.load_older().await
    }

    /// Loads entries of a gap: all of a short one, and a page of a long one, the newest first. A key of which there is no gap (any
    /// more) is none to fill.
    ///
    /// Giving up the wait changes nothing.
    ///
    /// ```
    /// # parlor_tests::docs::with_room(async |room| {
    /// let timeline = room.timeline().await?;
    /// for item in timeline.subscribe().0 {
    ///     timeline.fill(&item.key).await?;
    /// }
    /// # Ok(()) });
    /// ```
    pub async fn fill(&self, gap: &Key) -> Result<(), Error> {
        match gap {
            Key::Gap(after) => self.kept.fill(*after).await,
            _ => Ok(()),
        }
    }

    /// Queues a message; it is at the end of the list at once, and is sent as soon as there is a connection.
    ///
    /// ```
    /// # parlor_tests::docs::with_room(async |room| {
    /// let timeline = room.timeline().await?;
    /// let pending = timeline.send("Hello!").await?;
    /// println!("stored as {}", pending.sent().await?.seq);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// As [`Sending::queue`](crate::live::Sending::queue).
    pub async fn send(&self, content: impl Into<String>) -> Result<Pending, Error> {
        self.room().send(content).queue().await
    }

    /// Sends a message that failed, or that is held, behind what waits, with the same id: it is never stored twice.
    ///
    /// ```
    /// # parlor_tests::docs::with_room(async |room| {
    /// let timeline = room.timeline().await?;
    /// room.send("Build 7 has passed").client_message_id("build-7").await?;
    /// // Other words under the same id are refused.
    /// let refused = room.send("Build 7 has failed").client_message_id("build-7").queue().await?;
    /// let id = refused.message().client_message_id.clone();
    /// assert!(refused.sent().await.is_err());
    /// timeline.retry(&id).await?;
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`Error::Input`] when no message that failed or is held has this id; [`Error::Store`] as [`send`](Self::send).
    pub async fn retry(&self, id: &ClientMessageId) -> Result<(), Error> {
        if self.room().retry(id).await? {
            Ok(())
        } else {
            Err(Error::Input(format!("no message that failed or is held has the id {id}")))
        }
    }

    /// Takes away a message that failed, that is held, or that waits. One that is on the wire may be stored all the same; then its entry comes.
    ///
    /// ```
    /// # parlor_tests::docs::with_room(async |room| {
    /// let timeline = room.timeline().await?;
    /// room.send("Build 7 has passed").client_message_id("build-7").await?;
    /// // Other words under the same id are refused.
    /// let refused = room.send("Build 7 has failed").client_message_id("build-7").queue().await?;
    /// let id = refused.message().client_message_id.clone();
    /// assert!(refused.sent().await.is_err());
    /// timeline.discard(&id);
    /// # Ok(()) });
    /// ```
    pub fn discard(&self, id: &ClientMessageId) {
        self.room().discard(id);
    }

    /// Moves one's own read cursor up to the newest entry. Nothing is asked of the server when it is there already.
    ///
    /// ```
    /// # parlor_tests::docs::with_room(async |room| {
    /// let timeline = room.timeline().await?;
    /// timeline.mark_read().await?;
    /// # Ok(()) });
    /// ```
    pub async fn mark_read(&self) -> Result<(), Error> {
        self.kept.mark_read().await
    }
}

impl fmt::Debug for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeline").field("room", &self.room().id()).finish_non_exhaustive()
    }
}
