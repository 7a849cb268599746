//! What another holds: each other's locks, or all connections.

use crate::{
    fresh::{Fresh, Kind},
    people::*,
};
use parlor_server::store::{Error, Store, rooms};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;
use uuid::Uuid;

/// Ada and two rooms of hers.
async fn scene(store: &Store) -> (Uuid, [Uuid; 2]) {
    let mut tx = store.write().await.unwrap();
    let ada = user(&mut tx, "ada").await;
    let rooms = [room(&mut tx, ada, "one", false).await, room(&mut tx, ada, "other", false).await];
    tx.commit().await.unwrap();
    (ada, rooms)
}

/// Two that wait for each other: one of them is told to try again, and the other goes on.
async fn a_deadlock(fresh: Arc<Fresh>) {
    let store = fresh.open().await;
    let (_, [one, other]) = scene(&store).await;
    let (mut first, mut second) = (store.write().await.unwrap(), store.write().await.unwrap());
    rooms::lock(&mut first, one).await.unwrap();
    rooms::lock(&mut second, other).await.unwrap();
    // Who fails lets go at once.
    let cross = async |mut tx, room| {
        let outcome = rooms::lock(&mut tx, room).await;
        drop(tx);
        outcome
    };
    let (first, second) = tokio::join!(cross(first, other), cross(second, one));
    let failed: Vec<_> = [first, second].into_iter().filter_map(Result::err).collect();
    assert!(matches!(&failed[..], [Error::Retry(_)]), "{failed:?}");
    store.close().await;
}

#[tokio::test]
async fn a_deadlock_in_postgres_is_to_be_tried_again() {
    Fresh::make(Kind::Postgres).await.run(a_deadlock).await;
}

#[tokio::test]
async fn a_deadlock_in_mariadb_is_to_be_tried_again() {
    Fresh::make(Kind::MySql).await.run(a_deadlock).await;
}

/// When requests have all connections that they may have, the others are there, and nobody is told that the database is out of reach.
async fn all_connections(fresh: Arc<Fresh>) {
    let store = fresh.open().await;
    let mut held = Vec::new();
    let busy = loop {
        match store.write().await {
            Ok(tx) => held.push(tx),
            Err(error) => break error,
        }
        assert!(held.len() < 100, "there is no end of them");
    };
    assert!(matches!(busy, Error::Busy) && busy.is_unavailable(), "{busy:?}");
    let reserved = store.reserved();
    timeout(Duration::from_secs(4), async {
        reserved.ping().await.unwrap();
        drop(store.begin_batch(&[]).await.unwrap());
        let (one, other) = (reserved.write().await.unwrap(), reserved.snapshot().await.unwrap());
        drop((one, other));
    })
    .await
    .expect("they wait for nobody");
    held.pop();
    store.write().await.unwrap().commit().await.unwrap();
    drop(held);
    store.close().await;
}

#[tokio::test]
async fn a_few_connections_to_postgres_are_not_for_requests() {
    Fresh::make(Kind::Postgres).await.run(all_connections).await;
}

#[tokio::test]
async fn a_few_connections_to_mariadb_are_not_for_requests() {
    Fresh::make(Kind::MySql).await.run(all_connections).await;
}
