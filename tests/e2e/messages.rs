//! Messages: sending them, their order, their limits, and retries.

use parlor_client::ServerMessage;
use parlor_protocol::{
    ErrorType,
    messages::{MessageStatus, SendMessageEvent},
};
use parlor_server::config::{Limits, Rate};
use parlor_tests::{TestServer, seat::saying};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinSet;

#[tokio::test]
async fn s3_s20_a_message_is_the_same_in_the_acknowledgement_live_and_in_history() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let (mut sender, mut listener) = (ada.subscribes(&room).await, bob.subscribes(&room).await);
    for content in ["first", " kept as it was sent\n", "🦀 ä \u{202e}rtl"] {
        let acked = sender.says(&room, content).await;
        assert_eq!(
            (acked.content.as_str(), acked.user_id, acked.status),
            (content, ada.id(), MessageStatus::Delivered)
        );
        assert_eq!((acked.timestamp, acked.updated_at), (acked.created_at, acked.created_at));
        assert_eq!((acked.username.as_str(), acked.sender.username.as_str()), ("ada", "ada"));
        assert_eq!(sender.hears_message().await, acked, "the sender's own socket");
        assert_eq!(listener.hears_message().await, acked);
        assert_eq!(bob.history(&room).await.messages.last(), Some(&acked));
    }
    let seqs: Vec<_> = ada.history(&room).await.messages.iter().map(|message| message.seq).collect();
    assert_eq!(seqs, [4, 5, 6]);
}

#[tokio::test]
async fn s13_s15_content_is_a_text_of_1_to_4000_characters_that_is_not_blank() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let mut socket = ada.raw_socket().await;
    socket.join(room.id).await;
    let bad = [
        json!(""),
        json!(" \n\t"),
        json!("a\0b"),
        json!("x".repeat(4001)),
        json!(5),
        json!(null),
        json!(["a"]),
        json!({ "a": 1 }),
        json!(true),
    ];
    for content in bad {
        let ack = socket.ask("send_message", &json!({ "roomId": room.id, "content": content })).await;
        assert_eq!(
            (&ack["ok"], &ack["error"]["type"]),
            (&json!(false), &json!("VALIDATION")),
            "{content}: {ack}"
        );
        assert_eq!(ack["error"]["errors"][0]["field"], "content", "{ack}");
        let reply =
            ada.post(&format!("/api/v1/rooms/{}/messages", room.id), &json!({ "content": content })).await;
        assert_eq!(reply.is(ErrorType::Validation).bad_fields(), ["content"]);
    }
    for content in ["x".repeat(4000), "🦀".repeat(4000), "\u{feff}".to_owned(), "a".to_owned()] {
        let ack = socket.ask("send_message", &json!({ "roomId": room.id, "content": content })).await;
        assert_eq!((&ack["ok"], &ack["data"]["content"]), (&json!(true), &json!(content)));
    }
    assert_eq!(ada.history(&room).await.messages.len(), 4);
}

#[tokio::test]
async fn one_client_message_id_by_eight_sockets_at_once_is_one_message_and_equal_acknowledgements() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let mut listener = bob.subscribes(&room).await;
    for round in 0..10 {
        let mut senders = JoinSet::new();
        for _ in 0..8 {
            let (ada, room) = (ada.clone(), room.clone());
            senders.spawn(async move {
                let seat = ada.sits_down().await;
                let message = saying(&room, "once", Some(&format!("round-{round}")));
                seat.emits::<SendMessageEvent>(message).await.unwrap()
            });
        }
        let acks = senders.join_all().await;
        assert!(acks.iter().all(|ack| *ack == acks[0]), "{acks:?}");
        assert_eq!(listener.hears_message().await, acks[0]);
    }
    let seqs: Vec<_> = bob.timeline(&room).await.events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..=13).collect::<Vec<_>>(), "a repeat makes no gap");
    assert_eq!(listener.heard_messages().await, Vec::<String>::new(), "and is not sent again");
}

