//! Opening, leaving and reading rooms.

use super::{tell, writing};
use crate::tui::{
    message::Effect,
    model::Model,
    rooms::Listed,
    safe::Safe,
    timeline::{Marker, OpenRoom, View},
};
use parlor_client::protocol::ids::RoomId;

/// The server's list came.
pub(crate) fn listed(model: &mut Model, list: Vec<Listed>, effects: &mut Vec<Effect>) {
    model.rooms.replace(list);
    model.rooms_known = true;
    if let Some(room) = &model.room
        && model.rooms.get(room.id).is_none_or(|listed| !listed.is_own())
    {
        let id = room.id;
        gone(model, id, &Safe::line("You are no longer in this room."), effects);
    }
    if let Some(wanted) = model.wanted.take() {
        let named = |room: &&Listed| *room.name == *wanted || room.id.to_string() == wanted;
        let mut found = model.rooms.all().iter().filter(named).collect::<Vec<_>>();
        found.sort_by_key(|room| !room.is_own());
        match found.first().map(|room| (room.id, room.is_own())) {
            Some((id, true)) => return open(model, id, effects),
            Some((id, false)) => return effects.push(Effect::Join(id)),
            None => tell(model, Safe::line(&format!("There is no room named {wanted} that you can see."))),
        }
    }
    if model.room.is_none()
        && let Some(first) = model.rooms.own().first()
    {
        let id = first.id;
        open(model, id, effects);
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
    model.selected = None;
    model.room = Some(OpenRoom::new(id, marker));
    model.compose.begin(model.drafts.get(&id).map_or("", String::as_str));
    model.speak(&format!("You are in {name} now."));
    effects.extend([Effect::Open(id), Effect::LoadMembers(id)]);
}

/// A room is gone, or one is no member of it any more.
pub(crate) fn gone(model: &mut Model, id: RoomId, why: &Safe, effects: &mut Vec<Effect>) {
    let name = model.rooms.get(id).map(|room| room.name.clone());
    model.rooms.remove(id);
    if let Some(name) = name {
        tell(model, Safe::line(&format!("#{name}: {why}")));
    }
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
