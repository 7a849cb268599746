//! The transport against a small Socket.IO server that answers in the contract's forms, and sometimes does not.
//!
//! What `rust_socketio` does by itself, and the test that holds it off; those of [`network`] are there, the others here or where it
//! says so:
//!
//! | fault | test |
//! | --- | --- |
//! | `connect` answers before the server has accepted; an event right after it kills the connection | `an_event_right_after_connecting_is_answered_also_over_a_slow_network` |
//! | a refused handshake is a success | `a_refused_connection_is_an_error_with_the_servers_words` |
//! | acknowledgement ids collide | `three_hundred_emits_at_once_each_get_their_own_answer`, `of_three_hundred_emits_over_a_network_that_cuts_each_gets_its_own_answer_or_none` |
//! | an acknowledgement that never comes is waited for without end, and leaves its callback | `an_answer_that_never_comes_ends_the_connection`, `a_caller_who_gives_up_leaves_the_connection_whole` |
//! | callbacks run in the reader: an acknowledgement awaited while events arrive never comes | `events_arrive_in_order` |
//! | a slow caller stops the heartbeat | `a_caller_who_takes_nothing_holds_up_no_heartbeat` |
//! | its reconnection does not end, and keeps an old token | off; `sessions.rs` and `following.rs` of `tests/live` |
//! | events of the server can't be acknowledged | the contract has none |
//! | a broken connection (TCP kill) fails nothing that waits | `a_connection_that_is_reset_fails_what_waits_and_says_so`, `a_network_that_cuts_in_the_middle_of_a_frame_ends_the_connection` |
//! | events sent or missed while there is no connection are gone | `following.rs` and `sending.rs` of `tests/live` |
//! | no deadline for the handshake | `a_server_that_never_answers_the_handshake_is_given_up`, `a_network_that_swallows_the_handshake_is_given_up` |
//! | a black hole, a half-open connection | `a_network_that_swallows_answers_ends_the_connection`, `a_connection_that_is_half_open_is_noticed_though_nothing_is_sent` |
//! | a clean end of the WebSocket is told to nobody | `a_clean_end_of_the_websocket_is_noticed_on_a_quiet_connection` |
//! | a namespace disconnect is told as a close | `a_disconnect_by_the_server_is_seen` |
//! | a connection that was refused, or disconnected, is kept and its heartbeats are answered | `a_connection_that_is_refused_ends_though_the_server_would_keep_it`, `a_connection_that_the_server_disconnects_ends_though_the_server_would_keep_it` |
//! | a refusal after the server has accepted is told to nobody | `a_refusal_after_the_server_has_accepted_ends_the_connection` |
//! | answers come doubly wrapped, errors as text, an event without an argument under another name | `a_failure_is_typed`, `an_event_without_an_argument_harms_nothing` |
//! | an unbounded queue for a caller who takes nothing | `a_caller_who_takes_nothing_gets_what_was_kept_and_then_the_end` |

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

mod clocks;
mod later;
mod network;
mod pages;
mod retries;
mod urls;

use parlor_client::{
    Client, ClientBuilder, DisconnectReason, Error, ServerMessage, Session,
    protocol::{
        ErrorType, Nothing,
        members::{GetRoomUsers, GetRoomUsersPayload},
        messages::{SendMessageEvent, SendMessagePayload},
        sessions::{Authenticate, AuthenticateEvent},
        typing::{Typing, TypingPayload},
        users::GetMe,
    },
};
use serde_json::{Value, json};
use socketioxide::{
    SocketIo,
    extract::{AckSender, Data, SocketRef, TryData},
    handler::ConnectHandler as _,
};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::watch,
    time::timeout,
};

const SOON: Duration = Duration::from_secs(10);
const ROOM: &str = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90";
static SEQ: AtomicU64 = AtomicU64::new(0);

