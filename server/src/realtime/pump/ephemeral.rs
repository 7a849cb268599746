//! What a room is told and nobody keeps: who types, and who has read how far.

use super::{
    subscribers::{Gone, Subscribers},
    withheld::Withheld,
};
use crate::bus::RoomSignal;
use parlor_protocol::{
    ids::UserId,
    receipts::{MessageStatusUpdated, MessagesRead, Receipt},
    typing::{TypingNotice, UserTyping},
};
use std::{collections::HashMap, time::Duration};
use tokio::time::Instant;

/// Without a repeat one has ended typing after so long.
const SILENCE: Duration = Duration::from_secs(6);

/// One beginning or repeat passes in so long, and its end.
const REPEAT: Duration = Duration::from_secs(1);

/// One read cursor of a user is told in so long, and the last one always.
const RECEIPTS: Duration = Duration::from_secs(1);

/// What was said before a leave is behind it in the queue by far less than this.
const LATE: Duration = Duration::from_mins(1);

/// While it is not known who may be told, that is asked again after so long.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

#[derive(Default)]
pub(super) struct Ephemeral {
    withheld: Withheld,
    typing: HashMap<UserId, Typing>,
    receipts: HashMap<UserId, Told>,
    /// How far each one has read, as far as it was said: of two nodes the one that heard of it first may be heard last.
    read: HashMap<UserId, i64>,
    /// Who has left a moment ago: what they said before, and was queued behind their leave, is not told any more.
    left: HashMap<UserId, Instant>,
}

/// One user, typing at one socket or several, or a moment ago.
struct Typing {
    notice: TypingNotice,
    /// The sockets at which they type, and until when without a repeat.
    sources: HashMap<String, Instant>,
    /// When the others were last told that they type.
    told: Instant,
    /// Whether the others believe that they type.
    believed: bool,
}

impl Typing {
    /// Whether the others still have to be told that it has ended.
    fn has_ended_untold(&self) -> bool {
        self.believed && self.sources.is_empty()
    }

    fn end(&self, subscribers: &Subscribers) -> TypingNotice {
        TypingNotice { is_typing: false, timestamp: subscribers.now(), ..self.notice.clone() }
    }
}

struct Told {
    at: Instant,
    waiting: Option<(Receipt, bool)>,
}

impl Ephemeral {
    /// Tells what a signal says in its turn, once the subscribers are current.
    pub(super) fn take(&mut self, signal: RoomSignal, subscribers: &Subscribers) {
        if self.withheld.is_empty() && subscribers.are_current() {
            self.hear(signal, subscribers);
        } else {
            self.withheld.push(signal);
        }
    }

    fn hear(&mut self, signal: RoomSignal, subscribers: &Subscribers) {
        match signal {
            RoomSignal::Typing { notice, from, listening } if !listening || subscribers.holds(&from) => {
                self.typing(notice, &from, subscribers);
            }
            RoomSignal::Receipt { receipt, to_room } => self.receipt(receipt, to_room, subscribers),
            RoomSignal::StatusUpdate(update) => subscribers.emit::<MessageStatusUpdated>(&update),
            _ => {}
        }
    }

    /// When [`flush`](Self::flush) may have something to do.
    pub(super) fn next_due(&self, subscribers: &Subscribers) -> Option<Instant> {
        let due = if self.withheld.is_empty() { self.next_end() } else { Some(Instant::now()) };
        due.map(|due| if subscribers.are_current() { due } else { due.max(Instant::now() + LOOK_AGAIN) })
    }

    /// Tells what was withheld, ends what has gone silent and tells what has waited, unless the subscribers are not current.
    pub(super) fn flush(&mut self, subscribers: &Subscribers) {
        while subscribers.are_current()
            && let Some(signal) = self.withheld.pop()
        {
            self.hear(signal, subscribers);
        }
        if subscribers.are_current() {
            self.end(subscribers);
        }
    }

    /// When [`end`](Self::end) has something to do.
    fn next_end(&self) -> Option<Instant> {
        let silences = self.typing.values().flat_map(|typing| typing.sources.values().copied());
        let ends = self.typing.values().filter(|typing| typing.has_ended_untold());
        let silences = silences.chain(ends.map(|_| Instant::now()));
        let withheld = self.typing.values().filter(|typing| !typing.believed);
        let silences = silences.chain(withheld.map(|typing| typing.told + REPEAT));
        silences.chain(self.receipts.values().map(|told| told.at + RECEIPTS)).min()
    }

