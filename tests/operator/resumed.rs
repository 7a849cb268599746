//! An import that is killed goes on where it stopped.

use crate::desk::{exports, imports, operates, program, refuses_to_start, serves};
use parlor_tests::{
    databases::{Database, Kind},
    soon, within,
};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;

/// A file with so many messages that its import takes a while.
async fn large(folder: &TempDir) -> PathBuf {
    let source = Database::make(Kind::Sqlite).await;
    let mut server = serves(&source).await;
    let [ada] = server.people(["ada"]).await;
    ada.creates_room("kitchen").await;
    server.terminate().await;
    source
        .execute(
            "WITH RECURSIVE n (n) AS (SELECT 3 UNION ALL SELECT n + 1 FROM n WHERE n < 12000)
            INSERT INTO entries SELECT r.id, n, 1, randomblob(16), r.created_by, 'key' || n, 'message ' || n,
                '2026-01-02T03:04:05.678901+00:00', n - 2, n - 2 FROM n, rooms r",
        )
        .await;
    source.execute("UPDATE rooms SET last_seq = 12000, message_count = 11998").await;
    exports(&source, folder.path(), "large.ndjson").await
}

const PROGRESS: &str = "SELECT value FROM meta WHERE name = 'import'";

/// Kills an import into this database a few times, each time when it has come further; `false` if it came to its end.
async fn is_killed(target: &Database, path: &Path) -> bool {
    let mut reached = None;
    for _ in 0..3 {
        let mut import = program(&target.url, &["import", path.to_str().unwrap()]).spawn().unwrap();
        let further = async {
            loop {
                if let Some(status) = import.try_wait().unwrap() {
                    assert!(status.success());
                    return None;
                }
                let progress = target.text(PROGRESS).await;
                if progress.is_some() && progress != reached {
                    return progress;
                }
                // There is no event to wait for before another process commits.
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        reached = within(Duration::from_mins(1), "the import to go on", further).await;
        soon("the import to die", import.kill()).await.unwrap();
        // It may have come to its end at that moment.
        if target.text(PROGRESS).await.is_none() {
            return false;
        }
        let message = refuses_to_start(&target.url).await;
        let named = message.contains("part of what is to be imported") && message.contains("large.ndjson");
        assert!(
            named && message.lines().filter(|line| line.starts_with("parlor-server: ")).count() == 1,
            "{message}"
        );
        let message = operates(&target.url, &["export"]).await.refused();
        assert!(message.contains("part of what is to be imported"), "{message}");
    }
    true
}

async fn is_resumed(kind: Kind) {
    let folder = tempfile::tempdir().unwrap();
    let path = large(&folder).await;
    let mut target = Database::make(kind).await;
    let mut tries = 0;
    while !is_killed(&target, &path).await {
        // This test was held up for longer than an import takes.
        tries += 1;
        assert!(tries < 5, "the import is over before it can be killed");
        target = Database::make(kind).await;
    }
    let other = folder.path().join("other");
    fs::write(&other, fs::read_to_string(&path).unwrap().replacen("\"madeAt\":\"2", "\"madeAt\":\"3", 1))
        .unwrap();
    let message = imports(&target, &other).await.refused();
    assert!(message.contains("another file, large.ndjson"), "{message}");
    let done = imports(&target, &path).await;
    assert!(done.err.contains("It goes on after line "), "{done:?}");
    done.well();
    let back = exports(&target, folder.path(), "back").await;
    let rows = |path: &PathBuf| fs::read_to_string(path).unwrap().split_once('\n').unwrap().1.to_owned();
    assert!(rows(&back) == rows(&path), "what came of it differs");
    let server = serves(&target).await;
    server.people(["new"]).await;
}

#[tokio::test]
async fn an_import_into_sqlite_goes_on_after_each_kill() {
    is_resumed(Kind::Sqlite).await;
}

#[tokio::test]
async fn an_import_into_postgres_goes_on_after_each_kill() {
    is_resumed(Kind::Postgres).await;
}

#[tokio::test]
async fn an_import_into_mariadb_goes_on_after_each_kill() {
    is_resumed(Kind::MySql).await;
}
