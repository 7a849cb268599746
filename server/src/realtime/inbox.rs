//! One queue per socket: its events take effect in the order in which it sent them.
//!
//! Socket.IO's handlers run as tasks of their own and overtake each other, so this one only queues, while the reader waits.
//! A worker exists while there is something to do. Sends are queued for the log at once and awaited together; any other
//! event waits for those before it.

use super::{
    Realtime,
    events::{Answer, Reply, Run},
    frame::{self, Frame},
    sockets::{Live, Peer},
};
use crate::{config::Rate, domain::Error, event_name::unveil, observe::Queue as Waits};
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesOrdered};
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
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// An inbox with more events or bytes than this belongs to a client that floods: it is cut.
const MOST_EVENTS: usize = 4096;
const MOST_BYTES: usize = 1024 * 1024;

/// In bytes: large answers beyond this are paced.
const MOST_OWED: f64 = 2.0 * 1024.0 * 1024.0;

/// In bytes per second: how fast what a socket was sent counts as read.
const PAID_PER_SECOND: f64 = 1024.0 * 1024.0;

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
    /// Whether it went before that.
    over: bool,
    working: bool,
    bucket: Bucket,
    /// Bytes of large answers that the socket was sent and may not have read yet.
    owed: f64,
    owed_at: Option<Instant>,
}

/// One event, as it came.
struct Incoming {
    text: String,
    reply: Reply,
    flooding: bool,
}

/// Takes every event of a socket, whatever its name. The socket holds it, so it must not hold the socket.
pub(super) struct Intake {
    realtime: Realtime,
    peer: Arc<Peer>,
}

impl Intake {
    /// For the socket of `peer`.
    pub(super) fn new(realtime: Realtime, peer: Arc<Peer>) -> Self {
        Self { realtime, peer }
    }
}

/// Distinguishes [`Intake`] from the handlers that are closures.
pub(super) enum Direct {}

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
        if queue.over {
            reply.drop_silently();
            return true;
        }
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

    /// Forgets what has come: the socket has gone before it could begin, and what waits would keep it.
    pub fn clear(&self, realtime: &Realtime) {
        let events = {
            let mut queue = self.lock();
            queue.over = true;
            std::mem::take(&mut queue.events)
        };
        realtime.domain.metrics.unqueued(Waits::Inbox, events.len());
        for mut incoming in events {
            incoming.reply.drop_silently();
        }
    }

    /// Notes a large answer. They go out at a bounded pace: a client that asks for many and reads none must not make the
    /// server hold them all until it is cut.
    pub fn owe(&self, bytes: usize) {
        let mut queue = self.lock();
        queue.pay();
        queue.owed += f64::from(u32::try_from(bytes).unwrap_or(u32::MAX));
    }

    /// How long the next event has to wait for that.
    fn pause(&self) -> Option<Duration> {
        let mut queue = self.lock();
        queue.pay();
        (queue.owed > MOST_OWED).then(|| Duration::from_secs_f64((queue.owed - MOST_OWED) / PAID_PER_SECOND))
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

impl Queue {
    fn pay(&mut self) {
        let now = Instant::now();
        let since = self.owed_at.replace(now).map_or(Duration::ZERO, |at| now.duration_since(at));
        self.owed = (self.owed - since.as_secs_f64() * PAID_PER_SECOND).max(0.0);
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
                // Many that are refused at once must not keep their answers, and other sockets, from this thread.
                Run::Done => tokio::task::coop::consume_budget().await,
                Run::Pipelined(rest) => pipelined.push_back(guarded(rest).boxed()),
                Run::Alone(rest) => {
                    while let Some(answer) = pipelined.next().await {
                        give(answer);
                    }
                    guarded(rest).await;
                    if let Some(pause) = inbox.pause() {
                        tokio::time::sleep(pause).await;
                    }
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
            Ok(Frame(name, payload)) => (unveil(&name).into_owned(), payload),
            Err(error) => {
                let why = format!("the event must be JSON, an array of its name and its argument: {error}");
                reply.fail(&Error::invalid("", &why));
                return Run::Done;
            }
        };
        let payload = match frame::argument(payload) {
            Ok(payload) => {
                reply.concerns(&name, &payload);
                payload
            }
            Err(why) => {
                reply.concerns(&name, &frame::what_to_name(payload));
                reply.fail(&Error::invalid("", &why));
                return Run::Done;
            }
        };
        if live.peer.is_over(self.domain.clock.now()) {
            reply.fail(&Error::Unauthenticated("This session has ended; sign in again"));
            self.end(live, "This session has ended; sign in again");
            return Run::Done;
        }
        if flooding {
            let retry_after = self.flood.map_or(Duration::ZERO, |rate| rate.per / rate.count.max(1));
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

/// A defect in one event must not end the worker; its reply answers when it is dropped, and says in the log what it was about.
async fn guarded<T>(run: BoxFuture<'static, T>) -> Option<T> {
    let outcome = AssertUnwindSafe(run).catch_unwind().await;
    if outcome.is_err() {
        tracing::error!("an event's handler panicked");
    }
    outcome.ok()
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

    #[tokio::test(start_paused = true)]
    async fn a_burst_of_four_times_the_rate_passes_then_the_rate() {
        let rate = Some(Rate { count: 50, per: Duration::from_secs(1) });
        let mut bucket = Bucket::default();
        assert!((0..200).all(|_| bucket.take(rate)));
        assert!(!bucket.take(rate));
        tokio::time::advance(Duration::from_millis(100)).await;
        assert_eq!((0..10).filter(|_| bucket.take(rate)).count(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn large_answers_make_the_next_event_wait_until_they_may_have_been_read() {
        let inbox = Inbox::default();
        inbox.owe(2 * 1024 * 1024);
        assert_eq!(inbox.pause(), None, "so much goes at once");
        inbox.owe(3 * 1024 * 1024);
        assert_eq!(inbox.pause(), Some(Duration::from_secs(3)));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(inbox.pause(), Some(Duration::from_secs(1)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(inbox.pause(), None);
    }
}
