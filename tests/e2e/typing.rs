//! Who is typing.

use parlor_client::ServerMessage;
use parlor_protocol::{receipts::Receipt, rooms::Room, typing::TypingNotice};
use parlor_server::bus::RoomSignal;
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

/// Repeats until something passes: that this one types, or that nobody does any longer.
async fn repeats_until_heard(typist: &Seat, room: &Room, seat: &mut Seat) -> TypingNotice {
    loop {
        tokio::select! {
            biased;
            heard = hears_typing(seat) => return heard,
            () = typist.types(room, true) => {}
        }
    }
}

#[tokio::test]
async fn one_types_until_one_has_ended_in_the_last_of_ones_tabs() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let (mut seat, first) = (ada.subscribes(&room).await, bob.subscribes(&room).await);
    first.types(&room, true).await;
    assert!(hears_typing(&mut seat).await.is_typing);
    let second = bob.subscribes(&room).await;
    second.types(&room, true).await;
    second.types(&room, false).await;
    assert!(repeats_until_heard(&first, &room, &mut seat).await.is_typing, "ended in one of two tabs");
    second.types(&room, true).await;
    second.stands_up();
    assert!(repeats_until_heard(&first, &room, &mut seat).await.is_typing, "one of two tabs was closed");
    first.types(&room, false).await;
    assert!(!hears_typing(&mut seat).await.is_typing);
}

#[tokio::test]
async fn typing_of_a_member_who_does_not_listen_ends_at_the_disconnect() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let (mut seat, typist) = (ada.subscribes(&room).await, bob.sits_down().await);
    typist.types(&room, true).await;
    assert!(hears_typing(&mut seat).await.is_typing);
    let began = Instant::now();
    typist.stands_up();
    assert!(!hears_typing(&mut seat).await.is_typing);
    assert!(began.elapsed() < Duration::from_secs(4), "not by the timer: {:?}", began.elapsed());
}

#[tokio::test]
async fn typing_is_not_told_after_the_leave_room_that_follows_it() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let mut seat = ada.subscribes(&room).await;
    let mut typist = bob.raw_socket().await;
    for _ in 0..20 {
        typist.join(room.id).await;
        let types = json!(["typing", { "roomId": room.id, "isTyping": true }]);
        let goes = json!(["leave_room", { "roomId": room.id }]);
        typist.send_all([format!("42{types}"), format!("42{goes}")]).await;
        seat.hears_departure().await;
        assert_eq!(typing_so_far(&mut seat).await, Vec::<bool>::new());
    }
}

#[tokio::test]
async fn what_is_queued_behind_its_senders_leave_is_not_told() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let mut seat = ada.subscribes(&room).await;
    let (username, timestamp) = (bob.user.username.clone(), server.server().clock().now());
    let bus = &server.server().domain().bus;
    // As if they had been checked before the leave and told after it.
    let late_words = || {
        let notice = TypingNotice {
            user_id: bob.id(),
            username: username.clone(),
            room_id: room.id,
            is_typing: true,
            timestamp,
        };
        bus.room(room.id, RoomSignal::Typing { notice, from: "elsewhere".to_owned(), listening: false });
        let receipt = Receipt {
            user_id: bob.id(),
            username: username.clone(),
            room_id: room.id,
            read_at: timestamp,
            last_read_seq: 3,
        };
        bus.room(room.id, RoomSignal::Receipt { receipt, to_room: true });
    };
    let told = async |seat: &mut Seat| {
        late_words();
        bus.passed(room.id, 1).await;
        let heard = seat.heard().await;
        heard
            .iter()
            .filter(|message| {
                matches!(message, ServerMessage::UserTyping(_) | ServerMessage::MessagesRead(_))
            })
            .count()
    };
    bob.leaves(&room).await;
    assert_eq!(told(&mut seat).await, 0);
    bob.joins(&room).await;
    assert_eq!(told(&mut seat).await, 2, "who comes again is heard again");
}

#[tokio::test]
async fn whoever_toggles_fast_is_told_once_a_second_and_at_last_as_it_is() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let (mut seat, typist) = (ada.subscribes(&room).await, bob.subscribes(&room).await);
    let began = Instant::now();
    for n in 0..200 {
        typist.types(&room, n % 2 == 0).await;
    }
    // What was said last is told when the second is over.
    let mut heard = Vec::new();
    while heard.last() != Some(&false) {
        heard.push(hears_typing(&mut seat).await.is_typing);
    }
    heard.extend(typing_so_far(&mut seat).await);
    let most = 2 * (usize::try_from(began.elapsed().as_secs()).unwrap() + 1);
    assert!(heard.len() <= most, "{} in {:?}", heard.len(), began.elapsed());
    assert_eq!(heard.last(), Some(&false));
    // And it goes on as ever.
    typist.types(&room, true).await;
    assert!(hears_typing(&mut seat).await.is_typing);
}