/// A message whose content is the request's own, as an acknowledgement or an event carries it.
fn message(content: &str) -> Value {
    let at = "2025-08-21T10:16:10.123Z";
    json!({
        "id": ROOM, "roomId": ROOM, "userId": ROOM, "username": "ada", "content": content, "status": "delivered",
        "seq": SEQ.fetch_add(1, Ordering::Relaxed), "clientMessageId": null, "createdAt": at, "updatedAt": at,
        "timestamp": at, "sender": { "id": ROOM, "username": "ada" },
    })
}

fn ok(payload: &Value, data: &Value) -> Value {
    json!({ "ok": true, "data": data, "requestId": payload["requestId"] })
}

/// Emits as soon as the server's own buffer of 128 has room.
async fn pour(socket: &SocketRef, content: &str) {
    let message = message(content);
    while socket.connected() && socket.emit("receive_message", &message).is_err() {
        tokio::task::yield_now().await;
    }
}

async fn a_server() -> SocketAddr {
    a_server_that_accepts_after(|| std::future::ready(())).await.0
}

/// A server, and how many sockets are connected to it.
async fn a_server_that_accepts_after<F>(
    wait: impl Fn() -> F + Clone + Send + Sync + 'static,
) -> (SocketAddr, watch::Receiver<usize>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let (layer, io) = SocketIo::new_layer();
    let (connections, count) = watch::channel(0);
    let accept = move |TryData(auth): TryData<Value>| {
        let waiting = wait();
        async move {
            waiting.await;
            match auth {
                Ok(auth) if auth["token"] == "good" => Ok(()),
                _ => Err("Invalid or expired token"),
            }
        }
    };
    let connections = Arc::new(connections);
    let connected = async move |socket: SocketRef| {
        connections.send_modify(|count| *count += 1);
        let leaving = connections.clone();
        socket.on_disconnect(async move || leaving.send_modify(|count| *count -= 1));
        socket.on("send_message", async |socket: SocketRef, Data(payload): Data<Value>, ack: AckSender| {
            let content = payload["content"].as_str().unwrap_or_default().to_owned();
            match content.as_str() {
                "never answer" => {}
                "tell and never answer" => pour(&socket, "told").await,
                "too often" => ack
                    .send(&json!({ "ok": false, "requestId": payload["requestId"],
                        "error": { "type": "RATE_LIMIT", "message": "Too often", "retryAfterMs": 1500 } }))
                    .unwrap(),
                "answer another" => {
                    ack.send(&json!({ "ok": true, "data": message("x"), "requestId": "no" })).unwrap();
                }
                "kick me" => socket.disconnect().unwrap(),
                "shout" => {
                    for n in 0..1000 {
                        pour(&socket, &n.to_string()).await;
                    }
                    ack.send(&ok(&payload, &message("done"))).unwrap();
                }
                "flood" => {
                    // More than the client keeps for a caller who takes nothing.
                    for _ in 0..5000 {
                        pour(&socket, "drop").await;
                    }
                }
                other => ack.send(&ok(&payload, &message(other))).unwrap(),
            }
        });
        socket.on("typing", async |socket: SocketRef| {
            let error = json!({ "type": "NOT_AUTHORIZED", "message": "Not a member", "event": "typing" });
            socket.emit("error", &error).unwrap();
        });
        socket.on("get_room_users", async |Data(payload): Data<Value>, ack: AckSender| {
            ack.send(&json!({ "ok": true, "data": { "users": 5 }, "requestId": payload["requestId"] }))
                .unwrap();
        });
    };
    io.ns("/", connected.with(accept));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().layer(layer)).await });
    (address, count)
}

fn client(address: SocketAddr, token: &str) -> Client {
    signed_in(Client::builder(&format!("http://{address}")).retries(0), token)
}

fn impatient(address: SocketAddr, answer_within: Duration) -> Client {
    signed_in(Client::builder(&format!("http://{address}")).answer_within(answer_within), "good")
}

fn signed_in(client: ClientBuilder, token: &str) -> Client {
    signed_in_until(client, token, "2025-08-21T10:16:10.123Z")
}

