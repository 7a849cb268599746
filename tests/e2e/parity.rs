//! The same act by REST and by socket: the same result, the same failure, the same deliveries.

use parlor_client::ServerMessage;
use parlor_protocol::rooms::Room;
use parlor_server::config::{Limits, Rate};
use parlor_tests::{Person, RawSocket, Seat, TestServer};
use serde_json::{Value, json};
use std::time::Duration;

/// What an act came to: its data, or its error without the words that can't be equal.
fn outcome(value: &Value) -> Result<Value, Value> {
    let failed = value["ok"] == false || value["success"] == false;
    if !failed {
        return Ok(value["data"].clone());
    }
    let error = if value["error"].is_object() { &value["error"] } else { value };
    Err(
        json!({ "type": error["type"], "errors": error["errors"], "waits": error["retryAfterMs"].is_number() }),
    )
}

async fn sends_by_rest(person: &Person, room: &Value, body: &Value) -> Result<Value, Value> {
    let room = room.as_str().unwrap();
    outcome(&person.post(&format!("/api/v1/rooms/{room}/messages"), body).await.body)
}

async fn sends_by_socket(socket: &mut RawSocket, room: &Value, body: &Value) -> Result<Value, Value> {
    let mut payload = body.clone();
    payload["roomId"] = room.clone();
    outcome(&socket.ask("send_message", &payload).await)
}

/// Everything but what differs from message to message.
fn kind(message: &Value) -> Value {
    let mut message = message.clone();
    for key in ["id", "seq", "createdAt", "updatedAt", "timestamp"] {
        assert!(!message[key].is_null(), "{key} in {message}");
        message[key].take();
    }
    message
}

#[tokio::test]
async fn a_message_is_the_same_message_by_either_way() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let mut seat = bob.subscribes(&room).await;
    let (id, mut socket) = (json!(room.id), ada.raw_socket().await);
    let body = json!({ "content": "hello 🦀" });
    let posted = sends_by_rest(&ada, &id, &body).await.unwrap();
    let heard_of_rest = serde_json::to_value(seat.hears_message().await).unwrap();
    let emitted = sends_by_socket(&mut socket, &id, &body).await.unwrap();
    let heard_of_socket = serde_json::to_value(seat.hears_message().await).unwrap();
    assert_eq!((&heard_of_rest, &heard_of_socket), (&posted, &emitted));
    assert_eq!(kind(&posted), kind(&emitted));
    assert_eq!(emitted["seq"].as_i64(), posted["seq"].as_i64().map(|seq| seq + 1));
}

#[tokio::test]
async fn a_retry_that_changes_its_way_is_still_the_same_message() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let (id, mut socket) = (json!(room.id), ada.raw_socket().await);
    let mut seat = ada.subscribes(&room).await;
    for n in 0..2 {
        let body = json!({ "content": "once", "clientMessageId": n.to_string() });
        let other = json!({ "content": "other", "clientMessageId": n.to_string() });
        let (first, second) = if n == 0 {
            let first = sends_by_rest(&ada, &id, &body).await;
            (first, sends_by_socket(&mut socket, &id, &body).await)
        } else {
            let first = sends_by_socket(&mut socket, &id, &body).await;
            (first, sends_by_rest(&ada, &id, &body).await)
        };
        assert_eq!(first.as_ref().unwrap(), second.as_ref().unwrap());
        let conflicts =
            (sends_by_rest(&ada, &id, &other).await, sends_by_socket(&mut socket, &id, &other).await);
        assert_eq!(conflicts.0, conflicts.1);
        assert_eq!(conflicts.0.unwrap_err()["type"], "CONFLICT");
    }
    assert_eq!(seat.heard_messages().await, ["once", "once"]);
}

