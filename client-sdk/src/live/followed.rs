//! A followed room's place in its timeline: what was told, and what is held back until what came before it is there.

use super::{Mark, backoff::Backoff, command::Follower};
use crate::{Client, Emitter, Error};
use parlor_protocol::{
    ErrorType,
    ids::{RoomId, UserId},
    page::Position,
    subscriptions::{JoinRoomEvent, JoinRoomPayload, Subscription},
    timeline::TimelineEvent,
};
use std::collections::{BTreeMap, HashMap, HashSet};
use tokio::{sync::oneshot, time::sleep};

/// Entries that are fetched at once, at most.
const PAGE: u32 = 500;

/// A room that is followed.
#[derive(Default)]
pub(super) struct Followed {
    /// Who follows it.
    pub(super) followers: HashSet<Follower>,
    /// Up to where its entries were told; `None` before the first subscription.
    pub(super) mark: Option<Mark>,
    /// Which subscription is under way or holds; an answer to an earlier one is out of date.
    pub(super) turn: u64,
    /// Live entries that came while those before them are being fetched; `None` when there is nothing to wait for.
    held_back: Option<BTreeMap<i64, TimelineEvent>>,
    /// How far each one has read, as far as it was told.
    read: HashMap<UserId, i64>,
    /// Who wants to know that it is subscribed to.
    pub(super) waiting: Vec<oneshot::Sender<Result<Mark, Error>>>,
}

/// What a room's next live entry means.
pub(super) enum Next {
    /// It is the next one.
    Tell(Box<TimelineEvent>),
    /// It was told before, or waits.
    Nothing,
    /// One before it is missing.
    Gap,
}

/// What was missed, as it was fetched.
pub(super) struct CaughtUp {
    subscription: Subscription,
    missed: Missed,
}

enum Missed {
    Entries(Vec<TimelineEvent>),
    TooMany,
}

/// What is told when a room has caught up.
pub(super) struct Told {
    /// From where to where nothing is told.
    pub(super) gap: Option<(Mark, Mark)>,
    /// In order.
    pub(super) entries: Vec<TimelineEvent>,
    /// One is missing after these.
    pub(super) is_broken: bool,
}

impl Followed {
    /// A new subscription begins: its live entries wait until it has caught up.
    pub(super) fn begin(&mut self, turn: u64) {
        self.turn = turn;
        self.held_back = Some(BTreeMap::new());
    }

    /// Somebody follows it, since a mark. Answers what of that was told before they did. A timeline that follows again knows what it
    /// has; a caller may begin anew.
    pub(super) fn follow_for(&mut self, by: Follower, since: Option<Mark>) -> Option<(Mark, Mark)> {
        let is_new = self.followers.insert(by) || by == Follower::Caller;
        let (from, to) = (since?, *self.mark.get_or_insert(since?));
        let is_behind = from.epoch != to.epoch || from.seq < to.seq;
        (is_new && is_behind).then_some((from, to))
    }

    /// Whether its live entries are told as they come.
    pub(super) fn is_live(&self) -> bool {
        self.mark.is_some() && self.held_back.is_none()
    }

    /// Takes a live entry.
    pub(super) fn take(&mut self, entry: TimelineEvent) -> Next {
        if let Some(held_back) = &mut self.held_back {
            held_back.insert(entry.seq, entry);
            return Next::Nothing;
        }
        let Some(mark) = &mut self.mark else { return Next::Nothing };
        if entry.seq <= mark.seq {
            return Next::Nothing;
        }
        if entry.seq > mark.seq + 1 {
            return Next::Gap;
        }
        mark.seq = entry.seq;
        Next::Tell(Box::new(entry))
    }

    /// Takes how far somebody has read; whether that is news. A node may know less than the one before it.
    pub(super) fn reads(&mut self, who: UserId, seq: i64) -> bool {
        let read = self.read.entry(who).or_insert(i64::MIN);
        let is_news = seq > *read;
        *read = seq.max(*read);
        is_news
    }

    /// Takes what was missed, and what was held back meanwhile.
    pub(super) fn caught_up(&mut self, CaughtUp { subscription, missed }: CaughtUp) -> Told {
        let now = Mark { epoch: subscription.epoch, seq: subscription.last_seq };
        if self.mark.is_some_and(|mark| mark.epoch != now.epoch) {
            // Another history, in which everybody begins anew.
            self.read.clear();
        }
        let (mut told, gap) = match (self.mark, missed) {
            (None, _) => (now, None),
            (Some(from), Missed::Entries(_)) if subscription.reset => (now, Some((from, now))),
            (Some(from), Missed::TooMany) => (now, Some((from, now))),
            (Some(from), Missed::Entries(entries)) => {
                let mut held_back = self.held_back.take().unwrap_or_default();
                held_back.extend(entries.into_iter().map(|entry| (entry.seq, entry)));
                self.held_back = Some(held_back);
                (from, None)
            }
        };
        let mut held_back = self.held_back.take().unwrap_or_default();
        let (mut entries, mut is_broken) = (Vec::new(), false);
        for (seq, entry) in held_back.split_off(&(told.seq + 1)) {
            is_broken = seq > told.seq + 1;
            if is_broken {
                break;
            }
            told.seq = seq;
            entries.push(entry);
        }
        self.mark = Some(told);
        Told { gap, entries, is_broken }
    }
}

