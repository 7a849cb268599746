//! Messages on their way: one queue a room, each message once, across lost connections and, with a store, across restarts.

mod kept;
mod shown;

pub use kept::{FileOutbox, OutboxStore, Waiting};
pub(crate) use shown::Change;

use super::{ConnectionState, Event, Queued, backoff::Backoff};
use crate::{DisconnectReason, Emitter, Error};
use parlor_protocol::{
    ids::{RoomId, UserId},
    messages::{Message, SendMessageEvent, SendMessagePayload},
    text::{ClientMessageId, MessageContent},
};
use std::{
    any::Any,
    collections::{HashMap, HashSet, VecDeque},
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    sync::{Notify, broadcast, mpsc, oneshot, watch},
    task::spawn_blocking,
    time::sleep,
};

/// The connection of the moment, and its number.
pub(super) type Line = Option<(u64, Emitter)>;

/// A message that was queued.
///
/// ```
/// # parlor_tests::docs::with_room(async |room| {
/// // Queued in order; then waited for.
/// let (first, second) = (room.send("Ready?").queue().await?, room.send("Go!").queue().await?);
/// let (first, second) = (first.sent().await?, second.sent().await?);
/// assert_eq!(second.seq, first.seq + 1);
/// # Ok(()) });
/// ```
#[derive(Debug)]
pub struct Pending {
    message: Queued,
    outcome: oneshot::Receiver<Result<Message, Error>>,
}

impl Pending {
    /// What was queued.
    ///
    /// ```
    /// # parlor_tests::docs::with_room(async |room| {
    /// let pending = room.send("Hello!").queue().await?;
    /// assert_eq!(pending.message().content, "Hello!");
    /// # Ok(()) });
    /// ```
    pub fn message(&self) -> &Queued {
        &self.message
    }

    /// Waits until the server has stored it, or refused it for good. Giving up the wait doesn't take it back.
    ///
    /// A refusal is that of the last try. One before it, whose connection was lost, may still be under way at the server, and be stored
    /// later: its entry then comes like any other.
    ///
    /// ```
    /// # parlor_tests::docs::with_room(async |room| {
    /// let pending = room.send("Hello!").queue().await?;
    /// println!("on its way: {}", pending.message().content);
    /// println!("stored as {}", pending.sent().await?.seq);
    /// # Ok(()) });
    /// ```
    pub async fn sent(self) -> Result<Message, Error> {
        self.outcome.await.unwrap_or(Err(Error::Disconnected(DisconnectReason::ByClient)))
    }
}

pub(super) struct Outbox {
    user_id: UserId,
    queues: Mutex<Queues>,
    line: watch::Receiver<Line>,
    connection: watch::Receiver<ConnectionState>,
    events: broadcast::Sender<Event>,
    kept: Option<Arc<dyn OutboxStore>>,
    /// Nobody else has what is kept.
    _lock: Box<dyn Any + Send + Sync>,
    /// Held while what is kept is written: the newest state is written last.
    writing: tokio::sync::Mutex<()>,
    /// How many wait.
    waiting: watch::Sender<usize>,
}

#[derive(Default)]
struct Queues {
    rooms: HashMap<RoomId, VecDeque<Waiter>>,
    /// The rooms of which something is being sent. Each has one worker, so that nothing overtakes.
    working: HashSet<RoomId>,
    /// What is too old to be sent by itself, oldest first in each room.
    held: Vec<Queued>,
    /// What was refused while somebody showed the room.
    refused: HashMap<RoomId, Vec<(Queued, Error)>>,
    /// Who shows which room.
    watchers: HashMap<RoomId, Vec<mpsc::UnboundedSender<Change>>>,
    /// Why nothing is sent any more.
    over: Option<Error>,
}

struct Waiter {
    message: Queued,
    under_way: bool,
    taken_back: Arc<Notify>,
    outcome: Option<oneshot::Sender<Result<Message, Error>>>,
}

impl Queues {
    fn front(&mut self, room_id: RoomId, id: &ClientMessageId) -> Option<&mut Waiter> {
        let front = self.rooms.get_mut(&room_id)?.front_mut()?;
        (front.message.client_message_id == *id).then_some(front)
    }
}

