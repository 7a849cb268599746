//! What a room's list is made of.

use crate::{Error, live::Queued};
use parlor_protocol::{
    ApiError, messages::Message, rooms::Room, text::ClientMessageId, time::Timestamp, timeline::Who,
};

/// One thing in the list.
#[derive(Clone, Debug)]
pub struct Item {
    /// What it is known by. It stays the same while the item stays in the list, but for a message that was sent: it begins as
    /// [`Key::Local`], and an item with [`Key::Entry`] takes its place.
    pub key: Key,
    /// What it shows.
    pub kind: Kind,
}

/// What an item is known by: no two of a list have the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// Where the room begins.
    Beginning,
    /// Entries are missing after this `seq`.
    Gap(i64),
    /// The entry with this `seq`.
    Entry(i64),
    /// A message of one's own that is not stored on the server yet.
    Local(ClientMessageId),
}

/// What an item shows. More kinds will come.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// Nothing is before this.
    Beginning,
    /// Entries between the items around this were not loaded; [`Timeline::fill`](super::Timeline::fill) loads them.
    Gap,
    /// A message.
    Message {
        /// As it is stored.
        message: Box<Message>,
        /// How many people other than its sender have read up to it, at least: of those who had read it before the timeline was
        /// opened, the server only tells whether there are any.
        read_by: u32,
    },
    /// A message of one's own on its way. These are the last of the list, in the order in which they will be sent.
    Local {
        /// What is to be sent.
        message: Queued,
        /// How far it is.
        sending: Sending,
    },
    /// Someone became a member.
    MemberJoined {
        /// Who.
        who: Who,
        /// When.
        at: Timestamp,
    },
    /// Someone is a member no longer.
    MemberLeft {
        /// Who.
        who: Who,
        /// When.
        at: Timestamp,
    },
    /// The room was made.
    RoomCreated {
        /// The room as of then.
        room: Box<Room>,
        /// When.
        at: Timestamp,
    },
    /// The room's name or description changed.
    RoomUpdated {
        /// The room as of then.
        room: Box<Room>,
        /// When.
        at: Timestamp,
    },
}

/// How far a message of one's own is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Sending {
    /// It waits for a connection, or for the messages before it.
    Queued,
    /// It is on the wire, or will be as soon as the server can take it.
    UnderWay,
    /// The server refused it for good. [`Timeline::retry`](super::Timeline::retry) sends it again,
    /// [`Timeline::discard`](super::Timeline::discard) takes it away.
    Failed(Error),
}

/// Why a timeline changes no more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended {
    /// The membership has ended.
    NoMember,
    /// The room was deleted.
    Deleted,
    /// The server refuses it.
    Refused(ApiError),
    /// The session has ended.
    SignedOut,
    /// The connection was shut down.
    Stopped,
}
