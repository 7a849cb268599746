//! Where in a room's log a message stands, by its place among the messages: found by halving, since an entry keeps how many there are
//! up to it.

use super::{
    Result, Tx,
    sql::{Sql, sql},
};
use uuid::Uuid;

/// How many messages a user has sent in a room, by the newest of their entries. The index is named, because a planner that takes the
/// room's whole log instead, in its order, goes through all of it for someone who never wrote. PostgreSQL takes no such word; there
/// only that index has the order asked for.
macro_rules! sent {
    (sqlite, $room:literal, $user:literal, $and:literal) => {
        sent!(@ "INDEXED BY entries_of_user", $room, $user, $and)
    };
    (mysql, $room:literal, $user:literal, $and:literal) => {
        sent!(@ "FORCE INDEX (entries_of_user)", $room, $user, $and)
    };
    (@ $index:literal, $room:literal, $user:literal, $and:literal) => {
        concat!(
            "COALESCE((SELECT e.sent_no FROM entries e ", $index, " WHERE e.room_id = ", $room, " AND e.user_id = ", $user, $and,
            " ORDER BY e.seq DESC LIMIT 1), 0)"
        )
    };
    (postgres, $room:literal, $user:literal, $seq:literal) => {
        concat!(
            "COALESCE((SELECT CASE WHEN e.user_id = ", $user, " THEN e.sent_no END FROM entries e
                WHERE e.room_id = ", $room, " AND (e.user_id, e.seq) <= (", $user, ", ", $seq, ")
                ORDER BY e.user_id DESC, e.seq DESC LIMIT 1), 0)"
        )
    };
}
pub(super) use sent;

/// How many messages the user has sent in the room up to this entry.
pub(super) async fn sent_by(tx: &mut Tx, room: Uuid, user: Uuid, seq: i64) -> Result<i64> {
    // The bound is a parameter and no other row's column: MySQL looks up by an index only what it knows beforehand.
    const SENT: Sql = sql! {
        sqlite: concat!("SELECT ", sent!(sqlite, "?", "?", " AND e.seq <= ?")),
        postgres: concat!("SELECT ", sent!(postgres, "$1", "$2", "$3")),
        mysql: concat!("SELECT ", sent!(mysql, "?", "?", " AND e.seq <= ?")),
    };
    Ok(tx.one::<(i64,)>(SENT, (room, user, seq)).await?.0)
}

/// A room's messages, or those of everybody but one.
#[derive(Clone, Copy)]
pub(super) struct Messages {
    pub(super) room: Uuid,
    /// Whose messages don't count; nobody has the nil id.
    pub(super) but: Uuid,
}

impl Messages {
    /// How many there are up to this entry.
    pub(super) async fn up_to(self, tx: &mut Tx, seq: i64) -> Result<i64> {
        const ALL: Sql = sql!(
            "SELECT COALESCE((SELECT message_no FROM entries WHERE room_id = ? AND seq <= ? ORDER BY seq DESC LIMIT 1), 0)"
        );
        let (all,): (i64,) = tx.one(ALL, (self.room, seq)).await?;
        Ok(all - sent_by(tx, self.room, self.but, seq).await?)
    }

