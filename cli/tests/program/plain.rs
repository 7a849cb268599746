//! The rooms without a screen: lines in, lines out.

use crate::{
    shell::{Running, Shell},
    tail::kitchen,
};
use parlor_client::ServerMessage;
use parlor_tests::{TestServer, people::PASSWORD, proxy::FaultProxy};
use serde_json::{Value, json};
use std::fs;

/// What it prints up to a line that ends so.
pub(crate) async fn until(plain: &mut Running, end: &str) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        lines.push(plain.line().await);
        let last = lines.last().unwrap();
        assert!(!last.is_empty(), "it has ended: {lines:?}; {}", plain.told());
        if last.ends_with(end) {
            return lines;
        }
    }
}

#[tokio::test]
async fn a_conversation_is_read_out_and_nothing_of_it_moves_the_cursor() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &["one", "tw\u{1b}[31mo\nlines\u{202e}"]).await;
    let mut plain = ada.start(&["tui", "--plain", "kitchen"]);
    let mut all = until(&mut plain, "eve in kitchen: one").await;
    all.extend(until(&mut plain, "  lines\u{fffd}").await);
    eve.posts(&room, "three").await;
    all.extend(until(&mut plain, "eve in kitchen: three").await);
    plain.write("hello\n//slash\n");
    all.extend(until(&mut plain, "ada in kitchen: hello").await);
    all.extend(until(&mut plain, "ada in kitchen: /slash").await);
    plain.write("/members\n");
    all.extend(until(&mut plain, ")").await);
    assert!(all.last().unwrap().contains("eve (offline)"), "{all:?}");
    plain.ends_input();
    assert_eq!(plain.ends().await, Some(0), "{}", plain.told());
    assert!(all.iter().all(|line| !line.chars().any(char::is_control)), "{all:?}");
    let said: Vec<_> = eve.history(&room).await.messages.into_iter().map(|message| message.content).collect();
    assert_eq!(said[2..], ["three", "hello", "/slash"]);
}

#[tokio::test]
async fn what_is_written_goes_to_the_room_that_is_named_or_nowhere() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &[]).await;
    let attics = [eve.creates_room("attic").await, eve.creates_room("attic").await];
    let library = eve.creates_room("library").await;
    for (wanted, code, words) in [
        ("nowhere", 4, "There is no room named nowhere that you can see"),
        ("attic", 2, "Several rooms are named attic"),
    ] {
        let ended = ada.run_with(&["tui", "--plain", wanted], "not for the kitchen\n").await;
        assert!(ended.code == code && ended.err.contains(words), "{ended:?}");
    }
    // It is sent when the room is joined, and not before.
    let joins = ada.run_with(&["tui", "--plain", "#Library"], "for the library\n").await;
    assert_eq!(joins.code, 0, "{joins:?}");
    let moves = ada.run_with(&["tui", "--plain", "kitchen"], "/go library\nhere, too\n/go attic\n").await;
    assert!(moves.code == 0 && moves.out.contains("Several rooms are named attic"), "{moves:?}");
    let said = async |room| {
        let messages = eve.history(room).await.messages;
        messages.into_iter().map(|message| message.content).collect::<Vec<_>>()
    };
    assert_eq!(said(&library).await, ["for the library", "here, too"]);
    for other in attics.iter().chain([&room]) {
        assert_eq!(said(other).await, [""; 0]);
    }
}

#[tokio::test]
async fn a_line_that_is_no_text_ends_it_with_a_word_and_what_was_before_is_sent() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &[]).await;
    let ended = ada.run_with(&["tui", "--plain", "kitchen"], b"good line\n\xff bad\nthird line\n").await;
    assert!(ended.code == 2 && ended.err.contains("a line is not UTF-8"), "{ended:?}");
    let said: Vec<_> = eve.history(&room).await.messages.into_iter().map(|message| message.content).collect();
    assert_eq!(said, ["good line"]);
}

