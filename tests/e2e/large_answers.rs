//! Answers that are larger than the questions.

use parlor_tests::{Packet, TestServer};
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn many_large_catch_ups_are_bounded_and_paced_and_keep_their_order() {
    const JOINS: u64 = 16;
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("archive").await;
    let seat = ada.sits_down().await;
    for _ in 0..100 {
        seat.says(&room, &"x".repeat(4000)).await;
    }
    let mut socket = ada.raw_socket().await;
    let join = json!(["join_room", { "roomId": room.id, "after": 2 }]);
    let list = json!(["get_room_users", { "roomId": room.id }]);
    let began = Instant::now();
    socket
        .send_all((1..=JOINS).flat_map(|n| [format!("42{}{join}", 2 * n), format!("42{}{list}", 2 * n + 1)]))
        .await;
    let mut next = 2;
    while next < 2 * JOINS + 2 {
        let Packet::Ack(id, ack) = socket.next().await else { continue };
        assert_eq!((id, &ack["ok"]), (next, &json!(true)), "{ack}");
        if id % 2 == 0 {
            let bytes = ack.to_string().len();
            assert!((200_000..300_000).contains(&bytes), "{bytes}");
            assert_eq!(ack["data"]["complete"], false);
        }
        next += 1;
    }
    // 4 MiB, of which the first 2 go at once and the others at 1 MiB a second.
    assert!(began.elapsed() > Duration::from_millis(1500), "{:?}", began.elapsed());
}
