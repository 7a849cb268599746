//! A server: a pool of connections, and a look at the settings on which our promises rest.

use super::{
    super::{Pools, links::Links, migrate},
    OpenError, Purpose,
    bounds::{answered, first, watched},
    up_to_date, words,
};
use sqlx::{
    ConnectOptions as _, Connection, MySqlConnection, PgConnection, mysql::MySqlConnectOptions,
    postgres::PgConnectOptions,
};
use std::{str::FromStr, time::Duration};

/// Longer than a server of ours lets any statement take.
const ANSWERS_WITHIN: Duration = Duration::from_secs(20);

/// How long a statement may take: what an operator reads or brings takes as long as it takes.
fn bound(purpose: Purpose) -> Option<Duration> {
    (purpose == Purpose::Serve).then_some(ANSWERS_WITHIN)
}

const SETTINGS_READ: &str = "its settings were read";
const TABLES_CHANGED: &str = "its tables were brought up to date";
const TABLES_READ: &str = "it was asked for its tables";

/// What a URL says to its driver.
fn understood<O: FromStr<Err = sqlx::Error>>(url: &str) -> Result<O, OpenError> {
    url.parse().or_else(|error| refused(format!("the database's URL is not understood: {}", words(&error))))
}

/// Ends a connection in order, if the server bears with it.
async fn part(connection: impl Connection) -> Result<(), OpenError> {
    answered("a connection was to end", connection.close()).await
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
    let mut first = first(&options).await?;
    answered(SETTINGS_READ, check_postgres(&mut first, accept_data_loss)).await?;
    match purpose {
        Purpose::Serve | Purpose::Import => {
            watched(TABLES_CHANGED, &options, migrate::postgres(&mut first)).await?;
        }
        Purpose::Beside => up_to_date(&answered(TABLES_READ, migrate::postgres_pending(&mut first)).await?)?,
    }
    part(first).await?;
    let session: &[_] = match purpose {
        Purpose::Serve => &[POSTGRES_SESSION],
        Purpose::Beside | Purpose::Import => &[POSTGRES_SESSION_OF_OPERATOR],
    };
    Ok(Pools::Postgres(Links::new(options, session, bound(purpose))))
}

fn postgres_options(url: &str) -> Result<PgConnectOptions, OpenError> {
    let options: PgConnectOptions = understood(url)?;
    Ok(options.application_name("parlor").disable_statement_logging())
}

pub(super) async fn postgres_pending(url: &str, accept_data_loss: bool) -> Result<Vec<String>, OpenError> {
    let mut connection = first(&postgres_options(url)?).await?;
    answered(SETTINGS_READ, check_postgres(&mut connection, accept_data_loss)).await?;
    let pending = answered(TABLES_READ, migrate::postgres_pending(&mut connection)).await?;
    part(connection).await?;
    Ok(pending)
}

async fn check_postgres(connection: &mut PgConnection, accept_data_loss: bool) -> Result<(), OpenError> {
    const SETTINGS: &str = "SELECT name, setting FROM pg_settings
        WHERE name IN ('fsync', 'full_page_writes', 'server_encoding', 'server_version_num', 'synchronous_commit')";
    let settings: Vec<(String, String)> = sqlx::query_as(SETTINGS).fetch_all(connection).await?;
    settings.iter().try_for_each(|(name, value)| postgres_setting(name, value, accept_data_loss))
}

fn postgres_setting(name: &str, value: &str, accept_data_loss: bool) -> Result<(), OpenError> {
    /// As the server counts: 15.4 is 150004.
    const OLDEST: u32 = 150_000;
    match (name, value) {
        ("server_encoding", "UTF8") => Ok(()),
        ("server_encoding", other) => refused(format!(
            "the database's encoding is {other}; Parlor needs UTF8: make it with ENCODING 'UTF8'"
        )),
        ("server_version_num", number) => match number.parse().unwrap_or(0) {
            OLDEST.. => Ok(()),
            older => refused(format!(
                "the server is PostgreSQL {}.{}; Parlor needs PostgreSQL {}, or newer",
                older / 10_000,
                older % 10_000,
                OLDEST / 10_000
            )),
        },
        (_, "off") if !accept_data_loss => refused(loses(name, value, "on")),
        _ => Ok(()),
    }
}

/// Set at each connection: strict, so that nothing is cut or replaced in silence; and READ COMMITTED, because at the default level a
/// look after a lock sees what was before it.
const MYSQL_SESSION: &str = "SET SESSION sql_mode = 'TRADITIONAL,PIPES_AS_CONCAT,NO_ENGINE_SUBSTITUTION',
    SESSION innodb_lock_wait_timeout = 10;
    SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";

/// As on PostgreSQL. MariaDB runs the first comment, in seconds; MySQL the second: it has a bound only for a statement that reads, in
/// milliseconds, and for a rest, within a transaction or not: a connection that ends by that is made anew.
const MYSQL_SERVES: &str =
    "/*M! SET SESSION max_statement_time = 15, SESSION idle_transaction_timeout = 30 */
    /*!80000 SET SESSION max_execution_time = 15000, SESSION wait_timeout = 60 */";

pub(super) async fn mysql(url: &str, accept_data_loss: bool, purpose: Purpose) -> Result<Pools, OpenError> {
    let options = mysql_options(url)?;
    let mut first = first(&options).await?;
    answered(SETTINGS_READ, check_mysql(&mut first, accept_data_loss)).await?;
    match purpose {
        Purpose::Serve | Purpose::Import => {
            watched(TABLES_CHANGED, &options, migrate::mysql(&mut first)).await?;
        }
        Purpose::Beside => up_to_date(&answered(TABLES_READ, migrate::mysql_pending(&mut first)).await?)?,
    }
    answered(TABLES_READ, check_collations(&mut first)).await?;
    part(first).await?;
    let session: &[_] = match purpose {
        Purpose::Serve => &[MYSQL_SESSION, MYSQL_SERVES],
        Purpose::Beside | Purpose::Import => &[MYSQL_SESSION],
    };
    Ok(Pools::MySql(Links::new(options, session, bound(purpose))))
}

