//! Read cursors: up to where who has read. A cursor outlives the membership and never moves back.

use super::{
    Result, Tx,
    positions::Messages,
    sql::{Sql, sql},
};
use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

/// A read cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct CursorRow {
    /// Up to where.
    pub last_read_seq: i64,
    /// When; `None` if it only marks where the membership began, and nothing has been read.
    pub read_at: Option<DateTime<Utc>>,
}

/// The user's cursor.
pub async fn cursor(tx: &mut Tx, room: Uuid, user: Uuid) -> Result<Option<CursorRow>> {
    const SELECT: Sql = sql!("SELECT last_read_seq, read_at FROM cursors WHERE room_id = ? AND user_id = ?");
    tx.optional(SELECT, (room, user)).await
}

/// Keeps the user's cursor for whoever else moves it, until the transaction ends.
pub async fn lock(tx: &mut Tx, room: Uuid, user: Uuid) -> Result<()> {
    const LOCK: Sql = sql! {
        sqlite: "",
        postgres: "SELECT last_read_seq FROM cursors WHERE room_id = ? AND user_id = ? FOR NO KEY UPDATE",
        mysql: "SELECT last_read_seq FROM cursors WHERE room_id = ? AND user_id = ? FOR UPDATE",
    };
    tx.lock(LOCK, (room, user)).await
}

/// Sets a first cursor; one that is there stays as it is.
pub async fn begin(tx: &mut Tx, room: Uuid, user: Uuid, seq: i64) -> Result<()> {
    macro_rules! insert {
        () => {
            "INSERT INTO cursors (room_id, user_id, last_read_seq, others_read, is_moved, read_at)
            VALUES (?, ?, ?, ?, false, NULL) "
        };
    }
    const INSERT: Sql = sql! {
        sqlite: concat!(insert!(), "ON CONFLICT (room_id, user_id) DO NOTHING"),
        postgres: concat!(insert!(), "ON CONFLICT (room_id, user_id) DO NOTHING"),
        mysql: concat!(insert!(), "ON DUPLICATE KEY UPDATE last_read_seq = last_read_seq"),
    };
    let others_read = Messages { room, but: user }.up_to(tx, seq).await?;
    tx.run(INSERT, (room, user, seq, others_read)).await.map(drop)
}

/// Moves the cursor on, and marks it as read; never back.
pub async fn advance(tx: &mut Tx, room: Uuid, user: Uuid, seq: i64, at: DateTime<Utc>) -> Result<()> {
    macro_rules! insert {
        () => {
            "INSERT INTO cursors (room_id, user_id, last_read_seq, others_read, is_moved, read_at)
            VALUES (?, ?, ?, ?, true, ?) "
        };
    }
    macro_rules! upsert {
        ($greatest:literal) => {
            concat!(
                insert!(),
                "ON CONFLICT (room_id, user_id) DO UPDATE SET is_moved = true, read_at = excluded.read_at, last_read_seq = ",
                $greatest,
                "(excluded.last_read_seq, cursors.last_read_seq), others_read = ",
                $greatest,
                "(excluded.others_read, cursors.others_read)
                WHERE excluded.last_read_seq > cursors.last_read_seq OR cursors.read_at IS NULL"
            )
        };
    }
    const UPSERT: Sql = sql! {
        sqlite: upsert!("MAX"),
        postgres: upsert!("GREATEST"),
        // In this order: the first assignment has to see the old seq.
        mysql: concat!(
            insert!(),
            "ON DUPLICATE KEY UPDATE
            read_at = IF(VALUES(last_read_seq) > last_read_seq OR read_at IS NULL, VALUES(read_at), read_at),
            is_moved = true, others_read = GREATEST(VALUES(others_read), others_read),
            last_read_seq = GREATEST(VALUES(last_read_seq), last_read_seq)"
        ),
    };
    let others_read = Messages { room, but: user }.up_to(tx, seq).await?;
    tx.run(UPSERT, (room, user, seq, others_read, at)).await.map(drop)
}

/// So many entries are looked through for a message; one that is farther back is looked for by halving.
const NEAR: i64 = 50;

/// The newest message of others in `(old, new]` that nobody but its author and this reader had read: its id and seq.
pub async fn newly_read(
    tx: &mut Tx,
    room: Uuid,
    reader: Uuid,
    old: i64,
    new: i64,
) -> Result<Option<(Uuid, i64)>> {
    const OTHERS: Sql = sql!(
        "SELECT user_id, last_read_seq FROM cursors
        WHERE room_id = ? AND is_moved = true AND user_id <> ? ORDER BY last_read_seq DESC LIMIT 2"
    );
    const BY_ONE: Sql = sql!(
        "SELECT id, seq FROM entries WHERE room_id = ? AND seq > ? AND seq <= ? AND kind = 1 AND user_id = ?
        ORDER BY seq DESC LIMIT 1"
    );
    let others: Vec<(Uuid, i64)> = tx.all(OTHERS, (room, reader)).await?;
    let furthest = others.first().map_or(0, |(_, seq)| *seq);
    let newest = newest_of_others(tx, room, reader, old.max(furthest), new).await?;
    match (newest, others.first()) {
        (None, Some((author, seq))) => {
            // Up to the furthest cursor only its owner's own messages can still be unread.
            let second = others.get(1).map_or(0, |(_, seq)| *seq);
            tx.optional(BY_ONE, (room, old.max(second), new.min(*seq), *author)).await
        }
        (newest, _) => Ok(newest),
    }
}

/// The newest message in `(old, new]` that is not by this user: its id and seq.
async fn newest_of_others(
    tx: &mut Tx,
    room: Uuid,
    user: Uuid,
    old: i64,
    new: i64,
) -> Result<Option<(Uuid, i64)>> {
    const SELECT: Sql = sql!(
        "SELECT id, seq FROM entries WHERE room_id = ? AND seq > ? AND seq <= ? AND kind = 1 AND user_id <> ?
        ORDER BY seq DESC LIMIT 1"
    );
    let near = old.max(new.saturating_sub(NEAR));
    let found = tx.optional(SELECT, (room, near, new, user)).await?;
    if found.is_some() || near == old {
        return Ok(found);
    }
    let others = Messages { room, but: user };
    let count = others.up_to(tx, new).await?;
    if count == 0 {
        return Ok(None);
    }
    let seq = others.seq_of(tx, count, new, count).await?;
    tx.optional(SELECT, (room, old.max(seq - 1), seq, user)).await
}

/// The two who have read furthest. A message is read if one of them is not its author and has got to its seq.
pub async fn top_readers(tx: &mut Tx, room: Uuid) -> Result<Vec<(Uuid, i64)>> {
    const SELECT: Sql = sql!(
        "SELECT user_id, last_read_seq FROM cursors WHERE room_id = ? AND is_moved = true
        ORDER BY last_read_seq DESC LIMIT 2"
    );
    tx.all(SELECT, (room,)).await
}
