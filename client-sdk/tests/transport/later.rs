//! A server of a later version, which says what this one does not know yet.

use crate::{ROOM, SOON, client, network::accept, saying, signed_in_until};
use futures_util::{SinkExt as _, StreamExt as _};
use parlor_client::{
    Client, Error, ServerMessage,
    live::{ConnectionState, Event, Events},
    protocol::{Nothing, messages::SendMessageEvent, users::GetMe},
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_tungstenite::WebSocketStream;

/// Answers the next call with this.
async fn answers(listener: &TcpListener, status: &str, body: &Value) {
    let (mut caller, _) = listener.accept().await.unwrap();
    // Closing it unread would take the answer back.
    assert!(caller.read(&mut [0; 4096]).await.unwrap() > 0);
    let body = body.to_string();
    let length = body.len();
    let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
    caller.write_all(answer.as_bytes()).await.unwrap();
}

#[tokio::test]
async fn a_refusal_of_a_later_type_is_told_with_its_status_and_its_words() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(listener.local_addr().unwrap(), "good");
    for (status, may_pass) in
        [("402 Payment Required", false), ("429 Too Many Requests", true), ("503 Soon", true)]
    {
        let body = json!({ "success": false, "type": "OUT_OF_PAPER", "message": "Buy some", "requestId": "r-1",
            "retryAfterMs": 1500, "shop": "round the corner" });
        let (answer, ()) =
            tokio::join!(client.call::<GetMe>(Nothing, Nothing, Nothing), answers(&listener, status, &body));
        let error = answer.unwrap_err();
        let Error::Unknown { kind, message, request_id, .. } = &error else { panic!("{error:?}") };
        assert_eq!((&**kind, &**message, request_id.as_deref()), ("OUT_OF_PAPER", "Buy some", Some("r-1")));
        assert_eq!(error.status().map(|status| status.to_string()), Some(status[..3].to_owned()));
        assert_eq!(
            (error.is_retryable(), error.retry_after()),
            (may_pass, Some(Duration::from_millis(1500)))
        );
    }
    // What is no refusal of the contract's form stays what it was.
    let body = json!({ "type": "OUT_OF_PAPER", "message": "Buy some" });
    let (answer, ()) =
        tokio::join!(client.call::<GetMe>(Nothing, Nothing, Nothing), answers(&listener, "418 No", &body));
    assert!(matches!(answer, Err(Error::Unintelligible { .. })), "{answer:?}");
}

/// The next event that a client emits: its frame up to the name, and its argument.
async fn emitted(server: &mut WebSocketStream<TcpStream>, name: &str) -> (String, Value) {
    loop {
        let frame = timeout(SOON, server.next()).await.unwrap().unwrap().unwrap();
        let text = frame.to_text().unwrap();
        let Some((head, event)) = text.find('[').map(|at| text.split_at(at)) else { continue };
        let event: Value = serde_json::from_str(event).unwrap();
        if event[0] == name {
            return (head.to_owned(), event[1].clone());
        }
    }
}

/// Answers an event of a client with this failure.
async fn refuse(server: &mut WebSocketStream<TcpStream>, (head, payload): (String, Value), error: Value) {
    let ack = json!([{ "ok": false, "error": error, "requestId": payload["requestId"] }]);
    let id = head.strip_prefix("42").unwrap();
    server.send(format!("43{id}{ack}").into()).await.unwrap();
}

async fn next(events: &mut Events) -> Event {
    timeout(SOON, events.next()).await.unwrap().unwrap()
}

#[tokio::test]
async fn an_event_that_is_refused_with_a_later_type_of_error_is_an_error_with_its_words() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(listener.local_addr().unwrap(), "good");
    let (socket, mut server) = tokio::join!(client.connect(), accept(&listener));
    let socket = socket.unwrap();
    for (retry_after_ms, may_pass) in [(Value::Null, false), (json!(1500), true)] {
        let refusing = async {
            let event = emitted(&mut server, "send_message").await;
            let error =
                json!({ "type": "OUT_OF_PAPER", "message": "Buy some", "retryAfterMs": retry_after_ms });
            refuse(&mut server, event, error).await;
        };
        let (refused, ()) = tokio::join!(socket.emit::<SendMessageEvent>(saying("hello")), refusing);
        let error = refused.unwrap_err();
        assert!(matches!(&error, Error::Unknown { status: None, .. }), "{error:?}");
        assert_eq!((error.to_string().as_str(), error.is_retryable()), ("OUT_OF_PAPER: Buy some", may_pass));
    }
}

