//! Lines, and messages that wait to be sent.

use crate::{plain::until, shell::Shell, tail::kitchen};
use parlor_client::live::{FileOutbox, OutboxStore as _, Queued, Waiting};
use parlor_server::config::{Limits, Rate};
use parlor_tests::{Person, TestServer, people::PASSWORD, proxy::FaultProxy, soon};
use std::{
    os::unix::fs::PermissionsExt as _,
    time::{Duration, Instant},
};
use tokio::time::sleep;

async fn said(person: &Person, room: &parlor_client::protocol::rooms::Room) -> Vec<String> {
    person.history(room).await.messages.into_iter().map(|message| message.content).collect()
}

#[tokio::test]
async fn each_line_is_a_message_and_a_second_run_with_the_same_key_adds_nothing() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &[]).await;
    let send = ["send", "kitchen", "--lines", "--id", "log"];
    let lines = "one\n\n  two\r\n \nthree";
    let first = ada.run_with(&send, lines).await;
    assert_eq!(first.lines().len(), 3);
    assert_eq!(said(&eve, &room).await, ["one", "  two", "three"]);
    assert_eq!(ada.run_with(&send, lines).await.out, first.out);
    assert_eq!(said(&eve, &room).await.len(), 3);
    let too_long = ada.run_with(&send[..3], &format!("four\n{}\nfive\n", "x".repeat(4001))).await;
    assert_eq!(too_long.code, 2);
    assert!(too_long.err.contains("line 2") && too_long.err.contains("4000"), "{too_long:?}");
    assert_eq!(too_long.out.lines().count(), 1);
    assert_eq!(said(&eve, &room).await[3..], ["four"]);
    let endless = format!("begins{}ends", "\n".repeat(70_000));
    let cut = ada.run_with(&["send", "kitchen"], &endless).await;
    assert_eq!((cut.code, said(&eve, &room).await.len()), (2, 4), "{cut:?}");
}

#[tokio::test]
async fn lines_wait_for_a_limit_that_refuses_a_single_message() {
    let message = Some(Rate { count: 5, per: Duration::from_secs(3) });
    let server = TestServer::start_with(|config| config.limits = Limits { message, ..Limits::off() }).await;
    let ada = Shell::of("ada", &server.url()).await;
    let room = ada.run(&["rooms", "create", "kitchen"]).await.out;
    let six = "1\n2\n3\n4\n5\n6\n";
    let impatient = ["send", room.trim(), "--lines", "--id", "a", "--timeout", "2s"];
    let refused = ada.run_with(&impatient, six).await;
    assert_eq!((refused.code, refused.out.lines().count()), (7, 5), "{refused:?}");
    assert_eq!(ada.run_with(&impatient[..5], six).await.lines().len(), 6);
}

#[tokio::test]
async fn a_message_is_given_up_in_time_beside_a_server_that_is_silent_and_is_there_once() {
    let server = TestServer::start().await;
    let proxy = FaultProxy::start(server.socket).await;
    let (eve, room, ada) = kitchen(&server, &format!("http://{}", proxy.address()), &[]).await;
    proxy.change(|network| network.stalled = true);
    let began = Instant::now();
    let late = ada.run(&["send", "kitchen", "hello", "--timeout", "1s"]).await;
    assert!(late.code == 6 && began.elapsed() < Duration::from_secs(6), "{:?}: {late:?}", began.elapsed());
    let id = late.err.split("--id ").nth(1).unwrap().split(' ').next().unwrap();
    proxy.heal();
    proxy.reset();
    for _ in 0..2 {
        ada.run(&["send", "kitchen", "hello", "--id", id]).await.lines();
    }
    assert_eq!(said(&eve, &room).await, ["hello"]);
}

#[tokio::test]
async fn what_waits_is_listed_dropped_and_sent_before_what_comes_after_it() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &[]).await;
    let queue =
        |content: &'static str, id: &'static str| ["send", "kitchen", content, "--no-wait", "--id", id];
    for (content, id) in [("one", "a"), ("two", "b"), ("one", "a"), ("three", "c")] {
        assert_eq!(ada.run(&queue(content, id)).await.lines(), [id]);
    }
    let other = ada.run(&queue("other words", "a")).await;
    assert_eq!(other.code, 4, "{other:?}");
    let file = ada.session().with_file_name("session.json.outbox");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(said(&eve, &room).await.is_empty());
    let listed = ada.run(&["outbox", "list", "--json"]).await;
    let listed: Vec<Queued> = listed.lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(listed.iter().map(|message| &*message.content).collect::<Vec<_>>(), ["one", "two", "three"]);

    ada.run(&["outbox", "drop", "b"]).await.lines();
    assert_eq!(ada.run(&["outbox", "drop", "b"]).await.failed(), 4);
    assert_eq!(ada.run(&["outbox", "retry", "c"]).await.lines().len(), 1);
    assert_eq!(said(&eve, &room).await, ["three"]);
    ada.run(&["send", "kitchen", "four"]).await.lines();
    assert_eq!(said(&eve, &room).await, ["three", "one", "four"]);
    assert!(ada.run(&["outbox", "list"]).await.lines().is_empty());
}

