//! The nodes of one database, and who is online at which. SQLite's database has one, which has no need of this.

use super::{
    Result, Tx,
    sql::{Sql, ids, of_ids, sql},
};
use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

/// A node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct NodeRow {
    /// Its id, made with each start.
    pub id: Uuid,
    /// Grows as long as it lives.
    pub beat: i64,
    /// Grows with each change to who is online there.
    pub changes: i64,
}

/// Says that a node lives; it is noted when it was not.
pub async fn beat(tx: &mut Tx, node: Uuid) -> Result<()> {
    macro_rules! insert {
        () => {
            "INSERT INTO nodes (id, beat, changes) VALUES (?, 1, 0) "
        };
    }
    const BEAT: Sql = sql! {
        sqlite: concat!(insert!(), "ON CONFLICT (id) DO UPDATE SET beat = nodes.beat + 1"),
        postgres: concat!(insert!(), "ON CONFLICT (id) DO UPDATE SET beat = nodes.beat + 1"),
        mysql: concat!(insert!(), "ON DUPLICATE KEY UPDATE beat = beat + 1"),
    };
    tx.run(BEAT, (node,)).await.map(drop)
}

/// The nodes that are noted.
pub async fn list(tx: &mut Tx) -> Result<Vec<NodeRow>> {
    const SELECT: Sql = sql!("SELECT id, beat, changes FROM nodes ORDER BY id");
    tx.all(SELECT, ()).await
}

/// Forgets a node, if it has not lived on since this beat, and that anybody is online there.
pub async fn forget(tx: &mut Tx, node: Uuid, beat: i64) -> Result<()> {
    const DELETE: Sql = sql!("DELETE FROM nodes WHERE id = ? AND beat = ?");
    tx.run(DELETE, (node, beat)).await.map(drop)
}

/// Who is online at a node.
pub async fn online(tx: &mut Tx, node: Uuid) -> Result<Vec<Uuid>> {
    const SELECT: Sql = sql!("SELECT user_id FROM online WHERE node_id = ?");
    let rows: Vec<(Uuid,)> = tx.all(SELECT, (node,)).await?;
    Ok(rows.into_iter().map(|(user,)| user).collect())
}

/// Notes who has come to a node that lives, and who has gone; answers its changes since.
pub async fn change(tx: &mut Tx, node: Uuid, came: &[Uuid], gone: &[Uuid]) -> Result<Option<i64>> {
    macro_rules! insert {
        ($ids:literal) => {
            concat!(
                "INSERT INTO online (node_id, user_id) SELECT n.id, u.id FROM users u JOIN nodes n ON n.id = ?
                WHERE u.id ",
                $ids,
                " AND NOT EXISTS (SELECT 1 FROM online o WHERE o.node_id = n.id AND o.user_id = u.id)"
            )
        };
    }
    macro_rules! delete {
        ($ids:literal) => {
            concat!("DELETE FROM online WHERE node_id = ? AND user_id ", $ids)
        };
    }
    const CHANGE: Sql = sql!("UPDATE nodes SET changes = changes + 1 WHERE id = ?");
    const CHANGES: Sql = sql!("SELECT changes FROM nodes WHERE id = ?");
    const INSERT: Sql = of_ids!(insert);
    const DELETE: Sql = of_ids!(delete);
    if tx.run(CHANGE, (node,)).await? == 0 {
        return Ok(None);
    }
    if !came.is_empty() {
        tx.run(INSERT, (node, ids(came))).await?;
    }
    // Whoever has come and gone is gone.
    if !gone.is_empty() {
        tx.run(DELETE, (node, ids(gone))).await?;
    }
    let changes: Option<(i64,)> = tx.optional(CHANGES, (node,)).await?;
    Ok(changes.map(|(changes,)| changes))
}

/// What time it is by the database server's clock; `None` where there is no server.
pub async fn server_time(tx: &mut Tx) -> Result<Option<DateTime<Utc>>> {
    const TIME: Sql = sql! {
        sqlite: "",
        postgres: "SELECT clock_timestamp()",
        mysql: "SELECT UTC_TIMESTAMP(6)",
    };
    if tx.is_sqlite() {
        return Ok(None);
    }
    Ok(tx.optional::<(DateTime<Utc>,)>(TIME, ()).await?.map(|(time,)| time))
}
