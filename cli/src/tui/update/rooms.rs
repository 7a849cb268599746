//! Opening, leaving and reading rooms.

use super::{tell, writing};
use crate::tui::{
    entry::Entry,
    message::{Astray, Effect, Voice},
    model::{Bell, Model, Overlay, Wanted},
    rooms::{Listed, Place},
    safe::Safe,
    scroll,
    switcher::{Kind, Switcher},
    timeline::{Loading, Marker, OpenRoom, View},
};
use parlor_client::protocol::ids::RoomId;
use std::{sync::Arc, time::Duration};

/// What one joins, makes or leaves elsewhere, the server tells nobody who is not in it: while somebody looks, it is asked so often.
pub(crate) const ASK_AGAIN: Duration = Duration::from_secs(30);

/// It rings at most so often.
const RING_AGAIN: Duration = Duration::from_secs(2);

/// Asks the server for its rooms.
pub(crate) fn ask(model: &mut Model, effects: &mut Vec<Effect>) {
    model.rooms_asked = Some(model.now.up);
    effects.push(Effect::LoadRooms);
}

/// Asks for them if there is a connection: somebody looks for one.
pub(crate) fn look_for(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.connection.is_online() {
        ask(model, effects);
    }
}

/// Asks for them again when it is time.
pub(crate) fn ask_again(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.rooms_asked.is_some_and(|asked| asked + ASK_AGAIN <= model.now.up) {
        look_for(model, effects);
    }
}

/// The server's list came.
pub(crate) fn listed(model: &mut Model, list: Vec<Listed>, effects: &mut Vec<Effect>) {
    let is_own = |id: RoomId| list.iter().any(|room| room.id == id && room.is_own());
    let lost: Vec<_> = model.rooms.own().into_iter().filter(|room| !is_own(room.id)).collect();
    let lost: Vec<_> = lost.into_iter().map(|room| (room.id, room.name.clone())).collect();
    model.rooms.replace(list);
    model.rooms_known = true;
    for (id, name) in lost {
        tell(model, Safe::line(&format!("#{name}: you are no longer in this room.")));
        close(model, id, effects);
    }
    if let Wanted::Named(name) = &model.wanted {
        let name = name.clone();
        // What is written from now on is meant for that one.
        model.wanted = Wanted::Other;
        begin(model, &name, effects);
    } else if model.room.is_none()
        && model.wanted == Wanted::First
        && let Some(first) = model.rooms.own().first()
    {
        let id = first.id;
        open(model, id, effects);
    }
}

/// Shows or joins the room that was named at the start.
fn begin(model: &mut Model, name: &str, effects: &mut Vec<Effect>) {
    let found: Vec<_> = model.rooms.named(name).into_iter().map(|room| (room.id, room.is_own())).collect();
    match found[..] {
        [(id, true)] => open(model, id, effects),
        [(id, false)] => effects.push(Effect::Join(id)),
        [] => astray(model, name, Astray::NoRoom(no_room(name)), effects),
        [..] => astray(model, name, Astray::SeveralRooms(several_rooms(name)), effects),
    }
}

/// The room that was named at the start is not to be had.
fn astray(model: &mut Model, name: &str, why: Astray, effects: &mut Vec<Effect>) {
    if model.is_plain {
        // What is written goes nowhere else.
        return effects.push(Effect::End(why));
    }
    let (Astray::NoRoom(words) | Astray::SeveralRooms(words)) = &why;
    tell(model, words.clone());
    model.overlay = Some(Overlay::Switcher(Box::new(Switcher::new(Kind::Rooms, name))));
}

fn no_room(name: &str) -> Safe {
    Safe::line(&format!("There is no room named {name} that you can see."))
}

/// That a name is not clear.
pub(crate) fn several_rooms(name: &str) -> Safe {
    Safe::line(&format!("Several rooms are named {name}: say which."))
}

/// A room could not be joined or made.
pub(crate) fn not_entered(model: &mut Model, why: Safe, effects: &mut Vec<Effect>) {
    let from_start = model.wanted == Wanted::Entering { from_start: true };
    model.wanted = if from_start { Wanted::Other } else { Wanted::First };
    if from_start && model.is_plain {
        effects.push(Effect::End(Astray::NoRoom(why)));
    } else {
        tell(model, why);
    }
}

/// Shows a room.
pub(crate) fn open(model: &mut Model, id: RoomId, effects: &mut Vec<Effect>) {
    if model.room.as_ref().is_some_and(|room| room.id == id) {
        return;
    }
    let Some(listed) = model.rooms.get(id).filter(|room| room.is_own()) else { return };
    let marker = match (listed.unread(), &listed.place) {
        (count @ 1.., Some(place)) => Some(Marker { after: place.read, count }),
        _ => None,
    };
    let name = listed.name.clone();
    writing::leave(model, effects);
    model.rooms.look_at(id);
    model.wanted = Wanted::First;
    model.selected = None;
    model.room = Some(OpenRoom::new(id, marker));
    model.compose.begin(model.drafts.get(&id).map_or("", String::as_str));
    model.speak(&format!("You are in {name} now."));
    effects.extend([Effect::Open(id), Effect::LoadMembers(id)]);
}

/// Asks again for what the server could not tell of the room on the screen: all of it, or the page before the first message.
pub(crate) fn load_again(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(room) = &mut model.room else { return };
    if let Loading::Failed(_) = room.state {
        room.state = Loading::Waiting;
        effects.push(Effect::Open(room.id));
    } else if let Loading::Failed(_) = room.older {
        room.older = Loading::Waiting;
        effects.push(Effect::LoadOlder(room.id));
    }
}

