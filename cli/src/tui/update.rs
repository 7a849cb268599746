//! What each message changes, and what is to be done then. Nothing here waits, reads a clock or touches the machine.
//!
//! | to read about | look in |
//! | --- | --- |
//! | keys, pastes and the mouse | `update/keys.rs`, `update/mouse.rs` |
//! | actions | `update/actions.rs` |
//! | opening, leaving and reading rooms | `update/rooms.rs` |
//! | writing and sending | `update/writing.rs` |
//! | lines entered without a screen | `update/lines.rs` |

mod actions;
mod keys;
pub(crate) mod lines;
mod mouse;
pub(crate) mod rooms;
pub(crate) mod writing;

#[cfg(test)]
mod tests;

use super::{
    clock::Now,
    layout::areas,
    lines::Rows,
    link::State,
    message::{Effect, Message, Voice},
    model::{Model, Outbox, Overlay, Page, TOLD, Wanted},
    safe::Safe,
    scroll,
    sign_in::SignInForm,
    timeline::Loading,
};
use parlor_client::{protocol::ids::RoomId, timeline::Key};
use std::time::Duration;

/// So long after the last key one is no longer typing.
pub(crate) const IDLE: Duration = Duration::from_secs(5);
/// Another is no longer typing so long after the last word of it.
const TYPING: Duration = Duration::from_secs(7);

/// Takes a message in at this moment, and answers what is to be done.
pub(crate) fn update(model: &mut Model, message: Message, now: Now) -> Vec<Effect> {
    model.now = now;
    let mut effects = Vec::new();
    take(model, message, &mut effects);
    if effects
        .iter()
        .any(|effect| matches!(effect, Effect::Join(_) | Effect::JoinByInvite(_) | Effect::Create { .. }))
    {
        model.wanted = Wanted::Entering { from_start: model.wanted == Wanted::Other };
    }
    pass(model, &mut effects);
    look(model, &mut effects);
    effects
}

