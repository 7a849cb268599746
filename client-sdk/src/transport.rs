//! Socket.IO through `rust_socketio` 0.6, and what it takes to rely on it. No other file knows that crate.
//!
//! | what it does | what is done here |
//! | --- | --- |
//! | `connect` answers before the server has accepted, also when it refuses, and has no timeout | [`connect`] waits for the server's CONNECT under a deadline |
//! | an ack id is a random number below 999; when two equal ones wait, their answer also removes a third's callback, or panics | one event waits at a time; its answer is known by the echoed `requestId` |
//! | an unanswered event stays in its list for ever, in wait for an equal id | the connection is given up with it |
//! | callbacks run inside its reader: one that waits stops the heartbeat | they only put into a bounded channel |
//! | a clean end of the WebSocket is told to nobody | a quiet connection renews its own token now and then; a dead one fails at that |
//! | its reconnection forgets what was missed | it is off |
//! | `disconnect` does nothing once the server has refused or ended the socket: its reader holds the connection, and answers heartbeats | the reader is ended from within its callback |

use crate::{
    DisconnectReason, Error, ServerMessage,
    wire::{Watch, Wire},
};
use futures_util::FutureExt as _;
use parlor_protocol::{ClientEvent as _, sessions::AuthenticateEvent};
use rust_socketio::{
    Event, Payload, TransportType,
    asynchronous::{Client, ClientBuilder},
};
use serde_json::{Value, json};
use std::{
    future::ready,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep, timeout, timeout_at},
};
use uuid::Uuid;

/// How many messages wait for a caller who does not take them before the connection is given up.
const UPDATES: usize = 4096;
/// How many events wait for their turn before `emit` itself waits.
const OUTBOX: usize = 64;
/// After how many times the patience for an answer a connection without an event is probed.
const PROBE_AFTER: u32 = 3;
/// How long a disconnect may take before the connection is left to the server's heartbeat.
const GOODBYE: Duration = Duration::from_secs(2);
/// What stands before the server's words when it refuses.
const REFUSAL: &str = "Received an ConnectError frame: ";

/// An event on its way out.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// The event's name.
    pub(crate) name: &'static str,
    /// Its argument.
    pub(crate) payload: Value,
    /// Where the answer goes, and the `requestId` by which it is known; `None` asks for none.
    pub(crate) reply: Option<(String, oneshot::Sender<Value>)>,
}

/// How a connection stands: what its callbacks write, and its socket reads.
#[derive(Debug)]
pub(crate) struct Fate {
    state: Mutex<State>,
    ended: watch::Sender<bool>,
    watch: Watch,
}

#[derive(Debug)]
struct State {
    /// The way to the socket's owner; gone when the connection has ended.
    updates: Option<mpsc::Sender<ServerMessage>>,
    /// The one event that waits for its answer.
    waiting: Option<(String, oneshot::Sender<Value>)>,
    /// The server's answer to the handshake goes here.
    accepted: Option<oneshot::Sender<Result<(), String>>>,
    reason: Option<DisconnectReason>,
}

impl Fate {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the connection ended.
    pub(crate) fn reason(&self) -> DisconnectReason {
        self.lock().reason.clone().unwrap_or(DisconnectReason::ByClient)
    }

    /// Ends the connection, unless it has ended already.
    pub(crate) fn end(&self, reason: DisconnectReason) {
        let mut state = self.lock();
        state.reason.get_or_insert(reason);
        (state.updates, state.waiting, state.accepted) = (None, None, None);
        self.ended.send_replace(true);
    }

    fn accepted(&self, answer: Result<(), String>) {
        if let Some(accepted) = self.lock().accepted.take() {
            // The other end is gone when the handshake took too long.
            accepted.send(answer).unwrap_or_default();
        }
    }

    fn received(&self, name: &str, payload: Payload) {
        let payload = only_argument(payload);
        self.watch.show(Wire::Received { event: name, payload: &payload });
        let message = ServerMessage::decode(name, payload);
        let full = match &self.lock().updates {
            Some(updates) => updates.try_send(message).is_err(),
            None => false,
        };
        if full {
            self.end(DisconnectReason::Behind);
        }
    }

