//! Users.

use super::{
    Result, Tx,
    sql::{Sql, sql},
};
use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

/// A user to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The id.
    pub id: Uuid,
    /// The name as it was typed.
    pub username: String,
    /// The form under which it is unique.
    pub username_key: String,
    /// The address as it was typed.
    pub email: String,
    /// The form under which it is unique.
    pub email_key: String,
    /// The password's hash, in PHC form.
    pub password_hash: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// A user, whole.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct UserRow {
    /// The id.
    pub id: Uuid,
    /// The name as it was typed.
    pub username: String,
    /// The form under which it is unique.
    pub username_key: String,
    /// The address as it was typed.
    pub email: String,
    /// The form under which it is unique.
    pub email_key: String,
    /// The password's hash, in PHC form.
    pub password_hash: String,
    /// When they were last online; unknown before the first time.
    pub last_seen_at: Option<DateTime<Utc>>,
    /// Since when they may not sign in.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// A user's name alone.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct UserName {
    /// The id.
    pub id: Uuid,
    /// The name as it was typed.
    pub username: String,
    /// The form by which a search is ordered.
    pub username_key: String,
}

macro_rules! columns {
    () => {
        "id, username, username_key, email, email_key, password_hash, last_seen_at, disabled_at, created_at, updated_at"
    };
}

/// Makes a user; `Duplicate` if the name or the address is taken.
pub async fn insert(tx: &mut Tx, user: &NewUser) -> Result<()> {
    const INSERT: Sql =
        sql!(concat!("INSERT INTO users (", columns!(), ") VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, ?, ?)"));
    let NewUser { id, username, username_key, email, email_key, password_hash, created_at } = user;
    let row = (*id, username, username_key, email, email_key, password_hash, *created_at, *created_at);
    tx.run(INSERT, row).await.map(drop)
}

/// Keeps the account, and how many sessions and memberships it has, for whoever else changes them, until the transaction ends.
pub async fn lock(tx: &mut Tx, user: Uuid) -> Result<()> {
    const LOCK: Sql = sql! {
        sqlite: "",
        postgres: "SELECT id FROM users WHERE id = ? FOR NO KEY UPDATE",
        mysql: "SELECT id FROM users WHERE id = ? FOR UPDATE",
    };
    tx.lock(LOCK, (user,)).await
}

/// The user with this id.
pub async fn by_id(tx: &mut Tx, user: Uuid) -> Result<Option<UserRow>> {
    const SELECT: Sql = sql!(concat!("SELECT ", columns!(), " FROM users WHERE id = ?"));
    tx.optional(SELECT, (user,)).await
}

/// The user with this address.
pub async fn by_email_key(tx: &mut Tx, key: &str) -> Result<Option<UserRow>> {
    const SELECT: Sql = sql!(concat!("SELECT ", columns!(), " FROM users WHERE email_key = ?"));
    tx.optional(SELECT, (key,)).await
}

/// Who has this name.
pub async fn username_owner(tx: &mut Tx, key: &str) -> Result<Option<Uuid>> {
    const SELECT: Sql = sql!("SELECT id FROM users WHERE username_key = ?");
    Ok(tx.optional::<(Uuid,)>(SELECT, (key,)).await?.map(|(id,)| id))
}

/// Who has this address.
pub async fn email_owner(tx: &mut Tx, key: &str) -> Result<Option<Uuid>> {
    const SELECT: Sql = sql!("SELECT id FROM users WHERE email_key = ?");
    Ok(tx.optional::<(Uuid,)>(SELECT, (key,)).await?.map(|(id,)| id))
}

/// Writes name, address, password hash and `updated_at`; `Duplicate` if a key is taken.
pub async fn update(tx: &mut Tx, user: &UserRow) -> Result<()> {
    const UPDATE: Sql = sql!(
        "UPDATE users SET username = ?, username_key = ?, email = ?, email_key = ?, password_hash = ?, updated_at = ?
        WHERE id = ?"
    );
    let UserRow { id, username, username_key, email, email_key, password_hash, updated_at, .. } = user;
    tx.run(UPDATE, (username, username_key, email, email_key, password_hash, *updated_at, *id))
        .await
        .map(drop)
}

/// Writes the password's hash alone, as when it is made anew at a login.
pub async fn set_password_hash(tx: &mut Tx, user: Uuid, hash: &str) -> Result<()> {
    const UPDATE: Sql = sql!("UPDATE users SET password_hash = ? WHERE id = ?");
    tx.run(UPDATE, (hash, user)).await.map(drop)
}

/// Writes when the user was last online.
pub async fn set_last_seen(tx: &mut Tx, user: Uuid, at: DateTime<Utc>) -> Result<()> {
    const UPDATE: Sql = sql!("UPDATE users SET last_seen_at = ? WHERE id = ?");
    tx.run(UPDATE, (at, user)).await.map(drop)
}

/// Writes since when the user may not sign in; `None` lets them.
pub async fn set_disabled(tx: &mut Tx, user: Uuid, since: Option<DateTime<Utc>>) -> Result<()> {
    const UPDATE: Sql = sql!("UPDATE users SET disabled_at = ? WHERE id = ?");
    tx.run(UPDATE, (since, user)).await.map(drop)
}

/// All users whose name's key comes after this one, in the order of keys.
pub async fn page(tx: &mut Tx, after_key: &str, limit: i64) -> Result<Vec<UserRow>> {
    const SELECT: Sql = sql!(concat!(
        "SELECT ",
        columns!(),
        " FROM users WHERE username_key > ? ORDER BY username_key LIMIT ?"
    ));
    tx.all(SELECT, (after_key, limit)).await
}

/// Users whose name's key begins so, by key, those after `after_key` only.
pub async fn search(
    tx: &mut Tx,
    prefix_key: &str,
    after_key: Option<&str>,
    limit: i64,
) -> Result<Vec<UserName>> {
    // A range and not LIKE, so that the index serves it; keys are compared by code point on every database.
    const SEARCH: Sql = sql!(
        "SELECT id, username, username_key FROM users
        WHERE username_key >= ? AND username_key < ? AND username_key > ?
        ORDER BY username_key LIMIT ?"
    );
    let beyond = format!("{prefix_key}{}", char::MAX);
    tx.all(SEARCH, (prefix_key, &beyond, after_key.unwrap_or(""), limit)).await
}
