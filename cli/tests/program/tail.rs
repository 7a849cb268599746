//! Following a room.

use crate::shell::Shell;
use parlor_client::protocol::messages::Message;
use parlor_client::protocol::rooms::Room;
use parlor_tests::{Person, TestServer, proxy::FaultProxy};

/// A room with these messages of eve's, which ada has joined from her shell over `url`.
async fn kitchen(server: &TestServer, url: &str, said: &[&str]) -> (Person, Room, Shell) {
    let [eve] = server.people(["eve"]).await;
    let room = eve.creates_room("kitchen").await;
    for content in said {
        eve.posts(&room, content).await;
    }
    let ada = Shell::of("ada", url).await;
    ada.run(&["rooms", "join", "kitchen"]).await.lines();
    (eve, room, ada)
}

fn content(line: &str) -> String {
    serde_json::from_str::<Message>(line).unwrap().content
}

#[tokio::test]
async fn a_tail_prints_the_newest_messages_and_then_those_that_come() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &["one", "two", "three"]).await;
    let mut tail = ada.start(&["tail", "kitchen", "--json", "-n", "2", "--count", "4"]);
    assert_eq!(content(&tail.line().await), "two");
    assert_eq!(content(&tail.line().await), "three");
    let sent = eve.posts(&room, "four").await;
    assert_eq!(serde_json::from_str::<Message>(&tail.line().await).unwrap(), sent);
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
    eve.client
        .call::<parlor_client::protocol::rooms::DeleteRoom>(
            parlor_tests::people::at(room.id),
            parlor_client::protocol::Nothing,
            parlor_client::protocol::Nothing,
        )
        .await
        .unwrap();
    assert_eq!(tail.ends().await, Some(4));
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