fn signed_in_until(client: ClientBuilder, token: &str, until: &str) -> Client {
    let client = client.renews(false).build().unwrap();
    let user = json!({ "id": ROOM, "username": "ada", "email": "ada@example.com", "createdAt": until,
        "updatedAt": until });
    client.resume(Session {
        user: serde_json::from_value(user).unwrap(),
        token: token.parse().unwrap(),
        refresh_token: "r".parse().unwrap(),
        expires_at: serde_json::from_value(json!(until)).unwrap(),
    });
    client
}

fn saying(content: &str) -> SendMessagePayload {
    let content = content.parse().unwrap();
    SendMessagePayload { room_id: ROOM.parse().unwrap(), content, client_message_id: None }
}

#[tokio::test]
async fn a_refused_connection_is_an_error_with_the_servers_words() {
    let client = client(a_server().await, "bad");
    match client.connect().await {
        Err(Error::ConnectRefused(words)) => assert_eq!(words, "Invalid or expired token"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_address_where_nobody_listens_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let refused = client(address, "good").connect().await;
    assert!(matches!(refused, Err(Error::Unreachable(_))), "{refused:?}");
}

#[tokio::test]
async fn who_stops_waiting_for_a_connection_leaves_none_behind() {
    let (gate, opening) = watch::channel(false);
    let wait = move || {
        let mut opening = opening.clone();
        async move { drop(opening.wait_for(|open| *open).await) }
    };
    let (address, mut connected) = a_server_that_accepts_after(wait).await;
    let client = client(address, "good");
    let mut connecting = Box::pin(client.connect());
    // The server has the handshake when somebody waits at the gate.
    let somebody_waits = async {
        while gate.receiver_count() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = &mut connecting => panic!("it is connected"),
        () = somebody_waits => {}
    }
    drop(connecting);
    gate.send_replace(true);
    timeout(SOON, connected.wait_for(|count| *count == 1)).await.unwrap().unwrap();
    timeout(SOON, connected.wait_for(|count| *count == 0)).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_server_that_never_answers_the_handshake_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = impatient(listener.local_addr().unwrap(), Duration::from_millis(200));
    let connecting = tokio::spawn(async move { client.connect().await.map(drop) });
    let _accepted_and_silent = listener.accept().await.unwrap();
    let given_up = timeout(SOON, connecting).await.unwrap().unwrap();
    assert!(matches!(given_up, Err(Error::NoAnswer { .. })), "{given_up:?}");
}

#[tokio::test]
async fn a_failure_is_typed() {
    let socket = client(a_server().await, "good").connect().await.unwrap();
    let refused = socket.emit::<SendMessageEvent>(saying("too often")).await.unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorType::RateLimit));
    assert_eq!(refused.api().unwrap().retry_after_ms, Some(1500));
    let odd = socket.emit::<GetRoomUsers>(GetRoomUsersPayload { room_id: ROOM.parse().unwrap() }).await;
    assert!(matches!(odd, Err(Error::Unintelligible { .. })), "{odd:?}");
    assert_eq!(socket.emit::<SendMessageEvent>(saying("goes on")).await.unwrap().content, "goes on");
}

