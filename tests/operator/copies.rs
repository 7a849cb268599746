//! A copy in another database is the same for everybody in it.

use crate::desk::{exports, imports, operates, serves};
use parlor_protocol::subscriptions::{JoinRoomEvent, JoinRoomPayload};
use parlor_server::store::{Store, StoreSettings, history};
use parlor_tests::{
    Person, ServerProcess,
    databases::{Database, Kind},
};
use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

/// What stands in a message at worst.
fn texts() -> [String; 5] {
    [
        "plain".to_owned(),
        "an emoji \u{1f469}\u{200d}\u{1f680} and \u{2028} and \u{2029}".to_owned(),
        "'quotes' \"of\" `every` \\kind\\, {\"table\":\"users\"}".to_owned(),
        "two\nlines\tand\ttabs".to_owned(),
        "\u{10fffd}".repeat(4000),
    ]
}

/// People who have done a bit of everything.
async fn house(server: &ServerProcess) -> (Person, Person) {
    let [ada, bob, eve] = server.people(["ada", "bob", "eve"]).await;
    let room = ada.creates_room("kitchen \u{1f373}").await;
    bob.joins(&room).await;
    eve.joins(&room).await;
    for text in texts() {
        bob.posts(&room, &text).await;
    }
    ada.marks_read(&room, None).await;
    eve.leaves(&room).await;
    let private = ada.creates_private_room("cellar").await;
    let code = ada.invites_to(&private).await;
    bob.accepts(&code).await;
    ada.posts(&private, "psst").await;
    let gone = bob.creates_room("gone").await;
    bob.posts(&gone, "never to be seen again").await;
    bob.delete(&format!("/api/v1/rooms/{}", gone.id)).await;
    let other = bob.on_another_device().await;
    other.post("/api/v1/auth/logout", &serde_json::json!({})).await;
    ada.client.refresh().await.unwrap();
    (ada, bob)
}

/// The lines of an export: the first, and the others.
fn lines(path: &Path) -> (String, Vec<String>) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.ends_with('\n'));
    let (first, rest) = text.split_once('\n').unwrap();
    (first.to_owned(), rest.lines().map(str::to_owned).collect())
}

#[tokio::test]
async fn sqlite_into_postgres_into_mariadb_and_back_is_equal_and_everybody_is_still_signed_in() {
    let folder = tempfile::tempdir().unwrap();
    let first = Database::make(Kind::Sqlite).await;
    let mut server = serves(&first).await;
    let (ada, bob) = house(&server).await;
    server.terminate().await;
    let time = "2026-01-02T03:04:05.678901+00:00";
    first.execute(&format!("UPDATE entries SET created_at = '{time}' WHERE seq = 1")).await;
    let of_the_original = "$2b$11$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";
    first
        .execute(&format!("UPDATE users SET password_hash = '{of_the_original}' WHERE username = 'eve'"))
        .await;
    server.start_again().await;
    let room = ada.creates_room("attic").await;
    let epoch = ada.timeline(&room).await.epoch;

    // The server runs all the while.
    let exported = exports(&first, folder.path(), "first.ndjson").await;
    assert_eq!(fs::metadata(&exported).unwrap().permissions().mode() & 0o777, 0o600);
    let (_, rows) = lines(&exported);
    assert!(rows.iter().any(|row| row.contains("2026-01-02T03:04:05.678901Z")), "times to the microsecond");
    for text in texts() {
        let text = serde_json::to_string(&text).unwrap();
        assert!(rows.iter().any(|row| row.contains(&text)), "{text}");
    }
    assert!(!rows.iter().any(|row| row.contains("never to be seen again")), "a deleted room is left out");
    server.terminate().await;

    let mut from = exported;
    let mut epochs = vec![epoch.to_string()];
    let mut kept = Vec::new();
    for (kind, name) in [(Kind::Postgres, "second"), (Kind::MySql, "third"), (Kind::Sqlite, "fourth")] {
        let database = Database::make(kind).await;
        imports(&database, &from).await.well();
        let message = imports(&database, &from).await.refused();
        assert!(message.contains("not empty"), "{message}");
        from = exports(&database, folder.path(), name).await;
        let (header, copied) = lines(&from);
        assert!(copied == rows, "{kind:?} differs");
        let header: serde_json::Value = serde_json::from_str(&header).unwrap();
        epochs.push(header["epoch"].as_str().unwrap().to_owned());
        let settings = StoreSettings { url: database.url.parse().unwrap(), accept_data_loss: false };
        let store = Store::open_beside(&settings).await.unwrap();
        let cost = history::original_cost(&mut store.read().await.unwrap()).await.unwrap();
        assert_eq!(cost, Some(11), "a wrong guess still costs as much as the costliest hash");
        store.close().await;
        kept.push(database);
    }
    epochs.sort();
    epochs.dedup();
    assert_eq!(epochs.len(), 4, "each copy is a database of its own");

    for database in &kept {
        let server = serves(database).await;
        let [ada, bob] = [&ada, &bob].map(|person| person.by(&server));
        assert_eq!(ada.timeline(&room).await.events.len(), 2);
        let mut seat = bob.sits_down().await;
        let position = JoinRoomPayload {
            room_id: room.id,
            after: parlor_protocol::page::Number::new(1),
            epoch: Some(epoch),
        };
        bob.joins(&room).await;
        let subscription = seat.emits::<JoinRoomEvent>(position).await.unwrap();
        assert!(subscription.reset, "a position of the old database counts no more");
        seat.says(&room, "hello").await;
        assert_eq!(seat.hears_message().await.content, "hello");
        ada.client.refresh().await.unwrap();
    }
}

