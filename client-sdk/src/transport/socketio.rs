//! Socket.IO through `rust_socketio` 0.6, and what it takes to rely on it. No other file knows that crate.
//!
//! | what it does | what is done about it |
//! | --- | --- |
//! | `connect` answers before the server has accepted, also when it refuses, and has no timeout | `transport.rs` waits for the server's CONNECT under a deadline |
//! | an ack id is a random number below 999; when two equal ones wait, their answer also removes a third's callback, or panics | `transport.rs` has one event wait at a time, and knows its answer by the echoed `requestId` |
//! | an unanswered event stays in its list for ever, in wait for an equal id | `transport.rs` gives the connection up with it |
//! | callbacks run inside its reader: one that waits stops the heartbeat | they only tell [`Fate`], which never waits |
//! | a clean end of the WebSocket is told to nobody | `transport.rs` probes a quiet connection now and then; a dead one fails at that |
//! | its reconnection forgets what was missed | it is off |
//! | `disconnect` does nothing once the server has refused or ended the socket: its reader holds the connection, and answers heartbeats | the reader is ended from within its callback |

use super::{Door, Fate, Link, Transport};
use crate::{DisconnectReason, Error, client::with_sources};
use futures_util::{FutureExt as _, future::BoxFuture};
use rust_socketio::{
    Event, Payload, TransportType,
    asynchronous::{Client, ClientBuilder},
};
use serde_json::{Value, json};
use std::{future::ready, sync::Arc, time::Duration};
use tokio::time::timeout;

/// How long a disconnect may take before the connection is left to the server's heartbeat.
const GOODBYE: Duration = Duration::from_secs(2);
/// What stands before the server's words when it refuses.
const REFUSAL: &str = "Received an ConnectError frame: ";

/// Opens connections with `rust_socketio`.
#[derive(Debug)]
pub(crate) struct SocketIo;

impl Transport for SocketIo {
    fn open(&self, door: Door<'_>, fate: Arc<Fate>) -> BoxFuture<'static, Result<Box<dyn Link>, Error>> {
        let builder = builder(door, &fate);
        let opening = async move {
            let client = builder.connect().await.map_err(|cause| Error::Unreachable(with_sources(&cause)))?;
            Ok(Box::new(Opened { client, fate }) as Box<dyn Link>)
        };
        opening.boxed()
    }
}

struct Opened {
    client: Client,
    fate: Arc<Fate>,
}

impl Link for Opened {
    fn emit(
        &self,
        event: &'static str,
        payload: Value,
        is_answered: bool,
    ) -> BoxFuture<'_, Result<(), String>> {
        let fate = self.fate.clone();
        let emitting = async move {
            if !is_answered {
                return self.client.emit(event, payload).await;
            }
            let answered = move |payload, _: Client| {
                // It comes doubly wrapped: `[[{ … }]]`.
                let ack = match only_argument(payload) {
                    Value::Array(mut arguments) if !arguments.is_empty() => arguments.swap_remove(0),
                    other => other,
                };
                fate.answered(ack);
                ready(()).boxed()
            };
            // Its own patience is looked at when the answer comes: whether that is too late is said elsewhere.
            self.client.emit_with_ack(event, payload, Duration::MAX, answered).await
        };
        emitting.map(|sent| sent.map_err(|cause| with_sources(&cause))).boxed()
    }

    fn part(&self) -> BoxFuture<'_, ()> {
        let goodbye = async {
            if let Ok(Err(cause)) = timeout(GOODBYE, self.client.disconnect()).await {
                tracing::debug!(%cause, "the connection was gone before the goodbye");
            }
        };
        goodbye.boxed()
    }
}

fn builder(door: Door<'_>, fate: &Arc<Fate>) -> ClientBuilder {
    let (connected, closed, failed, received) = (fate.clone(), fate.clone(), fate.clone(), fate.clone());
    let Door { url, token, user_agent } = door;
    // The library asks for this by itself only where the URL has no path.
    ClientBuilder::new(format!("{}/socket.io/", url.trim_end_matches('/')))
        .transport_type(TransportType::Websocket)
        .reconnect(false)
        .opening_header("User-Agent", user_agent)
        .auth(json!({ "token": token }))
        .on(Event::Connect, move |_, _| {
            connected.accepted();
            ready(()).boxed()
        })
        .on(Event::Close, move |_, _| {
            closed.end(DisconnectReason::ByServer);
            leave_the_reader();
            ready(()).boxed()
        })
        .on(Event::Error, move |payload, _| {
            if error(&failed, payload) {
                leave_the_reader();
            }
            ready(()).boxed()
        })
        .on_any(move |event, payload, _| {
            received.received(event.as_str(), only_argument(payload));
            ready(()).boxed()
        })
}

/// `error` is both an event of the server and the library's own word for a failure, then with a text. Answers whether the server
/// refuses the socket.
fn error(fate: &Fate, payload: Payload) -> bool {
    match only_argument(payload) {
        error @ Value::Object(_) => fate.received(Event::Error.as_str(), error),
        Value::String(text) => match text.strip_prefix(REFUSAL) {
            Some(refusal) => {
                fate.refused(words_of(refusal));
                return true;
            }
            None => fate.end(DisconnectReason::Lost(text)),
        },
        other => fate.end(DisconnectReason::Lost(other.to_string())),
    }
    false
}

/// Ends the library's reader, which runs this callback, and with it the connection. Nothing else does, once the server has refused
/// or ended the socket: the library then takes it for closed, and what it is asked to send, a goodbye too, never leaves. No message
/// is printed, as nothing has failed. Where a panic is the end of the program, the connection lasts until the server ends it.
fn leave_the_reader() {
    if cfg!(panic = "unwind") {
        std::panic::resume_unwind(Box::new("the server has ended this socket"));
    }
}

fn only_argument(payload: Payload) -> Value {
    match payload {
        Payload::Text(mut arguments) if !arguments.is_empty() => arguments.swap_remove(0),
        _ => Value::Null,
    }
}

/// The `message` of a refusal, or the refusal as it stands.
fn words_of(refusal: &str) -> String {
    serde_json::from_str::<Value>(refusal)
        .ok()
        .and_then(|refusal| Some(refusal["message"].as_str()?.to_owned()))
        .unwrap_or_else(|| refusal.to_owned())
}
