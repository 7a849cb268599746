//! Messages: the entries of one kind, by pages and by id. They are written by a [`super::Batch`].

use super::{
    Result, Tx,
    positions::Messages,
    sql::{Sql, sql},
    timeline::{EntryRow, select},
};
use uuid::Uuid;

/// Messages before this number, newest first.
pub async fn before(tx: &mut Tx, room: Uuid, before: i64, limit: i64) -> Result<Vec<EntryRow>> {
    const SELECT: Sql = sql!(concat!(
        select!(),
        "WHERE e.room_id = ? AND e.seq < ? AND e.kind = 1 ORDER BY e.seq DESC LIMIT ?"
    ));
    tx.all(SELECT, (room, before, limit)).await
}

/// Messages after this number, oldest first.
pub async fn after(tx: &mut Tx, room: Uuid, after: i64, limit: i64) -> Result<Vec<EntryRow>> {
    const SELECT: Sql =
        sql!(concat!(select!(), "WHERE e.room_id = ? AND e.seq > ? AND e.kind = 1 ORDER BY e.seq LIMIT ?"));
    tx.all(SELECT, (room, after, limit)).await
}

/// Messages but for the `offset` newest, newest first. In a snapshot, so that the room and its log are of one moment.
pub async fn page(tx: &mut Tx, room: Uuid, offset: i64, limit: i64) -> Result<Vec<EntryRow>> {
    const HEAD: Sql = sql!("SELECT last_seq, message_count FROM rooms WHERE id = ? AND deleted_at IS NULL");
    let Some((last, count)) = tx.optional::<(i64, i64)>(HEAD, (room,)).await? else { return Ok(Vec::new()) };
    let newest = count.saturating_sub(offset);
    if newest <= 0 {
        return Ok(Vec::new());
    }
    let seq = Messages { room, but: Uuid::nil() }.seq_of(tx, newest, last, count).await?;
    before(tx, room, seq.saturating_add(1), limit).await
}

/// The message with this id.
pub async fn by_id(tx: &mut Tx, message: Uuid) -> Result<Option<EntryRow>> {
    const SELECT: Sql = sql!(concat!(select!(), "WHERE e.id = ? AND e.kind = 1"));
    tx.optional(SELECT, (message,)).await
}
