//! Bad input: a clear answer, never a 5xx or silence, nothing changed, and nobody else disturbed.

use parlor_tests::TestServer;
use serde_json::json;

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
