use crate::house::{House, PATIENCE, all, millis, poll, settings, text};
use futures_util::SinkExt;
use parlor_server::http::listener;
use socketioxide::socket::Sid;
use std::collections::HashSet;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, timeout},
};
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn an_address_past_its_cap_is_refused_at_once() {
    let mut capped = settings(|_| ());
    capped.connections_per_address = Some(3);
    let mut house = House::open(capped).await;
    // Its place survives the upgrade.
    let (socket, _) = house.socket().await;
    let held = [house.connect().await, house.connect().await];
    let start = Instant::now();
    let refused = timeout(PATIENCE, house.connect().await.read_u8()).await.unwrap().unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionReset);
    assert!(start.elapsed() < millis(1000), "{:?}", start.elapsed());
    assert_eq!(house.connections.counts().refused, 1);
    drop((socket, held));
    house.is_empty().await;
    assert!(house.request("GET", "/", "").await.ends_with("here"));
}

/// A handshake by polling, from behind a proxy: a connection of its own that ends with the answer.
async fn handshake(house: &House, client: &str) -> String {
    let forwarded = format!("x-forwarded-for: {client}\r\n");
    house.request("GET", "/socket.io/?EIO=4&transport=polling", &forwarded).await
}

const UPGRADE: &str = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\n\
    connection: Upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    x-forwarded-for: 192.0.2.1\r\n\r\n";

fn sid(answer: &str) -> Sid {
    answer.split("\"sid\":\"").nth(1).unwrap_or_else(|| panic!("{answer}"))[..16].parse().unwrap()
}

#[tokio::test]
async fn sessions_by_polling_are_capped_by_address_and_in_all_until_they_end() {
    let mut capped = settings(|_| ());
    (capped.connections, capped.connections_per_address) = (Some(3), Some(2));
    capped.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let mut house = House::open(capped).await;
    let first = sid(&handshake(&house, "192.0.2.1").await);
    assert!(house.post(&poll(first), "40").await.contains("200 OK"));
    assert_eq!(house.joined().await, first);
    let second = sid(&handshake(&house, "192.0.2.1").await);
    let refused = handshake(&house, "192.0.2.1").await;
    assert!(refused.starts_with("HTTP/1.1 429 ") && refused.contains("\"type\":\"RATE_LIMIT\""), "{refused}");
    assert!(refused.contains("retry-after: ") && refused.contains("\"retryAfterMs\":"), "{refused}");
    // A WebSocket is a session, too.
    let mut stream = house.connect().await;
    stream.write_all(UPGRADE.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, *b"HTTP/1.1 429");
    drop(stream);
    let other = sid(&handshake(&house, "192.0.2.2").await);
    let refused = handshake(&house, "192.0.2.3").await;
    assert!(
        refused.starts_with("HTTP/1.1 503 ") && refused.contains("\"type\":\"UNAVAILABLE\""),
        "{refused}"
    );
    // The one that had joined gives its place back at once.
    assert!(listener::kick(house.engine.clone(), first).await);
    assert_eq!(house.left().await, first);
    let again = async {
        loop {
            let answer = handshake(&house, "192.0.2.1").await;
            if answer.starts_with("HTTP/1.1 200 ") {
                break sid(&answer);
            }
        }
    };
    let third = timeout(PATIENCE, again).await.expect("the place is free");
    assert!([second, other].iter().all(|taken| *taken != third));
}

#[tokio::test]
async fn a_websocket_gives_its_place_back_when_its_connection_ends_joined_or_not() {
    let mut capped = settings(|_| ());
    capped.connections_per_address = Some(1);
    capped.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let house = House::open(capped).await;
    let began = Instant::now();
    for _ in 0..3 {
        let open = async {
            loop {
                let mut stream = house.connect().await;
                stream.write_all(UPGRADE.as_bytes()).await.unwrap();
                let mut answer = [0; 12];
                stream.read_exact(&mut answer).await.unwrap();
                if answer == *b"HTTP/1.1 101" {
                    break stream;
                }
                assert_eq!(answer, *b"HTTP/1.1 429");
            }
        };
        drop(timeout(PATIENCE, open).await.expect("the place is free"));
    }
    assert!(began.elapsed() < millis(5000), "long before the engine forgets those that never joined");
}

#[tokio::test]
async fn a_session_that_never_joins_ends_and_gives_its_place_back() {
    let mut capped = settings(|_| ());
    capped.connections_per_address = Some(1);
    let house = House::open(capped).await;
    let start = Instant::now();
    let silent = sid(&handshake(&house, "").await);
    let again = async {
        while !handshake(&house, "").await.starts_with("HTTP/1.1 200 ") {
            tokio::time::sleep(millis(50)).await;
        }
    };
    timeout(PATIENCE, again).await.expect("the place is free");
    assert!(start.elapsed() > millis(9000), "{:?}", start.elapsed());
    assert!(house.request("GET", &poll(silent), "").await.contains("Session ID unknown"));
}

