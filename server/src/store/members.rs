//! Memberships.

use super::{
    Result, Tx,
    sql::{Sql, ids, of_ids, sql},
};
use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

/// A membership to be made.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// The id, made as v7: the order of ids is that of joining.
    pub id: Uuid,
    /// Where.
    pub room_id: Uuid,
    /// Who.
    pub user_id: Uuid,
    /// 0 member, 1 owner.
    pub role: i64,
    /// When.
    pub joined_at: DateTime<Utc>,
}

/// A membership.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct MemberRow {
    /// The id.
    pub id: Uuid,
    /// Where.
    pub room_id: Uuid,
    /// Who.
    pub user_id: Uuid,
    /// The user's name.
    pub username: String,
    /// 0 member, 1 owner.
    pub role: i64,
    /// When it began.
    pub joined_at: DateTime<Utc>,
}

/// A room that a user is in.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct PlaceRow {
    /// Who.
    pub user_id: Uuid,
    /// The user's name.
    pub username: String,
    /// Where.
    pub room_id: Uuid,
}

macro_rules! select {
    () => {
        "SELECT m.id, m.room_id, m.user_id, u.username, m.role, m.joined_at
        FROM members m JOIN users u ON u.id = m.user_id "
    };
}

/// Makes a membership; `Duplicate` if there is one.
pub async fn insert(tx: &mut Tx, member: &NewMember) -> Result<()> {
    const INSERT: Sql =
        sql!("INSERT INTO members (id, room_id, user_id, role, joined_at) VALUES (?, ?, ?, ?, ?)");
    let NewMember { id, room_id, user_id, role, joined_at } = *member;
    tx.run(INSERT, (id, room_id, user_id, role, joined_at)).await.map(drop)
}

/// Ends a membership; `false` if there is none.
pub async fn delete(tx: &mut Tx, room: Uuid, user: Uuid) -> Result<bool> {
    const DELETE: Sql = sql!("DELETE FROM members WHERE room_id = ? AND user_id = ?");
    Ok(tx.run(DELETE, (room, user)).await? > 0)
}

/// Members in the order of joining, those after `after` only.
pub async fn page(tx: &mut Tx, room: Uuid, after: Option<Uuid>, limit: i64) -> Result<Vec<MemberRow>> {
    const SELECT: Sql = sql!(concat!(select!(), "WHERE m.room_id = ? AND m.id > ? ORDER BY m.id LIMIT ?"));
    tx.all(SELECT, (room, after.unwrap_or_default(), limit)).await
}

/// The memberships of each of these users, with the user's name; the room may be deleted.
pub async fn of_users(tx: &mut Tx, users: &[Uuid]) -> Result<Vec<PlaceRow>> {
    macro_rules! select {
        ($ids:literal) => {
            concat!(
                "SELECT m.user_id, u.username, m.room_id
                FROM members m JOIN users u ON u.id = m.user_id
                WHERE m.user_id ",
                $ids
            )
        };
    }
    const SELECT: Sql = of_ids!(select);
    tx.all(SELECT, (ids(users),)).await
}

// A membership of a deleted room may still be there, so these look at the room too.

/// How many rooms the user is in.
pub async fn rooms_of(tx: &mut Tx, user: Uuid) -> Result<i64> {
    const COUNT: Sql = sql!(
        "SELECT COUNT(*) FROM members m JOIN rooms r ON r.id = m.room_id
        WHERE m.user_id = ? AND r.deleted_at IS NULL"
    );
    Ok(tx.one::<(i64,)>(COUNT, (user,)).await?.0)
}

/// Whether two users share a room.
pub async fn share(tx: &mut Tx, a: Uuid, b: Uuid) -> Result<bool> {
    const SELECT: Sql = sql!(
        "SELECT EXISTS (SELECT 1 FROM members a JOIN rooms r ON r.id = a.room_id JOIN members b ON b.room_id = a.room_id
        WHERE a.user_id = ? AND b.user_id = ? AND r.deleted_at IS NULL)"
    );
    Ok(tx.one::<(bool,)>(SELECT, (a, b)).await?.0)
}

/// Who is in each of these rooms: the room, and the user.
pub async fn of_rooms(tx: &mut Tx, rooms: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>> {
    macro_rules! select {
        ($ids:literal) => {
            concat!(
                "SELECT m.room_id, m.user_id FROM rooms r JOIN members m ON m.room_id = r.id
                WHERE r.deleted_at IS NULL AND r.id ",
                $ids
            )
        };
    }
    const SELECT: Sql = of_ids!(select);
    tx.all(SELECT, (ids(rooms),)).await
}
