//! All that a person can do: the one list that keys, hints, help and the palette are made of.

mod list;

pub(crate) use list::{ACTIONS, Spec};

use super::{model::Model, switcher::links};

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Send,
    Newline,
    Complete,
    GoTo,
    Commands,
    NextUnread,
    Inbox,
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
    Link,
    Retry,
    Discard,
    Edit,
    Write,
    Clear,
    History,
    Editor,
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
pub(crate) fn of(action: Action) -> &'static Spec {
    // Each is in the list: a test says so.
    ACTIONS.iter().find(|spec| spec.action == action).unwrap_or(&ACTIONS[0])
}

/// Why an action can't be done now.
pub(crate) fn disabled(action: Action, model: &Model) -> Option<&'static str> {
    let room = model.room.as_ref();
    let listed = room.and_then(|room| model.rooms.get(room.id));
    let selected = model.selected();
    match action {
        Action::Send
        | Action::Newline
        | Action::Complete
        | Action::History
        | Action::Editor
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
        Action::Retry | Action::Discard | Action::Edit if !selected.is_some_and(|entry| entry.is_aside()) => {
            Some("the selected message is none that was left unsent")
        }
        Action::Copy | Action::Link if selected.is_none() => Some("no message is selected"),
        Action::Link
            if selected.and_then(|entry| entry.said()).is_none_or(|said| links(&said.text).is_empty()) =>
        {
            Some("the selected message has no link")
        }
        Action::NextUnread | Action::Inbox if model.rooms.unread() == 0 => Some("everything is read"),
        Action::Reconnect if model.connection.is_online() => Some("the connection holds"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn what_the_list_says_of_an_action_is_said_once() {
        let ids: HashSet<_> = ACTIONS.iter().map(|spec| spec.id).collect();
        let actions: HashSet<_> = ACTIONS.iter().map(|spec| spec.action).collect();
        assert_eq!((ids.len(), actions.len()), (ACTIONS.len(), ACTIONS.len()));
        assert_eq!(of(Action::Quit).action, Action::Quit);
    }
}
