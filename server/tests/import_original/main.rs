//! The original server's database, moved into each of ours: what a person then meets at a running server.

#![allow(unreachable_pub, reason = "the modules of a test are seen by nobody else")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "that is how a test fails, in its helping functions too"
)]

mod original;
mod served;

use original::{OriginalDatabase, Outcome};
use parlor_tests::{
    ServerProcess,
    databases::{Database, Kind},
    server::SECRET,
};

/// Whether nothing was made there.
async fn is_untouched(target: &Database) -> bool {
    match target.kind {
        Kind::Sqlite => !std::path::Path::new(target.url.strip_prefix("sqlite://").unwrap()).exists(),
        _ => !target.has_table("meta").await,
    }
}

async fn moves(kind: Kind) {
    let original = OriginalDatabase::make().await;
    let target = Database::make(kind).await;

    let dry = original.import(&target, &["--dry-run"]).await;
    assert!(dry.is_success(), "{dry:?}");
    assert!(is_untouched(&target).await, "a dry run writes nothing");
    dry.tells_everything();

    // A report that can't be written ends the whole.
    let failed = original.import_into(&target, &["--report", "/dev/full", "--json"]).await;
    assert!(!failed.is_success() && failed.errors.contains("the report can't be written"), "{failed:?}");

    // Nor does it go into a file that is there, for all to read.
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().join("notes");
    std::fs::write(&there, "mine").unwrap();
    let failed = original.import_into(&target, &["--report", there.to_str().unwrap()]).await;
    assert!(!failed.is_success() && failed.errors.contains("the report"), "{failed:?}");
    assert_eq!(std::fs::read_to_string(&there).unwrap(), "mine");

    let moved = original.import(&target, &[]).await;
    assert!(moved.is_success(), "{moved:?}");
    assert_eq!(moved.findings(), dry.findings(), "the same in every run, and nothing was there yet");

    let again = original.import(&target, &[]).await;
    assert!(!again.is_success() && again.errors.contains("an empty one only"), "{again:?}");

    served::people_go_on(&original, &target, &moved).await;
}

#[tokio::test]
async fn people_go_on_where_they_were_on_sqlite() {
    moves(Kind::Sqlite).await;
}

#[tokio::test]
async fn people_go_on_where_they_were_on_postgres() {
    moves(Kind::Postgres).await;
}

#[tokio::test]
async fn people_go_on_where_they_were_on_mysql() {
    moves(Kind::MySql).await;
}

#[tokio::test]
async fn what_is_not_the_originals_or_is_the_targets_own_is_refused() {
    let (original, target) = (OriginalDatabase::make().await, Database::make(Kind::MySql).await);
    let refused = |outcome: Outcome, words: &str| {
        assert!(!outcome.is_success() && outcome.errors.contains(words), "{words}: {outcome:?}");
    };
    refused(original.import_into(original.database(), &[]).await, "give Parlor one of its own");
    assert!(!original.database().has_table("meta").await, "the original is as it was");
    let empty = Database::make(Kind::MySql).await;
    let other = OriginalDatabase::of(empty);
    refused(other.import_into(&target, &[]).await, "it has no table like \"users\"");
    other.database().execute("CREATE TABLE users (id INT); CREATE TABLE rooms (id INT); CREATE TABLE RoomMembers (id INT); CREATE TABLE messages (id INT)").await;
    refused(other.import_into(&target, &[]).await, "\"users\" has no column like \"username\"");
    let sqlite = original.run(&target, &["sqlite://original.db"]).await;
    refused(sqlite, "the original's database is a MySQL");
    let nameless = original.run(&target, &["mysql://original@127.0.0.1:1"]).await;
    refused(nameless, "must name a database");
    refused(original.run(&target, &[]).await, "ORIGINAL");
}

#[tokio::test]
async fn nothing_is_moved_beside_a_server_that_runs() {
    let (original, target) = (OriginalDatabase::make().await, Database::make(Kind::Postgres).await);
    let settings = [("PARLOR_DATABASE_URL", &*target.url), ("PARLOR_JWT_SECRET", SECRET)];
    let _server = ServerProcess::start(&settings).await;
    let refused = original.import_into(&target, &[]).await;
    let words = "A server is running on this database: stop every one";
    assert!(!refused.is_success() && refused.errors.contains(words), "{refused:?}");
}

#[tokio::test]
async fn an_original_that_says_nothing_ends_it_in_words() {
    // Connections are taken in, by the system.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("mysql://original@{}/original", listener.local_addr().unwrap());
    let target = Database::make(Kind::Sqlite).await;
    let other = OriginalDatabase::of(Database::make(Kind::Sqlite).await);
    let ended = other.run(&target, &[&silent, "--dry-run"]).await;
    let words = "the original's database can't be read: the database server has said nothing for 10 s";
    assert!(!ended.is_success() && ended.errors.contains(words), "{ended:?}");
}

#[tokio::test]
async fn a_report_for_people_has_a_line_for_each_finding_and_the_counts() {
    let original = OriginalDatabase::make().await;
    let target = Database::make(Kind::Sqlite).await;
    let told = original.import_into(&target, &["--dry-run"]).await;
    let lines: Vec<_> = told.output.lines().collect();
    for wanted in [
        "username of aaaaaaaa-0000-4000-8000-000000000003: ",
        "; was \"ADA\"; is \"ADA2\"",
        "message of 5: its room is missing, so that nobody could read it: left out; was \"said nowhere\"",
        "       11 messages read",
        "A dry run: nothing was written.",
    ] {
        assert!(lines.iter().any(|line| line.contains(wanted)), "{wanted}: {}", told.output);
    }
}
