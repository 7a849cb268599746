//! A batch on PostgreSQL: lock, look, then write everything in one statement.

use super::{
    super::{
        Result,
        link::{Link, ask},
        positions::sent,
        sql::told,
    },
    Asked, Counted, Growth, StandingRow, standing,
};
use sqlx::Postgres;
use uuid::Uuid;

/// In the order of ids, so that two batches never wait for each other. It is the lock that the update takes anyway; the statements
/// after it see what was committed before it was granted.
const LOCK: &str = "SELECT id FROM rooms WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE";

const STANDING: &str = standing!(
    "(SELECT room, author, ckey, n FROM unnest($1::uuid[], $2::uuid[], $3::text[]) WITH ORDINALITY AS t (room, author, ckey, n))",
    sent!(postgres, "q.room", "q.author", "9223372036854775807")
);

const WRITE: &str = "WITH written AS (
        INSERT INTO entries (room_id, seq, kind, id, user_id, client_message_id, content, created_at,
        message_no, sent_no)
        SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::uuid[], $5::uuid[], $6::text[], $7::text[],
            $8::timestamptz[], $9::bigint[], $10::bigint[])
    )
    UPDATE rooms r
    SET last_seq = r.last_seq + g.entries, message_count = r.message_count + g.messages, last_entry_at = g.at
    FROM unnest($11::uuid[], $12::bigint[], $13::bigint[], $14::timestamptz[]) AS g (room, entries, messages, at)
    WHERE r.id = g.room";

pub(super) async fn begin(link: &mut Link<Postgres>, asked: &[Asked]) -> Result<Vec<StandingRow>> {
    let rooms: Vec<Uuid> = asked.iter().map(|asked| asked.room).collect();
    let users: Vec<Uuid> = asked.iter().map(|asked| asked.user).collect();
    let keys: Vec<Option<&str>> = asked.iter().map(|asked| asked.client_message_id.as_deref()).collect();
    ask!(link, sqlx::query(told(LOCK)).bind(&rooms), execute)?;
    ask!(link, sqlx::query_as(told(STANDING)).bind(&rooms).bind(users).bind(keys), fetch_all)
}

pub(super) async fn write(
    link: &mut Link<Postgres>,
    entries: &[Counted<'_>],
    growths: &[Growth],
) -> Result<()> {
    let write = sqlx::query(told(WRITE))
        .bind(entries.iter().map(|row| row.entry.room_id).collect::<Vec<_>>())
        .bind(entries.iter().map(|row| row.entry.seq).collect::<Vec<_>>())
        .bind(entries.iter().map(|row| row.entry.kind).collect::<Vec<_>>())
        .bind(entries.iter().map(|row| row.entry.id).collect::<Vec<_>>())
        .bind(entries.iter().map(|row| row.entry.user_id).collect::<Vec<_>>())
        .bind(entries.iter().map(|row| row.entry.client_message_id.as_deref()).collect::<Vec<_>>())
        .bind(entries.iter().map(|row| row.entry.content.as_deref()).collect::<Vec<_>>())
        .bind(entries.iter().map(|row| row.entry.created_at).collect::<Vec<_>>())
        .bind(entries.iter().map(|row| row.message_no).collect::<Vec<_>>())
        .bind(entries.iter().map(|row| row.sent_no).collect::<Vec<_>>())
        .bind(growths.iter().map(|growth| growth.room).collect::<Vec<_>>())
        .bind(growths.iter().map(|growth| growth.entries).collect::<Vec<_>>())
        .bind(growths.iter().map(|growth| growth.messages).collect::<Vec<_>>())
        .bind(growths.iter().map(|growth| growth.at).collect::<Vec<_>>());
    ask!(link, write, execute).map(drop)
}
