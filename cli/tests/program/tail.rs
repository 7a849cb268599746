//! Following a room.

use crate::shell::Shell;
use parlor_client::protocol::{
    Nothing,
    members::{MemberPath, RemoveMember},
    messages::Message,
    rooms::{DeleteRoom, Room},
};
use parlor_tests::{Person, TestServer, proxy::FaultProxy};
use serde_json::Value;

/// A room with these messages of eve's, which ada has joined from her shell over `url`.
pub(crate) async fn kitchen(server: &TestServer, url: &str, said: &[&str]) -> (Person, Room, Shell) {
    let [eve] = server.people(["eve"]).await;
    let room = eve.creates_room("kitchen").await;
    for content in said {
        eve.posts(&room, content).await;
    }
    let ada = Shell::of("ada", url).await;
    ada.run(&["rooms", "join", "kitchen"]).await.lines();
    (eve, room, ada)
}

/// What a line of `tail --json` shows.
pub(crate) fn message(line: &str) -> Message {
    let event: Value = serde_json::from_str(line).unwrap();
    assert_eq!(event["event"], "receive_message");
    serde_json::from_value(event["data"].clone()).unwrap()
}

pub(crate) fn content(line: &str) -> String {
    message(line).content
}

#[tokio::test]
async fn a_tail_prints_the_newest_messages_and_then_those_that_come() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &["one", "two", "three"]).await;
    let mut tail = ada.start(&["tail", "kitchen", "--json", "-n", "2", "--count", "4"]);
    assert_eq!(content(&tail.line().await), "two");
    assert_eq!(content(&tail.line().await), "three");
    let sent = eve.posts(&room, "four").await;
    assert_eq!(message(&tail.line().await), sent);
    eve.posts(&room, "five").await;
    assert_eq!(content(&tail.line().await), "five");
    assert_eq!(tail.ends().await, Some(0));
}

#[tokio::test]
async fn more_than_a_page_of_before_is_printed_oldest_first() {
    let server = TestServer::start().await;
    let said: Vec<_> = (0..205).map(|n| n.to_string()).collect();
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    let (_eve, _room, ada) = kitchen(&server, &server.url(), &said).await;
    let tail = ada.run(&["tail", "kitchen", "--json", "-n", "203", "--count", "203"]).await;
    assert_eq!(tail.lines().into_iter().map(content).collect::<Vec<_>>(), said[2..]);
}

#[tokio::test]
async fn a_lost_connection_leaves_no_gap_and_no_double() {
    let server = TestServer::start().await;
    let proxy = FaultProxy::start(server.socket).await;
    let (eve, room, ada) = kitchen(&server, &format!("http://{}", proxy.address()), &["before"]).await;
    let mut tail = ada.start(&["tail", "kitchen", "--json"]);
    assert_eq!(content(&tail.line().await), "before");
    proxy.change(|network| network.stalled = true);
    proxy.reset();
    // More than a join hands out at once.
    let missed: Vec<_> = (0..230).map(|n| format!("missed {n}")).collect();
    for said in &missed {
        eve.posts(&room, said).await;
    }
    proxy.heal();
    for said in &missed {
        assert_eq!(&content(&tail.line().await), said);
    }
    eve.posts(&room, "after").await;
    assert_eq!(content(&tail.line().await), "after");
}

#[tokio::test]
async fn a_tail_begins_with_a_renewed_token() {
    let server = TestServer::start().await;
    let (_eve, room, ada) = kitchen(&server, &server.url(), &["hello"]).await;
    server.turn_clock(3660);
    let tail = ada.run(&["tail", &room.id.to_string(), "--json", "--count", "1"]).await;
    assert_eq!(content(tail.lines()[0]), "hello");
}

#[tokio::test]
async fn a_reader_that_has_gone_is_no_failure() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &["one"]).await;
    let mut tail = ada.start(&["tail", "kitchen"]);
    tail.line().await;
    tail.stop_reading();
    eve.posts(&room, "two").await;
    assert_eq!(tail.ends().await, Some(0));
}

#[tokio::test]
async fn a_tail_ends_and_says_why_when_its_room_is_deleted() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &["one"]).await;
    let mut tail = ada.start(&["tail", "kitchen"]);
    tail.line().await;
    eve.client.call::<DeleteRoom>(parlor_tests::people::at(room.id), Nothing, Nothing).await.unwrap();
    assert_eq!(tail.ends().await, Some(4));
    assert!(tail.told().contains("the room was deleted"), "{}", tail.told());
}

#[tokio::test]
async fn a_removal_ends_the_tail_of_a_room_and_others_go_on() {
    let server = TestServer::start().await;
    let (eve, kitchen, ada) = kitchen(&server, &server.url(), &["one"]).await;
    let cellar = eve.creates_room("cellar").await;
    ada.run(&["rooms", "join", "cellar"]).await.lines();
    let mut tail = ada.start(&["tail", "--all", "--json"]);
    assert_eq!(content(&tail.line().await), "one");
    let removed = async |room: &Room| {
        let session = std::fs::read(ada.session()).unwrap();
        let session: Value = serde_json::from_slice(&session).unwrap();
        let user_id = session["user"]["id"].as_str().unwrap().parse().unwrap();
        let path = MemberPath { room_id: room.id, user_id };
        eve.client.call::<RemoveMember>(path, Nothing, Nothing).await.unwrap();
    };
    removed(&kitchen).await;
    eve.posts(&kitchen, "behind a closed door").await;
    eve.posts(&cellar, "still here").await;
    assert_eq!(content(&tail.line().await), "still here");
    assert!(tail.told().contains("kitchen: you are no longer a member"), "{}", tail.told());
    removed(&cellar).await;
    assert_eq!(tail.ends().await, Some(4));
}

