//! The task that keeps a timeline up to date: it follows the room, and loads what is missing.

use super::{
    Ended,
    list::{List, Range},
};
use crate::{
    DisconnectReason, Error, ServerMessage,
    live::{Backoff, Change, ConnectionState, Event, Events, Follower, Mark, Room, Unfollowed},
};
use futures_util::{FutureExt as _, future::BoxFuture};
use parlor_protocol::{
    Nothing,
    page::Position,
    receipts::{MarkRead, ReadMark},
    rooms::RoomPath,
    timeline::TimelineEvent,
};
use std::{
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::sleep,
};
use uuid::Uuid;

/// What the handles and the task share.
pub(super) struct Kept {
    room: Room,
    list: Mutex<List>,
    /// Held by whoever loads: a page is loaded once.
    loading: tokio::sync::Mutex<()>,
    ended: watch::Sender<Option<Ended>>,
}

impl Kept {
    pub(super) fn room(&self) -> &Room {
        &self.room
    }

    pub(super) fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn ended(&self) -> watch::Receiver<Option<Ended>> {
        self.ended.subscribe()
    }

    pub(super) async fn load_older(&self) -> Result<bool, Error> {
        self.load(List::older).await?;
        Ok(self.list().older().is_some())
    }

    pub(super) async fn fill(&self, gap: i64) -> Result<(), Error> {
        self.load(|list| list.of_gap(gap)).await
    }

    pub(super) async fn mark_read(&self) -> Result<(), Error> {
        let Some(newest) = self.list().unread() else { return Ok(()) };
        let body = ReadMark { message_id: None, seq: Position::new(newest) };
        let cursor = self.room.client().call::<MarkRead>(self.path(), Nothing, body).await?;
        let mut list = self.list();
        let me = list.me();
        list.read(me, cursor.last_read_seq);
        Ok(())
    }

    /// Loads what `wanted` says, when nothing else is being loaded any more.
    async fn load(&self, wanted: impl FnOnce(&List) -> Option<Range>) -> Result<(), Error> {
        let _turn = self.loading.lock().await;
        let Some(range) = wanted(&self.list()) else { return Ok(()) };
        let entries = self.fetch(range).await?;
        self.list().loaded(range, entries);
        Ok(())
    }

    async fn fetch(&self, range: Range) -> Result<Vec<TimelineEvent>, Error> {
        let limit = u32::try_from(range.to - range.after).unwrap_or(u32::MAX);
        let (id, client) = (self.room.id(), self.room.client());
        let page = client.entries_page(id, range.after, limit, Some(range.epoch)).await?;
        if !page.events.iter().map(|entry| entry.seq).eq(range.after + 1..=range.to) {
            // The numbers have no gaps: the room's history is another one than a moment ago.
            return Err(Error::Unintelligible {
                what: "events",
                detail: format!("not entries {} to {} of this history", range.after + 1, range.to),
            });
        }
        Ok(page.events)
    }

    fn path(&self) -> RoomPath {
        RoomPath { room_id: self.room.id() }
    }
}

/// Tells when the newest page is loaded, or why it won't be.
type Ready = oneshot::Receiver<Result<(), Error>>;

/// Starts the task. It ends when `gone` does.
pub(super) fn start(room: Room, gone: oneshot::Receiver<()>) -> Result<(Arc<Kept>, Ready), Error> {
    let me = room.client().session().ok_or(Error::SignedOut)?.user.id;
    // Before anything is asked, so that nothing is missed.
    let events = room.events();
    let (now, changes) = room.watch_outbox();
    let mut list = List::new(me);
    for change in now {
        list.local(change);
    }
    let ended = watch::Sender::new(None);
    let kept = Arc::new(Kept { room, list: Mutex::new(list), loading: tokio::sync::Mutex::default(), ended });
    let (ready, answer) = oneshot::channel();
    let keeper = Keeper {
        kept: kept.clone(),
        follower: Follower::Timeline(Uuid::now_v7()),
        ready: Some(ready),
        following: None,
        loading: None,
        backoff: Backoff::default(),
    };
    tokio::spawn(keeper.run(events, changes, gone));
    Ok((kept, answer))
}

/// How loading went.
enum Loaded {
    Well,
    Badly(Error),
    /// The pause after it went badly is over.
    Again,
}

/// Why the task ends, for those who show the list, and for who waits for it to begin.
type End = (Ended, Error);

struct Keeper {
    kept: Arc<Kept>,
    follower: Follower,
    /// Who waits for the newest page.
    ready: Option<oneshot::Sender<Result<(), Error>>>,
    /// Following the room is under way.
    following: Option<BoxFuture<'static, Result<Mark, Error>>>,
    /// Loading is under way, or the pause after it failed.
    loading: Option<BoxFuture<'static, Loaded>>,
    backoff: Backoff,
}

