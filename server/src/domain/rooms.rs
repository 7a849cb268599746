//! Rooms: making, finding, changing and deleting them.

use super::{
    Caller, Domain, Error,
    members::{self, Entry},
    policy::{self, Act},
    timeline::username,
};
use crate::{
    bus::RoomSignal,
    store::{
        self, Store,
        rooms::{NewRoom as RoomToKeep, RoomRow},
        timeline::Kind,
    },
};
use chrono::{DateTime, Utc};
use parlor_protocol::{
    ids::{RoomId, UserId},
    page::{Cursor, Page},
    rooms::{Membership, NewRoom, Role, Room, RoomChanges, RoomSearch},
    text::Description,
    time::Timestamp,
    timeline::Happening,
    users::UserSummary,
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::time::{Instant, interval, sleep};
use uuid::Uuid;

/// How much of a list is given at once when no limit is asked for: existing clients never page.
pub(super) const UNPAGED: i64 = 1000;

/// So many rows of a deleted room are cleared away at a time, so that whoever writes meanwhile waits but some milliseconds.
const CLEARED_AT_ONCE: u32 = 500;

/// How often one looks whether a deleted room is to be cleared away.
const CLEAR_EVERY: Duration = Duration::from_secs(2);

/// Makes a room; the caller becomes its owner and first member.
pub async fn create(domain: &Domain, caller: &Caller, new: NewRoom) -> Result<Room, Error> {
    let now = domain.clock.now();
    let id = RoomId::generate();
    let mut tx = domain.store.write().await?;
    store::users::lock(&mut tx, caller.user.0).await?;
    if store::rooms::created_by(&mut tx, caller.user.0).await? >= domain.limits.rooms_created {
        return Err(Error::Conflict("You have made as many rooms as one can; delete one first"));
    }
    members::check_room_for_more(domain, &mut tx, caller.user).await?;
    let creator = members::name_of(&mut tx, caller.user).await?;
    let name = new.name.into_string();
    let room = RoomToKeep {
        id: id.0,
        name_key: key(&name),
        name,
        description: described(new.description),
        is_private: new.is_private.unwrap_or(false),
        created_by: caller.user.0,
        created_at: now.to_utc(),
    };
    store::rooms::insert(&mut tx, &room).await?;
    let told = Room {
        id,
        name: room.name,
        description: room.description,
        is_private: room.is_private,
        created_by: caller.user,
        created_at: now,
        updated_at: now,
        creator: UserSummary { id: caller.user, username: creator.clone() },
        member_count: 0,
        last_seq: 1,
        membership: None,
    };
    let made = Entry::of_room(caller.user, &told, Kind::RoomCreated)?;
    let made = made.append(&mut tx, id, now, 0, Happening::RoomCreated { room: Box::new(told) }).await?;
    let joined = members::enter(&mut tx, id, caller.user, creator, Role::Owner, now).await?;
    let room = read(&mut tx, caller, id).await?;
    tx.commit().await?;
    for event in [made, joined] {
        domain.bus.committed(id, event);
    }
    Ok(room)
}

/// Every public room, and the private ones that the caller is a member of; newest first.
pub async fn list(domain: &Domain, caller: &Caller, search: RoomSearch) -> Result<Page<Vec<Room>>, Error> {
    let limit = search.limit.map_or(UNPAGED, |limit| i64::from(limit.get()));
    let before = search.cursor.map(|cursor| age(&cursor).ok_or_else(bad_cursor)).transpose()?;
    let pattern =
        search.q.filter(|q| !q.as_str().is_empty()).map(|q| store::rooms::containing(&key(q.as_str())));
    let mut tx = domain.store.read().await?;
    let mut rows = store::rooms::list(&mut tx, caller.user.0, pattern.as_deref(), before, limit + 1).await?;
    let next_cursor =
        cut(&mut rows, limit, |row| format!("{}.{}", row.created_at.timestamp_micros(), row.id));
    Ok(Page { data: rows.into_iter().map(room).collect::<Result<_, _>>()?, next_cursor })
}

/// One room.
pub async fn get(domain: &Domain, caller: &Caller, id: RoomId) -> Result<Room, Error> {
    let mut tx = domain.store.read().await?;
    room(policy::may(&mut tx, caller, id, Act::See).await?)
}

/// Up to where the logs of these rooms reach; those that are gone are left out.
pub async fn heads(domain: &Domain, rooms: &[RoomId]) -> Result<HashMap<RoomId, i64>, Error> {
    let ids: Vec<_> = rooms.iter().map(|room| room.0).collect();
    let heads = store::rooms::heads(&mut domain.store.reserved().read().await?, &ids).await?;
    Ok(heads.into_iter().map(|(room, seq)| (RoomId(room), seq)).collect())
}

/// Changes a room's name or description; its owner only.
pub async fn change(
    domain: &Domain,
    caller: &Caller,
    id: RoomId,
    changes: RoomChanges,
) -> Result<Room, Error> {
    let mut tx = domain.store.write().await?;
    store::rooms::lock(&mut tx, id.0).await?;
    let row = policy::may(&mut tx, caller, id, Act::Own).await?;
    let name = changes.name.map_or_else(|| row.name.clone(), parlor_protocol::text::RoomName::into_string);
    let description = changes.description.map_or_else(|| row.description.clone(), described);
    if name == row.name && description == row.description {
        return room(row);
    }
    let now = members::entry_time(domain, &mut tx, id).await?;
    store::rooms::update(&mut tx, id.0, &name, &key(&name), description.as_deref(), now.to_utc()).await?;
    let mut told = room(row)?;
    told = Room { name, description, updated_at: now, last_seq: told.last_seq + 1, membership: None, ..told };
    let entry = Entry::of_room(caller.user, &told, Kind::RoomUpdated)?;
    let event = entry.append(&mut tx, id, now, 0, Happening::RoomUpdated { room: Box::new(told) }).await?;
    let changed = read(&mut tx, caller, id).await?;
    tx.commit().await?;
    domain.bus.committed(id, event);
    Ok(changed)
}

/// Deletes a room and everything in it; its owner only. It is gone at once; [`clear_deleted`] takes away what was in it.
pub async fn delete(domain: &Domain, caller: &Caller, id: RoomId) -> Result<(), Error> {
    let now = domain.clock.now();
    let mut tx = domain.store.write().await?;
    store::rooms::lock(&mut tx, id.0).await?;
    policy::may(&mut tx, caller, id, Act::Own).await?;
    if !store::rooms::delete(&mut tx, id.0, now.to_utc()).await? {
        return Err(policy::no_room());
    }
    tx.commit().await?;
    domain.bus.room(id, RoomSignal::Deleted { timestamp: now });
    domain.bus.passed(id, i64::MAX).await;
    Ok(())
}

/// Deletes a room for an operator, beside its servers, which notice within two seconds; `false` if there is none.
pub async fn remove(store: &Store, now: DateTime<Utc>, room: Uuid) -> Result<bool, Error> {
    let mut tx = store.write().await?;
    store::rooms::lock(&mut tx, room).await?;
    let was_there = store::rooms::delete(&mut tx, room, now).await?;
    tx.commit().await?;
    Ok(was_there)
}

/// Clears deleted rooms away, until the process ends. To be run once.
pub async fn clear_deleted(domain: Arc<Domain>) {
    let mut pace = interval(CLEAR_EVERY);
    loop {
        pace.tick().await;
        if let Err(error) = clear_all(&domain).await {
            tracing::warn!(%error, "can't clear away a deleted room; it is tried again");
        }
    }
}

async fn clear_all(domain: &Domain) -> store::Result<()> {
    while store::remains::next(&mut domain.store.read().await?).await?.is_some() {
        let began = Instant::now();
        let mut tx = domain.store.write().await?;
        store::remains::clear(&mut tx, CLEARED_AT_ONCE).await?;
        tx.commit().await?;
        // At most half of the writer's time goes into this.
        sleep(began.elapsed()).await;
    }
    Ok(())
}

/// The room as it is now, within a transaction that has changed it.
pub(super) async fn read(tx: &mut store::Tx, caller: &Caller, id: RoomId) -> Result<Room, Error> {
    room(policy::may(tx, caller, id, Act::See).await?)
}

/// What a row means to the caller for whom it was read.
pub(super) fn room(row: RoomRow) -> Result<Room, Error> {
    let membership = row.role.zip(row.joined_at).map(|(role, joined_at)| Membership {
        role: policy::role(role),
        last_read_seq: row.last_read_seq.unwrap_or(0),
        unread_count: row.unread_count.unwrap_or(0),
        joined_at: Timestamp::from(joined_at),
    });
    Ok(Room {
        id: RoomId(row.id),
        name: row.name,
        description: row.description,
        is_private: row.is_private,
        created_by: UserId(row.created_by),
        created_at: Timestamp::from(row.created_at),
        updated_at: Timestamp::from(row.updated_at),
        creator: UserSummary { id: UserId(row.created_by), username: username(&row.creator)? },
        member_count: row.member_count,
        last_seq: row.last_seq,
        membership,
    })
}

/// Drops the one row that was read beyond `limit`; if there was one, the cursor after which the next page begins.
pub(super) fn cut<T>(rows: &mut Vec<T>, limit: i64, cursor: impl Fn(&T) -> String) -> Option<Cursor> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if rows.len() <= limit {
        return None;
    }
    rows.truncate(limit);
    rows.last().map(|row| Cursor::new(cursor(row)))
}

