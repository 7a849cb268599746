//! Invites into private rooms.

use super::{
    Result, Tx,
    sql::{Sql, sql},
};
use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

/// An invite to be made.
#[derive(Clone, Debug)]
pub struct NewInvite {
    /// The id.
    pub id: Uuid,
    /// Into which room.
    pub room_id: Uuid,
    /// The code's SHA-256.
    pub code_hash: Vec<u8>,
    /// Who invites.
    pub created_by: Uuid,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Until when.
    pub expires_at: DateTime<Utc>,
    /// For how many joins; `None` = without end.
    pub max_uses: Option<i64>,
}

/// An invite.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct InviteRow {
    /// The id.
    pub id: Uuid,
    /// Into which room.
    pub room_id: Uuid,
    /// Who invites.
    pub created_by: Uuid,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when.
    pub expires_at: DateTime<Utc>,
    /// For how many joins.
    pub max_uses: Option<i64>,
    /// How many there were.
    pub uses: i64,
}

macro_rules! select {
    () => {
        "SELECT id, room_id, created_by, created_at, expires_at, max_uses, uses FROM invites "
    };
}

/// Makes an invite.
pub async fn insert(tx: &mut Tx, invite: &NewInvite) -> Result<()> {
    const INSERT: Sql = sql!(
        "INSERT INTO invites (id, room_id, code_hash, created_by, created_at, expires_at, max_uses, uses)
        VALUES (?, ?, ?, ?, ?, ?, ?, 0)"
    );
    let NewInvite { id, room_id, code_hash, created_by, created_at, expires_at, max_uses } = invite;
    let row = (*id, *room_id, code_hash.as_slice(), *created_by, *created_at, *expires_at, *max_uses);
    tx.run(INSERT, row).await.map(drop)
}

/// The room's invites that can be used, newest first.
pub async fn list(tx: &mut Tx, room: Uuid, now: DateTime<Utc>) -> Result<Vec<InviteRow>> {
    const SELECT: Sql = sql!(concat!(
        select!(),
        "WHERE room_id = ? AND expires_at > ? AND (max_uses IS NULL OR uses < max_uses) ORDER BY id DESC"
    ));
    tx.all(SELECT, (room, now)).await
}

/// The invite whose code has this hash, usable or not.
pub async fn by_hash(tx: &mut Tx, hash: &[u8]) -> Result<Option<InviteRow>> {
    const SELECT: Sql = sql!(concat!(select!(), "WHERE code_hash = ?"));
    tx.optional(SELECT, (hash,)).await
}

/// Takes one use; `false` if it has expired or none is left.
pub async fn use_once(tx: &mut Tx, invite: Uuid, now: DateTime<Utc>) -> Result<bool> {
    const UPDATE: Sql = sql!(
        "UPDATE invites SET uses = uses + 1
        WHERE id = ? AND expires_at > ? AND (max_uses IS NULL OR uses < max_uses)"
    );
    Ok(tx.run(UPDATE, (invite, now)).await? > 0)
}

/// Deletes an invite of this room; `false` if there is none.
pub async fn delete(tx: &mut Tx, room: Uuid, invite: Uuid) -> Result<bool> {
    const DELETE: Sql = sql!("DELETE FROM invites WHERE room_id = ? AND id = ?");
    Ok(tx.run(DELETE, (room, invite)).await? > 0)
}

/// Deletes all invites of the room; says how many.
pub async fn delete_of_room(tx: &mut Tx, room: Uuid) -> Result<u64> {
    const DELETE: Sql = sql!("DELETE FROM invites WHERE room_id = ?");
    tx.run(DELETE, (room,)).await
}
