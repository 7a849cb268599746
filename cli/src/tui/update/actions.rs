//! What each action does.

use super::{rooms, sign_in_again, tell, writing};
use crate::tui::{
    action::{self, Action},
    layout::{WITH_MEMBERS, areas},
    message::Effect,
    model::{Help, Model, Mouse, Overlay, Page, Question},
    safe::Safe,
    scroll,
    switcher::{Kind, Switcher, Target, links},
    timeline::OpenRoom,
};
use parlor_client::timeline::Key;

/// Does it, or says why not.
pub(crate) fn run(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    if let Some(why) = action::disabled(action, model) {
        tell(model, Safe::line(&format!("Not now: {why}.")));
        return;
    }
    match action {
        // Nothing is to be sent.
        Action::Send if model.compose.is_empty() => rooms::load_again(model, effects),
        Action::Send => writing::send(model, effects),
        Action::Newline => {
            model.compose.area.insert_newline();
            writing::changed(model, effects);
        }
        Action::Complete => writing::complete(model, 1, effects),
        Action::GoTo => switch(model, effects),
        Action::Commands => choose_from(model, Kind::Rooms, ">"),
        Action::Inbox => {
            rooms::look_for(model, effects);
            choose_from(model, Kind::Inbox, "");
        }
        Action::History => choose_from(model, Kind::History, ""),
        Action::Editor => {
            let text = model.compose.text();
            effects.extend(model.room.as_ref().map(|room| Effect::EditOutside(room.id, text)));
        }
        Action::NextUnread => rooms::next_unread(model, effects),
        Action::NextRoom => rooms::step(model, 1, effects),
        Action::PreviousRoom => rooms::step(model, -1, effects),
        Action::PageUp => older(model, effects),
        Action::PageDown => scroll::scroll(model, scroll::page(model)),
        Action::Newest => scroll::jump(model, true),
        Action::Oldest => scroll::jump(model, false),
        Action::Select => select(model, None),
        Action::SelectUp => step(model, -1),
        Action::SelectDown => step(model, 1),
        Action::SelectFirst => select(model, Some(0)),
        Action::SelectLast | Action::SelectUnread => {
            let after = model.room.as_ref().and_then(|room| room.marker).map(|marker| marker.after);
            let first = after.filter(|_| action == Action::SelectUnread).and_then(|after| {
                let entries = &model.room.as_ref()?.entries;
                entries.iter().position(|entry| entry.seq().is_some_and(|seq| seq > after))
            });
            model.selected = None;
            select(model, first);
        }
        Action::Copy => {
            if let Some(said) = model.selected().and_then(|entry| entry.said()) {
                effects.push(Effect::Copy(said.text.to_string()));
                model.selected = None;
                tell(model, Safe::line("Copied."));
            }
        }
        Action::Link => {
            let text = model.selected().and_then(|entry| entry.said()).map(|said| said.text.to_string());
            match links(&text.unwrap_or_default()).as_slice() {
                [only] => choose(model, Target::Link((*only).to_owned()), effects),
                _ => choose_from(model, Kind::Links, ""),
            }
        }
        Action::Retry | Action::Discard | Action::Edit => failed(model, action, effects),
        Action::Write => write(model, effects),
        Action::Clear => clear(model, effects),
        Action::Sidebar if areas(model).sidebar.is_none() && model.panes.sidebar && !model.panes.bare => {
            // There is no space for the list.
            switch(model, effects);
        }
        Action::Sidebar => model.panes.sidebar = !model.panes.sidebar,
        Action::Members => members(model, effects),
        Action::Bare => model.panes.bare = !model.panes.bare,
        Action::CaptureMouse => {
            let (mouse, words) = match model.mouse {
                Mouse::Ours => (Mouse::Terminals, "The mouse selects text now."),
                Mouse::Terminals => (Mouse::Ours, "The mouse works here."),
            };
            model.mouse = mouse;
            effects.push(Effect::CaptureMouse(mouse == Mouse::Ours));
            tell(model, Safe::line(words));
        }
        Action::Help => model.overlay = Some(Overlay::Help(Help::default())),
        Action::Reconnect => effects.push(Effect::Reconnect),
        Action::Redraw => effects.push(Effect::Redraw),
        Action::Suspend => effects.push(Effect::Suspend),
        Action::Invite => effects.extend(model.room.as_ref().map(|room| Effect::Invite(room.id))),
        Action::Leave => {
            if let Some(id) = model.room.as_ref().map(|room| room.id) {
                ask(model, Question::Leave(id));
            }
        }
        Action::SignOut => ask(model, Question::SignOut),
        Action::Quit => quit(model, effects),
    }
}

fn members(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.size.0 < WITH_MEMBERS {
        model.overlay = Some(Overlay::Members(0));
    } else {
        model.panes.members = !model.panes.members;
    }
    // They may not have been told when the room was opened.
    let unknown = model.room.as_ref().filter(|room| room.members.is_none());
    effects.extend(unknown.map(|room| Effect::LoadMembers(room.id)));
}

/// Goes over the rooms, with a list that is fresh in a moment.
fn switch(model: &mut Model, effects: &mut Vec<Effect>) {
    rooms::look_for(model, effects);
    choose_from(model, Kind::Rooms, "");
}

fn choose_from(model: &mut Model, kind: Kind, query: &str) {
    model.overlay = Some(Overlay::Switcher(Box::new(Switcher::new(kind, query))));
}

