//! The rooms, and how much of each is unread.

use super::safe::Safe;
use parlor_client::protocol::{
    ids::RoomId,
    rooms::{Role, Room},
};
use std::collections::BTreeSet;

/// A room in the list.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) id: RoomId,
    pub(crate) name: Safe,
    /// Who made it.
    pub(crate) by: Safe,
    pub(crate) about: Option<Safe>,
    pub(crate) is_private: bool,
    pub(crate) members: i64,
    /// One's own place in it; `None` of a room that one could join.
    pub(crate) place: Option<Place>,
    /// When it was last looked at, counted from 1; 0 is never.
    pub(crate) looked: u64,
}

/// One's own place in a room.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) is_owner: bool,
    /// Up to where one has read.
    pub(crate) read: i64,
    /// The newest entry that was counted.
    last: i64,
    /// What the server counted as unread, as of `last_asked`.
    counted: u64,
    asked_at: i64,
    /// Others' messages that came since then.
    since: BTreeSet<i64>,
}

impl Listed {
    /// A room as the server tells it.
    pub(crate) fn of(room: &Room) -> Self {
        let place = room.membership.as_ref().map(|own| Place {
            is_owner: own.role == Role::Owner,
            read: own.last_read_seq,
            last: room.last_seq,
            counted: u64::try_from(own.unread_count).unwrap_or(0),
            asked_at: room.last_seq,
            since: BTreeSet::new(),
        });
        Self {
            id: room.id,
            name: Safe::line(&room.name),
            by: Safe::line(room.creator.username.as_str()),
            about: room.description.as_deref().map(Safe::line).filter(|about| !about.is_empty()),
            is_private: room.is_private,
            members: room.member_count,
            place,
            looked: 0,
        }
    }

    /// How many messages of others one has not read.
    pub(crate) fn unread(&self) -> u64 {
        self.place.as_ref().map_or(0, Place::unread)
    }

    /// Whether one is a member.
    pub(crate) fn is_own(&self) -> bool {
        self.place.is_some()
    }
}

impl Place {
    fn unread(&self) -> u64 {
        self.counted + self.since.iter().filter(|seq| **seq > self.read).count() as u64
    }

    /// The newest entry that is known of.
    pub(crate) fn last(&self) -> i64 {
        self.last
    }
}

/// All rooms that one can see.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rooms {
    /// In the order of their names.
    all: Vec<Listed>,
    looks: u64,
}

impl Rooms {
    /// All of them.
    pub(crate) fn all(&self) -> &[Listed] {
        &self.all
    }

    /// The room with this id.
    pub(crate) fn get(&self, id: RoomId) -> Option<&Listed> {
        self.all.iter().find(|room| room.id == id)
    }

    /// The rooms with this id or name, which may be written as the list shows it, `#kitchen`; of several one's own, if there are any.
    pub(crate) fn named(&self, name: &str) -> Vec<&Listed> {
        let bare = name.strip_prefix('#').unwrap_or(name);
        let exactly =
            |room: &&Listed| *room.name == *name || *room.name == *bare || room.id.to_string() == bare;
        let nearly = |room: &&Listed| room.name.to_lowercase() == bare.to_lowercase();
        let mut found: Vec<_> = self.all.iter().filter(exactly).collect();
        if found.is_empty() {
            found = self.all.iter().filter(nearly).collect();
        }
        if found.iter().any(|room| room.is_own()) {
            found.retain(|room| room.is_own());
        }
        found
    }

    fn get_mut(&mut self, id: RoomId) -> Option<&mut Listed> {
        self.all.iter_mut().find(|room| room.id == id)
    }

    /// One's own rooms in the order of the list: those with something unread, then the others.
    pub(crate) fn own(&self) -> Vec<&Listed> {
        let mut own: Vec<_> = self.all.iter().filter(|room| room.is_own()).collect();
        own.sort_by_key(|room| room.unread() == 0);
        own
    }

    /// What is unread in all rooms.
    pub(crate) fn unread(&self) -> u64 {
        self.all.iter().map(Listed::unread).sum()
    }

    /// The server's list, instead of the one before.
    pub(crate) fn replace(&mut self, rooms: Vec<Listed>) {
        let before = std::mem::take(&mut self.all);
        for room in rooms {
            if let Some(old) = before.iter().find(|old| old.id == room.id) {
                self.all.push(merged(old, room));
            } else {
                self.all.push(room);
            }
        }
        self.sort();
    }

    /// A room as the server tells it now.
    pub(crate) fn put(&mut self, room: Listed) {
        match self.get_mut(room.id) {
            Some(old) => *old = merged(old, room),
            None => self.all.push(room),
        }
        self.sort();
    }

    /// A room is gone, or one is no member any more.
    pub(crate) fn remove(&mut self, id: RoomId) {
        self.all.retain(|room| room.id != id);
    }

    /// A room is being looked at.
    pub(crate) fn look_at(&mut self, id: RoomId) {
        self.looks += 1;
        let looks = self.looks;
        if let Some(room) = self.get_mut(id) {
            room.looked = looks;
        }
    }

    /// An entry came; `counts` if it is a message of another.
    pub(crate) fn arrived(&mut self, id: RoomId, seq: i64, counts: bool) {
        let Some(place) = self.get_mut(id).and_then(|room| room.place.as_mut()) else { return };
        place.last = place.last.max(seq);
        if counts && seq > place.asked_at && seq > place.read {
            place.since.insert(seq);
        }
    }

    /// One's own read cursor moved, here or elsewhere. Answers whether the server must be asked how much is unread now.
    pub(crate) fn read_to(&mut self, id: RoomId, seq: i64) -> bool {
        let Some(place) = self.get_mut(id).and_then(|room| room.place.as_mut()) else { return false };
        place.read = place.read.max(seq);
        place.since.retain(|since| *since > place.read);
        if place.read >= place.asked_at {
            // All that the server had counted is read.
            place.counted = 0;
        }
        place.counted > 0
    }

    fn sort(&mut self) {
        self.all.sort_by_cached_key(|room| (room.name.to_lowercase(), room.id));
    }
}

/// What the server says of a room, without forgetting what came while it said so.
fn merged(old: &Listed, mut new: Listed) -> Listed {
    new.looked = old.looked;
    if let (Some(before), Some(place)) = (&old.place, &mut new.place) {
        place.since = before.since.iter().copied().filter(|seq| *seq > place.asked_at).collect();
        place.last = place.last.max(before.last);
        if before.read > place.read {
            // The answer is older than the cursor.
            place.read = before.read;
            place.since.retain(|seq| *seq > before.read);
            if place.read >= place.asked_at {
                place.counted = 0;
            }
        }
    }
    new
}
