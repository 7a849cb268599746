//! Messages: the entries of one kind, by pages and by id. They are written by a [`super::Batch`].

use super::{
    Result, Tx,
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

/// Messages but for the `offset` newest, newest first.
pub async fn page(tx: &mut Tx, room: Uuid, offset: i64, limit: i64) -> Result<Vec<EntryRow>> {
    const SELECT: Sql =
        sql!(concat!(select!(), "WHERE e.room_id = ? AND e.kind = 1 ORDER BY e.seq DESC LIMIT ? OFFSET ?"));
    tx.all(SELECT, (room, limit, offset)).await
}

/// The message with this id.
pub async fn by_id(tx: &mut Tx, message: Uuid) -> Result<Option<EntryRow>> {
    const SELECT: Sql = sql!(concat!(select!(), "WHERE e.id = ? AND e.kind = 1"));
    tx.optional(SELECT, (message,)).await
}
