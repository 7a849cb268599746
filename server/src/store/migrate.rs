//! The tables, made and changed by numbered files; they are part of the binary.

use super::open::{
    OpenError,
    bounds::{Held, Turn, answered},
};
use sqlx::{
    Connection, Executor, MySqlConnection, PgConnection, SqlSafeStr, SqliteConnection,
    migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator},
    mysql::MySqlDatabaseError,
};

/// The files of one database, in order; `name` is also the file's.
macro_rules! files {
    ($folder:literal) => {
        files!($folder: 1 "0001_meta", 2 "0002_users", 3 "0003_sessions", 4 "0004_refresh_tokens", 5 "0005_rooms",
            6 "0006_members", 7 "0007_cursors", 8 "0008_invites", 9 "0009_entries", 10 "0010_nodes", 11 "0011_disabled_users",
            12 "0012_rooms_by_age")
    };
    ($folder:literal: $($version:literal $name:literal),+) => {
        migrator(&[$(($version, $name, include_str!(concat!("../../migrations/", $folder, "/", $name, ".sql")))),+])
    };
}

fn migrator(files: &[(i64, &'static str, &'static str)]) -> Migrator {
    let migration = |(version, name, text): &(i64, &'static str, &'static str)| {
        Migration::new(*version, (*name).into(), MigrationType::Simple, text.into_sql_str(), false)
    };
    Migrator::with_migrations(files.iter().map(migration).collect())
}

/// The number of the newest change of the tables that this version knows.
pub fn schema_version() -> i64 {
    files!("sqlite").iter().map(|file| file.version).max().unwrap_or_default()
}

/// All in one transaction; a second process waits for it.
pub(super) async fn sqlite(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    files!("sqlite").run_direct(None, &mut *transaction, false).await?;
    Ok(transaction.commit().await?)
}

const LOCK_ASKED: &str = "the lock for changing its tables was asked for";

/// Whether others held what was asked for, for longer than it may be waited for; or waited for what this one held.
fn is_held(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| match error.try_downcast_ref::<MySqlDatabaseError>() {
        Some(error) => matches!(error.number(), 1205 | 1213),
        None => matches!(error.code().as_deref(), Some("55P03" | "40P01")),
    })
}

/// What an attempt to change the tables ends with; `None` when it is to be made again, since others hold one of them.
async fn settled(ended: Result<(), OpenError>, held: &mut Held) -> Option<Result<(), OpenError>> {
    match ended {
        Err(OpenError::Database(error)) if is_held(&error) => {
            held.let_others_go_on(&error).await.err().map(Err)
        }
        other => Some(other),
    }
}

