//! A connection in use, of whichever database: the four ways to run a statement.

use super::{
    error::Result,
    lane::Held,
    link::{Link, ask},
    sql::{Bind, Params, Row, Sql, told},
};
use sqlx::{MySql, Postgres, Sqlite};

/// A transaction, or a connection for single reads. Dropped without [`Tx::commit`], it leaves nothing behind.
pub struct Tx(pub(super) Any);

/// The three drivers.
pub(super) enum Any {
    Sqlite(Held),
    Postgres(Link<Postgres>),
    MySql(Link<MySql>),
}

/// Runs `$method` of the query `$make(text, arguments)` on whichever driver it is.
macro_rules! dispatch {
    ($tx:expr, $sql:expr, $params:expr, $make:path, $method:ident) => {
        match &mut $tx.0 {
            Any::Sqlite(held) => dispatch!(@ held, $make(told($sql.sqlite), Bind::<Sqlite>::bind($params)?), $method),
            Any::Postgres(link) => ask!(link, $make(told($sql.postgres), Bind::<Postgres>::bind($params)?), $method),
            Any::MySql(link) => ask!(link, $make(told($sql.mysql), Bind::<MySql>::bind($params)?), $method),
        }
    };
    (@ $held:ident, $query:expr, $method:ident) => {{
        let query = $query;
        let result = query.$method($held.lend()?).await;
        $held.seen(result)
    }};
}

impl Tx {
    /// Every row.
    pub(super) async fn all<T: Row>(&mut self, sql: Sql, params: impl Params) -> Result<Vec<T>> {
        dispatch!(self, sql, params, sqlx::query_as_with, fetch_all)
    }

    /// The row, if there is one.
    pub(super) async fn optional<T: Row>(&mut self, sql: Sql, params: impl Params) -> Result<Option<T>> {
        dispatch!(self, sql, params, sqlx::query_as_with, fetch_optional)
    }

    /// The row.
    pub(super) async fn one<T: Row>(&mut self, sql: Sql, params: impl Params) -> Result<T> {
        dispatch!(self, sql, params, sqlx::query_as_with, fetch_one)
    }

    /// Runs a statement without rows and returns how many rows it matched.
    pub(super) async fn run(&mut self, sql: Sql, params: impl Params) -> Result<u64> {
        Ok(match &mut self.0 {
            Any::Sqlite(held) => {
                let query = sqlx::query_with(told(sql.sqlite), Bind::<Sqlite>::bind(params)?);
                dispatch!(@ held, query, execute)?.rows_affected()
            }
            Any::Postgres(link) => {
                let query = sqlx::query_with(told(sql.postgres), Bind::<Postgres>::bind(params)?);
                ask!(link, query, execute)?.rows_affected()
            }
            Any::MySql(link) => {
                let query = sqlx::query_with(told(sql.mysql), Bind::<MySql>::bind(params)?);
                ask!(link, query, execute)?.rows_affected()
            }
        })
    }

    /// Locks the row that a statement selects, for what is read after this and written by this transaction. SQLite, where one
    /// transaction at a time may write, has no need of it, and its text of such a statement is empty.
    pub(super) async fn lock(&mut self, sql: Sql, params: impl Params) -> Result<()> {
        if self.is_sqlite() {
            return Ok(());
        }
        // No row, no lock: what is asked next finds none either.
        self.run(sql, params).await.map(drop)
    }

    pub(super) fn is_sqlite(&self) -> bool {
        matches!(self.0, Any::Sqlite(_))
    }

    /// Makes it durable. After an error nobody knows whether it is: a retry has to bear both.
    pub async fn commit(self) -> Result<()> {
        match self.0 {
            Any::Sqlite(mut held) => held.commit().await,
            Any::Postgres(mut link) => link.commit().await,
            Any::MySql(mut link) => link.commit().await,
        }
    }
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Any::Sqlite(_) => "Tx(SQLite)",
            Any::Postgres(_) => "Tx(PostgreSQL)",
            Any::MySql(_) => "Tx(MySQL)",
        })
    }
}
