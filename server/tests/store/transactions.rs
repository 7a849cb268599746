//! Transactions: what they see, what they leave behind, and what an error means.

use crate::{
    fresh::{Fresh, Kind, on_every_database},
    people::*,
};
use parlor_server::store::{Error, Store, Tx, invites, members, receipts, rooms, users};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;
use uuid::Uuid;

#[derive(Clone, Copy, Debug)]
enum Locked {
    Room = 1,
    User,
    Cursor,
}

impl Locked {
    async fn lock(self, tx: &mut Tx, room: Uuid, user: Uuid) {
        match self {
            Self::Room => rooms::lock(tx, room).await,
            Self::User => users::lock(tx, user).await,
            Self::Cursor => receipts::lock(tx, room, user).await,
        }
        .unwrap();
    }
}

on_every_database! {
    async fn a_dropped_transaction_leaves_nothing_and_blocks_nobody(store: Store) {
        for n in 0..30 {
            let mut tx = store.write().await.unwrap();
            user(&mut tx, &format!("user{n}")).await;
            drop(tx);
        }
        let mut tx = store.write().await.unwrap();
        assert_eq!(users::search(&mut tx, "", None, 10).await.unwrap(), []);
        user(&mut tx, "kept").await;
        tx.commit().await.unwrap();
        let mut tx = store.read().await.unwrap();
        assert_eq!(users::search(&mut tx, "", None, 10).await.unwrap().len(), 1);
        tx.commit().await.unwrap();
    }

    async fn a_snapshot_sees_one_moment_and_writes_nothing(store: Store) {
        let mut snapshot = store.snapshot().await.unwrap();
        assert_eq!(users::search(&mut snapshot, "", None, 10).await.unwrap(), []);
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        tx.commit().await.unwrap();
        assert_eq!(users::search(&mut snapshot, "", None, 10).await.unwrap(), []);
        let error = users::set_last_seen(&mut snapshot, ada, at(1)).await.unwrap_err();
        assert!(matches!(error, Error::Database(_)), "{error}");
        drop(snapshot);
        let mut snapshot = store.snapshot().await.unwrap();
        assert_eq!(users::search(&mut snapshot, "", None, 10).await.unwrap().len(), 1);
        assert_eq!(users::by_id(&mut snapshot, ada).await.unwrap().unwrap().last_seen_at, None);
        snapshot.commit().await.unwrap();
    }

    async fn reads_do_not_wait_for_a_writer(store: Store) {
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        for _ in 0..20 {
            assert_eq!(users::by_id(&mut store.read().await.unwrap(), ada).await.unwrap(), None);
            store.ping().await.unwrap();
        }
        tx.commit().await.unwrap();
        assert!(users::by_id(&mut store.read().await.unwrap(), ada).await.unwrap().is_some());
    }

    async fn a_read_cancelled_anywhere_does_not_disturb_the_next(store: Store) {
        let mut tx = store.write().await.unwrap();
        let (ada, bob) = (user(&mut tx, "ada").await, user(&mut tx, "bob").await);
        tx.commit().await.unwrap();
        for step in 0..200 {
            let cut = async { users::by_id(&mut store.read().await.unwrap(), ada).await.unwrap().unwrap() };
            // The time only moves the cut along; whatever it hits has to hold.
            if let Ok(row) = timeout(Duration::from_micros(step * 10), cut).await {
                assert_eq!(row.id, ada);
            }
            let next = async { users::username_owner(&mut store.read().await.unwrap(), "bob").await.unwrap() };
            assert_eq!(timeout(Duration::from_secs(10), next).await, Ok(Some(bob)), "after a cut at {step}");
        }
        timeout(Duration::from_secs(10), store.close()).await.unwrap();
    }

    async fn after_a_lock_one_sees_what_was_committed_before_it(store: Store) {
        let mut tx = store.write().await.unwrap();
        let (ada, bob) = (user(&mut tx, "ada").await, user(&mut tx, "bob").await);
        let hall = room(&mut tx, ada, "Hall", false).await;
        tx.commit().await.unwrap();
        let mut first = store.write().await.unwrap();
        join(&mut first, hall, bob, 0).await;
        let second = tokio::spawn({
            let store = store.clone();
            async move {
                let mut tx = store.write().await.unwrap();
                let seen = member(&mut tx, hall, Uuid::now_v7()).await;
                let seq = rooms::advance(&mut tx, hall, 0, 0, 0, at(1)).await.unwrap();
                (seen, seq, member(&mut tx, hall, bob).await)
            }
        });
        tokio::task::yield_now().await;
        first.commit().await.unwrap();
        let (_, seq, seen) = second.await.unwrap();
        assert_eq!((seq, seen.map(|row| row.user_id)), (Some(3), Some(bob)));
    }

    async fn whoever_locks_what_another_has_locked_waits_and_then_sees_what_became_of_it(store: Store) {
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let hall = room(&mut tx, ada, "Hall", false).await;
        receipts::begin(&mut tx, hall, ada, 1).await.unwrap();
        tx.commit().await.unwrap();
        for what in [Locked::Room, Locked::User, Locked::Cursor] {
            let mut first = store.write().await.unwrap();
            what.lock(&mut first, hall, ada).await;
            users::set_last_seen(&mut first, ada, at(what as i64)).await.unwrap();
            let mut second = tokio::spawn({
                let store = store.clone();
                async move {
                    let mut tx = store.write().await.unwrap();
                    what.lock(&mut tx, hall, ada).await;
                    users::by_id(&mut tx, ada).await.unwrap().unwrap().last_seen_at
                }
            });
            // The time only gives it a chance to go on when it must not.
            timeout(Duration::from_millis(200), &mut second).await.unwrap_err();
            first.commit().await.unwrap();
            assert_eq!(second.await.unwrap(), Some(at(what as i64)), "{what:?}");
        }
    }

    async fn a_defect_is_told_from_a_database_out_of_reach(fresh: Arc<Fresh>) {
        let store = fresh.open().await;
        fresh.execute("ALTER TABLE invites RENAME TO hidden").await;
        for _ in 0..10 {
            let mut tx = store.write().await.unwrap();
            let error = invites::list(&mut tx, Uuid::now_v7(), at(0)).await.unwrap_err();
            assert!(matches!(error, Error::Database(_)) && !error.is_unavailable(), "{error}");
        }
        fresh.execute("ALTER TABLE hidden RENAME TO invites").await;
        let mut tx = store.write().await.unwrap();
        assert_eq!(invites::list(&mut tx, Uuid::now_v7(), at(0)).await.unwrap(), []);
        tx.commit().await.unwrap();
        store.close().await;
        for error in [store.ping().await.unwrap_err(), store.write().await.unwrap_err(), store.begin_batch(&[]).await.unwrap_err()] {
            assert!(error.is_unavailable(), "{error}");
        }
    }

    async fn an_unknown_user_or_room_is_no_owner_of_anything(store: Store) {
        let mut tx = store.write().await.unwrap();
        let member = members::NewMember { id: Uuid::now_v7(), room_id: Uuid::now_v7(), user_id: Uuid::now_v7(), role: 0, joined_at: at(0) };
        let error = members::insert(&mut tx, &member).await.unwrap_err();
        assert!(matches!(error, Error::Database(_)) && !error.is_unavailable(), "{error}");
    }
}

