//! Hints and signals from where something happened to whoever shows it: within this process, and to other nodes.
//!
//! A hint is never the truth: a pump that meets a gap reads the log. So a hint may come late, twice or never. But it has the entry
//! itself with it, for speed: whoever can write on the bus can speak to this node's sockets as anybody.
//!
//! | to read about | look in |
//! | --- | --- |
//! | which room's signals go where within this process | `bus/routes.rs` |
//! | what nodes tell each other | `bus/letters.rs` |
//! | the connection to the others, made again and again | `bus/relay.rs` |
//! | which of the others are heard | `bus/others.rs` |
//! | what carries it | `bus/redis.rs`, `bus/postgres.rs` |

mod letters;
mod others;
mod postgres;
mod redis;
mod relay;
mod routes;

pub use letters::Counted;
use letters::{Heard, Letter};

use parlor_protocol::{
    ids::{RoomId, SessionId, UserId},
    presence::StatusNotice,
    receipts::{Receipt, StatusUpdate},
    text::Username,
    time::Timestamp,
    timeline::TimelineEvent,
    typing::TypingNotice,
};
pub use relay::Relay;
pub use routes::{Mailbox, Seen};
use std::sync::{Arc, OnceLock};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// What a room's pump is told.
#[derive(Debug)]
pub enum RoomSignal {
    /// This entry is in the log.
    Committed(Arc<TimelineEvent>),
    /// The log reaches up to the mailbox's head.
    Grown,
    /// Answer when this `seq` has been passed on to this node's sockets.
    Passed {
        /// The entry to wait for.
        seq: i64,
        /// Answered, or dropped when nobody listens to the room.
        done: oneshot::Sender<()>,
    },
    /// Someone types, or no longer.
    Typing {
        /// What to tell.
        notice: TypingNotice,
        /// The socket that said so; it is not told.
        from: String,
        /// Whether that socket listened to the room. If it does no longer, it has gone since, and so has what it said.
        listening: bool,
    },
    /// A read cursor moved.
    Receipt {
        /// What to tell.
        receipt: Receipt,
        /// Whether the whole room is told, or only the reader's own sockets.
        to_room: bool,
    },
    /// Messages became read.
    StatusUpdate(StatusUpdate),
    /// The room is gone.
    Deleted {
        /// When it went.
        timestamp: Timestamp,
    },
}

/// What the holders of a person's sockets are told.
#[derive(Debug)]
pub enum PersonSignal {
    /// This session has ended: its sockets are cut.
    SessionRevoked {
        /// The session.
        session: SessionId,
    },
    /// This account has another name now.
    Renamed {
        /// The account.
        user: UserId,
        /// Its name.
        username: Username,
    },
    /// At another node people came and went.
    Elsewhere {
        /// Which node.
        node: Uuid,
        /// The number of this change there.
        changes: i64,
        /// Who came.
        came: Vec<UserId>,
        /// Who went.
        gone: Vec<UserId>,
    },
    /// At another node something counted towards a limit.
    Counted(Counted),
    /// Someone came online or went offline.
    Status {
        /// What to tell.
        notice: StatusNotice,
        /// Whom to tell.
        to: Vec<UserId>,
    },
}

/// The one who holds the sockets.
type PersonListener = Box<dyn Fn(PersonSignal) + Send + Sync>;

/// Carries hints and signals; clones share it.
#[derive(Clone, Default)]
pub struct Bus {
    rooms: Arc<routes::Routes>,
    people: Arc<OnceLock<PersonListener>>,
    /// Which node this is, if there can be others.
    node: Option<Uuid>,
    /// To the others, if they can be told.
    away: Option<mpsc::Sender<Letter>>,
    others: Arc<others::Others>,
}

impl Bus {
    /// That of a node of which the others, if there are any, hear by the database alone.
    pub fn alone(node: Uuid) -> Self {
        Self { node: Some(node), ..Self::default() }
    }

    /// Says that `entry` is in the log. To be called after the commit, for every entry.
    pub fn committed(&self, room: RoomId, entry: Arc<TimelineEvent>) {
        self.write(|| Some(Letter::Committed { entry: entry.clone() }));
        self.rooms.committed(room, entry);
    }

