//! Where a database is.

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

impl FromStr for DatabaseUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = text.split_once(':').unwrap_or_default();
        match scheme {
            "sqlite" | "file" => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                let path = path.split_once('?').map_or(path, |(path, _)| path);
                if path.is_empty() || path == ":memory:" {
                    return Err("must name a file, such as sqlite:///var/lib/parlor/parlor.db");
                }
                Ok(Self::Sqlite(PathBuf::from(path)))
            }
            "postgres" | "postgresql" => Ok(Self::Postgres(format!("postgres:{rest}"))),
            "mysql" | "mariadb" => Ok(Self::MySql(format!("mysql:{rest}"))),
            _ => Err("must begin with sqlite://, postgres:// or mysql://"),
        }
    }
}

/// Without user, password and options.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) | Self::MySql(url) => {
                let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
                let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
                write!(f, "{scheme}://{}", place.split_once('?').map_or(place, |(place, _)| place))
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
        ] {
            let url: DatabaseUrl = text.parse().unwrap();
            assert_eq!(format!("{url} {url:?}"), format!("{shown} {shown}"));
        }
        for wrong in ["", "parlor.db", "redis://localhost", "sqlite:", "sqlite::memory:"] {
            assert!(wrong.parse::<DatabaseUrl>().is_err(), "{wrong}");
        }
    }
}
