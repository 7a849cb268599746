//! SQLite's connections: a lane of one that writes, a lane of several that only read. A pool of sqlx would add a hop to the
//! connection's thread each time one comes back, and would keep a connection whose transaction SQLite has ended by itself.

use super::{
    error::{Error, Result},
    health::Health,
};
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// How long one waits for a connection before the database counts as out of reach.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Connections of one kind, opened when they are first needed.
pub(super) struct Lane {
    options: SqliteConnectOptions,
    width: u32,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<SqliteConnection>>,
    health: Arc<Health>,
}

impl Lane {
    pub(super) fn new(options: SqliteConnectOptions, width: u32, health: Arc<Health>) -> Arc<Self> {
        let permits = Arc::new(Semaphore::new(width as usize));
        Arc::new(Self { options, width, permits, idle: Mutex::default(), health })
    }

    /// A connection of one's own, until it is dropped.
    pub(super) async fn hold(self: &Arc<Self>) -> Result<Held> {
        let permit = match timeout(PATIENCE, Arc::clone(&self.permits).acquire_owned()).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) => return Err(Error::Database(sqlx::Error::PoolClosed)),
            Err(_) => return Err(Error::Database(sqlx::Error::PoolTimedOut)),
        };
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.options.connect().await.inspect_err(|error| self.health.failed(error))?,
        };
        Ok(Held { lane: Arc::clone(self), kept: Some((connection, permit)), begun: false, broken: false })
    }

    /// A connection with a transaction begun by this text.
    pub(super) async fn begin(self: &Arc<Self>, text: &'static str) -> Result<Held> {
        let mut held = self.hold().await?;
        held.begins();
        held.command(text).await?;
        Ok(held)
    }

    /// Waits for the connections in use, then closes all.
    pub(super) async fn close(&self) {
        let all = timeout(PATIENCE, self.permits.acquire_many(self.width)).await;
        self.permits.close();
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "a connection to the database did not close in order");
            }
        }
        drop(all);
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<SqliteConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection in use. It never goes back with an open transaction: an unfinished one is rolled back, a broken connection is closed.
pub(super) struct Held {
    lane: Arc<Lane>,
    kept: Option<(SqliteConnection, OwnedSemaphorePermit)>,
    begun: bool,
    broken: bool,
}

impl Held {
    /// The connection, for one statement, whose outcome [`Held::seen`] has to be told.
    pub(super) fn lend(&mut self) -> Result<&mut SqliteConnection> {
        match &mut self.kept {
            Some((connection, _)) => Ok(connection),
            None => Err(Error::Database(sqlx::Error::PoolClosed)),
        }
    }

    /// Says that a transaction is about to begin, in a text of ours.
    pub(super) fn begins(&mut self) {
        self.begun = true;
    }

    /// Says that the transaction is committed.
    pub(super) fn committed(&mut self) {
        self.begun = false;
    }

    /// Commits it.
    pub(super) async fn commit(&mut self) -> Result<()> {
        if self.begun {
            self.command("COMMIT").await?;
            self.committed();
        }
        Ok(())
    }

    /// Ends the transaction without a trace.
    pub(super) async fn roll_back(&mut self) -> Result<()> {
        self.command("ROLLBACK").await?;
        self.begun = false;
        Ok(())
    }

    async fn command(&mut self, text: &'static str) -> Result<()> {
        let done = sqlx::query(text).execute(self.lend()?).await;
        self.seen(done).map(drop)
    }

    /// Notes what a statement's failure means for the connection: on a full disk SQLite may have ended the transaction by itself.
    pub(super) fn seen<T>(&mut self, result: sqlx::Result<T>) -> Result<T> {
        if let Err(error) = &result {
            self.lane.health.failed(error);
            self.broken |= !Error::spares_the_connection(error);
        }
        Ok(result?)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some((mut connection, permit)) = self.kept.take() else { return };
        let lane = Arc::clone(&self.lane);
        if self.broken {
            // Closing rolls back.
        } else if !self.begun {
            lane.idle().push(connection);
        } else if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                if sqlx::query("ROLLBACK").execute(&mut connection).await.is_ok() {
                    lane.idle().push(connection);
                }
                drop(permit);
            });
        }
    }
}