    /// Says that the log of `room` reaches up to `seq`, as far as this node's sockets are concerned.
    pub fn grown(&self, room: RoomId, seq: i64) {
        self.rooms.grown(room, seq);
    }

    /// The rooms that somebody on this node listens to.
    pub fn rooms(&self) -> Vec<RoomId> {
        self.rooms.all()
    }

    /// Says of `room`, on this node alone, that it is gone.
    pub fn gone(&self, room: RoomId, timestamp: Timestamp) {
        self.rooms.control(room, RoomSignal::Deleted { timestamp });
    }

    /// Resolves when this node's sockets in `room` have been passed everything up to `seq`; at once when there are none.
    pub async fn passed(&self, room: RoomId, seq: i64) {
        let (done, passed) = oneshot::channel();
        self.rooms.control(room, RoomSignal::Passed { seq, done });
        passed.await.ok();
    }

    /// Tells whoever listens to `room`.
    pub fn room(&self, room: RoomId, signal: RoomSignal) {
        self.write(|| Letter::of_room(room, &signal));
        self.here(room, signal);
    }

    fn here(&self, room: RoomId, signal: RoomSignal) {
        if matches!(signal, RoomSignal::Deleted { .. }) {
            self.rooms.control(room, signal);
        } else {
            self.rooms.offer(room, signal);
        }
    }

    /// Tells the holder of people's sockets; it has taken effect on this node when this returns.
    pub fn person(&self, signal: PersonSignal) {
        self.write(|| Letter::of_person(&signal));
        self.person_here(signal);
    }

    /// The same for this node alone.
    pub fn person_here(&self, signal: PersonSignal) {
        if let Some(listener) = self.people.get() {
            listener(signal);
        }
    }

    /// Which node this is, if there can be others.
    pub fn node(&self) -> Option<Uuid> {
        self.node
    }

    /// Whether other nodes are told at once of what happens here.
    pub fn tells(&self) -> bool {
        self.away.is_some()
    }

    /// Compares the nodes that live, by the database, with those that are heard here.
    pub fn compare(&self, living: &[Uuid]) {
        match self.others.compare(living) {
            Some(true) => tracing::warn!(
                "another server of this database is not heard on the bus: unless it has just lost its connection, see that PARLOR_BUS \
                 is the same at each of them"
            ),
            Some(false) => tracing::info!("all other servers of this database are heard on the bus"),
            None => {}
        }
    }

    /// Whether another node lives and is not heard here.
    pub fn is_apart(&self) -> bool {
        self.others.are_apart()
    }

    /// Tells the other nodes that people came to this one, and went.
    pub fn presence(&self, node: Uuid, changes: i64, came: Vec<UserId>, gone: Vec<UserId>) {
        self.write(|| Some(Letter::Presence { node, changes, came, gone }));
    }

    /// Tells the other nodes of something that counts towards a limit.
    pub fn counted(&self, one: impl FnOnce() -> Counted) {
        self.write(|| Some(Letter::Counted { one: one() }));
    }

    /// Queues a letter to the other nodes. When too many wait it is lost, as any hint may be.
    fn write(&self, letter: impl FnOnce() -> Option<Letter>) {
        if let Some(away) = &self.away
            && let Some(letter) = letter()
        {
            away.try_send(letter).ok();
        }
    }

    /// Does what another node's letter says.
    fn hear(&self, letter: Letter) {
        match letter.heard() {
            Heard::Committed(entry) => self.rooms.committed(entry.room_id, entry),
            Heard::Head(room, seq) => self.rooms.grown(room, seq),
            Heard::Room(room, signal) => self.here(room, signal),
            Heard::Person(signal) => self.person_here(signal),
        }
    }

    /// Opens the mailbox of `room`; whatever is said of it from now on is in there.
    pub fn attach(&self, room: RoomId) -> Mailbox {
        self.rooms.attach(room)
    }

    /// Closes the mailbox of `room`.
    pub fn detach(&self, room: RoomId) {
        self.rooms.detach(room);
    }

    /// Names the one holder of people's sockets; a second one is ignored.
    pub fn on_person(&self, listener: impl Fn(PersonSignal) + Send + Sync + 'static) {
        self.people.get_or_init(|| Box::new(listener));
    }
}

impl std::fmt::Debug for Bus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bus").finish_non_exhaustive()
    }
}
