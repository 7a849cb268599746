//! Every event with every shape of argument (S1, S2, S5, S6, S13, S15): an answer each time, and never a defect.

use parlor_protocol::{ClientEvent, EventVisitor, Request, ServerEvent, visit_events};
use parlor_tests::{
    Packet, RawSocket,
    scale::{server, shown},
};
use serde_json::{Value, json};

/// The names of all events that a client can emit, with the fields of their arguments.
#[derive(Default)]
struct Events(Vec<(&'static str, Vec<String>)>);

impl EventVisitor for Events {
    fn client<E: ClientEvent>(&mut self) {
        self.0.push((E::NAME, E::Payload::fields()));
    }
    fn server<E: ServerEvent>(&mut self) {}
}

/// What no field takes, and what looks like something that it takes.
pub(crate) fn odd_values() -> Vec<Value> {
    let id = "00000000-0000-7000-8000-000000000000";
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(9_007_199_254_740_993_u64),
        json!(""),
        json!(" "),
        json!("\u{0}"),
        json!("x"),
        json!("x".repeat(5000)),
        json!("👋".repeat(4001)),
        json!("\u{202e}\u{200b}\u{feff}"),
        json!("\u{1b}]52;c;eA==\u{7}"),
        json!("' OR 1=1 --"),
        json!("{\"$gt\":\"\"}"),
        json!("../../etc/passwd"),
        json!("%00"),
        json!("null"),
        json!("undefined"),
        json!("NaN"),
        json!([]),
        json!([[]]),
        json!([id]),
        json!([id, id]),
        json!({}),
        json!({ "$ne": null }),
        json!({ "id": id }),
        json!({ "__proto__": { "admin": true } }),
        json!({ "constructor": 1 }),
        json!({ "length": 1, "0": id }),
        json!(id),
        json!(id.to_uppercase()),
        json!(format!("{{{id}}}")),
        json!(id.replace('-', "")),
        json!(deep(30)),
    ]
}

fn deep(levels: usize) -> Value {
    (0..levels).fold(Value::Null, |inner, _| json!([inner]))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_answers_every_shape_of_argument() {
    let server = server().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("shapes").await;
    bob.joins(&room).await;
    let (mut socket, mut other) = (ada.raw_socket().await, bob.raw_socket().await);
    other.join(room.id).await;
    let mut events = Events::default();
    visit_events(&mut events);
    assert!(events.0.len() >= 7, "{:?}", events.0);
    events.0.extend(
        ["connect", "disconnect", "error", "__proto__", "constructor", "", "no such event"]
            .map(|name| (name, Vec::new())),
    );
    let mut cases = 0;
    for (name, fields) in &events.0 {
        for value in odd_values() {
            answered(&mut socket, name, std::slice::from_ref(&value), &mut cases).await;
            for field in fields {
                let mut payload = json!({ "roomId": room.id, "content": "fine", "isTyping": true, "messageId": room.id, "token": "x" });
                payload[field] = value.clone();
                answered(&mut socket, name, &[payload], &mut cases).await;
            }
        }
        answered(&mut socket, name, &[], &mut cases).await;
        answered(&mut socket, name, &[json!({}), json!({}), json!("more")], &mut cases).await;
    }
    let marker = other.ask("get_room_users", &json!({ "roomId": room.id })).await;
    assert_eq!(marker["ok"], true, "the neighbour is as before: {marker}");
    shown(&format!("{cases} events with odd arguments: each was answered, none by a defect"));
}

async fn answered(socket: &mut RawSocket, name: &str, arguments: &[Value], cases: &mut usize) {
    let id = *cases as u64;
    *cases += 1;
    let mut event = vec![json!(name)];
    event.extend_from_slice(arguments);
    socket.send(&format!("42{id}{}", Value::Array(event))).await;
    let ack = loop {
        match socket.next().await {
            Packet::Ack(answered, ack) if answered == id => break ack,
            Packet::Event(..) => {}
            other => panic!("{name} {arguments:?}: {other:?}"),
        }
    };
    let kind = ack["error"]["type"].as_str().unwrap_or_default();
    assert!(
        ack["ok"] == true
            || matches!(kind, "VALIDATION" | "NOT_AUTHORIZED" | "NOT_FOUND" | "UNAUTHENTICATED"),
        "{name} {arguments:?}: {ack}"
    );
}
