//! `kill -9` at any moment: what was acknowledged stays, nothing is doubled, and the server starts again by itself (F1).

use futures_util::future::join_all;
use parlor_protocol::{rooms::Room, timeline::Happening};
use parlor_tests::{
    Packet, Person, RawSocket,
    dice::Dice,
    scale::{scale, server, shown},
};
use serde_json::json;
use std::collections::{BTreeMap, HashMap, VecDeque};

const WRITERS: usize = 8;
/// How many messages of a writer may be without an answer.
const UNANSWERED: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn kill_minus_9_loses_no_acknowledged_message_and_doubles_none() {
    let (rounds, longest) = scale((6, 300), (200, 1500));
    let mut server = server().await;
    let people = server.crowd(WRITERS + 1).await;
    let (reader, people) = people.split_last().unwrap();
    let room = reader.creates_room("durable").await;
    for person in people {
        person.joins(&room).await;
    }
    let mut dice = Dice::new(9);
    let mut writers: Vec<Writer> =
        people.iter().enumerate().map(|(number, person)| Writer::new(number, person, &room)).collect();
    let mut listener = Listener { person: reader.clone(), room: room.clone(), seq: 0, ids: BTreeMap::new() };
    for round in 0..rounds {
        let working = writers.drain(..).map(|mut writer| {
            tokio::spawn(async move {
                writer.write_until_the_end().await;
                writer
            })
        });
        let working: Vec<_> = working.collect();
        let socket = listener.join().await;
        let listening = tokio::spawn(listener.listen_until_the_end(socket));
        tokio::time::sleep(dice.millis(50..longest)).await;
        server.kill().await;
        writers = join_all(working).await.into_iter().map(Result::unwrap).collect();
        listener = listening.await.unwrap();
        let acknowledged = writers.iter().map(|writer| writer.acked.len()).sum::<usize>();
        assert!(acknowledged > round, "nothing was written in round {round}");
        server.start_again().await;
    }
    for writer in &mut writers {
        writer.settle().await;
    }
    listener.join().await;

    let mut stored = HashMap::new();
    let timeline = reader.timeline(&room).await;
    for (entry, expected) in timeline.events.iter().zip(1..) {
        assert_eq!(entry.seq, expected, "the log has a gap");
        if let Happening::Message { message } = &entry.happening {
            let id = message.client_message_id.as_ref().unwrap().to_string();
            let before = stored.insert(id, (message.id.to_string(), message.seq));
            assert_eq!(before, None, "doubled: {message:?}");
            assert_eq!(
                listener.ids.get(&message.seq),
                Some(&message.id.to_string()),
                "the listener has it too"
            );
        }
    }
    let acknowledged: usize = writers.iter().map(|writer| writer.acked.len()).sum();
    for (id, answer) in writers.iter().flat_map(|writer| &writer.acked) {
        assert_eq!(stored.get(id), Some(answer), "lost or changed: {id}");
    }
    assert_eq!(
        stored.len(),
        acknowledged,
        "in the end every message is acknowledged, and nothing else is stored"
    );
    server.kill().await;
    assert_eq!(server.stored_messages().await.len(), acknowledged);
    shown(&format!(
        "{rounds} kill -9 under load: {acknowledged} acknowledged messages, 0 lost, 0 doubled, 0 gaps"
    ));
}

/// Someone who sends with client ids, and sends again what has no answer.
struct Writer {
    name: usize,
    person: Person,
    room: Room,
    next: usize,
    unanswered: VecDeque<String>,
    acked: Vec<(String, (String, i64))>,
}

impl Writer {
    fn new(name: usize, person: &Person, room: &Room) -> Self {
        Self {
            name,
            person: person.clone(),
            room: room.clone(),
            next: 0,
            unanswered: VecDeque::new(),
            acked: Vec::new(),
        }
    }

    async fn write_until_the_end(&mut self) {
        let mut socket = self.person.raw_socket().await;
        for id in self.unanswered.clone() {
            self.send(&mut socket, &id).await;
        }
        loop {
            while self.unanswered.len() < UNANSWERED {
                let id = format!("{}-{}", self.name, self.next);
                self.next += 1;
                self.send(&mut socket, &id).await;
                self.unanswered.push_back(id);
            }
            if !self.hear(&mut socket).await {
                return;
            }
        }
    }

    /// Gets an answer for everything.
    async fn settle(&mut self) {
        let mut socket = self.person.raw_socket().await;
        for id in self.unanswered.clone() {
            self.send(&mut socket, &id).await;
        }
        while !self.unanswered.is_empty() {
            assert!(self.hear(&mut socket).await, "the connection ended, and nobody ended it");
        }
    }

    async fn send(&self, socket: &mut RawSocket, id: &str) {
        let message =
            json!({ "roomId": self.room.id, "content": format!("message {id}"), "clientMessageId": id });
        socket.emit_with_ack("send_message", &message).await;
    }

    /// Takes what comes next; `false` at the end of the connection.
    async fn hear(&mut self, socket: &mut RawSocket) -> bool {
        match socket.next().await {
            Packet::Ack(_, ack) => {
                assert_eq!(ack["ok"], true, "{ack}");
                let data = &ack["data"];
                let id = data["clientMessageId"].as_str().unwrap().to_owned();
                self.unanswered.retain(|waiting| *waiting != id);
                self.acked
                    .push((id, (data["id"].as_str().unwrap().to_owned(), data["seq"].as_i64().unwrap())));
                true
            }
            Packet::Closed => false,
            _ => true,
        }
    }
}

/// A member who comes back after every crash and asks for what came since.
struct Listener {
    person: Person,
    room: Room,
    seq: i64,
    ids: BTreeMap<i64, String>,
}

impl Listener {
    async fn join(&mut self) -> RawSocket {
        let mut socket = self.person.raw_socket().await;
        let ack = socket.ask("join_room", &json!({ "roomId": self.room.id, "after": self.seq })).await;
        assert_eq!(ack["data"]["reset"], false, "{ack}");
        for event in ack["data"]["events"].as_array().unwrap() {
            self.take(event["seq"].as_i64().unwrap(), &event["message"]["id"]);
        }
        let last = ack["data"]["lastSeq"].as_i64().unwrap();
        while self.seq < last {
            for event in self.person.timeline_after(&self.room, self.seq).await.events {
                if event.seq <= last {
                    let event = serde_json::to_value(event).unwrap();
                    self.take(event["seq"].as_i64().unwrap(), &event["message"]["id"]);
                }
            }
        }
        socket
    }

    async fn listen_until_the_end(mut self, mut socket: RawSocket) -> Self {
        while let Some((name, payload)) = socket.heard.pop_front() {
            self.hear(&name, &payload);
        }
        loop {
            match socket.next().await {
                Packet::Event(name, payload) => self.hear(&name, &payload),
                Packet::Closed => return self,
                _ => {}
            }
        }
    }

    fn hear(&mut self, name: &str, payload: &serde_json::Value) {
        if name == "receive_message" {
            self.take(payload["seq"].as_i64().unwrap(), &payload["id"]);
        }
    }

    fn take(&mut self, seq: i64, id: &serde_json::Value) {
        assert_eq!(seq, self.seq + 1, "the listener has a gap or a double");
        self.seq = seq;
        self.ids.extend(id.as_str().map(|id| (seq, id.to_owned())));
    }
}
