//! A connection of Socket.IO: what is relied on, whichever library carries it.
//!
//! A library stands behind [`Transport`], which opens a connection, and [`Link`], which is one; what comes is told to its [`Fate`].
//! `transport/socketio.rs` does so with `rust_socketio`, and `transport/scripted.rs` for the tests, without a network. They are
//! objects rather than parameters: a parameter would stand in the names of [`Client`](crate::Client) and of all that has one, and
//! what goes over a network does not feel a call through a pointer.

#[cfg(test)]
pub(crate) mod scripted;
mod socketio;

pub(crate) use socketio::SocketIo;

use crate::{
    DisconnectReason, Error, ServerMessage,
    wire::{Watch, Wire},
};
use futures_util::future::BoxFuture;
use parlor_protocol::{ClientEvent as _, sessions::AuthenticateEvent};
use serde_json::{Value, json};
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
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

/// Where a connection goes, and who comes.
#[derive(Clone, Copy)]
pub(crate) struct Door<'a> {
    pub(crate) url: &'a str,
    pub(crate) token: &'a str,
    pub(crate) user_agent: &'a str,
}

/// Opens connections. None comes back by itself: whoever wants another opens it.
pub(crate) trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Connects and hands in the token. This answers when that is sent; what the server says of it is told to `fate`. It may take
    /// for ever, and is dropped if it takes too long.
    fn open(&self, door: Door<'_>, fate: Arc<Fate>) -> BoxFuture<'static, Result<Box<dyn Link>, Error>>;
}

/// A connection that was opened.
pub(crate) trait Link: Send + Sync + 'static {
    /// Sends an event; one that is to be answered has its acknowledgement told by [`Fate::answered`]. An error says why the connection
    /// is of no use any more.
    fn emit(
        &self,
        event: &'static str,
        payload: Value,
        is_answered: bool,
    ) -> BoxFuture<'_, Result<(), String>>;

    /// Says goodbye, if it still can, and ends the connection.
    fn part(&self) -> BoxFuture<'_, ()>;
}

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

