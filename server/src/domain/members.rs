//! Who belongs to a room: coming, going, being sent away.
//!
//! Each coming and going is an entry of the room's timeline, written in the transaction that changes the membership.

use super::{
    Caller, Domain, Error,
    policy::{self, Act},
    rooms,
    timeline::username,
};
use crate::store::{
    self,
    members::{MemberRow, NewMember},
    rooms::{MembershipRow, RoomRow},
    timeline::{Kind, NewEntry},
};
use parlor_protocol::{
    ids::{MemberId, RoomId, UserId},
    members::{Member, MemberList, MemberPage, RoomOfUser},
    page::Page,
    rooms::{Role, Room},
    text::Username,
    time::Timestamp,
    timeline::{Happening, TimelineEvent, Who},
    users::UserSummary,
};
use std::{collections::HashSet, sync::Arc};
use uuid::Uuid;

/// An entry to be appended to a room's timeline.
#[derive(Debug)]
pub(super) struct Entry {
    kind: Kind,
    user: UserId,
    content: Option<String>,
}

impl Entry {
    /// An entry about the membership of `user`.
    fn of_member(user: UserId, kind: Kind) -> Self {
        Self { kind, user, content: None }
    }

    /// An entry about the room itself: it keeps the room as of then.
    pub(super) fn of_room(user: UserId, room: &Room, kind: Kind) -> Result<Self, Error> {
        let content =
            serde_json::to_string(room).map_err(|error| Error::Defect(format!("a room: {error}")))?;
        Ok(Self { kind, user, content: Some(content) })
    }

    /// Gives it its place in the timeline and stores it there; `members` is by how many the room grows.
    pub(super) async fn append(
        self,
        tx: &mut store::Tx,
        room: RoomId,
        at: Timestamp,
        members: i64,
        happening: Happening,
    ) -> Result<Arc<TimelineEvent>, Error> {
        let seq = store::rooms::advance(tx, room.0, 1, 0, members, at.to_utc())
            .await?
            .ok_or_else(policy::no_room)?;
        let entry = NewEntry {
            room_id: room.0,
            seq,
            kind: self.kind.number(),
            id: Uuid::now_v7(),
            user_id: self.user.0,
            client_message_id: None,
            content: self.content,
            created_at: at.to_utc(),
        };
        store::timeline::insert(tx, &entry).await?;
        Ok(Arc::new(TimelineEvent { seq, room_id: room, timestamp: at, happening }))
    }
}

/// Becomes a member of a public room.
pub async fn join(domain: &Domain, caller: &Caller, room: RoomId) -> Result<Room, Error> {
    let mut tx = domain.store.write().await?;
    store::rooms::lock(&mut tx, room.0).await?;
    let found = policy::may(&mut tx, caller, room, Act::Join).await?;
    admit(domain, tx, caller, &found).await
}

/// Makes the caller, who may join, a member of a room that is locked, and commits.
pub(super) async fn admit(
    domain: &Domain,
    mut tx: store::Tx,
    caller: &Caller,
    found: &RoomRow,
) -> Result<Room, Error> {
    let room = RoomId(found.id);
    check_room_for_more(domain, &mut tx, caller.user).await?;
    if found.member_count >= domain.limits.room_members {
        return Err(Error::Conflict("The room is full; its owner can make place in it"));
    }
    let now = entry_time(domain, &mut tx, room).await?;
    let name = name_of(&mut tx, caller.user).await?;
    let event = enter(&mut tx, room, caller.user, name, Role::Member, now).await?;
    let room_now = rooms::read(&mut tx, caller, room).await?;
    tx.commit().await?;
    domain.bus.committed(room, event);
    Ok(room_now)
}

/// The membership of `user`, its entry, and its read cursor.
pub(super) async fn enter(
    tx: &mut store::Tx,
    room: RoomId,
    user: UserId,
    username: Username,
    role: Role,
    now: Timestamp,
) -> Result<Arc<TimelineEvent>, Error> {
    let who = Who { user_id: user, username };
    let event = Entry::of_member(user, Kind::MemberJoined)
        .append(tx, room, now, 1, Happening::MemberJoined(who))
        .await?;
    store::receipts::begin(tx, room.0, user.0, event.seq).await?;
    let member = NewMember {
        id: MemberId::generate().0,
        room_id: room.0,
        user_id: user.0,
        role: i64::from(role == Role::Owner),
        joined_at: now.to_utc(),
    };
    // Whoever joins twice at once is told so the second time.
    match store::members::insert(tx, &member).await {
        Err(store::Error::Duplicate) => Err(policy::member_already()),
        other => Ok(other.map(|()| event)?),
    }
}

/// Ends the caller's own membership. When this returns, this node's sockets of theirs have had their last entry.
pub async fn leave(domain: &Domain, caller: &Caller, room: RoomId) -> Result<(), Error> {
    let mut tx = domain.store.write().await?;
    store::rooms::lock(&mut tx, room.0).await?;
    policy::may(&mut tx, caller, room, Act::Leave).await?;
    part(domain, tx, room, caller.user, policy::nothing_to_leave()).await
}