    fn answered(&self, payload: Payload) {
        // It comes doubly wrapped: `[[{ … }]]`.
        let ack = match only_argument(payload) {
            Value::Array(mut arguments) if !arguments.is_empty() => arguments.swap_remove(0),
            other => other,
        };
        let mut state = self.lock();
        let expected = state.waiting.as_ref().map(|(request_id, _)| request_id.as_str());
        if expected.is_some() && expected == ack["requestId"].as_str() {
            if let Some((_, reply)) = state.waiting.take() {
                // The other end is gone when the caller no longer waits.
                reply.send(ack).unwrap_or_default();
            }
        } else {
            tracing::warn!("an answer that nobody waits for");
        }
    }

    /// `error` is both an event of the server and the library's own word for a failure, then with a text. Answers whether the
    /// server refuses the socket.
    fn error(&self, payload: Payload) -> bool {
        match only_argument(payload) {
            error @ Value::Object(_) => self.received(Event::Error.as_str(), error.into()),
            Value::String(text) => match text.strip_prefix(REFUSAL) {
                Some(refusal) => {
                    self.accepted(Err(words_of(refusal)));
                    return true;
                }
                None => self.end(DisconnectReason::Lost(text)),
            },
            other => self.end(DisconnectReason::Lost(other.to_string())),
        }
        false
    }
}

/// Connects, and answers when the server has accepted the token.
pub(crate) async fn connect(
    url: &str,
    token: &str,
    within: Duration,
    watch: Watch,
) -> Result<(mpsc::Sender<Outgoing>, mpsc::Receiver<ServerMessage>, Arc<Fate>), Error> {
    let (updates, receiver) = mpsc::channel(UPDATES);
    let (accepted, answer) = oneshot::channel();
    let state = State { updates: Some(updates), waiting: None, accepted: Some(accepted), reason: None };
    let fate = Arc::new(Fate { state: Mutex::new(state), ended: watch::Sender::new(false), watch });

    // In a task of its own, so that a connection for which its caller has stopped to wait is ended all the same: also one that was
    // handed over, and that the caller never took.
    let (opened, client) = oneshot::channel();
    let opening = open(builder(url, token, &fate), answer, fate.clone(), within);
    tokio::spawn(async move { drop(opened.send(opening.await.map(Untaken::new))) });
    let client = client.await.unwrap_or_else(|_| Err(Error::Disconnected(fate.reason())));
    let client = client.inspect_err(|_| fate.end(DisconnectReason::ByServer))?;
    let (outbox, queue) = mpsc::channel(OUTBOX);
    if let Some(client) = client.take() {
        tokio::spawn(run(client, queue, fate.clone(), token.to_owned(), within));
    }
    Ok((outbox, receiver, fate))
}

/// A connection on its way to its caller. Dropped before it was taken, it is ended: the library would keep it.
struct Untaken(Option<Client>);

impl Untaken {
    fn new(client: Client) -> Self {
        Self(Some(client))
    }

    fn take(mut self) -> Option<Client> {
        self.0.take()
    }
}

impl Drop for Untaken {
    fn drop(&mut self) {
        // Without a runtime its connection has ended with that.
        if let (Some(client), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(async move { part(&client).await });
        }
    }
}

/// A connection that the server has accepted. One that it has not is ended: the library would keep it, and answer its heartbeats.
/// A refused one ends by itself, with its reader.
async fn open(
    builder: ClientBuilder,
    answer: oneshot::Receiver<Result<(), String>>,
    fate: Arc<Fate>,
    within: Duration,
) -> Result<Client, Error> {
    let until = Instant::now() + within;
    let late = Error::NoAnswer { what: "connect", after: within };
    let client = timeout_at(until, builder.connect()).await.map_err(|_| late.clone())?;
    let client = client.map_err(|cause| Error::Unreachable(cause.to_string()))?;
    let refused = match timeout_at(until, answer).await {
        Ok(Ok(Ok(()))) => return Ok(client),
        Ok(Ok(Err(refusal))) => return Err(Error::ConnectRefused(refusal)),
        Ok(Err(_)) => Error::Disconnected(fate.reason()),
        Err(_) => late,
    };
    part(&client).await;
    Err(refused)
}

