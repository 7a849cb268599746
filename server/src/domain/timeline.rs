//! A room's timeline: reading it, and what its rows mean.

use super::{Caller, Domain, Error, policy};
use crate::store::{
    self, receipts,
    timeline::{EntryRow, Kind},
};
use parlor_protocol::{
    ids::{Epoch, MessageId, RoomId, UserId},
    messages::{Message, MessageStatus},
    page::Position,
    text::Username,
    time::Timestamp,
    timeline::{Happening, Timeline, TimelineEvent, TimelineQuery, Who},
    users::UserSummary,
};
use uuid::Uuid;

/// How many entries a page has unless it is asked for more or fewer.
const PAGE: i64 = 100;

/// Who has read how far: enough of a room's cursors to tell a message's status.
#[derive(Clone, Debug, Default)]
pub struct Readers(Vec<(Uuid, i64)>);

impl Readers {
    /// The two cursors of `room` that are furthest on: one of them is not the author's.
    pub async fn of(tx: &mut store::Tx, room: RoomId) -> Result<Self, Error> {
        Ok(Self(receipts::top_readers(tx, room.0).await?))
    }

    fn status(&self, author: Uuid, seq: i64) -> MessageStatus {
        let read = self.0.iter().any(|(reader, last_read)| *reader != author && *last_read >= seq);
        if read { MessageStatus::Read } else { MessageStatus::Delivered }
    }
}

/// A part of a room's timeline. Members only.
pub async fn list(
    domain: &Domain,
    caller: &Caller,
    room: RoomId,
    query: TimelineQuery,
) -> Result<Timeline, Error> {
    let mut tx = domain.store.snapshot().await?;
    let found = policy::member(&mut tx, caller, room).await?;
    let after = query.after.map_or(0, Position::get);
    let limit = query.limit.map_or(PAGE, |limit| i64::from(limit.get()));
    let events = read(&mut tx, room, after, limit).await?;
    let last = events.last().map_or(after, |event| event.seq);
    Ok(Timeline {
        events,
        last_seq: found.last_seq,
        epoch: Epoch(domain.store.epoch()),
        has_more: last < found.last_seq,
    })
}

/// At most `limit` entries of `room` after `after`, oldest first. For those who show it: nobody's right to see it is checked.
pub async fn after(
    domain: &Domain,
    room: RoomId,
    after: i64,
    limit: i64,
) -> Result<Vec<TimelineEvent>, Error> {
    read(&mut domain.store.read().await?, room, after, limit).await
}

/// [`after`] within a transaction.
pub(super) async fn read(
    tx: &mut store::Tx,
    room: RoomId,
    after: i64,
    limit: i64,
) -> Result<Vec<TimelineEvent>, Error> {
    let rows = store::timeline::after(tx, room.0, after, limit).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let readers = Readers::of(tx, room).await?;
    rows.into_iter().map(|row| event(row, &readers)).collect()
}

/// What a row of the log means.
pub fn event(row: EntryRow, readers: &Readers) -> Result<TimelineEvent, Error> {
    let (seq, room_id, timestamp) = (row.seq, RoomId(row.room_id), Timestamp::from(row.created_at));
    let happening = match Kind::of(row.kind) {
        Some(Kind::Message) => Happening::Message { message: Box::new(message(row, readers)?) },
        Some(Kind::MemberJoined) => Happening::MemberJoined(who(row)?),
        Some(Kind::MemberLeft) => Happening::MemberLeft(who(row)?),
        Some(Kind::RoomCreated) => Happening::RoomCreated { room: Box::new(snapshot(&row)?) },
        Some(Kind::RoomUpdated) => Happening::RoomUpdated { room: Box::new(snapshot(&row)?) },
        None => return Err(Error::Defect(format!("an entry of the unknown kind {}", row.kind))),
    };
    Ok(TimelineEvent { seq, room_id, timestamp, happening })
}

/// A row of the log that is a message.
pub fn message(row: EntryRow, readers: &Readers) -> Result<Message, Error> {
    let status = readers.status(row.user_id, row.seq);
    let username = username(&row.username)?;
    let created_at = Timestamp::from(row.created_at);
    let client_message_id = match row.client_message_id.map(TryInto::try_into) {
        None => None,
        Some(Ok(id)) => Some(id),
        Some(Err(refusal)) => return Err(Error::Defect(format!("a stored client message id {refusal}"))),
    };
    Ok(Message {
        id: MessageId(row.id),
        room_id: RoomId(row.room_id),
        user_id: UserId(row.user_id),
        username: username.clone(),
        content: row.content.unwrap_or_default(),
        status,
        seq: row.seq,
        client_message_id,
        created_at,
        updated_at: created_at,
        timestamp: created_at,
        sender: UserSummary { id: UserId(row.user_id), username },
    })
}

/// A stored username.
pub fn username(stored: &str) -> Result<Username, Error> {
    stored.parse().map_err(|refusal| Error::Defect(format!("a stored username {refusal}")))
}

fn who(row: EntryRow) -> Result<Who, Error> {
    Ok(Who { user_id: UserId(row.user_id), username: username(&row.username)? })
}

fn snapshot(row: &EntryRow) -> Result<parlor_protocol::rooms::Room, Error> {
    serde_json::from_str(row.content.as_deref().unwrap_or_default())
        .map_err(|error| Error::Defect(format!("a stored room does not parse: {error}")))
}
