//! Sessions, and the refresh tokens that prolong them.

use super::{
    Result, Tx,
    sql::{Sql, ids, of_ids, sql},
};
use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

/// A session to be made.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The id.
    pub id: Uuid,
    /// Whose.
    pub user_id: Uuid,
    /// What the client says it is.
    pub user_agent: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Until when it may be prolonged.
    pub expires_at: DateTime<Utc>,
}

/// A session that is neither revoked nor expired, with its user.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct LiveSession {
    /// Whose.
    pub user_id: Uuid,
    /// The user's name.
    pub username: String,
    /// When the session was last used.
    pub last_seen_at: DateTime<Utc>,
    /// Until when it may be prolonged.
    pub expires_at: DateTime<Utc>,
}

/// A session as its user sees it.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct SessionRow {
    /// The id.
    pub id: Uuid,
    /// What the client says it is.
    pub user_agent: Option<String>,
    /// When one signed in.
    pub created_at: DateTime<Utc>,
    /// When it was last used.
    pub last_seen_at: DateTime<Utc>,
    /// Until when it may be prolonged.
    pub expires_at: DateTime<Utc>,
}

/// A refresh token, with what decides about its session.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct RefreshRow {
    /// Which session.
    pub session_id: Uuid,
    /// Whose.
    pub user_id: Uuid,
    /// When the token was spent.
    pub spent_at: Option<DateTime<Utc>>,
    /// The hash of the token that came after it.
    pub successor: Option<Vec<u8>>,
    /// Until when the session may be prolonged.
    pub session_expires_at: DateTime<Utc>,
    /// When the session was revoked.
    pub session_revoked_at: Option<DateTime<Utc>>,
}

/// Makes a session.
pub async fn insert(tx: &mut Tx, session: &NewSession) -> Result<()> {
    const INSERT: Sql = sql!(
        "INSERT INTO sessions (id, user_id, user_agent, created_at, last_seen_at, expires_at, revoked_at)
        VALUES (?, ?, ?, ?, ?, ?, NULL)"
    );
    let NewSession { id, user_id, user_agent, created_at, expires_at } = session;
    tx.run(INSERT, (*id, *user_id, user_agent, *created_at, *created_at, *expires_at)).await.map(drop)
}

