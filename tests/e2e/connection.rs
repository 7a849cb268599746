//! One connection and its neighbours: answers that are never missing, frames that close only their own socket, peers that
//! stop reading, and networks that break.

use parlor_client::{DisconnectReason, Error};
use parlor_protocol::{
    ErrorType,
    messages::SendMessageEvent,
    page::Number,
    subscriptions::{JoinRoomEvent, JoinRoomPayload},
};
use parlor_server::config::{Limits, Rate};
use parlor_tests::{
    Packet, RawSocket, TestServer, declared::EVENTS, proxy::FaultProxy, seat::saying, within,
};
use serde_json::json;
use std::time::{Duration, Instant};

/// What a client can emit.
fn every_event() -> impl Iterator<Item = &'static str> {
    EVENTS.0.keys().copied()
}

#[tokio::test]
async fn s13_whatever_event_there_is_it_is_answered() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let mut socket = ada.raw_socket().await;
    for event in every_event().chain(["no_such_event", "constructor", "__proto__", ""]) {
        let ack = socket.ask(event, &json!({ "requestId": "r-1" })).await;
        assert_eq!(
            (&ack["ok"], &ack["error"]["type"]),
            (&json!(false), &json!("VALIDATION")),
            "{event}: {ack}"
        );
        assert_eq!(ack["requestId"], "r-1", "{event}");
        assert!(
            socket.heard.iter().all(|(name, _)| name != "error"),
            "an acknowledged failure is no `error`"
        );
        socket.emit(event, &json!({})).await;
        let error = socket.hear("error").await;
        assert_eq!((&error["type"], &error["event"]), (&json!("VALIDATION"), &json!(event)), "{error}");
        assert_eq!(error.get("requestId"), None, "{error}");
        socket.emit(event, &json!({ "requestId": "r-2" })).await;
        assert_eq!(socket.hear("error").await["requestId"], "r-2", "{event}");
    }
}

#[tokio::test]
async fn s2_an_event_without_any_argument_is_answered() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let mut socket = ada.raw_socket().await;
    for (n, event) in (1..).zip(every_event().chain(["nothing"])) {
        socket.send(&format!("42{}", json!([event]))).await;
        assert_eq!(socket.hear("error").await["event"], event);
        socket.send(&format!("42{n}{}", json!([event]))).await;
        assert_eq!(socket.answer(n).await["error"]["type"], "VALIDATION", "{event}");
        socket.send(&format!("42{n}{}", json!([event, null, 5, "more"]))).await;
        assert_eq!(socket.answer(n).await["error"]["type"], "VALIDATION", "{event}");
    }
}

#[tokio::test]
async fn a_request_id_is_echoed_when_it_is_one() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let mut socket = ada.raw_socket().await;
    let longest = "é".repeat(64);
    for id in ["a", longest.as_str()] {
        let ack = socket.ask("join_room", &json!({ "roomId": room.id, "requestId": id })).await;
        assert_eq!((&ack["ok"], &ack["requestId"]), (&json!(true), &json!(id)));
    }
    for id in [json!(""), json!("x".repeat(65)), json!(5), json!(null), json!(["a"])] {
        let ack = socket.ask("get_room_users", &json!({ "roomId": room.id, "requestId": id })).await;
        assert!(ack.get("requestId").is_none(), "{ack}");
    }
}

#[tokio::test]
async fn s2_what_is_no_event_closes_its_own_socket_and_no_other() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let mut neighbour = ada.subscribes(&room).await;
    let frames = [
        "42[]",
        "42[5]",
        "42{\"a\":1}",
        "42[null]",
        "42[",
        "42\"x\"",
        "4",
        "49",
        "451-[\"send_message\",{\"_placeholder\":true,\"num\":0}]",
        "zzz",
        "9",
        "b",
        "42[\"typing\",",
    ];
    for frame in frames {
        let mut socket = ada.raw_socket().await;
        socket.send(frame).await;
        let closed = async {
            loop {
                match socket.next().await {
                    Packet::Closed => return,
                    Packet::Event(..) => {}
                    other => panic!("{frame}: {other:?}"),
                }
            }
        };
        within(Duration::from_secs(3), format_args!("the end after {frame}"), closed).await;
        neighbour.says(&room, frame).await;
        assert_eq!(neighbour.hears_message().await.content, frame);
    }
}

