//! Sending messages.

use crate::shell::Shell;
use parlor_tests::{TestServer, proxy::FaultProxy};

#[tokio::test]
async fn a_message_comes_from_the_argument_or_from_standard_input() {
    let server = TestServer::start().await;
    let [eve] = server.people(["eve"]).await;
    let room = eve.creates_room("kitchen").await;
    let ada = Shell::of("ada", &server.url()).await;
    ada.run(&["rooms", "join", "kitchen"]).await.lines();
    let sent = ada.run(&["send", "kitchen", "hello"]).await;
    ada.run(&["send", "#kitchen", "in", "--timeout", "20s", "several  words"]).await.lines();
    ada.run_with(&["send", "kitchen"], "one\ntwo\n").await.lines();
    ada.run_with(&["send", "kitchen", "-"], "dash").await.lines();
    let id = ["send", "kitchen", "once", "--id", "build-7"];
    assert_eq!(ada.run(&id).await.lines(), ada.run(&id).await.lines(), "the same message");
    let history = eve.history(&room).await.messages;
    let said: Vec<_> = history.iter().map(|message| message.content.as_str()).collect();
    assert_eq!(said, ["hello", "in several  words", "one\ntwo", "dash", "once"]);
    assert_eq!(sent.lines(), [history[0].id.to_string()]);
}

#[tokio::test]
async fn what_is_no_message_or_one_too_many_is_refused() {
    let server = TestServer::start_with_limits().await;
    let ada = Shell::of("ada", &server.url()).await;
    let room = ada.run(&["rooms", "create", "kitchen"]).await.out;
    let room = room.trim();
    for wrong in ["", " \n", "\0", &"x".repeat(4001), &"x".repeat(100_000)] {
        assert_eq!(ada.run_with(&["send", room], wrong).await.failed(), 2);
    }
    assert_eq!(ada.run(&["send", room, ""]).await.failed(), 2);
    for _ in 0..5 {
        ada.run(&["send", room, "x"]).await.lines();
    }
    let refused = ada.run(&["send", room, "x"]).await;
    assert_eq!(refused.failed(), 7);
    assert_eq!(refused.err.matches("again in ").count(), 1, "{refused:?}");
}

#[tokio::test]
async fn a_message_whose_answer_is_lost_is_sent_again_and_stored_once() {
    let server = TestServer::start().await;
    let proxy = FaultProxy::start(server.socket).await;
    let [eve] = server.people(["eve"]).await;
    let room = eve.creates_room("kitchen").await;
    let mut seat = eve.subscribes(&room).await;
    let ada = Shell::of("ada", &format!("http://{}", proxy.address())).await;
    ada.run(&["rooms", "join", "kitchen"]).await.lines();

    proxy.change(|network| network.stalled = true);
    let id = room.id.to_string();
    let arguments = ["send", &id, "hello"];
    let (sent, ()) = tokio::join!(ada.run(&arguments), async {
        // It is stored, and its answer stands in the stalled network.
        assert_eq!(seat.hears_message().await.content, "hello");
        proxy.reset();
        proxy.heal();
    });
    let history = eve.history(&room).await.messages;
    assert_eq!(sent.lines(), [history[0].id.to_string()]);
    assert_eq!(history.len(), 1);
    assert!(sent.err.contains("trying again"), "{sent:?}");
}