#[tokio::test]
async fn an_event_without_an_acknowledgement_fails_as_an_error_event() {
    let mut socket = client(a_server().await, "good").connect().await.unwrap();
    let payload = TypingPayload { room_id: ROOM.parse().unwrap(), is_typing: true };
    socket.send_only::<Typing>(payload).await.unwrap();
    match timeout(SOON, socket.next()).await.unwrap() {
        Some(ServerMessage::Error(failure)) => {
            assert_eq!((failure.error.kind, failure.event.as_str()), (ErrorType::NotAuthorized, "typing"));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_caller_who_gives_up_leaves_the_connection_whole() {
    let socket = client(a_server().await, "good").connect().await.unwrap();
    for n in 0..50 {
        let mut given_up = Box::pin(socket.emit::<SendMessageEvent>(saying("given up")));
        assert!(futures_util::poll!(given_up.as_mut()).is_pending());
        drop(given_up);
        let kept = socket.emit::<SendMessageEvent>(saying(&n.to_string())).await.unwrap();
        assert_eq!(kept.content, n.to_string());
    }
}

#[tokio::test]
async fn a_disconnect_by_the_server_is_seen() {
    let mut socket = client(a_server().await, "good").connect().await.unwrap();
    let emitted = socket.emit::<SendMessageEvent>(saying("kick me")).await;
    assert!(matches!(emitted, Err(Error::Disconnected(DisconnectReason::ByServer))), "{emitted:?}");
    let end = timeout(SOON, socket.next()).await.unwrap();
    assert_eq!(end, Some(ServerMessage::Disconnected(DisconnectReason::ByServer)));
}

#[tokio::test]
async fn events_arrive_in_order() {
    let mut socket = client(a_server().await, "good").connect().await.unwrap();
    socket.emit::<SendMessageEvent>(saying("shout")).await.unwrap();
    for n in 0..1000 {
        match timeout(SOON, socket.next()).await.unwrap() {
            Some(ServerMessage::ReceiveMessage(message)) => assert_eq!(message.content, n.to_string()),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_caller_who_takes_nothing_gets_what_was_kept_and_then_the_end() {
    let client = client(a_server().await, "good");
    let mut socket = client.connect().await.unwrap();
    let flooded = timeout(SOON, socket.emit::<SendMessageEvent>(saying("flood"))).await.unwrap();
    assert!(matches!(flooded, Err(Error::Disconnected(DisconnectReason::Behind))), "{flooded:?}");
    let mut kept = 0;
    loop {
        match timeout(SOON, socket.next()).await.unwrap() {
            Some(ServerMessage::ReceiveMessage(_)) => kept += 1,
            other => {
                assert_eq!(other, Some(ServerMessage::Disconnected(DisconnectReason::Behind)));
                break;
            }
        }
    }
    assert_eq!(kept, 4096);
}

#[tokio::test]
async fn a_gateway_that_answers_for_the_server_is_no_answer_of_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(listener.local_addr().unwrap(), "good");
    let page = "<html>Oh no</html>";
    for (status, may_pass) in [
        ("502 Bad Gateway", true),
        ("503 Service Unavailable", true),
        ("504 Gateway Timeout", true),
        ("429 Too Many Requests", true),
        ("408 Request Timeout", true),
        ("425 Too Early", true),
        ("500 Oh", false),
        ("404 Not Found", false),
    ] {
        let gateway = async {
            let (mut caller, _) = listener.accept().await.unwrap();
            // Closing it unread would take the answer back.
            assert!(caller.read(&mut [0; 4096]).await.unwrap() > 0);
            let length = page.len();
            let answer =
                format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{page}");
            caller.write_all(answer.as_bytes()).await.unwrap();
        };
        let (answer, ()) = tokio::join!(client.call::<GetMe>(Nothing, Nothing, Nothing), gateway);
        let error = answer.unwrap_err();
        assert_eq!(error.is_retryable(), may_pass, "{status}: {error:?}");
        assert!(error.to_string().contains(&status[..3]), "{error}");
    }
}

#[tokio::test]
async fn what_needs_a_session_says_so() {
    let client = Client::new("http://127.0.0.1:1").unwrap();
    assert!(matches!(client.connect().await, Err(Error::SignedOut)));
    assert!(matches!(client.refresh().await, Err(Error::SignedOut)));
}

#[tokio::test]
async fn nothing_is_sent_after_a_close() {
    let socket = client(a_server().await, "good").connect().await.unwrap();
    let emitter = socket.emitter();
    socket.close();
    let late = emitter.emit::<AuthenticateEvent>(Authenticate { token: "t".parse().unwrap() }).await;
    assert!(matches!(late, Err(Error::Disconnected(DisconnectReason::ByClient))), "{late:?}");
}
