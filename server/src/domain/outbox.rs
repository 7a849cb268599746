//! The way of messages into the log: one writer takes what waits, and stores it in one transaction.
//!
//! Everything that decides about a message happens inside that transaction: membership, a known client id, the limit, the
//! next `seq`. So commit order is `seq` order, a refused or repeated message moves nothing, and an answer means "on disk".

use super::{Domain, Error, messages::Draft, timeline, timeline::Readers};
use crate::observe::Queue;
use crate::store::{
    self, Asked, Standing,
    timeline::{EntryRow, Kind, NewEntry},
};
use chrono::{DateTime, Utc};
use parlor_protocol::ids::{MessageId, RoomId, UserId};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Duration, Instant},
};
use uuid::Uuid;

/// At most so many messages share a commit.
const BATCH: usize = 256;

/// What failed after so long was waited for, and not refused at once.
const HELD_UP: Duration = Duration::from_secs(5);

/// Above so many waiting messages the server is overloaded and says so.
const MOST_WAITING: usize = 8192;

/// What came of a message.
#[derive(Clone, Debug)]
pub struct Stored {
    /// It, as it stands in the log.
    pub row: EntryRow,
    /// Whether it had been there before.
    pub repeated: bool,
}

/// A message that was taken in.
#[derive(Debug)]
pub struct Taken {
    /// What comes of it.
    pub stored: oneshot::Receiver<Result<Stored, Error>>,
    /// To be kept until its sender has been told.
    pub owed: Owed,
}

/// As long as there is one, somebody waits for an answer, and a stop waits for them.
#[derive(Clone, Debug, Default)]
pub struct Owed(Arc<()>);

/// Messages that wait to be written.
#[derive(Debug)]
pub struct Outbox {
    queue: mpsc::Sender<Waiting>,
    /// Taken by [`run`].
    waiting: Mutex<Option<mpsc::Receiver<Waiting>>>,
    closed: AtomicBool,
    /// Shared by all that was pushed and is not yet answered.
    owed: Owed,
}

#[derive(Debug)]
struct Waiting {
    asked: Asked,
    sender: Sender,
}

/// Who waits for an answer, which is owed as long as this lives.
#[derive(Debug)]
struct Sender {
    since: Instant,
    done: oneshot::Sender<Result<Stored, Error>>,
    _owed: Owed,
}

impl Default for Outbox {
    fn default() -> Self {
        let (queue, waiting) = mpsc::channel(MOST_WAITING);
        Self {
            queue,
            waiting: Mutex::new(Some(waiting)),
            closed: AtomicBool::new(false),
            owed: Owed::default(),
        }
    }
}

impl Outbox {
    /// Queues a message without waiting.
    pub fn push(&self, user: UserId, draft: Draft) -> Result<Taken, Error> {
        if self.is_closed() {
            return Err(Error::Unavailable);
        }
        let (done, stored) = oneshot::channel();
        let asked = Asked {
            room: draft.room.0,
            user: user.0,
            id: MessageId::generate().0,
            client_message_id: draft
                .client_message_id
                .map(parlor_protocol::text::ClientMessageId::into_string),
            content: draft.content.into_string(),
        };
        let owed = self.owed.clone();
        let sender = Sender { since: Instant::now(), done, _owed: owed.clone() };
        self.queue.try_send(Waiting { asked, sender }).map_err(|_| Error::Unavailable)?;
        Ok(Taken { stored, owed })
    }

    /// Refuses new messages from now on; those that wait are still written.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Whether new messages are refused.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Whether the sender of every message that was pushed has been answered.
    pub fn is_empty(&self) -> bool {
        Arc::strong_count(&self.owed.0) == 1
    }

    fn take(&self) -> Option<mpsc::Receiver<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Writes messages until the process ends. To be run once.
pub async fn run(domain: Arc<Domain>) {
    let Some(mut queue) = domain.outbox.take() else { return };
    let mut batch = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        let began = Instant::now();
        let is_in_reach = write(&domain, std::mem::take(&mut batch)).await;
        if !is_in_reach && began.elapsed() >= HELD_UP {
            // Whoever is queued has waited for the database as long, and is told so rather than that they wait once more.
            let behind = std::iter::from_fn(|| queue.try_recv().ok()).map(|waiting| waiting.sender).collect();
            refuse(&domain, Error::Unavailable, behind);
        }
    }
}