#[tokio::test]
async fn a_refusal_is_the_same_refusal_by_either_way() {
    let server = TestServer::start().await;
    let [ada, eve] = server.people(["ada", "eve"]).await;
    let (room, own) = (ada.creates_room("kitchen").await, eve.creates_room("garden").await);
    let mut socket = eve.raw_socket().await;
    let cases = [
        (json!(own.id), json!({ "content": "" })),
        (json!(own.id), json!({ "content": 5, "clientMessageId": " " })),
        (json!(own.id), json!({ "content": "x".repeat(4001) })),
        (json!(own.id), json!({})),
        (json!(room.id), json!({ "content": "a stranger" })),
        (json!(room.id), json!({ "content": "" })),
        (json!("not-an-id"), json!({ "content": "x" })),
        (json!("not-an-id"), json!({ "content": "" })),
    ];
    for (room, body) in cases {
        let by_rest = sends_by_rest(&eve, &room, &body).await.unwrap_err();
        let by_socket = sends_by_socket(&mut socket, &room, &body).await.unwrap_err();
        assert_eq!(by_rest, by_socket, "{room} {body}");
    }
}

#[tokio::test]
async fn the_limit_is_one_for_both_ways() {
    let message = Some(Rate { count: 4, per: Duration::from_mins(1) });
    let server = TestServer::start_with(|config| config.limits = Limits { message, ..Limits::off() }).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let (id, mut socket) = (json!(room.id), ada.raw_socket().await);
    for n in 0..2 {
        let body = json!({ "content": n.to_string() });
        sends_by_rest(&ada, &id, &body).await.unwrap();
        sends_by_socket(&mut socket, &id, &body).await.unwrap();
    }
    let body = json!({ "content": "too many" });
    let by_rest = sends_by_rest(&ada, &id, &body).await.unwrap_err();
    assert_eq!(by_rest, sends_by_socket(&mut socket, &id, &body).await.unwrap_err());
    assert_eq!((&by_rest["type"], &by_rest["waits"]), (&json!("RATE_LIMIT"), &json!(true)));
}

/// What the others are told of a reading, without the times and ids that differ.
async fn told_of_a_reading(seat: &mut Seat) -> Vec<Value> {
    let mut told = Vec::new();
    while told.len() < 2 {
        match seat.next().await {
            ServerMessage::MessagesRead(receipt) => {
                told.push(json!(["messages_read", receipt.user_id, receipt.last_read_seq]));
            }
            ServerMessage::MessageStatusUpdated(update) => {
                told.push(json!(["message_status_updated", update.reader_id, update.seq, update.status]));
            }
            _ => {}
        }
    }
    told.sort_by_key(ToString::to_string);
    told
}

#[tokio::test]
async fn a_reading_is_the_same_reading_by_either_way() {
    let server = TestServer::start().await;
    let [ada, bob, eve] = server.people(["ada", "bob", "eve"]).await;
    let mut tellings = Vec::new();
    for by_socket in [true, false] {
        let room: Room = ada.creates_room("kitchen").await;
        bob.joins(&room).await;
        let message = ada.posts(&room, "read me").await;
        let foreign = ada.creates_room("garden").await;
        let other = ada.posts(&foreign, "elsewhere").await;
        let mut seat = ada.subscribes(&room).await;
        let mut socket = bob.raw_socket().await;
        let path = format!("/api/v1/rooms/{}/messages/read", room.id);
        let (missing, read) = if by_socket {
            let mut ask =
                async |id| socket.ask("message_read", &json!({ "roomId": room.id, "messageId": id })).await;
            (outcome(&ask(other.id).await), outcome(&ask(message.id).await))
        } else {
            let ask = async |id| bob.post(&path, &json!({ "messageId": id })).await.body;
            (outcome(&ask(other.id).await), outcome(&ask(message.id).await))
        };
        tellings.push((missing, read.unwrap()["lastReadSeq"].clone(), told_of_a_reading(&mut seat).await));
    }
    assert_eq!(tellings[0], tellings[1]);
    assert_eq!(tellings[0].0.as_ref().unwrap_err()["type"], "NOT_FOUND");

    let room = ada.creates_room("attic").await;
    let message = ada.posts(&room, "not for eve").await;
    let refused = eve
        .raw_socket()
        .await
        .ask("message_read", &json!({ "roomId": room.id, "messageId": message.id }))
        .await;
    let by_rest = eve
        .post(&format!("/api/v1/rooms/{}/messages/read", room.id), &json!({ "messageId": message.id }))
        .await;
    assert_eq!(outcome(&refused), outcome(&by_rest.body));
}
