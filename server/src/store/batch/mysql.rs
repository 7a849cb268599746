//! A batch on MySQL and MariaDB: the rows come as one JSON array, as the servers have no arrays of their own.

use super::{
    super::{
        Result,
        link::{Link, ask},
        positions::sent,
        sql::told,
    },
    Asked, Counted, Growth, StandingRow, asked_rows, entry_rows, growth_rows, json, standing,
};
use chrono::{DateTime, Utc};
use sqlx::MySql;
use std::collections::BTreeSet;
use uuid::Uuid;

/// The rows lead the join and come sorted, so that two batches lock their rooms in one order. The index is named because a table of few
/// rooms would be read as a whole, and whoever reads a row locks it.
const LOCK: &str = "SELECT r.id FROM JSON_TABLE(?, '$[*]' COLUMNS (room CHAR(32) PATH '$')) q
    STRAIGHT_JOIN rooms r FORCE INDEX (PRIMARY) ON r.id = UNHEX(q.room) FOR UPDATE";

const STANDING: &str = standing!(
    "(SELECT n, UNHEX(room) AS room, UNHEX(author) AS author, ckey FROM JSON_TABLE(?, '$[*]' COLUMNS (
        n FOR ORDINALITY, room CHAR(32) PATH '$[0]', author CHAR(32) PATH '$[1]',
        ckey VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PATH '$[2]')) t)",
    sent!(mysql, "q.room", "q.author", "")
);

const INSERT: &str =
    "INSERT INTO entries (room_id, seq, kind, id, user_id, client_message_id, content, created_at,
        message_no, sent_no)
    SELECT UNHEX(room), seq, kind, UNHEX(id), UNHEX(author), ckey, content, at, message_no, sent_no
    FROM JSON_TABLE(?, '$[*]' COLUMNS (
        room CHAR(32) PATH '$[0]', seq BIGINT PATH '$[1]', kind BIGINT PATH '$[2]', id CHAR(32) PATH '$[3]',
        author CHAR(32) PATH '$[4]', ckey VARCHAR(64) CHARACTER SET utf8mb4 PATH '$[5]',
        content TEXT CHARACTER SET utf8mb4 PATH '$[6]', at VARCHAR(26) PATH '$[7]',
        message_no BIGINT PATH '$[8]', sent_no BIGINT PATH '$[9]')) t";

const UPDATE: &str = "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (
        room CHAR(32) PATH '$[0]', entries BIGINT PATH '$[1]', messages BIGINT PATH '$[2]', at VARCHAR(26) PATH '$[3]')) g
    STRAIGHT_JOIN rooms r FORCE INDEX (PRIMARY) ON r.id = UNHEX(g.room)
    SET r.last_seq = r.last_seq + g.entries, r.message_count = r.message_count + g.messages, r.last_entry_at = g.at";

pub(super) async fn begin(link: &mut Link<MySql>, asked: &[Asked]) -> Result<Vec<StandingRow>> {
    let rooms: BTreeSet<Uuid> = asked.iter().map(|asked| asked.room).collect();
    let rooms = json(rooms.iter().map(|room| room.simple()))?;
    ask!(link, sqlx::query(told(LOCK)).bind(rooms), execute)?;
    let rows = asked_rows(asked)?;
    ask!(link, sqlx::query_as(told(STANDING)).bind(rows), fetch_all)
}

pub(super) async fn write(link: &mut Link<MySql>, entries: &[Counted<'_>], growths: &[Growth]) -> Result<()> {
    let (entries, growths) = (entry_rows(entries, time)?, growth_rows(growths, time)?);
    ask!(link, sqlx::query(told(INSERT)).bind(entries), execute)?;
    ask!(link, sqlx::query(told(UPDATE)).bind(growths), execute).map(drop)
}

/// As the server writes a `DATETIME(6)`.
fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S%.6f").to_string()
}
