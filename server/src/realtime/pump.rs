//! A pump per room that somebody on this node listens to: it emits the room's log strictly by `seq`, each entry encoded once.
//!
//! It knows the last `seq` that it has emitted. An entry that is exactly the next one is emitted at once; anything else makes
//! it read the log from its position on, so that a late, doubled or lost hint never shows. It alone subscribes sockets and
//! takes them out, so that the live entries of a socket begin right after what it was given, and end where its user left.

mod ephemeral;
mod run;
mod subscribers;
mod withheld;

use super::{Realtime, events::Reply, sockets::Live};
use crate::domain::subscriptions::StartingPoint;
use parlor_protocol::ids::RoomId;
use socketioxide::socket::Sid;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::{mpsc, oneshot};

/// What this node's sockets want of a room.
pub(super) enum Command {
    /// Subscribe this socket.
    Subscribe(Box<Subscribe>),
    /// Unsubscribe this socket at its own wish; answered when it is done.
    Unsubscribe { sid: Sid, done: oneshot::Sender<bool> },
    /// This socket is gone.
    Disconnected { sid: Sid },
    /// Someone who had opened the room went away again.
    Nudge,
}

/// A socket that wants to listen.
pub(super) struct Subscribe {
    pub(super) live: Live,
    pub(super) start: StartingPoint,
    pub(super) reply: Reply,
    /// Gets everything back when the pump's memory does not reach back to where the snapshot was taken.
    pub(super) stale: oneshot::Sender<Reply>,
}

/// The running pumps.
#[derive(Default)]
pub struct Pumps {
    pumps: Mutex<HashMap<RoomId, Handle>>,
}

#[derive(Clone)]
struct Handle {
    commands: mpsc::UnboundedSender<Command>,
    /// How many are about to subscribe: while there are any, the pump stays.
    opening: Arc<AtomicUsize>,
}

/// A pump that stays while this is held: whatever is committed from now on reaches it.
pub struct Open {
    handle: Handle,
}

impl Open {
    pub(super) fn subscribe(self, subscribe: Subscribe) {
        self.handle.commands.send(Command::Subscribe(Box::new(subscribe))).ok();
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.handle.opening.fetch_sub(1, Ordering::AcqRel);
        self.handle.commands.send(Command::Nudge).ok();
    }
}

impl Pumps {
    /// Makes sure that `room` has a pump, and keeps it.
    pub fn open(&self, realtime: &Realtime, room: RoomId) -> Open {
        let mut pumps = self.lock();
        let handle = pumps.entry(room).or_insert_with(|| {
            let (commands, inbox) = mpsc::unbounded_channel();
            let opening = Arc::new(AtomicUsize::new(0));
            let mailbox = realtime.domain.bus.attach(room);
            tokio::spawn(run::run(realtime.clone(), room, inbox, mailbox));
            Handle { commands, opening }
        });
        handle.opening.fetch_add(1, Ordering::AcqRel);
        Open { handle: handle.clone() }
    }

    /// Unsubscribes a socket; `false` when it wasn't subscribed.
    pub async fn unsubscribe(&self, room: RoomId, sid: Sid) -> bool {
        let (done, removed) = oneshot::channel();
        self.send(room, Command::Unsubscribe { sid, done });
        removed.await.unwrap_or(false)
    }

    /// A socket that listened to `room` is gone.
    pub fn disconnected(&self, room: RoomId, sid: Sid) {
        self.send(room, Command::Disconnected { sid });
    }

    fn send(&self, room: RoomId, command: Command) {
        if let Some(handle) = self.lock().get(&room) {
            handle.commands.send(command).ok();
        }
    }

    /// Forgets an idle pump, unless somebody is about to subscribe; the pump ends when this says so.
    fn retire(&self, realtime: &Realtime, room: RoomId, commands: &mpsc::UnboundedReceiver<Command>) -> bool {
        let mut pumps = self.lock();
        let needed = pumps.get(&room).is_some_and(|handle| handle.opening.load(Ordering::Acquire) > 0);
        if needed || !commands.is_empty() {
            return false;
        }
        pumps.remove(&room);
        realtime.domain.bus.detach(room);
        true
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RoomId, Handle>> {
        self.pumps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
