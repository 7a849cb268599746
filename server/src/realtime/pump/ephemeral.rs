//! What a room is told and nobody keeps: who types, and who has read how far.

use super::subscribers::{Gone, Subscribers};
use parlor_protocol::{
    ids::UserId,
    receipts::{MessagesRead, Receipt},
    typing::{TypingNotice, UserTyping},
};
use std::{collections::HashMap, time::Duration};
use tokio::time::Instant;

/// Without a repeat one has ended typing after so long.
const SILENCE: Duration = Duration::from_secs(6);

/// One repeat passes in so long.
const REPEAT: Duration = Duration::from_secs(1);

/// One read cursor of a user is told in so long, and the last one always.
const RECEIPTS: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Ephemeral {
    typing: HashMap<UserId, Typing>,
    receipts: HashMap<UserId, Told>,
}

struct Typing {
    notice: TypingNotice,
    /// The socket that said so last.
    from: String,
    told: Instant,
    until: Instant,
}

struct Told {
    at: Instant,
    waiting: Option<(Receipt, bool)>,
}

impl Ephemeral {
    /// When [`flush`](Self::flush) has something to do.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let silences = self.typing.values().map(|typing| typing.until);
        silences.chain(self.receipts.values().map(|told| told.at + RECEIPTS)).min()
    }

    /// Ends what has gone silent and tells what has waited.
    pub(super) fn flush(&mut self, subscribers: &Subscribers) {
        let now = Instant::now();
        for (_, typing) in self.typing.extract_if(|_, typing| typing.until <= now) {
            tell_end(typing.notice, subscribers);
        }
        let due = self.receipts.extract_if(|_, told| told.at + RECEIPTS <= now);
        let waiting: Vec<_> = due.filter_map(|(_, told)| told.waiting).collect();
        for (receipt, to_room) in waiting {
            self.receipt(receipt, to_room, subscribers);
        }
    }

    pub(super) fn typing(&mut self, notice: TypingNotice, from: &str, subscribers: &Subscribers) {
        let now = Instant::now();
        if !notice.is_typing {
            if self.typing.remove(&notice.user_id).is_some() {
                subscribers.emit_except::<UserTyping>(from, &notice);
            }
            return;
        }
        let known = self.typing.get(&notice.user_id);
        let told = known.map(|typing| typing.told).filter(|told| now.duration_since(*told) < REPEAT);
        if told.is_none() {
            subscribers.emit_except::<UserTyping>(from, &notice);
        }
        let typing =
            Typing { from: from.to_owned(), told: told.unwrap_or(now), until: now + SILENCE, notice };
        self.typing.insert(typing.notice.user_id, typing);
    }

    /// A socket that listens no longer types no longer.
    pub(super) fn stop_typing(&mut self, gone: &Gone, subscribers: &Subscribers) {
        let (user, sid) = (gone.live.peer.user, gone.live.socket.id.to_string());
        if self.typing.get(&user).is_some_and(|typing| typing.from == sid)
            && let Some(typing) = self.typing.remove(&user)
        {
            tell_end(typing.notice, subscribers);
        }
    }

    /// A user who has left has nothing more to tell.
    pub(super) fn forget(&mut self, user: UserId) {
        self.typing.remove(&user);
        self.receipts.remove(&user);
    }

    pub(super) fn receipt(&mut self, receipt: Receipt, to_room: bool, subscribers: &Subscribers) {
        let now = Instant::now();
        if let Some(told) = self.receipts.get_mut(&receipt.user_id)
            && now.duration_since(told.at) < RECEIPTS
        {
            told.waiting = Some((receipt, to_room));
            return;
        }
        self.receipts.insert(receipt.user_id, Told { at: now, waiting: None });
        if to_room {
            subscribers.emit::<MessagesRead>(&receipt);
        } else {
            subscribers.emit_to_user::<MessagesRead>(receipt.user_id, &receipt);
        }
    }
}

fn tell_end(notice: TypingNotice, subscribers: &Subscribers) {
    let notice = TypingNotice { is_typing: false, ..notice };
    subscribers.emit_to_others::<UserTyping>(notice.user_id, &notice);
}
