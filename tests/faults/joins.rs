//! Joining with a position at any moment: no gap, no double.

use crate::chatter::Chatter;
use futures_util::future::join_all;
use parlor_protocol::{rooms::Room, timeline::TimelineEvent};
use parlor_tests::{
    Packet, Person, RawSocket,
    dice::Dice,
    scale::{scale, server, shown},
};
use serde_json::{Value, json};
use tokio::time::sleep;

const LISTENERS: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn joins_with_a_position_under_load_have_no_gap_and_no_double() {
    let joins = scale(400, 10_000);
    let server = server().await;
    let people = server.people(["ada", "bob", "cyd", "dan"]).await;
    let room = people[0].creates_room("busy").await;
    for person in &people[1..] {
        person.joins(&room).await;
    }
    let chatter = Chatter::start(&people[0], &room, 200).await;
    let listeners = (0..LISTENERS).map(|number| {
        let (person, room) = (people[number % people.len()].clone(), room.clone());
        tokio::spawn(async move { come_and_go(&person, &room, joins / LISTENERS, number as u64).await })
    });
    let entries: usize = join_all(listeners).await.into_iter().map(Result::unwrap).sum();
    let sent = chatter.stop().await;
    shown(&format!(
        "{joins} joins with `after` under 200 messages/s ({} sent): {entries} entries, 0 gaps, 0 doubles",
        sent.len()
    ));
}

/// Where a listener stands; every entry must be the next one.
struct Place {
    seq: i64,
    entries: usize,
}

impl Place {
    fn take(&mut self, seq: i64, how: &str) {
        assert_eq!(seq, self.seq + 1, "{how}: a gap or a double after {}", self.seq);
        self.seq = seq;
        self.entries += 1;
    }

    /// Whatever is an entry of the timeline has a `seq`; notices of a moment have none.
    fn take_live(&mut self, packet: &Packet) {
        if let Packet::Event(name, payload) = packet
            && matches!(name.as_str(), "receive_message" | "user_joined" | "user_left" | "room_updated")
            && let Some(seq) = payload["seq"].as_i64()
        {
            self.take(seq, name);
        }
    }
}

async fn come_and_go(person: &Person, room: &Room, joins: usize, seed: u64) -> usize {
    let mut dice = Dice::new(seed);
    let mut socket = person.raw_socket().await;
    let first = socket.ask("join_room", &json!({ "roomId": room.id })).await;
    let (mut place, epoch) =
        (Place { seq: first["data"]["lastSeq"].as_i64().unwrap(), entries: 0 }, &first["data"]["epoch"]);
    for _ in 0..joins {
        for _ in 0..dice.roll(0..4) {
            place.take_live(&socket.next().await);
        }
        let id = socket.emit_with_ack("leave_room", &json!({ "roomId": room.id })).await;
        live_until(&mut socket, id, &mut place).await;
        // The moment of the next join must not depend on what was heard.
        sleep(dice.millis(0..25)).await;
        let join = json!({ "roomId": room.id, "after": place.seq, "epoch": epoch });
        let id = socket.emit_with_ack("join_room", &join).await;
        let ack = silent_until(&mut socket, id).await;
        assert_eq!((&ack["ok"], &ack["data"]["reset"]), (&json!(true), &json!(false)), "{ack}");
        for event in ack["data"]["events"].as_array().unwrap() {
            place.take(event["seq"].as_i64().unwrap(), "catch-up");
        }
        let last = ack["data"]["lastSeq"].as_i64().unwrap();
        while place.seq < last {
            assert_eq!(ack["data"]["complete"], false, "it says that it is complete, and is not");
            for TimelineEvent { seq, .. } in person.timeline_after(room, place.seq).await.events {
                if seq <= last {
                    place.take(seq, "page");
                }
            }
        }
        assert_eq!(place.seq, last, "live entries begin after `lastSeq`");
    }
    place.entries
}

async fn live_until(socket: &mut RawSocket, ack: u64, place: &mut Place) {
    loop {
        match socket.next().await {
            Packet::Ack(id, _) if id == ack => return,
            packet => place.take_live(&packet),
        }
    }
}

/// Between a `leave_room` and the acknowledgement of the next join nothing of the room may come.
async fn silent_until(socket: &mut RawSocket, ack: u64) -> Value {
    loop {
        match socket.next().await {
            Packet::Ack(id, answer) if id == ack => return answer,
            Packet::Event(name, payload) => {
                assert_ne!(name, "receive_message", "while not subscribed: {payload}");
            }
            other => panic!("{other:?}"),
        }
    }
}
