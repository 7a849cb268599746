//! Copying: everything is read, row by row, and written as it was.

use crate::{
    fresh::{Fresh, Kind, on_every_database},
    people::*,
    statements,
};
use parlor_server::store::{
    Error, OpenError, Store,
    copy::{self, Progress, Row, Table},
    invites, receipts, rooms, sessions, users,
};
use std::sync::Arc;
use uuid::Uuid;

/// Something in every table, twice, and a room that is deleted.
async fn fill(store: &Store) {
    let mut tx = store.write().await.unwrap();
    let ada = user(&mut tx, "ada").await;
    let bob = user(&mut tx, "bob").await;
    users::set_last_seen(&mut tx, bob, at(7)).await.unwrap();
    for n in 0..2 {
        let hall = room(&mut tx, ada, "Hall \u{1f3db}", n == 1).await;
        join(&mut tx, hall, bob, 0).await;
        for text in ["a \"quoted\" \\ text", "two\u{2028}lines", &"\u{10ffff}".repeat(4000)] {
            message(&mut tx, hall, bob, text).await;
        }
        receipts::advance(&mut tx, hall, ada, 4, at(5)).await.unwrap();
        let invite = invites::NewInvite {
            id: Uuid::now_v7(),
            room_id: hall,
            code_hash: vec![n; 32],
            created_by: ada,
            created_at: at(1),
            expires_at: at(2),
            max_uses: (n == 0).then_some(3),
        };
        invites::insert(&mut tx, &invite).await.unwrap();
        let session = sessions::NewSession {
            id: Uuid::now_v7(),
            user_id: ada,
            user_agent: (n == 0).then(|| "curl".to_owned()),
            created_at: at(0),
            expires_at: at(60 * 60 * 24 * 365 * 40),
        };
        sessions::insert(&mut tx, &session).await.unwrap();
        sessions::insert_refresh(&mut tx, &[n; 32], session.id, at(0)).await.unwrap();
    }
    sessions::spend_refresh(&mut tx, &[0; 32], &[9; 32], at(1)).await.unwrap();
    let gone = room(&mut tx, ada, "Gone", true).await;
    rooms::delete(&mut tx, gone, at(3)).await.unwrap();
    tx.commit().await.unwrap();
}

/// Every row, read so many at a time.
async fn all(store: &Store, at_once: i64) -> Vec<Row> {
    let mut tx = store.snapshot().await.unwrap();
    let mut rows: Vec<Row> = Vec::new();
    for table in Table::ALL {
        let mut last = None;
        loop {
            let page = copy::page(&mut tx, *table, last.as_ref(), at_once).await.unwrap();
            assert!(page.iter().all(|row| row.table() == *table));
            let Some(row) = page.last() else { break };
            last = Some(row.clone());
            rows.extend(page);
        }
    }
    rows
}

