//! Rooms, each with the caller's own membership.

use super::{
    Result, Tx,
    positions::sent,
    sql::{Sql, ids, of_ids, sql},
};
use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

/// A room to be made. Its counts begin at nought: [`advance`] them with its first entries.
#[derive(Clone, Debug)]
pub struct NewRoom {
    /// The id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its name as a search compares it: lower-cased.
    pub name_key: String,
    /// What it is about.
    pub description: Option<String>,
    /// Whether only invited people see it.
    pub is_private: bool,
    /// Who makes it.
    pub created_by: Uuid,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// A room, with the caller's own membership: its fields are all there or, for a stranger, none.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct RoomRow {
    /// The id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// Whether only invited people see it.
    pub is_private: bool,
    /// Who made it.
    pub created_by: Uuid,
    /// The maker's name.
    pub creator: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When its name or description last changed.
    pub updated_at: DateTime<Utc>,
    /// How many members it has.
    pub member_count: i64,
    /// How many messages are in it.
    pub message_count: i64,
    /// The newest entry's `seq`.
    pub last_seq: i64,
    /// What the caller is there: 0 member, 1 owner.
    pub role: Option<i64>,
    /// When the caller joined.
    pub joined_at: Option<DateTime<Utc>>,
    /// Up to where the caller has read.
    pub last_read_seq: Option<i64>,
    /// How many messages of others stand after that.
    pub unread_count: Option<i64>,
}

/// How a caller stands to a room: what deciding and counting needs, without what costs more to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct StandingRow {
    /// Whether only invited people see it.
    pub is_private: bool,
    /// How many members it has.
    pub member_count: i64,
    /// How many messages are in it.
    pub message_count: i64,
    /// The newest entry's `seq`.
    pub last_seq: i64,
    /// What the caller is there: 0 member, 1 owner; `None` for a stranger.
    pub role: Option<i64>,
}

/// A user's membership of a room, and the room as the caller sees it.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct MembershipRow {
    /// The membership.
    pub of_id: Uuid,
    /// 0 member, 1 owner.
    pub of_role: i64,
    /// When it began.
    pub of_joined_at: DateTime<Utc>,
    /// The room, with the caller's own membership.
    #[sqlx(flatten)]
    pub room: RoomRow,
}

/// What is read of a room `r`, with its caller's membership `m`. Unread are all messages but the caller's own, less those of others up
/// to the cursor: one lookup, whatever the distance.
macro_rules! columns {
    ($sent:expr) => {
        concat!(
            "r.id, r.name, r.description, r.is_private, r.created_by, u.username AS creator, r.created_at, r.updated_at,
            r.member_count, r.message_count, r.last_seq, m.role, m.joined_at,
            CASE WHEN m.id IS NULL THEN NULL ELSE COALESCE(c.last_read_seq, 0) END AS last_read_seq,
            CASE WHEN m.id IS NULL THEN NULL ELSE r.message_count - COALESCE(c.others_read, 0) - ",
            $sent,
            " END AS unread_count"
        )
    };
}

/// A question of which the room's columns are a part: what stands before and after them.
macro_rules! with_columns {
    ($before:expr, $after:expr) => {
        sql! {
            sqlite: concat!($before, columns!(sent!(sqlite, "r.id", "m.user_id", "")), $after),
            postgres: concat!($before, columns!(sent!(postgres, "r.id", "m.user_id", "r.last_seq")), $after),
            mysql: concat!($before, columns!(sent!(mysql, "r.id", "m.user_id", "")), $after),
        }
    };
}

/// Its maker, and the caller's membership and cursor: two parameters, each the caller.
macro_rules! joins {
    () => {
        "JOIN users u ON u.id = r.created_by
        LEFT JOIN members m ON m.room_id = r.id AND m.user_id = ?
        LEFT JOIN cursors c ON c.room_id = r.id AND c.user_id = ?"
    };
}

