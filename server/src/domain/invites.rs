//! Invites to private rooms: a code is a secret that is given out once; at rest there is only its hash.

use super::{
    Caller, Domain, Error, members,
    policy::{self, Act},
    tokens,
};
use crate::store::{
    self,
    invites::{InviteRow, NewInvite as InviteToKeep},
};
use chrono::TimeDelta;
use parlor_protocol::{
    BASE_PATH,
    ids::{InviteId, RoomId, UserId},
    invites::{Invite, NewInvite, NewInviteLink},
    page::Number,
    rooms::Room,
    text::InviteCode,
    time::Timestamp,
};
use std::net::{IpAddr, Ipv4Addr};

/// How long an invite lasts unless it is asked for less or more, in seconds.
pub const WEEK: i64 = 7 * 24 * 3600;
/// How many random bytes a code has: 192 bits.
const CODE_BYTES: usize = 24;

/// Unknown, expired, revoked and used-up codes are one and the same.
const NO_INVITE: Error =
    Error::NotFound("This invite does not exist or can no longer be used; ask for a new one");

/// Makes an invite to a private room in place of the earlier one; the room's owner only.
pub async fn create(
    domain: &Domain,
    caller: &Caller,
    room: RoomId,
    new: NewInvite,
) -> Result<NewInviteLink, Error> {
    let lasts = new.expires_in_seconds.map_or(WEEK, Number::get);
    let code = tokens::text(&tokens::random::<CODE_BYTES>()?);
    let now = domain.clock.now_utc();
    let kept = InviteToKeep {
        id: InviteId::generate().0,
        room_id: room.0,
        code_hash: tokens::at_rest(&code).to_vec(),
        created_by: caller.user.0,
        created_at: now,
        expires_at: now + TimeDelta::seconds(lasts),
        max_uses: new.max_uses.map(Number::get),
    };
    let mut tx = domain.store.write().await?;
    store::rooms::lock(&mut tx, room.0).await?;
    policy::may(&mut tx, caller, room, Act::Invite).await?;
    domain.limits.invite.take(caller.user).map_err(|retry_after| Error::TooOften { retry_after })?;
    store::invites::delete_of_room(&mut tx, room.0).await?;
    store::invites::insert(&mut tx, &kept).await?;
    tx.commit().await?;
    let link = format!("{}{BASE_PATH}/rooms/invites/{code}/join", domain.public_url);
    let code = InviteCode::try_from(code).map_err(|why| Error::Defect(format!("an invite code {why}")))?;
    let InviteToKeep { id, room_id, created_by, created_at, expires_at, max_uses, .. } = kept;
    let row = InviteRow { id, room_id, created_by, created_at, expires_at, max_uses, uses: 0 };
    Ok(NewInviteLink { invite: invite(row, Some(code)), link })
}

/// The invites of a room that can still be used, newest first; the room's owner only.
pub async fn list(domain: &Domain, caller: &Caller, room: RoomId) -> Result<Vec<Invite>, Error> {
    let mut tx = domain.store.read().await?;
    policy::may(&mut tx, caller, room, Act::Own).await?;
    let rows = store::invites::list(&mut tx, room.0, domain.clock.now_utc()).await?;
    Ok(rows.into_iter().map(|row| invite(row, None)).collect())
}

/// Takes an invite back; the room's owner only.
pub async fn revoke(domain: &Domain, caller: &Caller, room: RoomId, id: InviteId) -> Result<(), Error> {
    let mut tx = domain.store.write().await?;
    store::rooms::lock(&mut tx, room.0).await?;
    policy::may(&mut tx, caller, room, Act::Own).await?;
    if !store::invites::delete(&mut tx, room.0, id.0).await? {
        return Err(Error::NotFound(
            "There is no such invite to this room; it may have been replaced or taken back",
        ));
    }
    tx.commit().await?;
    Ok(())
}

/// Joins a private room by an invite. Only wrong codes count as tries.
pub async fn join(
    domain: &Domain,
    caller: &Caller,
    address: Option<IpAddr>,
    code: InviteCode,
) -> Result<Room, Error> {
    let address = super::limits::counted(address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
    let guess = domain.limits.invite_try.begin(address).await;
    let guess = guess.map_err(|retry_after| Error::TooOften { retry_after })?;
    let joined = redeem(domain, caller, &code).await;
    if matches!(joined, Err(Error::NotFound(_))) {
        guess.was_wrong();
    }
    joined
}

async fn redeem(domain: &Domain, caller: &Caller, code: &InviteCode) -> Result<Room, Error> {
    let now = domain.clock.now_utc();
    let mut tx = domain.store.write().await?;
    let found = store::invites::by_hash(&mut tx, &tokens::at_rest(code.as_str())).await?.ok_or(NO_INVITE)?;
    store::rooms::lock(&mut tx, found.room_id).await?;
    let room = store::rooms::get(&mut tx, caller.user.0, found.room_id).await?;
    // Whoever is inside may know, also when their own use was the last; whoever else holds a dead code learns nothing of the room.
    if room.as_ref().is_some_and(|room| room.role.is_some()) {
        return Err(policy::member_already());
    }
    if !store::invites::use_once(&mut tx, found.id, now).await? {
        return Err(NO_INVITE);
    }
    let room = room.ok_or(NO_INVITE)?;
    members::admit(domain, tx, caller, &room).await
}

fn invite(row: InviteRow, code: Option<InviteCode>) -> Invite {
    Invite {
        id: InviteId(row.id),
        room_id: RoomId(row.room_id),
        created_by: UserId(row.created_by),
        invite_code: code,
        created_at: Timestamp::from(row.created_at),
        expires_at: Timestamp::from(row.expires_at),
        max_uses: row.max_uses,
        uses: row.uses,
    }
}
