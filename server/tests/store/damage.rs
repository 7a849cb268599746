//! A SQLite file that is damaged, or on a disk that is full.

use crate::{
    fresh::{Fresh, Kind},
    people::*,
};
use parlor_server::store::{OpenError, Store, timeline};
use std::{
    fs,
    io::{Seek, SeekFrom, Write},
    process::Command,
    sync::Arc,
};
use uuid::Uuid;

/// A room whose log fills many pages.
async fn history(store: &Store) -> (Uuid, Uuid) {
    let mut tx = store.write().await.unwrap();
    let ada = user(&mut tx, "ada").await;
    let hall = room(&mut tx, ada, "Hall", false).await;
    for _ in 0..300 {
        message(&mut tx, hall, ada, &"words ".repeat(100)).await;
    }
    tx.commit().await.unwrap();
    (hall, ada)
}

/// Writes rubbish over a part of the file.
fn overwrite(fresh: &Fresh, from: u64, length: usize) {
    let mut file = fs::OpenOptions::new().write(true).open(fresh.path()).unwrap();
    file.seek(SeekFrom::Start(from)).unwrap();
    file.write_all(&vec![0xa5; length]).unwrap();
    file.sync_all().unwrap();
}

async fn refused(fresh: &Fresh) {
    let error = Store::open(&fresh.settings()).await.unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains(&fresh.path().display().to_string()) && text.contains("restore a backup"),
        "{text}"
    );
    assert!(!text.contains('\n'), "{text}");
}

#[tokio::test]
async fn a_file_with_a_damaged_header_is_refused_by_name() {
    async fn body(fresh: Arc<Fresh>) {
        let store = fresh.open().await;
        history(&store).await;
        store.close().await;
        overwrite(&fresh, 0, 64);
        refused(&fresh).await;
    }
    Fresh::make(Kind::Sqlite).await.run(body).await;
}

#[tokio::test]
async fn a_file_with_a_damaged_page_in_its_midst_is_refused_by_name() {
    async fn body(fresh: Arc<Fresh>) {
        let store = fresh.open().await;
        history(&store).await;
        store.close().await;
        let middle = fs::metadata(fresh.path()).unwrap().len() / 2 / 4096 * 4096;
        overwrite(&fresh, middle, 4096);
        refused(&fresh).await;
    }
    Fresh::make(Kind::Sqlite).await.run(body).await;
}

#[tokio::test]
async fn damage_that_shows_while_one_serves_is_an_outage_until_the_next_start() {
    async fn body(fresh: Arc<Fresh>) {
        let store = fresh.open().await;
        let (hall, _) = history(&store).await;
        store.close().await;
        let store = fresh.open().await;
        store.ping().await.unwrap();
        let size = usize::try_from(fs::metadata(fresh.path()).unwrap().len()).unwrap();
        overwrite(&fresh, size as u64 / 4 / 4096 * 4096, size / 2);
        let mut tx = store.read().await.unwrap();
        let error = timeline::after(&mut tx, hall, 0, 1000).await.unwrap_err();
        assert!(error.is_unavailable(), "{error}");
        drop(tx);
        for _ in 0..2 {
            let error = store.ping().await.unwrap_err();
            assert!(error.is_unavailable() && error.to_string().contains("is damaged"), "{error}");
        }
        store.close().await;
    }
    Fresh::make(Kind::Sqlite).await.run(body).await;
}

/// Lets no file of this process grow beyond so many bytes: what a full disk is to root, too.
#[cfg(target_os = "linux")]
fn limit_files(bytes: &str) {
    let done = Command::new("prlimit")
        .args(["--pid", &std::process::id().to_string(), &format!("--fsize={bytes}:")])
        .status()
        .expect("prlimit, of util-linux");
    assert!(done.success());
}

/// In a process of its own: other tests have to write meanwhile.
#[cfg(target_os = "linux")]
#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "the test asks whether it is the process that it has started")]
async fn a_store_that_cannot_write_is_not_ready_until_it_can() {
    const ALONE: &str = "PARLOR_TEST_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let name = "damage::a_store_that_cannot_write_is_not_ready_until_it_can";
        let mut alone = Command::new(std::env::current_exe().unwrap());
        let output = alone.args(["--exact", name]).env(ALONE, "1").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{output:?}");
        return;
    }
    full_disk().await;
}

#[cfg(target_os = "linux")]
async fn full_disk() {
    async fn body(fresh: Arc<Fresh>) {
        use tokio::signal::unix::{SignalKind, signal};
        // Whoever does not listen to this signal is ended by it; then a write beyond the limit is an error like any other.
        const XFSZ: i32 = 25;
        let _listening = signal(SignalKind::from_raw(XFSZ)).unwrap();
        let store = fresh.open().await;
        let (hall, ada) = history(&store).await;
        let log = fresh.path().with_extension("db-wal");
        limit_files(&fs::metadata(log).unwrap().len().to_string());
        let mut tx = store.write().await.unwrap();
        message(&mut tx, hall, ada, "no room").await;
        let error = tx.commit().await.unwrap_err();
        assert!(error.is_unavailable(), "{error}");
        for _ in 0..3 {
            let error = store.ping().await.unwrap_err();
            assert!(error.is_unavailable(), "{error}");
        }
        let mut tx = store.read().await.unwrap();
        assert_eq!(timeline::after(&mut tx, hall, 0, 1000).await.unwrap().len(), 302, "one can still read");
        drop(tx);
        limit_files("unlimited");
        store.ping().await.unwrap();
        let mut tx = store.write().await.unwrap();
        assert_eq!(message(&mut tx, hall, ada, "room again").await.seq, 303);
        tx.commit().await.unwrap();
        store.close().await;
    }
    Fresh::make(Kind::Sqlite).await.run(body).await;
}