#[tokio::test]
async fn what_is_read_out_is_read() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &[]).await;
    let message = eve.posts(&room, "one").await;
    let mut seat = eve.subscribes(&room).await;
    let mut plain = ada.start(&["tui", "--plain", "kitchen"]);
    until(&mut plain, "eve in kitchen: one").await;
    let read = seat.hears(|heard| match heard {
        ServerMessage::MessagesRead(receipt) => Some(receipt.last_read_seq),
        _ => None,
    });
    assert_eq!(read.await, message.seq);
}

#[tokio::test]
async fn the_last_line_of_a_script_is_sent() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &[]).await;
    assert_eq!(ada.run_with(&["tui", "--plain", "kitchen"], "hello").await.code, 0);
    let history = eve.history(&room).await;
    assert_eq!(history.messages.last().unwrap().content, "hello");
}

#[tokio::test]
async fn what_waits_is_kept_also_when_nobody_reads_any_more() {
    let server = TestServer::start().await;
    let proxy = FaultProxy::start(server.socket).await;
    let url = format!("http://{}", proxy.address());
    let (_eve, _room, ada) = kitchen(&server, &url, &["one"]).await;
    // One of them has the outbox: what the other can't send, nothing but its end keeps.
    let [mut first, mut second] = [(); 2].map(|()| ada.start(&["tui", "--plain", "kitchen"]));
    for plain in [&mut first, &mut second] {
        until(plain, "eve in kitchen: one").await;
    }
    proxy.change(|network| network.stalled = true);
    proxy.reset();
    for plain in [&mut first, &mut second] {
        plain.says("too late");
        plain.stop_reading();
        plain.says("/where");
        assert_eq!(plain.ends().await, Some(0), "{}", plain.told());
    }
    let [outbox, drafts] =
        ["outbox", "drafts"].map(|kept| ada.session().with_file_name(format!("session.json.{kept}")));
    for kept in [outbox, drafts] {
        let text = fs::read_to_string(&kept).unwrap();
        assert_eq!(text.matches("too late").count(), 1, "{}: {text}", kept.display());
    }
}

#[tokio::test]
async fn the_environment_can_ask_for_lines() {
    let server = TestServer::start().await;
    let (_eve, _room, ada) = kitchen(&server, &server.url(), &[]).await;
    for variable in [("PARLOR_PLAIN", "1"), ("TERM", "dumb")] {
        let ended = ada.run_in(&[variable], &["tui"], "/quit\n").await;
        assert!(ended.lines()[0].starts_with("Parlor."), "{ended:?}");
    }
}

#[tokio::test]
async fn another_account_and_a_file_that_cannot_be_read_leave_the_drafts_as_they_are() {
    let server = TestServer::start().await;
    let (_eve, room, ada) = kitchen(&server, &server.url(), &[]).await;
    let session: Value = serde_json::from_slice(&fs::read(ada.session()).unwrap()).unwrap();
    let drafts = ada.session().with_file_name("session.json.drafts");
    let kept =
        json!({ "user": session["user"]["id"], "drafts": { room.id.to_string(): "half" } }).to_string();
    fs::write(&drafts, &kept).unwrap();
    let login =
        ["login", "--register", "--username", "bob", "--email", "bob@example.com", "--password-stdin"];
    assert_eq!(ada.run_with(&login, PASSWORD).await.lines(), ["bob"]);
    ada.run_with(&["tui", "--plain"], "/quit\n").await.lines();
    assert_eq!(fs::read_to_string(&drafts).unwrap(), kept);

    fs::write(&drafts, "{\"users\": ").unwrap();
    let ended = ada.run_with(&["tui", "--plain"], "/quit\n").await;
    assert!(ended.lines().iter().any(|line| line.contains("Drafts could not be kept: ")), "{ended:?}");
    assert_eq!(fs::read_to_string(&drafts).unwrap(), "{\"users\": ");
}

#[tokio::test]
async fn without_a_terminal_or_a_session_there_are_no_rooms_to_show() {
    let shell = Shell::new();
    assert_eq!(shell.run_in(&[("TERM", "xterm")], &["tui"], "").await.failed(), 2);
    assert_eq!(shell.run(&["tui", "--plain"]).await.failed(), 3);
    assert_eq!(shell.run(&[]).await.failed(), 2);
}