impl Keeper {
    async fn run(
        mut self,
        mut events: Events,
        mut changes: mpsc::UnboundedReceiver<Change>,
        mut gone: oneshot::Receiver<()>,
    ) {
        self.follow();
        let end = loop {
            tokio::select! {
                biased;
                _ = &mut gone => break None,
                mark = or_never(&mut self.following) => {
                    self.following = None;
                    match mark {
                        Ok(mark) => self.kept.list().goes_on_at(mark),
                        Err(error) => break Some(end_by(error)),
                    }
                }
                // Before the events: a message waits before it is an entry.
                Some(change) = changes.recv() => self.kept.list().local(change),
                loaded = or_never(&mut self.loading) => self.loaded(loaded),
                event = events.next() => match event {
                    Some(event) => if let Some(end) = self.take(event) {
                        break Some(end);
                    },
                    None => break Some((Ended::Stopped, over())),
                },
            }
            self.load();
        };
        let is_shown = end.is_some();
        if let Some((ended, error)) = end {
            self.kept.ended.send_replace(Some(ended));
            if let Some(ready) = self.ready.take() {
                // Nobody may wait.
                ready.send(Err(error)).ok();
            }
        }
        // When the connection is over, nothing is followed.
        self.kept.room.unfollow_as(self.follower).await.ok();
        // Somebody shows it all the same, and with it what is on its way.
        if is_shown {
            loop {
                tokio::select! {
                    _ = &mut gone => break,
                    Some(change) = changes.recv() => self.kept.list().local(change),
                }
            }
        }
    }

    fn follow(&mut self) {
        let (room, follower) = (self.kept.room.clone(), self.follower);
        self.following = Some(async move { room.follow_as(follower, None).await }.boxed());
    }

    /// Loads the next thing that is wanted, unless something is being loaded.
    fn load(&mut self) {
        if self.loading.is_some() {
            return;
        }
        if self.kept.list().wanted().is_some() {
            let kept = self.kept.clone();
            let loading = async move { kept.load(List::wanted).await };
            let loaded = |outcome: Result<(), Error>| outcome.map_or_else(Loaded::Badly, |()| Loaded::Well);
            self.loading = Some(loading.map(loaded).boxed());
        } else if self.kept.list().is_followed()
            && let Some(ready) = self.ready.take()
        {
            // Nobody may wait.
            ready.send(Ok(())).ok();
        }
    }

    fn loaded(&mut self, loaded: Loaded) {
        self.loading = None;
        match loaded {
            Loaded::Well => self.backoff = Backoff::default(),
            Loaded::Again => {}
            Loaded::Badly(error) => {
                // If it is for good, the connection tells why it is.
                let pause = error.retry_after().unwrap_or_default().max(self.backoff.next());
                tracing::debug!(%error, ?pause, "a part of the timeline could not be loaded");
                self.loading = Some(sleep(pause).map(|()| Loaded::Again).boxed());
            }
        }
    }

    /// Takes what the connection tells; or it is the end.
    fn take(&mut self, event: Event) -> Option<End> {
        let id = self.kept.room.id();
        match event {
            Event::Entry(entry) if entry.room_id == id => self.kept.list().entry(*entry),
            Event::Resync { room_id, from, to } if room_id == id => self.kept.list().skips_to(from, to),
            Event::Signal(ServerMessage::MessagesRead(receipt)) if receipt.room_id == id => {
                self.kept.list().read(receipt.user_id, receipt.last_read_seq);
            }
            Event::Signal(ServerMessage::MessageStatusUpdated(update)) if update.room_id == id => {
                self.kept.list().read(update.reader_id, update.seq);
            }
            // Receipts are not told again.
            Event::Connection(ConnectionState::Online) => self.kept.list().doubts(),
            Event::Missed(_) => {
                self.kept.list().doubts();
                self.follow();
            }
            Event::Unfollowed { room_id, why } if room_id == id => return Some(end_of(why)),
            Event::Connection(ConnectionState::SignedOut) => {
                return Some((Ended::SignedOut, Error::SignedOut));
            }
            Event::Connection(ConnectionState::Stopped) => return Some((Ended::Stopped, over())),
            _ => {}
        }
        None
    }
}

/// What is under way, if anything is.
async fn or_never<T>(under_way: &mut Option<BoxFuture<'static, T>>) -> T {
    match under_way {
        Some(under_way) => under_way.await,
        None => pending().await,
    }
}

fn end_by(error: Error) -> End {
    let ended = match (error.refusal(), &error) {
        (Some(refusal), _) => Ended::Refused(refusal),
        (None, Error::SignedOut) => Ended::SignedOut,
        (None, _) => Ended::Stopped,
    };
    (ended, error)
}

fn end_of(why: Unfollowed) -> End {
    let ended = match &why {
        Unfollowed::NoMember => Ended::NoMember,
        Unfollowed::Deleted => Ended::Deleted,
        Unfollowed::Refused(refusal) => Ended::Refused(refusal.clone()),
    };
    (ended, why.error())
}

pub(super) fn over() -> Error {
    Error::Disconnected(DisconnectReason::ByClient)
}
