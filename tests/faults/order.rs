//! Order: of one socket's events, and of a room's entries.

use futures_util::future::join_all;
use parlor_tests::{
    Packet, Person, RawSocket,
    scale::{server, shown},
};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_events_emitted_at_once_take_effect_in_order() {
    const EVENTS: usize = 2000;
    let server = server().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("order").await;
    let mut socket = ada.raw_socket().await;
    socket.join(room.id).await;
    let frames = (0..EVENTS).map(|number| {
        format!("42{number}{}", json!(["send_message", { "roomId": room.id, "content": number.to_string() }]))
    });
    socket.send_all(frames).await;
    let (mut heard, mut acks) = (Vec::new(), 0);
    while heard.len() < EVENTS || acks < EVENTS {
        match socket.next().await {
            Packet::Event(name, message) if name == "receive_message" => heard.push(message),
            Packet::Ack(_, ack) => {
                assert_eq!(ack["ok"], true, "{ack}");
                acks += 1;
            }
            Packet::Event(..) => {}
            other => panic!("{other:?}"),
        }
    }
    for (number, message) in heard.iter().enumerate() {
        assert_eq!(message["content"], number.to_string(), "S13: in the order of emission");
    }
    assert_dense(&heard);
    shown(&format!("{EVENTS} events of one socket at once: in order"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_senders_give_every_subscriber_the_same_order_without_gaps() {
    const SENDERS: usize = 16;
    const EACH: usize = 50;
    const SUBSCRIBERS: usize = 8;
    let server = server().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("order").await;
    bob.joins(&room).await;
    let people = [ada, bob];
    let mut subscribers = Vec::new();
    for number in 0..SUBSCRIBERS {
        let mut socket = people[number % 2].raw_socket().await;
        socket.join(room.id).await;
        subscribers.push(socket);
    }
    let senders = (0..SENDERS).map(|number| send(&people[number % 2], number, EACH, json!(room.id)));
    let heard = subscribers.iter_mut().map(|socket| listen(socket, SENDERS * EACH));
    let (_, heard) = tokio::join!(join_all(senders), join_all(heard));
    for other in &heard {
        assert_dense(other);
        assert_eq!(other, &heard[0], "every subscriber sees one order");
    }
    for sender in 0..SENDERS {
        let own = format!("{sender}:");
        let said: Vec<_> =
            heard[0].iter().filter_map(|message| message["content"].as_str()?.strip_prefix(&own)).collect();
        assert_eq!(
            said,
            (0..EACH).map(|number| number.to_string()).collect::<Vec<_>>(),
            "a sender's own order"
        );
    }
    shown(&format!(
        "{SENDERS} senders at once: {SUBSCRIBERS} subscribers saw one gap-free order of {}",
        SENDERS * EACH
    ));
}

async fn send(person: &Person, sender: usize, count: usize, room: Value) {
    let mut socket = person.raw_socket().await;
    let frames = (0..count).map(|number| {
        format!(
            "42{number}{}",
            json!(["send_message", { "roomId": room, "content": format!("{sender}:{number}") }])
        )
    });
    socket.send_all(frames).await;
    for _ in 0..count {
        while !matches!(socket.next().await, Packet::Ack(_, ack) if ack["ok"] == true) {}
    }
}

async fn listen(socket: &mut RawSocket, count: usize) -> Vec<Value> {
    let mut heard = Vec::new();
    while heard.len() < count {
        heard.push(socket.hear("receive_message").await);
    }
    heard
}

fn assert_dense(messages: &[Value]) {
    let seqs: Vec<i64> = messages.iter().map(|message| message["seq"].as_i64().unwrap()).collect();
    assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1), "gaps or doubles in {seqs:?}");
}
