//! The deletion of a large room: nobody else waits for it, and a crash in its midst leaves nothing behind.

use parlor_protocol::rooms::Room;
use parlor_tests::{
    scale::{scale, server, shown},
    within,
};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{path::Path, time::Duration};
use tokio::time::Instant;

/// Until all of it is gone.
const CLEARED: Duration = Duration::from_mins(2);
/// A part of the messages, small enough that the server waits but a moment for the writer.
const PART: i64 = 5_000;

#[tokio::test(flavor = "multi_thread")]
async fn others_send_as_ever_while_a_large_room_is_deleted_and_a_kill_leaves_nothing_behind() {
    let messages = scale(100_000, 200_000);
    let mut server = server().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let (large, other) = (ada.creates_room("large").await, bob.creates_room("other").await);
    fill(server.data_dir(), &large, messages).await;
    assert_eq!(ada.sees(&large).await.last_seq, messages + 2);

    let began = Instant::now();
    ada.delete(&format!("/api/v1/rooms/{}", large.id)).await.data(200);
    assert!(began.elapsed() < Duration::from_secs(1), "a deletion took {:?}", began.elapsed());
    assert_eq!(ada.get(&format!("/api/v1/rooms/{}", large.id)).await.status, 404);
    let mut times = Vec::new();
    let sending = async {
        while times.len() < 200 || left(server.data_dir(), &large).await > messages / 2 {
            let began = Instant::now();
            bob.posts(&other, "as ever").await;
            times.push(began.elapsed());
        }
    };
    within(CLEARED, "half of the room to be cleared away", sending).await;
    server.kill().await;
    times.sort();
    let slow = times[times.len() * 99 / 100];
    let slowest = times[times.len() - 1];
    assert!(slow < Duration::from_millis(250), "p99 of {} messages was {slow:?}", times.len());
    assert!(slowest < Duration::from_secs(1), "the slowest of {} messages took {slowest:?}", times.len());
    shown(&format!(
        "deletion of a room with {messages} messages: others' p99 {slow:?}, slowest {slowest:?} of {}",
        times.len()
    ));

    assert!(left(server.data_dir(), &large).await > 0, "the kill came too late to show anything");
    server.start_again().await;
    let cleared = async {
        // There is no event to wait for: nobody is told.
        while left(server.data_dir(), &large).await > 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    within(CLEARED, "the room to be cleared away", cleared).await;
    let sent = i64::try_from(times.len()).unwrap();
    assert_eq!(bob.history(&other).await.pagination.total_messages, sent);
}

async fn open(data_dir: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new()
        .filename(data_dir.join("parlor.db"))
        .busy_timeout(Duration::from_secs(10));
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// Puts so many messages of its maker into the room, past the server.
async fn fill(data_dir: &Path, room: &Room, messages: i64) {
    const ENTRIES: &str = "WITH RECURSIVE n(n) AS (SELECT ?1 + 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1 + ?2)
        INSERT INTO entries (room_id, seq, kind, id, user_id, client_message_id, content, created_at, message_no, sent_no)
        SELECT r.id, n + 2, 1, randomblob(16), r.created_by, hex(randomblob(16)), 'words and more words', r.created_at, n, n
        FROM n, rooms r WHERE r.id = ?3";
    const ROOM: &str =
        "UPDATE rooms SET last_seq = last_seq + ?, message_count = message_count + ? WHERE id = ?";
    let mut connection = open(data_dir).await;
    for part in 0..messages / PART {
        let query = sqlx::query(ENTRIES).bind(part * PART).bind(PART).bind(room.id.0);
        query.execute(&mut connection).await.unwrap();
    }
    sqlx::query(ROOM).bind(messages).bind(messages).bind(room.id.0).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// How many rows there still are of the room and what was in it.
async fn left(data_dir: &Path, room: &Room) -> i64 {
    const COUNT: &str = "SELECT (SELECT COUNT(*) FROM entries WHERE room_id = ?1) + (SELECT COUNT(*) FROM cursors WHERE room_id = ?1)
        + (SELECT COUNT(*) FROM members WHERE room_id = ?1) + (SELECT COUNT(*) FROM rooms WHERE id = ?1)";
    let mut connection = open(data_dir).await;
    let left = sqlx::query_scalar(COUNT).bind(room.id.0).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    left
}
