//! The figures that the operator reads move with what happens.

use futures_util::future::join_all;
use parlor_protocol::ErrorType;
use parlor_tests::{Reply, TestServer, scale::shown, soon};
use std::net::SocketAddr;

/// The operator's page.
async fn page(address: SocketAddr) -> String {
    Reply::to(reqwest::Client::new().get(format!("http://{address}/metrics"))).await.text
}

/// The sum of a family's figures whose labels hold `with`.
fn sum(page: &str, family: &str, with: &str) -> f64 {
    let figures = page.lines().filter_map(|line| line.strip_prefix(family));
    let figures = figures.filter(|rest| rest.starts_with(['{', ' ']) && rest.contains(with));
    figures.map(|rest| rest.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
}

#[tokio::test]
async fn every_family_of_figures_is_there_and_moves_with_a_little_traffic() {
    let server = TestServer::start_with(|config| {
        config.metrics_listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
        config.limits.connections_per_address = Some(6);
    })
    .await;
    let operator = server.server().metrics_address().unwrap();
    let before = page(operator).await;
    assert!((sum(&before, "parlor_build_info", "version=") - 1.0).abs() < 0.1, "{before}");
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let mut hearing = bob.subscribes(&room).await;
    let speaking = ada.raw_socket().await;
    ada.post(&format!("/api/v1/rooms/{}/messages", room.id), &serde_json::json!({ "content": "hello" }))
        .await;
    hearing.hears_message().await;
    ada.get("/nowhere").await.is(ErrorType::NotFound);
    server.get("/api/v1/users/me").await.is(ErrorType::Unauthenticated);
    server.post("/api/v1/auth/login", &"x".repeat(70_000).into()).await.is(ErrorType::PayloadTooLarge);
    let mut held = Vec::new();
    for _ in 0..7 {
        // Those past the cap are reset, some before they know that they are connected.
        held.push(tokio::net::TcpStream::connect(server.socket).await.ok());
    }
    let moved = [
        ("parlor_connections", "", 2.0),
        ("parlor_sockets", "", 2.0),
        ("parlor_connections_cut_total", "reason=\"cap\"", 1.0),
        ("parlor_sends_total", "", 1.0),
        ("parlor_send_seconds_count", "", 1.0),
        ("parlor_batch_messages_count", "", 1.0),
        ("parlor_deliveries_total", "", 1.0),
        ("parlor_pump_lag_seconds_count", "", 1.0),
        ("parlor_errors_total", "type=\"NOT_FOUND\"", 1.0),
        ("parlor_errors_total", "type=\"UNAUTHENTICATED\"", 1.0),
        ("parlor_errors_total", "type=\"PAYLOAD_TOO_LARGE\"", 1.0),
        ("parlor_http_requests_total", "route=\"/api/v1/rooms/{room_id}/messages\",status=\"201\"", 1.0),
        ("parlor_http_requests_total", "route=\"none\",status=\"404\"", 1.0),
        ("parlor_http_requests_total", "route=\"/socket.io\",status=\"101\"", 2.0),
        ("parlor_http_request_seconds_count", "route=\"/api/v1/auth/register\"", 2.0),
    ];
    let mut last = String::new();
    let all = async {
        // Open connections and sockets are counted once a second.
        while !moved.iter().all(|(family, with, least)| sum(&last, family, with) >= *least) {
            last = page(operator).await;
        }
    };
    if tokio::time::timeout(parlor_tests::DEADLINE, all).await.is_err() {
        let still: Vec<_> =
            moved.iter().filter(|(family, with, least)| sum(&last, family, with) < *least).collect();
        panic!("{still:?} have not moved in\n{last}");
    }
    for queue in ["outbox", "inbox"] {
        let depth = format!("parlor_queue_depth{{queue=\"{queue}\"}} 0\n");
        assert!(last.contains(&depth), "{depth} is not in\n{last}");
    }
    drop((hearing, speaking, held));
    let gone = async { while sum(&page(operator).await, "parlor_sockets", "") > 0.0 {} };
    soon("the sockets to be counted out", gone).await;
    for canary in ["ada", "bob", "kitchen", "hello", &room.id.to_string()] {
        assert!(!last.contains(canary), "{canary} is in\n{last}");
    }
}

#[tokio::test]
async fn what_many_say_at_once_in_a_room_is_committed_together() {
    const SENDERS: u32 = 32;
    const MESSAGES: u32 = 10;
    let server = TestServer::start_with(|config| {
        config.metrics_listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    })
    .await;
    let operator = server.server().metrics_address().unwrap();
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let seats = join_all((0..SENDERS).map(|_| ada.sits_down())).await;
    join_all(seats.iter().flat_map(|seat| (0..MESSAGES).map(|_| seat.says(&room, "hello")))).await;
    let page = page(operator).await;
    let figure = |family| sum(&page, family, "");
    let (commits, messages) = (figure("parlor_batch_messages_count"), figure("parlor_batch_messages_sum"));
    shown(&format!("{messages} messages by {SENDERS} sockets in one room: {commits} commits"));
    assert!((messages - f64::from(SENDERS * MESSAGES)).abs() < 0.1, "{page}");
    assert!(commits * 2.0 < messages, "{commits} commits for {messages} messages");
}
