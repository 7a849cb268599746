//! Messages on their way.

use crate::{client_of, content_of, contents, is_offline, is_online, live_of, sent, until};
use parlor_client::{
    Error,
    live::{Event, FileOutbox, Live, OutboxStore as _, Queued, Waiting},
    protocol::{ErrorType, time::Timestamp},
};
use parlor_server::config::Rate;
use parlor_tests::{ServerProcess, TestServer, proxy::FaultProxy, soon};
use std::time::Duration;

#[tokio::test]
async fn a_message_is_sent_and_told() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let (live, mut events) = live_of(&ada, server.socket).await;
    let message = soon("the message", live.room(room.id).send("hello").into_future()).await.unwrap();
    assert_eq!(message.content, "hello");
    let pick = |event| match event {
        Event::Queued(queued) => Some(queued),
        _ => None,
    };
    let queued = until(&mut events, "the local echo", pick).await;
    assert_eq!(Some(queued.client_message_id), message.client_message_id);
    assert_eq!(sent(&mut events).await, message);
    assert_eq!(ada.history(&room).await.messages, [message]);
}

#[tokio::test]
async fn an_id_of_ones_own_makes_two_sends_one_message() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let (live, _events) = live_of(&ada, server.socket).await;
    let room = live.room(room.id);
    let first = room.send("once").client_message_id("build-7").await.unwrap();
    assert_eq!(room.send("once").client_message_id("build-7").await.unwrap(), first);
    let refused = room.send("twice").client_message_id("build-7").await.unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorType::Conflict));
}

#[tokio::test]
async fn what_is_queued_while_the_network_fails_arrives_once_in_order() {
    let server = TestServer::start().await;
    let proxy = FaultProxy::start(server.socket).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let (live, mut events) = live_of(&ada, proxy.address()).await;
    is_online(&live).await;
    let said: Vec<_> = (0..60).map(|n| n.to_string()).collect();
    let mut pending = Vec::new();
    for (n, content) in said.iter().enumerate() {
        pending.push(live.room(room.id).send(content).queue().await.unwrap());
        if n % 10 == 5 {
            // In the middle of a frame, of either direction.
            proxy.cut_after(u64::try_from(n * 7).unwrap());
            is_offline(&live).await;
            proxy.heal();
            live.reconnect_now().await;
        }
    }
    for (content, pending) in said.iter().zip(pending) {
        assert_eq!(soon("a message", pending.sent()).await.unwrap().content, *content);
        assert_eq!(sent(&mut events).await.content, *content);
    }
    let stored: Vec<_> = ada.history(&room).await.messages.into_iter().map(|m| m.content).collect();
    assert_eq!(stored, said);
}

#[tokio::test]
async fn what_is_queued_while_the_server_is_down_arrives_when_it_is_back() {
    let mut server = ServerProcess::start(&[("PARLOR_LIMIT_MESSAGE", "off")]).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let (live, _events) = live_of(&ada, server.socket).await;
    is_online(&live).await;
    server.kill().await;
    let mut pending = Vec::new();
    for n in 0..5 {
        pending.push(live.room(room.id).send(n.to_string()).queue().await.unwrap());
    }
    assert_eq!(live.outbox().iter().map(content_of).collect::<Vec<_>>(), ["0", "1", "2", "3", "4"]);
    server.start_again().await;
    live.reconnect_now().await;
    for pending in pending {
        soon("a message", pending.sent()).await.unwrap();
    }
    assert!(live.outbox().is_empty());
    let stored: Vec<_> = ada.history(&room).await.messages.into_iter().map(|m| m.content).collect();
    assert_eq!(stored, ["0", "1", "2", "3", "4"]);
}

#[tokio::test]
async fn a_limit_makes_messages_wait_and_not_fail() {
    let limit = Some(Rate { count: 2, per: Duration::from_millis(500) });
    let server = TestServer::start_with(|config| config.limits.message = limit).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let (live, mut events) = live_of(&ada, server.socket).await;
    live.room(room.id).follow(None).await.unwrap();
    for n in 0..6 {
        live.room(room.id).send(n.to_string()).queue().await.unwrap();
    }
    assert_eq!(contents(&mut events, 6).await, ["0", "1", "2", "3", "4", "5"]);
}

#[tokio::test]
async fn a_refused_message_fails_and_the_next_one_goes_on() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    let (live, mut events) = live_of(&bob, server.socket).await;
    let kitchen = live.room(room.id);
    let refused = kitchen.send("too early").await.unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorType::NotAuthorized));
    let pick = |event| match event {
        Event::SendFailed { message, error } => Some((message.content, error.kind())),
        _ => None,
    };
    let told = until(&mut events, "the failure", pick).await;
    assert_eq!(told, ("too early".to_owned(), Some(ErrorType::NotAuthorized)));
    bob.joins(&room).await;
    assert_eq!(kitchen.send("in time").await.unwrap().content, "in time");
}

#[tokio::test]
async fn what_is_no_message_is_refused_before_it_is_queued() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let (live, _events) = live_of(&ada, server.socket).await;
    let room = live.room(room.id);
    for bad in [room.send("   "), room.send("x".repeat(4001)), room.send("well").client_message_id("no id")] {
        let refused = bad.queue().await.unwrap_err();
        assert!(matches!(refused, Error::Input(_)), "{refused:?}");
    }
    assert!(live.outbox().is_empty());
}

