//! One queue per socket: its events take effect in the order in which it sent them.
//!
//! Socket.IO's handlers run as tasks of their own and overtake each other, so this one only queues, while the reader waits.
//! A worker exists while there is something to do. Sends are queued for the log at once and awaited together; any other
//! event waits for those before it.

use super::{
    Realtime,
    events::{Answer, Reply, Run},
    sockets::{Live, Peer},
};
use crate::{config::Rate, domain::Error, observe::Queue as Waits};
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesOrdered};
use serde::Deserialize;
use serde_json::Value;
use socketioxide::{
    adapter::LocalAdapter,
    extract::{AckSender, SocketRef},
    handler::{FromMessageParts, MessageHandler, Value as Packet},
    socket::Socket,
};
use std::{
    collections::VecDeque,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{sync::Notify, time::Instant};

/// An inbox with more events or bytes than this belongs to a client that floods: it is cut.
const MOST_EVENTS: usize = 4096;
const MOST_BYTES: usize = 1024 * 1024;

/// So many unanswered sends of one socket wait for the log at once.
const MOST_PIPELINED: usize = 256;

/// What a socket has sent and what has not been dealt with.
#[derive(Default)]
pub struct Inbox {
    queue: Mutex<Queue>,
    arrived: Notify,
}

#[derive(Default)]
struct Queue {
    events: VecDeque<Incoming>,
    bytes: usize,
    /// Whether the socket is registered: what comes before waits.
    open: bool,
    working: bool,
    bucket: Bucket,
}

/// One event, as it came.
struct Incoming {
    text: String,
    reply: Reply,
    flooding: bool,
}

/// Takes every event of a socket, whatever its name. The socket holds it, so it must not hold the socket.
pub struct Intake {
    realtime: Realtime,
    peer: Arc<Peer>,
}

impl Intake {
    /// For the socket of `peer`.
    pub fn new(realtime: Realtime, peer: Arc<Peer>) -> Self {
        Self { realtime, peer }
    }
}

/// Distinguishes [`Intake`] from the handlers that are closures.
pub enum Direct {}

impl MessageHandler<LocalAdapter, Direct> for Intake {
    fn call(&self, socket: Arc<Socket>, mut packet: Packet, ack_id: Option<i64>) {
        let (Ok(ack), Ok(socket)) = (
            AckSender::from_message_parts(&socket, &mut packet, &ack_id),
            SocketRef::from_message_parts(&socket, &mut packet, &ack_id),
        );
        let ack = ack_id.map(|_| ack);
        let live = Live { socket, peer: self.peer.clone() };
        let text = match packet {
            Packet::Str(text, None) => text.to_string(),
            // Attachments are refused by the parser; this is for what it may learn to let through.
            Packet::Str(_, Some(_)) | Packet::Bytes(_) => return self.realtime.cut(&live),
        };
        let reply = Reply::new(self.realtime.clone(), live.clone(), ack);
        if !self.peer.inbox.push(&self.realtime, &live, text, reply) {
            tracing::info!(user = %self.peer.user, "a socket that floods its inbox is cut");
            self.realtime.cut(&live);
        }
    }
}

impl Inbox {
    /// Queues an event; `false` when too much waits.
    fn push(&self, realtime: &Realtime, live: &Live, text: String, mut reply: Reply) -> bool {
        let mut queue = self.lock();
        if queue.events.len() >= MOST_EVENTS || queue.bytes + text.len() > MOST_BYTES {
            reply.drop_silently();
            return false;
        }
        let flooding = !queue.bucket.take(realtime.flood);
        queue.bytes += text.len();
        queue.events.push_back(Incoming { text, reply, flooding });
        realtime.domain.metrics.queued(Waits::Inbox, 1);
        if queue.working {
            drop(queue);
            self.arrived.notify_one();
        } else if queue.open {
            queue.working = true;
            drop(queue);
            tokio::spawn(work(realtime.clone(), live.clone()));
        }
        true
    }

    /// Lets the worker begin. A quick client's first event comes before the library has told us that it has joined.
    pub fn open(&self, realtime: &Realtime, live: &Live) {
        let mut queue = self.lock();
        queue.open = true;
        if !queue.events.is_empty() && !queue.working {
            queue.working = true;
            drop(queue);
            tokio::spawn(work(realtime.clone(), live.clone()));
        }
    }

    fn pop(&self) -> Option<Incoming> {
        let mut queue = self.lock();
        let incoming = queue.events.pop_front()?;
        queue.bytes -= incoming.text.len();
        Some(incoming)
    }

    /// Ends the worker's time unless something has arrived; gives the memory back.
    fn rest(&self) -> bool {
        let mut queue = self.lock();
        if queue.events.is_empty() {
            queue.working = false;
            queue.events = VecDeque::new();
        }
        !queue.working
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Deals with the events of one socket until there are none.
async fn work(realtime: Realtime, live: Live) {
    let inbox = &live.peer.inbox;
    let mut pipelined: FuturesOrdered<BoxFuture<'static, Option<Answer>>> = FuturesOrdered::new();
    loop {
        if pipelined.len() < MOST_PIPELINED
            && let Some(incoming) = inbox.pop()
        {
            realtime.domain.metrics.unqueued(Waits::Inbox, 1);
            match realtime.begin(&live, incoming) {
                Run::Done => {}
                Run::Pipelined(rest) => pipelined.push_back(guarded(rest).boxed()),
                Run::Alone(rest) => {
                    while let Some(answer) = pipelined.next().await {
                        give(answer);
                    }
                    guarded(rest).await;
                }
            }
        } else if pipelined.is_empty() {
            if inbox.rest() {
                return;
            }
        } else {
            tokio::select! {
                Some(answer) = pipelined.next() => give(answer),
                () = inbox.arrived.notified() => {}
            }
        }
    }
}

impl Realtime {
    /// Does what must happen in order, and returns the rest.
    fn begin(&self, live: &Live, incoming: Incoming) -> Run {
        let Incoming { text, mut reply, flooding } = incoming;
        let (name, payload) = match serde_json::from_str::<Frame>(&text) {
            Ok(Frame(name, payload)) => (name, payload),
            Err(error) => {
                reply.fail(&Error::invalid("", &format!("the event does not parse: {error}")));
                return Run::Done;
            }
        };
        reply.concerns(&name, &payload);
        if live.peer.is_over(self.domain.clock.now()) {
            reply.fail(&Error::Unauthenticated("This session has ended; sign in again"));
            self.end(live, "This session has ended; sign in again");
            return Run::Done;
        }
        if flooding {
            let retry_after =
                self.flood.map_or(std::time::Duration::ZERO, |rate| rate.per / rate.count.max(1));
            reply.fail(&Error::TooOften { retry_after });
            return Run::Done;
        }
        self.events.begin(self, live, &name, payload, reply)
    }
}

fn give(answer: Option<Answer>) {
    if let Some(answer) = answer {
        answer();
    }
}

/// A defect in one event must not end the worker; its reply answers when it is dropped.
async fn guarded<T>(run: BoxFuture<'static, T>) -> Option<T> {
    let outcome = AssertUnwindSafe(run).catch_unwind().await;
    if outcome.is_err() {
        tracing::error!("an event's handler panicked");
    }
    outcome.ok()
}

/// `["name", payload?, …]`; further arguments are ignored.
struct Frame(String, Value);

impl<'de> Deserialize<'de> for Frame {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parts;
        impl<'de> serde::de::Visitor<'de> for Parts {
            type Value = Frame;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an array of an event's name and its argument")
            }

            fn visit_seq<S: serde::de::SeqAccess<'de>>(self, mut parts: S) -> Result<Frame, S::Error> {
                let name = parts.next_element()?.ok_or_else(|| serde::de::Error::invalid_length(0, &self))?;
                let payload = parts.next_element()?.unwrap_or(Value::Null);
                while parts.next_element::<serde::de::IgnoredAny>()?.is_some() {}
                Ok(Frame(name, payload))
            }
        }
        deserializer.deserialize_seq(Parts)
    }
}

