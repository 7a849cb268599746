//! Writing and sending.

use super::tell;
use crate::tui::{
    complete::{Completed, begun, candidates, nothing},
    compose::line_feeds,
    drafts::merged,
    message::{Drafts, Effect, Refused},
    model::Model,
    safe::Safe,
    switcher::own_messages,
    timeline::View,
};
use parlor_client::protocol::ids::RoomId;
use std::time::Duration;

/// The others are told that one is typing at most so often.
const TELL_AGAIN: Duration = Duration::from_secs(3);
/// Drafts are kept so long after a change.
const KEEP_AFTER: Duration = Duration::from_secs(2);
/// The contract's longest message, in characters.
pub(crate) const LONGEST: usize = 4000;

/// The text in the box changed.
pub(crate) fn changed(model: &mut Model, effects: &mut Vec<Effect>) {
    let now = model.now.up;
    model.compose.completed = None;
    model.drafts_due.get_or_insert(now + KEEP_AFTER);
    let Some(room) = model.room.as_ref().map(|room| room.id) else { return };
    if model.compose.is_empty() || model.compose.text().starts_with('/') {
        stopped(model, effects);
        return;
    }
    model.compose.touched = Some(now);
    if model.connection.is_online() && model.compose.told.is_none_or(|told| told + TELL_AGAIN <= now) {
        model.compose.told = Some(now);
        effects.push(Effect::Typing(room, true));
    }
}

/// One is no longer typing.
pub(crate) fn stopped(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.compose.told.take().is_some()
        && let Some(room) = &model.room
    {
        effects.push(Effect::Typing(room.id, false));
    }
}

/// Puts what is in the box among the drafts.
pub(crate) fn keep(model: &mut Model) {
    let Some(room) = &model.room else { return };
    let text = model.compose.text();
    if text.is_empty() {
        model.drafts.remove(&room.id);
    } else {
        model.drafts.insert(room.id, text);
    }
}

/// The same, and keeps them on disk with what was refused, of which the next run knows nothing else.
pub(crate) fn save(model: &mut Model, effects: &mut Vec<Effect>) {
    keep(model);
    model.drafts_due = None;
    let mut drafts = model.drafts.clone();
    put_before(&mut drafts, &model.refused);
    effects.push(Effect::SaveDrafts(drafts));
}

/// The same, after which what was refused is nothing but drafts.
pub(crate) fn keep_all(model: &mut Model, effects: &mut Vec<Effect>) {
    keep(model);
    let refused = std::mem::take(&mut model.refused);
    put_before(&mut model.drafts, &refused);
    show_draft(model);
    save(model, effects);
}

/// Takes up what is kept of one's drafts, to which another chat may have added, or the end of the session before. What has changed
/// here since `before`, as they were kept last, could not be kept, and stays.
pub(crate) fn take_up(model: &mut Model, kept: &Drafts, before: &Drafts) {
    keep(model);
    let of = |drafts: &Drafts, room| drafts.get(room).cloned().unwrap_or_default();
    for room in kept.keys() {
        let here = of(&model.drafts, room);
        model.drafts.insert(*room, merged(&of(kept, room), &of(before, room), &here));
    }
    model.drafts.retain(|_, draft| !draft.is_empty());
    if model.drafts != *kept {
        model.drafts_due.get_or_insert(model.now.up + KEEP_AFTER);
    }
    show_draft(model);
}

fn put_before(drafts: &mut Drafts, refused: &[Refused]) {
    // The last of them comes first, so that they stand as they were written.
    for refused in refused.iter().rev() {
        let draft = drafts.entry(refused.room).or_default();
        *draft = before(&refused.text, draft);
    }
}

/// The box would be kept in place of the draft of its room.
fn show_draft(model: &mut Model) {
    let Some(room) = &model.room else { return };
    let draft = model.drafts.get(&room.id).map_or("", String::as_str);
    if draft != model.compose.text() {
        model.compose.put(draft);
    }
}

/// A text that was sent, before one that is not yet.
pub(crate) fn before(text: &str, draft: &str) -> String {
    // It may have been sent by another program, with what no box holds.
    let text = line_feeds(text);
    if draft.is_empty() { text } else { format!("{text}\n{draft}") }
}

/// The room on the screen is about to be another one.
pub(crate) fn leave(model: &mut Model, effects: &mut Vec<Effect>) {
    stopped(model, effects);
    if model.room.is_some() {
        save(model, effects);
    }
}

