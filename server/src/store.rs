//! What is kept: rows, in SQLite, PostgreSQL, MySQL or MariaDB, with one text of SQL wherever the three agree.
//!
//! A function is free and takes the transaction first; a use case is one transaction. Absence is `Option`, rules live in `domain`.
//! Every function runs on every database in `tests/store`. Times are bound by us and never the database's; integers are `i64`.

mod backup;
mod batch;
pub mod copy;
mod error;
mod health;
pub mod history;
pub mod invites;
mod lane;
mod link;
mod links;
pub mod members;
pub mod messages;
mod migrate;
pub mod nodes;
mod open;
pub mod original;
mod positions;
mod reach;
pub mod receipts;
pub mod remains;
pub mod rooms;
pub mod sessions;
mod sql;
pub mod timeline;
mod tx;
pub mod users;

pub use crate::config::DatabaseUrl;
pub use batch::{Asked, Batch, Standing};
pub use error::{Error, Result};
pub use migrate::schema_version;
pub use open::OpenError;
pub use tx::Tx;

use health::{Health, State};
use lane::Lane;
use link::POSTGRES_BEGIN;
use links::{Claim, Links};
use open::Purpose;
use sql::{Sql, sql};
use sqlx::{MySql, Postgres};
use std::{fs, sync::Arc};
use tx::Any;
use uuid::Uuid;

/// Which database, and how strictly it is looked at.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// Where it is.
    pub url: DatabaseUrl,
    /// Whether a server that is set to lose commits is taken all the same.
    pub accept_data_loss: bool,
}

/// An open database; clones share it.
#[derive(Clone)]
pub struct Store {
    pools: Arc<Pools>,
    epoch: Uuid,
    claim: Claim,
}

/// The connections.
enum Pools {
    Sqlite {
        write: Arc<Lane>,
        read: Arc<Lane>,
        health: Arc<Health>,
        /// Locked as long as this process is the file's server.
        lock: Option<fs::File>,
    },
    Postgres(Arc<Links<Postgres>>),
    MySql(Arc<Links<MySql>>),
}

impl Store {
    /// Opens the database: checks its settings, brings its tables up to date, makes or reads its epoch.
    pub async fn open(settings: &StoreSettings) -> std::result::Result<Self, OpenError> {
        open::open(settings, Purpose::Serve).await
    }

    /// Opens the database beside a server that may be running on it. It has to be there, with tables that are up to date.
    pub async fn open_beside(settings: &StoreSettings) -> std::result::Result<Self, OpenError> {
        open::open(settings, Purpose::Beside).await
    }

    /// Opens the database as [`Store::open`] does, also when there is but a part of an import in it.
    pub async fn open_to_import(settings: &StoreSettings) -> std::result::Result<Self, OpenError> {
        open::open(settings, Purpose::Import).await
    }

    /// The changes that [`Store::open`] would make to the tables, by name; nothing is changed by asking.
    pub async fn pending_changes(settings: &StoreSettings) -> std::result::Result<Vec<String>, OpenError> {
        open::pending(settings).await
    }

    /// A transaction that may write.
    pub async fn write(&self) -> Result<Tx> {
        self.pools.write(self.claim).await
    }

    /// A transaction that only reads and sees one moment.
    pub async fn snapshot(&self) -> Result<Tx> {
        self.pools.snapshot(self.claim).await
    }

    /// A connection for single reads; each sees its own moment.
    pub async fn read(&self) -> Result<Tx> {
        self.pools.read(self.claim).await
    }

    /// The same database for what must not wait behind requests, since the node lives by it: signs of life, polls, and probes. A server
    /// has a few connections for them alone.
    #[must_use]
    pub fn reserved(&self) -> Self {
        Self { claim: Claim::Reserved, ..self.clone() }
    }

    /// The database's random id, made with it.
    pub fn epoch(&self) -> Uuid {
        self.epoch
    }

    /// Whether the database answers, and can be written as far as one knows: after a write that failed, one is tried.
    pub async fn ping(&self) -> Result<()> {
        const PING: Sql = sql!("SELECT name FROM meta WHERE name = 'epoch'");
        if let Pools::Sqlite { health, .. } = &*self.pools {
            match health.state() {
                State::Well => {}
                State::Unwritable => {
                    self.try_to_write().await?;
                    health.written();
                }
                State::Damaged => return Err(Error::Database(health.damage())),
            }
        }
        let _: (String,) = self.read().await?.one(PING, ()).await?;
        Ok(())
    }

    /// As much as a batch of messages, so that what a small gap on a full disk takes does not count as room.
    async fn try_to_write(&self) -> Result<()> {
        const SIZE: usize = 64 << 10;
        const WRITE: Sql = sql!(
            "INSERT INTO meta (name, value) VALUES ('probe', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        );
        let mut tx = self.write().await?;
        tx.run(WRITE, ("x".repeat(SIZE),)).await?;
        tx.commit().await
    }

    /// Waits for the transactions under way, for those on a server a moment at most, then closes; a SQLite file is whole in itself
    /// afterwards.
    pub async fn close(&self) {
        match &*self.pools {
            Pools::Sqlite { write, read, lock, .. } => {
                read.close().await;
                write.close().await;
                if let Some(Err(error)) = lock.as_ref().map(fs::File::unlock) {
                    tracing::warn!(%error, "the lock of the database file stays until the process ends");
                }
            }
            Pools::Postgres(links) => links.close().await,
            Pools::MySql(links) => links.close().await,
        }
    }
}

impl Pools {
    async fn write(&self, claim: Claim) -> Result<Tx> {
        Ok(Tx(match self {
            Self::Sqlite { write, .. } => Any::Sqlite(write.begin("BEGIN IMMEDIATE").await?),
            Self::Postgres(links) => Any::Postgres(links.begin(POSTGRES_BEGIN, claim).await?),
            Self::MySql(links) => Any::MySql(links.begin("BEGIN", claim).await?),
        }))
    }

    async fn snapshot(&self, claim: Claim) -> Result<Tx> {
        const POSTGRES: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        // The first statement holds for the next transaction alone.
        const MYSQL: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;
            START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
        Ok(Tx(match self {
            Self::Sqlite { read, .. } => Any::Sqlite(read.begin("BEGIN").await?),
            Self::Postgres(links) => Any::Postgres(links.begin(POSTGRES, claim).await?),
            Self::MySql(links) => Any::MySql(links.begin(MYSQL, claim).await?),
        }))
    }

    async fn read(&self, claim: Claim) -> Result<Tx> {
        Ok(Tx(match self {
            Self::Sqlite { read, .. } => Any::Sqlite(read.hold().await?),
            Self::Postgres(links) => Any::Postgres(links.hold(claim).await?),
            Self::MySql(links) => Any::MySql(links.hold(claim).await?),
        }))
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.epoch)
    }
}
