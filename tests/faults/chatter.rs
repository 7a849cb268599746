//! Someone who talks at a steady pace, so that something is always going on.

use parlor_protocol::rooms::Room;
use parlor_tests::{Packet, Person, RawSocket};
use serde_json::json;
use std::{collections::HashMap, time::Duration};
use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, interval},
};

/// A running talker.
pub(crate) struct Chatter {
    stop: oneshot::Sender<()>,
    talking: JoinHandle<Vec<i64>>,
}

impl Chatter {
    /// Sends so many messages a second to a room, whose member `person` is; they are not subscribed themselves.
    pub(crate) async fn start(person: &Person, room: &Room, per_second: u64) -> Self {
        let (stop, stopped) = oneshot::channel();
        let socket = person.raw_socket().await;
        let talking = tokio::spawn(talk(socket, room.clone(), per_second, stopped));
        Self { stop, talking }
    }

    /// Stops it, and gives the `seq` of each message that was acknowledged: all of them were.
    pub(crate) async fn stop(self) -> Vec<i64> {
        self.stop.send(()).unwrap();
        self.talking.await.unwrap()
    }
}

async fn talk(
    mut socket: RawSocket,
    room: Room,
    per_second: u64,
    mut stopped: oneshot::Receiver<()>,
) -> Vec<i64> {
    let mut pace = interval(Duration::from_micros(1_000_000 / per_second));
    let (mut seqs, mut waiting) = (Vec::new(), HashMap::new());
    let mut ended = false;
    while !(ended && waiting.is_empty()) {
        tokio::select! {
            _ = &mut stopped, if !ended => ended = true,
            _ = pace.tick(), if !ended => {
                let message = json!({ "roomId": room.id, "content": "and so on" });
                waiting.insert(socket.emit_with_ack("send_message", &message).await, Instant::now());
            }
            packet = socket.next() => match packet {
                Packet::Ack(id, ack) => {
                    assert_eq!(ack["ok"], true, "{ack}");
                    waiting.remove(&id);
                    seqs.push(ack["data"]["seq"].as_i64().unwrap());
                }
                Packet::Event(..) => {}
                other => panic!("{other:?}"),
            },
        }
    }
    seqs
}
