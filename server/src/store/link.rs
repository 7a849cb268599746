//! A connection to a server, in use.

use super::{
    error::{self, Error, Result},
    lane::PATIENCE,
    links::{Links, Open, silence},
};
use sqlx::{Database, Executor, MySql, Postgres};
use std::{sync::Arc, time::Duration};
use tokio::{runtime::Handle, sync::OwnedSemaphorePermit, time::timeout};

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

/// Runs `$method` of `$query` on a link, within the bound of its statements.
macro_rules! ask {
    ($link:expr, $query:expr, $method:ident) => {{
        let query = $query;
        let bound = $link.bound();
        let result = $crate::store::link::within(bound, query.$method($link.lend()?)).await;
        $link.seen(result)
    }};
}
pub(super) use ask;

/// Waits for the end of a statement. Without a bound a path that has fallen silent, such as a cable that was pulled, would keep whoever
/// asked for as long as the network takes to give up.
pub(super) async fn within<T>(
    bound: Option<Duration>,
    statement: impl Future<Output = sqlx::Result<T>>,
) -> sqlx::Result<T> {
    match bound {
        None => statement.await,
        Some(bound) => timeout(bound, statement)
            .await
            .unwrap_or_else(|_| Err(silence(format!("no answer to a statement within {bound:?}")))),
    }
}

/// A connection in use. It goes to rest only when it is in order: an unfinished transaction is rolled back first, and a connection that
/// was dropped in the midst of a statement is closed, because one of the MySQL driver's may never answer again then.
pub(super) struct Link<DB: Server> {
    links: Arc<Links<DB>>,
    kept: Option<(Open<DB>, OwnedSemaphorePermit)>,
    begun: bool,
    /// A statement is under way, or has ended in a way that leaves the wire in doubt.
    busy: bool,
}

impl<DB: Server> Link<DB> {
    pub(super) fn new(links: Arc<Links<DB>>, open: Open<DB>, permit: OwnedSemaphorePermit) -> Self {
        Self { links, kept: Some((open, permit)), begun: false, busy: false }
    }

    /// Begins a transaction.
    pub(super) async fn begin(&mut self, text: &'static str) -> Result<()> {
        self.begun = true;
        self.command(text).await
    }

    /// How long one waits for the end of a statement.
    pub(super) fn bound(&self) -> Option<Duration> {
        self.links.bound()
    }

    /// The connection, for one statement, whose outcome [`Link::seen`] has to be told.
    pub(super) fn lend(&mut self) -> Result<&mut DB::Connection> {
        self.busy = true;
        match &mut self.kept {
            Some((open, _)) => Ok(&mut open.connection),
            None => Err(Error::Database(sqlx::Error::PoolClosed)),
        }
    }

    /// Notes how the statement ended.
    pub(super) fn seen<T>(&mut self, result: sqlx::Result<T>) -> Result<T> {
        match result {
            Ok(value) => {
                self.busy = false;
                self.links.reach.answered();
                Ok(value)
            }
            Err(error) if error::is_loss(&error) => {
                self.links.lost(&error);
                Err(Error::OutOfReach(error))
            }
            Err(error) => {
                self.busy = !matches!(error, sqlx::Error::Database(_) | sqlx::Error::RowNotFound);
                Err(error.into())
            }
        }
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
        let bound = self.bound();
        let result = within(bound, DB::command(self.lend()?, text)).await;
        self.seen(result)
    }
}

impl<DB: Server> Drop for Link<DB> {
    fn drop(&mut self) {
        let Some((mut open, permit)) = self.kept.take() else { return };
        let links = Arc::clone(&self.links);
        if self.busy {
            // Without its connection the server rolls back.
        } else if !self.begun {
            links.rest(open);
        } else if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                if let Ok(Ok(())) = timeout(PATIENCE, DB::command(&mut open.connection, "ROLLBACK")).await {
                    links.rest(open);
                }
                drop(permit);
            });
        }
    }
}