fn mysql_options(url: &str) -> Result<MySqlConnectOptions, OpenError> {
    let options: MySqlConnectOptions = understood(url)?;
    Ok(options.charset("utf8mb4").collation("utf8mb4_bin").disable_statement_logging())
}

pub(super) async fn mysql_pending(url: &str, accept_data_loss: bool) -> Result<Vec<String>, OpenError> {
    let mut connection = first(&mysql_options(url)?).await?;
    answered(SETTINGS_READ, check_mysql(&mut connection, accept_data_loss)).await?;
    let pending = answered(TABLES_READ, migrate::mysql_pending(&mut connection)).await?;
    answered(TABLES_READ, check_collations(&mut connection)).await?;
    part(connection).await?;
    Ok(pending)
}

async fn check_mysql(connection: &mut MySqlConnection, accept_data_loss: bool) -> Result<(), OpenError> {
    const SETTINGS: &str =
        "SHOW GLOBAL VARIABLES WHERE variable_name IN ('version', 'innodb_flush_log_at_trx_commit',
        'innodb_doublewrite', 'innodb_flush_method') OR (variable_name = 'sync_binlog' AND @@log_bin)";
    let settings: Vec<(String, String)> = sqlx::query_as(SETTINGS).fetch_all(connection).await?;
    settings.iter().try_for_each(|(name, value)| mysql_setting(name, value, accept_data_loss))
}

fn mysql_setting(name: &str, value: &str, accept_data_loss: bool) -> Result<(), OpenError> {
    match (name, value.to_ascii_lowercase().as_str()) {
        ("version", version) => {
            let oldest = if version.contains("mariadb") { (10, 6) } else { (8, 0) };
            if numbers(version) < oldest {
                return refused(format!(
                    "the server is version {value}; Parlor needs MySQL 8.0 or MariaDB 10.6, or newer"
                ));
            }
            Ok(())
        }
        _ if accept_data_loss => Ok(()),
        ("innodb_flush_log_at_trx_commit" | "sync_binlog", other) if other != "1" => {
            refused(loses(name, value, "1"))
        }
        // With the last one there is no second copy either, only a note that there was a write.
        ("innodb_doublewrite", "off" | "detect_only") => refused(loses(name, value, "ON")),
        ("innodb_flush_method", "nosync" | "littlesync") => refused(loses(name, value, "fsync")),
        _ => Ok(()),
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
    use super::{mysql_setting, postgres_setting};

    #[test]
    fn a_postgres_that_is_too_old_or_loses_commits_is_refused() {
        let refusal = |name, value, accepted| {
            postgres_setting(name, value, accepted).err().map(|error| error.to_string()).unwrap_or_default()
        };
        for version in ["150000", "150004", "180001"] {
            assert_eq!(refusal("server_version_num", version, false), "");
        }
        for (version, words) in [("149999", "14.9999"), ("140011", "14.11"), ("strange", "0.0")] {
            for accepted in [true, false] {
                let refusal = refusal("server_version_num", version, accepted);
                let words = format!("the server is PostgreSQL {words}; Parlor needs PostgreSQL 15, or newer");
                assert_eq!(refusal, words);
            }
        }
        assert!(refusal("server_encoding", "SQL_ASCII", true).contains("SQL_ASCII; Parlor needs UTF8"));
        assert_eq!(refusal("server_encoding", "UTF8", false), "");
        for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
            assert!(refusal(setting, "off", false).contains(&format!("{setting} is off; set it to on")));
            assert_eq!(refusal(setting, "off", true), "");
            assert_eq!(refusal(setting, "on", false), "");
        }
    }

    #[test]
    fn a_mysql_that_is_too_old_or_loses_commits_is_refused() {
        let refusal = |name, value, accepted| {
            mysql_setting(name, value, accepted).err().map(|error| error.to_string()).unwrap_or_default()
        };
        for version in ["8.0.36", "9.1.0-commercial", "10.11.6-MariaDB-0+deb12u1", "11.4.2-MariaDB"] {
            assert_eq!(refusal("version", version, false), "");
        }
        for version in ["5.7.44", "10.5.23-MariaDB", "strange"] {
            let refusal = refusal("version", version, true);
            assert!(
                refusal.contains(&format!("{version}; Parlor needs MySQL 8.0 or MariaDB 10.6")),
                "{refusal}"
            );
        }
        for (name, losing, wanted, others) in [
            ("innodb_flush_log_at_trx_commit", &["0", "2", "3"][..], "1", &[][..]),
            ("sync_binlog", &["0", "1000"], "1", &[]),
            ("innodb_doublewrite", &["OFF", "DETECT_ONLY"], "ON", &["fast", "DETECT_AND_RECOVER"]),
            (
                "innodb_flush_method",
                &["nosync", "littlesync"],
                "fsync",
                &["O_DIRECT", "O_DIRECT_NO_FSYNC", "O_DSYNC"],
            ),
        ] {
            for value in losing {
                let words = format!("{name} is {value}; set it to {wanted}");
                assert!(refusal(name, value, false).contains(&words), "{words}");
                assert_eq!(refusal(name, value, true), "");
            }
            for value in others.iter().chain([&wanted]) {
                assert_eq!(refusal(name, value, false), "", "{name} {value}");
            }
        }
    }
}
