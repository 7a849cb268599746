//! The live sockets: by id, by user, by session, and by when their token ends.

use super::{Realtime, inbox::Inbox, seats::Seat};
use crate::{bus::PersonSignal, domain::Caller};
use parlor_protocol::{
    ApiError, ErrorType, ServerEvent,
    event::{ErrorEvent, EventError},
    ids::{RoomId, SessionId, UserId},
    presence::UserStatus,
    text::Username,
    time::Timestamp,
};
use serde_json::value::RawValue;
use socketioxide::{SendError, SocketError, extract::SocketRef, socket::Sid};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// A revocation is remembered so long for sockets whose handshake it overtakes.
const HANDSHAKE: Duration = Duration::from_secs(30);

/// A revoked client gets so long to read why, before its connection is cut.
const FAREWELL: Duration = Duration::from_millis(100);

/// A live socket; clones are the same one.
#[derive(Clone)]
pub struct Live {
    /// The library's side of it.
    pub socket: SocketRef,
    /// Our side of it.
    pub peer: Arc<Peer>,
}

/// What we know of a socket.
pub struct Peer {
    /// Whose it is.
    pub user: UserId,
    /// What it has sent.
    pub inbox: Inbox,
    identity: Mutex<Identity>,
    ended: AtomicBool,
    /// The rooms that it is subscribed to.
    rooms: Mutex<Vec<RoomId>>,
    /// The rooms that were told that it types.
    typing: Mutex<BTreeSet<RoomId>>,
    /// Counts it among its user's sockets.
    _seat: Seat,
}

/// By what right it is here.
#[derive(Clone)]
struct Identity {
    session: SessionId,
    username: Username,
    expires_at: Timestamp,
}

impl Peer {
    /// A socket of `user` in `session` until `expires_at`.
    pub fn new(caller: Caller, username: Username, expires_at: Timestamp, seat: Seat) -> Self {
        Self {
            user: caller.user,
            inbox: Inbox::default(),
            identity: Mutex::new(Identity { session: caller.session, username, expires_at }),
            ended: AtomicBool::new(false),
            rooms: Mutex::new(Vec::new()),
            typing: Mutex::new(BTreeSet::new()),
            _seat: seat,
        }
    }

    /// Who asks when this socket does.
    pub fn caller(&self) -> Caller {
        Caller { user: self.user, session: self.identity().session }
    }

    /// Its user's name.
    pub fn username(&self) -> Username {
        self.identity().username.clone()
    }

    /// Whether its right to be here has ended.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.ended.load(Ordering::Acquire) || self.identity().expires_at <= now
    }

    /// Notes that it listens to `room`.
    pub fn subscribed(&self, room: RoomId) {
        let mut rooms = self.rooms();
        if !rooms.contains(&room) {
            rooms.push(room);
        }
    }

    /// Notes that it listens to `room` no longer.
    pub fn unsubscribed(&self, room: RoomId) {
        self.rooms().retain(|subscribed| *subscribed != room);
    }

    /// Whether it listens to `room`.
    pub fn listens_to(&self, room: RoomId) -> bool {
        self.rooms().contains(&room)
    }

    /// The rooms that it listens to.
    pub fn rooms(&self) -> MutexGuard<'_, Vec<RoomId>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rooms that were told that it types.
    pub fn typing(&self) -> MutexGuard<'_, BTreeSet<RoomId>> {
        self.typing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn identity(&self) -> MutexGuard<'_, Identity> {
        self.identity.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every live socket.
#[derive(Default)]
pub struct Sockets {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    live: HashMap<Sid, Live>,
    by_user: HashMap<UserId, HashSet<Sid>>,
    by_session: HashMap<SessionId, HashSet<Sid>>,
    by_expiry: BTreeSet<(Timestamp, Sid)>,
    revoked: HashMap<SessionId, Instant>,
    /// Sockets that are gone, of which events may still be under way.
    gone: Vec<Weak<Peer>>,
}

impl Sockets {
    /// A socket is live; `false` when its session was revoked meanwhile.
    pub fn add(&self, live: &Live) -> bool {
        let (sid, identity) = (live.socket.id, live.peer.identity().clone());
        let mut state = self.lock();
        state.live.insert(sid, live.clone());
        state.by_user.entry(live.peer.user).or_default().insert(sid);
        state.by_session.entry(identity.session).or_default().insert(sid);
        state.by_expiry.insert((identity.expires_at, sid));
        !state.revoked.contains_key(&identity.session)
    }

    /// A socket is gone.
    pub fn remove(&self, sid: Sid) -> Option<Live> {
        let mut state = self.lock();
        let live = state.live.remove(&sid)?;
        let identity = live.peer.identity().clone();
        state.by_expiry.remove(&(identity.expires_at, sid));
        forget(&mut state.by_user, live.peer.user, sid);
        forget(&mut state.by_session, identity.session, sid);
        state.gone.push(Arc::downgrade(&live.peer));
        Some(live)
    }

    /// Forgets the gone sockets of which nothing is under way any more.
    pub fn forget_gone(&self) {
        self.lock().gone.retain(|peer| peer.strong_count() > 0);
    }

