//! The sockets that listen to a room, and sending to all of them at once.

use super::super::{Realtime, sockets::Live};
use crate::bus::Seen;
use futures_util::FutureExt;
use parlor_protocol::{
    ServerEvent,
    ids::{RoomId, UserId},
    time::Timestamp,
};
use serde::{Serialize, Serializer, ser::Error as _};
use serde_json::value::RawValue;
use socketioxide::{BroadcastError, SendError, SocketError, socket::Sid};
use std::collections::HashMap;

/// The sockets that listen to a room.
pub(super) struct Subscribers {
    realtime: Realtime,
    room: RoomId,
    /// The library's name of the room.
    name: String,
    live: HashMap<Sid, Live>,
    of_user: HashMap<UserId, Vec<Sid>>,
    /// How many members the room has, as far as this pump has read.
    members: i64,
    /// The last entry that was emitted; `None` until the first socket subscribes.
    pub(super) position: Option<i64>,
    /// How far the log was seen to reach.
    seen: Seen,
}

/// A socket that listens no longer.
pub(super) struct Gone {
    pub(super) live: Live,
    pub(super) last_of_user: bool,
    pub(super) member_count: i64,
}

impl Subscribers {
    pub(super) fn new(realtime: Realtime, room: RoomId, seen: Seen) -> Self {
        Self {
            realtime,
            room,
            name: room.to_string(),
            live: HashMap::new(),
            of_user: HashMap::new(),
            members: 0,
            position: None,
            seen,
        }
    }

    /// Whether these are the room's members as of a moment ago: only they are told what nobody keeps.
    pub(super) fn are_current(&self) -> bool {
        // In this order: a look tells what it has seen before it says that it was clear.
        !self.realtime.sight.is_lost() && self.position.is_none_or(|position| position >= self.seen.seq())
    }

    pub(super) fn now(&self) -> Timestamp {
        self.realtime.domain.clock.now()
    }

    pub(super) fn len(&self) -> usize {
        self.live.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.live.is_empty()
    }

    /// Adds a socket; tells whether it is its user's first, or `None` when it has gone meanwhile.
    pub(super) fn add(&mut self, live: &Live, member_count: i64) -> Option<bool> {
        let sid = live.socket.id;
        self.members = member_count;
        live.peer.subscribed(self.room);
        // Whoever disconnects leaves the register first and then its rooms: one of the two sees the other.
        if !self.realtime.sockets.contains(live) || live.peer.is_over(self.realtime.domain.clock.now()) {
            live.peer.unsubscribed(self.room);
            return None;
        }
        live.socket.join(self.name.clone());
        if self.live.insert(sid, live.clone()).is_some() {
            return Some(false);
        }
        let sids = self.of_user.entry(live.peer.user).or_default();
        sids.push(sid);
        Some(sids.len() == 1)
    }

    /// Whether the socket of this id listens.
    pub(super) fn holds(&self, sid: &str) -> bool {
        sid.parse().is_ok_and(|sid: Sid| self.live.contains_key(&sid))
    }

    pub(super) fn remove(&mut self, sid: Sid) -> Option<Gone> {
        let live = self.live.remove(&sid)?;
        live.socket.leave(self.name.clone());
        live.peer.unsubscribed(self.room);
        let user = live.peer.user;
        let sids = self.of_user.get_mut(&user)?;
        sids.retain(|other| *other != sid);
        let last_of_user = sids.is_empty();
        if last_of_user {
            self.of_user.remove(&user);
        }
        Some(Gone { live, last_of_user, member_count: self.members })
    }

    pub(super) fn remove_user(&mut self, user: UserId) -> Vec<Gone> {
        let sids = self.of_user.get(&user).cloned().unwrap_or_default();
        sids.into_iter().filter_map(|sid| self.remove(sid)).collect()
    }

    pub(super) fn remove_all(&mut self) {
        let sids: Vec<_> = self.live.keys().copied().collect();
        for sid in sids {
            self.remove(sid);
        }
    }

    pub(super) fn count_members(&mut self, change: i64) {
        self.members += change;
    }

    /// To every socket, encoded once.
    pub(super) fn emit<E: ServerEvent>(&self, payload: &E::Payload) {
        if !self.live.is_empty() {
            let operators = self.realtime.io.to(self.name.clone());
            match operators.emit(E::NAME, payload).now_or_never() {
                Some(Ok(())) => {}
                Some(Err(BroadcastError::Socket(failures))) => {
                    let full = |failure: &&SocketError| matches!(failure, SocketError::InternalChannelFull);
                    self.cut_full(failures.iter().filter(full).count());
                }
                failed => {
                    tracing::error!(room = %self.room, ?failed, "a broadcast went wrong; its sockets are cut");
                    self.cut(self.live.values());
                }
            }
        }
    }

    /// To every socket but those of `user`.
    pub(super) fn emit_to_others<E: ServerEvent>(&self, user: UserId, payload: &E::Payload) {
        self.emit_where::<E>(|live| live.peer.user != user, payload);
    }

    /// To every socket but this one.
    pub(super) fn emit_except<E: ServerEvent>(&self, sid: &str, payload: &E::Payload) {
        self.emit_where::<E>(|live| live.socket.id.as_str() != sid, payload);
    }

    /// The library's `except` goes by rooms, and a room of its own for every socket would cost memory.
    fn emit_where<E: ServerEvent>(&self, told: impl Fn(&Live) -> bool, payload: &E::Payload) {
        let Ok(encoded) = serde_json::value::to_raw_value(payload) else { return };
        for live in self.live.values().filter(|live| told(live)) {
            self.realtime.sent(live, live.socket.emit::<RawValue>(E::NAME, &encoded));
        }
    }

    /// To the sockets of `user` on this node, whether they listen to this room or not.
    pub(super) fn emit_to_user<E: ServerEvent>(&self, user: UserId, payload: &E::Payload) {
        self.realtime.tell_users::<E>(&[user], payload);
    }

    /// A broadcast says how many buffers were full, not whose: each is probed, and the full ones are cut before the next entry. When
    /// one has got room meanwhile nobody knows which missed the entry, so all are cut, and catch up when they return.
    fn cut_full(&self, expected: usize) {
        let full: Vec<_> = self.live.values().filter(|live| is_full(live)).collect();
        if full.len() < expected {
            self.cut(self.live.values());
        } else {
            self.cut(full);
        }
    }

    fn cut<'l>(&self, sockets: impl IntoIterator<Item = &'l Live>) {
        let mut cut = 0;
        for live in sockets {
            self.realtime.cut(live);
            cut += 1;
        }
        if cut > 0 {
            tracing::info!(room = %self.room, sockets = cut, "sockets that stopped reading are cut");
        }
    }
}

/// Fails to be encoded: `emit` reserves its place first, so the error tells whether there was one, and nothing is sent.
struct Probe;

impl Serialize for Probe {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("probe"))
    }
}

fn is_full(live: &Live) -> bool {
    matches!(live.socket.emit("probe", &Probe), Err(SendError::Socket(SocketError::InternalChannelFull)))
}
