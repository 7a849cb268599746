//! Bad input: a clear answer, never a 5xx or silence, nothing changed, and nobody else disturbed.

use parlor_client::ServerMessage;
use parlor_tests::{Person, Reply, Seat, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

/// What may stand where one simple value belongs.
fn odd_values() -> Vec<Value> {
    let mut values = vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(-0.0),
        json!(1e308),
        json!(9_007_199_254_740_993_i64),
        json!(u64::MAX),
        json!([]),
        json!({}),
        json!([[]]),
        json!({ "$gt": "" }),
        json!({ "__proto__": { "x": 1 } }),
        json!({ "constructor": 1 }),
        json!(["018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90"]),
        json!("018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90"),
    ];
    let texts = [
        "",
        " ",
        "\0",
        "a\0b",
        "' OR '1'='1",
        "\"; DROP TABLE users; --",
        "%00",
        "..%2f..%2f",
        "\u{202e}",
        "\u{200b}",
        "\u{feff}",
        "\u{1b}[31m",
        "<script>alert(1)</script>",
        "javascript:alert(1)",
        "${7*7}",
        "\r\nSet-Cookie: a=b",
        "NaN",
        "Infinity",
        "null",
        "undefined",
        "toString",
        "hasOwnProperty",
    ];
    values.extend(texts.map(Value::from));
    values.push(json!("x".repeat(5000)));
    values.push(json!("e\u{301}".repeat(1000)));
    values
}

#[tokio::test]
async fn no_body_of_any_endpoint_makes_a_5xx() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let room = format!("/api/v1/rooms/{}", room.id);
    let endpoints: [(Method, String, &[&str]); 9] = [
        (Method::POST, "/api/v1/auth/register".into(), &["username", "email", "password"]),
        (Method::POST, "/api/v1/auth/login".into(), &["email", "password"]),
        (Method::POST, "/api/v1/auth/refresh".into(), &["refreshToken"]),
        (Method::PATCH, "/api/v1/users/me".into(), &["username", "email", "currentPassword", "newPassword"]),
        (Method::POST, "/api/v1/rooms".into(), &["name", "description", "isPrivate"]),
        (Method::PATCH, room.clone(), &["name", "description"]),
        (Method::POST, format!("{room}/messages"), &["content", "clientMessageId"]),
        (Method::POST, format!("{room}/messages/read"), &["messageId", "seq"]),
        (Method::POST, format!("{room}/invites"), &["expiresInSeconds", "maxUses"]),
    ];
    for (method, path, fields) in endpoints {
        for field in fields {
            for value in odd_values() {
                let mut body = json!({});
                body[*field] = value.clone();
                let reply = Reply::to(ada.request(method.clone(), &path).json(&body)).await;
                assert!(reply.status < 500, "{method} {path} {body}: {reply:?}");
                assert!(reply.body["success"].is_boolean(), "{method} {path} {body}: {reply:?}");
            }
        }
        for whole in odd_values() {
            let reply = Reply::to(ada.request(method.clone(), &path).json(&whole)).await;
            assert!(reply.status < 500, "{method} {path} {whole}: {reply:?}");
        }
    }
    ada.client.refresh().await.unwrap();
}

#[tokio::test]
async fn no_path_and_no_query_makes_a_5xx() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let bad = [
        "0",
        "-1",
        "%00",
        "%2e%2e",
        "%ff",
        "..%2f..%2f",
        "'",
        "%22",
        "[]",
        "%F0%9F%A6%80",
        "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e9g",
    ];
    for text in bad {
        for path in [
            format!("/api/v1/rooms/{text}"),
            format!("/api/v1/rooms/{text}/messages"),
            format!("/api/v1/users/{text}"),
            format!("/api/v1/users/{text}/rooms"),
            format!("/api/v1/rooms/{}/messages?before={text}", room.id),
            format!("/api/v1/rooms/{}/messages?page={text}&limit={text}", room.id),
            format!("/api/v1/rooms/{}/events?after={text}", room.id),
            format!("/api/v1/rooms/{}/members?cursor={text}", room.id),
            format!("/api/v1/rooms?q={text}"),
            format!("/api/v1/rooms?cursor={text}"),
            format!("/api/v1/users?q={text}&cursor={text}"),
            format!("/{text}"),
        ] {
            let reply = ada.get(&path).await;
            assert!(reply.status < 500, "{path}: {reply:?}");
        }
    }
    ada.get(&format!("/api/v1/rooms?limit=5&limit=6&q=a&q=b&q[]=c&unknown={}", "x".repeat(3000))).await;
    let long = ada.get(&format!("/api/v1/rooms?q={}", "x".repeat(60_000))).await;
    assert!((400..500).contains(&long.status), "{}", long.status);
}

