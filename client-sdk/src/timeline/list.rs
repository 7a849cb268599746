//! The list itself: which entries are in it, which are missing, and the messages that are still on their way.

#[cfg(test)]
mod cases;
#[cfg(test)]
mod model;

use super::{
    Item, Key, Kind, Sending,
    local::{find_local, is_failed, is_local, local, remove_local},
    readers::Readers,
};
use crate::live::{Change, Mark, Queued};
use eyeball_im::{ObservableVector, ObservableVectorTransaction, Vector, VectorSubscriber};
use parlor_protocol::{
    ids::{Epoch, UserId},
    text::ClientMessageId,
    timeline::{Happening, TimelineEvent},
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Entries that are shown of a room at once, and loaded at once.
pub(super) const PAGE: i64 = 50;

/// A gap with no more entries than this is closed at once.
pub(super) const SHORT: i64 = 500;

/// How many changes a subscriber may leave untaken before it gets the whole list instead.
const CHANGES: usize = 128;

/// Entries that are to be loaded: those after `after`, up to and with `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) epoch: Epoch,
    pub(super) after: i64,
    pub(super) to: i64,
    /// It is loaded to see who has read what.
    settles_doubt: bool,
}

pub(super) struct List {
    items: ObservableVector<Item>,
    known: Known,
}

/// What is known of the room beside the items themselves.
struct Known {
    me: UserId,
    /// The history that the numbers count in; `None` until the room is followed.
    epoch: Option<Epoch>,
    /// Entries up to here are not loaded.
    bottom: i64,
    /// The newest entry that is known of.
    top: i64,
    /// Between these two, none of both, entries are missing.
    gaps: BTreeMap<i64, i64>,
    readers: Readers,
    /// Who has read what may have changed unseen.
    is_doubtful: bool,
    /// One's own messages that are entries of the list.
    mine: HashSet<ClientMessageId>,
    /// One's own messages that are stored, but whose place is not reached yet.
    stored: HashMap<ClientMessageId, i64>,
}

pub(super) type Changes<'a> = ObservableVectorTransaction<'a, Item>;

impl List {
    pub(super) fn new(me: UserId) -> Self {
        let known = Known {
            me,
            epoch: None,
            bottom: 0,
            top: 0,
            gaps: BTreeMap::new(),
            readers: Readers::default(),
            is_doubtful: false,
            mine: HashSet::new(),
            stored: HashMap::new(),
        };
        Self { items: ObservableVector::with_capacity(CHANGES), known }
    }

    pub(super) fn subscribe(&self) -> VectorSubscriber<Item> {
        self.items.subscribe()
    }

    /// Whose own messages are told apart.
    pub(super) fn me(&self) -> UserId {
        self.known.me
    }

    /// Whether it is known where the room is.
    pub(super) fn is_followed(&self) -> bool {
        self.known.epoch.is_some()
    }

    /// The newest entry, unless one has read it.
    pub(super) fn unread(&self) -> Option<i64> {
        let Known { me, top, readers, .. } = &self.known;
        (readers.read_by(*me) < *top).then_some(*top)
    }

    /// The page before what is loaded; `None` when the room's beginning is there.
    pub(super) fn older(&self) -> Option<Range> {
        let bottom = self.known.bottom;
        (bottom > 0).then(|| self.range((bottom - PAGE).max(0), bottom)).flatten()
    }

    /// What to load of a gap: all of a short one, or its newest page.
    pub(super) fn of_gap(&self, after: i64) -> Option<Range> {
        let to = self.known.gaps.get(&after)? - 1;
        self.range(if to - after > SHORT { to - PAGE } else { after }, to)
    }

    /// What is to be loaded without being asked for: a page, the newest, and short gaps; and how far the newest were read.
    pub(super) fn wanted(&self) -> Option<Range> {
        let Known { bottom, top, gaps, is_doubtful, .. } = &self.known;
        if *bottom > 0 && top - bottom < PAGE {
            return self.older();
        }
        let is_new_or_short =
            |(after, before): &(&i64, &i64)| **before > top - PAGE + 1 || *before - *after <= SHORT;
        if let Some((after, _)) = gaps.iter().rev().find(is_new_or_short) {
            return self.of_gap(*after);
        }
        let oldest = is_doubtful.then(|| self.oldest_unread()).flatten()?;
        let range = self.range((oldest - 1).max(top - SHORT), *top)?;
        Some(Range { settles_doubt: true, ..range })
    }

    fn range(&self, after: i64, to: i64) -> Option<Range> {
        Some(Range { epoch: self.known.epoch?, after, to, settles_doubt: false })
    }