/// Writes a batch. If that fails, a message or a room that may be at fault fails alone, and a deadlock is tried once more. Answers
/// whether the database is in reach: one that is not is not asked for the rest.
async fn write(domain: &Domain, batch: Vec<Waiting>) -> bool {
    domain.metrics.batch(batch.len());
    // The last one goes first, and each may be tried again once.
    let mut parts = vec![(batch, false)];
    while let Some((part, is_tried_again)) = parts.pop() {
        let began = Instant::now();
        let (asked, senders): (Vec<_>, Vec<_>) =
            part.into_iter().map(|Waiting { asked, sender }| (asked, sender)).unzip();
        let error = match store(domain, &asked).await {
            Ok(outcomes) => {
                answer(domain, outcomes, senders);
                continue;
            }
            Err(error) => error,
        };
        if matches!(error, store::Error::OutOfReach(_)) {
            let rest = parts.into_iter().rev().flat_map(|(part, _)| part).map(|waiting| waiting.sender);
            refuse(domain, error.into(), senders.into_iter().chain(rest).collect());
            return false;
        }
        let suspected = suspected(&error).filter(|by| asked.iter().any(|other| by(other) != by(&asked[0])));
        // A lock that somebody holds is waited for; a deadlock is found at once, and its other half is through by now.
        let is_deadlock = matches!(error, store::Error::Retry(_)) && began.elapsed() < HELD_UP;
        if suspected.is_none() && (is_tried_again || !is_deadlock) {
            refuse(domain, error.into(), senders);
            continue;
        }
        tracing::warn!(%error, messages = asked.len(), "a batch failed; writing it again, in parts if it has any");
        let part = asked.into_iter().zip(senders).map(|(asked, sender)| Waiting { asked, sender });
        if let Some(by) = suspected {
            parts.extend(split(part, by).into_iter().rev().map(|part| (part, false)));
        } else {
            parts.push((part.collect(), true));
        }
    }
    true
}

/// What may be at fault for a failure, if it is something in the batch: a message, or a room that another has locked.
fn suspected(error: &store::Error) -> Option<fn(&Asked) -> Uuid> {
    match error {
        store::Error::Retry(_) => Some(|asked| asked.room),
        error if error.is_unavailable() => None,
        _ => Some(|asked| asked.id),
    }
}

/// The parts that have this in common, in their order.
fn split(batch: impl Iterator<Item = Waiting>, by: fn(&Asked) -> Uuid) -> Vec<Vec<Waiting>> {
    let (mut parts, mut places) = (Vec::<Vec<_>>::new(), HashMap::new());
    for waiting in batch {
        let place = *places.entry(by(&waiting.asked)).or_insert(parts.len());
        if place == parts.len() {
            parts.push(Vec::new());
        }
        parts[place].push(waiting);
    }
    parts
}

/// Answers the first with the error, which logs it if it is one of ours, and the others that it can't be done now.
fn refuse(domain: &Domain, error: Error, senders: Vec<Sender>) {
    let first = std::iter::once(Err(error));
    let outcomes = first.chain(std::iter::repeat_with(|| Err(Error::Unavailable))).take(senders.len());
    answer(domain, outcomes.collect(), senders);
}

fn answer(domain: &Domain, outcomes: Vec<Result<Stored, Error>>, senders: Vec<Sender>) {
    let answered = senders.len();
    for (outcome, Sender { since, done, _owed }) in outcomes.into_iter().zip(senders) {
        if let Ok(Stored { row, repeated: false }) = &outcome {
            domain.limits.message.tell(&(RoomId(row.room_id), UserId(row.user_id)));
            match timeline::event(row.clone(), &Readers::default()) {
                Ok(event) => domain.bus.committed(RoomId(row.room_id), Arc::new(event)),
                Err(error) => tracing::error!(?error, "a stored message can't be told"),
            }
        }
        if matches!(outcome, Ok(Stored { repeated: false, .. })) {
            domain.metrics.sent(since.elapsed());
        }
        // Whoever asked may be gone; the message is stored all the same.
        done.send(outcome).ok();
    }
    domain.metrics.unqueued(Queue::Outbox, answered);
}

/// One transaction: looks where everyone stands, decides about each message in turn, stores what is accepted.
async fn store(domain: &Domain, asked: &[Asked]) -> store::Result<Vec<Result<Stored, Error>>> {
    let (batch, standings) = domain.store.begin_batch(asked).await?;
    let mut decisions = Decisions::new(domain);
    let outcomes: Vec<_> =
        asked.iter().zip(&standings).map(|(asked, standing)| decisions.decide(asked, standing)).collect();
    if decisions.accepted.is_empty() {
        return Ok(outcomes);
    }
    if let Err(error) = batch.commit(&decisions.accepted, decisions.now).await {
        decisions.give_back();
        return Err(error);
    }
    Ok(outcomes)
}