impl Outbox {
    /// With what is kept from before; what is stale of it is held.
    pub(super) async fn open(
        user_id: UserId,
        line: watch::Receiver<Line>,
        connection: watch::Receiver<ConnectionState>,
        events: broadcast::Sender<Event>,
        kept: Option<Arc<dyn OutboxStore>>,
        is_stale: impl Fn(&Queued) -> bool,
    ) -> Result<Arc<Self>, Error> {
        let (lock, before) = match kept.clone() {
            None => (Box::new(()) as Box<dyn Any + Send + Sync>, Waiting::default()),
            Some(kept) => blocking("reading", move || Ok((kept.lock()?, kept.load()?))).await?,
        };
        if !before.messages.is_empty() && before.user_id != Some(user_id) {
            return Err(Error::Store(
                "the outbox holds messages of another account: give each account an outbox of its own"
                    .to_owned(),
            ));
        }
        let (held, fresh): (Vec<_>, Vec<_>) = before.messages.into_iter().partition(is_stale);
        let queues = Mutex::new(Queues { held, ..Queues::default() });
        let writing = tokio::sync::Mutex::default();
        let waiting = watch::Sender::new(0);
        let outbox = Self { user_id, queues, line, connection, events, kept, _lock: lock, writing, waiting };
        let outbox = Arc::new(outbox);
        for message in fresh {
            outbox.add(&mut outbox.queues(), message, None);
        }
        Ok(outbox)
    }

    /// Queues a message; when this answers, it is kept.
    pub(super) async fn queue(self: &Arc<Self>, message: Queued) -> Result<Pending, Error> {
        let (outcome, receiver) = oneshot::channel();
        self.add(&mut self.queues(), message.clone(), Some(outcome));
        self.keep().await?;
        Ok(Pending { message, outcome: receiver })
    }

    /// What waits, oldest first in each room.
    pub(super) fn list(&self) -> Vec<Queued> {
        let queues = self.queues();
        let queued = queues.rooms.values().flatten().map(|waiter| &waiter.message);
        queues.held.iter().chain(queued).cloned().collect()
    }

    /// What is held of it.
    pub(super) fn held(&self) -> Vec<Queued> {
        self.queues().held.clone()
    }

    /// Answers when nothing waits any more.
    pub(super) async fn empty(&self) {
        // The sender is ours, so this can't fail.
        self.waiting.subscribe().wait_for(|waiting| *waiting == 0).await.ok();
    }

    fn add(
        self: &Arc<Self>,
        queues: &mut Queues,
        message: Queued,
        outcome: Option<oneshot::Sender<Result<Message, Error>>>,
    ) {
        let room_id = message.room_id;
        let event = Event::Queued(Box::new(message.clone()));
        // Sent once more by hand.
        queues.take_aside(room_id, &message.client_message_id);
        queues.tell(room_id, &Change::Queued(message.clone()));
        let over = queues.over.clone();
        let queue = queues.rooms.entry(room_id).or_default();
        queue.push_back(Waiter { message, under_way: false, taken_back: Arc::default(), outcome });
        self.waiting.send_modify(|waiting| *waiting += 1);
        // Whoever hears of it finds it in the list.
        self.events.send(event).ok();
        if let Some(error) = over {
            give_up(queue, &error);
        } else if queues.working.insert(room_id) {
            tokio::spawn(self.clone().work(room_id));
        }
    }

    /// Sends what waits in one room, one after the other, until nothing does or the connection is over.
    async fn work(self: Arc<Self>, room_id: RoomId) {
        while let Some((message, taken_back)) = self.front(room_id) {
            let sent = tokio::select! {
                sent = self.deliver(&message) => sent,
                () = taken_back.notified() => continue,
            };
            if let Err(error @ (Error::SignedOut | Error::Disconnected(_))) = sent {
                // What waits stays queued, and kept, for the next run.
                let mut queues = self.queues();
                queues.rooms.values_mut().for_each(|queue| give_up(queue, &error));
                queues.over = Some(error);
                return;
            }
            self.done(&message, sent);
            if let Err(error) = self.keep().await {
                tracing::error!(%error, "a sent message may be sent again by the next run; the server will know it");
            }
        }
    }

    fn front(&self, room_id: RoomId) -> Option<(Queued, Arc<Notify>)> {
        let mut queues = self.queues();
        let front = queues.rooms.get(&room_id).and_then(VecDeque::front);
        let front = front.map(|waiter| (waiter.message.clone(), waiter.taken_back.clone()));
        if front.is_none() {
            queues.rooms.remove(&room_id);
            queues.working.remove(&room_id);
        }
        front
    }