/// Those of these sessions that have not ended.
pub async fn going_on(tx: &mut Tx, sessions: &[Uuid], now: DateTime<Utc>) -> Result<Vec<Uuid>> {
    macro_rules! select {
        ($ids:literal) => {
            concat!(
                "SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id
                WHERE s.id ",
                $ids,
                " AND s.revoked_at IS NULL AND s.expires_at > ? AND u.disabled_at IS NULL"
            )
        };
    }
    const SELECT: Sql = of_ids!(select);
    let rows: Vec<(Uuid,)> = tx.all(SELECT, (ids(sessions), now)).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The session, if it lives.
pub async fn live(tx: &mut Tx, session: Uuid, now: DateTime<Utc>) -> Result<Option<LiveSession>> {
    const SELECT: Sql = sql!(
        "SELECT s.user_id, u.username, s.last_seen_at, s.expires_at FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE s.id = ? AND s.revoked_at IS NULL AND s.expires_at > ? AND u.disabled_at IS NULL"
    );
    tx.optional(SELECT, (session, now)).await
}

/// The user's sessions that live, newest first.
pub async fn list(tx: &mut Tx, user: Uuid, now: DateTime<Utc>) -> Result<Vec<SessionRow>> {
    const SELECT: Sql = sql!(
        "SELECT id, user_agent, created_at, last_seen_at, expires_at FROM sessions
        WHERE user_id = ? AND revoked_at IS NULL AND expires_at > ? ORDER BY id DESC"
    );
    tx.all(SELECT, (user, now)).await
}

/// Revokes a session of this user; `false` if there is none that could be.
pub async fn revoke(tx: &mut Tx, user: Uuid, session: Uuid, now: DateTime<Utc>) -> Result<bool> {
    const UPDATE: Sql =
        sql!("UPDATE sessions SET revoked_at = ? WHERE id = ? AND user_id = ? AND revoked_at IS NULL");
    Ok(tx.run(UPDATE, (now, session, user)).await? > 0)
}

/// Revokes the user's sessions but one, and names them.
pub async fn revoke_others(tx: &mut Tx, user: Uuid, keep: Uuid, now: DateTime<Utc>) -> Result<Vec<Uuid>> {
    const UPDATE: Sql =
        sql!("UPDATE sessions SET revoked_at = ? WHERE user_id = ? AND id <> ? AND revoked_at IS NULL");
    const REVOKED: Sql =
        sql!("SELECT id FROM sessions WHERE user_id = ? AND id <> ? AND revoked_at = ? ORDER BY id");
    tx.run(UPDATE, (now, user, keep)).await?;
    let rows: Vec<(Uuid,)> = tx.all(REVOKED, (user, keep, now)).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Deletes the user's sessions that live beyond so many, and names them: first those that were not used after their login, then
/// those unused for longest; never `newest`.
pub async fn end_surplus(
    tx: &mut Tx,
    user: Uuid,
    newest: Uuid,
    most: i64,
    now: DateTime<Utc>,
) -> Result<Vec<Uuid>> {
    const SURPLUS: Sql = sql!(
        "SELECT id FROM sessions WHERE user_id = ? AND id <> ? AND revoked_at IS NULL AND expires_at > ?
        ORDER BY CASE WHEN last_seen_at > created_at THEN 0 ELSE 1 END, last_seen_at DESC, id DESC LIMIT ? OFFSET ?"
    );
    const DELETE: Sql = sql!("DELETE FROM sessions WHERE id = ?");
    let rows: Vec<(Uuid,)> = tx.all(SURPLUS, (user, newest, now, most, most - 1)).await?;
    for (id,) in &rows {
        tx.run(DELETE, (*id,)).await?;
    }
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Writes when the session was last used.
pub async fn touch(tx: &mut Tx, session: Uuid, now: DateTime<Utc>) -> Result<()> {
    const UPDATE: Sql = sql!("UPDATE sessions SET last_seen_at = ? WHERE id = ?");
    tx.run(UPDATE, (now, session)).await.map(drop)
}

/// Writes until when the session may be prolonged.
pub async fn extend(tx: &mut Tx, session: Uuid, expires_at: DateTime<Utc>) -> Result<()> {
    const UPDATE: Sql = sql!("UPDATE sessions SET expires_at = ? WHERE id = ?");
    tx.run(UPDATE, (expires_at, session)).await.map(drop)
}

/// Deletes, with their tokens, at most so many of the sessions that ended before then; says how many.
pub async fn purge(tx: &mut Tx, before: DateTime<Utc>, at_most: i64) -> Result<u64> {
    macro_rules! ended {
        () => {
            "(SELECT id FROM sessions WHERE expires_at < ? OR revoked_at < ? LIMIT ?)"
        };
    }
    // MariaDB would look at every session whether it is among those.
    const DELETE: Sql = sql! {
        sqlite: concat!("DELETE FROM sessions WHERE id IN ", ended!()),
        postgres: concat!("DELETE FROM sessions WHERE id IN ", ended!()),
        mysql: concat!("DELETE s FROM ", ended!(), " ended STRAIGHT_JOIN sessions s ON s.id = ended.id"),
    };
    tx.run(DELETE, (before, before, at_most)).await
}

/// Keeps a refresh token of the session.
pub async fn insert_refresh(tx: &mut Tx, hash: &[u8], session: Uuid, at: DateTime<Utc>) -> Result<()> {
    const INSERT: Sql = sql!(
        "INSERT INTO refresh_tokens (hash, session_id, created_at, spent_at, successor) VALUES (?, ?, ?, NULL, NULL)"
    );
    tx.run(INSERT, (hash, session, at)).await.map(drop)
}

/// The refresh token with this hash.
pub async fn refresh(tx: &mut Tx, hash: &[u8]) -> Result<Option<RefreshRow>> {
    const SELECT: Sql = sql!(
        "SELECT t.session_id, s.user_id, t.spent_at, t.successor, s.expires_at AS session_expires_at,
            s.revoked_at AS session_revoked_at
        FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE t.hash = ?"
    );
    tx.optional(SELECT, (hash,)).await
}

/// Marks the token as spent and names its successor; `false` if it was spent before.
pub async fn spend_refresh(tx: &mut Tx, hash: &[u8], successor: &[u8], at: DateTime<Utc>) -> Result<bool> {
    const UPDATE: Sql =
        sql!("UPDATE refresh_tokens SET spent_at = ?, successor = ? WHERE hash = ? AND spent_at IS NULL");
    Ok(tx.run(UPDATE, (at, successor, hash)).await? > 0)
}