#[tokio::test]
async fn a_client_message_id_is_known_for_ever_even_after_leaving_and_binds_its_content() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let path = format!("/api/v1/rooms/{}/messages", room.id);
    let once = json!({ "content": "once", "clientMessageId": "a_B-9" });
    let first = bob.post(&path, &once).await;
    let message = first.data(201);
    assert_eq!(message["clientMessageId"], "a_B-9");
    assert_eq!(bob.post(&path, &once).await.data(200), message);
    let other = json!({ "content": "twice", "clientMessageId": "a_B-9" });
    bob.post(&path, &other).await.is(ErrorType::Conflict);
    ada.post(&path, &once).await.data(201);
    bob.leaves(&room).await;
    server.turn_clock(3000);
    assert_eq!(bob.post(&path, &once).await.data(200), message, "the reply of a leaver was lost");
    bob.post(&path, &json!({ "content": "new", "clientMessageId": "b" })).await.is(ErrorType::NotAuthorized);
    for id in [json!(""), json!("x".repeat(65)), json!("a b"), json!("ä"), json!(5), json!(["a"])] {
        let reply = ada.post(&path, &json!({ "content": "once", "clientMessageId": id })).await;
        assert_eq!(reply.is(ErrorType::Validation).bad_fields(), ["clientMessageId"], "{id}");
    }
    assert_eq!(ada.history(&room).await.messages.len(), 2);
}

#[tokio::test]
async fn a_sixth_message_in_ten_seconds_is_too_many_for_this_room_only() {
    let server = TestServer::start_with_limits().await;
    let [ada] = server.people(["ada"]).await;
    let (room, other) = (ada.creates_room("kitchen").await, ada.creates_room("garden").await);
    let seat = ada.subscribes(&room).await;
    for n in 0..5 {
        seat.says(&room, &n.to_string()).await;
    }
    let refused = seat.tries_to_say(&room, "6").await.unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorType::RateLimit));
    let wait = refused.api().unwrap().retry_after_ms.unwrap();
    assert!((1..=10_000).contains(&wait), "{wait}");
    seat.says(&other, "1").await;
    let reply = ada.post(&format!("/api/v1/rooms/{}/messages", room.id), &json!({ "content": "6" })).await;
    assert!((1..=10).contains(&reply.is(ErrorType::RateLimit).header("retry-after").parse::<u64>().unwrap()));
    assert_eq!(ada.history(&room).await.messages.len(), 5);
}

#[tokio::test]
async fn s14_refused_and_repeated_messages_cost_nothing_of_the_limit() {
    let server = TestServer::start_with_limits().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let (room, foreign) = (ada.creates_room("kitchen").await, bob.creates_room("garden").await);
    let seat = ada.subscribes(&room).await;
    let once = || saying(&room, "once", Some("same"));
    let first = seat.emits::<SendMessageEvent>(once()).await.unwrap();
    let mut raw = ada.raw_socket().await;
    for _ in 0..10 {
        assert_eq!(seat.emits::<SendMessageEvent>(once()).await.unwrap(), first);
        let conflict =
            seat.emits::<SendMessageEvent>(saying(&room, "other", Some("same"))).await.unwrap_err();
        assert_eq!(conflict.kind(), Some(ErrorType::Conflict));
        let stranger = seat.tries_to_say(&foreign, "hello").await.unwrap_err();
        assert_eq!(stranger.kind(), Some(ErrorType::NotAuthorized));
        let blank = raw.ask("send_message", &json!({ "roomId": room.id, "content": " " })).await;
        assert_eq!(blank["error"]["type"], "VALIDATION");
    }
    for n in 0..4 {
        seat.says(&room, &n.to_string()).await;
    }
    let refused = seat.tries_to_say(&room, "6").await.unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorType::RateLimit));
    assert_eq!(seat.emits::<SendMessageEvent>(once()).await.unwrap(), first, "a repeat passes at the limit");
}