/// Sends what is in the box, or obeys it if it is a command.
pub(crate) fn send(model: &mut Model, effects: &mut Vec<Effect>) {
    let text = model.compose.text();
    if text.trim().is_empty() {
        return;
    }
    if text.starts_with('/') && !text.starts_with("//") && !text.contains('\n') {
        if super::lines::command(model, &text, effects) {
            model.compose.put("");
            changed(model, effects);
        }
        return;
    }
    // Two slashes are how a message begins with one.
    let text = text.strip_prefix('/').filter(|rest| rest.starts_with('/')).unwrap_or(&text).to_owned();
    if say(model, text, effects) {
        model.compose.begin("");
        save(model, effects);
    }
}

/// Sends a message to the room on the screen. Answers whether it did.
pub(crate) fn say(model: &mut Model, text: String, effects: &mut Vec<Effect>) -> bool {
    let length = text.chars().count();
    if length > LONGEST {
        let words = format!("This message has {length} characters; {LONGEST} can be sent at once.");
        tell(model, Safe::line(&words));
        return false;
    }
    stopped(model, effects);
    let Some(room) = &mut model.room else { return false };
    room.view = View::Newest;
    room.below = 0;
    model.sent.push((room.id, text.clone()));
    effects.push(Effect::Send(room.id, text));
    true
}

/// Puts what was pasted into the box.
pub(crate) fn paste(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    model.compose.paste(text);
    changed(model, effects);
}

/// What was written in the editor goes into the box; undo brings the text before back.
pub(crate) fn edited(model: &mut Model, room: RoomId, text: &str, effects: &mut Vec<Effect>) {
    if model.room.as_ref().is_some_and(|open| open.id == room) {
        model.compose.put("");
        paste(model, text, effects);
    } else {
        // The room has gone meanwhile, or is not on the screen.
        model.drafts.insert(room, line_feeds(text));
        model.drafts_due.get_or_insert(model.now.up + KEEP_AFTER);
    }
}

/// Fetches one's own messages into the box, older or newer. Answers whether it did.
pub(crate) fn recall(model: &mut Model, older: bool) -> bool {
    let text = model.compose.text();
    let at = match &model.compose.recalled {
        Some((at, fetched)) if *fetched == text => Some(*at),
        _ if text.is_empty() => None,
        _ => return false,
    };
    let next = match (at, older) {
        (None, true) => 0,
        (None, false) => return false,
        (Some(at), true) => at + 1,
        (Some(0), false) => {
            model.compose.recalled = None;
            model.compose.put("");
            return true;
        }
        (Some(at), false) => at - 1,
    };
    let all = own_messages(model);
    if let Some(text) = all.get(next).cloned() {
        model.compose.put(&text);
        model.compose.recalled = Some((next, text));
    }
    true
}

/// Puts in place of what is half written before the cursor the first thing that is like it, or in place of that the one so many after.
pub(crate) fn complete(model: &mut Model, by: isize, effects: &mut Vec<Effect>) {
    let (line, is_first) = model.compose.before_cursor();
    let last = model.compose.completed.take().filter(|last| line.ends_with(&last.put));
    let (written, stands, at) = if let Some(Completed { written, at, put }) = last {
        (written, put, at.cast_signed() + by)
    } else {
        let Some(begun) = begun(&line, is_first).map(str::to_owned) else { return };
        (begun.clone(), begun, if by < 0 { -1 } else { 0 })
    };
    let all = candidates(model, &written);
    let count = all.len().cast_signed();
    let Some(candidate) = (count > 0).then(|| &all[at.rem_euclid(count).cast_unsigned()]) else {
        let words = nothing(model, &written);
        return tell(model, Safe::line(&words));
    };
    model.compose.replace(&stands, &candidate.put);
    let at = at.rem_euclid(count).cast_unsigned();
    let completed = Completed { written, at, put: candidate.put.clone() };
    changed(model, effects);
    model.compose.completed = Some(completed);
}

/// A message could not be queued: it goes back to where it was written.
pub(crate) fn unsent(model: &mut Model, id: RoomId, text: String, why: Safe) {
    let is_open = model.room.as_ref().is_some_and(|room| room.id == id);
    let elsewhere = model.rooms.get(id).map(|room| format!("A message to #{} is a draft there", room.name));
    let what = if is_open {
        "The message is in the box again".to_owned()
    } else {
        elsewhere.unwrap_or_else(|| "A message was not sent".to_owned())
    };
    if is_open {
        let all = before(&text, &model.compose.text());
        model.compose.put(&all);
    } else {
        let draft = model.drafts.entry(id).or_default();
        *draft = before(&text, draft);
    }
    model.drafts_due.get_or_insert(model.now.up + KEEP_AFTER);
    tell(model, Safe::line(&format!("{what}: {why}")));
}