/// The room, as the caller sees it.
pub async fn get(tx: &mut Tx, caller: Uuid, room: Uuid) -> Result<Option<RoomRow>> {
    const SELECT: Sql = with_columns!(
        "SELECT ",
        concat!(" FROM rooms r ", joins!(), " WHERE r.id = ? AND r.deleted_at IS NULL")
    );
    tx.optional(SELECT, (caller, caller, room)).await
}

/// How the caller stands to the room.
pub async fn standing(tx: &mut Tx, caller: Uuid, room: Uuid) -> Result<Option<StandingRow>> {
    const SELECT: Sql = sql!(
        "SELECT r.is_private, r.member_count, r.message_count, r.last_seq, m.role
        FROM rooms r LEFT JOIN members m ON m.room_id = r.id AND m.user_id = ?
        WHERE r.id = ? AND r.deleted_at IS NULL"
    );
    tx.optional(SELECT, (caller, room)).await
}

/// The pattern of [`list`] for names that contain this text, whatever stands in it. Give it lower-cased.
pub fn containing(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// After every room: the last second that all three databases can hold.
pub const LAST: DateTime<Utc> = match DateTime::from_timestamp(253_402_300_799, 0) {
    Some(time) => time,
    None => DateTime::<Utc>::MAX_UTC,
};

/// A place in [`list`]: when a room was made, and its id. The ids alone are no order: those of imported rooms tell no time.
pub type Age = (DateTime<Utc>, Uuid);

/// Public rooms and the caller's private ones whose name is like the pattern of [`containing`]: those made before `before`, newest first.
pub async fn list(
    tx: &mut Tx,
    caller: Uuid,
    pattern: Option<&str>,
    before: Option<Age>,
    limit: i64,
) -> Result<Vec<RoomRow>> {
    // Not `(created_at, id) < (?, ?)`, for which MySQL does not use the index. `!` and not the backslash, which is one character in a literal here and two there.
    const SELECT: Sql = with_columns!("SELECT ", concat!(
        " FROM rooms r ",
        joins!(),
        " WHERE r.deleted_at IS NULL AND (NOT r.is_private OR m.id IS NOT NULL) AND r.name_key LIKE ? ESCAPE '!'
        AND r.created_at <= ? AND (r.created_at < ? OR r.id < ?) ORDER BY r.created_at DESC, r.id DESC LIMIT ?"
    ));
    let (at, id) = before.unwrap_or((LAST, Uuid::max()));
    let parameters = (caller, caller, pattern.unwrap_or("%"), at, at, id, limit);
    tx.all(SELECT, parameters).await
}

/// The memberships of a user, in the order of joining: of rooms that the caller may see.
pub async fn of_user(tx: &mut Tx, caller: Uuid, user: Uuid) -> Result<Vec<MembershipRow>> {
    const SELECT: Sql = with_columns!(
        "SELECT o.id AS of_id, o.role AS of_role, o.joined_at AS of_joined_at, ",
        concat!(
            " FROM members o JOIN rooms r ON r.id = o.room_id ",
            joins!(),
            " WHERE o.user_id = ? AND r.deleted_at IS NULL AND (NOT r.is_private OR m.id IS NOT NULL) ORDER BY o.id"
        )
    );
    tx.all(SELECT, (caller, caller, user)).await
}

/// A room as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct ListedRoom {
    /// The id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Whether only invited people see it.
    pub is_private: bool,
    /// The maker's name.
    pub creator: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// How many members it has.
    pub member_count: i64,
    /// How many messages are in it.
    pub message_count: i64,
}

macro_rules! listed {
    ($and:literal) => {
        concat!(
            "SELECT r.id, r.name, r.is_private, u.username AS creator, r.created_at, r.member_count, r.message_count
            FROM rooms r JOIN users u ON u.id = r.created_by WHERE r.id > ? AND r.deleted_at IS NULL",
            $and,
            " ORDER BY r.id LIMIT ?"
        )
    };
}

/// All rooms after this one, in the order of their ids.
pub async fn page(tx: &mut Tx, after: Uuid, limit: i64) -> Result<Vec<ListedRoom>> {
    const SELECT: Sql = sql!(listed!(""));
    tx.all(SELECT, (after, limit)).await
}