/// Asks for the lock; whether it was granted within the server's bound.
async fn postgres_lock(connection: &mut PgConnection) -> Result<bool, OpenError> {
    match connection.lock().await {
        Ok(()) => Ok(true),
        Err(MigrateError::Execute(error)) if is_held(&error) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Each file in its transaction, under an advisory lock of the driver's.
pub(super) async fn postgres(connection: &mut PgConnection) -> Result<(), OpenError> {
    // The driver would wait for the lock without an end or a word; and it makes its table if there is none, of which each start would
    // tell that there is one.
    connection.execute("SET lock_timeout = '3s'; SET client_min_messages = warning").await?;
    let turn = Turn::wait();
    while !answered(LOCK_ASKED, postgres_lock(connection)).await? {
        turn.has_not_come()?;
    }
    connection.execute("SET lock_timeout = '2s'").await?;
    let mut migrator = files!("postgres");
    migrator.set_locking(false);
    let mut held = Held::watch();
    let result = loop {
        let ended = migrator.run_direct(None, &mut *connection, false).await;
        if let Some(result) = settled(ended.map_err(OpenError::from), &mut held).await {
            break result;
        }
    };
    connection.unlock().await?;
    result
}

/// Asks for the lock; whether it was granted within a moment.
async fn mysql_lock(connection: &mut MySqlConnection) -> Result<bool, OpenError> {
    const LOCK: &str = "SELECT GET_LOCK(CONCAT('parlor:', SHA1(DATABASE())), 3) = 1";
    let granted: Option<bool> = sqlx::query_scalar(LOCK).fetch_one(connection).await?;
    // Without a value it has not waited: asked again, it would say the same at once.
    granted.ok_or_else(|| {
        OpenError::Settings(
            "the database server refuses the lock under which the tables are changed: look whether the URL names a database"
                .to_owned(),
        )
    })
}

/// Under a lock of our own: MariaDB refuses the endless wait that the driver asks for.
pub(super) async fn mysql(connection: &mut MySqlConnection) -> Result<(), OpenError> {
    let turn = Turn::wait();
    while !answered(LOCK_ASKED, mysql_lock(connection)).await? {
        turn.has_not_come()?;
    }
    // For metadata, and for rows; by default the first may take a day.
    connection.execute("SET SESSION lock_wait_timeout = 2, SESSION innodb_lock_wait_timeout = 2").await?;
    let mut held = Held::watch();
    let result = loop {
        let ended = mysql_locked(&mut *connection).await;
        if let Some(result) = settled(ended, &mut held).await {
            break result;
        }
    };
    sqlx::query("DO RELEASE_LOCK(CONCAT('parlor:', SHA1(DATABASE())))").execute(connection).await?;
    result
}

const MYSQL_TABLE: &str = "SELECT COUNT(*) FROM information_schema.tables
    WHERE table_schema = DATABASE() AND table_name = '_sqlx_migrations'";

/// DDL commits by itself here, so a process killed within a file leaves it marked as begun, and so does a lock that was not had in time.
/// The files bear being run again.
async fn mysql_locked(connection: &mut MySqlConnection) -> Result<(), OpenError> {
    // What a newer version has begun is not ours to forget.
    mysql_pending(connection).await?;
    let (made,): (i64,) = sqlx::query_as(MYSQL_TABLE).fetch_one(&mut *connection).await?;
    if made > 0 {
        sqlx::query("DELETE FROM _sqlx_migrations WHERE success = false").execute(&mut *connection).await?;
    }
    let mut migrator = files!("mysql");
    migrator.set_locking(false);
    Ok(migrator.run_direct(None, connection, false).await?)
}

/// What was made: version, checksum, and whether it was finished.
type Made = Vec<(i64, Vec<u8>, bool)>;

const MADE: &str = "SELECT version, checksum, success FROM _sqlx_migrations";

/// The changes still to be made to a SQLite database; `None` is one that is not there yet.
pub(super) async fn sqlite_pending(
    connection: Option<&mut SqliteConnection>,
) -> Result<Vec<String>, OpenError> {
    const TABLE: &str = "SELECT COUNT(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'";
    let mut made = Made::new();
    if let Some(connection) = connection {
        let (tables,): (i64,) = sqlx::query_as(TABLE).fetch_one(&mut *connection).await?;
        if tables > 0 {
            made = sqlx::query_as(MADE).fetch_all(connection).await?;
        }
    }
    pending(&files!("sqlite"), &made)
}

/// The same of a PostgreSQL database.
pub(super) async fn postgres_pending(connection: &mut PgConnection) -> Result<Vec<String>, OpenError> {
    const TABLE: &str = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";
    let (is_there,): (bool,) = sqlx::query_as(TABLE).fetch_one(&mut *connection).await?;
    let made: Made = if is_there { sqlx::query_as(MADE).fetch_all(connection).await? } else { Made::new() };
    pending(&files!("postgres"), &made)
}

/// The same of a MySQL or MariaDB database.
pub(super) async fn mysql_pending(connection: &mut MySqlConnection) -> Result<Vec<String>, OpenError> {
    let (tables,): (i64,) = sqlx::query_as(MYSQL_TABLE).fetch_one(&mut *connection).await?;
    let made: Made = if tables > 0 { sqlx::query_as(MADE).fetch_all(connection).await? } else { Made::new() };
    pending(&files!("mysql"), &made)
}

/// Those of the files that are not made, or not to their end.
fn pending(files: &Migrator, made: &Made) -> Result<Vec<String>, OpenError> {
    for (version, checksum, success) in made {
        match files.iter().find(|file| file.version == *version) {
            None => return Err(OpenError::Newer(*version)),
            Some(file) if *success && *file.checksum != **checksum => {
                return Err(OpenError::Changed(*version));
            }
            Some(_) => {}
        }
    }
    let is_made = |version| made.iter().any(|(other, _, success)| *other == version && *success);
    Ok(files
        .iter()
        .filter(|file| !is_made(file.version))
        .map(|file| file.description.clone().into_owned())
        .collect())
}

impl From<MigrateError> for OpenError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => Self::Database(error),
            MigrateError::VersionMissing(version) => Self::Newer(version),
            MigrateError::VersionMismatch(version) => Self::Changed(version),
            other => Self::Database(sqlx::Error::Migrate(Box::new(other))),
        }
    }
}
