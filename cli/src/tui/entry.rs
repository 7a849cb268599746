//! What a room's list shows: the SDK's items, with every text made safe. This is the door through which messages come in.

use super::{emoji::in_names, safe::Safe, wrap::wrap};
use crate::failure::in_words;
use chrono::{DateTime, Utc};
use parlor_client::{
    protocol::{ids::UserId, messages::Message, rooms::Room, text::ClientMessageId},
    timeline::{Item, Key, Kind, Sending},
};
use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
};

/// One thing in a room's list.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    /// Of what is not stored yet: when it was written, if that is known.
    pub(crate) at: Option<DateTime<Utc>>,
    pub(crate) shown: Shown,
    /// The text in lines, for the width that it was last drawn in.
    wrapped: Mutex<Option<(usize, Arc<[String]>)>>,
}

/// What it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Nothing is before this.
    Beginning,
    /// Something between was not loaded.
    Gap,
    /// A message.
    Message(Said),
    /// What happened to the room or its members.
    Note(Safe),
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) by: UserId,
    pub(crate) name: Safe,
    pub(crate) text: Safe,
    /// How far it is, if it is one's own.
    pub(crate) mark: Option<Mark>,
    /// One's own message that is not stored yet.
    pub(crate) local: Option<Local>,
}

/// What one's own message that is not stored yet is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Local {
    pub(crate) id: ClientMessageId,
    /// As it was written, to go back into the box.
    pub(crate) written: String,
}

/// How far one's own message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Sending,
    Queued,
    /// Too old to be sent unasked.
    Held,
    Accepted,
    /// Read by so many.
    Seen(u32),
    /// Refused, for this reason.
    Failed(Safe),
}

/// Who looks at the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Me {
    pub(crate) id: UserId,
    pub(crate) name: Safe,
    /// The server's address without its scheme.
    pub(crate) server: Safe,
    /// What was signed in with, to do it again.
    pub(crate) address: String,
    pub(crate) email: String,
}

impl Entry {
    /// An item of the SDK; `None` of a kind that this program does not know.
    pub(crate) fn of(item: Item, me: &Me) -> Arc<Self> {
        let Item { key, kind } = item;
        let (at, shown) = match kind {
            Kind::Beginning => (None, Shown::Beginning),
            Kind::Gap => (None, Shown::Gap),
            Kind::Message { message, read_by } => stored(&message, read_by, me),
            Kind::Local { message, sending } => {
                let mark = match sending {
                    Sending::Queued => Mark::Queued,
                    Sending::Held => Mark::Held,
                    Sending::Failed(error) => Mark::Failed(Safe::line(&in_words(&error))),
                    _ => Mark::Sending,
                };
                let (text, at) = (Safe::text(&message.content), message.queued_at);
                let local = Local { id: message.client_message_id, written: message.content };
                let (by, name) = (me.id, me.name.clone());
                (at, Shown::Message(Said { by, name, text, mark: Some(mark), local: Some(local) }))
            }
            Kind::MemberJoined { who, at } => {
                (Some(at), Shown::Note(Safe::line(&format!("{} joined", who.username))))
            }
            Kind::MemberLeft { who, at } => {
                (Some(at), Shown::Note(Safe::line(&format!("{} left", who.username))))
            }
            Kind::RoomCreated { room, at } => {
                (Some(at), Shown::Note(Safe::line(&format!("{} made the room", room.creator.username))))
            }
            Kind::RoomUpdated { room, at } => (Some(at), Shown::Note(updated(&room))),
            _ => (None, Shown::Note(Safe::line("something that this version does not know"))),
        };
        Self::new(key, at.map(parlor_client::protocol::time::Timestamp::to_utc), shown)
    }

    /// Puts one together.
    pub(crate) fn new(key: Key, at: Option<DateTime<Utc>>, shown: Shown) -> Arc<Self> {
        Arc::new(Self { key, at, shown, wrapped: Mutex::default() })
    }

    /// Its place among the stored entries.
    pub(crate) fn seq(&self) -> Option<i64> {
        match self.key {
            Key::Entry(seq) => Some(seq),
            _ => None,
        }
    }

    /// The message that it is.
    pub(crate) fn said(&self) -> Option<&Said> {
        match &self.shown {
            Shown::Message(said) => Some(said),
            _ => None,
        }
    }

    /// Whether it is one's own message that was refused.
    pub(crate) fn has_failed(&self) -> bool {
        self.said().is_some_and(|said| matches!(said.mark, Some(Mark::Failed(_))))
    }

    /// Whether it is one's own message that is sent only if one says so: it was refused, or is too old.
    pub(crate) fn is_aside(&self) -> bool {
        self.said().is_some_and(|said| matches!(said.mark, Some(Mark::Failed(_) | Mark::Held)))
    }

    /// Its text in lines of at most `width` columns, with names in place of emoji where a terminal is to show no others than ASCII's
    /// signs. It is wrapped once for a width.
    pub(crate) fn lines(&self, width: usize, is_ascii: bool) -> Arc<[String]> {
        let text: &str = match &self.shown {
            Shown::Message(said) => &said.text,
            Shown::Note(note) => note,
            Shown::Beginning | Shown::Gap => "",
        };
        let mut wrapped = self.wrapped.lock().unwrap_or_else(PoisonError::into_inner);
        match &*wrapped {
            Some((of, lines)) if *of == width => lines.clone(),
            _ => {
                let text = if is_ascii { Cow::Owned(in_names(text)) } else { Cow::Borrowed(text) };
                let lines: Arc<[String]> = wrap(&text, width).into();
                *wrapped = Some((width, lines.clone()));
                lines
            }
        }
    }
}

fn stored(
    message: &Message,
    read_by: u32,
    me: &Me,
) -> (Option<parlor_client::protocol::time::Timestamp>, Shown) {
    let mark = (message.user_id == me.id).then_some(match read_by {
        0 => Mark::Accepted,
        readers => Mark::Seen(readers),
    });
    let said = Said {
        by: message.user_id,
        name: Safe::line(message.username.as_str()),
        text: Safe::text(&message.content),
        mark,
        local: None,
    };
    (Some(message.created_at), Shown::Message(said))
}

fn updated(room: &Room) -> Safe {
    let topic = room.description.as_deref().map(|topic| format!(": {topic}")).unwrap_or_default();
    Safe::line(&format!("the room is now “{}”{topic}", room.name))
}
