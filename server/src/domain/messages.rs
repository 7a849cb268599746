//! Messages: sending them, and a room's history.

use super::{
    Caller, Domain, Error,
    outbox::{Stored, Taken},
    policy, timeline,
    timeline::Readers,
};
use crate::{
    observe::Queue,
    store::{self, timeline::EntryRow},
};
use parlor_protocol::{
    FieldError,
    ids::RoomId,
    messages::{History, HistoryQuery, Message, Pagination},
    page::PageNumber,
    text::{ClientMessageId, MessageContent},
};
use tokio::sync::oneshot;

/// How many messages a page has unless it is asked for more or fewer.
const PAGE: i64 = 50;

/// What is to be said.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Where.
    pub room: RoomId,
    /// What.
    pub content: MessageContent,
    /// The sender's own id of it.
    pub client_message_id: Option<ClientMessageId>,
}

/// A message that is in the log.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The message.
    pub message: Message,
    /// Whether it had been there before.
    pub repeated: bool,
}

/// Sends a message; when this returns, it is on disk.
pub async fn send(domain: &Domain, caller: &Caller, draft: Draft) -> Result<Sent, Error> {
    finish(domain, enqueue(domain, caller, draft)?.stored).await
}

/// Queues a message without waiting, so that several of one sender keep their order; [`finish`] waits for it.
pub fn enqueue(domain: &Domain, caller: &Caller, draft: Draft) -> Result<Taken, Error> {
    let taken = domain.outbox.push(caller.user, draft)?;
    domain.metrics.queued(Queue::Outbox, 1);
    Ok(taken)
}

/// Waits until a queued message is on disk, or refused.
pub async fn finish(
    domain: &Domain,
    stored: oneshot::Receiver<Result<Stored, Error>>,
) -> Result<Sent, Error> {
    let stored = stored.await.map_err(|_| Error::Unavailable)??;
    if stored.repeated {
        let mut tx = domain.store.read().await?;
        let readers = Readers::of(&mut tx, RoomId(stored.row.room_id)).await?;
        return Ok(Sent { message: timeline::message(stored.row, &readers)?, repeated: true });
    }
    Ok(Sent { message: timeline::message(stored.row, &Readers::default())?, repeated: false })
}

/// A part of a room's history. Members only.
pub async fn history(
    domain: &Domain,
    caller: &Caller,
    room: RoomId,
    query: HistoryQuery,
) -> Result<History, Error> {
    let places = [
        ("before", query.before.is_some()),
        ("after", query.after.is_some()),
        ("page", query.page.is_some()),
    ];
    let given: Vec<_> = places.into_iter().filter(|(_, is_given)| *is_given).collect();
    if given.len() > 1 {
        let why = "can't be given together with another of before, after and page; give one of them";
        return Err(Error::Invalid(
            given.into_iter().map(|(field, _)| FieldError::new(field, why)).collect(),
        ));
    }
    let limit = query.limit.map_or(PAGE, |limit| i64::from(limit.get()));
    let mut tx = domain.store.snapshot().await?;
    let found = policy::member(&mut tx, caller, room).await?;
    let page = query.page.map_or(1, PageNumber::get);
    let by_position = query.before.is_some() || query.after.is_some();
    // One more than asked for tells whether there are more in that direction.
    let (mut rows, direction) = if let Some(after) = query.after {
        (store::messages::after(&mut tx, room.0, after.get(), limit + 1).await?, Direction::Newer)
    } else if let Some(before) = query.before {
        (store::messages::before(&mut tx, room.0, before.get(), limit + 1).await?, Direction::Older)
    } else {
        let offset = (page - 1).saturating_mul(limit);
        (store::messages::page(&mut tx, room.0, offset, limit + 1).await?, Direction::Older)
    };
    let more = i64::try_from(rows.len()).is_ok_and(|count| count > limit);
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    if direction == Direction::Older {
        rows.reverse();
    }
    let (has_older, has_newer) = match direction {
        Direction::Older if by_position => (more, beyond(&mut tx, room, rows.last(), query.before).await?),
        Direction::Older => (more, page > 1 && found.message_count > 0),
        Direction::Newer => (preceded(&mut tx, room, rows.first(), query.after).await?, more),
    };
    let readers = Readers::of(&mut tx, room).await?;
    // Where there are no rows to go on from, one goes on from the position that was asked for.
    let oldest = rows.first().map(|row| row.seq);
    let oldest = oldest.or(query.after.map(|after| after.get().min(found.last_seq) + 1));
    let newest = rows.last().map(|row| row.seq);
    let newest = newest.or(query.before.map(|before| (before.get() - 1).max(0)));
    let pagination = Pagination {
        current_page: (!by_position).then_some(page),
        total_pages: found.message_count.div_euclid(limit) + i64::from(found.message_count % limit != 0),
        total_messages: found.message_count,
        has_next_page: has_older,
        has_prev_page: has_newer,
        next_before: oldest.filter(|_| has_older),
        next_after: newest.filter(|_| has_newer),
    };
    let pagination = Pagination { total_pages: pagination.total_pages.max(1), ..pagination };
    let messages = rows.into_iter().map(|row| timeline::message(row, &readers)).collect::<Result<_, _>>()?;
    Ok(History { messages, pagination })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Older,
    Newer,
}

/// Whether messages stand after the newest of `rows` (or, when there are none, at or after the position asked for).
async fn beyond(
    tx: &mut store::Tx,
    room: RoomId,
    newest: Option<&EntryRow>,
    before: Option<parlor_protocol::page::Position>,
) -> Result<bool, Error> {
    let after = newest.map_or(before.map_or(0, |before| before.get().saturating_sub(1)), |row| row.seq);
    Ok(!store::messages::after(tx, room.0, after, 1).await?.is_empty())
}

/// Whether messages stand before the oldest of `rows` (or, when there are none, at or before the position asked for).
async fn preceded(
    tx: &mut store::Tx,
    room: RoomId,
    oldest: Option<&EntryRow>,
    after: Option<parlor_protocol::page::Position>,
) -> Result<bool, Error> {
    let before = oldest.map_or(after.map_or(0, |after| after.get().saturating_add(1)), |row| row.seq);
    Ok(!store::messages::before(tx, room.0, before, 1).await?.is_empty())
}
