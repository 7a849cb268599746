//! A server: a pool of connections, and a look at the settings on which our promises rest.

use super::{
    super::{Pools, lane::PATIENCE, migrate},
    OpenError,
};
use sqlx::{
    ConnectOptions, Connection, Database, Executor, MySqlConnection, PgConnection,
    mysql::MySqlConnectOptions, pool::PoolOptions, postgres::PgConnectOptions,
};
use std::time::Duration;

/// Enough for a few cores of ours, few enough for a server's default limit and several nodes.
const CONNECTIONS: u32 = 12;
/// A connection that rested for longer is asked for a sign of life before it is used.
const RESTED: Duration = Duration::from_secs(1);

fn pool<DB: Database>() -> PoolOptions<DB> {
    PoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .before_acquire(|connection: &mut DB::Connection, meta| {
            Box::pin(async move {
                if meta.idle_for > RESTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}

pub(super) async fn postgres(url: &str, accept_data_loss: bool) -> Result<Pools, OpenError> {
    let options: PgConnectOptions = url.parse()?;
    let pool = pool().connect_with(options.application_name("parlor").disable_statement_logging()).await?;
    let mut connection = pool.acquire().await?;
    check_postgres(&mut connection, accept_data_loss).await?;
    migrate::postgres(&mut connection).await?;
    drop(connection);
    Ok(Pools::Postgres(pool))
}

async fn check_postgres(connection: &mut PgConnection, accept_data_loss: bool) -> Result<(), OpenError> {
    const SETTINGS: &str = "SELECT name, setting FROM pg_settings
        WHERE name IN ('fsync', 'full_page_writes', 'server_encoding', 'synchronous_commit')";
    let settings: Vec<(String, String)> = sqlx::query_as(SETTINGS).fetch_all(connection).await?;
    for (name, value) in settings {
        match (name.as_str(), value.as_str()) {
            ("server_encoding", "UTF8") => {}
            ("server_encoding", other) => {
                return refused(format!("the database's encoding is {other}; Parlor needs UTF8"));
            }
            (_, "off") if !accept_data_loss => return refused(loses(&name, &value, "on")),
            _ => {}
        }
    }
    Ok(())
}

/// Set at each connection: strict, so that nothing is cut or replaced in silence; and READ COMMITTED, because at the default level a
/// look after a lock sees what was before it.
const SESSION: &str = "SET SESSION sql_mode = 'TRADITIONAL,PIPES_AS_CONCAT,NO_ENGINE_SUBSTITUTION',
    SESSION innodb_lock_wait_timeout = 10;
    SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";

pub(super) async fn mysql(url: &str, accept_data_loss: bool) -> Result<Pools, OpenError> {
    let options: MySqlConnectOptions = url.parse()?;
    let options = options.charset("utf8mb4").collation("utf8mb4_bin").disable_statement_logging();
    let pool = pool()
        .after_connect(|connection: &mut MySqlConnection, _| {
            Box::pin(async move { connection.execute(SESSION).await.map(drop) })
        })
        .connect_with(options)
        .await?;
    let mut connection = pool.acquire().await?;
    check_mysql(&mut connection, accept_data_loss).await?;
    migrate::mysql(&mut connection).await?;
    check_collations(&mut connection).await?;
    drop(connection);
    Ok(Pools::MySql(pool))
}

async fn check_mysql(connection: &mut MySqlConnection, accept_data_loss: bool) -> Result<(), OpenError> {
    const SETTINGS: &str =
        "SELECT VERSION(), CAST(@@innodb_flush_log_at_trx_commit AS SIGNED), CAST(@@log_bin AS SIGNED),
        CAST(@@sync_binlog AS SIGNED)";
    let (version, flush, binlog, sync_binlog): (String, i64, i64, i64) =
        sqlx::query_as(SETTINGS).fetch_one(connection).await?;
    let oldest = if version.contains("MariaDB") { (10, 6) } else { (8, 0) };
    if numbers(&version) < oldest {
        return refused(format!(
            "the server is version {version}; Parlor needs MySQL 8.0 or MariaDB 10.6, or newer"
        ));
    }
    if !accept_data_loss && flush != 1 {
        return refused(loses("innodb_flush_log_at_trx_commit", &flush.to_string(), "1"));
    }
    if !accept_data_loss && binlog == 1 && sync_binlog != 1 {
        return refused(loses("sync_binlog", &sync_binlog.to_string(), "1"));
    }
    Ok(())
}

fn numbers(version: &str) -> (u32, u32) {
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// Other collations take `ada` for `Ada`, other character sets refuse an emoji.
async fn check_collations(connection: &mut MySqlConnection) -> Result<(), OpenError> {
    const OTHERS: &str = "SELECT CAST(CONCAT(table_name, '.', column_name, ' is ', collation_name) AS CHAR)
        FROM information_schema.columns
        WHERE table_schema = DATABASE() AND collation_name <> 'utf8mb4_bin'
          AND table_name IN ('meta', 'users', 'sessions', 'rooms', 'entries')";
    match sqlx::query_as::<_, (String,)>(OTHERS).fetch_optional(connection).await? {
        Some((other,)) => refused(format!("the column {other}; Parlor needs the collation utf8mb4_bin")),
        None => Ok(()),
    }
}

fn refused<T>(why: String) -> Result<T, OpenError> {
    Err(OpenError::Settings(why))
}

fn loses(name: &str, value: &str, wanted: &str) -> String {
    format!(
        "the database server can lose what was acknowledged: {name} is {value}; set it to {wanted}, or accept the loss with --accept-data-loss"
    )
}