    /// A socket has a fresh token, perhaps of another session of the same user; `false` when that was revoked meanwhile.
    pub fn renew(&self, live: &Live, session: SessionId, expires_at: Timestamp) -> bool {
        let sid = live.socket.id;
        let mut state = self.lock();
        if state.revoked.contains_key(&session) {
            return false;
        }
        let mut identity = live.peer.identity();
        state.by_expiry.remove(&(identity.expires_at, sid));
        forget(&mut state.by_session, identity.session, sid);
        identity.session = session;
        identity.expires_at = expires_at;
        if state.live.contains_key(&sid) {
            state.by_expiry.insert((expires_at, sid));
            state.by_session.entry(session).or_default().insert(sid);
        }
        true
    }

    /// The sockets whose token has ended.
    pub fn expired(&self, now: Timestamp) -> Vec<Live> {
        let state = self.lock();
        let sids = state.by_expiry.iter().take_while(|(expires_at, _)| *expires_at <= now);
        sids.filter_map(|(_, sid)| state.live.get(sid)).cloned().collect()
    }

    /// Whether this socket is live.
    pub fn contains(&self, live: &Live) -> bool {
        self.lock().live.get(&live.socket.id).is_some_and(|known| Arc::ptr_eq(&known.peer, &live.peer))
    }

    /// The sockets of a user.
    pub fn of_user(&self, user: UserId) -> Vec<Live> {
        let state = self.lock();
        state
            .by_user
            .get(&user)
            .into_iter()
            .flatten()
            .filter_map(|sid| state.live.get(sid))
            .cloned()
            .collect()
    }

    /// All of them.
    pub fn all(&self) -> Vec<Live> {
        self.lock().live.values().cloned().collect()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.lock().live.len()
    }

    fn revoke(&self, session: SessionId) -> Vec<Live> {
        let mut state = self.lock();
        state.revoked.retain(|_, at| at.elapsed() < HANDSHAKE);
        state.revoked.insert(session, Instant::now());
        for peer in state.gone.iter().filter_map(Weak::upgrade) {
            if peer.identity().session == session {
                peer.ended.store(true, Ordering::Release);
            }
        }
        state
            .by_session
            .get(&session)
            .into_iter()
            .flatten()
            .filter_map(|sid| state.live.get(sid))
            .cloned()
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget<K: Eq + std::hash::Hash>(index: &mut HashMap<K, HashSet<Sid>>, key: K, sid: Sid) {
    if let Some(sids) = index.get_mut(&key) {
        sids.remove(&sid);
        if sids.is_empty() {
            index.remove(&key);
        }
    }
}

impl Realtime {
    /// Sends an event to one socket.
    pub fn tell<E: ServerEvent>(&self, live: &Live, payload: &E::Payload) {
        self.sent(live, live.socket.emit(E::NAME, payload));
    }

    /// Sends an event to every socket of these users, encoded once.
    pub fn tell_users<E: ServerEvent>(&self, users: &[UserId], payload: &E::Payload) {
        let Ok(encoded) = serde_json::value::to_raw_value(payload) else { return };
        for live in users.iter().flat_map(|user| self.sockets.of_user(*user)) {
            self.sent::<()>(&live, live.socket.emit::<RawValue>(E::NAME, &encoded));
        }
    }

    /// A socket whose buffer is full has stopped reading: it is cut, and catches up when it returns.
    pub(super) fn sent<T>(&self, live: &Live, outcome: Result<T, SendError>) {
        match outcome {
            Ok(_) | Err(SendError::Socket(SocketError::Closed)) => {}
            Err(SendError::Socket(SocketError::InternalChannelFull)) => self.cut(live),
            Err(SendError::Serialize(error)) => tracing::error!(?error, "an event can't be encoded"),
        }
    }

    /// Cuts a socket at once; nothing that is sent from now on reaches it.
    pub fn cut(&self, live: &Live) {
        live.peer.ended.store(true, Ordering::Release);
        let cut = (self.transport.cut)(live.socket.id);
        live.socket.leave_all();
        cut();
    }

    /// Ends a socket whose right to be here has ended, and tells it why.
    pub fn end(&self, live: &Live, why: &str) {
        if live.peer.ended.swap(true, Ordering::AcqRel) {
            return;
        }
        let cut = (self.transport.cut)(live.socket.id);
        live.socket.leave_all();
        let error = ApiError::new(ErrorType::Unauthenticated, why);
        let error = EventError { error, event: "connect".to_owned(), room_id: None, request_id: None };
        let told = live.socket.emit(ErrorEvent::NAME, &error).is_ok();
        let disconnected = live.socket.clone().disconnect().is_ok();
        if told && disconnected {
            tokio::spawn(async move {
                tokio::time::sleep(FAREWELL).await;
                cut();
            });
        } else {
            cut();
        }
    }

    pub(super) fn hear(&self, signal: PersonSignal) {
        match signal {
            PersonSignal::SessionRevoked { session } => {
                for live in self.sockets.revoke(session) {
                    self.end(&live, "This session has ended; sign in again");
                }
            }
            PersonSignal::Renamed { user, username } => {
                for live in self.sockets.of_user(user) {
                    live.peer.identity().username = username.clone();
                }
            }
            PersonSignal::Elsewhere { node, changes, came, gone } => {
                self.domain.presence.told(node, changes, &came, &gone, self.domain.clock.now());
            }
            PersonSignal::Counted(one) => self.domain.limits.hear(one),
            PersonSignal::Status { notice, to } => self.tell_users::<UserStatus>(&to, &notice),
        }
    }
}