/// The rooms of exactly this name. It looks at every room: for an operator, not for a request.
pub async fn named(tx: &mut Tx, name: &str, limit: i64) -> Result<Vec<ListedRoom>> {
    const SELECT: Sql = sql!(listed!(" AND r.name = ?"));
    tx.all(SELECT, (Uuid::nil(), name, limit)).await
}

/// Keeps the room as it is for whoever else writes there, until the transaction ends; what is read after this is the newest. Before
/// [`super::users::lock`], where both are needed.
pub async fn lock(tx: &mut Tx, room: Uuid) -> Result<()> {
    const LOCK: Sql = sql! {
        sqlite: "",
        postgres: "SELECT id FROM rooms WHERE id = ? FOR NO KEY UPDATE",
        mysql: "SELECT id FROM rooms WHERE id = ? FOR UPDATE",
    };
    tx.lock(LOCK, (room,)).await
}

/// Up to where the logs of these rooms reach; those that are gone are left out.
pub async fn heads(tx: &mut Tx, rooms: &[Uuid]) -> Result<Vec<(Uuid, i64)>> {
    macro_rules! select {
        ($ids:literal) => {
            concat!("SELECT id, last_seq FROM rooms WHERE deleted_at IS NULL AND id ", $ids)
        };
    }
    const SELECT: Sql = of_ids!(select);
    tx.all(SELECT, (ids(rooms),)).await
}

/// Makes a room without members or entries.
pub async fn insert(tx: &mut Tx, room: &NewRoom) -> Result<()> {
    const INSERT: Sql = sql!(
        "INSERT INTO rooms (id, name, name_key, description, is_private, created_by, created_at, updated_at,
            last_seq, message_count, member_count, last_entry_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, ?)"
    );
    let NewRoom { id, name, name_key, description, is_private, created_by, created_at: at } = room;
    let row = (*id, name, name_key, description, *is_private, *created_by, *at, *at, *at);
    tx.run(INSERT, row).await.map(drop)
}

/// Writes name, description and when.
pub async fn update(
    tx: &mut Tx,
    room: Uuid,
    name: &str,
    name_key: &str,
    description: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    const UPDATE: Sql =
        sql!("UPDATE rooms SET name = ?, name_key = ?, description = ?, updated_at = ? WHERE id = ?");
    tx.run(UPDATE, (name, name_key, description.map(str::to_owned), now, room)).await.map(drop)
}

/// Makes the room gone for everybody; `false` if there is none. What was in it is [`super::remains`].
pub async fn delete(tx: &mut Tx, room: Uuid, now: DateTime<Utc>) -> Result<bool> {
    const DELETE: Sql = sql!("UPDATE rooms SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL");
    Ok(tx.run(DELETE, (now, room)).await? > 0)
}

/// How many rooms the user has made that are still there.
pub async fn created_by(tx: &mut Tx, user: Uuid) -> Result<i64> {
    const COUNT: Sql = sql!("SELECT COUNT(*) FROM rooms WHERE created_by = ? AND deleted_at IS NULL");
    Ok(tx.one::<(i64,)>(COUNT, (user,)).await?.0)
}

/// Adds to the room's counts, and so locks it until the commit. Returns the new `last_seq`; `None` if there is no such room.
pub async fn advance(
    tx: &mut Tx,
    room: Uuid,
    entries: i64,
    messages: i64,
    members: i64,
    now: DateTime<Utc>,
) -> Result<Option<i64>> {
    const ADD: Sql = sql!(
        "UPDATE rooms SET last_seq = last_seq + ?, message_count = message_count + ?, member_count = member_count + ?,
            last_entry_at = ? WHERE id = ? AND deleted_at IS NULL"
    );
    const READ: Sql = sql!("SELECT last_seq FROM rooms WHERE id = ?");
    if tx.run(ADD, (entries, messages, members, now, room)).await? == 0 {
        return Ok(None);
    }
    Ok(Some(tx.one::<(i64,)>(READ, (room,)).await?.0))
}