/// How a connection stands: what its link tells, without ever waiting, and its socket reads.
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

    /// The server has accepted the token.
    fn accepted(&self) {
        if let Some(accepted) = self.lock().accepted.take() {
            // The other end is gone when the handshake took too long.
            accepted.send(Ok(())).unwrap_or_default();
        }
    }

    /// The server refuses the socket, with these words: with the handshake, or later, and then it hears nothing of it any more.
    fn refused(&self, words: String) {
        let handshake = self.lock().accepted.take();
        if let Some(accepted) = handshake {
            // The other end is gone when the handshake took too long.
            accepted.send(Err(words)).unwrap_or_default();
        } else {
            tracing::warn!(words, "the server refuses a socket that it had accepted");
            self.end(DisconnectReason::ByServer);
        }
    }

    /// The server has sent an event.
    fn received(&self, name: &str, payload: Value) {
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

    /// The server has acknowledged an event.
    fn answered(&self, ack: Value) {
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
}

/// Connects, and answers when the server has accepted the token.
pub(crate) async fn connect(
    transport: &dyn Transport,
    door: Door<'_>,
    within: Duration,
    watch: Watch,
) -> Result<(mpsc::Sender<Outgoing>, mpsc::Receiver<ServerMessage>, Arc<Fate>), Error> {
    let (updates, receiver) = mpsc::channel(UPDATES);
    let (accepted, answer) = oneshot::channel();
    let state = State { updates: Some(updates), waiting: None, accepted: Some(accepted), reason: None };
    let fate = Arc::new(Fate { state: Mutex::new(state), ended: watch::Sender::new(false), watch });
    let (outbox, queue) = mpsc::channel(OUTBOX);
    let (opened, outcome) = oneshot::channel();
    let opening = transport.open(door, fate.clone());
    let (its_fate, token) = (fate.clone(), door.token.into());
    // In a task of its own, which ends the connection when nobody can send any more: also when the caller stops to wait for it, or
    // never takes it, and wherever that happens.
    tokio::spawn(async move {
        match accept(opening, answer, &its_fate, within).await {
            Ok(link) => {
                // The caller may have gone.
                opened.send(Ok(())).unwrap_or_default();
                run(&*link, queue, &its_fate, token, within).await;
            }
            Err(error) => {
                its_fate.end(DisconnectReason::ByServer);
                opened.send(Err(error)).unwrap_or_default();
            }
        }
    });
    outcome.await.unwrap_or_else(|_| Err(Error::Disconnected(fate.reason())))?;
    Ok((outbox, receiver, fate))
}

/// A connection that the server has accepted. One that it has not is ended: its library might keep it, and answer its heartbeats.
/// A refused one ends by itself.
async fn accept(
    opening: BoxFuture<'static, Result<Box<dyn Link>, Error>>,
    answer: oneshot::Receiver<Result<(), String>>,
    fate: &Fate,
    within: Duration,
) -> Result<Box<dyn Link>, Error> {
    let until = Instant::now() + within;
    let late = Error::NoAnswer { what: "connect", after: within };
    let link = timeout_at(until, opening).await.map_err(|_| late.clone())??;
    let refused = match timeout_at(until, answer).await {
        Ok(Ok(Ok(()))) => return Ok(link),
        Ok(Ok(Err(refusal))) => return Err(Error::ConnectRefused(refusal)),
        Ok(Err(_)) => Error::Disconnected(fate.reason()),
        Err(_) => late,
    };
    link.part().await;
    Err(refused)
}

/// Sends what waits, one event after the other, until the connection ends or nobody can send any more.
async fn run(
    link: &dyn Link,
    mut queue: mpsc::Receiver<Outgoing>,
    fate: &Fate,
    mut token: Value,
    within: Duration,
) {
    let mut ended = fate.ended.subscribe();
    let alive = async {
        loop {
            let outgoing = tokio::select! {
                next = queue.recv() => match next {
                    Some(outgoing) => outgoing,
                    None => break fate.end(DisconnectReason::ByClient),
                },
                () = sleep(within * PROBE_AFTER) => probe(&token),
            };
            let renewal =
                (outgoing.name == AuthenticateEvent::NAME).then(|| outgoing.payload["token"].clone());
            let is_accepted = send(link, outgoing, fate, within).await;
            if let Some(renewal) = renewal.filter(|_| is_accepted) {
                token = renewal;
            }
        }
    };
    tokio::select! {
        () = alive => {}
        // The sender lives in `fate`, so this can only be the end itself.
        _ = ended.wait_for(|ended| *ended) => {}
    }
    link.part().await;
}

/// Sends an event, and waits for its answer if it asks for one; whether that says that the event took effect.
async fn send(link: &dyn Link, outgoing: Outgoing, fate: &Fate, within: Duration) -> bool {
    let Outgoing { name, payload, reply } = outgoing;
    fate.watch.show(Wire::Sent { event: name, payload: &payload });
    let sent = async {
        let Some((request_id, reply)) = reply else {
            link.emit(name, payload, false).await?;
            return Ok(false);
        };
        let (answer, answered) = oneshot::channel();
        fate.lock().waiting = Some((request_id, answer));
        link.emit(name, payload, true).await?;
        let Ok(ack) = answered.await else { return Ok(false) };
        fate.watch.show(Wire::Answered { event: name, ack: &ack });
        let is_accepted = ack["ok"] == true;
        // The caller may have given up.
        reply.send(ack).unwrap_or_default();
        Ok(is_accepted)
    };
    match timeout(within, sent).await {
        Ok(Ok(is_accepted)) => return is_accepted,
        Ok(Err(cause)) => fate.end(DisconnectReason::Lost(cause)),
        Err(_) => fate.end(DisconnectReason::NoAnswer),
    }
    false
}

/// The one event that changes nothing: the socket is renewed with the token that it has. An older one would shorten its life.
fn probe(token: &Value) -> Outgoing {
    let request_id = Uuid::now_v7().to_string();
    let payload = json!({ "token": token, "requestId": request_id });
    Outgoing { name: AuthenticateEvent::NAME, payload, reply: Some((request_id, oneshot::channel().0)) }
}