#[tokio::test]
async fn a_sqlite_file_locked_by_another_is_out_of_reach_and_comes_back() {
    async fn body(fresh: Arc<Fresh>) {
        use sqlx::{Connection, SqliteConnection};
        let store = fresh.open().await;
        let mut other = SqliteConnection::connect(&fresh.url).await.unwrap();
        sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
        let (write, batch) = tokio::join!(store.write(), store.begin_batch(&[]));
        assert!(write.unwrap_err().is_unavailable());
        assert!(batch.unwrap_err().is_unavailable());
        store.ping().await.unwrap();
        other.close().await.unwrap();
        let mut tx = store.write().await.unwrap();
        user(&mut tx, "ada").await;
        tx.commit().await.unwrap();
        store.close().await;
    }
    Fresh::make(Kind::Sqlite).await.run(body).await;
}

/// A statement that waits for a minute, by a trigger that an operator has put there.
async fn is_ended_when_it_takes_too_long(fresh: Arc<Fresh>) {
    let store = fresh.open().await;
    if fresh.kind == Kind::Postgres {
        fresh
            .execute("CREATE FUNCTION rest() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END'")
            .await;
        fresh.execute("CREATE TRIGGER rest BEFORE INSERT ON users EXECUTE FUNCTION rest()").await;
    } else {
        fresh
            .execute("CREATE TRIGGER rest BEFORE INSERT ON users FOR EACH ROW SET @rested = SLEEP(60)")
            .await;
    }
    let mut tx = store.write().await.unwrap();
    let added = timeout(Duration::from_secs(40), try_user(&mut tx, "ada")).await.expect("the statement ends");
    let error = added.unwrap_err();
    assert!(error.is_unavailable(), "one may try again: {error:?}");
    drop(tx);
    fresh
        .execute(if fresh.kind == Kind::Postgres {
            "DROP TRIGGER rest ON users"
        } else {
            "DROP TRIGGER rest"
        })
        .await;
    let mut tx = store.write().await.unwrap();
    user(&mut tx, "ada").await;
    tx.commit().await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_postgres_statement_is_ended_when_it_takes_too_long() {
    Fresh::make(Kind::Postgres).await.run(is_ended_when_it_takes_too_long).await;
}

#[tokio::test]
async fn a_mariadb_statement_is_ended_when_it_takes_too_long() {
    Fresh::make(Kind::MySql).await.run(is_ended_when_it_takes_too_long).await;
}