#[tokio::test]
async fn several_rooms_are_told_apart_and_begin_in_the_order_of_time() {
    let server = TestServer::start().await;
    let (eve, kitchen, ada) = kitchen(&server, &server.url(), &["first"]).await;
    let cellar = eve.creates_room("cellar").await;
    ada.run(&["rooms", "join", "cellar"]).await.lines();
    eve.posts(&cellar, "second").await;
    eve.posts(&kitchen, "third").await;
    let tail = ada.run(&["tail", "kitchen", "cellar", "--count", "3"]).await;
    let ends: Vec<_> = tail.lines().iter().map(|line| line.split_once(" [").unwrap().1.to_owned()).collect();
    assert_eq!(ends, ["kitchen] eve: first", "cellar] eve: second", "kitchen] eve: third"]);
}

#[tokio::test]
async fn it_ends_with_the_message_that_is_waited_for_or_in_time() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &["build started"]).await;
    let mut tail = ada.start(&["tail", "kitchen", "--json", "--until-match", "^build (passed|failed)$"]);
    assert_eq!(content(&tail.line().await), "build started");
    eve.posts(&room, "build passed, or so it seems").await;
    eve.posts(&room, "build failed").await;
    assert_eq!(content(&tail.line().await), "build passed, or so it seems");
    assert_eq!(content(&tail.line().await), "build failed");
    assert_eq!(tail.ends().await, Some(0));
    let late = ["tail", "kitchen", "-n", "0", "--until-match", "never", "--timeout", "200ms"];
    assert_eq!(ada.run(&late).await.failed(), 6);
    assert_eq!(ada.run(&["tail", "kitchen", "--until-match", "("]).await.failed(), 2);
}

#[tokio::test]
async fn signals_end_it_with_their_own_status() {
    let server = TestServer::start().await;
    let (_eve, _room, ada) = kitchen(&server, &server.url(), &["one"]).await;
    for (signal, status) in [("INT", 130), ("TERM", 143)] {
        let mut tail = ada.start(&["tail", "kitchen"]);
        tail.line().await;
        tail.signal(signal);
        assert_eq!((tail.ends().await, tail.told()), (Some(status), String::new()));
    }
}

#[tokio::test]
async fn a_token_that_ends_during_a_tail_is_renewed_and_a_session_that_ends_ends_it() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &["one"]).await;
    let mut tail = ada.start(&["tail", "kitchen", "--json"]);
    assert_eq!(content(&tail.line().await), "one");
    server.turn_clock(3660);
    let eve = eve.on_another_device().await;
    eve.posts(&room, "two").await;
    assert_eq!(content(&tail.line().await), "two");
    ada.run(&["logout", "--all-devices"]).await.lines();
    assert_eq!(tail.ends().await, Some(3));
    assert!(tail.told().contains("your session has ended"), "{}", tail.told());
}

#[tokio::test]
async fn a_command_takes_each_message_and_its_failure_ends_the_tail() {
    let server = TestServer::start().await;
    let (_eve, _room, ada) = kitchen(&server, &server.url(), &["one", "two", "three"]).await;
    let (cursor, taken) = (ada.file("cursor"), ada.file("taken"));
    let takes = |but: &str| {
        format!("read -r line; case $line in *{but}*) exit 9;; esac; printf '%s\\n' \"$line\" >>'{taken}'")
    };
    let tail = |command: String| {
        let (ada, cursor) = (&ada, &cursor);
        async move {
            ada.run(&["tail", "kitchen", "--cursor", cursor, "--exec", &command, "--timeout", "2s"]).await
        }
    };
    let failed = tail(takes("two")).await;
    assert_eq!(failed.failed(), 1);
    assert!(failed.err.contains("exit status: 9"), "{failed:?}");
    // The message that failed is tried again.
    assert_eq!(tail(takes("four")).await.failed(), 6);
    let taken = std::fs::read_to_string(taken).unwrap();
    assert_eq!(taken.lines().map(content).collect::<Vec<_>>(), ["one", "two", "three"]);
}

#[tokio::test]
async fn what_others_write_cannot_command_the_terminal() {
    let server = TestServer::start().await;
    let hostile = "a\u{1b}[2Jb\u{9b}31m\u{202e}c\nroot: d";
    let (_eve, _room, ada) = kitchen(&server, &server.url(), &[hostile]).await;
    let plain = ada.run(&["tail", "kitchen", "--count", "1"]).await;
    let lines = plain.lines();
    assert!(lines[0].ends_with(" eve: a[2Jb31m\u{fffd}c"), "{lines:?}");
    assert_eq!(lines[1..], ["    root: d"]);
    let json = ada.run(&["tail", "kitchen", "--count", "1", "--json"]).await;
    assert!(!json.out.contains(['\u{1b}', '\u{9b}', '\u{202e}']));
    assert_eq!(content(json.lines()[0]), hostile, "a program gets what was said");
}