/// A token bucket: refilled at the rate, holding four times its count.
#[derive(Default)]
struct Bucket {
    used: f64,
    at: Option<Instant>,
}

impl Bucket {
    fn take(&mut self, rate: Option<Rate>) -> bool {
        let Some(rate) = rate else { return true };
        let now = Instant::now();
        if let Some(at) = self.at.replace(now) {
            let refilled =
                now.duration_since(at).as_secs_f64() / rate.per.as_secs_f64() * f64::from(rate.count);
            self.used = (self.used - refilled).max(0.0);
        }
        let room = self.used + 1.0 <= 4.0 * f64::from(rate.count);
        if room {
            self.used += 1.0;
        }
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn a_burst_of_four_times_the_rate_passes_then_the_rate() {
        let rate = Some(Rate { count: 50, per: Duration::from_secs(1) });
        let mut bucket = Bucket::default();
        assert!((0..200).all(|_| bucket.take(rate)));
        assert!(!bucket.take(rate));
        tokio::time::advance(Duration::from_millis(100)).await;
        assert_eq!((0..10).filter(|_| bucket.take(rate)).count(), 5);
    }

    #[test]
    fn a_frame_has_a_name_and_at_most_one_payload() {
        let frame =
            |text| serde_json::from_str::<Frame>(text).map(|Frame(name, payload)| (name, payload)).ok();
        assert_eq!(frame(r#"["typing"]"#), Some(("typing".into(), Value::Null)));
        assert_eq!(frame(r#"["typing",{"a":1},2]"#), Some(("typing".into(), serde_json::json!({"a": 1}))));
        assert_eq!(frame("[]"), None);
        assert_eq!(frame("[1]"), None);
    }
}
