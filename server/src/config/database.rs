//! Where a database is, and the one set of rules for its URL.

use std::{fmt, path::PathBuf, str::FromStr};

/// Where a database is: `sqlite://path`, `postgres://…` or `mysql://…`.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file.
    Sqlite(PathBuf),
    /// A PostgreSQL server and database, as a URL.
    Postgres(String),
    /// A MySQL or MariaDB server and database, as a URL.
    MySql(String),
}

/// What a driver takes heed of. It passes over anything else, and a connection that was to be verified would not be.
const POSTGRES_OPTIONS: [&str; 23] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
    // It stands alone when there is nothing behind a `?` or a `&`.
    "",
    // The driver passes over these with a warning. Hosts hand them out; whether the server is the right one is for sslmode to say.
    "channel_binding",
    "connect_timeout",
    "gssencmode",
    "target_session_attrs",
];
const MYSQL_OPTIONS: [&str; 15] = [
    "sslmode",
    "ssl-mode",
    "sslca",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "charset",
    "collation",
    "statement-cache-capacity",
    "socket",
    "timezone",
    "time-zone",
    "",
];

/// Whether each option behind the `?`, if there is one, is among these; `options[…]` is PostgreSQL's way to set anything else.
fn are_known(place: &str, known: &[&str]) -> bool {
    let options = place.split('#').next().and_then(|place| place.split_once('?')).map_or("", |(_, all)| all);
    let mut names = options.split('&').map(|option| option.split('=').next().unwrap_or_default());
    names.all(|name| known.contains(&name.split_once('[').map_or(name, |(list, _)| list)))
}

impl FromStr for DatabaseUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = text.split_once(':').unwrap_or_default();
        let place = rest.strip_prefix("//").filter(|place| !place.is_empty());
        match scheme {
            "sqlite" => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                let path = path.split_once('?').map_or(path, |(path, _)| path);
                // One in memory would be another database for every connection.
                if path.is_empty() || path.contains(":memory:") {
                    return Err("must name a file, such as sqlite:///var/lib/parlor/parlor.db");
                }
                Ok(Self::Sqlite(PathBuf::from(path)))
            }
            "postgres" | "postgresql" => {
                let place =
                    place.ok_or("must name a host, such as postgres://user:password@host/database")?;
                if !are_known(place, &POSTGRES_OPTIONS) {
                    return Err(
                        "has an option behind its ? that is unknown here; known are sslmode, sslrootcert, sslcert, sslkey, host, \
                         port, dbname, user, password and options (a ? within a password is written %3F)",
                    );
                }
                Ok(Self::Postgres(format!("postgres://{place}")))
            }
            "mysql" | "mariadb" => {
                let place = place.ok_or("must name a host, such as mysql://user:password@host/database")?;
                // There is none that would be meant without a name, as PostgreSQL has one by the user's.
                if !names_a_database(place) {
                    return Err("must name a database, such as mysql://user:password@host/database");
                }
                if !are_known(place, &MYSQL_OPTIONS) {
                    return Err(
                        "has an option behind its ? that is unknown here; known are ssl-mode, ssl-ca, ssl-cert, ssl-key and socket \
                         (a ? within a password is written %3F)",
                    );
                }
                Ok(Self::MySql(format!("mysql://{place}")))
            }
            _ => Err("must begin with sqlite://, postgres:// or mysql://"),
        }
    }
}

/// Whether there is a path behind the host.
fn names_a_database(place: &str) -> bool {
    let place = place.split(['?', '#']).next().unwrap_or_default();
    place.split_once('/').is_some_and(|(_, path)| !path.trim_start_matches('/').is_empty())
}

/// Without user, password and options.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) | Self::MySql(url) => {
                let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
                let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
                // A password may stand in the options; and when one holds a bare `?`, it is split where nobody can tell.
                if options.contains('@') {
                    return write!(f, "{scheme}:hidden");
                }
                write!(f, "{scheme}://{}", place.rsplit_once('@').map_or(place, |(_, place)| place))
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::DatabaseUrl;

    #[test]
    fn a_url_names_one_of_three_databases_and_is_shown_without_its_password() {
        for (text, shown) in [
            ("sqlite:///var/lib/a.db", "sqlite:///var/lib/a.db"),
            ("sqlite://a.db?mode=rwc", "sqlite://a.db"),
            ("sqlite:a.db", "sqlite://a.db"),
            ("postgresql://ada:pass@word@db:5432/parlor?sslmode=require", "postgres://db:5432/parlor"),
            ("mariadb://ada:secret@db/parlor", "mysql://db/parlor"),
            ("postgres://ada@db/parlor?sslmode=require&channel_binding=require", "postgres://db/parlor"),
            ("postgres://db/parlor?password=s@cret", "postgres:hidden"),
            ("postgres://db?dbname=parlor&sslmode=verify-full&options[geqo]=off", "postgres://db"),
            ("mysql://db/parlor?ssl-mode=verify_identity&ssl-ca=ca.pem&", "mysql://db/parlor"),
        ] {
            let url: DatabaseUrl = text.parse().unwrap();
            assert_eq!(format!("{url} {url:?}"), format!("{shown} {shown}"));
        }
        for wrong in [
            "",
            "parlor.db",
            "redis://localhost",
            "sqlite:",
            "sqlite::memory:",
            "sqlite://x:memory:",
            "file:x.db",
            "postgres:x",
            "mysql://",
            "mysql://ada:secret@db",
            "mysql://ada:secret@db/",
            "mariadb://ada:secret@db:3306//?ssl-mode=required",
            "mysql://ada@db?socket=/run/mysqld/mysqld.sock",
            "mysql://db/#parlor",
            "postgres://ada:s?cret@db/parlor",
            "postgres://db/parlor?sslmod=verify-full",
            "postgres://db/parlor?sslmode=require&tls=on",
            "mysql://db/parlor?tls=required",
            "mysql://db/parlor?ssl-modee=verify_identity#",
            "mysql://db/parlor?sslmode=required&user=ada",
        ] {
            assert!(wrong.parse::<DatabaseUrl>().is_err(), "{wrong}");
        }
    }
}
