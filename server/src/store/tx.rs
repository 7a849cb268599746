//! A connection in use, of whichever database: the four ways to run a statement.

use super::{
    error::Result,
    lane::Held,
    sql::{Bind, Params, Row, Sql},
};
use sqlx::{Database, MySql, Postgres, Sqlite, Transaction, pool::PoolConnection};

/// A transaction, or a connection for single reads. Dropped without [`Tx::commit`], it leaves nothing behind.
pub struct Tx(pub(super) Any);

/// The three drivers.
pub(super) enum Any {
    Sqlite(Held),
    Postgres(Link<Postgres>),
    MySql(Link<MySql>),
}

/// A connection to a server, with or without a transaction.
pub(super) enum Link<DB: Database> {
    Plain(PoolConnection<DB>),
    Begun(Transaction<'static, DB>),
}

impl<DB: Database> Link<DB> {
    pub(super) fn connection(&mut self) -> &mut DB::Connection {
        match self {
            Self::Plain(connection) => connection,
            Self::Begun(transaction) => transaction,
        }
    }

    pub(super) async fn commit(self) -> Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Begun(transaction) => Ok(transaction.commit().await?),
        }
    }
}

/// Runs `$method` of the query `$make(text, arguments)` on whichever driver it is.
macro_rules! dispatch {
    ($tx:expr, $sql:expr, $params:expr, $make:path, $method:ident) => {
        match &mut $tx.0 {
            Any::Sqlite(held) => {
                let query = $make($sql.sqlite, Bind::<Sqlite>::bind($params)?);
                let result = query.$method(held.connection()?).await;
                held.seen(result)?
            }
            Any::Postgres(link) => {
                $make($sql.postgres, Bind::<Postgres>::bind($params)?).$method(link.connection()).await?
            }
            Any::MySql(link) => {
                $make($sql.mysql, Bind::<MySql>::bind($params)?).$method(link.connection()).await?
            }
        }
    };
}

impl Tx {
    /// Every row.
    pub async fn all<T: Row>(&mut self, sql: Sql, params: impl Params) -> Result<Vec<T>> {
        Ok(dispatch!(self, sql, params, sqlx::query_as_with, fetch_all))
    }

    /// The row, if there is one.
    pub async fn optional<T: Row>(&mut self, sql: Sql, params: impl Params) -> Result<Option<T>> {
        Ok(dispatch!(self, sql, params, sqlx::query_as_with, fetch_optional))
    }

    /// The row.
    pub async fn one<T: Row>(&mut self, sql: Sql, params: impl Params) -> Result<T> {
        Ok(dispatch!(self, sql, params, sqlx::query_as_with, fetch_one))
    }

    /// Runs a statement without rows and returns how many rows it matched.
    pub async fn run(&mut self, sql: Sql, params: impl Params) -> Result<u64> {
        Ok(match &mut self.0 {
            Any::Sqlite(held) => {
                let query = sqlx::query_with(sql.sqlite, Bind::<Sqlite>::bind(params)?);
                let result = query.execute(held.connection()?).await;
                held.seen(result)?.rows_affected()
            }
            Any::Postgres(link) => {
                let query = sqlx::query_with(sql.postgres, Bind::<Postgres>::bind(params)?);
                query.execute(link.connection()).await?.rows_affected()
            }
            Any::MySql(link) => {
                let query = sqlx::query_with(sql.mysql, Bind::<MySql>::bind(params)?);
                query.execute(link.connection()).await?.rows_affected()
            }
        })
    }

    /// Makes it durable. After an error nobody knows whether it is: a retry has to bear both.
    pub async fn commit(self) -> Result<()> {
        match self.0 {
            Any::Sqlite(mut held) => held.commit().await,
            Any::Postgres(link) => link.commit().await,
            Any::MySql(link) => link.commit().await,
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
