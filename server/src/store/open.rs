//! Opening a database: its connections, its settings, its tables, its epoch.

pub(super) mod bounds;
mod servers;
mod sqlite;

use super::{
    DatabaseUrl, Pools, Store, StoreSettings, Tx, copy, error,
    links::Claim,
    sql::{Sql, sql},
};
use sqlx::postgres::PgDatabaseError;
use std::{io, sync::Arc};
use uuid::Uuid;

/// Why a database could not be opened; said to the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file or its folder can't be used.
    #[error("the database file {path} can't be used: {cause}")]
    File {
        /// Which file.
        path: String,
        /// Why not.
        cause: io::Error,
    },
    /// Another server has the file.
    #[error(
        "the database file {0} is in use by another server; a SQLite database belongs to one server at a time"
    )]
    InUse(String),
    /// The file is not what was written.
    #[error(
        "the database file {path} is damaged, or no database at all ({finding}); keep a copy of it, then restore a backup (when {path}-wal and {path}-shm are out of the way: what is in them is not the backup's), or save what can be read with: sqlite3 {path} .recover"
    )]
    Damaged {
        /// Which file.
        path: String,
        /// What was found first.
        finding: String,
    },
    /// A newer version of this program has changed the tables.
    #[error(
        "the database was last used by a newer version of Parlor (it has change {0} of the tables, unknown here); use that version or a newer one"
    )]
    Newer(i64),
    /// A change of the tables that was made is not the one known here.
    #[error(
        "change {0} of the tables was made by another build of Parlor and differs from the one known here"
    )]
    Changed(i64),
    /// There is nothing yet.
    #[error(
        "there is no database {0} yet: a server makes it when it starts, or `parlor-server migrate` does"
    )]
    Missing(String),
    /// The tables are not yet as this version needs them, and are not to be changed now.
    #[error(
        "the tables are not those of this version ({0} to be made): start the server, or run `parlor-server migrate`"
    )]
    Behind(String),
    /// An import did not come to its end.
    #[error(
        "the database holds only a part of what is to be imported: run `parlor-server import {0}` again, which goes on where it \
         stopped; or begin anew with an empty database"
    )]
    HalfImported(String),
    /// The server is set in a way that breaks what is promised.
    #[error("{0}")]
    Settings(String),
    /// Nobody answers there.
    #[error(
        "the database {url} can't be reached ({cause}): look whether it runs, and whether PARLOR_DATABASE_URL is right"
    )]
    OutOfReach {
        /// Where it is said to be, without its password.
        url: String,
        /// Why not.
        cause: io::Error,
    },
    /// The database said no.
    #[error("the database could not be opened: {}", words(.0))]
    Database(#[from] sqlx::Error),
}

impl OpenError {
    /// Tells of which database it is that the system could not reach it, or lost it.
    pub(super) fn at(self, url: &DatabaseUrl) -> Self {
        match self {
            // What is wrong with a certificate is told by the driver in the same way, and has another remedy.
            Self::Database(sqlx::Error::Io(cause)) if cause.kind() != io::ErrorKind::InvalidData => {
                Self::OutOfReach { url: url.to_string(), cause }
            }
            other => other,
        }
    }
}

/// What the driver says, without what it says for programmers.
fn words(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Configuration(cause) => match cause.downcast_ref::<sqlx::Error>() {
            Some(inner) => words(inner),
            None => cause.to_string(),
        },
        sqlx::Error::Database(error) => match error.try_downcast_ref::<PgDatabaseError>() {
            // The line is one of the server's own source.
            Some(error) => error.message().to_owned(),
            None => error.to_string(),
        },
        other => other.to_string(),
    }
}

impl From<error::Error> for OpenError {
    fn from(error: error::Error) -> Self {
        match error {
            error::Error::Duplicate | error::Error::Busy => Self::Settings(error.to_string()),
            error::Error::Retry(error) | error::Error::OutOfReach(error) | error::Error::Database(error) => {
                Self::Database(error)
            }
        }
    }
}

/// What a database is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To serve it: it is made and brought up to date, and a file has one server.
    Serve,
    /// To be filled: the same, and it may hold a part of what is to be in it.
    Import,
    /// For an operator's work while a server may be running: what is not there or not up to date is refused.
    Beside,
}

/// Opens and checks it; migrates it, or has it be up to date.
pub(super) async fn open(settings: &StoreSettings, purpose: Purpose) -> Result<Store, OpenError> {
    let pools = match &settings.url {
        DatabaseUrl::Sqlite(path) => sqlite::open(path, purpose).await,
        DatabaseUrl::Postgres(url) => servers::postgres(url, settings.accept_data_loss, purpose).await,
        DatabaseUrl::MySql(url) => servers::mysql(url, settings.accept_data_loss, purpose).await,
    };
    let pools = pools.map_err(|error| error.at(&settings.url))?;
    let reading = read_first(&pools, purpose);
    let epoch = match &pools {
        // A disk may be slow, and is never silent.
        Pools::Sqlite { .. } => reading.await?,
        Pools::Postgres(_) | Pools::MySql(_) => bounds::answered("its epoch was read", reading).await?,
    };
    Ok(Store { pools: Arc::new(pools), epoch, claim: Claim::Common })
}

/// The epoch of a database that may be opened for this.
async fn read_first(pools: &Pools, purpose: Purpose) -> Result<Uuid, OpenError> {
    let epoch = epoch(pools).await?;
    if purpose != Purpose::Import
        && let Some(import) = copy::progress(&mut pools.read(Claim::Common).await?).await?
    {
        return Err(OpenError::HalfImported(import.name));
    }
    Ok(epoch)
}

/// The names of the changes that are still to be made to the tables, if the database is one in which they may be made.
pub(super) async fn pending(settings: &StoreSettings) -> Result<Vec<String>, OpenError> {
    let pending = match &settings.url {
        DatabaseUrl::Sqlite(path) => sqlite::pending(path).await,
        DatabaseUrl::Postgres(url) => servers::postgres_pending(url, settings.accept_data_loss).await,
        DatabaseUrl::MySql(url) => servers::mysql_pending(url, settings.accept_data_loss).await,
    };
    pending.map_err(|error| error.at(&settings.url))
}

/// Refuses tables that are behind.
fn up_to_date(pending: &[String]) -> Result<(), OpenError> {
    if pending.is_empty() { Ok(()) } else { Err(OpenError::Behind(pending.join(", "))) }
}

/// The database's epoch: made once, by whoever comes first.
async fn epoch(pools: &Pools) -> Result<Uuid, OpenError> {
    const MAKE: Sql = sql!("INSERT INTO meta (name, value) VALUES ('epoch', ?)");
    if let Some(epoch) = read_epoch(pools).await? {
        return Ok(epoch);
    }
    let made = Uuid::now_v7();
    let mut tx = pools.write(Claim::Common).await?;
    match tx.run(MAKE, (made.to_string(),)).await {
        Ok(_) => tx.commit().await?,
        Err(error::Error::Duplicate) => drop(tx),
        Err(error) => return Err(error.into()),
    }
    read_epoch(pools).await?.ok_or_else(|| OpenError::Settings("the database keeps no epoch".into()))
}

async fn read_epoch(pools: &Pools) -> Result<Option<Uuid>, OpenError> {
    const READ: Sql = sql!("SELECT value FROM meta WHERE name = 'epoch'");
    let mut tx: Tx = pools.read(Claim::Common).await?;
    let row: Option<(String,)> = tx.optional(READ, ()).await?;
    row.map(|(text,)| text.parse())
        .transpose()
        .map_err(|_| OpenError::Settings("the epoch in the table `meta` is not a UUID".into()))
}
