//! A batch on SQLite: each step is one text of several statements, whose parameters are taken from left to right. The rows come as one
//! JSON array, so that the text stays the same whatever their number.

use super::{
    super::{Result, lane::Held, positions::sent, sql::told},
    Asked, Counted, Growth, StandingRow, asked_rows, entry_rows, growth_rows, standing,
};
use chrono::{DateTime, SecondsFormat, Utc};

const BEGIN: &str = concat!(
    "BEGIN IMMEDIATE; ",
    standing!(
        "(SELECT key AS n, unhex(value ->> 0) AS room, unhex(value ->> 1) AS author, value ->> 2 AS ckey FROM json_each(?))",
        sent!(sqlite, "q.room", "q.author", "")
    )
);

const COMMIT: &str = "INSERT INTO entries (room_id, seq, kind, id, user_id, client_message_id, content, created_at,
        message_no, sent_no)
    SELECT unhex(value ->> 0), value ->> 1, value ->> 2, unhex(value ->> 3), unhex(value ->> 4), value ->> 5, value ->> 6,
        value ->> 7, value ->> 8, value ->> 9
    FROM json_each(?);
    UPDATE rooms SET last_seq = last_seq + g.entries, message_count = message_count + g.messages, last_entry_at = g.at
    FROM (
        SELECT unhex(value ->> 0) AS room, value ->> 1 AS entries, value ->> 2 AS messages, value ->> 3 AS at
        FROM json_each(?)
    ) g
    WHERE rooms.id = g.room;
    COMMIT";

pub(super) async fn begin(held: &mut Held, asked: &[Asked]) -> Result<Vec<StandingRow>> {
    let rows = asked_rows(asked)?;
    held.begins();
    // All of it: to fetch one row would stop the text at that row.
    let result = sqlx::query_as(told(BEGIN)).bind(rows).fetch_all(held.lend()?).await;
    held.seen(result)
}

pub(super) async fn commit(held: &mut Held, entries: &[Counted<'_>], growths: &[Growth]) -> Result<()> {
    let (entries, growths) = (entry_rows(entries, time)?, growth_rows(growths, time)?);
    let result = sqlx::query(told(COMMIT)).bind(entries).bind(growths).execute(held.lend()?).await;
    held.seen(result)?;
    held.committed();
    Ok(())
}

/// As the driver writes a time that is bound, so that all times in a column compare as text.
fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, false)
}
