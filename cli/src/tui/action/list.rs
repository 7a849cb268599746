//! The list itself.

use super::Action;
use crate::tui::{model::Place, press::Press};
use crossterm::event::{KeyCode, KeyModifiers};

/// What is known of an action.
#[derive(Debug)]
pub(crate) struct Spec {
    pub(crate) action: Action,
    /// What it is called where keys are configured.
    pub(crate) id: &'static str,
    /// By which keys it is done, unless the configuration says otherwise.
    pub(crate) keys: &'static [Press],
    /// A word or two, for hints.
    pub(crate) title: &'static str,
    /// A sentence, for help.
    pub(crate) help: &'static str,
    /// Where its keys work; everywhere without one.
    pub(crate) place: Option<Place>,
}

const fn spec(
    action: Action,
    id: &'static str,
    keys: &'static [Press],
    title: &'static str,
    help: &'static str,
    place: Option<Place>,
) -> Spec {
    Spec { action, id, keys, title, help, place }
}

const CTRL: KeyModifiers = KeyModifiers::CONTROL;
const WRITING: Option<Place> = Some(Place::Writing);
const SELECTING: Option<Place> = Some(Place::Selecting);

/// All of them, in the order of the help.
pub(crate) static ACTIONS: &[Spec] = &[
    spec(Action::Send, "send", &[Press::new(KeyCode::Enter)], "send", "Send what is written", WRITING),
    spec(
        Action::Newline,
        "newline",
        &[Press::ctrl('j'), Press::alt(KeyCode::Enter), Press::held(KeyCode::Enter, KeyModifiers::SHIFT)],
        "new line",
        "Begin a new line in the message",
        WRITING,
    ),
    spec(
        Action::Complete,
        "complete",
        &[Press::new(KeyCode::Tab)],
        "complete",
        "Complete @name, #room, :emoji: or /command; again: the next one (Shift-Tab: the one before)",
        WRITING,
    ),
    spec(
        Action::GoTo,
        "go",
        &[Press::ctrl('k'), Press::alt(KeyCode::Char('k'))],
        "go to",
        "Go to a room, find one, or make one",
        None,
    ),
    spec(
        Action::Commands,
        "commands",
        &[Press::new(KeyCode::F(3))],
        "commands",
        "Find a command by its name",
        None,
    ),
    spec(
        Action::NextUnread,
        "next-unread",
        &[Press::alt(KeyCode::Char('a')), Press::new(KeyCode::F(4))],
        "next unread",
        "Go to the next room with something unread",
        None,
    ),
    spec(
        Action::Inbox,
        "inbox",
        &[Press::alt(KeyCode::Char('i')), Press::new(KeyCode::F(6))],
        "inbox",
        "List the rooms with something unread, and go to the first of it",
        None,
    ),
    spec(
        Action::NextRoom,
        "next-room",
        &[Press::ctrl('n'), Press::alt(KeyCode::Down)],
        "next room",
        "Go to the next room of the list",
        None,
    ),
    spec(
        Action::PreviousRoom,
        "previous-room",
        &[Press::ctrl('p'), Press::alt(KeyCode::Up)],
        "previous room",
        "Go to the previous room of the list",
        None,
    ),
    spec(Action::PageUp, "older", &[Press::new(KeyCode::PageUp)], "older", "Show older messages", None),
    spec(Action::PageDown, "newer", &[Press::new(KeyCode::PageDown)], "newer", "Show newer messages", None),
    spec(
        Action::Newest,
        "newest",
        &[Press::held(KeyCode::End, CTRL)],
        "newest",
        "Show the newest messages",
        None,
    ),
    spec(
        Action::Oldest,
        "oldest",
        &[Press::held(KeyCode::Home, CTRL)],
        "oldest",
        "Show the oldest messages that are loaded",
        None,
    ),
    spec(
        Action::Select,
        "select",
        &[Press::new(KeyCode::Esc)],
        "select",
        "Select a message, to copy it or to send it again",
        WRITING,
    ),
    spec(
        Action::SelectUp,
        "up",
        &[Press::new(KeyCode::Up), Press::new(KeyCode::Char('k'))],
        "up",
        "Select the message above",
        SELECTING,
    ),
    spec(
        Action::SelectDown,
        "down",
        &[Press::new(KeyCode::Down), Press::new(KeyCode::Char('j'))],
        "down",
        "Select the message below",
        SELECTING,
    ),
    spec(
        Action::SelectFirst,
        "first",
        &[Press::new(KeyCode::Char('g')), Press::new(KeyCode::Home)],
        "oldest",
        "Select the oldest message",
        SELECTING,
    ),
    spec(
        Action::SelectLast,
        "last",
        &[Press::new(KeyCode::Char('G')), Press::new(KeyCode::End)],
        "newest",
        "Select the newest message",
        SELECTING,
    ),
    spec(
        Action::SelectUnread,
        "unread",
        &[Press::new(KeyCode::Char('u'))],
        "first new",
        "Select the first new message",
        SELECTING,
    ),
    spec(
        Action::Copy,
        "copy",
        &[Press::new(KeyCode::Char('y'))],
        "copy",
        "Copy the selected message",
        SELECTING,
    ),
    spec(
        Action::Link,
        "link",
        &[Press::new(KeyCode::Char('o'))],
        "link",
        "Open the link in the selected message, or copy it where there is no desktop",
        SELECTING,
    ),
    spec(
        Action::Retry,
        "retry",
        &[Press::new(KeyCode::Char('R'))],
        "retry",
        "Send a message that failed again",
        SELECTING,
    ),
    spec(
        Action::Discard,
        "discard",
        &[Press::new(KeyCode::Char('x'))],
        "discard",
        "Take a message that failed away",
        SELECTING,
    ),
    spec(
        Action::Edit,
        "edit",
        &[Press::new(KeyCode::Char('e'))],
        "edit",
        "Put a message that failed back into the box",
        SELECTING,
    ),
    spec(
        Action::Write,
        "write",
        &[Press::new(KeyCode::Esc), Press::new(KeyCode::Enter), Press::new(KeyCode::Char('i'))],
        "write",
        "Go back to the box",
        SELECTING,
    ),
    spec(
        Action::Clear,
        "clear",
        &[Press::ctrl('c')],
        "clear",
        "Empty the box (Ctrl-_ brings it back); twice on an empty box quits",
        None,
    ),
    spec(
        Action::History,
        "history",
        &[Press::ctrl('r')],
        "history",
        "Find a message of one's own, to write it again",
        WRITING,
    ),
    spec(
        Action::Editor,
        "editor",
        &[Press::ctrl('x').then(Press::ctrl('e'))],
        "editor",
        "Go on writing in $EDITOR",
        WRITING,
    ),
    spec(Action::Sidebar, "sidebar", &[Press::ctrl('b')], "rooms", "Show or hide the list of rooms", None),
    spec(
        Action::Members,
        "members",
        &[Press::new(KeyCode::F(2))],
        "members",
        "Show or hide the members",
        None,
    ),
    spec(
        Action::Bare,
        "bare",
        &[Press::new(KeyCode::F(11)), Press::alt(KeyCode::Char('l'))],
        "bare",
        "Show the messages alone, for copying with the terminal",
        None,
    ),
    spec(
        Action::CaptureMouse,
        "mouse",
        &[Press::new(KeyCode::F(12))],
        "mouse",
        "Give the mouse to the terminal, or take it back",
        None,
    ),
    spec(
        Action::Help,
        "help",
        &[Press::new(KeyCode::F(1))],
        "help",
        "Show all keys (also ? in an empty box)",
        None,
    ),
    spec(
        Action::Reconnect,
        "reconnect",
        &[Press::new(KeyCode::F(5))],
        "reconnect",
        "Try to connect now",
        None,
    ),
    spec(Action::Redraw, "redraw", &[Press::ctrl('l')], "redraw", "Draw the screen anew", None),
    spec(
        Action::Suspend,
        "suspend",
        &[Press::ctrl('z')],
        "suspend",
        "Go back to the shell; fg comes back",
        None,
    ),
    spec(Action::Invite, "invite", &[], "invite", "Make an invitation to this private room", None),
    spec(Action::Leave, "leave", &[], "leave", "Leave this room for good", None),
    spec(Action::SignOut, "sign-out", &[], "sign out", "End this session", None),
    spec(Action::Quit, "quit", &[Press::ctrl('q')], "quit", "Quit; what is not sent yet is not lost", None),
];
