//! What is brought from elsewhere as a whole: many entries in a statement, with counts that whoever brings them has made.

use super::{
    Error, Result, Tx,
    sql::{Sql, sql},
    timeline::NewEntry,
    tx::Any,
};
use chrono::SecondsFormat;
use uuid::Uuid;

/// An entry with its place among the room's messages, and among its user's there.
#[derive(Clone, Debug)]
pub struct PlacedEntry {
    /// The entry.
    pub entry: NewEntry,
    /// How many messages the room has up to it.
    pub message_no: i64,
    /// How many of them are by the entry's user.
    pub sent_no: i64,
}

/// Whether nobody has an account yet; then there is nothing else either.
pub async fn is_empty(tx: &mut Tx) -> Result<bool> {
    const ANY: Sql = sql!("SELECT id FROM users WHERE id >= ? LIMIT 1");
    Ok(tx.optional::<(Uuid,)>(ANY, (Uuid::nil(),)).await?.is_none())
}

/// Writes entries. The rooms' own counts have to be made to fit in the same transaction.
pub async fn insert_entries(tx: &mut Tx, entries: &[PlacedEntry]) -> Result<()> {
    macro_rules! insert {
        () => {
            "INSERT INTO entries (room_id, seq, kind, id, user_id, client_message_id, content, created_at, message_no, sent_no) "
        };
    }
    const INSERT: Sql = sql! {
        sqlite: concat!(
            insert!(),
            "SELECT unhex(value ->> 0), value ->> 1, value ->> 2, unhex(value ->> 3), unhex(value ->> 4), value ->> 5, value ->> 6,
                value ->> 7, value ->> 8, value ->> 9
            FROM json_each(?)"
        ),
        postgres: concat!(
            insert!(),
            "SELECT (value ->> 0)::uuid, (value ->> 1)::bigint, (value ->> 2)::bigint, (value ->> 3)::uuid, (value ->> 4)::uuid,
                value ->> 5, value ->> 6, (value ->> 7)::timestamptz, (value ->> 8)::bigint, (value ->> 9)::bigint
            FROM json_array_elements(?::json)"
        ),
        mysql: concat!(
            insert!(),
            "SELECT UNHEX(room), seq, kind, UNHEX(id), UNHEX(author), ckey, content, at, message_no, sent_no
            FROM JSON_TABLE(?, '$[*]' COLUMNS (
                room CHAR(32) PATH '$[0]', seq BIGINT PATH '$[1]', kind BIGINT PATH '$[2]', id CHAR(32) PATH '$[3]',
                author CHAR(32) PATH '$[4]', ckey VARCHAR(64) CHARACTER SET utf8mb4 PATH '$[5]',
                content TEXT CHARACTER SET utf8mb4 PATH '$[6]', at VARCHAR(26) PATH '$[7]',
                message_no BIGINT PATH '$[8]', sent_no BIGINT PATH '$[9]')) t"
        ),
    };
    if entries.is_empty() {
        return Ok(());
    }
    let is_mysql = matches!(tx.0, Any::MySql(_));
    let rows = entries.iter().map(|PlacedEntry { entry, message_no, sent_no }| {
        let (room, id, user) = (entry.room_id.simple(), entry.id.simple(), entry.user_id.simple());
        // As the driver writes a time that is bound.
        let at = if is_mysql {
            entry.created_at.format("%Y-%m-%d %H:%M:%S%.6f").to_string()
        } else {
            entry.created_at.to_rfc3339_opts(SecondsFormat::AutoSi, false)
        };
        let (key, content) = (&entry.client_message_id, &entry.content);
        (room, entry.seq, entry.kind, id, user, key, content, at, message_no, sent_no)
    });
    let rows = serde_json::to_string(&rows.collect::<Vec<_>>());
    let rows = rows.map_err(|error| Error::Database(sqlx::Error::Encode(error.into())))?;
    tx.run(INSERT, (rows,)).await.map(drop)
}

/// The highest cost of the original server's password hashes that were brought here; `None` where there never were any.
pub async fn original_cost(tx: &mut Tx) -> Result<Option<u32>> {
    const SELECT: Sql = sql!("SELECT value FROM meta WHERE name = 'original_cost'");
    let kept: Option<(String,)> = tx.optional(SELECT, ()).await?;
    Ok(kept.and_then(|(cost,)| cost.parse().ok()))
}

/// Keeps that cost.
pub async fn keep_original_cost(tx: &mut Tx, cost: u32) -> Result<()> {
    const INSERT: Sql = sql!("INSERT INTO meta (name, value) VALUES ('original_cost', ?)");
    tx.run(INSERT, (cost.to_string(),)).await.map(drop)
}
