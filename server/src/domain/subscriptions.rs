//! What a socket that subscribes to a room has to be given first.

use super::{Caller, Domain, Error, policy, timeline};
use parlor_protocol::{
    ids::{Epoch, RoomId},
    page::Position,
    subscriptions::JoinRoomPayload,
    timeline::{Happening, TimelineEvent},
};

/// At most so many entries are given at once; the rest is fetched over REST.
const CATCH_UP: i64 = 200;

/// In bytes of what was said; entries beyond it are fetched over REST too. At least one is given.
const CATCH_UP_BYTES: usize = 256 * 1024;

/// In larger rooms visits and read cursors are not told to everyone.
pub const LARGE_ROOM: i64 = 200;

/// From where a subscriber begins, read in one snapshot.
#[derive(Debug)]
pub struct StartingPoint {
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
pub async fn starting_point(
    domain: &Domain,
    caller: &Caller,
    asked: &JoinRoomPayload,
) -> Result<StartingPoint, Error> {
    let mut tx = domain.store.snapshot().await?;
    let room = policy::member(&mut tx, caller, asked.room_id).await?;
    let epoch = Epoch(domain.store.epoch());
    let catch_up = match asked.after.map(Position::get) {
        None => CatchUp::NotAsked,
        Some(after) if after > room.last_seq || asked.epoch.is_some_and(|asked| asked != epoch) => {
            CatchUp::Reset
        }
        Some(after) => {
            let mut events = timeline::read(&mut tx, asked.room_id, after, CATCH_UP).await?;
            bound(&mut events);
            let complete = events.last().map_or(after, |event| event.seq) == room.last_seq;
            CatchUp::Events { events, complete }
        }
    };
    Ok(StartingPoint { head: room.last_seq, epoch, member_count: room.member_count, catch_up })
}

fn bound(events: &mut Vec<TimelineEvent>) {
    let mut bytes = 0;
    let fits = events.iter().take_while(|event| {
        bytes += weight(event);
        bytes <= CATCH_UP_BYTES
    });
    let fits = fits.count().max(1);
    events.truncate(fits);
}

/// About how many bytes an entry takes.
pub fn weight(event: &TimelineEvent) -> usize {
    const AROUND: usize = 512;
    match &event.happening {
        Happening::Message { message } => AROUND + message.content.len(),
        _ => AROUND,
    }
}

/// Whether the caller belongs to the room; nothing more is told of rooms that one isn't in.
pub async fn check_member(domain: &Domain, caller: &Caller, room: RoomId) -> Result<(), Error> {
    let mut tx = domain.store.read().await?;
    policy::member(&mut tx, caller, room).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_protocol::{ids::UserId, time::Timestamp, timeline::Who};

    #[test]
    fn a_catch_up_is_bounded_in_bytes_and_has_at_least_one_entry() {
        let who = Who { user_id: UserId::generate(), username: "ada".parse().unwrap() };
        let timestamp = Timestamp::from(chrono::DateTime::UNIX_EPOCH);
        let entry = |seq| TimelineEvent {
            seq,
            room_id: RoomId::generate(),
            timestamp,
            happening: Happening::MemberJoined(who.clone()),
        };
        let mut events: Vec<_> = (1..=1000).map(entry).collect();
        bound(&mut events);
        assert_eq!(events.len(), CATCH_UP_BYTES / 512);
        events.truncate(1);
        bound(&mut events);
        assert_eq!(events.len(), 1);
    }
}
