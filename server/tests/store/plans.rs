//! No read of the log goes through the whole table: PostgreSQL counts such scans.

use crate::{
    fresh::{Fresh, Kind},
    people::*,
};
use parlor_server::store::{Asked, messages, receipts, rooms, timeline};
use sqlx::{Connection, PgConnection};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

#[tokio::test]
async fn no_read_scans_the_whole_log() {
    async fn body(fresh: Arc<Fresh>) {
        let store = fresh.open().await;
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let mut halls = Vec::new();
        for n in 0..50 {
            halls.push(room(&mut tx, ada, &format!("Hall {n}"), false).await);
        }
        let hall = halls[25];
        tx.commit().await.unwrap();
        // A connection tells its counts when it ends: those of making the tables have to be told before the reset.
        store.close().await;
        fresh
            .execute(
                "INSERT INTO entries SELECT r.id, n, 1, gen_random_uuid(), r.created_by, 'key' || n, 'text', now(), n - 2, n - 2
                FROM rooms r, generate_series(3, 200) n",
            )
            .await;
        fresh.execute("UPDATE rooms SET last_seq = 200, message_count = 198").await;
        fresh.execute("ANALYZE").await;
        fresh.execute("SELECT pg_stat_reset()").await;
        let store = fresh.open().await;
        let mut tx = store.read().await.unwrap();
        assert_eq!(messages::before(&mut tx, hall, 100, 50).await.unwrap().len(), 50);
        assert_eq!(messages::after(&mut tx, hall, 100, 50).await.unwrap().len(), 50);
        assert_eq!(messages::page(&mut tx, hall, 10, 50).await.unwrap().len(), 50);
        let row = messages::after(&mut tx, hall, 9, 1).await.unwrap().remove(0);
        assert!(messages::by_id(&mut tx, row.id).await.unwrap().is_some());
        assert_eq!(timeline::after(&mut tx, hall, 100, 50).await.unwrap().len(), 50);
        assert!(receipts::newly_read(&mut tx, hall, Uuid::now_v7(), 0, 200).await.unwrap().is_some());
        assert!(rooms::get(&mut tx, ada, hall).await.unwrap().is_some());
        drop(tx);
        let asked = halls[..20].iter().map(|room| {
            let client_message_id = Some("key5".to_owned());
            Asked { room: *room, user: ada, id: Uuid::now_v7(), client_message_id, content: "x".into() }
        });
        let (batch, standings) = store.begin_batch(&asked.collect::<Vec<_>>()).await.unwrap();
        assert!(standings.iter().all(|standing| standing.known.is_some()));
        drop(batch);
        store.close().await;

        let mut connection = PgConnection::connect(&fresh.url).await.unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            const COUNTS: &str =
                "SELECT seq_scan, COALESCE(idx_scan, 0) FROM pg_stat_user_tables WHERE relname = 'entries'";
            let (scans, lookups): (i64, i64) =
                sqlx::query_as(COUNTS).fetch_one(&mut connection).await.unwrap();
            assert_eq!(scans, 0, "a read went through all entries");
            if lookups >= 27 {
                break;
            }
            assert!(Instant::now() < deadline, "only {lookups} lookups were counted");
            sleep(Duration::from_millis(50)).await;
        }
        connection.close().await.unwrap();
    }
    Fresh::make(Kind::Postgres).await.run(body).await;
}
