//! Whoever shares a room with someone is told that they came or went: of many at once, so that a crowd costs hardly more than one.

use super::{Change, Domain, Error, Presence, timeline};
use crate::{
    bus::PersonSignal,
    store::members::{self, PlaceRow},
};
use parlor_protocol::{ids::UserId, presence::StatusNotice, text::Username};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// So many rooms are asked for their members at once: each may have thousands.
const ROOMS: usize = 100;

/// By what name someone is told, and where.
struct Place {
    username: Username,
    rooms: Vec<Uuid>,
}

impl Presence {
    /// Of the members of rooms those who are online here, by room.
    fn here(&self, members: Vec<(Uuid, Uuid)>, by_room: &mut HashMap<Uuid, Vec<UserId>>) {
        let state = self.lock();
        for (room, user) in members {
            if state.people.contains_key(&UserId(user)) {
                by_room.entry(room).or_default().push(UserId(user));
            }
        }
    }
}

/// Tells those who share a room with someone, and are online here, what that one is now: all of what is news, in its order, or nothing.
pub(super) async fn announce(domain: &Domain, changes: &[Change]) -> Result<(), Error> {
    let news = || changes.iter().filter(|change| change.is_news);
    let users: HashSet<_> = news().map(|change| change.user.0).collect();
    if users.is_empty() {
        return Ok(());
    }
    let mut tx = domain.store.read().await?;
    let users: Vec<_> = users.into_iter().collect();
    let places = places(members::of_users(&mut tx, &users).await?)?;
    let rooms: HashSet<_> = places.values().flat_map(|place| &place.rooms).copied().collect();
    let rooms: Vec<_> = rooms.into_iter().collect();
    let mut here = HashMap::new();
    for asked in rooms.chunks(ROOMS) {
        domain.presence.here(members::of_rooms(&mut tx, asked).await?, &mut here);
    }
    drop(tx);
    for Change { user, status, since, .. } in news() {
        let Some(Place { username, rooms }) = places.get(user) else { continue };
        let peers = rooms.iter().filter_map(|room| here.get(room)).flatten().copied();
        let to: HashSet<_> = peers.filter(|peer| peer != user).collect();
        if to.is_empty() {
            continue;
        }
        let notice =
            StatusNotice { user_id: *user, username: username.clone(), status: *status, timestamp: *since };
        domain.bus.person(PersonSignal::Status { notice, to: to.into_iter().collect() });
        // A crowd may be told of a crowd: others have their turn in between.
        tokio::task::yield_now().await;
    }
    Ok(())
}

fn places(rows: Vec<PlaceRow>) -> Result<HashMap<UserId, Place>, Error> {
    let mut places: HashMap<UserId, Place> = HashMap::new();
    for PlaceRow { user_id, username, room_id } in rows {
        if let Some(place) = places.get_mut(&UserId(user_id)) {
            place.rooms.push(room_id);
        } else {
            let username = timeline::username(&username)?;
            places.insert(UserId(user_id), Place { username, rooms: vec![room_id] });
        }
    }
    Ok(places)
}
