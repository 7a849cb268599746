//! The log: whatever changes what a room's members see, numbered without gaps.

use super::{
    Result, Tx, positions,
    sql::{Sql, sql},
};
use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

/// What an entry is; the numbers are in the databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A message.
    Message = 1,
    /// Somebody became a member.
    MemberJoined = 2,
    /// Somebody is a member no more.
    MemberLeft = 3,
    /// The room was made; the content is the room as of then, in JSON.
    RoomCreated = 4,
    /// The room's name or description changed; the content is the room as of then, in JSON.
    RoomUpdated = 5,
}

impl Kind {
    /// As it is kept.
    pub const fn number(self) -> i64 {
        self as i64
    }

    /// What a kept number means; `None` for one of a later version.
    pub fn of(number: i64) -> Option<Self> {
        [Self::Message, Self::MemberJoined, Self::MemberLeft, Self::RoomCreated, Self::RoomUpdated]
            .into_iter()
            .find(|kind| kind.number() == number)
    }
}

/// An entry to be written.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// Where.
    pub room_id: Uuid,
    /// Its number: one above the room's `last_seq`.
    pub seq: i64,
    /// Its kind.
    pub kind: i64,
    /// The id.
    pub id: Uuid,
    /// Whose act it is.
    pub user_id: Uuid,
    /// The sender's own id of a message.
    pub client_message_id: Option<String>,
    /// A message's text, or what the kind says.
    pub content: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct EntryRow {
    /// Where.
    pub room_id: Uuid,
    /// Its number.
    pub seq: i64,
    /// Its kind.
    pub kind: i64,
    /// The id.
    pub id: Uuid,
    /// Whose act it is.
    pub user_id: Uuid,
    /// That user's name, as it is now.
    pub username: String,
    /// The sender's own id of a message.
    pub client_message_id: Option<String>,
    /// A message's text, or what the kind says.
    pub content: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
}

impl From<&EntryRow> for NewEntry {
    fn from(row: &EntryRow) -> Self {
        Self {
            room_id: row.room_id,
            seq: row.seq,
            kind: row.kind,
            id: row.id,
            user_id: row.user_id,
            client_message_id: row.client_message_id.clone(),
            content: row.content.clone(),
            created_at: row.created_at,
        }
    }
}

/// Where a room's log ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Head {
    /// The newest entry's number.
    pub last_seq: i64,
    /// The newest entry's time.
    pub last_entry_at: DateTime<Utc>,
    /// How many members the room has.
    pub member_count: i64,
}

macro_rules! select {
    () => {
        "SELECT e.room_id, e.seq, e.kind, e.id, e.user_id, u.username, e.client_message_id, e.content, e.created_at
        FROM entries e JOIN users u ON u.id = e.user_id "
    };
}
pub(super) use select;

/// Writes an entry; `Duplicate` if its number, its id or the sender's id of it is taken. Advance the room in the same transaction,
/// and before: the entry's own counts follow from the room's.
pub async fn insert(tx: &mut Tx, entry: &NewEntry) -> Result<()> {
    const INSERT: Sql = sql!(
        "INSERT INTO entries (room_id, seq, kind, id, user_id, client_message_id, content, created_at, sent_no, message_no)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, COALESCE((SELECT message_count FROM rooms WHERE id = ?), 0))"
    );
    let NewEntry { room_id, seq, kind, id, user_id, client_message_id, content, created_at } = entry;
    let sent = positions::sent_by(tx, *room_id, *user_id, i64::MAX).await?
        + i64::from(*kind == Kind::Message.number());
    let row = (*room_id, *seq, *kind, *id, *user_id, client_message_id, content, *created_at, sent, *room_id);
    tx.run(INSERT, row).await.map(drop)
}

/// Entries after this number, in order.
pub async fn after(tx: &mut Tx, room: Uuid, after: i64, limit: i64) -> Result<Vec<EntryRow>> {
    const SELECT: Sql = sql!(concat!(select!(), "WHERE e.room_id = ? AND e.seq > ? ORDER BY e.seq LIMIT ?"));
    tx.all(SELECT, (room, after, limit)).await
}

/// Where the room's log ends; `None` if there is no such room.
pub async fn head(tx: &mut Tx, room: Uuid) -> Result<Option<Head>> {
    const SELECT: Sql =
        sql!("SELECT last_seq, last_entry_at, member_count FROM rooms WHERE id = ? AND deleted_at IS NULL");
    tx.optional(SELECT, (room,)).await
}