#[tokio::test]
async fn what_is_refused_stays_and_does_not_hold_up_the_rest() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &[]).await;
    let attic = eve.creates_room("attic").await;
    for (room, id) in [(attic.id, "a"), (room.id, "b")] {
        ada.run(&["send", &room.to_string(), "hello", "--no-wait", "--id", id]).await.lines();
    }
    let retried = ada.run(&["outbox", "retry"]).await;
    assert_eq!((retried.code, retried.out.lines().count()), (4, 1), "{retried:?}");
    assert!(retried.err.contains("a stays in the outbox"), "{retried:?}");
    assert_eq!(said(&eve, &room).await, ["hello"]);
    let listed = ada.run(&["outbox", "list"]).await;
    assert!(listed.lines().len() == 1 && listed.out.starts_with("a  "), "{listed:?}");

    // Somebody else's messages are not sent with one's own name.
    ada.run(&["logout"]).await.lines();
    let login = ["login", &server.url(), "--email", "eve@example.com", "--password-stdin"];
    ada.run_with(&login, PASSWORD).await.lines();
    assert_eq!(ada.run(&["outbox", "retry"]).await.failed(), 2);
}

#[tokio::test]
async fn what_has_waited_for_over_a_day_is_not_sent_unasked() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &[]).await;
    for (content, id) in [("see you today", "a"), ("never mind", "b"), ("fresh", "c")] {
        ada.run(&["send", "kitchen", content, "--no-wait", "--id", id]).await.lines();
    }
    let outbox = FileOutbox::at(ada.session().with_file_name("session.json.outbox"));
    let mut waiting = outbox.load().unwrap();
    for message in &mut waiting.messages[..2] {
        let at = message.queued_at.unwrap().to_utc();
        message.queued_at = Some((at - Duration::from_hours(25)).into());
    }
    outbox.save(&waiting).unwrap();
    let sent = ada.run(&["send", "kitchen", "four"]).await;
    assert!(
        sent.err.contains("a stays in the outbox: it has waited for over a day; `parlor outbox retry a`"),
        "{sent:?}"
    );
    assert_eq!(
        (sent.lines().len(), said(&eve, &room).await),
        (1, vec!["fresh".to_owned(), "four".to_owned()])
    );
    let listed = ada.run(&["outbox", "list"]).await;
    let today = ada.run(&["history", "kitchen", "-n", "1"]).await.out;
    assert!(listed.lines().len() == 2 && !listed.out.contains(&today[..10]), "{listed:?} on {today}");

    let mut chat = ada.start(&["tui", "--plain", "kitchen"]);
    until(&mut chat, "2 messages waited over a day: each stands in its room until you send it.").await;
    until(&mut chat, "A message has waited for over a day: /retry or /discard. It says: never mind").await;
    chat.write("hello\n");
    until(&mut chat, "ada in kitchen: hello").await;
    chat.write("/retry\n");
    until(&mut chat, "ada in kitchen: never mind").await;
    chat.ends_input();
    assert_eq!(chat.ends().await, Some(0), "{}", chat.told());
    assert_eq!(said(&eve, &room).await[2..], ["hello", "see you today", "never mind"]);
    assert!(ada.run(&["outbox", "list"]).await.lines().is_empty());
}

#[tokio::test]
async fn one_id_in_two_rooms_is_two_messages() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &[]).await;
    let attic = ada.run(&["rooms", "create", "attic"]).await.out;
    for (room, content) in [("kitchen", "here"), (attic.trim(), "there")] {
        ada.run(&["send", room, content, "--no-wait", "--id", "build-7"]).await.lines();
    }
    let either = ada.run(&["outbox", "drop", "build-7"]).await;
    assert_eq!(either.code, 2, "{either:?}");
    ada.run(&["send", "kitchen", "next"]).await.lines();
    assert_eq!(said(&eve, &room).await, ["here", "next"]);
    let left = ada.run(&["outbox", "list"]).await;
    assert_eq!(left.lines().len(), 1, "{left:?}");
    assert!(left.out.contains("there"), "{left:?}");
}

#[tokio::test]
async fn an_outbox_in_use_holds_up_only_who_needs_it() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &[]).await;
    ada.run(&["send", "kitchen", "waits", "--no-wait", "--id", "a"]).await.lines();
    let attic = ada.run(&["rooms", "create", "attic"]).await.out;
    let lock = std::fs::File::open(ada.session().with_file_name("session.json.outbox.lock")).unwrap();
    lock.lock().unwrap();
    ada.run(&["send", attic.trim(), "at once", "--timeout", "2s"]).await.lines();
    let held = ada.run(&["send", "kitchen", "later", "--timeout", "500ms"]).await;
    assert_eq!(held.code, 6, "{held:?}");
    let listed = ada.run(&["outbox", "list", "--timeout", "2s"]).await;
    assert!(listed.lines().len() == 1 && listed.out.contains("waits"), "to look needs it not: {listed:?}");

    // As the chat does, which keeps the outbox, and sends what waits there.
    let mut later = ada.start(&["send", "kitchen", "later"]);
    let waits = async {
        while !later.told().contains("another parlor has the outbox in use") {
            sleep(Duration::from_millis(10)).await;
        }
    };
    soon("it to wait for the outbox", waits).await;
    eve.posts(&room, "waits").await;
    let store = FileOutbox::at(ada.session().with_file_name("session.json.outbox"));
    let kept = store.load().unwrap();
    store.save(&Waiting { messages: Vec::new(), ..kept }).unwrap();
    assert_eq!(later.ends().await, Some(0), "{}", later.told());
    assert_eq!(said(&eve, &room).await, ["waits", "later"]);
    drop(lock);
}
