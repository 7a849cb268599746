//! The way of messages into the log: one writer takes what waits, and stores it in one transaction.
//!
//! Everything that decides about a message happens inside that transaction: membership, a known client id, the limit, the
//! next `seq`. So commit order is `seq` order, a refused or repeated message moves nothing, and an answer means "on disk".

mod aside;
mod decisions;
mod writing;

use super::{Domain, Error, messages::Draft};
use crate::store::{Asked, timeline::EntryRow};
use aside::Aside;
use parlor_protocol::ids::{MessageId, UserId};
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Duration, Instant, timeout_at},
};
use writing::{Attempt, refuse, write};

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
    let mut aside = Aside::default();
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        let taken = queue.recv_many(&mut batch, BATCH);
        let is_over = match aside.due() {
            None => taken.await == 0,
            // None for now: those that were set aside have their turn.
            Some(due) => timeout_at(due, taken).await == Ok(0),
        };
        if is_over {
            return;
        }
        let began = Instant::now();
        let mut is_in_reach = true;
        let batch = aside.keep(batch);
        if !batch.is_empty() {
            domain.metrics.batch(batch.len());
            is_in_reach = write(&domain, batch, Attempt::First, &mut aside).await;
        }
        if is_in_reach && aside.due().is_some_and(|due| due <= Instant::now()) {
            let again = aside.take();
            is_in_reach = write(&domain, again, Attempt::Again, &mut aside).await;
            aside.tried();
        }
        refuse(&domain, Error::Unavailable, aside.late());
        if !is_in_reach && began.elapsed() >= HELD_UP {
            // Whoever is queued has waited for the database as long, and is told so rather than that they wait once more.
            let queued = std::iter::from_fn(|| queue.try_recv().ok()).map(|waiting| waiting.sender);
            let behind = aside.give_up().into_iter().chain(queued).collect();
            refuse(&domain, Error::Unavailable, behind);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_protocol::ids::RoomId;

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
