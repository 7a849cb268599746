//! What joins the nodes.

use std::{fmt, path::PathBuf, str::FromStr};
use url::Url;

/// What carries hints between the nodes of one database: a Redis server, or the PostgreSQL server that has the database.
#[derive(Clone, PartialEq, Eq)]
pub enum BusUrl {
    /// A Redis server.
    Redis(RedisUrl),
    /// The PostgreSQL server.
    Postgres,
}

/// Where a Redis server is, and by what both sides of an encrypted connection are known. The options are named as redis-py names them.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl {
    /// The URL without its options of TLS.
    pub place: String,
    /// `ssl_ca_certs`: a PEM file of those who may vouch for the server; the public authorities when it is not given.
    pub authorities: Option<PathBuf>,
    /// `ssl_certfile` and `ssl_keyfile`: PEM files of the certificate by which the server knows us, and of its key.
    pub certificate: Option<(PathBuf, PathBuf)>,
}

impl FromStr for BusUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "postgres" { Ok(Self::Postgres) } else { text.parse().map(Self::Redis) }
    }
}

impl FromStr for RedisUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "must be postgres, or name a Redis server, such as redis://:password@host:6379";
        if !["redis://", "rediss://"].iter().any(|scheme| text.starts_with(scheme)) {
            return Err(WRONG);
        }
        let mut url = Url::parse(text).map_err(|_| WRONG)?;
        if !url.has_host() {
            return Err(WRONG);
        }
        if url.fragment().is_some() {
            return Err("has a #, which stands for nothing here (one within a password is written %23)");
        }
        let (mut authorities, mut certificate, mut key) = (None, None, None);
        let mut others = Vec::new();
        for (name, value) in url.query_pairs() {
            let file = match &*name {
                "ssl_ca_certs" => &mut authorities,
                "ssl_certfile" => &mut certificate,
                "ssl_keyfile" => &mut key,
                "protocol" => {
                    others.push(format!("{name}={value}"));
                    continue;
                }
                _ => {
                    return Err(
                        "has an option behind its ? that is unknown here; known are ssl_ca_certs, ssl_certfile, ssl_keyfile and \
                         protocol (a ? within a password is written %3F)",
                    );
                }
            };
            if value.is_empty() {
                return Err("has an option that must name a file, such as ssl_ca_certs=/etc/redis/ca.pem");
            }
            *file = Some(PathBuf::from(&*value));
        }
        let certificate = match (certificate, key) {
            // Both are in one file then.
            (Some(certificate), None) => Some((certificate.clone(), certificate)),
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, Some(_)) => return Err("has an ssl_keyfile without an ssl_certfile"),
            (None, None) => None,
        };
        url.set_query((!others.is_empty()).then(|| others.join("&")).as_deref());
        if url.scheme() == "redis" && (authorities.is_some() || certificate.is_some()) {
            return Err("has options of TLS, and must begin with rediss:// for them");
        }
        Ok(Self { place: url.into(), authorities, certificate })
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

#[cfg(test)]
mod tests {
    use super::{BusUrl, RedisUrl};

    #[test]
    fn a_url_names_a_redis_server_and_by_what_both_sides_are_known() {
        let redis = |text: &str| match text.parse().unwrap() {
            BusUrl::Redis(url) => url,
            BusUrl::Postgres => panic!("{text} is Redis"),
        };
        for (text, place) in [
            ("redis://localhost", "redis://localhost"),
            ("redis://ada:s%23cret@[::1]:6380/2", "redis://ada:s%23cret@[::1]:6380/2"),
            ("rediss://:secret@cache?protocol=resp3&", "rediss://:secret@cache?protocol=resp3"),
        ] {
            let expected = RedisUrl { place: place.to_owned(), authorities: None, certificate: None };
            assert!(redis(text) == expected, "{text}");
        }
        let known = redis("rediss://cache:1/?ssl_ca_certs=%2Fa%20b.pem&ssl_certfile=c.pem&ssl_keyfile=d.pem");
        assert_eq!((&*known.place, known.authorities), ("rediss://cache:1/", Some("/a b.pem".into())));
        assert_eq!(known.certificate, Some(("c.pem".into(), "d.pem".into())));
        let in_one = redis("rediss://cache?ssl_certfile=c.pem").certificate;
        assert_eq!(in_one, Some(("c.pem".into(), "c.pem".into())));
        assert!("postgres".parse() == Ok(BusUrl::Postgres));
    }

    #[test]
    fn what_would_not_be_heeded_is_refused_in_words() {
        for (text, why) in [
            ("", "name a Redis server"),
            ("localhost:6379", "name a Redis server"),
            ("unix:///run/redis.sock", "name a Redis server"),
            ("redis://", "name a Redis server"),
            ("redis://:secret@", "name a Redis server"),
            ("rediss://localhost/#insecure", "a #"),
            ("rediss://localhost?ssl_cert_reqs=none", "unknown"),
            ("redis://:s?cret@localhost", "name a Redis server"),
            ("rediss://localhost?ssl_ca_certs=", "must name a file"),
            ("rediss://localhost?ssl_keyfile=d.pem", "without an ssl_certfile"),
            ("redis://localhost?ssl_ca_certs=a.pem", "rediss://"),
        ] {
            let said = text.parse::<BusUrl>().unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
    }
}