/// Shows a room from the first message that is not read.
pub(crate) fn open_at_unread(model: &mut Model, id: RoomId, effects: &mut Vec<Effect>) {
    open(model, id, effects);
    let place = model.rooms.get(id).and_then(|room| room.place.as_ref()).map(|place| place.read);
    let Some(room) = model.room.as_mut().filter(|room| room.id == id) else { return };
    room.seeks = room.marker.map(|marker| marker.after).or(place);
    seek(model);
}

/// Goes on looking for the first message that is not read, until its page is loaded.
pub(crate) fn seek(model: &mut Model) {
    let Some(room) = &mut model.room else { return };
    let Some(after) = room.seeks.filter(|_| room.state == Loading::Ready) else { return };
    let is_new = |entry: &Arc<Entry>| entry.said().is_some() && entry.seq().is_some_and(|seq| seq > after);
    let first = room.entries.iter().position(is_new);
    let has_before = room.entries.iter().any(|entry| entry.seq().is_some_and(|seq| seq <= after));
    if has_before || room.has_beginning() || matches!(room.older, Loading::Failed(_)) {
        room.seeks = None;
        if let Some(first) = first {
            scroll::to_top(model, first);
        }
    } else {
        // What is seen makes the page before it load.
        scroll::jump(model, false);
    }
}

/// A room is gone, or one is no member of it any more.
pub(crate) fn gone(model: &mut Model, id: RoomId, why: &Safe, effects: &mut Vec<Effect>) {
    let known = model.rooms.get(id).filter(|room| room.is_own()).map(|room| room.name.clone());
    if let Some(name) = known {
        model.rooms.remove(id);
        tell(model, Safe::line(&format!("#{name}: {why}")));
        // It may be one that can be joined again.
        ask(model, effects);
    }
    close(model, id, effects);
}

/// Shows another room, if it is this one that is on the screen.
fn close(model: &mut Model, id: RoomId, effects: &mut Vec<Effect>) {
    if model.room.as_ref().is_some_and(|room| room.id == id) {
        writing::keep(model);
        (model.room, model.selected) = (None, None);
        model.compose.begin("");
        if let Some(next) = model.rooms.own().first() {
            let id = next.id;
            open(model, id, effects);
        }
    }
}

/// Rings for an entry that nobody sees come, if that is wanted.
pub(crate) fn ring(model: &mut Model, id: RoomId, seq: i64, voice: &Voice, effects: &mut Vec<Effect>) {
    let by = match voice {
        Voice::ToMe(by) if model.bell != Bell::Never => by,
        Voice::Another(by) if model.bell == Bell::Message => by,
        _ => return,
    };
    let is_open = |room: &OpenRoom| room.id == id && room.view == View::Newest;
    let is_seen = model.is_watched() && model.room.as_ref().is_some_and(is_open);
    // Read elsewhere, or told again after a lost connection.
    let is_new = |place: &Place| seq > place.read && seq > place.last();
    let room = model.rooms.get(id).filter(|room| room.place.as_ref().is_some_and(is_new));
    let is_quiet = model.rung.is_none_or(|rung| rung + RING_AGAIN <= model.now.up);
    if let Some(room) = room
        && !is_seen
        && is_quiet
    {
        // Not what was said: others may see the desktop.
        effects.push(Effect::Ring(Safe::line(&format!("{by} wrote in #{}", room.name))));
        model.rung = Some(model.now.up);
    }
}

/// An entry of one of one's rooms came.
pub(crate) fn arrived(model: &mut Model, id: RoomId, seq: i64, counts: bool) {
    let before = model.rooms.get(id).map_or(0, Listed::unread);
    model.rooms.arrived(id, seq, counts);
    let Some(listed) = model.rooms.get(id) else { return };
    let (unread, read, name) =
        (listed.unread(), listed.place.as_ref().map(|place| place.read), listed.name.clone());
    let watched = model.is_watched();
    match &mut model.room {
        Some(room) if room.id == id => {
            // Nobody looks: where they come back to is marked.
            let unseen = !watched || room.view != View::Newest;
            if let (true, true, Some(after)) = (counts, unseen, read) {
                let marker = room.marker.get_or_insert(Marker { after, count: 0 });
                marker.count = marker.count.max(unread);
            }
        }
        _ if unread > before => {
            model.speak(&format!("{unread} unread in {name}."));
        }
        _ => {}
    }
}

/// Goes along the list.
pub(crate) fn step(model: &mut Model, by: isize, effects: &mut Vec<Effect>) {
    let own: Vec<RoomId> = model.rooms.own().iter().map(|room| room.id).collect();
    let Some(last) = own.len().checked_sub(1) else { return };
    let current = model.room.as_ref().and_then(|room| own.iter().position(|id| *id == room.id));
    let next = match current {
        Some(at) if by < 0 => at.checked_sub(1).unwrap_or(last),
        Some(at) if at == last => 0,
        Some(at) => at + 1,
        None => 0,
    };
    open(model, own[next], effects);
}

/// Goes to the room in which something has been unread.
pub(crate) fn next_unread(model: &mut Model, effects: &mut Vec<Effect>) {
    let current = model.room.as_ref().map(|room| room.id);
    let own = model.rooms.own();
    let next = own.iter().find(|room| room.unread() > 0 && Some(room.id) != current);
    if let Some(id) = next.map(|room| room.id) {
        open(model, id, effects);
    }
}