/// Ends someone's membership; the room's owner only. It has the same effect as their leaving.
pub async fn remove(domain: &Domain, caller: &Caller, room: RoomId, user: UserId) -> Result<(), Error> {
    let mut tx = domain.store.write().await?;
    store::rooms::lock(&mut tx, room.0).await?;
    policy::may(&mut tx, caller, room, Act::Own).await?;
    if user == caller.user {
        return Err(Error::Forbidden("The owner can't leave the room, only delete it"));
    }
    part(
        domain,
        tx,
        room,
        user,
        Error::NotFound("This user is not a member of the room; its list of members says who is"),
    )
    .await
}

async fn part(
    domain: &Domain,
    mut tx: store::Tx,
    room: RoomId,
    user: UserId,
    absent: Error,
) -> Result<(), Error> {
    if !store::members::delete(&mut tx, room.0, user.0).await? {
        return Err(absent);
    }
    let now = entry_time(domain, &mut tx, room).await?;
    let who = Who { user_id: user, username: name_of(&mut tx, user).await? };
    let event = Entry::of_member(user, Kind::MemberLeft)
        .append(&mut tx, room, now, -1, Happening::MemberLeft(who))
        .await?;
    tx.commit().await?;
    let seq = event.seq;
    domain.bus.committed(room, event);
    domain.bus.passed(room, seq).await;
    Ok(())
}

/// Who belongs to a room, in the order in which they joined; for whoever may see the room.
pub async fn list(
    domain: &Domain,
    caller: &Caller,
    room: RoomId,
    page: MemberPage,
) -> Result<Page<MemberList>, Error> {
    let limit = page.limit.map_or(rooms::UNPAGED, |limit| i64::from(limit.get()));
    let after = page.cursor.map(|cursor| rooms::position::<MemberId>(&cursor)).transpose()?;
    let mut tx = domain.store.snapshot().await?;
    let found = policy::may(&mut tx, caller, room, Act::See).await?;
    let mut rows = store::members::page(&mut tx, room.0, after.map(|MemberId(id)| id), limit + 1).await?;
    let next_cursor = rooms::cut(&mut rows, limit, |row| row.id.to_string());
    // Presence is only for those who share the room.
    let online: HashSet<UserId> = match found.role {
        Some(_) => domain.presence.online(rows.iter().map(|row| UserId(row.user_id))).into_iter().collect(),
        None => HashSet::new(),
    };
    let members = rows.into_iter().map(|row| member(row, &online)).collect::<Result<_, _>>()?;
    let data = MemberList { total_members: found.member_count, room: rooms::room(found)?, members };
    Ok(Page { data, next_cursor })
}

/// The rooms of `user`: all of one's own, of another's those that the caller may see. The newest membership first.
pub async fn rooms_of(domain: &Domain, caller: &Caller, user: UserId) -> Result<Vec<RoomOfUser>, Error> {
    let mut tx = domain.store.snapshot().await?;
    if store::users::by_id(&mut tx, user.0).await?.is_none() {
        return Err(Error::NotFound("There is no such user; look for them by name"));
    }
    let rows = store::rooms::of_user(&mut tx, caller.user.0, user.0).await?;
    let of_user = |row: MembershipRow| {
        Ok(RoomOfUser {
            id: MemberId(row.of_id),
            user_id: user,
            room_id: RoomId(row.room.id),
            role: policy::role(row.of_role),
            joined_at: Timestamp::from(row.of_joined_at),
            room: rooms::room(row.room)?,
        })
    };
    rows.into_iter().rev().map(of_user).collect()
}

/// Refuses when `user` is in as many rooms as one can be; until the transaction ends they come into no other.
pub(super) async fn check_room_for_more(
    domain: &Domain,
    tx: &mut store::Tx,
    user: UserId,
) -> Result<(), Error> {
    store::users::lock(tx, user.0).await?;
    if store::members::rooms_of(tx, user.0).await? >= domain.limits.memberships {
        return Err(Error::Conflict("You are in as many rooms as one can be; leave one first"));
    }
    Ok(())
}

/// The time of the next entry: now, but never before the room's newest one, even if the clock was set back.
pub(super) async fn entry_time(
    domain: &Domain,
    tx: &mut store::Tx,
    room: RoomId,
) -> Result<Timestamp, Error> {
    let head = store::timeline::head(tx, room.0).await?.ok_or_else(policy::no_room)?;
    Ok(domain.clock.now().max(Timestamp::from(head.last_entry_at)))
}

/// The name of an account that exists.
pub(super) async fn name_of(tx: &mut store::Tx, user: UserId) -> Result<Username, Error> {
    let row = store::users::by_id(tx, user.0)
        .await?
        .ok_or(Error::Unauthenticated("This account is gone; sign up again"))?;
    username(&row.username)
}

fn member(row: MemberRow, online: &HashSet<UserId>) -> Result<Member, Error> {
    let user_id = UserId(row.user_id);
    Ok(Member {
        id: MemberId(row.id),
        user_id,
        room_id: RoomId(row.room_id),
        role: policy::role(row.role),
        joined_at: Timestamp::from(row.joined_at),
        user: UserSummary { id: user_id, username: username(&row.username)? },
        is_online: online.contains(&user_id),
    })
}