    fn end(&mut self, subscribers: &Subscribers) {
        let now = Instant::now();
        for typing in self.typing.values_mut().filter(|typing| typing.has_ended_untold()) {
            typing.believed = false;
            subscribers.emit_except::<UserTyping>("", &typing.end(subscribers));
        }
        let silent = |typing: &Typing| {
            typing.sources.iter().filter(|(_, until)| **until <= now).map(|(from, _)| from.clone()).collect()
        };
        let ended: Vec<(UserId, Vec<String>)> =
            self.typing.iter().map(|(user, typing)| (*user, silent(typing))).collect();
        for (user, sources) in ended {
            for from in sources {
                self.end_typing(user, &from, subscribers);
            }
        }
        self.typing.retain(|_, typing| {
            let is_due = !typing.believed && typing.told + REPEAT <= now;
            if is_due && let Some(from) = typing.sources.keys().next() {
                (typing.told, typing.believed) = (now, true);
                subscribers.emit_except::<UserTyping>(from, &typing.notice);
            }
            typing.believed || !is_due
        });
        let due = self.receipts.extract_if(|_, told| told.at + RECEIPTS <= now);
        let waiting: Vec<_> = due.filter_map(|(_, told)| told.waiting).collect();
        for (receipt, to_room) in waiting {
            self.tell(receipt, to_room, subscribers);
        }
    }

    fn typing(&mut self, notice: TypingNotice, from: &str, subscribers: &Subscribers) {
        let (user, now) = (notice.user_id, Instant::now());
        if !notice.is_typing {
            return self.end_typing(user, from, subscribers);
        }
        if self.left.contains_key(&user) {
            return;
        }
        let known = self.typing.get(&user).is_some_and(|typing| now.duration_since(typing.told) < REPEAT);
        let typing = self.typing.entry(user).or_insert_with(|| Typing {
            notice: notice.clone(),
            sources: HashMap::new(),
            told: now,
            believed: false,
        });
        typing.sources.insert(from.to_owned(), now + SILENCE);
        if !known {
            (typing.told, typing.believed) = (now, true);
            subscribers.emit_except::<UserTyping>(from, &notice);
        }
        typing.notice = notice;
    }

    /// One ends typing when one does at the last socket; whoever may have been told of the beginning is told of the end. It
    /// stays known for a while that the beginning was told, so that who begins and ends all the time is not told all the time.
    fn end_typing(&mut self, user: UserId, from: &str, subscribers: &Subscribers) {
        let Some(typing) = self.typing.get_mut(&user) else { return };
        typing.sources.remove(from);
        if typing.has_ended_untold() && subscribers.are_current() {
            typing.believed = false;
            subscribers.emit_except::<UserTyping>(from, &typing.end(subscribers));
        }
    }

    /// A socket that listens no longer types no longer.
    pub(super) fn stop_typing(&mut self, gone: &Gone, subscribers: &Subscribers) {
        self.end_typing(gone.live.peer.user, gone.live.socket.id.as_str(), subscribers);
    }

    /// A user who has left has nothing more to tell, but that they type no longer.
    pub(super) fn forget(&mut self, user: UserId, subscribers: &Subscribers) {
        if let Some(typing) = self.typing.get_mut(&user) {
            typing.sources.clear();
            if !typing.believed {
                self.typing.remove(&user);
            } else if subscribers.are_current() {
                subscribers.emit_to_others::<UserTyping>(user, &typing.end(subscribers));
                self.typing.remove(&user);
            }
        }
        self.receipts.remove(&user);
        self.read.remove(&user);
        let now = Instant::now();
        self.left.retain(|_, at| now.duration_since(*at) < LATE);
        self.left.insert(user, now);
    }

    /// A user who has come is heard again.
    pub(super) fn welcome(&mut self, user: UserId) {
        self.left.remove(&user);
    }

    fn receipt(&mut self, receipt: Receipt, to_room: bool, subscribers: &Subscribers) {
        if self.left.contains_key(&receipt.user_id) || !self.rises(receipt.user_id, receipt.last_read_seq) {
            return;
        }
        if let Some(told) = self.receipts.get_mut(&receipt.user_id)
            && told.at.elapsed() < RECEIPTS
        {
            told.waiting = Some((receipt, to_room));
            return;
        }
        self.tell(receipt, to_room, subscribers);
    }

    /// Whether one has read further than was said so far.
    fn rises(&mut self, user: UserId, seq: i64) -> bool {
        let read = self.read.entry(user).or_insert(i64::MIN);
        let rises = seq > *read;
        *read = seq.max(*read);
        rises
    }

    fn tell(&mut self, receipt: Receipt, to_room: bool, subscribers: &Subscribers) {
        self.receipts.insert(receipt.user_id, Told { at: Instant::now(), waiting: None });
        if to_room {
            subscribers.emit::<MessagesRead>(&receipt);
        } else {
            subscribers.emit_to_user::<MessagesRead>(receipt.user_id, &receipt);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_two_nodes_say_of_a_cursor_the_lower_is_old_news() {
        let (mut ephemeral, ada, bob) = (Ephemeral::default(), UserId::generate(), UserId::generate());
        let said = [(ada, 3), (ada, 5), (ada, 4), (ada, 5), (bob, 4), (ada, 6)];
        assert_eq!(
            said.map(|(user, seq)| ephemeral.rises(user, seq)),
            [true, true, false, false, true, true]
        );
    }
}