#[tokio::test]
async fn an_ack_id_beyond_all_numbers_is_not_silence_either() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let mut socket = ada.raw_socket().await;
    socket.send(r#"4299999999999999999999["typing",{}]"#).await;
    assert_eq!(socket.hear("error").await["type"], "VALIDATION");
}

#[tokio::test]
async fn a_binary_frame_and_one_over_64_kib_close_the_socket() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let mut neighbour = ada.subscribes(&room).await;
    let mut binary = ada.raw_socket().await;
    binary.send_bytes(vec![1, 2, 3]).await;
    binary.hear_the_end().await;
    let mut large = ada.raw_socket().await;
    large.emit("send_message", &json!({ "roomId": room.id, "content": "x".repeat(70_000) })).await;
    large.hear_the_end().await;
    let mut nearly = ada.raw_socket().await;
    let ack = nearly.ask("send_message", &json!({ "roomId": room.id, "content": "x".repeat(60_000) })).await;
    assert_eq!(ack["error"]["type"], "VALIDATION");
    neighbour.says(&room, "unharmed").await;
    assert_eq!(neighbour.hears_message().await.content, "unharmed");
}

#[tokio::test]
async fn an_event_before_the_handshake_does_nothing() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let mut socket = RawSocket::open(server.socket).await;
    socket.send(&format!("42{}", json!(["send_message", { "roomId": room.id, "content": "early" }]))).await;
    socket.hear_the_end().await;
    let mut other = RawSocket::open(server.socket).await;
    other.send(&format!("40/admin,{}", json!({ "token": ada.token() }))).await;
    assert!(matches!(other.next().await, Packet::ConnectError(_)));
    assert_eq!(ada.history(&room).await.messages.len(), 0);
}

#[tokio::test]
async fn s18_a_socket_that_emits_too_often_is_told_so() {
    let events = Some(Rate { count: 5, per: Duration::from_secs(1) });
    let server = TestServer::start_with(|config| config.limits = Limits { events, ..Limits::off() }).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let mut socket = ada.raw_socket().await;
    let ask = json!(["get_room_users", { "roomId": room.id }]);
    socket.send_all((1..=60).map(|n| format!("42{n}{ask}"))).await;
    let (mut served, mut refused) = (0, 0);
    for n in 1..=60 {
        let ack = socket.answer(n).await;
        if ack["ok"] == true {
            served += 1;
        } else {
            assert_eq!(ack["error"]["type"], "RATE_LIMIT", "{ack}");
            assert!(ack["error"]["retryAfterMs"].as_u64().is_some_and(|wait| wait <= 1000), "{ack}");
            refused += 1;
        }
    }
    assert!(served >= 20 && refused >= 20, "{served} served, {refused} refused");
}

#[tokio::test]
async fn s18_the_sockets_of_a_user_are_bounded_and_a_place_becomes_free_again() {
    let limits = Limits { sockets_per_user: Some(2), ..Limits::off() };
    let server = TestServer::start_with(|config| config.limits = limits).await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let (first, second) = (ada.sits_down().await, ada.sits_down().await);
    let refused = ada.client.connect().await.map(drop).unwrap_err();
    assert!(matches!(&refused, Error::ConnectRefused(words) if !words.is_empty()), "{refused:?}");
    bob.sits_down().await;
    first.stands_up();
    let again = async { while ada.client.connect().await.is_err() {} };
    parlor_tests::soon("a free place", again).await;
    second.stands_up();
}

#[tokio::test]
async fn a_peer_that_stops_reading_is_cut_and_its_neighbours_notice_nothing() {
    let server = TestServer::start_with(|config| config.deadlines.write = Duration::from_secs(2)).await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let mut stalled = RawSocket::connect_narrow(server.socket, &bob.token()).await;
    stalled.join(room.id).await;
    let (mut healthy, mut sender) = (bob.raw_socket().await, ada.raw_socket().await);
    healthy.join(room.id).await;
    let content = "x".repeat(4000);
    let began = Instant::now();
    let mut sent = 0;
    // Until far more waits for the stalled one than any buffer holds, and its deadline is past.
    while sent < 1500 || began.elapsed() < Duration::from_secs(4) {
        sender.ask("send_message", &json!({ "roomId": room.id, "content": content })).await;
        let heard = healthy.hear("receive_message").await;
        sent += 1;
        assert_eq!(heard["seq"].as_i64(), Some(sent + 3), "the healthy one misses nothing");
    }
    let (mut last, mut got) = (3, 0);
    while let Packet::Event(name, payload) = stalled.next().await {
        if name == "receive_message" {
            (last, got) = (last + 1, got + 1);
            assert_eq!(payload["seq"], last, "what it got has no gap");
        }
    }
    assert!(got < sent, "it was cut, not fed");
    let mut back = bob.raw_socket().await;
    let since = back.ask("join_room", &json!({ "roomId": room.id, "after": last })).await;
    assert_eq!(since["data"]["events"][0]["seq"], last + 1, "it catches up when it returns");
}

