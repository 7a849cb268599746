//! Read cursors: each member has one per room, and it never moves back.

use super::{Caller, Domain, Error, members, policy};
use crate::{
    bus::RoomSignal,
    store::{self, receipts::CursorRow, rooms::StandingRow},
};
use parlor_protocol::{
    ids::{MessageId, RoomId},
    messages::MessageStatus,
    receipts::{ReadCursor, ReadMark, Receipt, StatusUpdate},
    time::Timestamp,
};

/// Moves the caller's read cursor to a message, to a position, or to the newest entry; never back. Members only.
pub async fn mark_read(
    domain: &Domain,
    caller: &Caller,
    id: RoomId,
    mark: ReadMark,
) -> Result<ReadCursor, Error> {
    if mark.message_id.is_some() && mark.seq.is_some() {
        return Err(Error::invalid("seq", "can't be given together with messageId; leave one out"));
    }
    // Most marks repeat one that was made: those must not wait for the one writer.
    let mut tx = domain.store.read().await?;
    if let Step::Stay(cursor) = look(&mut tx, caller, id, &mark).await? {
        return Ok(cursor);
    }
    drop(tx);
    let mut tx = domain.store.write().await?;
    store::receipts::lock(&mut tx, id.0, caller.user.0).await?;
    let (room, old, new) = match look(&mut tx, caller, id, &mark).await? {
        Step::Stay(cursor) => return Ok(cursor),
        Step::Move { room, old, new } => (room, old, new),
    };
    let now = domain.clock.now();
    store::receipts::advance(&mut tx, id.0, caller.user.0, new, now.to_utc()).await?;
    let newly_read = store::receipts::newly_read(&mut tx, id.0, caller.user.0, old, new).await?;
    let username = members::name_of(&mut tx, caller.user).await?;
    tx.commit().await?;
    let receipt = Receipt { user_id: caller.user, username, room_id: id, read_at: now, last_read_seq: new };
    let to_room = room.member_count <= super::subscriptions::LARGE_ROOM;
    domain.bus.room(id, RoomSignal::Receipt { receipt, to_room });
    if let Some((message, seq)) = newly_read {
        let update = StatusUpdate {
            message_id: MessageId(message),
            room_id: id,
            status: MessageStatus::Read,
            reader_id: caller.user,
            seq,
            timestamp: now,
        };
        domain.bus.room(id, RoomSignal::StatusUpdate(update));
    }
    Ok(ReadCursor { last_read_seq: new, read_at: now })
}

/// What a mark would do.
enum Step {
    /// Nothing: this far had been read.
    Stay(ReadCursor),
    /// The cursor goes from `old` to `new`.
    Move { room: StandingRow, old: i64, new: i64 },
}

async fn look(tx: &mut store::Tx, caller: &Caller, id: RoomId, mark: &ReadMark) -> Result<Step, Error> {
    let room = policy::member(tx, caller, id).await?;
    let wanted = match (mark.message_id, mark.seq) {
        (Some(message), _) => {
            let found = store::messages::by_id(tx, message.0).await?;
            found
                .filter(|row| row.room_id == id.0)
                .ok_or(Error::NotFound("There is no such message in this room; check its id"))?
                .seq
        }
        (None, Some(seq)) => seq.get().min(room.last_seq),
        (None, None) => room.last_seq,
    };
    let cursor = store::receipts::cursor(tx, id.0, caller.user.0).await?;
    Ok(match step(cursor.as_ref(), wanted) {
        Ok(cursor) => Step::Stay(cursor),
        Err((old, new)) => Step::Move { room, old, new },
    })
}

/// Where a cursor stays, or from where to where it moves. One that was never moved by its reader stands at their coming, but has read
/// nothing yet: its first mark counts for everything before.
fn step(cursor: Option<&CursorRow>, wanted: i64) -> Result<ReadCursor, (i64, i64)> {
    match cursor {
        Some(CursorRow { last_read_seq, read_at: Some(at) }) if wanted <= *last_read_seq => {
            Ok(ReadCursor { last_read_seq: *last_read_seq, read_at: Timestamp::from(*at) })
        }
        Some(CursorRow { last_read_seq, read_at: Some(_) }) => Err((*last_read_seq, wanted)),
        Some(CursorRow { last_read_seq, read_at: None }) => Err((0, wanted.max(*last_read_seq))),
        None => Err((0, wanted)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_never_moves_back_and_its_first_mark_counts_for_all_before() {
        let at = crate::clock::Clock::default().now_utc();
        let cursor = |last_read_seq, read| CursorRow { last_read_seq, read_at: read };
        let cases = [
            (Some(cursor(7, None)), 9, Err((0, 9))),
            (Some(cursor(7, None)), 3, Err((0, 7))),
            (Some(cursor(7, Some(at))), 9, Err((7, 9))),
            (Some(cursor(7, Some(at))), 7, Ok(7)),
            (Some(cursor(7, Some(at))), 3, Ok(7)),
            (None, 3, Err((0, 3))),
        ];
        for (cursor, wanted, expected) in cases {
            let went = step(cursor.as_ref(), wanted).map(|cursor| cursor.last_read_seq);
            assert_eq!(went, expected, "{cursor:?} to {wanted}");
        }
    }
}
