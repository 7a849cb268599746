//! Messages that wait for rooms which another has locked for long, such as an operator who deletes one, or a node that was cut off in the
//! midst of a transaction. They are tried again now and then, without a wait for the lock, so that they hold up nobody else.

use super::{MOST_WAITING, Sender, Waiting};
use std::{
    collections::{BTreeMap, VecDeque, btree_map::Entry},
    mem,
};
use tokio::time::{Duration, Instant};
use uuid::Uuid;

/// Between two tries.
const AGAIN: Duration = Duration::from_millis(50);

/// As long as a request waits for a lock.
const PATIENCE: Duration = Duration::from_secs(10);

/// At most so many are tried at a time.
const TRIED: usize = 256;

/// The messages of each room that has some here, in their order: whatever else comes for the room waits behind them.
#[derive(Debug, Default)]
pub(super) struct Aside {
    rooms: BTreeMap<Uuid, VecDeque<Waiting>>,
    due: Option<Instant>,
    refused: Vec<Sender>,
}

impl Aside {
    /// When they are to be tried again; `None` without any.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due.filter(|_| !self.rooms.is_empty())
    }

    /// Keeps what is for rooms that have something here, and gives back the others.
    pub(super) fn keep(&mut self, batch: Vec<Waiting>) -> Vec<Waiting> {
        if self.rooms.is_empty() {
            return batch;
        }
        let mut count: usize = self.rooms.values().map(VecDeque::len).sum();
        let mut others = Vec::new();
        for waiting in batch {
            match self.rooms.get_mut(&waiting.asked.room) {
                None => others.push(waiting),
                Some(_) if count >= MOST_WAITING => self.refused.push(waiting.sender),
                Some(room) => {
                    room.push_back(waiting);
                    count += 1;
                }
            }
        }
        others
    }

    /// The first ones of each room, to be tried. What is not answered then has to be [`put`](Self::put) back before the end of the
    /// attempt is [noted](Self::tried).
    pub(super) fn take(&mut self) -> Vec<Waiting> {
        self.due = Some(Instant::now());
        let share = (TRIED / self.rooms.len().max(1)).max(1);
        let mut taken = Vec::new();
        for room in self.rooms.values_mut() {
            taken.extend(room.drain(..share.min(room.len())));
        }
        taken
    }

    /// Keeps these before all else that is here for their rooms.
    pub(super) fn put(&mut self, held: Vec<Waiting>) {
        if !held.is_empty() {
            self.due = Some(Instant::now() + AGAIN);
        }
        for waiting in held.into_iter().rev() {
            let room = match self.rooms.entry(waiting.asked.room) {
                Entry::Occupied(room) => room.into_mut(),
                Entry::Vacant(room) => {
                    tracing::warn!(room = %room.key(), "another has locked a room for long; what is sent to it waits");
                    room.insert(VecDeque::new())
                }
            };
            room.push_front(waiting);
        }
    }

    /// Notes that an attempt has ended: a room of which nothing is left is like any other.
    pub(super) fn tried(&mut self) {
        self.rooms.retain(|_, room| !room.is_empty());
    }

    /// Those who have waited for as long as one waits, or for whom there was no place.
    pub(super) fn late(&mut self) -> Vec<Sender> {
        let mut late = mem::take(&mut self.refused);
        for room in self.rooms.values_mut() {
            let count = room.partition_point(|waiting| waiting.sender.since.elapsed() >= PATIENCE);
            late.extend(room.drain(..count).map(|waiting| waiting.sender));
        }
        self.tried();
        late
    }

    /// All of them, who are not to be tried again.
    pub(super) fn give_up(&mut self) -> Vec<Sender> {
        let rooms = mem::take(&mut self.rooms).into_values();
        rooms.flatten().map(|waiting| waiting.sender).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::outbox::Owed, store::Asked};
    use tokio::{sync::oneshot, time::advance};

    fn waiting(room: u128, content: usize) -> Waiting {
        let (room, content) = (Uuid::from_u128(room), content.to_string());
        let asked = Asked { room, user: Uuid::nil(), id: Uuid::now_v7(), client_message_id: None, content };
        let sender = Sender { since: Instant::now(), done: oneshot::channel().0, _owed: Owed::default() };
        Waiting { asked, sender }
    }

    fn told(batch: &[Waiting]) -> Vec<(u128, &str)> {
        batch.iter().map(|waiting| (waiting.asked.room.as_u128(), waiting.asked.content.as_str())).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_set_aside_stays_in_order_until_it_is_written_or_late() {
        let mut aside = Aside::default();
        assert_eq!(told(&aside.keep(vec![waiting(1, 1)])), [(1, "1")], "nothing is held");
        assert!(aside.due().is_none());
        aside.put(vec![waiting(1, 1), waiting(2, 2), waiting(1, 3)]);
        let due = aside.due().unwrap();
        assert!(due > Instant::now());
        advance(PATIENCE / 2).await;
        assert_eq!(told(&aside.keep(vec![waiting(1, 4), waiting(3, 5), waiting(2, 6)])), [(3, "5")]);

        let mut tried = aside.take();
        assert_eq!(told(&tried), [(1, "1"), (1, "3"), (1, "4"), (2, "2"), (2, "6")]);
        // The second room is free again.
        tried.truncate(3);
        assert!(aside.keep(vec![waiting(2, 7)]).is_empty(), "it is being tried");
        aside.put(tried);
        aside.tried();
        assert_eq!(told(&aside.take()), [(1, "1"), (1, "3"), (1, "4"), (2, "7")]);
        aside.tried();
        assert!(aside.due().is_none());
        assert_eq!(aside.keep(vec![waiting(2, 8)]).len(), 1);

        aside.put(vec![waiting(1, 1)]);
        advance(PATIENCE / 2).await;
        aside.keep(vec![waiting(1, 2)]);
        assert_eq!(aside.late().len(), 0);
        advance(PATIENCE / 2).await;
        assert_eq!(aside.late().len(), 1);
        assert_eq!(aside.give_up().len(), 1);
        assert!(aside.due().is_none());
    }

    #[test]
    fn many_rooms_share_an_attempt_and_what_has_no_place_is_refused() {
        let mut aside = Aside::default();
        aside.put((0..2 * TRIED).map(|n| waiting(1, n)).chain([waiting(2, 0)]).collect());
        let tried = aside.take();
        assert_eq!((tried.len(), told(&tried).last()), (TRIED / 2 + 1, Some(&(2, "0"))));
        aside.put(tried);
        assert!(aside.keep((0..MOST_WAITING).map(|n| waiting(2, n)).collect()).is_empty());
        assert_eq!(aside.late().len(), 2 * TRIED + 1);
    }
}
