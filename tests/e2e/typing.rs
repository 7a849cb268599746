//! Who is typing.

use parlor_client::ServerMessage;
use parlor_protocol::typing::TypingNotice;
use parlor_tests::{Seat, TestServer};
use serde_json::json;
use std::time::{Duration, Instant};

async fn hears_typing(seat: &mut Seat) -> TypingNotice {
    seat.hears(|message| match message {
        ServerMessage::UserTyping(notice) => Some((**notice).clone()),
        _ => None,
    })
    .await
}

async fn typing_so_far(seat: &mut Seat) -> Vec<bool> {
    let heard = seat.heard().await;
    heard
        .iter()
        .filter_map(|message| match message {
            ServerMessage::UserTyping(notice) => Some(notice.is_typing),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn the_others_hear_that_one_begins_and_ends_to_type_and_oneself_does_not() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let (mut seat, mut typist) = (ada.subscribes(&room).await, bob.subscribes(&room).await);
    typist.types(&room, true).await;
    let began = hears_typing(&mut seat).await;
    assert_eq!(
        (began.user_id, began.username.as_str(), began.room_id, began.is_typing),
        (bob.id(), "bob", room.id, true)
    );
    typist.types(&room, false).await;
    assert!(!hears_typing(&mut seat).await.is_typing);
    assert_eq!(typing_so_far(&mut typist).await, Vec::<bool>::new());
}

#[tokio::test]
async fn s6_only_members_type_and_only_a_boolean_passes() {
    let server = TestServer::start().await;
    let [ada, eve] = server.people(["ada", "eve"]).await;
    let room = ada.creates_room("kitchen").await;
    let mut seat = ada.subscribes(&room).await;
    let mut stranger = eve.raw_socket().await;
    let refused = stranger.ask("typing", &json!({ "roomId": room.id, "isTyping": true })).await;
    assert_eq!(refused["error"]["type"], "NOT_AUTHORIZED");
    let mut member = ada.raw_socket().await;
    member.join(room.id).await;
    for wrong in [json!("true"), json!(1), json!(null), json!(["x".repeat(10_000)]), json!({})] {
        let ack = member.ask("typing", &json!({ "roomId": room.id, "isTyping": wrong })).await;
        assert_eq!(ack["error"]["type"], "VALIDATION", "{ack}");
        assert_eq!(ack["error"]["errors"][0]["field"], "isTyping");
    }
    let refused = member.ask("typing", &json!({ "roomId": [room.id], "isTyping": 5 })).await;
    let fields: Vec<_> =
        refused["error"]["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!(fields, ["roomId", "isTyping"]);
    assert_eq!(typing_so_far(&mut seat).await, Vec::<bool>::new());
}

#[tokio::test]
async fn at_most_one_repeat_a_second_passes() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let (mut seat, typist) = (ada.subscribes(&room).await, bob.subscribes(&room).await);
    let began = Instant::now();
    for _ in 0..100 {
        typist.types(&room, true).await;
    }
    let passed = typing_so_far(&mut seat).await.len();
    let seconds = usize::try_from(began.elapsed().as_secs()).unwrap() + 1;
    assert!((1..=seconds).contains(&passed), "{passed} in {seconds} s");
    typist.types(&room, false).await;
    assert!(!hears_typing(&mut seat).await.is_typing, "an end always passes");
}

#[tokio::test]
async fn typing_ends_by_itself_after_6_s_of_silence() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let (mut seat, typist) = (ada.subscribes(&room).await, bob.subscribes(&room).await);
    typist.types(&room, true).await;
    assert!(hears_typing(&mut seat).await.is_typing);
    let began = Instant::now();
    assert!(!hears_typing(&mut seat).await.is_typing);
    let lasted = began.elapsed();
    assert!(lasted > Duration::from_secs(5) && lasted < Duration::from_secs(8), "{lasted:?}");
}

#[tokio::test]
async fn typing_ends_at_a_disconnect_and_at_leave_room() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let mut seat = ada.subscribes(&room).await;
    for disconnects in [true, false] {
        let typist = bob.subscribes(&room).await;
        typist.types(&room, true).await;
        assert!(hears_typing(&mut seat).await.is_typing);
        let began = Instant::now();
        if disconnects {
            typist.stands_up();
        } else {
            typist.turns_away_from(&room).await;
        }
        assert!(!hears_typing(&mut seat).await.is_typing);
        assert!(began.elapsed() < Duration::from_secs(4), "not by the timer: {:?}", began.elapsed());
    }
}
