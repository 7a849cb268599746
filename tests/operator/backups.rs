//! A backup that is made under load holds all that was acknowledged before it began, and is a database of its own.

use crate::desk::{exports, operates, serves};
use parlor_protocol::{
    page::Number,
    subscriptions::{JoinRoomEvent, JoinRoomPayload},
};
use parlor_tests::{
    databases::{Database, Kind, stored_messages},
    server::SECRET,
    within,
};
use std::{collections::HashSet, fs, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

#[tokio::test]
async fn a_backup_under_load_is_whole_and_a_server_starts_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::make(Kind::Sqlite).await;
    let mut server = serves(&database).await;
    let [ada, bob, _eve] = server.people(["ada", "bob", "eve"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let seat = ada.subscribes(&room).await;
    for n in 0..200 {
        seat.says(&room, &format!("before {n}")).await;
    }
    let epoch = ada.timeline(&room).await.epoch;
    // Bob goes on writing until the backup is done.
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let (began, begun) = tokio::sync::oneshot::channel();
    let writing = tokio::spawn({
        let (bob, room) = (bob.clone(), room.clone());
        async move {
            let seat = bob.subscribes(&room).await;
            let mut began = Some(began);
            let mut said = 0;
            while stopped.try_recv().is_err() {
                seat.says(&room, &format!("meanwhile {said}")).await;
                said += 1;
                if let Some(began) = began.take() {
                    began.send(()).unwrap();
                }
            }
            said
        }
    });
    begun.await.unwrap();
    let path = folder.path().join("backup.db");
    let done = operates(&database.url, &["backup", path.to_str().unwrap()]).await;
    stop.send(()).unwrap();
    let said = writing.await.unwrap();
    done.well();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
    // What is there goes on as before.
    seat.says(&room, "after").await;
    assert_eq!(ada.sees(&room).await.last_seq, 3 + 200 + said + 1);
    let again = operates(&database.url, &["backup", path.to_str().unwrap()]).await.refused();
    assert!(again.contains("replaces nothing"), "{again}");
    server.terminate().await;

    let copy = Database::make(Kind::Sqlite).await;
    fs::copy(&path, copy.url.trim_start_matches("sqlite://")).unwrap();
    is_at_an_operators_hand(&copy, folder.path()).await;
    let server = serves(&copy).await;
    let [ada, bob] = [&ada, &bob].map(|person| person.by(&server));
    let timeline = ada.timeline(&room).await;
    assert_ne!(timeline.epoch, epoch);
    let seqs: Vec<_> = timeline.events.iter().map(|event| event.seq).collect();
    assert!(seqs.iter().copied().eq(1..=timeline.last_seq), "the log has no gap");
    let mut seat = bob.sits_down().await;
    let after = Number::new(3 + 200 + said + 1);
    let position = JoinRoomPayload { room_id: room.id, after, epoch: Some(epoch) };
    let subscription = seat.emits::<JoinRoomEvent>(position).await.unwrap();
    assert!(subscription.reset, "what was seen of the old database counts no more");
    seat.says(&room, "in the copy").await;
    assert_eq!(seat.hears_message().await.content, "in the copy");
    drop(server);
    let there: HashSet<String> = stored_messages(&copy.url.parse().unwrap())
        .await
        .into_iter()
        .map(|message| message.content)
        .collect();
    let missing: Vec<_> =
        (0..200).map(|n| format!("before {n}")).filter(|text| !there.contains(text)).collect();
    assert_eq!(missing, [""; 0], "what was acknowledged before the backup began");
    assert!(there.contains("meanwhile 0") && !there.contains("after"));
}

/// Also before a server has been on it.
async fn is_at_an_operators_hand(copy: &Database, folder: &Path) {
    operates(&copy.url, &["doctor", "--jwt-secret", SECRET]).await.well();
    assert_eq!(operates(&copy.url, &["user", "list"]).await.well().lines().count(), 3);
    assert!(operates(&copy.url, &["room", "list"]).await.well().contains("kitchen"));
    exports(copy, folder, "export").await;
    operates(&copy.url, &["backup", folder.join("of-copy.db").to_str().unwrap()]).await.well();
    operates(&copy.url, &["user", "disable", "eve"]).await.well();
    assert_eq!(operates(&copy.url, &["user", "list"]).await.well().lines().count(), 3);
}

#[tokio::test]
async fn a_backup_that_cannot_be_made_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("backup.db");
    let database = Database::make(Kind::Sqlite).await;
    let backup = async |to: &Path| operates(&database.url, &["backup", to.to_str().unwrap()]).await.refused();
    assert!(backup(&path).await.contains("there is no database"));
    operates(&database.url, &["migrate"]).await.well();
    assert!(backup(&folder.path().join("none/backup.db")).await.contains("cannot be written"));
    assert!(backup(folder.path()).await.contains("replaces nothing"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let damaged = database.url.trim_start_matches("sqlite://").to_owned();
    fs::write(&damaged, "this is no database, and longer than a header is. ".repeat(100)).unwrap();
    assert!(backup(&path).await.contains("damaged"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_database_server_is_backed_up_by_its_own_means() {
    for (url, program) in
        [("postgres://x@127.0.0.1:1/x", "pg_dump"), ("mysql://x@127.0.0.1:1/x", "mariadb-dump")]
    {
        let refused = operates(url, &["backup", "file"]);
        let message = within(Duration::from_secs(20), "a refusal", refused).await.refused();
        assert!(message.contains(program) && message.contains("export"), "{message}");
    }
}