    fn done(&self, message: &Queued, sent: Result<Message, Error>) {
        let mut queues = self.queues();
        // It may have been taken back a moment ago.
        if queues.front(message.room_id, &message.client_message_id).is_none() {
            return;
        }
        let waiter = queues.rooms.get_mut(&message.room_id).and_then(VecDeque::pop_front);
        let Some(waiter) = waiter else { return };
        self.waiting.send_modify(|waiting| *waiting -= 1);
        let (change, event) = match &sent {
            Ok(message) => {
                (Change::Stored(Box::new(message.clone())), Event::Sent(Box::new(message.clone())))
            }
            Err(error) => {
                let refused = (waiter.message.clone(), error.clone());
                if queues.is_shown(message.room_id) {
                    queues.refused.entry(message.room_id).or_default().push(refused.clone());
                }
                let event = Event::SendFailed { message: Box::new(waiter.message), error: error.clone() };
                (Change::Refused(refused.0, refused.1), event)
            }
        };
        queues.tell(message.room_id, &change);
        drop(queues);
        // Nobody may listen, or wait.
        self.events.send(event).ok();
        if let Some(outcome) = waiter.outcome {
            outcome.send(sent).ok();
        }
    }

    fn is_under_way(&self, message: &Queued, is: bool) {
        let mut queues = self.queues();
        let id = &message.client_message_id;
        let Some(front) = queues.front(message.room_id, id) else { return };
        if std::mem::replace(&mut front.under_way, is) != is {
            queues.tell(message.room_id, &Change::UnderWay(id.clone(), is));
        }
    }

    /// Emits a message over one connection after the other until the server has said yes or no.
    async fn deliver(&self, message: &Queued) -> Result<Message, Error> {
        let content = message.content.parse::<MessageContent>();
        let content = content.map_err(|refusal| Error::Input(format!("the message {refusal}")))?;
        let client_message_id: ClientMessageId = message.client_message_id.clone();
        let payload = SendMessagePayload {
            room_id: message.room_id,
            content,
            client_message_id: Some(client_message_id),
        };
        let (mut line, mut failed, mut backoff) = (self.line.clone(), 0, Backoff::default());
        loop {
            let emitter = {
                let current = line.wait_for(|line| line.as_ref().is_some_and(|(number, _)| *number > failed));
                let current = current.await.map_err(|_| self.connection.borrow().end())?;
                let Some((number, emitter)) = &*current else { continue };
                failed = *number;
                emitter.clone()
            };
            self.is_under_way(message, true);
            loop {
                match emitter.emit::<SendMessageEvent>(payload.clone()).await {
                    // Its token has ended, and nothing was stored. Another connection gets the next token; whether the server ends
                    // this one by itself is not waited for.
                    Err(error) if error.status() == Some(401) => {
                        break emitter.end(DisconnectReason::ByServer);
                    }
                    Err(error) if error.is_answer() && error.is_retryable() => {
                        sleep(error.retry_after().unwrap_or_default().max(backoff.next())).await;
                    }
                    // The same message, with the same id, over the next connection.
                    Err(error) if error.is_retryable() || matches!(error, Error::Disconnected(_)) => break,
                    outcome => return outcome,
                }
            }
            self.is_under_way(message, false);
        }
    }

    /// Writes down what waits.
    pub(super) async fn keep(&self) -> Result<(), Error> {
        let Some(kept) = self.kept.clone() else { return Ok(()) };
        let _turn = self.writing.lock().await;
        let waiting = Waiting { user_id: Some(self.user_id), messages: self.list() };
        blocking("writing", move || kept.save(&waiting)).await
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn give_up(queue: &mut VecDeque<Waiter>, why: &Error) {
    for outcome in queue.iter_mut().filter_map(|waiter| waiter.outcome.take()) {
        // Nobody may wait.
        outcome.send(Err(why.clone())).ok();
    }
}

async fn blocking<T: Send + 'static>(
    doing: &'static str,
    run: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    let answer = spawn_blocking(run).await.unwrap_or_else(|panicked| Err(io::Error::other(panicked)));
    answer.map_err(|cause| Error::store(doing, &cause))
}