#[tokio::test]
async fn a_connection_that_breaks_is_noticed_and_the_retry_is_stored_once() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let proxy = FaultProxy::start(server.socket).await;
    let far = server.client_by(proxy.address());
    far.resume(ada.client.session().unwrap());
    let mut position = 2;
    for cut in 0..12_u64 {
        let mut socket = far.connect().await.unwrap();
        let after = Number::new(position);
        let since = socket
            .emit::<JoinRoomEvent>(JoinRoomPayload { room_id: room.id, after, epoch: None })
            .await
            .unwrap();
        assert!(since.complete && !since.reset);
        for event in &since.events {
            position += 1;
            assert_eq!(event.seq, position);
        }
        let id = cut.to_string();
        proxy.cut_after(100 + cut * 97);
        let lost = socket.emit::<SendMessageEvent>(saying(&room, &id, Some(&id))).await;
        proxy.reset();
        while socket.next().await.is_some() {}
        if let Err(lost) = lost {
            assert!(matches!(lost, Error::Disconnected(DisconnectReason::Lost(_))), "{lost:?}");
        }
        proxy.heal();
        let socket = far.connect().await.unwrap();
        socket.emit::<SendMessageEvent>(saying(&room, &id, Some(&id))).await.unwrap();
    }
    let contents: Vec<_> =
        ada.history(&room).await.messages.into_iter().map(|message| message.content).collect();
    assert_eq!(contents, (0..12).map(|cut| cut.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_slow_network_changes_nothing_but_the_time() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let proxy = FaultProxy::start(server.socket).await;
    proxy.change(|network| {
        network.latency = Duration::from_millis(30);
        network.bytes_per_second = Some(50_000);
    });
    let mut socket = RawSocket::connect(proxy.address(), &ada.token()).await;
    socket.join(room.id).await;
    let say = |n: u64| json!(["send_message", { "roomId": room.id, "content": n.to_string() }]);
    socket.send_all((10..30).map(|n| format!("42{n}{}", say(n)))).await;
    for n in 10..30 {
        assert_eq!(socket.answer(n).await["data"]["content"], n.to_string());
    }
    proxy.reset();
    socket.hear_the_end().await;
}

#[tokio::test]
async fn a_refused_handshake_says_why_and_is_counted() {
    let server = TestServer::start_with(|config| {
        config.limits = Limits { sockets_per_user: Some(1), ..Limits::off() };
        config.metrics_listen = Some(([127, 0, 0, 1], 0).into());
    })
    .await;
    let [ada] = server.people(["ada"]).await;
    let _first = ada.raw_socket().await;
    let token = json!({ "token": ada.token() });
    let second = RawSocket::try_connect(server.socket, &token).await.err().unwrap();
    assert!(second.starts_with("RATE_LIMIT: "), "{second}");
    let stranger = RawSocket::try_connect(server.socket, &json!({ "token": "none" })).await.err().unwrap();
    assert_eq!(stranger, "Invalid or expired token");
    server.server().domain().store.close().await;
    let bad_weather = RawSocket::try_connect(server.socket, &token).await.err().unwrap();
    assert!(bad_weather.starts_with("UNAVAILABLE: "), "{bad_weather}");
    let figures = server.server().domain().metrics.render();
    for kind in ["RATE_LIMIT", "UNAUTHENTICATED", "UNAVAILABLE"] {
        let line = format!("parlor_errors_total{{type=\"{kind}\"}} 1");
        assert!(figures.contains(&line), "{line}\n{figures}");
    }
}

#[tokio::test]
async fn sessions_that_never_join_are_counted_beyond_the_end_of_their_connection() {
    let server = TestServer::start_with(|config| config.limits.connections_per_address = Some(8)).await;
    // The engine keeps each of them until its time to join is over.
    for _ in 0..32 {
        drop(RawSocket::open(server.socket).await);
    }
    server.get("/socket.io/?EIO=4&transport=websocket").await.is(ErrorType::RateLimit);
}