/// A neighbour who must not notice anything.
async fn is_undisturbed(seat: &mut Seat, room: &parlor_protocol::rooms::Room) {
    seat.says(room, "marker").await;
    loop {
        match seat.next().await {
            ServerMessage::ReceiveMessage(message) if message.content == "marker" => return,
            ServerMessage::UserStatus(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn refusals_of(person: &Person, event: &str, field: Option<&str>, room: &Value) {
    let mut socket = person.raw_socket().await;
    for value in odd_values() {
        let payload = match field {
            None => value,
            Some(field) => {
                let mut payload = json!({ "roomId": room, "content": "x", "isTyping": true, "messageId": room, "token": "x" });
                payload[field] = value;
                payload
            }
        };
        let ack = socket.ask(event, &payload).await;
        assert!(ack["ok"].is_boolean(), "{event} {payload}: {ack}");
        assert!(
            !["SERVER_ERROR", "UNAVAILABLE"].contains(&ack["error"]["type"].as_str().unwrap_or_default()),
            "{event} {payload}: {ack}"
        );
    }
}

#[tokio::test]
async fn s2_s5_no_payload_of_any_event_is_met_with_silence_or_a_defect() {
    let server = TestServer::start().await;
    let [ada, eve] = server.people(["ada", "eve"]).await;
    let room = ada.creates_room("kitchen").await;
    let mut seat = ada.subscribes(&room).await;
    // Ids of a room that she is not in, so that what passes the checks changes nothing either.
    let id = json!(room.id);
    for event in ["join_room", "leave_room", "send_message", "message_read", "typing", "get_room_users"] {
        refusals_of(&eve, event, None, &id).await;
        refusals_of(&eve, event, Some("roomId"), &id).await;
    }
    for (event, field) in [
        ("send_message", "content"),
        ("send_message", "clientMessageId"),
        ("message_read", "messageId"),
        ("typing", "isTyping"),
        ("join_room", "after"),
        ("join_room", "epoch"),
        ("authenticate", "token"),
    ] {
        refusals_of(&eve, event, Some(field), &id).await;
        is_undisturbed(&mut seat, &room).await;
    }
}

#[tokio::test]
async fn s2_an_event_without_any_argument_is_answered() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let mut socket = ada.raw_socket().await;
    let events = [
        "join_room",
        "leave_room",
        "send_message",
        "message_read",
        "typing",
        "get_room_users",
        "authenticate",
        "nothing",
    ];
    for (n, event) in (1..).zip(events) {
        socket.send(&format!("42{}", json!([event]))).await;
        assert_eq!(socket.hear("error").await["event"], event);
        socket.send(&format!("42{n}{}", json!([event]))).await;
        assert_eq!(socket.answer(n).await["error"]["type"], "VALIDATION", "{event}");
        socket.send(&format!("42{n}{}", json!([event, null, 5, "more"]))).await;
        assert_eq!(socket.answer(n).await["error"]["type"], "VALIDATION", "{event}");
    }
}

#[tokio::test]
async fn o1_every_text_comes_back_as_it_was_sent() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let mut seat = ada.subscribes(&room).await;
    let texts = [
        "🦀",
        "👩‍👩‍👧‍👦",
        "\u{202e}rtl\u{202c}",
        "مرحبا",
        "e\u{301}",
        "é",
        "\u{1b}[31mred",
        "\u{7}",
        "\u{85}",
        "\u{2028}",
        "\u{fffd}",
        "\u{10ffff}",
        "<img src=x onerror=alert(1)>",
        "'; DROP TABLE entries; --",
        "\\u0000",
        "\r\n",
        "\u{fdfa}",
        " x ",
        "{\"a\":1}",
        "%s%n",
        "\u{200d}",
    ];
    let texts: Vec<_> = texts.into_iter().filter(|text| !text.trim().is_empty()).collect();
    for text in &texts {
        assert_eq!(seat.says(&room, text).await.content, *text);
        assert_eq!(seat.hears_message().await.content, *text);
    }
    let kept: Vec<_> = ada.history(&room).await.messages.into_iter().map(|message| message.content).collect();
    assert_eq!(kept, texts);
}

#[tokio::test]
async fn h21_no_failure_tells_of_the_inside() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    for path in
        ["/api/v1/rooms/'", "/api/v1/rooms?limit='", "/api/v1/users/x", "/api/v1/rooms?cursor=x", "/nowhere"]
    {
        let text = ada.get(path).await.text.to_lowercase();
        for inside in ["select ", "sqlite", "sqlx", "panicked", "src/", ".rs", "line "] {
            assert!(!text.contains(inside), "{path}: {text}");
        }
    }
}

#[tokio::test]
async fn an_argument_nests_32_deep_and_deeper_ones_are_refused_by_name() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await.id;
    let mut socket = ada.raw_socket().await;
    for (id, levels) in [(1, 32), (2, 33), (3, 127), (4, 10_000)] {
        let nested = format!("{}{}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        let argument = format!(r#"{{"roomId":"{room}","requestId":"r{id}","more":{nested}}}"#);
        socket.send(&format!(r#"42{id}["get_room_users",{argument}]"#)).await;
        let ack = socket.answer(id).await;
        assert_eq!(ack["requestId"], format!("r{id}"), "{levels}: {ack}");
        if levels == 32 {
            assert_eq!(ack["ok"], true, "{ack}");
        } else {
            assert_eq!(ack["error"]["type"], "VALIDATION", "{levels}: {ack}");
            socket.send(&format!(r#"42["get_room_users",{argument}]"#)).await;
            let error = socket.hear("error").await;
            assert_eq!((&error["event"], &error["roomId"]), (&json!("get_room_users"), &json!(room)));
        }
    }
}
