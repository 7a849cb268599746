//! Which room's signals go into which mailbox.

use super::RoomSignal;
use parlor_protocol::{ids::RoomId, timeline::TimelineEvent};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
};
use tokio::sync::mpsc;

/// A mailbox that holds so many signals takes no more hints; its pump will see from `head` that it must read the log.
const MOST_WAITING: usize = 4096;

/// The rooms that somebody on this node listens to.
#[derive(Default)]
pub(super) struct Routes {
    routes: Mutex<HashMap<RoomId, Route>>,
}

struct Route {
    signals: mpsc::UnboundedSender<RoomSignal>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    waiting: AtomicUsize,
    head: AtomicI64,
    seen: AtomicI64,
}

/// What is said of one room, in order.
pub struct Mailbox {
    signals: mpsc::UnboundedReceiver<RoomSignal>,
    state: Arc<State>,
}

impl Mailbox {
    /// Moves what waits into `into`, up to `most` signals, waiting for the first. Safe to cancel.
    pub async fn receive(&mut self, into: &mut Vec<RoomSignal>, most: usize) -> usize {
        let received = self.signals.recv_many(into, most).await;
        self.state.waiting.fetch_sub(received, Ordering::Relaxed);
        received
    }

    /// Moves what waits into `into`, however much, without waiting.
    pub fn take(&mut self, into: &mut Vec<RoomSignal>) {
        let before = into.len();
        into.extend(std::iter::from_fn(|| self.signals.try_recv().ok()));
        self.state.waiting.fetch_sub(into.len() - before, Ordering::Relaxed);
    }

    /// Whether everything that was said has been received; what `head` then has more was dropped.
    pub fn is_empty(&self) -> bool {
        self.signals.is_empty()
    }

    /// The highest `seq` that was ever hinted at, also by hints that were dropped.
    pub fn head(&self) -> i64 {
        self.state.head.load(Ordering::Acquire)
    }

    /// Tells later how far the log was seen to reach.
    pub fn seen(&self) -> Seen {
        Seen(Arc::clone(&self.state))
    }
}

/// How far a room's log was seen to reach, whatever was hinted at.
#[derive(Clone)]
pub struct Seen(Arc<State>);

impl Seen {
    /// The highest `seq` of which [`Bus::grown`](super::Bus::grown) was told.
    pub fn seq(&self) -> i64 {
        self.0.seen.load(Ordering::Acquire)
    }
}

impl std::fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mailbox({} waiting)", self.state.waiting.load(Ordering::Relaxed))
    }
}

impl Routes {
    pub(super) fn attach(&self, room: RoomId) -> Mailbox {
        let (sender, signals) = mpsc::unbounded_channel();
        let state = Arc::new(State::default());
        self.lock().insert(room, Route { signals: sender, state: state.clone() });
        Mailbox { signals, state }
    }

    pub(super) fn detach(&self, room: RoomId) {
        self.lock().remove(&room);
    }

    pub(super) fn committed(&self, room: RoomId, entry: Arc<TimelineEvent>) {
        if let Some(route) = self.lock().get(&room) {
            route.state.head.fetch_max(entry.seq, Ordering::Release);
            route.offer(RoomSignal::Committed(entry));
        }
    }

    /// Says that the log reaches up to `seq`.
    pub(super) fn grown(&self, room: RoomId, seq: i64) {
        if let Some(route) = self.lock().get(&room) {
            route.state.seen.fetch_max(seq, Ordering::AcqRel);
            if route.state.head.fetch_max(seq, Ordering::AcqRel) < seq {
                route.offer(RoomSignal::Grown);
            }
        }
    }

    pub(super) fn all(&self) -> Vec<RoomId> {
        self.lock().keys().copied().collect()
    }

    /// Delivers unless too much waits.
    pub(super) fn offer(&self, room: RoomId, signal: RoomSignal) {
        if let Some(route) = self.lock().get(&room) {
            route.offer(signal);
        }
    }

    /// Delivers in any case.
    pub(super) fn control(&self, room: RoomId, signal: RoomSignal) {
        if let Some(route) = self.lock().get(&room) {
            route.push(signal);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RoomId, Route>> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Route {
    fn offer(&self, signal: RoomSignal) {
        if self.state.waiting.load(Ordering::Relaxed) < MOST_WAITING {
            self.push(signal);
        }
    }

    fn push(&self, signal: RoomSignal) {
        self.state.waiting.fetch_add(1, Ordering::Relaxed);
        // A closed mailbox belongs to a pump that has just ended: nobody listens any more.
        self.signals.send(signal).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_protocol::{ids::UserId, time::Timestamp, timeline::Happening, timeline::Who};

    fn entry(seq: i64, room: RoomId) -> Arc<TimelineEvent> {
        let who = Who { user_id: UserId::generate(), username: "ada".parse().unwrap() };
        let timestamp = Timestamp::from(chrono::DateTime::UNIX_EPOCH);
        Arc::new(TimelineEvent { seq, room_id: room, timestamp, happening: Happening::MemberJoined(who) })
    }

    #[tokio::test]
    async fn a_full_mailbox_drops_hints_but_tells_the_head_and_keeps_control_signals() {
        let (routes, room) = (Routes::default(), RoomId::generate());
        let mut mailbox = routes.attach(room);
        let most = i64::try_from(MOST_WAITING).unwrap();
        for seq in 1..=most + 10 {
            routes.committed(room, entry(seq, room));
        }
        let (done, _passed) = tokio::sync::oneshot::channel();
        routes.control(room, RoomSignal::Passed { seq: 1, done });
        let mut received = Vec::new();
        while received.len() <= MOST_WAITING {
            mailbox.receive(&mut received, 512).await;
        }
        assert_eq!(received.len(), MOST_WAITING + 1);
        assert!(matches!(received.last(), Some(RoomSignal::Passed { .. })));
        assert_eq!(mailbox.head(), most + 10);
    }
}
