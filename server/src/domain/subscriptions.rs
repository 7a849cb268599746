//! What a socket that subscribes to a room has to be given first.

use super::{Caller, Domain, Error, policy, timeline};
use parlor_protocol::{
    ids::{Epoch, RoomId},
    page::Position,
    subscriptions::JoinRoomPayload,
    timeline::TimelineEvent,
};

/// At most so many entries are given at once; the rest is fetched over REST.
const CATCH_UP: i64 = 200;

/// In larger rooms visits and read cursors are not told to everyone.
pub const LARGE_ROOM: i64 = 200;

/// Where a subscriber stands, read in one snapshot.
#[derive(Debug)]
pub struct Standing {
    /// The newest entry when it was read.
    pub head: i64,
    /// Which history it belongs to.
    pub epoch: Epoch,
    /// How many members the room has.
    pub member_count: i64,
    /// What came since the position that was asked for, if one was.
    pub catch_up: CatchUp,
}

/// What came since a position.
#[derive(Debug)]
pub enum CatchUp {
    /// No position was given.
    NotAsked,
    /// These entries, oldest first.
    Events {
        /// The entries.
        events: Vec<TimelineEvent>,
        /// Whether they reach the head.
        complete: bool,
    },
    /// The position can't be honoured.
    Reset,
}

/// What the caller has to be given when one of their sockets subscribes. Members only.
pub async fn standing(domain: &Domain, caller: &Caller, asked: &JoinRoomPayload) -> Result<Standing, Error> {
    let mut tx = domain.store.snapshot().await?;
    let room = policy::member(&mut tx, caller, asked.room_id).await?;
    let epoch = Epoch(domain.store.epoch());
    let catch_up = match asked.after.map(Position::get) {
        None => CatchUp::NotAsked,
        Some(after) if after > room.last_seq || asked.epoch.is_some_and(|asked| asked != epoch) => {
            CatchUp::Reset
        }
        Some(after) => {
            let events = timeline::read(&mut tx, asked.room_id, after, CATCH_UP).await?;
            let complete = events.last().map_or(after, |event| event.seq) == room.last_seq;
            CatchUp::Events { events, complete }
        }
    };
    Ok(Standing { head: room.last_seq, epoch, member_count: room.member_count, catch_up })
}

/// Whether the caller belongs to the room; nothing more is told of rooms that one isn't in.
pub async fn check_member(domain: &Domain, caller: &Caller, room: RoomId) -> Result<(), Error> {
    let mut tx = domain.store.read().await?;
    policy::member(&mut tx, caller, room).await.map(|_| ())
}