/// The room after which a listing by age goes on.
fn age(cursor: &Cursor) -> Option<store::rooms::Age> {
    let (micros, id) = cursor.as_str().split_once('.')?;
    let made = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
    // No database need hold any other time.
    (DateTime::UNIX_EPOCH..=store::rooms::LAST)
        .contains(&made)
        .then_some((made, id.parse::<RoomId>().ok()?.0))
}

/// The id at which a listing by id goes on.
pub(super) fn position<Id: std::str::FromStr>(cursor: &Cursor) -> Result<Id, Error> {
    cursor.as_str().parse().map_err(|_| bad_cursor())
}

/// What is said of a cursor that is none of ours.
pub(super) fn bad_cursor() -> Error {
    Error::invalid("cursor", "must be a `nextCursor` from an earlier answer")
}

/// The form in which names are searched.
fn key(name: &str) -> String {
    name.to_lowercase()
}

/// An empty description is none.
fn described(description: Option<Description>) -> Option<String> {
    description.map(Description::into_string).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_given_only_when_there_is_more() {
        let mut rows = vec![1, 2, 3];
        assert_eq!(cut(&mut rows, 3, i32::to_string), None);
        assert_eq!(cut(&mut rows, 2, i32::to_string), Some(Cursor::new("2")));
        assert_eq!(rows, [1, 2]);
    }

    #[test]
    fn a_place_in_the_list_is_a_time_that_every_database_holds() {
        let id = "01900000-0000-7000-8000-000000000000";
        let reads = |time: &str| age(&Cursor::new(format!("{time}.{id}"))).is_some();
        for good in ["0", "1755000000123456", "253402300799000000"] {
            assert!(reads(good), "{good}");
        }
        for bad in ["-1", "-5000000000000000000", "253402300800000000", "9223372036854775807", "", "x", "1e3"]
        {
            assert!(!reads(bad), "{bad}");
        }
        assert_eq!(age(&Cursor::new(id)), None);
    }
}