/// Subscribes to a room, and fetches what was missed since `mark`, unless it is more than `longest_gap`.
pub(super) async fn catch_up(
    client: Client,
    emitter: Emitter,
    room_id: RoomId,
    mark: Option<Mark>,
    longest_gap: u64,
) -> Result<CaughtUp, Error> {
    let subscription = subscribe(&emitter, room_id, mark).await?;
    let after = mark.map_or(subscription.last_seq, |mark| mark.seq);
    let gap = u64::try_from(subscription.last_seq - after).unwrap_or(0);
    if !subscription.reset && gap > longest_gap {
        return Ok(CaughtUp { subscription, missed: Missed::TooMany });
    }
    let mut entries = subscription.events.clone();
    let mut reached = entries.last().map_or(after, |entry| entry.seq);
    while !subscription.reset && reached < subscription.last_seq {
        let page =
            patiently(|| client.entries_page(room_id, reached, PAGE, Some(subscription.epoch))).await?;
        let Some(last) = page.events.last() else {
            // The log has no gaps, so the room's history is another one than a moment ago: the next try is told so.
            return Err(Error::Unintelligible {
                what: "events",
                detail: format!("nothing after entry {reached} of {}", subscription.last_seq),
            });
        };
        reached = last.seq;
        entries.extend(page.events);
    }
    Ok(CaughtUp { subscription, missed: Missed::Entries(entries) })
}

async fn subscribe(emitter: &Emitter, room_id: RoomId, mark: Option<Mark>) -> Result<Subscription, Error> {
    let wanted = || JoinRoomPayload {
        room_id,
        after: mark.and_then(|mark| Position::new(mark.seq)),
        epoch: mark.map(|mark| mark.epoch),
    };
    patiently(|| emitter.emit::<JoinRoomEvent>(wanted())).await
}

/// Asks again and again while the server says that it is asked too often.
async fn patiently<T, F: Future<Output = Result<T, Error>>>(ask: impl Fn() -> F) -> Result<T, Error> {
    let mut backoff = Backoff::default();
    loop {
        match ask().await {
            Err(error) if error.kind() == Some(ErrorType::RateLimit) => {
                sleep(error.retry_after().unwrap_or_default().max(backoff.next())).await;
            }
            answer => return answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ROOM: &str = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90";

    fn mark(seq: i64) -> Mark {
        Mark { epoch: ROOM.parse().unwrap(), seq }
    }

    fn entry(seq: i64) -> TimelineEvent {
        let who = json!({ "seq": seq, "roomId": ROOM, "timestamp": "2025-08-21T10:16:10.123Z",
            "type": "member_joined", "userId": ROOM, "username": "ada" });
        serde_json::from_value(who).unwrap()
    }

    fn caught_up(last_seq: i64, entries: impl IntoIterator<Item = i64>) -> CaughtUp {
        let subscription = Subscription {
            room_id: ROOM.parse().unwrap(),
            epoch: ROOM.parse().unwrap(),
            last_seq,
            events: Vec::new(),
            complete: true,
            reset: false,
        };
        CaughtUp { subscription, missed: Missed::Entries(entries.into_iter().map(entry).collect()) }
    }

    fn seqs(told: &Told) -> Vec<i64> {
        told.entries.iter().map(|entry| entry.seq).collect()
    }

    /// What a live entry means: its number, or a word.
    fn taken(room: &mut Followed, seq: i64) -> Result<i64, &'static str> {
        match room.take(entry(seq)) {
            Next::Tell(entry) => Ok(entry.seq),
            Next::Nothing => Err("nothing"),
            Next::Gap => Err("gap"),
        }
    }

    #[test]
    fn live_entries_wait_for_those_before_them_and_none_is_told_twice() {
        let mut room = Followed { mark: Some(mark(3)), ..Followed::default() };
        room.begin(1);
        assert!(!room.is_live());
        for live in [7, 8, 9] {
            assert_eq!(taken(&mut room, live), Err("nothing"));
        }
        // The last page reached further than the subscription.
        let told = room.caught_up(caught_up(6, [4, 5, 6, 7, 8]));
        assert_eq!(seqs(&told), [4, 5, 6, 7, 8, 9]);
        assert!(told.gap.is_none() && !told.is_broken && room.is_live());
        for (seq, means) in
            [(9, Err("nothing")), (8, Err("nothing")), (10, Ok(10)), (10, Err("nothing")), (12, Err("gap"))]
        {
            assert_eq!(taken(&mut room, seq), means);
        }
        assert_eq!(room.mark, Some(mark(10)));
    }

    #[test]
    fn an_entry_that_is_missing_among_those_held_back_stops_before_it() {
        let mut room = Followed { mark: Some(mark(3)), ..Followed::default() };
        room.begin(1);
        assert_eq!(taken(&mut room, 6), Err("nothing"));
        let told = room.caught_up(caught_up(4, [4]));
        assert_eq!((seqs(&told), told.is_broken), (vec![4], true));
        assert_eq!(room.mark, Some(mark(4)), "the next try goes on from there");
    }

    #[test]
    fn without_a_mark_it_begins_where_the_server_is() {
        let mut room = Followed::default();
        room.begin(1);
        assert_eq!(taken(&mut room, 6), Err("nothing"));
        let told = room.caught_up(caught_up(5, []));
        assert_eq!((seqs(&told), told.gap.is_none()), (vec![6], true));
    }
}
