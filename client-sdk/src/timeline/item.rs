//! What a room's list is made of.

use crate::{Error, live::Queued};
use parlor_protocol::{
    ApiError, messages::Message, rooms::Room, text::ClientMessageId, time::Timestamp, timeline::Who,
};

/// One thing in the list.
///
/// ```
/// use parlor_client::timeline::{Item, Key, Kind, Vector, VectorDiff};
///
/// let mut items = Vector::new();
/// let gap = Item { key: Key::Gap(7), kind: Kind::Gap };
/// VectorDiff::PushBack { value: gap }.apply(&mut items);
/// let beginning = Item { key: Key::Beginning, kind: Kind::Beginning };
/// VectorDiff::PushFront { value: beginning }.apply(&mut items);
/// let keys: Vec<_> = items.into_iter().map(|item| item.key).collect();
/// assert_eq!(keys, [Key::Beginning, Key::Gap(7)]);
/// ```
#[derive(Clone, Debug)]
pub struct Item {
    /// What it is known by. It stays the same while the item stays in the list, but for a message that was sent: it begins as
    /// [`Key::Local`], and an item with [`Key::Entry`] takes its place.
    pub key: Key,
    /// What it shows.
    pub kind: Kind,
}

/// What an item is known by: no two of a list have the same.
///
/// ```
/// use parlor_client::timeline::Key;
///
/// /// Where a view was scrolled to is found again by its key, whatever has come before it.
/// fn position(keys: &[Key], top: &Key) -> Option<usize> {
///     keys.iter().position(|key| key == top)
/// }
///
/// let top = Key::Entry(12);
/// let later = [Key::Beginning, Key::Entry(11), Key::Entry(12)];
/// assert_eq!(position(&later, &top), Some(2));
/// ```
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
///
/// ```
/// use parlor_client::timeline::{Kind, Sending};
///
/// fn line(kind: &Kind) -> Option<String> {
///     Some(match kind {
///         Kind::Beginning => "This is where it all began.".to_owned(),
///         Kind::Gap => "Messages are missing here.".to_owned(),
///         Kind::Message { message, read_by } => format!("{}: {} ({read_by})", message.username, message.content),
///         Kind::Local { message, sending: Sending::Failed(error) } => format!("{}: {error}", message.content),
///         Kind::Local { message, .. } => format!("{} …", message.content),
///         Kind::MemberJoined { who, .. } => format!("{} has joined.", who.username),
///         Kind::MemberLeft { who, .. } => format!("{} has left.", who.username),
///         _ => return None,
///     })
/// }
///
/// assert_eq!(line(&Kind::Gap).as_deref(), Some("Messages are missing here."));
/// ```
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
///
/// ```
/// use parlor_client::{Error, timeline::Sending};
///
/// let sign = |sending: &Sending| match sending {
///     Sending::Failed(_) => '!',
///     Sending::UnderWay => '→',
///     _ => '…',
/// };
/// let refused = Sending::Failed(Error::Input("too long".to_owned()));
/// assert_eq!([Sending::Queued, Sending::UnderWay, refused].map(|sending| sign(&sending)), ['…', '→', '!']);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Sending {
    /// It waits for a connection, or for the messages before it.
    Queued,
    /// It is on the wire, or will be as soon as the server can take it.
    UnderWay,
    /// An earlier run has left it, and it is too old to be sent by itself, by [`LiveBuilder::hold_older_than`](crate::live::LiveBuilder::hold_older_than).
    /// [`Timeline::retry`](super::Timeline::retry) sends it, [`Timeline::discard`](super::Timeline::discard) takes it away.
    Held,
    /// The server refused it for good. [`Timeline::retry`](super::Timeline::retry) sends it again,
    /// [`Timeline::discard`](super::Timeline::discard) takes it away.
    Failed(Error),
}

/// Why a timeline changes no more.
///
/// ```
/// use parlor_client::timeline::Ended;
///
/// /// Whether another timeline of the same room may do better.
/// fn is_worth_another(ended: &Ended) -> bool {
///     !matches!(ended, Ended::Deleted | Ended::SignedOut | Ended::Stopped)
/// }
///
/// assert!(is_worth_another(&Ended::NoMember), "after an invitation");
/// assert!(!is_worth_another(&Ended::Deleted));
/// ```
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