    fn oldest_unread(&self) -> Option<i64> {
        self.items.iter().find_map(|item| match &item.kind {
            Kind::Message { message, read_by: 0 } => Some(message.seq),
            _ => None,
        })
    }

    /// Something may have been read without this list's knowledge.
    pub(super) fn doubts(&mut self) {
        self.known.is_doubtful = true;
    }

    /// The room is followed from here on.
    pub(super) fn goes_on_at(&mut self, mark: Mark) {
        if self.known.epoch != Some(mark.epoch) {
            self.begins_at(mark);
        } else if mark.seq > self.known.top {
            self.change(|known, items| known.cover(items, mark.seq, mark.seq));
        }
    }

    /// Entries between the marks were not told, or the history is another one. Word of it may come late, when the list has gone on;
    /// or for somebody else, who comes from an older history than the list's.
    pub(super) fn skips_to(&mut self, from: Mark, to: Mark) {
        // Beyond it, the newest may be a late entry of the old history.
        let is_there = self.known.epoch == Some(to.epoch) && self.known.top == to.seq;
        if to.seq < from.seq && !is_there { self.begins_at(to) } else { self.goes_on_at(to) }
    }

    /// The history is another one: nothing of the old one stays, but what is on its way.
    fn begins_at(&mut self, mark: Mark) {
        self.change(|known, items| {
            let is_first = known.epoch.replace(mark.epoch).is_none();
            (known.bottom, known.top) = (mark.seq, mark.seq);
            (known.readers, known.is_doubtful) = (Readers::default(), false);
            known.gaps.clear();
            known.mine.clear();
            // What was stored in the old history is on its way no longer.
            let end = if is_first { mark.seq } else { i64::MAX };
            known.settle(items, end);
            let local: Vector<_> = items.iter().filter(|item| is_local(item)).cloned().collect();
            items.clear();
            if mark.seq == 0 {
                items.push_back(Item { key: Key::Beginning, kind: Kind::Beginning });
            }
            items.append(local);
        });
    }

    /// A live entry.
    pub(super) fn entry(&mut self, entry: TimelineEvent) {
        if self.known.epoch.is_some() && entry.seq > self.known.bottom {
            self.change(|known, items| {
                known.cover(items, entry.seq - 1, entry.seq);
                known.put(items, entry);
            });
        }
    }

    /// The entries of a range were loaded. Those of another history, or of a place far from all that is known, change nothing.
    pub(super) fn loaded(&mut self, range: Range, entries: Vec<TimelineEvent>) {
        let Known { epoch, bottom, top, .. } = self.known;
        if epoch != Some(range.epoch) || range.to < bottom || range.after > top {
            return;
        }
        self.change(|known, items| {
            known.cover(items, range.after, range.to);
            // The newest first: a page at the front is then a row of insertions at the front.
            for entry in entries.into_iter().rev() {
                known.put(items, entry);
            }
            known.is_doubtful &= !range.settles_doubt;
        });
    }

    /// Somebody has read up to there.
    pub(super) fn read(&mut self, reader: UserId, seq: i64) {
        let Some(before) = self.known.readers.moves(reader, seq) else { return };
        self.change(|known, items| {
            for index in place(items, (before + 1, 0))..place(items, (seq, 1)) {
                let Item { kind: Kind::Message { message, read_by }, key } = &items[index] else { continue };
                let item = Item { key: key.clone(), kind: known.readers.of(message, *read_by) };
                if has_changed(&items[index].kind, &item.kind) {
                    items.set(index, item);
                }
            }
        });
    }

    /// Something happened to a message of one's own.
    pub(super) fn local(&mut self, change: Change) {
        self.change(|known, items| match change {
            Change::Queued(message) => {
                // A further try goes to the end. One that is stored already waits for nothing but the answer.
                let was_there = remove_local(items, &message.client_message_id);
                if was_there || !known.mine.contains(&message.client_message_id) {
                    items.push_back(local(message, Sending::Queued));
                }
            }
            Change::Held(message) => items.push_back(local(message, Sending::Held)),
            Change::UnderWay(id, is) => {
                let sending = if is { Sending::UnderWay } else { Sending::Queued };
                if let Some((index, message)) = find_local(items, &id) {
                    items.set(index, local(message, sending));
                }
            }
            Change::Stored(message) => {
                let Some(id) = message.client_message_id else { return };
                if known.mine.contains(&id) {
                    remove_local(items, &id);
                } else {
                    known.stored.insert(id, message.seq);
                    known.settle(items, known.top);
                }
            }
            Change::Refused(message, error) => {
                let item = local(message.clone(), Sending::Failed(error));
                match find_local(items, &message.client_message_id) {
                    Some((index, _)) => drop(items.set(index, item)),
                    None => items.push_back(item),
                }
            }
            Change::TakenBack(id) => drop(remove_local(items, &id)),
        });
    }