on_every_database! {
    async fn every_row_is_read_once_in_order_whatever_the_page(store: Store) {
        fill(&store).await;
        let rows = all(&store, 1000).await;
        let count = |table| rows.iter().filter(|row| row.table() == table).count();
        let counts: Vec<_> = Table::ALL.iter().map(|table| (table.name(), count(*table))).collect();
        let expected = [
            ("users", 2), ("rooms", 2), ("sessions", 2), ("refresh_tokens", 2), ("members", 4), ("cursors", 4), ("invites", 2),
            ("entries", 12),
        ];
        assert_eq!(counts, expected, "what is of a deleted room is left out");
        for pair in rows.windows(2) {
            assert!((pair[0].table(), pair[0].key()) < (pair[1].table(), pair[1].key()), "{pair:?}");
        }
        for at_once in [1, 2, 5] {
            assert_eq!(all(&store, at_once).await, rows);
        }
    }

    async fn what_is_written_is_what_was_read_from_another_kind_of_database(fresh: Arc<Fresh>) {
        let source = Fresh::make(Kind::Sqlite).await;
        let from = source.open().await;
        fill(&from).await;
        let rows = all(&from, 1000).await;
        from.close().await;
        // It was in the words of the other kind.
        statements::forget();
        let store = fresh.open().await;
        let mut tx = store.write().await.unwrap();
        for row in &rows {
            let line = serde_json::to_string(row).unwrap();
            let read: Row = serde_json::from_str(&line).unwrap();
            copy::insert(&mut tx, &read).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(all(&store, 7).await, rows);
        let mut tx = store.write().await.unwrap();
        assert!(matches!(copy::insert(&mut tx, &rows[0]).await, Err(Error::Duplicate)));
        drop(tx);
        store.close().await;
    }

    async fn an_import_is_noted_by_one_and_over_when_it_is_whole(fresh: Arc<Fresh>) {
        let store = Store::open_to_import(&fresh.settings()).await.unwrap();
        let epoch = store.epoch();
        let begun = Progress { file: "f".repeat(64), bytes: 100, lines: 1, name: "a file of mine".repeat(20) };
        let mut tx = store.write().await.unwrap();
        assert_eq!(copy::progress(&mut tx).await.unwrap(), None);
        copy::begin(&mut tx, &begun).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = store.write().await.unwrap();
        assert!(matches!(copy::begin(&mut tx, &begun).await, Err(Error::Duplicate)));
        drop(tx);
        let mut tx = store.write().await.unwrap();
        let kept = copy::progress(&mut tx).await.unwrap().unwrap();
        assert_eq!((&kept.file, kept.bytes, kept.lines), (&begun.file, 100, 1));
        assert!(begun.name.starts_with(&kept.name) && !kept.name.is_empty(), "{}", kept.name);
        let next = Progress { bytes: u64::from(u32::MAX) * 9, lines: 12, ..kept.clone() };
        assert!(copy::advance(&mut tx, &kept, &next).await.unwrap());
        assert!(!copy::advance(&mut tx, &kept, &next).await.unwrap(), "somebody else has gone on");
        assert_eq!(copy::progress(&mut tx).await.unwrap(), Some(next));
        tx.commit().await.unwrap();
        store.close().await;

        let error = Store::open(&fresh.settings()).await.unwrap_err();
        assert!(matches!(&error, OpenError::HalfImported(name) if *name == kept.name), "{error}");
        let error = Store::open_beside(&fresh.settings()).await.unwrap_err();
        assert!(matches!(error, OpenError::HalfImported(_)), "{error}");
        let store = Store::open_to_import(&fresh.settings()).await.unwrap();
        let mut tx = store.write().await.unwrap();
        let new = Uuid::now_v7();
        copy::finish(&mut tx, new).await.unwrap();
        tx.commit().await.unwrap();
        store.close().await;
        let store = fresh.open().await;
        assert!(store.epoch() == new && new != epoch);
        store.close().await;
    }
}

#[tokio::test]
async fn a_backup_is_the_database_of_one_moment_with_an_epoch_of_its_own() {
    async fn body(fresh: Arc<Fresh>) {
        let store = fresh.open().await;
        fill(&store).await;
        let rows = all(&store, 1000).await;
        let copied = Fresh::make(Kind::Sqlite).await;
        let epoch = Uuid::now_v7();
        std::fs::write(copied.path(), "").unwrap();
        assert!(store.back_up(&copied.path(), epoch).await.unwrap());
        let error = store.back_up(&copied.path(), epoch).await.unwrap_err();
        assert!(error.to_string().contains("exists"), "it replaces nothing: {error}");
        let mut tx = store.write().await.unwrap();
        user(&mut tx, "later").await;
        tx.commit().await.unwrap();
        let copy = copied.open().await;
        assert_eq!(copy.epoch(), epoch);
        assert_eq!(all(&copy, 1000).await, rows);
        copy.close().await;
        assert_ne!(store.epoch(), epoch);
        store.close().await;
    }
    Fresh::make(Kind::Sqlite).await.run(body).await;
}

#[tokio::test]
async fn the_database_of_a_server_is_not_backed_up_here() {
    async fn body(fresh: Arc<Fresh>) {
        let store = fresh.open().await;
        assert!(!store.back_up(std::path::Path::new("none"), Uuid::now_v7()).await.unwrap());
        store.close().await;
    }
    Fresh::make(Kind::Postgres).await.run(body).await;
}