    /// The `seq` of the message with this number, from 1 on; at the entry `last` there are `count`, which is not less.
    pub(super) async fn seq_of(self, tx: &mut Tx, number: i64, last: i64, count: i64) -> Result<i64> {
        let (mut low, mut high) = ((0, 0), (last, count));
        loop {
            // An entry is one message at most, so counts bound the distance from either side.
            let (first, last) = (low.0 + (number - low.1), high.0 - (high.1 - number));
            if first >= last {
                return Ok(last);
            }
            let middle = first + (last - first) / 2;
            let count = self.up_to(tx, middle).await?;
            if count < number {
                low = (middle, count);
            } else {
                high = (middle, count);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Store, StoreSettings, messages, receipts, rooms, sql::sql, tx::Any};
    use sqlx::Executor;
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };
    use uuid::Uuid;

    /// 100,000 messages that Bob has not read, and cursors of 20,000 who came later and never read.
    const LARGE_ROOM: &str = "
        INSERT INTO users (id, username, username_key, email, email_key, password_hash, last_seen_at, created_at, updated_at)
            SELECT CAST(name || '_____________' AS BLOB), name, name, name, name, '', NULL,
            '2025-01-01T00:00:00+00:00', '2025-01-01T00:00:00+00:00' FROM (SELECT 'ada' AS name UNION SELECT 'bob');
        INSERT INTO rooms SELECT zeroblob(16), 'Hall', 'hall', NULL, 0, id, created_at, created_at, 100000, 100000, 2,
            created_at, NULL FROM users WHERE username = 'ada';
        INSERT INTO members SELECT id, zeroblob(16), id, 0, created_at FROM users;
        WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100000)
        INSERT INTO entries SELECT zeroblob(16), n, 1, CAST(printf('%016d', n) AS BLOB), CAST('ada_____________' AS BLOB),
            NULL, 'text', '2025-01-01T00:00:00+00:00', n, n FROM n;
        WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20000)
        INSERT INTO users (id, username, username_key, email, email_key, password_hash, last_seen_at, created_at, updated_at)
            SELECT CAST(printf('%016d', n) AS BLOB), 'guest' || n, 'guest' || n, 'guest' || n, 'guest' || n, '',
            NULL, '2025-01-01T00:00:00+00:00', '2025-01-01T00:00:00+00:00' FROM n;
        INSERT INTO cursors SELECT zeroblob(16), id, 100000, 0, false, NULL FROM users WHERE username LIKE 'guest%'";

    #[tokio::test]
    async fn a_large_room_costs_as_many_steps_as_a_small_one() {
        let folder = tempfile::TempDir::new().unwrap();
        let url = super::super::DatabaseUrl::Sqlite(folder.path().join("parlor.db"));
        let store = Store::open(&StoreSettings { url, accept_data_loss: false }).await.unwrap();
        let mut tx = store.write().await.unwrap();
        let Any::Sqlite(held) = &mut tx.0 else { panic!("another database") };
        held.lend().unwrap().execute(LARGE_ROOM).await.unwrap();
        tx.commit().await.unwrap();

        let mut tx = store.snapshot().await.unwrap();
        let steps = Arc::new(AtomicU64::new(0));
        let Any::Sqlite(held) = &mut tx.0 else { panic!("another database") };
        let counted = Arc::clone(&steps);
        held.lend().unwrap().lock_handle().await.unwrap().set_progress_handler(10, move || {
            counted.fetch_add(10, Ordering::Relaxed);
            true
        });
        let id = |name: &str| Uuid::from_slice(format!("{name}_____________").as_bytes()).unwrap();
        let (ada, bob, hall) = (id("ada"), id("bob"), Uuid::nil());
        let unread = |rows: Vec<rooms::RoomRow>| rows[0].unread_count;
        assert_eq!(unread(rooms::list(&mut tx, bob, None, None, 9).await.unwrap()), Some(100_000));
        assert_eq!(unread(rooms::list(&mut tx, ada, None, None, 9).await.unwrap()), Some(0));
        assert_eq!(rooms::of_user(&mut tx, bob, bob).await.unwrap()[0].room.unread_count, Some(100_000));
        assert_eq!(messages::page(&mut tx, hall, 99_995, 9).await.unwrap().len(), 5);
        assert_eq!(receipts::newly_read(&mut tx, hall, ada, 0, 100_000).await.unwrap(), None, "all her own");
        assert_eq!(receipts::newly_read(&mut tx, hall, bob, 0, 100_000).await.unwrap().unwrap().1, 100_000);
        assert_eq!(receipts::top_readers(&mut tx, hall).await.unwrap(), []);
        let few = steps.load(Ordering::Relaxed);
        // The count is of something: going through the log shows in it.
        let all: (i64,) =
            tx.one(sql!("SELECT COUNT(*) FROM entries WHERE content = 'text'"), ()).await.unwrap();
        assert_eq!(all.0, 100_000);
        assert!(few < 5_000 && steps.load(Ordering::Relaxed) > 100_000, "{few} steps");
        drop(tx);
        store.close().await;
    }
}
