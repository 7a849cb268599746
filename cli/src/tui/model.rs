//! All that the screen is made of.

use super::{
    action::Action,
    clock::{Now, Zone},
    compose::Compose,
    entry::{Entry, Me},
    keys::Keys,
    link::Connection,
    look::Look,
    message::{Drafts, Refused},
    rooms::{Listed, Rooms},
    safe::Safe,
    sign_in::SignInForm,
    switcher::Switcher,
    timeline::OpenRoom,
    update::writing::LONGEST,
};
use crossterm::event::KeyEvent;
use parlor_client::{protocol::ids::RoomId, timeline::Key};
use std::{sync::Arc, time::Duration};

/// Without focus reports, one counts as present for so long after a key.
const PRESENT: Duration = Duration::from_mins(1);
/// How long a sentence at the lower edge stays.
pub(crate) const TOLD: Duration = Duration::from_secs(6);

/// The state of the program. Only [`update`](super::update::update) changes it.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) now: Now,
    pub(crate) zone: Zone,
    pub(crate) look: Look,
    /// Columns and rows.
    pub(crate) size: (u16, u16),
    pub(crate) page: Page,
    pub(crate) me: Option<Me>,
    pub(crate) connection: Connection,
    /// So many messages wait to be sent, in all rooms.
    pub(crate) waiting: usize,
    /// The rooms of the messages that are too old to be sent unasked.
    pub(crate) held: Vec<RoomId>,
    /// What becomes of it in the next run.
    pub(crate) outbox: Outbox,
    /// What was refused, and stands in its room.
    pub(crate) refused: Vec<Refused>,
    pub(crate) rooms: Rooms,
    /// Whether the server has told its rooms yet.
    pub(crate) rooms_known: bool,
    /// When it was last asked for them.
    pub(crate) rooms_asked: Option<Duration>,
    /// Which room opens by itself.
    pub(crate) wanted: Wanted,
    pub(crate) room: Option<OpenRoom>,
    pub(crate) compose: Compose,
    pub(crate) drafts: Drafts,
    /// When drafts that changed are to be kept.
    pub(crate) drafts_due: Option<Duration>,
    pub(crate) overlay: Option<Overlay>,
    /// The selected message, while one is selected.
    pub(crate) selected: Option<Key>,
    /// A sentence at the lower edge, and until when.
    pub(crate) told: Option<(Safe, Duration)>,
    /// What was said since it was last taken, for those who read along.
    pub(crate) spoken: Vec<Safe>,
    pub(crate) attention: Attention,
    pub(crate) panes: Panes,
    pub(crate) mouse: Mouse,
    /// For what it rings, and when it last did.
    pub(crate) bell: Bell,
    pub(crate) rung: Option<Duration>,
    /// Which key does what.
    pub(crate) keys: Keys,
    /// The first of two keys that mean something together.
    pub(crate) began: Option<KeyEvent>,
    /// One's own messages in this run, newest last.
    pub(crate) sent: Vec<(RoomId, String)>,
    /// Ctrl-C came on an empty box.
    pub(crate) quits_at_next: bool,
    /// It is shown line by line, not on a screen.
    pub(crate) is_plain: bool,
}

/// What becomes of messages that wait when the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outbox {
    /// The next run sends them.
    Kept,
    /// Another program has the profile's outbox: only their texts are kept.
    InMemory,
}

/// What fills the screen.
#[derive(Debug)]
pub(crate) enum Page {
    /// Nobody is signed in.
    SignIn(Box<SignInForm>),
    Chat,
    /// The session has ended.
    SignedOut,
}

/// Where keys go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Into the box.
    Writing,
    /// To the messages.
    Selecting,
}

/// What lies over the screen.
#[derive(Debug)]
pub(crate) enum Overlay {
    Switcher(Box<Switcher>),
    Help(Help),
    /// Who is here, where there is no pane for it.
    Members(u16),
    /// Something to read.
    Notice(Safe),
    Ask(Question),
}

/// Which room opens by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The first of one's own, whenever none is open.
    #[default]
    First,
    /// The one to begin with, by its name or id, once the rooms are known.
    Named(String),
    /// None: another one was named, and what is written is meant for that.
    Other,
    /// The one that is being joined or made; `from_start`, if one began with that.
    Entering { from_start: bool },
}

/// All keys, or those that what is typed finds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Help {
    /// The first row that is seen.
    pub(crate) from: u16,
    pub(crate) wanted: String,
}

/// What is asked before something that is hard to undo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    Quit,
    Leave(RoomId),
    SignOut,
    /// A text of many lines.
    Paste(String),
}

/// Whether somebody looks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Attention {
    /// What the terminal last told, if it ever did.
    pub(crate) focus: Option<bool>,
    /// The last key.
    pub(crate) key_at: Option<Duration>,
}

/// For what the terminal's bell rings, when nobody sees it come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Bell {
    Never,
    /// A message in which one is named.
    #[default]
    Mention,
    /// Every message of another.
    Message,
}

impl Bell {
    /// By its name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "never" => Self::Never,
            "mention" => Self::Mention,
            "message" => Self::Message,
            _ => return None,
        })
    }
}

/// Who gets the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mouse {
    /// Clicks do something here.
    Ours,
    /// The terminal selects text with it.
    Terminals,
}

/// What is shown beside the messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panes {
    pub(crate) sidebar: bool,
    pub(crate) members: bool,
    pub(crate) bare: bool,
}

