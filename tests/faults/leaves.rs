//! Leaving: nothing above the leave's own `seq` reaches the leaver (S10, F20).

use crate::chatter::Chatter;
use futures_util::future::join_all;
use parlor_protocol::rooms::Room;
use parlor_tests::{
    Packet, Person, RawSocket,
    dice::Dice,
    scale::{scale, server, shown},
};
use serde_json::json;
use std::time::Duration;

const LEAVERS: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn a_leaver_hears_nothing_above_their_own_leave() {
    let leaves = scale(100, 1000);
    let server = server().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("busy").await;
    let leavers = server.crowd(LEAVERS).await;
    let chatter = Chatter::start(&ada, &room, 200).await;
    let leaving = leavers.into_iter().enumerate().map(|(number, person)| {
        let room = room.clone();
        tokio::spawn(
            async move { leave_again_and_again(&person, &room, leaves / LEAVERS, number as u64).await },
        )
    });
    let heard: usize = join_all(leaving).await.into_iter().map(Result::unwrap).sum();
    chatter.stop().await;
    assert!(heard > leaves, "there was load: {heard} messages were heard");
    shown(&format!(
        "{leaves} leaves under 200 messages/s: {heard} messages before them, 0 entries above a leave's own seq"
    ));
}

async fn leave_again_and_again(person: &Person, room: &Room, leaves: usize, seed: u64) -> usize {
    let mut dice = Dice::new(seed);
    let mut socket = person.raw_socket().await;
    let mut heard = 0;
    for _ in 0..leaves {
        person.joins(room).await;
        socket.join(room.id).await;
        listen(&mut socket, dice.millis(5..40)).await;
        person.leaves(room).await;
        // The answer to this comes after whatever had been queued for the socket when the leave returned.
        let marker = socket.ask("get_room_users", &json!({ "roomId": room.id })).await;
        assert_eq!(marker["error"]["type"], "NOT_AUTHORIZED", "{marker}");
        let events: Vec<_> = socket.heard.drain(..).collect();
        let own = |payload: &serde_json::Value| {
            payload["userId"] == json!(person.id()) && payload["type"] == "permanent"
        };
        let at = events.iter().rposition(|(name, payload)| name == "user_left" && own(payload));
        let at = at.unwrap_or_else(|| panic!("the leaver's last entry is their own user_left: {events:?}"));
        let leave = events[at].1["seq"].as_i64().unwrap();
        for (name, payload) in &events {
            if name == "receive_message" {
                heard += 1;
                assert!(payload["seq"].as_i64().unwrap() < leave, "left at {leave}, heard {payload}");
            }
        }
        let after = events[at + 1..].iter().find(|(_, payload)| payload["roomId"] == json!(room.id));
        assert_eq!(after, None, "of the room, after the leave");
        listen(&mut socket, dice.millis(0..20)).await;
        let late = socket.heard.iter().find(|(name, _)| name == "receive_message");
        assert_eq!(late, None, "left at {leave}");
    }
    heard
}

/// Takes what comes in so long.
async fn listen(socket: &mut RawSocket, time: Duration) {
    let end = tokio::time::Instant::now() + time;
    while let Some(packet) =
        socket.next_within(end.saturating_duration_since(tokio::time::Instant::now())).await
    {
        match packet {
            Packet::Event(name, payload) => socket.heard.push_back((name, payload)),
            other => panic!("{other:?}"),
        }
    }
}
