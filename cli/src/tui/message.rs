//! What the model is told, and what it wants done.

use super::{
    entry::{Entry, Me},
    link::State,
    rooms::Listed,
    safe::Safe,
    sign_in::Denied,
    timeline::Members,
};
use crate::server::Trouble;
use crossterm::event::{KeyEvent, MouseEvent};
use parlor_client::{
    protocol::{
        ids::{RoomId, UserId},
        text::ClientMessageId,
    },
    timeline::{Key, Vector, VectorDiff},
};
use std::{collections::BTreeMap, sync::Arc};

/// Texts that are not sent yet, by room.
pub(crate) type Drafts = BTreeMap<RoomId, String>;

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) enum Message {
    Key(KeyEvent),
    Paste(String),
    Mouse(MouseEvent),
    Resize(u16, u16),
    /// The terminal has the keyboard, or not.
    Focus(bool),
    /// Time has passed.
    Tick,
    /// A line was entered, without a screen.
    Line(String),
    /// The program is to end, and nobody can be asked.
    Stop,
    /// One is signed in.
    SignedIn(Me),
    /// What is kept of their texts, and how this program kept them before.
    Drafts {
        kept: Drafts,
        before: Drafts,
    },
    SignInFailed(Denied),
    Link(State),
    /// What keeps the connection away.
    Trouble(Option<Trouble>),
    /// So many messages wait to be sent.
    Waiting(usize),
    /// One message in each of these rooms is too old to be sent unasked.
    Held(Vec<RoomId>),
    Rooms(Vec<Listed>),
    Room(Box<Listed>),
    RoomGone(RoomId, Safe),
    /// A room that one made or joined just now.
    Entered(Box<Listed>),
    /// One could not be.
    NotEntered(Safe),
    /// An entry of any of one's rooms.
    Arrived {
        room: RoomId,
        seq: i64,
        voice: Voice,
    },
    /// One's own read cursor moved, here or elsewhere.
    ReadTo {
        room: RoomId,
        seq: i64,
    },
    /// What waits to be sent to a room that is still being opened.
    Ahead(RoomId, Vector<Arc<Entry>>),
    Opened(RoomId, Vector<Arc<Entry>>),
    OpenFailed(RoomId, Safe),
    Changed(RoomId, Vec<VectorDiff<Arc<Entry>>>),
    Older(RoomId, Result<(), Safe>),
    FillFailed(RoomId, Key, Safe),
    Typing {
        room: RoomId,
        user: UserId,
        name: Safe,
        is_typing: bool,
    },
    Presence {
        user: UserId,
        is_online: bool,
    },
    Members(RoomId, Members),
    /// What is known of a room may be out of date.
    Stale(RoomId),
    /// What is known of all rooms may be.
    AllStale,
    /// A message could not even be queued.
    Unsent(RoomId, String, Safe),
    /// The server refused a message for good. In the room that is shown it stands where it was written.
    Refused(Refused, Safe),
    /// A message is refused no longer: it waits again, or was taken away.
    Settled(ClientMessageId),
    /// Whether what waits is lost to the next run, for which only its text can be kept.
    InMemory(bool),
    /// The editor ended, with what is in its file, or why there is nothing.
    Edited(RoomId, Result<String, Safe>),
    /// A sentence to show for a while.
    Told(Safe),
    /// An invitation was made: its link.
    Invited(Safe),
}

/// A message that the server refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) room: RoomId,
    pub(crate) id: ClientMessageId,
    pub(crate) text: String,
}

/// Whose words an entry has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    /// One's own, or nobody's.
    Own,
    /// Those of another, who has this name.
    Another(Safe),
    /// Those of another who names one.
    ToMe(Safe),
}

/// Why what is written can't go where it was meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Astray {
    NoRoom(Safe),
    SeveralRooms(Safe),
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    SignIn(SignIn),
    SignOut,
    LoadRooms,
    LoadRoom(RoomId),
    Open(RoomId),
    LoadOlder(RoomId),
    Fill(RoomId, Key),
    Send(RoomId, String),
    Retry(RoomId, ClientMessageId),
    Discard(RoomId, ClientMessageId),
    /// Up to here.
    MarkRead(RoomId, i64),
    Typing(RoomId, bool),
    LoadMembers(RoomId),
    Create {
        name: String,
        is_private: bool,
    },
    Join(RoomId),
    JoinByInvite(String),
    Leave(RoomId),
    Invite(RoomId),
    Reconnect,
    SaveDrafts(Drafts),
    Copy(String),
    OpenLink(String),
    /// Ring, and tell the desktop in these words.
    Ring(Safe),
    /// The text for the room on the screen.
    EditOutside(RoomId, String),
    CaptureMouse(bool),
    Redraw,
    Suspend,
    /// Quit, and say why.
    End(Astray),
    Quit,
}

/// How to sign in.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SignIn {
    pub(crate) server: String,
    /// Make the account first, under this name.
    pub(crate) register: Option<String>,
    pub(crate) email: String,
    pub(crate) password: String,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn")
            .field("server", &self.server)
            .field("email", &self.email)
            .finish_non_exhaustive()
    }
}