    /// Changes the list; subscribers hear of it as of one change.
    fn change(&mut self, change: impl FnOnce(&mut Known, &mut Changes<'_>)) {
        let mut changes = self.items.transaction();
        change(&mut self.known, &mut changes);
        changes.commit();
    }
}

impl Known {
    /// The entries after `after` up to `to` are known from now on. If that is beyond the newest, those between are missing.
    fn cover(&mut self, items: &mut Changes<'_>, after: i64, to: i64) {
        if after > self.top {
            self.gap(items, self.top, after + 1);
        }
        let overlapping = self.gaps.range(..to).filter(|(_, before)| **before > after + 1);
        let overlapping: Vec<_> = overlapping.map(|(gap, before)| (*gap, *before)).collect();
        for (gap, before) in overlapping {
            if gap < after {
                self.gaps.insert(gap, after + 1);
            } else {
                self.gaps.remove(&gap);
                items.remove(place(items, (gap, 1)));
            }
            if before > to + 1 {
                self.gap(items, to, before);
            }
        }
        if after < self.bottom {
            self.bottom = after;
            if after == 0 {
                items.push_front(Item { key: Key::Beginning, kind: Kind::Beginning });
            }
        }
        self.top = self.top.max(to);
        self.settle(items, self.top);
    }

    fn gap(&mut self, items: &mut Changes<'_>, after: i64, before: i64) {
        self.gaps.insert(after, before);
        insert(items, Item { key: Key::Gap(after), kind: Kind::Gap });
    }

    /// Takes away what was on its way, and is stored up to `top`.
    fn settle(&mut self, items: &mut Changes<'_>, top: i64) {
        for (id, _) in self.stored.extract_if(|_, seq| *seq <= top) {
            remove_local(items, &id);
        }
    }

    /// Puts an entry in its place, or the newer state of one that is there.
    fn put(&mut self, items: &mut Changes<'_>, entry: TimelineEvent) {
        let (seq, at) = (entry.seq, entry.timestamp);
        let kind = match entry.happening {
            Happening::Message { message } => {
                if let Some(id) = message.client_message_id.as_ref().filter(|_| message.user_id == self.me)
                    && self.mine.insert(id.clone())
                {
                    self.stored.remove(id);
                    let is_this = |failed: &Queued| failed.content.trim() == message.content.trim();
                    // Other words under the same id stay refused.
                    if find_local(items, id)
                        .is_some_and(|(at, local)| !is_failed(&items[at]) || is_this(&local))
                    {
                        remove_local(items, id);
                    }
                }
                self.readers.of(&message, 0)
            }
            Happening::MemberJoined(who) => Kind::MemberJoined { who, at },
            Happening::MemberLeft(who) => Kind::MemberLeft { who, at },
            Happening::RoomCreated { room } => Kind::RoomCreated { room, at },
            Happening::RoomUpdated { room } => Kind::RoomUpdated { room, at },
            // It has a number, and nothing to show.
            Happening::Unknown => return,
        };
        let item = Item { key: Key::Entry(seq), kind };
        let index = place(items, (seq, 0));
        match items.get(index) {
            Some(there) if there.key == item.key => {
                if has_changed(&there.kind, &item.kind) {
                    items.set(index, item);
                }
            }
            _ => insert(items, item),
        }
    }
}

/// The order of the list; what is on its way has its own.
fn rank(key: &Key) -> (i64, u8) {
    match key {
        Key::Beginning => (0, 0),
        Key::Entry(seq) => (*seq, 0),
        Key::Gap(after) => (*after, 1),
        Key::Local(_) => (i64::MAX, 1),
    }
}

/// Where something of this rank is, or belongs.
fn place(items: &Vector<Item>, wanted: (i64, u8)) -> usize {
    let (mut low, mut high) = (0, items.len());
    while low < high {
        let middle = low + (high - low) / 2;
        if rank(&items[middle].key) < wanted { low = middle + 1 } else { high = middle }
    }
    low
}

fn insert(items: &mut Changes<'_>, item: Item) {
    match place(items, rank(&item.key)) {
        0 => items.push_front(item),
        index if index == items.len() => items.push_back(item),
        index => items.insert(index, item),
    }
}

/// An entry never changes, but for who has read it.
fn has_changed(before: &Kind, after: &Kind) -> bool {
    let reading = |kind: &Kind| match kind {
        Kind::Message { message, read_by } => Some((message.status, *read_by)),
        _ => None,
    };
    reading(before) != reading(after)
}