#[tokio::test]
async fn an_outbox_in_a_file_survives_the_program() {
    let mut server = ServerProcess::start(&[("PARLOR_LIMIT_MESSAGE", "off")]).await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    let folder = tempfile::tempdir().unwrap();
    let outbox = FileOutbox::at(folder.path().join("outbox.json"));
    let client = client_of(&ada, server.socket).await;
    server.kill().await;
    let live = client.live().outbox(outbox.clone()).start().await.unwrap();
    for content in ["one", "two"] {
        live.room(room.id).send(content).queue().await.unwrap();
    }
    let left = live.shutdown(Duration::ZERO).await;
    assert_eq!(left.iter().map(content_of).collect::<Vec<_>>(), ["one", "two"]);

    server.start_again().await;
    let others = client_of(&bob, server.socket).await.live().outbox(outbox.clone()).start().await;
    assert!(matches!(others, Err(Error::Store(_))), "{others:?}");
    let live = client.live().outbox(outbox.clone()).start().await.unwrap();
    assert!(live.shutdown(Duration::from_secs(10)).await.is_empty());
    let stored: Vec<_> = ada.history(&room).await.messages.into_iter().map(|m| m.content).collect();
    assert_eq!(stored, ["one", "two"]);
    // And it is empty for whoever comes next.
    client_of(&bob, server.socket).await.live().outbox(outbox).start().await.unwrap();
}

#[tokio::test]
async fn what_has_waited_for_too_long_is_sent_when_somebody_says_so_and_keeps_nothing_waiting() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let folder = tempfile::tempdir().unwrap();
    let outbox = FileOutbox::at(folder.path().join("outbox.json"));
    let client = client_of(&ada, server.socket).await;
    let hour = Duration::from_hours(1);
    let ago = |hours: u32| Some(Timestamp::from(client.now().to_utc() - hour * hours));
    let message = |content: &str, queued_at| Queued {
        room_id: room.id,
        content: content.to_owned(),
        client_message_id: content.parse().unwrap(),
        queued_at,
    };
    let messages = vec![
        message("stale", ago(25)),
        message("undated", None),
        message("ancient", ago(2000)),
        message("young", ago(23)),
    ];
    outbox.save(&Waiting { user_id: Some(ada.id()), messages }).unwrap();
    let names = |messages: &[Queued]| messages.iter().map(content_of).collect::<Vec<_>>().join(" ");
    let begin =
        async || client.live().outbox(outbox.clone()).hold_older_than(hour * 24).start().await.unwrap();
    let said = async || {
        let messages = ada.history(&room).await.messages;
        messages.into_iter().map(|message| message.content).collect::<Vec<_>>().join(" ")
    };
    let end = async |live: Live| names(&live.shutdown(Duration::from_secs(10)).await);

    let live = begin().await;
    soon("a new one", live.room(room.id).send("new").into_future()).await.unwrap();
    assert_eq!(said().await, "undated young new");
    assert_eq!([live.held(), live.outbox()].map(|messages| names(&messages)), ["stale ancient"; 2]);
    assert_eq!(end(live).await, "stale ancient");
    // The next run asks, too.
    let live = begin().await;
    assert_eq!(names(&live.held()), "stale ancient");
    assert!(live.drop_queued(&"ancient".parse().unwrap()).await.unwrap());
    assert_eq!(names(&outbox.load().unwrap().messages), "stale");
    assert!(live.send_held(&"stale".parse().unwrap()).await.unwrap());
    assert!(!live.send_held(&"stale".parse().unwrap()).await.unwrap(), "it is queued now");
    assert_eq!(end(live).await, "");
    assert_eq!(said().await, "undated young new stale");
    assert_eq!(outbox.load().unwrap().messages, []);
}

#[tokio::test]
async fn nothing_is_queued_after_the_end() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let (live, _events) = live_of(&ada, server.socket).await;
    let room = live.room(room.id);
    assert!(live.shutdown(Duration::from_secs(1)).await.is_empty());
    let over = soon("the refusal", room.send("late").into_future()).await.unwrap_err();
    assert!(matches!(over, Error::Disconnected(_)), "{over:?}");
    let again = soon("the refusal", room.send("later").into_future()).await.unwrap_err();
    assert!(matches!(again, Error::Disconnected(_)), "{again:?}");
    assert!(soon("the refusal", room.follow(None)).await.is_err());
}

#[tokio::test]
async fn one_after_the_other_each_gets_its_own_answer_also_with_an_outbox_that_takes_its_time() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let folder = tempfile::tempdir().unwrap();
    let outbox = FileOutbox::at(folder.path().join("outbox.json"));
    let live = client_of(&ada, server.socket).await.live().outbox(outbox).start().await.unwrap();
    let mut events = live.events();
    for n in 0..50 {
        let message = live.room(room.id).send(n.to_string()).await.unwrap();
        assert_eq!(message.content, n.to_string());
    }
    for n in 0..50 {
        assert_eq!(sent(&mut events).await.content, n.to_string());
    }
    assert!(live.shutdown(Duration::from_secs(1)).await.is_empty());
    assert_eq!(ada.history(&room).await.messages.len(), 50);
}

#[tokio::test]
async fn one_connection_at_a_time_has_an_outbox() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let folder = tempfile::tempdir().unwrap();
    let outbox = FileOutbox::at(folder.path().join("outbox.json"));
    let client = client_of(&ada, server.socket).await;
    let first = client.live().outbox(outbox.clone()).start().await.unwrap();
    let second = client.live().outbox(outbox.clone()).start().await;
    let Err(Error::Store(why)) = second else { panic!("{second:?}") };
    assert!(why.contains("outbox.json is in use"), "{why}");
    first.room(room.id).send("one").queue().await.unwrap();
    // With the answer nothing is left in the file.
    assert!(first.shutdown(Duration::from_secs(10)).await.is_empty());
    assert_eq!(outbox.load().unwrap().messages, []);
    // It is free as soon as the last of what belonged to the first has gone.
    let free = async {
        while client.live().outbox(outbox.clone()).start().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    soon("the outbox", free).await;
}