/// Ends the library's reader, which runs this callback, and with it the connection. Nothing else does, once the server has refused
/// or ended the socket: the library then takes it for closed, and what it is asked to send, a goodbye too, never leaves. No message
/// is printed, as nothing has failed. Where a panic is the end of the program, the connection lasts until the server ends it.
fn leave_the_reader() {
    if cfg!(panic = "unwind") {
        std::panic::resume_unwind(Box::new("the server has ended this socket"));
    }
}

async fn part(client: &Client) {
    if let Ok(Err(cause)) = timeout(GOODBYE, client.disconnect()).await {
        tracing::debug!(%cause, "the connection was gone before the goodbye");
    }
}

fn builder(url: &str, token: &str, fate: &Arc<Fate>) -> ClientBuilder {
    let (connected, closed, failed, received) = (fate.clone(), fate.clone(), fate.clone(), fate.clone());
    ClientBuilder::new(url)
        .transport_type(TransportType::Websocket)
        .reconnect(false)
        .auth(json!({ "token": token }))
        .on(Event::Connect, move |_, _| {
            connected.accepted(Ok(()));
            ready(()).boxed()
        })
        .on(Event::Close, move |_, _| {
            closed.end(DisconnectReason::ByServer);
            leave_the_reader();
            ready(()).boxed()
        })
        .on(Event::Error, move |payload, _| {
            if failed.error(payload) {
                leave_the_reader();
            }
            ready(()).boxed()
        })
        .on_any(move |event, payload, _| {
            received.received(event.as_str(), payload);
            ready(()).boxed()
        })
}

/// Sends what waits, one event after the other, until the connection ends or nobody can send any more.
async fn run(
    client: Client,
    mut queue: mpsc::Receiver<Outgoing>,
    fate: Arc<Fate>,
    token: String,
    within: Duration,
) {
    let mut ended = fate.ended.subscribe();
    let alive = async {
        loop {
            tokio::select! {
                next = queue.recv() => match next {
                    Some(outgoing) => send(&client, outgoing, &fate, within).await,
                    None => break fate.end(DisconnectReason::ByClient),
                },
                () = sleep(within * PROBE_AFTER) => send(&client, probe(&token), &fate, within).await,
            }
        }
    };
    tokio::select! {
        () = alive => {}
        // The sender lives in `fate`, so this can only be the end itself.
        _ = ended.wait_for(|ended| *ended) => {}
    }
    part(&client).await;
}

async fn send(client: &Client, outgoing: Outgoing, fate: &Arc<Fate>, within: Duration) {
    let Outgoing { name, payload, reply } = outgoing;
    fate.watch.show(Wire::Sent { event: name, payload: &payload });
    let sent = async {
        let Some((request_id, reply)) = reply else { return client.emit(name, payload).await };
        let (answer, answered) = oneshot::channel();
        fate.lock().waiting = Some((request_id, answer));
        let acked = fate.clone();
        client
            .emit_with_ack(name, payload, within, move |payload, _| {
                acked.answered(payload);
                ready(()).boxed()
            })
            .await?;
        if let Ok(ack) = answered.await {
            fate.watch.show(Wire::Answered { event: name, ack: &ack });
            // The caller may have given up.
            reply.send(ack).unwrap_or_default();
        }
        Ok(())
    };
    match timeout(within, sent).await {
        Ok(Ok(())) => {}
        Ok(Err(cause)) => fate.end(DisconnectReason::Lost(cause.to_string())),
        Err(_) => fate.end(DisconnectReason::NoAnswer),
    }
}

/// The one event that changes nothing: the socket is renewed with the token that it has.
fn probe(token: &str) -> Outgoing {
    let request_id = Uuid::now_v7().to_string();
    let payload = json!({ "token": token, "requestId": request_id });
    Outgoing { name: AuthenticateEvent::NAME, payload, reply: Some((request_id, oneshot::channel().0)) }
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