impl Model {
    /// Before anything is known.
    pub(crate) fn new(now: Now, zone: Zone, look: Look, size: (u16, u16), page: Page) -> Self {
        Self {
            now,
            zone,
            look,
            size,
            page,
            me: None,
            connection: Connection::starting(now),
            waiting: 0,
            held: Vec::new(),
            outbox: Outbox::Kept,
            refused: Vec::new(),
            rooms: Rooms::default(),
            rooms_known: false,
            rooms_asked: None,
            wanted: Wanted::First,
            room: None,
            compose: Compose::default(),
            drafts: Drafts::new(),
            drafts_due: None,
            overlay: None,
            selected: None,
            told: None,
            spoken: Vec::new(),
            attention: Attention::default(),
            panes: Panes { sidebar: true, members: true, bare: false },
            mouse: Mouse::Ours,
            bell: Bell::default(),
            rung: None,
            keys: Keys::default(),
            began: None,
            sent: Vec::new(),
            quits_at_next: false,
            is_plain: false,
        }
    }

    /// Where keys go, when nothing lies over the screen.
    pub(crate) fn place(&self) -> Place {
        if self.selected.is_some() { Place::Selecting } else { Place::Writing }
    }

    /// The selected message.
    pub(crate) fn selected(&self) -> Option<&Arc<Entry>> {
        let room = self.room.as_ref()?;
        room.entries.get(room.position(self.selected.as_ref()?)?)
    }

    /// Says something to those who read along line by line.
    pub(crate) fn speak(&mut self, text: &str) {
        if self.is_plain {
            self.spoken.push(Safe::text(text));
        }
    }

    /// The open room, as the list has it.
    pub(crate) fn listed(&self) -> Option<&Listed> {
        self.rooms.get(self.room.as_ref()?.id)
    }

    /// Whether somebody looks: as the terminal says, or else because of a key a short while ago.
    pub(crate) fn is_watched(&self) -> bool {
        let Attention { focus, key_at } = self.attention;
        self.is_plain || focus.unwrap_or_else(|| key_at.is_some_and(|at| self.now.up < at + PRESENT))
    }

    /// What is said above the messages of a connection that is not there.
    pub(crate) fn banner(&self) -> Option<String> {
        self.connection.banner(self.now, self.waiting, self.look.glyphs, &self.keys.spoken(Action::Reconnect))
    }

    /// The terminal's title: nothing of what others write.
    pub(crate) fn title(&self) -> String {
        match self.rooms.unread() {
            0 => "parlor".to_owned(),
            some => format!("({some}) parlor"),
        }
    }

    /// When something changes by itself next; never, when nothing does.
    pub(crate) fn wake(&self) -> Option<Duration> {
        let typing = self.room.as_ref().and_then(OpenRoom::typing_until);
        let stop = self.compose.told.and(self.compose.touched).map(|at| at + super::update::IDLE);
        let told = self.told.as_ref().map(|(_, until)| *until);
        let link = self.me.as_ref().and_then(|_| self.connection.wake(self.now));
        // Who does not look need not see it.
        let rooms = self.rooms_asked.filter(|_| self.connection.is_online() && self.is_watched());
        let rooms = rooms.map(|asked| asked + super::update::rooms::ASK_AGAIN);
        [typing, stop, told, link, rooms, self.drafts_due].into_iter().flatten().min()
    }
}

impl Question {
    /// What is asked.
    pub(crate) fn words(&self, model: &Model) -> String {
        match self {
            Self::Quit => format!("Quit?{}", unsent(model)),
            Self::Leave(id) => {
                let name = model.rooms.get(*id).map(|room| room.name.to_string()).unwrap_or_default();
                format!("Leave #{name}? What you wrote stays in the room.")
            }
            Self::SignOut => format!("Sign out on this machine?{}", unsent(model)),
            Self::Paste(text) => {
                let (lines, length) = (text.lines().count(), text.chars().count());
                let words = format!("{lines} lines are pasted, with {length} characters.");
                match length {
                    ..=LONGEST => format!("{words} Put them into the box, or send them as one message?"),
                    _ => format!("{words} A message can have {LONGEST}. Put them into the box?"),
                }
            }
        }
    }

    /// The keys that answer it.
    pub(crate) fn keys(&self) -> &'static str {
        match self {
            Self::Paste(text) if text.chars().count() <= LONGEST => "Enter: box   s: send   Esc: discard",
            Self::Paste(_) => "Enter: box   Esc: discard",
            _ => "Enter: yes   Esc: no",
        }
    }
}

/// What would stay unsent, and what becomes of it.
fn unsent(model: &Model) -> String {
    let waiting = match (model.waiting, model.outbox) {
        (0, _) => String::new(),
        (1, Outbox::Kept) => {
            " 1 message is not sent yet: it is kept, and sent when you come back.".to_owned()
        }
        (many, Outbox::Kept) => {
            format!(" {many} messages are not sent yet: they are kept, and sent when you come back.")
        }
        (1, Outbox::InMemory) => " 1 message is not sent yet, and won't be: it becomes a draft.".to_owned(),
        (many, Outbox::InMemory) => {
            format!(" {many} messages are not sent yet, and won't be: they become drafts.")
        }
    };
    let refused = match model.refused.len() {
        0 => String::new(),
        1 => " 1 message has failed: it becomes a draft.".to_owned(),
        many => format!(" {many} messages have failed: they become drafts."),
    };
    waiting + &refused
}