async fn is_refused_beside_a_server(kind: Kind) {
    let folder = tempfile::tempdir().unwrap();
    let source = Database::make(Kind::Sqlite).await;
    let mut server = serves(&source).await;
    server.people(["ada"]).await;
    server.terminate().await;
    let from = exports(&source, folder.path(), "from").await;
    let target = Database::make(kind).await;
    let mut server = serves(&target).await;
    let message = imports(&target, &from).await.refused();
    assert!(message.contains("A server is running on this database: stop every one"), "{message}");
    // It leaves its node behind, which beats no more.
    server.kill().await;
    imports(&target, &from).await.well();
}

#[tokio::test]
async fn an_import_is_refused_while_a_server_runs_on_postgres() {
    is_refused_beside_a_server(Kind::Postgres).await;
}

#[tokio::test]
async fn an_import_is_refused_while_a_server_runs_on_mariadb() {
    is_refused_beside_a_server(Kind::MySql).await;
}

#[tokio::test]
async fn an_export_replaces_no_file_and_goes_to_standard_output_too() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::make(Kind::Sqlite).await;
    let message = operates(&database.url, &["export"]).await.refused();
    assert!(message.contains("there is no database") && message.contains("migrate"), "{message}");
    operates(&database.url, &["migrate"]).await.well();
    let path = exports(&database, folder.path(), "file").await;
    let before = fs::read_to_string(&path).unwrap();
    let message = operates(&database.url, &["export", path.to_str().unwrap()]).await.refused();
    assert!(message.contains("cannot be written"), "{message}");
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
    let out = operates(&database.url, &["export"]).await.well();
    assert_eq!(out.split_once('\n').unwrap().1, before.split_once('\n').unwrap().1);
    let message = operates(&database.url, &["export", "a/b/c"]).await.refused();
    assert!(message.contains("a/b/c"), "{message}");
    let usage = operates(&database.url, &["import"]).await;
    assert_eq!(usage.status, Some(2), "{usage:?}");
}

#[tokio::test]
async fn migrate_says_whether_the_tables_are_up_to_date_and_makes_them_so() {
    for kind in [Kind::Sqlite, Kind::Postgres, Kind::MySql] {
        let database = Database::make(kind).await;
        let check = async || operates(&database.url, &["migrate", "--check"]).await;
        for _ in 0..2 {
            let behind = check().await;
            assert_eq!((behind.status, behind.err.as_str()), (Some(3), ""), "{behind:?}");
            assert!(behind.out.contains("0001_meta"), "{behind:?}");
        }
        assert!(operates(&database.url, &["migrate"]).await.well().contains("0001_meta"));
        assert!(check().await.well().contains("up to date"));
        assert!(operates(&database.url, &["migrate"]).await.well().contains("up to date"));
        // Beside a server it is asked, and has nothing to do.
        let _server = serves(&database).await;
        assert!(check().await.well().contains("up to date"));
        database.execute("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 9").await;
        let message = check().await.refused();
        assert!(message.contains("newer version"), "{message}");
    }
}
