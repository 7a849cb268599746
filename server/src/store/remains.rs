//! What is left of deleted rooms: cleared away piece by piece, so that nobody waits long for the writer. A room's own row goes last, so
//! what was begun goes on after a crash.

use super::{
    Result, Tx,
    sql::{Params, Row, Sql, sql},
};
use uuid::Uuid;

/// A deleted room of which something is left.
pub async fn next(tx: &mut Tx) -> Result<Option<Uuid>> {
    const SELECT: Sql =
        sql!("SELECT id FROM rooms WHERE deleted_at IS NOT NULL ORDER BY deleted_at, id LIMIT 1");
    Ok(tx.optional::<(Uuid,)>(SELECT, ()).await?.map(|(id,)| id))
}

/// The statements for a table whose rows in a room are in the order of a key: find the last row of a piece; delete up to it; delete all.
macro_rules! pieces {
    ($table:literal, $key:literal) => {
        [
            sql!(concat!(
                "SELECT ",
                $key,
                " FROM ",
                $table,
                " WHERE room_id = ? ORDER BY ",
                $key,
                " LIMIT 1 OFFSET ?"
            )),
            sql!(concat!("DELETE FROM ", $table, " WHERE room_id = ? AND ", $key, " <= ?")),
            sql!(concat!("DELETE FROM ", $table, " WHERE room_id = ?")),
        ]
    };
}

/// Deletes at most so many rows of one deleted room; `false` if there is none.
pub async fn clear(tx: &mut Tx, at_most: u32) -> Result<bool> {
    // Its invites, of which there are few, go with it.
    const ROOM: Sql = sql!("DELETE FROM rooms WHERE id = ?");
    let Some(room) = next(tx).await? else { return Ok(false) };
    let some_went = piece::<i64>(tx, pieces!("entries", "seq"), room, at_most).await?
        || piece::<Uuid>(tx, pieces!("cursors", "user_id"), room, at_most).await?
        || piece::<Uuid>(tx, pieces!("members", "id"), room, at_most).await?;
    if !some_went {
        tx.run(ROOM, (room,)).await?;
    }
    Ok(true)
}

/// Deletes the first rows of one table; `false` if there were none.
async fn piece<Key>(tx: &mut Tx, [last, some, all]: [Sql; 3], room: Uuid, at_most: u32) -> Result<bool>
where
    (Key,): Row,
    (Uuid, Key): Params,
{
    match tx.optional::<(Key,)>(last, (room, i64::from(at_most.max(1)) - 1)).await? {
        Some((key,)) => tx.run(some, (room, key)).await.map(|_| true),
        None => Ok(tx.run(all, (room,)).await? > 0),
    }
}
