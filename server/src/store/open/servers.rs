//! A server: a pool of connections, and a look at the settings on which our promises rest.

use super::{
    super::{Pools, lane::PATIENCE, migrate},
    OpenError, Purpose, up_to_date,
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

/// A node that is cut off in the midst of a transaction must not hold its rooms from the others for ever, nor a statement that does not
/// end its connection.
const POSTGRES_SESSION: &str = "SET lock_timeout = '10s'; SET statement_timeout = '15s';
    SET idle_in_transaction_session_timeout = '30s'";

/// What an operator reads or brings rests as long as whoever reads the words of it does, and holds nobody up.
const POSTGRES_SESSION_OF_OPERATOR: &str = "SET lock_timeout = '10s'";

pub(super) async fn postgres(
    url: &str,
    accept_data_loss: bool,
    purpose: Purpose,
) -> Result<Pools, OpenError> {
    let options = postgres_options(url)?;
    let mut first = options.connect().await?;
    check_postgres(&mut first, accept_data_loss).await?;
    match purpose {
        Purpose::Serve | Purpose::Import => migrate::postgres(&mut first).await?,
        Purpose::Beside => up_to_date(&migrate::postgres_pending(&mut first).await?)?,
    }
    first.close().await?;
    let session = match purpose {
        Purpose::Serve => POSTGRES_SESSION,
        Purpose::Beside | Purpose::Import => POSTGRES_SESSION_OF_OPERATOR,
    };
    let pool = pool().after_connect(move |connection: &mut PgConnection, _| {
        Box::pin(async move { connection.execute(session).await.map(drop) })
    });
    Ok(Pools::Postgres(pool.connect_with(options).await?))
}

fn postgres_options(url: &str) -> Result<PgConnectOptions, OpenError> {
    let options: PgConnectOptions = url.parse()?;
    Ok(options.application_name("parlor").disable_statement_logging())
}

pub(super) async fn postgres_pending(url: &str) -> Result<Vec<String>, OpenError> {
    let mut connection = postgres_options(url)?.connect().await?;
    let pending = migrate::postgres_pending(&mut connection).await?;
    connection.close().await?;
    Ok(pending)
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
const MYSQL_SESSION: &str = "SET SESSION sql_mode = 'TRADITIONAL,PIPES_AS_CONCAT,NO_ENGINE_SUBSTITUTION',
    SESSION innodb_lock_wait_timeout = 10;
    SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";

/// MariaDB runs the first comment, in seconds, and MySQL the second, in milliseconds: it has a bound only for what reads.
const MYSQL_STATEMENT_TIMEOUT: &str =
    "/*M! SET SESSION max_statement_time = 15 */ /*!80000 SET SESSION max_execution_time = 15000 */";

pub(super) async fn mysql(url: &str, accept_data_loss: bool, purpose: Purpose) -> Result<Pools, OpenError> {
    let options = mysql_options(url)?;
    let mut first = options.connect().await?;
    check_mysql(&mut first, accept_data_loss).await?;
    match purpose {
        Purpose::Serve | Purpose::Import => migrate::mysql(&mut first).await?,
        Purpose::Beside => up_to_date(&migrate::mysql_pending(&mut first).await?)?,
    }
    check_collations(&mut first).await?;
    first.close().await?;
    let bounded = purpose == Purpose::Serve;
    let pool = pool().after_connect(move |connection: &mut MySqlConnection, _| {
        Box::pin(async move {
            connection.execute(MYSQL_SESSION).await?;
            if bounded {
                connection.execute(MYSQL_STATEMENT_TIMEOUT).await?;
            }
            Ok(())
        })
    });
    Ok(Pools::MySql(pool.connect_with(options).await?))
}

fn mysql_options(url: &str) -> Result<MySqlConnectOptions, OpenError> {
    let options: MySqlConnectOptions = url.parse()?;
    Ok(options.charset("utf8mb4").collation("utf8mb4_bin").disable_statement_logging())
}

pub(super) async fn mysql_pending(url: &str) -> Result<Vec<String>, OpenError> {
    let mut connection = mysql_options(url)?.connect().await?;
    let pending = migrate::mysql_pending(&mut connection).await?;
    connection.close().await?;
    Ok(pending)
}

async fn check_mysql(connection: &mut MySqlConnection, accept_data_loss: bool) -> Result<(), OpenError> {
    const SETTINGS: &str =
        "SELECT VERSION(), CAST(@@innodb_flush_log_at_trx_commit AS SIGNED), CAST(@@log_bin AS SIGNED),
        CAST(@@sync_binlog AS SIGNED)";
    let (version, flush, binlog, sync_binlog): (String, i64, i64, i64) =
        sqlx::query_as(SETTINGS).fetch_one(connection).await?;
    mysql_settings(&version, accept_data_loss, flush, (binlog == 1).then_some(sync_binlog))
}

fn mysql_settings(
    version: &str,
    accept_data_loss: bool,
    flush: i64,
    sync_binlog: Option<i64>,
) -> Result<(), OpenError> {
    let oldest = if version.contains("MariaDB") { (10, 6) } else { (8, 0) };
    if numbers(version) < oldest {
        return refused(format!(
            "the server is version {version}; Parlor needs MySQL 8.0 or MariaDB 10.6, or newer"
        ));
    }
    if accept_data_loss {
        return Ok(());
    }
    match (flush, sync_binlog) {
        (1, None | Some(1)) => Ok(()),
        (1, Some(other)) => refused(loses("sync_binlog", &other.to_string(), "1")),
        (other, _) => refused(loses("innodb_flush_log_at_trx_commit", &other.to_string(), "1")),
    }
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

#[cfg(test)]
mod tests {
    use super::mysql_settings;

    #[test]
    fn a_mysql_that_is_too_old_or_loses_commits_is_refused() {
        let refusal = |version, accepted, flush, binlog| {
            mysql_settings(version, accepted, flush, binlog)
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default()
        };
        for version in ["8.0.36", "9.1.0-commercial", "10.11.6-MariaDB-0+deb12u1", "11.4.2-MariaDB"] {
            assert_eq!(refusal(version, false, 1, None), "");
            assert_eq!(refusal(version, false, 1, Some(1)), "");
            assert!(refusal(version, false, 2, None).contains("innodb_flush_log_at_trx_commit is 2"));
            assert!(refusal(version, false, 1, Some(0)).contains("sync_binlog is 0"));
            assert_eq!(refusal(version, true, 0, Some(0)), "");
        }
        for version in ["5.7.44", "10.5.23-MariaDB", "strange"] {
            assert!(refusal(version, true, 1, None).contains("MySQL 8.0 or MariaDB 10.6"));
        }
    }
}