/// What has been decided so far in one batch.
struct Decisions<'d> {
    domain: &'d Domain,
    now: DateTime<Utc>,
    accepted: Vec<NewEntry>,
    /// The newest entry of each room, with those accepted here.
    heads: HashMap<Uuid, (i64, DateTime<Utc>)>,
    /// Accepted here under a client id.
    known: HashMap<(Uuid, Uuid, String), EntryRow>,
}

impl<'d> Decisions<'d> {
    fn new(domain: &'d Domain) -> Self {
        let now = domain.clock.now_utc();
        Self { domain, now, accepted: Vec::new(), heads: HashMap::new(), known: HashMap::new() }
    }

    fn decide(&mut self, asked: &Asked, standing: &Standing) -> Result<Stored, Error> {
        let key = asked.client_message_id.clone().map(|id| (asked.room, asked.user, id));
        let known = key.as_ref().and_then(|key| self.known.get(key)).or(standing.known.as_ref());
        if let Some(row) = known {
            if row.content.as_deref() != Some(asked.content.as_str()) {
                return Err(Error::Conflict(
                    "This clientMessageId was used for another message; use a new one",
                ));
            }
            return Ok(Stored { row: row.clone(), repeated: true });
        }
        let Some(username) = standing.username.clone().filter(|_| standing.member) else {
            return Err(super::policy::no_member(standing.visible));
        };
        let throttle = &self.domain.limits.message;
        throttle
            .take_here((RoomId(asked.room), UserId(asked.user)))
            .map_err(|retry_after| Error::TooOften { retry_after })?;
        let (seq, at) = self.heads.entry(asked.room).or_insert((standing.last_seq, standing.last_entry_at));
        *seq += 1;
        // A clock that was set back must not make the room's times go back.
        *at = self.now.max(*at);
        let row = EntryRow {
            room_id: asked.room,
            seq: *seq,
            kind: Kind::Message.number(),
            id: asked.id,
            user_id: asked.user,
            username,
            client_message_id: asked.client_message_id.clone(),
            content: Some(asked.content.clone()),
            created_at: *at,
        };
        self.accepted.push(NewEntry::from(&row));
        if let Some(key) = key {
            self.known.insert(key, row.clone());
        }
        Ok(Stored { row, repeated: false })
    }

    /// Nothing was stored, so nothing counts.
    fn give_back(&self) {
        for entry in &self.accepted {
            self.domain.limits.message.give_back(&(RoomId(entry.room_id), UserId(entry.user_id)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn what_may_be_at_fault_is_tried_by_itself_and_a_database_out_of_reach_is_not_asked_again() {
        let rooms = [Uuid::now_v7(), Uuid::now_v7()];
        let batch = [0, 1, 1, 0].map(|room| {
            let (id, user, content) = (Uuid::now_v7(), Uuid::now_v7(), "hello".to_owned());
            let asked = Asked { room: rooms[room], user, id, client_message_id: None, content };
            Waiting {
                asked,
                sender: Sender { since: Instant::now(), done: oneshot::channel().0, _owed: Owed::default() },
            }
        });
        let ids: Vec<_> = batch.iter().map(|waiting| waiting.asked.id).collect();
        let lost = || io::Error::from(io::ErrorKind::TimedOut).into();
        assert!(suspected(&store::Error::OutOfReach(lost())).is_none());
        assert!(suspected(&store::Error::Database(lost())).is_none());
        let parts = |parts: Vec<Vec<Waiting>>| -> Vec<Vec<Uuid>> {
            parts.iter().map(|part| part.iter().map(|waiting| waiting.asked.id).collect()).collect()
        };
        let by_room = split(batch.into_iter(), suspected(&store::Error::Retry(lost())).unwrap());
        let batch = by_room.into_iter().flatten();
        let singly = split(batch, suspected(&store::Error::Duplicate).unwrap());
        assert_eq!(parts(singly), [[ids[0]], [ids[3]], [ids[1]], [ids[2]]]);
    }

    #[test]
    fn what_a_full_outbox_refuses_is_not_waited_for() {
        let outbox = Outbox::default();
        let draft =
            || Draft { room: RoomId::generate(), content: "hello".parse().unwrap(), client_message_id: None };
        let user = UserId::generate();
        let waiting: Vec<_> = (0..MOST_WAITING + 10).map(|_| outbox.push(user, draft())).collect();
        let refused = waiting.iter().filter(|pushed| matches!(pushed, Err(Error::Unavailable))).count();
        assert_eq!(refused, 10);
        outbox.close();
        assert!(matches!(outbox.push(user, draft()), Err(Error::Unavailable)));
        let written = outbox.take();
        drop(written);
        assert!(!outbox.is_empty(), "written, and nobody has been told");
        drop(waiting);
        assert!(outbox.is_empty());
    }
}