fn ask(model: &mut Model, question: Question) {
    model.speak(&format!("{} (/yes or /no)", question.words(model)));
    model.overlay = Some(Overlay::Ask(question));
}

/// Ends, or asks first when something would stay unsent.
pub(crate) fn quit(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.waiting > 0 || !model.refused.is_empty() {
        return ask(model, Question::Quit);
    }
    end(model, effects);
}

/// Ends. What is written is kept.
pub(crate) fn end(model: &mut Model, effects: &mut Vec<Effect>) {
    writing::keep_all(model, effects);
    effects.push(Effect::Quit);
}

/// The answer to what was asked.
pub(crate) fn answer(model: &mut Model, yes: bool, effects: &mut Vec<Effect>) {
    let Some(Overlay::Ask(question)) = model.overlay.take() else { return };
    if !yes {
        return;
    }
    match question {
        Question::Quit => end(model, effects),
        Question::Leave(id) => effects.push(Effect::Leave(id)),
        Question::Paste(text) => writing::paste(model, &text, effects),
        // What is written is kept when the server has ended the session.
        Question::SignOut => effects.push(Effect::SignOut),
    }
}

/// The marked line of the switcher was chosen.
pub(crate) fn choose(model: &mut Model, target: Target, effects: &mut Vec<Effect>) {
    // Whatever was said before was of where one was.
    (model.overlay, model.told) = (None, None);
    match target {
        Target::Room(id) => rooms::open(model, id, effects),
        Target::Join(id) => effects.push(Effect::Join(id)),
        Target::Create { name, is_private } => effects.push(Effect::Create { name, is_private }),
        Target::Invitation(code) => effects.push(Effect::JoinByInvite(code)),
        Target::Action(action) => run(model, action, effects),
        Target::Key(action) => {
            let words = format!("{}: {}.", model.keys.spoken(action), action::of(action).help);
            tell(model, Safe::line(&words));
        }
        Target::Unread(id) => rooms::open_at_unread(model, id, effects),
        Target::Text(text) => {
            model.compose.put(&text);
            writing::changed(model, effects);
        }
        Target::Link(link) => {
            model.selected = None;
            effects.push(Effect::OpenLink(link));
        }
        Target::Person(name) => {
            model.selected = None;
            let (before, _) = model.compose.before_cursor();
            let apart = if before.is_empty() || before.ends_with(char::is_whitespace) { "" } else { " " };
            model.compose.area.insert_str(format!("{apart}@{name} "));
            writing::changed(model, effects);
        }
    }
}

/// The third answer, where there is one: what was pasted is sent as it is.
pub(crate) fn at_once(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(Overlay::Ask(Question::Paste(text))) = &model.overlay {
        let text = text.clone();
        if writing::say(model, text, effects) {
            model.overlay = None;
        }
    }
}

fn older(model: &mut Model, effects: &mut Vec<Effect>) {
    scroll::scroll(model, -scroll::page(model));
    rooms::load_again(model, effects);
}

/// Selects the entry at this place, or else the newest one that failed, or the newest one.
fn select(model: &mut Model, at: Option<usize>) {
    let Some(room) = &model.room else { return };
    let Some(last) = room.entries.len().checked_sub(1) else { return };
    let failed = || room.entries.iter().rposition(|entry| entry.is_aside());
    let index = at.or_else(failed).unwrap_or(last).min(last);
    model.selected = room.entries.get(index).map(|entry| entry.key.clone());
    scroll::reveal(model, index);
}

fn step(model: &mut Model, by: isize) {
    let Some(room) = &model.room else { return };
    let at = model.selected.as_ref().and_then(|key| room.position(key));
    let Some(next) = at.map(|at| at.saturating_add_signed(by)) else { return };
    select(model, Some(next));
}

fn failed(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    let Some(room) = model.room.as_ref().map(|room| room.id) else { return };
    let Some(local) = model.selected().and_then(|entry| entry.said()).and_then(|said| said.local.clone())
    else {
        return;
    };
    match action {
        Action::Retry => effects.push(Effect::Retry(room, local.id)),
        Action::Edit if !model.compose.is_empty() => {
            tell(model, Safe::line("The box is not empty: send what is in it first."));
            return;
        }
        Action::Edit => {
            model.compose.put(&local.written);
            writing::changed(model, effects);
            effects.push(Effect::Discard(room, local.id));
        }
        _ => effects.push(Effect::Discard(room, local.id)),
    }
    model.selected = None;
}

/// Back to the box; what was missing at the selected message is loaded.
fn write(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.selected().map(|entry| &entry.key) == model.room.as_ref().and_then(OpenRoom::first) {
        rooms::load_again(model, effects);
    }
    if let (Some(gap @ Key::Gap(_)), Some(room)) = (&model.selected, &mut model.room)
        && room.filling.insert(gap.clone())
    {
        effects.push(Effect::Fill(room.id, gap.clone()));
    }
    model.selected = None;
}

fn clear(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.selected.take().is_some() {
        return;
    }
    if !model.compose.is_empty() {
        model.compose.put("");
        model.compose.recalled = None;
        writing::changed(model, effects);
    } else if model.quits_at_next {
        quit(model, effects);
    } else {
        model.quits_at_next = true;
        let key = model.keys.spoken(Action::Clear);
        tell(model, Safe::line(&format!("{key} once more quits.")));
    }
}

/// The signed-out page was answered.
pub(crate) fn after_sign_out(model: &mut Model) {
    if matches!(model.page, Page::SignedOut) {
        sign_in_again(model);
    }
}
