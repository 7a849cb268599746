//! What joins the nodes.

use std::{fmt, str::FromStr};

/// What carries hints between the nodes of one database: a Redis server, or the PostgreSQL server that has the database.
#[derive(Clone, PartialEq, Eq)]
pub enum BusUrl {
    /// A Redis server, as a URL.
    Redis(String),
    /// The PostgreSQL server.
    Postgres,
}

impl FromStr for BusUrl {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let is_redis = |scheme: &str| text.strip_prefix(scheme).is_some_and(|place| !place.is_empty());
        match text {
            "postgres" => Ok(Self::Postgres),
            url if ["redis://", "rediss://"].iter().any(|scheme| is_redis(scheme)) => {
                Ok(Self::Redis(url.to_owned()))
            }
            _ => Err(()),
        }
    }
}

/// Without place and password.
impl fmt::Debug for BusUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Redis(_) => "redis",
            Self::Postgres => "postgres",
        })
    }
}
