//! The room on the screen: its list, and which part of it is seen.

use super::{entry::Entry, safe::Safe};
use parlor_client::{
    protocol::ids::{RoomId, UserId},
    timeline::{Key, Vector, VectorDiff},
};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

/// The room on the screen.
#[derive(Debug)]
pub(crate) struct OpenRoom {
    pub(crate) id: RoomId,
    pub(crate) entries: Vector<Arc<Entry>>,
    pub(crate) state: Loading,
    /// How the page before the first entry is.
    pub(crate) older: Loading,
    /// Which part is seen.
    pub(crate) view: View,
    /// What was new when it was opened.
    pub(crate) marker: Option<Marker>,
    /// What comes after this entry is to be shown once it is loaded.
    pub(crate) seeks: Option<i64>,
    /// Messages below the part that is seen, which came since.
    pub(crate) below: u64,
    pub(crate) typing: BTreeMap<UserId, (Safe, Duration)>,
    pub(crate) members: Option<Members>,
    /// Gaps that are being filled, or could not be.
    pub(crate) filling: HashSet<Key>,
    /// The newest entry that the server was told to be read.
    pub(crate) told_read: i64,
}

/// How something that the server is asked for is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Loading {
    /// It was asked.
    Waiting,
    /// It answered, or nothing was asked yet.
    Ready,
    /// It could not.
    Failed(Safe),
}

/// Which part is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// The newest entries, also those to come.
    Newest,
    /// The last row that is seen belongs to this entry, of which so many rows are hidden below.
    At(Key, usize),
}

/// Where the new messages begin; it stays until the room is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marker {
    /// They come after this one.
    pub(crate) after: i64,
    pub(crate) count: u64,
}

/// Who belongs to the room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Members {
    pub(crate) total: i64,
    pub(crate) people: Vec<Person>,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) name: Safe,
    pub(crate) is_online: bool,
}

impl OpenRoom {
    /// A room that is being opened.
    pub(crate) fn new(id: RoomId, marker: Option<Marker>) -> Self {
        Self {
            id,
            entries: Vector::new(),
            state: Loading::Waiting,
            older: Loading::Ready,
            view: View::Newest,
            marker,
            seeks: None,
            below: 0,
            typing: BTreeMap::new(),
            members: None,
            filling: HashSet::new(),
            told_read: 0,
        }
    }

    /// Where the entry with this key is.
    pub(crate) fn position(&self, key: &Key) -> Option<usize> {
        // What is looked at is mostly near the end.
        let from_end = self.entries.iter().rev().position(|entry| entry.key == *key)?;
        Some(self.entries.len() - 1 - from_end)
    }

    /// The newest entry that is stored.
    pub(crate) fn newest(&self) -> i64 {
        self.entries.iter().rev().find_map(|entry| entry.seq()).unwrap_or(0)
    }

    /// The first entry that is loaded.
    pub(crate) fn first(&self) -> Option<&Key> {
        self.entries.front().map(|first| &first.key)
    }

    /// Whether nothing comes before the first entry.
    pub(crate) fn has_beginning(&self) -> bool {
        self.first() == Some(&Key::Beginning)
    }

    /// The whole list, instead of the one before. What was seen stays seen, if it is still there.
    pub(crate) fn replace(&mut self, entries: Vector<Arc<Entry>>) {
        let before = std::mem::replace(&mut self.entries, entries);
        self.state = Loading::Ready;
        self.keep_view(&before);
    }

    /// What changed in the list.
    pub(crate) fn change(&mut self, changes: Vec<VectorDiff<Arc<Entry>>>) {
        let before = self.entries.clone();
        for change in changes {
            if let VectorDiff::Set { index, value } = &change {
                self.rename(*index, &value.key.clone());
            }
            change.apply(&mut self.entries);
        }
        self.keep_view(&before);
        if self.view != View::Newest {
            let known = before.iter().rev().find_map(|entry| entry.seq()).unwrap_or(0);
            let new = self.entries.iter().rev().take_while(|entry| entry.seq().is_none_or(|seq| seq > known));
            self.below +=
                new.filter(|entry| entry.said().is_some_and(|said| said.mark.is_none())).count() as u64;
        }
        let entries = &self.entries;
        self.filling.retain(|gap| entries.iter().any(|entry| entry.key == *gap));
    }

    /// A local message becomes a stored one: what is seen is the same.
    fn rename(&mut self, index: usize, key: &Key) {
        if let (View::At(at, _), Some(old)) = (&mut self.view, self.entries.get(index))
            && *at == old.key
        {
            *at = key.clone();
        }
    }

    /// When the entry at the lower edge went, the one before it takes its place.
    fn keep_view(&mut self, before: &Vector<Arc<Entry>>) {
        let View::At(key, _) = &self.view else { return };
        if self.position(key).is_some() {
            return;
        }
        let old = before.iter().position(|entry| entry.key == *key).unwrap_or(0);
        let still = before.iter().take(old).rev().find(|entry| self.position(&entry.key).is_some());
        self.view = still.map_or(View::Newest, |entry| View::At(entry.key.clone(), 0));
    }

    /// Who is typing now, and until when that holds.
    pub(crate) fn typing_until(&self) -> Option<Duration> {
        self.typing.values().map(|(_, until)| *until).min()
    }
}
