//! A connection to a server, out of the driver's pool.

use super::{
    error::{Error, Result},
    lane::PATIENCE,
};
use sqlx::{Database, Executor, MySql, Pool, Postgres, pool::PoolConnection};
use tokio::{runtime::Handle, time::timeout};

/// Said in full, because a database may have another default.
pub(super) const POSTGRES_BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// A driver for a server.
pub(super) trait Server: Database {
    /// Runs a text that has neither parameters nor rows.
    fn command(
        connection: &mut Self::Connection,
        text: &'static str,
    ) -> impl Future<Output = sqlx::Result<()>> + Send;
}

impl Server for Postgres {
    async fn command(connection: &mut Self::Connection, text: &'static str) -> sqlx::Result<()> {
        connection.execute(text).await.map(drop)
    }
}

impl Server for MySql {
    async fn command(connection: &mut Self::Connection, text: &'static str) -> sqlx::Result<()> {
        connection.execute(text).await.map(drop)
    }
}

/// A connection in use. It goes back to the pool only at rest: an unfinished transaction is rolled back first, and a connection that
/// was dropped in the midst of a statement is closed, because one of the MySQL driver's may never answer again then.
pub(super) struct Link<DB: Server> {
    kept: Option<PoolConnection<DB>>,
    begun: bool,
    /// A statement is under way, or has ended in a way that leaves the wire in doubt.
    busy: bool,
}

impl<DB: Server> Link<DB> {
    /// A connection for single statements.
    pub(super) async fn plain(pool: &Pool<DB>) -> Result<Self> {
        let kept = pool.acquire().await.map_err(Error::OutOfReach)?;
        Ok(Self { kept: Some(kept), begun: false, busy: false })
    }

    /// A connection with a transaction begun by this text.
    pub(super) async fn begin(pool: &Pool<DB>, text: &'static str) -> Result<Self> {
        let mut link = Self::plain(pool).await?;
        link.begun = true;
        link.command(text).await?;
        Ok(link)
    }

    /// The connection, for one statement, whose outcome [`Link::seen`] has to be told.
    pub(super) fn lend(&mut self) -> Result<&mut DB::Connection> {
        self.busy = true;
        match &mut self.kept {
            Some(connection) => Ok(&mut **connection),
            None => Err(Error::Database(sqlx::Error::PoolClosed)),
        }
    }

    /// Notes how the statement ended.
    pub(super) fn seen<T>(&mut self, result: sqlx::Result<T>) -> Result<T> {
        self.busy = !matches!(result, Ok(_) | Err(sqlx::Error::Database(_) | sqlx::Error::RowNotFound));
        Ok(result?)
    }

    /// Commits the transaction, if one was begun.
    pub(super) async fn commit(&mut self) -> Result<()> {
        self.end("COMMIT").await
    }

    /// Ends the transaction without a trace.
    pub(super) async fn roll_back(&mut self) -> Result<()> {
        self.end("ROLLBACK").await
    }

    async fn end(&mut self, text: &'static str) -> Result<()> {
        if self.begun {
            self.command(text).await?;
            self.begun = false;
        }
        Ok(())
    }

    async fn command(&mut self, text: &'static str) -> Result<()> {
        let result = DB::command(self.lend()?, text).await;
        self.seen(result)
    }
}

impl<DB: Server> Drop for Link<DB> {
    fn drop(&mut self) {
        let Some(mut connection) = self.kept.take() else { return };
        if self.busy {
            drop(connection.detach());
        } else if self.begun {
            let Ok(runtime) = Handle::try_current() else { return drop(connection.detach()) };
            runtime.spawn(async move {
                match timeout(PATIENCE, DB::command(&mut connection, "ROLLBACK")).await {
                    Ok(Ok(())) => drop(connection),
                    _ => drop(connection.detach()),
                }
            });
        }
    }
}
