//! All that a person can do: the one list that keys, hints, help and the palette are made of.

use super::{
    model::{Model, Place},
    press::Press,
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Send,
    Newline,
    GoTo,
    Commands,
    NextUnread,
    NextRoom,
    PreviousRoom,
    PageUp,
    PageDown,
    Newest,
    Oldest,
    Select,
    SelectUp,
    SelectDown,
    SelectFirst,
    SelectLast,
    SelectUnread,
    Copy,
    Retry,
    Discard,
    Edit,
    Write,
    Clear,
    Sidebar,
    Members,
    Bare,
    CaptureMouse,
    Help,
    Reconnect,
    Redraw,
    Suspend,
    Invite,
    Leave,
    SignOut,
    Quit,
}

/// What is known of an action.
#[derive(Debug)]
pub(crate) struct Spec {
    pub(crate) action: Action,
    /// What it is called where keys are configured.
    #[cfg_attr(not(test), allow(dead_code, reason = "keys can't be configured yet"))]
    pub(crate) id: &'static str,
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
        &[
            Press::ctrl('j'),
            Press::alt(KeyCode::Enter),
            Press { code: KeyCode::Enter, held: KeyModifiers::SHIFT },
        ],
        "new line",
        "Begin a new line in the message",
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
        &[Press { code: KeyCode::End, held: CTRL }],
        "newest",
        "Show the newest messages",
        None,
    ),
    spec(
        Action::Oldest,
        "oldest",
        &[Press { code: KeyCode::Home, held: CTRL }],
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
    spec(
        Action::Quit,
        "quit",
        &[Press::ctrl('q')],
        "quit",
        "Quit; drafts and unsent messages are kept",
        None,
    ),
];

/// What is known of an action.
pub(crate) fn of(action: Action) -> &'static Spec {
    // Each is in the list: a test says so.
    ACTIONS.iter().find(|spec| spec.action == action).unwrap_or(&ACTIONS[0])
}

/// What a key does at this place.
pub(crate) fn bound(key: &KeyEvent, place: Place) -> Option<Action> {
    let here = |spec: &&Spec| spec.place.is_none_or(|wanted| wanted == place);
    ACTIONS
        .iter()
        .filter(here)
        .find(|spec| spec.keys.iter().any(|press| press.is(key)))
        .map(|spec| spec.action)
}

/// Why an action can't be done now.
pub(crate) fn disabled(action: Action, model: &Model) -> Option<&'static str> {
    let room = model.room.as_ref();
    let listed = room.and_then(|room| model.rooms.get(room.id));
    let selected = model.selected();
    match action {
        Action::Send
        | Action::Newline
        | Action::Select
        | Action::Oldest
        | Action::Members
        | Action::Leave
            if room.is_none() =>
        {
            Some("no room is open")
        }
        Action::Leave if listed.and_then(|room| room.place.as_ref()).is_some_and(|place| place.is_owner) => {
            Some("its owner can't leave a room")
        }
        Action::Invite if listed.is_none_or(|room| !room.is_private) => {
            Some("only private rooms need invitations")
        }
        Action::Invite if listed.and_then(|room| room.place.as_ref()).is_none_or(|place| !place.is_owner) => {
            Some("only the room's owner can invite")
        }
        Action::Retry | Action::Discard | Action::Edit
            if !selected.is_some_and(|entry| entry.has_failed()) =>
        {
            Some("the selected message has not failed")
        }
        Action::Copy if selected.is_none() => Some("no message is selected"),
        Action::NextUnread if model.rooms.unread() == 0 => Some("everything is read"),
        Action::Reconnect if model.connection.is_online() => Some("the connection holds"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_key_means_two_things_at_one_place() {
        for place in [Place::Writing, Place::Selecting] {
            let mut taken = HashSet::new();
            for spec in ACTIONS.iter().filter(|spec| spec.place.is_none_or(|wanted| wanted == place)) {
                for key in spec.keys {
                    assert!(taken.insert(key.name()), "{} of {} is taken", key.name(), spec.id);
                }
            }
        }
    }

    #[test]
    fn every_key_of_alt_has_a_twin_without() {
        let alt = |press: &Press| press.held.contains(KeyModifiers::ALT);
        for spec in ACTIONS.iter().filter(|spec| spec.keys.iter().any(alt)) {
            assert!(spec.keys.iter().any(|press| !alt(press)), "{}", spec.id);
        }
    }

    #[test]
    fn what_the_list_says_of_an_action_is_said_once() {
        let ids: HashSet<_> = ACTIONS.iter().map(|spec| spec.id).collect();
        let actions: HashSet<_> = ACTIONS.iter().map(|spec| spec.action).collect();
        assert_eq!((ids.len(), actions.len()), (ACTIONS.len(), ACTIONS.len()));
        assert_eq!(of(Action::Quit).action, Action::Quit);
    }
}