fn take(model: &mut Model, message: Message, effects: &mut Vec<Effect>) {
    match message {
        Message::Key(key) => keys::key(model, key, effects),
        Message::Paste(text) => keys::paste(model, &text, effects),
        Message::Mouse(event) => mouse::mouse(model, event, effects),
        Message::Resize(width, height) => model.size = (width, height),
        Message::Focus(focus) => model.attention.focus = Some(focus),
        Message::Tick => {}
        Message::Line(line) => lines::line(model, &line, effects),
        Message::Stop => actions::end(model, effects),
        Message::SignedIn(me) => {
            if model.me.as_ref().is_some_and(|before| before.id != me.id) {
                // Another's rooms and texts.
                (model.rooms, model.room) = (super::rooms::Rooms::default(), None);
                model.compose.begin("");
                (model.drafts, model.drafts_due) = (super::message::Drafts::new(), None);
                (model.refused, model.sent) = (Vec::new(), Vec::new());
            }
            (model.me, model.page) = (Some(me), Page::Chat);
            if let Wanted::Entering { .. } = model.wanted {
                // What was under way has gone with the session before.
                model.wanted = Wanted::First;
            }
            model.connection = super::link::Connection::starting(model.now);
            rooms::ask(model, effects);
            // What is on the screen is of the session before.
            effects.extend(model.room.as_ref().map(|room| Effect::Open(room.id)));
        }
        Message::SignInFailed(denied) => {
            if let Page::SignIn(form) = &mut model.page {
                form.failed(denied);
            }
        }
        Message::Link(state) => link(model, state, effects),
        Message::Trouble(trouble) => {
            if model.connection.is_kept_away_by(trouble)
                && let Some(trouble) = trouble.filter(|_| model.connection.is_lost(model.now))
            {
                model.speak(&format!("{}.", trouble.words()));
            }
        }
        Message::Drafts { kept, before } => writing::take_up(model, &kept, &before),
        Message::Waiting(count) => model.waiting = count,
        Message::Held(rooms) => held(model, rooms),
        Message::Rooms(list) => rooms::listed(model, list, effects),
        Message::Room(room) => model.rooms.put(*room),
        Message::RoomGone(id, why) => rooms::gone(model, id, &why, effects),
        Message::NotEntered(why) => rooms::not_entered(model, why, effects),
        Message::Entered(room) => {
            let id = room.id;
            model.rooms.put(*room);
            rooms::open(model, id, effects);
        }
        Message::Arrived { room, seq, voice } => {
            rooms::ring(model, room, seq, &voice, effects);
            rooms::arrived(model, room, seq, voice != Voice::Own);
        }
        Message::ReadTo { room, seq } => {
            if model.rooms.read_to(room, seq) {
                effects.push(Effect::LoadRoom(room));
            }
        }
        Message::Ahead(..)
        | Message::Opened(..)
        | Message::OpenFailed(..)
        | Message::Changed(..)
        | Message::Older(..) => {
            timeline(model, message);
            rooms::seek(model);
        }
        Message::FillFailed(id, gap, why) => {
            if let Some(room) = model.room.as_mut().filter(|room| room.id == id) {
                room.filling.remove(&gap);
                tell(model, Safe::line(&format!("What was missed could not be loaded: {why}")));
            }
        }
        Message::Typing { room: id, user, name, is_typing } => {
            let until = model.now.up + TYPING;
            let me = model.me.as_ref().map(|me| me.id);
            if let Some(room) = model.room.as_mut().filter(|room| room.id == id && me != Some(user)) {
                if is_typing {
                    room.typing.insert(user, (name, until));
                } else {
                    room.typing.remove(&user);
                }
            }
        }
        Message::Presence { user, is_online } => {
            let members = model.room.as_mut().and_then(|room| room.members.as_mut());
            if let Some(person) =
                members.and_then(|members| members.people.iter_mut().find(|person| person.id == user))
            {
                person.is_online = is_online;
            }
        }
        Message::Members(id, members) => {
            if let Some(room) = model.room.as_mut().filter(|room| room.id == id) {
                room.members = Some(members);
            }
        }
        Message::Stale(id) => {
            effects.push(Effect::LoadRoom(id));
            effects.extend(model.room.as_ref().filter(|room| room.id == id).map(|_| Effect::LoadMembers(id)));
        }
        Message::AllStale => rooms::ask(model, effects),
        Message::Unsent(room, text, why) => writing::unsent(model, room, text, why),
        Message::Refused(refused, why) => {
            let is_shown = matches!(model.page, Page::Chat);
            if is_shown && model.room.as_ref().is_some_and(|open| open.id == refused.room) {
                model.refused.push(refused);
                writing::save(model, effects);
            } else {
                writing::unsent(model, refused.room, refused.text, why);
            }
        }
        Message::Settled(id) => {
            let before = model.refused.len();
            model.refused.retain(|refused| refused.id != id);
            if model.refused.len() < before {
                writing::save(model, effects);
            }
        }
        Message::InMemory(is) => model.outbox = if is { Outbox::InMemory } else { Outbox::Kept },
        Message::Edited(room, Ok(text)) => writing::edited(model, room, &text, effects),
        Message::Edited(_, Err(why)) | Message::Told(why) => tell(model, why),
        Message::Invited(link) => {
            let whom = "Who gets this link can join for 7 days: they press Ctrl-K and paste it.";
            model.speak(&format!("{whom} {link}"));
            let copied = "It is in the clipboard, if your terminal lets programs use that.";
            model.overlay = Some(Overlay::Notice(Safe::text(&format!("{whom} {copied}\n\n{link}"))));
            effects.push(Effect::Copy(link.to_string()));
        }
    }
}

/// Some messages are too old to be sent unasked. It is said when there are more than before.
fn held(model: &mut Model, rooms: Vec<RoomId>) {
    let before = std::mem::replace(&mut model.held, rooms).len();
    let words = match model.held.len() {
        now if now <= before => return,
        1 => "1 message waited over a day: it stands in its room until you send it.".to_owned(),
        many => {
            format!("{many} messages waited over a day: each stands in its room until you send it.")
        }
    };
    tell(model, Safe::line(&words));
}

/// Says a sentence for a while.
pub(crate) fn tell(model: &mut Model, text: Safe) {
    model.speak(&text);
    model.told = Some((text, model.now.up + TOLD));
}

