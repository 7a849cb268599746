//! What can go wrong between us and a database.

use sqlx::{
    error::{BoxDynError, DatabaseError},
    mysql::MySqlDatabaseError,
    postgres::{PgDatabaseError, PgSeverity},
};
use std::{fmt, io};

/// Why a statement failed.
#[derive(Debug)]
pub enum Error {
    /// The unique key of what was to be inserted is taken. On PostgreSQL the transaction is then dead: drop it and begin again.
    Duplicate,
    /// A deadlock, a serialization failure or a busy file: the whole transaction may be run again.
    Retry(sqlx::Error),
    /// No connection could be had, whatever the reason: a server that ends one while it is made gives strange ones. Or the one in use
    /// was lost, or has fallen silent; of a transaction that was about to be committed nobody knows what became then.
    OutOfReach(sqlx::Error),
    /// No connection was free for as long as one waits: the server is in reach as far as one knows.
    Busy,
    /// Anything else.
    Database(sqlx::Error),
}

/// What a store function returns.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Whether the database is out of reach, full or too busy, rather than one of us wrong.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Duplicate => false,
            Self::Retry(_) | Self::OutOfReach(_) | Self::Busy => true,
            Self::Database(error) => match error {
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::BeginFailed => true,
                sqlx::Error::Database(error) => says_unavailable(&**error),
                _ => false,
            },
        }
    }

    /// Whether a connection that said so may still be used: only a broken rule leaves SQLite's transaction certainly as it was.
    pub(super) fn spares_the_connection(error: &sqlx::Error) -> bool {
        match error {
            sqlx::Error::Database(error) => {
                sqlite_code(&**error).is_some_and(|code| code == SQLITE_CONSTRAINT)
            }
            sqlx::Error::RowNotFound | sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => true,
            _ => false,
        }
    }
}

const SQLITE_BUSY: u32 = 5;
const SQLITE_LOCKED: u32 = 6;
const SQLITE_CONSTRAINT: u32 = 19;
/// No memory, read-only, input or output failed, damaged, full, can't open, not a database.
const SQLITE_OUT_OF_REACH: [u32; 7] = [7, 8, 10, 11, 13, 14, 26];
/// Read-only, input or output failed, full.
const SQLITE_UNWRITABLE: [u32; 3] = [8, 10, 13];
/// Damaged, not a database.
const SQLITE_DAMAGED: [u32; 2] = [11, 26];
/// Lock wait timeout, deadlock, and MariaDB's "record has changed".
const MYSQL_RETRY: [u16; 3] = [1205, 1213, 1020];
/// Shutting down, killed, idle for too long.
const MYSQL_LOSS: [u16; 3] = [1053, 1927, 4031];
/// Full, too many connections, shutting down, killed, read-only, failed to read or write a file, a statement that took too long.
const MYSQL_OUT_OF_REACH: [u16; 19] = [
    3, 1021, 1026, 1030, 1040, 1041, 1053, 1114, 1152, 1158, 1159, 1160, 1161, 1203, 1290, 1927, 1969, 3024,
    4031,
];

/// The primary part of a result code of SQLite.
fn sqlite_code(error: &dyn DatabaseError) -> Option<u32> {
    error.try_downcast_ref::<sqlx::sqlite::SqliteError>()?;
    error.code()?.parse::<u32>().ok().map(|code| code & 0xff)
}

/// What an error says about a SQLite file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It can't be written now.
    Unwritable,
    /// It is not what was written.
    Damaged,
}

/// What this error says about the file, if anything.
pub(super) fn fault(error: &sqlx::Error) -> Option<Fault> {
    let code = sqlite_code(error.as_database_error()?)?;
    if SQLITE_DAMAGED.contains(&code) {
        Some(Fault::Damaged)
    } else {
        SQLITE_UNWRITABLE.contains(&code).then_some(Fault::Unwritable)
    }
}

/// Whether a server's connection is no longer one.
pub(super) fn is_loss(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => match error.try_downcast_ref::<PgDatabaseError>() {
            Some(error) => matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic),
            None => mysql_number(&**error).is_some_and(|number| MYSQL_LOSS.contains(&number)),
        },
        _ => false,
    }
}

/// Whether a server that refuses a connection so may take one in a moment: it is about to start, or has too many of them.
pub(super) fn may_pass(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => error.kind() == io::ErrorKind::ConnectionRefused,
        sqlx::Error::Database(error) => says_unavailable(&**error),
        _ => false,
    }
}

fn mysql_number(error: &dyn DatabaseError) -> Option<u16> {
    error.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number)
}

fn says_retry(error: &dyn DatabaseError) -> bool {
    if let Some(code) = sqlite_code(error) {
        return code == SQLITE_BUSY || code == SQLITE_LOCKED;
    }
    if let Some(number) = mysql_number(error) {
        return MYSQL_RETRY.contains(&number);
    }
    matches!(error.code().as_deref(), Some("40001" | "40P01" | "55P03"))
}

fn says_unavailable(error: &dyn DatabaseError) -> bool {
    if let Some(code) = sqlite_code(error) {
        return SQLITE_OUT_OF_REACH.contains(&code);
    }
    if let Some(number) = mysql_number(error) {
        return MYSQL_OUT_OF_REACH.contains(&number);
    }
    // PostgreSQL's classes: connection, resources, shutdown and cancellation, system; and a standby's "read-only".
    error.code().is_some_and(|code| {
        ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class)) || code == "25006"
    })
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error() {
            Some(database) if database.is_unique_violation() => Self::Duplicate,
            Some(database) if says_retry(database) => Self::Retry(error),
            _ => Self::Database(error),
        }
    }
}

impl From<BoxDynError> for Error {
    fn from(error: BoxDynError) -> Self {
        Self::Database(sqlx::Error::Encode(error))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate => f.write_str("a unique key is taken"),
            Self::Busy => f.write_str("all connections to the database are in use"),
            Self::Retry(error) => write!(f, "the transaction has to be run again: {error}"),
            Self::OutOfReach(error) | Self::Database(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}