#[tokio::test]
async fn ten_stuck_sockets_end_by_the_kill_switch_alone() {
    let mut house = House::open(settings(|deadlines| deadlines.write = PATIENCE)).await;
    let mut stuck = Vec::new();
    for _ in 0..10 {
        stuck.push(house.socket().await);
    }
    house.flood(200).await;
    let start = Instant::now();
    for (_, sid) in &stuck {
        let handles = house.connections.take(*sid);
        assert_eq!(handles.len(), 1);
        for handle in handles {
            handle.kill();
        }
    }
    let mut left = HashSet::new();
    for _ in 0..10 {
        left.insert(house.left().await);
    }
    assert!(start.elapsed() < millis(1000), "{:?}", start.elapsed());
    assert_eq!(left, stuck.iter().map(|(_, sid)| *sid).collect());
    house.is_empty().await;
}

#[tokio::test]
async fn a_polling_session_is_kicked() {
    let mut house = House::open(settings(|_| ())).await;
    let sid = house.polling().await;
    let mut pending = house.connect().await;
    let get = format!("GET {} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", poll(sid));
    pending.write_all(get.as_bytes()).await.unwrap();
    assert!(timeout(millis(100), pending.read_u8()).await.is_err(), "nothing to say yet");
    assert!(listener::kick(house.engine.clone(), sid).await);
    assert_eq!(house.left().await, sid);
    assert!(all(&mut pending).await.starts_with("HTTP/1.1 200 "));
    assert!(house.request("GET", &poll(sid), "").await.contains("Session ID unknown"));
    assert!(!listener::kick(house.engine.clone(), sid).await);
    house.is_empty().await;
}

#[tokio::test]
async fn a_session_that_went_over_to_a_websocket_is_cut_there() {
    let mut house = House::open(settings(|_| ())).await;
    let sid = house.polling().await;
    let mut socket = house.socket_at(&format!("/socket.io/?EIO=4&transport=websocket&sid={sid}")).await;
    socket.send(Message::text("2probe")).await.unwrap();
    assert_eq!(text(&mut socket).await.as_deref(), Some("3probe"));
    socket.send(Message::text("5")).await.unwrap();
    house.io.to("all").emit("hello", &1).await.unwrap();
    assert_eq!(text(&mut socket).await.as_deref(), Some("42[\"hello\",1]"));
    let handles = house.connections.take(sid);
    assert_eq!(handles.len(), 1);
    handles[0].kill();
    drop(handles);
    assert_eq!(house.left().await, sid);
    assert_eq!(text(&mut socket).await, None);
    house.is_empty().await;
}

#[tokio::test]
async fn a_frame_over_64_kib_closes_that_socket_only() {
    let mut house = House::open(settings(|_| ())).await;
    let (mut large, large_sid) = house.socket().await;
    let (mut other, _) = house.socket().await;
    let frame = format!("42[\"x\",\"{}\"]", "x".repeat(70_000));
    large.send(Message::text(frame)).await.ok();
    assert_eq!(house.left().await, large_sid);
    assert_eq!(text(&mut large).await, None);
    house.io.to("all").emit("hello", &1).await.unwrap();
    while text(&mut other).await.expect("the other lives") != "42[\"hello\",1]" {}
    drop((large, other));
    house.is_empty().await;
}

#[tokio::test]
async fn what_comes_together_with_the_handshake_is_not_lost() {
    let mut house = House::open(settings(|_| ())).await;
    let mut stream = house.connect().await;
    let mut bytes =
        b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\n\
        connection: keep-alive, Upgrade\r\nsec-websocket-version: 13\r\n\
        sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            .to_vec();
    // A masked text frame, "40", with a mask of zeros.
    bytes.extend([0x81, 0x82, 0, 0, 0, 0, b'4', b'0']);
    stream.write_all(&bytes).await.unwrap();
    let sid = house.joined().await;
    assert_eq!(house.connections.take(sid).len(), 1);
    drop(stream);
    assert_eq!(house.left().await, sid);
    house.is_empty().await;
}

#[tokio::test]
async fn a_guessed_id_gets_nobody_cut_but_the_guesser() {
    let mut house = House::open(settings(|_| ())).await;
    let (mut socket, sid) = house.socket().await;
    let target = format!("/socket.io/?EIO=4&transport=websocket&sid={sid}");
    let mut guesser = house.socket_at(&target).await;
    assert_eq!(text(&mut guesser).await, None);
    house.io.to("all").emit("hello", &1).await.unwrap();
    while text(&mut socket).await.expect("the socket lives") != "42[\"hello\",1]" {}
    let handles = house.connections.take(sid);
    assert!(!handles.is_empty());
    handles.iter().for_each(listener::ConnHandle::kill);
    drop(handles);
    assert_eq!(house.left().await, sid);
    house.is_empty().await;
}