fn link(model: &mut Model, state: State, effects: &mut Vec<Effect>) {
    // Who ended the session and the connection both tell of it: the form may be there already.
    if state == State::SignedOut && !matches!(model.page, Page::Chat) {
        return;
    }
    if state == State::SignedOut {
        writing::keep_all(model, effects);
        model.page = Page::SignedOut;
        (model.overlay, model.told, model.compose.told) = (None, None, None);
        model.speak("Signed out: this session has ended.");
    }
    let is_back = state == State::Online;
    if let Some(words) = model.connection.becomes(state, model.now) {
        tell(model, Safe::line(words));
    }
    if is_back {
        rooms::ask(model, effects);
        if let Some(room) = &mut model.room {
            if let Loading::Failed(_) = room.state {
                room.state = Loading::Waiting;
                effects.push(Effect::Open(room.id));
            }
            // What could not be loaded is tried again when it is seen.
            room.older = Loading::Ready;
            room.filling.clear();
            room.told_read = 0;
            effects.push(Effect::LoadMembers(room.id));
        }
    } else if let Some(room) = &mut model.room {
        // Nobody would say when they stop.
        room.typing.clear();
    }
}

fn timeline(model: &mut Model, message: Message) {
    let Some(room) = &mut model.room else { return };
    match message {
        Message::Ahead(id, entries) if id == room.id && room.state == Loading::Waiting => {
            room.entries = entries;
        }
        Message::Opened(id, entries) if id == room.id => room.replace(entries),
        Message::OpenFailed(id, why) if id == room.id => room.state = Loading::Failed(why),
        Message::Changed(id, changes) if id == room.id => room.change(changes),
        Message::Older(id, answer) if id == room.id => {
            room.older = answer.map_or_else(Loading::Failed, |()| Loading::Ready);
        }
        // Of a room that was left meanwhile.
        _ => {}
    }
    if let Some(selected) = &model.selected
        && room.position(selected).is_none()
    {
        model.selected = None;
    }
}

/// What time alone changes.
fn pass(model: &mut Model, effects: &mut Vec<Effect>) {
    let now = model.now.up;
    if matches!(model.page, Page::Chat) && model.is_watched() {
        rooms::ask_again(model, effects);
    }
    if let Some(room) = &mut model.room {
        room.typing.retain(|_, (_, until)| *until > now);
    }
    if model.told.as_ref().is_some_and(|(_, until)| *until <= now) {
        model.told = None;
    }
    if model.compose.told.is_some() && model.compose.touched.is_none_or(|at| at + IDLE <= now) {
        writing::stopped(model, effects);
    }
    // With the session ends who can keep them.
    let is_ending = !matches!(model.page, Page::Chat);
    if model.drafts_due.is_some_and(|due| due <= now || is_ending) {
        writing::save(model, effects);
    }
}

/// What follows from what is seen now: older pages, gaps, and what is read.
fn look(model: &mut Model, effects: &mut Vec<Effect>) {
    if !matches!(model.page, Page::Chat) {
        return;
    }
    let places = areas(model);
    let height = usize::from(places.timeline.height).max(1);
    let watched = model.is_watched();
    let Some(room) = &model.room else { return };
    if room.state != Loading::Ready || room.entries.is_empty() {
        return;
    }
    let rows = Rows::new(model, room, places.timeline.width, places.is_wide);
    let seen = scroll::seen(&rows, room, height);
    let is_newest = room.view == super::timeline::View::Newest;
    // A page ahead is fetched before its rows are needed.
    let wants_older = !model.is_plain
        && seen.first <= height.min(20)
        && !room.has_beginning()
        && room.older == Loading::Ready;
    let gaps: Vec<Key> = (seen.first..=seen.last)
        .filter_map(|index| room.entries.get(index))
        .filter(|entry| matches!(entry.key, Key::Gap(_)) && !room.filling.contains(&entry.key))
        .map(|entry| entry.key.clone())
        .collect();
    let (id, newest) = (room.id, room.newest());
    let unread =
        model.rooms.get(id).and_then(|room| room.place.as_ref()).is_some_and(|place| place.read < newest);
    let online = model.connection.is_online();
    let Some(room) = &mut model.room else { return };
    if wants_older && online {
        room.older = Loading::Waiting;
        effects.push(Effect::LoadOlder(id));
    }
    if online {
        for gap in gaps {
            room.filling.insert(gap.clone());
            effects.push(Effect::Fill(id, gap));
        }
    }
    if watched && is_newest && online && unread && room.told_read < newest {
        room.told_read = newest;
        effects.push(Effect::MarkRead(id, newest));
    }
}

/// A form to sign in again with, after the session has ended.
fn sign_in_again(model: &mut Model) {
    let server = model.me.as_ref().map(|me| me.address.clone()).unwrap_or_default();
    let email = model.me.as_ref().map(|me| me.email.clone()).unwrap_or_default();
    model.page = Page::SignIn(Box::new(SignInForm::new(&server, &email, model.look.glyphs.mask)));
}