/// A client that lives on, and the server's end of its connection.
async fn live(
    listener: &TcpListener,
) -> (Client, parlor_client::live::Live, Events, WebSocketStream<TcpStream>) {
    let url = format!("http://{}", listener.local_addr().unwrap());
    // Long enough that nothing is renewed meanwhile.
    let client = signed_in_until(Client::builder(&url), "good", "2099-08-21T10:16:10.123Z");
    let live = client.live().start().await.unwrap();
    let mut events = live.events();
    let server = timeout(SOON, accept(listener)).await.unwrap();
    while !matches!(next(&mut events).await, Event::Connection(ConnectionState::Online)) {}
    (client, live, events, server)
}

#[tokio::test]
async fn events_that_are_not_known_are_told_as_they_came_and_end_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (_client, live, mut events, mut server) = live(&listener).await;
    let later = json!({ "type": "OUT_OF_PAPER", "message": "Buy some", "event": "typing" });
    let sent = [
        ("reaction_added", json!({ "roomId": ROOM, "seq": 5 })),
        ("receive_message", json!({ "in": "another form" })),
        ("error", later),
        ("user_status", json!(5)),
    ];
    for (name, payload) in &sent {
        server.send(format!("42{}", json!([name, payload])).into()).await.unwrap();
    }
    for (name, payload) in sent {
        let told = next(&mut events).await;
        let Event::Signal(told) = told else { panic!("{told:?}") };
        assert_eq!(told, ServerMessage::Unknown { name: name.to_owned(), payload });
    }
    assert_eq!(*live.connection().borrow(), ConnectionState::Online);
}

#[tokio::test]
async fn a_message_that_is_refused_with_a_later_type_is_tried_again_if_that_says_when_and_else_has_failed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (_client, live, mut events, mut server) = live(&listener).await;
    let room = live.room(ROOM.parse().unwrap());
    let pending = room.send("hello").queue().await.unwrap();
    let mut ids = Vec::new();
    for retry_after_ms in [json!(1), Value::Null] {
        let event = emitted(&mut server, "send_message").await;
        ids.push(event.1["clientMessageId"].clone());
        let error = json!({ "type": "OUT_OF_PAPER", "message": "Buy some", "retryAfterMs": retry_after_ms });
        refuse(&mut server, event, error).await;
    }
    assert_eq!(ids[0], ids[1], "it is the same message");
    let failed = timeout(SOON, pending.sent()).await.unwrap().unwrap_err();
    assert!(matches!(&failed, Error::Unknown { kind, .. } if kind == "OUT_OF_PAPER"), "{failed:?}");
    loop {
        if let Event::SendFailed { message, .. } = next(&mut events).await {
            break assert_eq!(message.content, "hello");
        }
    }
    assert_eq!(*live.connection().borrow(), ConnectionState::Online);
}

#[tokio::test]
async fn a_room_that_is_refused_with_a_later_type_is_followed_no_longer_and_the_connection_lasts() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (_client, live, mut events, mut server) = live(&listener).await;
    let room = live.room(ROOM.parse().unwrap());
    let refusing = async {
        let event = emitted(&mut server, "join_room").await;
        refuse(&mut server, event, json!({ "type": "ROOM_IS_ASLEEP", "message": "Knock" })).await;
    };
    let (refused, ()) = timeout(SOON, async { tokio::join!(room.follow(None), refusing) }).await.unwrap();
    assert!(matches!(&refused, Err(Error::Unknown { kind, .. }) if kind == "ROOM_IS_ASLEEP"), "{refused:?}");
    loop {
        if let Event::Unfollowed { why, .. } = next(&mut events).await {
            break assert!(format!("{why:?}").contains("Knock"), "{why:?}");
        }
    }
    assert_eq!(*live.connection().borrow(), ConnectionState::Online);
}