#[tokio::test]
async fn an_event_is_checked_for_shape_then_authority_then_limit() {
    let server = TestServer::start_with_limits().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let (room, foreign) = (ada.creates_room("kitchen").await, bob.creates_room("garden").await);
    let mut socket = ada.raw_socket().await;
    for n in 0..5 {
        socket.ask("send_message", &json!({ "roomId": room.id, "content": n.to_string() })).await;
    }
    let cases = [
        (json!({ "roomId": foreign.id, "content": "" }), "VALIDATION"),
        (json!({ "roomId": room.id, "content": "" }), "VALIDATION"),
        (json!({ "roomId": foreign.id, "content": "x" }), "NOT_AUTHORIZED"),
        (json!({ "roomId": room.id, "content": "x" }), "RATE_LIMIT"),
    ];
    for (payload, kind) in cases {
        let ack = socket.ask("send_message", &payload).await;
        assert_eq!(ack["error"]["type"], kind, "{payload}");
    }
}

#[tokio::test]
async fn a_limit_of_messages_opens_again_with_time() {
    let message = Some(Rate { count: 1, per: Duration::from_secs(2) });
    let server = TestServer::start_with(|config| config.limits = Limits { message, ..Limits::off() }).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let seat = ada.subscribes(&room).await;
    seat.says(&room, "1").await;
    // On a machine that is so busy that it opens again meanwhile, the next one is too many.
    let wait = parlor_tests::soon("a refusal", async {
        loop {
            if let Err(refused) = seat.tries_to_say(&room, "2").await {
                break refused.api().unwrap().retry_after_ms.unwrap();
            }
        }
    })
    .await;
    assert!((1..=2000).contains(&wait), "{wait}");
    // As long as the server said, and no longer.
    tokio::time::sleep(Duration::from_millis(wait)).await;
    seat.says(&room, "2").await;
}

#[tokio::test]
async fn a_message_to_a_room_that_one_is_not_in_is_refused_whatever_it_is() {
    let server = TestServer::start().await;
    let [ada, eve] = server.people(["ada", "eve"]).await;
    let (open, hidden) = (ada.creates_room("kitchen").await, ada.creates_private_room("cellar").await);
    let mut seat = ada.subscribes(&open).await;
    seat.listens_to(&hidden).await;
    let mut socket = eve.raw_socket().await;
    let mut refusals = Vec::new();
    for room in [json!(open.id), json!(hidden.id), json!("018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90")] {
        let ack = socket.ask("send_message", &json!({ "roomId": room, "content": "psst" })).await;
        assert_eq!(ack["error"]["type"], "NOT_AUTHORIZED", "{ack}");
        refusals.push(ack);
    }
    assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "one and the same: {refusals:?}");
    seat.says(&open, "marker").await;
    let heard: Vec<_> = seat.heard().await;
    let messages: Vec<_> = heard
        .iter()
        .filter_map(|message| match message {
            ServerMessage::ReceiveMessage(message) => Some(message.content.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(messages, ["marker"]);
}

#[tokio::test]
async fn h28_a_message_over_rest_is_201_and_heard_by_all() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let mut seat = bob.subscribes(&room).await;
    let reply =
        ada.post(&format!("/api/v1/rooms/{}/messages", room.id), &json!({ "content": "by post" })).await;
    let heard = serde_json::to_value(seat.hears_message().await).unwrap();
    assert_eq!(reply.data(201), &heard);
    assert_eq!(heard["clientMessageId"], Value::Null);
}

#[tokio::test]
async fn o8_ids_are_uuids_and_times_have_milliseconds_wherever_they_stand() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let mut socket = ada.raw_socket().await;
    socket.join(room.id).await;
    let acked =
        socket.ask("send_message", &json!({ "roomId": room.id, "content": "x" })).await["data"].clone();
    let live = socket.hear("receive_message").await;
    let history = ada.get(&format!("/api/v1/rooms/{}/messages", room.id)).await;
    let kept = &history.data(200)["messages"][0];
    for message in [&acked, &live, kept] {
        for id in ["id", "roomId", "userId"] {
            assert_eq!(message[id].as_str().map(str::len), Some(36), "{id} in {message}");
        }
        for time in ["createdAt", "updatedAt", "timestamp"] {
            let text = message[time].as_str().unwrap();
            assert!(
                text.len() == 24 && text.as_bytes()[19] == b'.' && text.ends_with('Z'),
                "{time} in {message}"
            );
        }
        assert_eq!(message, kept);
    }
}
