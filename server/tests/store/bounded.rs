//! What is read of a room does not grow with the room: counted by the servers in rows. (SQLite's steps are counted beside the store.)

use crate::{
    fresh::{Fresh, Kind},
    people::*,
};
use parlor_server::store::{messages, receipts, rooms};
use sqlx::{Connection, MySqlConnection, PgConnection};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// 100,000 messages of Ada's that Bob has not read, and many cursors of people who came later and never read.
async fn large_room(fresh: &Fresh) {
    let numbers = match fresh.kind {
        Kind::Postgres => "FROM rooms r, generate_series(4, 100003) n",
        _ => "FROM rooms r, (SELECT seq AS n FROM seq_4_to_100003) s",
    };
    let id = match fresh.kind {
        Kind::Postgres => "gen_random_uuid()",
        _ => "UNHEX(LPAD(HEX(n), 32, '0'))",
    };
    fresh
        .execute(&format!(
            "INSERT INTO entries (room_id, seq, kind, id, user_id, client_message_id, content, created_at, message_no, sent_no)
            SELECT r.id, n, 1, {id}, r.created_by, NULL, 'text', r.created_at, n - 3, n - 3 {numbers}"
        ))
        .await;
    fresh.execute("UPDATE rooms SET last_seq = 100003, message_count = 100000").await;
    let name = if fresh.kind == Kind::Postgres { "'user' || n" } else { "CONCAT('user', n)" };
    fresh
        .execute(&format!(
            "INSERT INTO users (id, username, username_key, email, email_key, password_hash, created_at, updated_at)
            SELECT id, name, name, name, name, 'x', at, at
            FROM (SELECT {id} AS id, {name} AS name, n, r.created_at AS at {numbers}) t WHERE n < 20000"
        ))
        .await;
    fresh
        .execute(
            "INSERT INTO cursors (room_id, user_id, last_read_seq, others_read, is_moved, read_at)
            SELECT r.id, u.id, 100003, 0, false, NULL FROM rooms r, users u WHERE u.password_hash = 'x'",
        )
        .await;
    fresh
        .execute(if fresh.kind == Kind::Postgres { "ANALYZE" } else { "ANALYZE TABLE entries, cursors" })
        .await;
}

async fn body(fresh: Arc<Fresh>) {
    let store = fresh.open().await;
    let mut tx = store.write().await.unwrap();
    let (ada, bob) = (user(&mut tx, "ada").await, user(&mut tx, "bob").await);
    let hall = room(&mut tx, ada, "Hall", false).await;
    join(&mut tx, hall, bob, 0).await;
    tx.commit().await.unwrap();
    store.close().await;
    large_room(&fresh).await;
    let before = settled(&fresh).await;

    let store = fresh.open().await;
    let mut tx = store.snapshot().await.unwrap();
    let unread = |rows: Vec<rooms::RoomRow>| rows[0].unread_count;
    assert_eq!(unread(rooms::list(&mut tx, bob, None, None, 9).await.unwrap()), Some(100_000));
    assert_eq!(unread(rooms::list(&mut tx, ada, None, None, 9).await.unwrap()), Some(0));
    assert_eq!(rooms::of_user(&mut tx, bob, bob).await.unwrap()[0].room.unread_count, Some(100_000));
    assert_eq!(messages::page(&mut tx, hall, 99_995, 9).await.unwrap().len(), 5);
    assert_eq!(messages::page(&mut tx, hall, i64::MAX, 9).await.unwrap(), []);
    assert_eq!(receipts::newly_read(&mut tx, hall, ada, 0, 100_003).await.unwrap(), None, "all her own");
    assert_eq!(receipts::newly_read(&mut tx, hall, bob, 0, 100_003).await.unwrap().unwrap().1, 100_003);
    assert_eq!(receipts::top_readers(&mut tx, hall).await.unwrap(), []);
    drop(tx);
    store.close().await;

    let read = settled(&fresh).await - before;
    assert!((5..500).contains(&read), "{read} rows were read");
}

/// The count, when it stands still: a connection tells its own at its end, or a second later.
async fn settled(fresh: &Fresh) -> i64 {
    let (mut count, mut since) = (rows_read(fresh).await, Instant::now());
    while since.elapsed() < Duration::from_millis(1500) {
        sleep(Duration::from_millis(100)).await;
        let now = rows_read(fresh).await;
        if now != count {
            (count, since) = (now, Instant::now());
        }
    }
    count
}

/// How many rows of the log and of the cursors have been read so far.
async fn rows_read(fresh: &Fresh) -> i64 {
    if fresh.kind == Kind::Postgres {
        const COUNT: &str = "SELECT SUM(COALESCE(idx_tup_fetch, 0) + seq_tup_read + (
                SELECT SUM(i.idx_tup_read) FROM pg_stat_user_indexes i WHERE i.relid = t.relid))::bigint
            FROM pg_stat_user_tables t WHERE relname IN ('entries', 'cursors')";
        let mut connection = PgConnection::connect(&fresh.url).await.unwrap();
        sqlx::query_scalar(COUNT).fetch_one(&mut connection).await.unwrap()
    } else {
        const COUNT: &str =
            "SELECT CAST(COALESCE(SUM(rows_read), 0) AS SIGNED) FROM information_schema.table_statistics
            WHERE table_schema = DATABASE() AND table_name IN ('entries', 'cursors')";
        let mut connection = MySqlConnection::connect(&fresh.url).await.unwrap();
        sqlx::query("SET GLOBAL userstat = 1").execute(&mut connection).await.unwrap();
        sqlx::query_scalar(COUNT).fetch_one(&mut connection).await.unwrap()
    }
}

#[tokio::test]
async fn a_large_room_costs_postgres_as_much_as_a_small_one() {
    Fresh::make(Kind::Postgres).await.run(body).await;
}

#[tokio::test]
async fn a_large_room_costs_mariadb_as_much_as_a_small_one() {
    Fresh::make(Kind::MySql).await.run(body).await;
}
