//! The settings, and the one reader of the environment.
//!
//! Every setting stands once, in `settings.rs`; flags, variables, the file, error texts and the README's table come from there.

mod bus;
mod check;
mod database;
mod file;
mod flags;
pub mod folder;
mod given;
mod parse;
mod platform;
mod print;
pub mod served;
mod settings;
#[cfg(test)]
mod tests;
mod variables;

pub use bus::{BusUrl, RedisUrl};
pub use check::{LoadError, Loaded};
pub use database::DatabaseUrl;
pub use folder::Prepared;
pub use given::Task;
pub use print::markdown;
pub use served::Served;

use ipnet::IpNet;
use std::{
    ffi::OsString,
    fmt,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

/// At most so many in any window of so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub count: u32,
    /// In how long.
    pub per: Duration,
}

/// Which web pages may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origins {
    /// All of them: there are no cookies that could be misused.
    Any,
    /// Those of these origins.
    List(Vec<String>),
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines, an object a line.
    Json,
}

/// How often and how much; `None` is without bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Messages of a user in a room.
    pub message: Option<Rate>,
    /// Registrations from an address.
    pub register: Option<Rate>,
    /// Failed logins to an account from an address.
    pub login: Option<Rate>,
    /// Failed logins from an address.
    pub login_address: Option<Rate>,
    /// Invites made by a user.
    pub invite: Option<Rate>,
    /// Wrong invite codes from an address.
    pub invite_try: Option<Rate>,
    /// Events of a socket; in a burst, four times as many.
    pub events: Option<Rate>,
    /// Open connections.
    pub connections: Option<u32>,
    /// Open connections from an address.
    pub connections_per_address: Option<u32>,
    /// Live sockets of a user.
    pub sockets_per_user: Option<u32>,
    /// Rooms that a user has made.
    pub rooms_created: Option<u32>,
    /// Rooms that a user is a member of.
    pub memberships: Option<u32>,
    /// Members of a room.
    pub room_members: Option<u32>,
}

impl Limits {
    /// Nothing is bounded: for tests, whoever measures, and the demo's history.
    pub fn off() -> Self {
        Self {
            message: None,
            register: None,
            login: None,
            login_address: None,
            invite: None,
            invite_try: None,
            events: None,
            connections: None,
            connections_per_address: None,
            sockets_per_user: None,
            rooms_created: None,
            memberships: None,
            room_members: None,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        let rate = |count, secs| Some(Rate { count, per: Duration::from_secs(secs) });
        Self {
            message: rate(5, 10),
            register: rate(60, 3600),
            login: rate(5, 60),
            login_address: rate(60, 60),
            invite: rate(20, 3600),
            invite_try: rate(10, 60),
            events: rate(50, 1),
            connections: Some(10_000),
            connections_per_address: Some(500),
            sockets_per_user: Some(20),
            rooms_created: Some(100),
            memberships: Some(500),
            room_members: Some(5000),
        }
    }
}

/// After how long a connection that does not go on is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// To send a request's head.
    pub header: Duration,
    /// To send a request's body.
    pub body: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// To take what waits for it.
    pub write: Duration,
    /// Between two heartbeats of a socket.
    pub ping: Duration,
    /// To answer a heartbeat.
    pub pong: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        let secs = Duration::from_secs;
        Self {
            header: secs(10),
            body: secs(30),
            idle: secs(75),
            write: secs(10),
            ping: secs(10),
            pong: secs(15),
        }
    }
}

/// Everything that can be set.
#[derive(Clone, PartialEq, Eq)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where the operator reads metrics; nowhere when `None`.
    pub metrics_listen: Option<SocketAddr>,
    /// Where the SQLite database and the secret are.
    pub data_dir: PathBuf,
    /// Another database than the SQLite one in the data folder.
    pub database_url: Option<DatabaseUrl>,
    /// What joins the nodes of the database; `None` when this is the only one.
    pub bus: Option<BusUrl>,
    /// What access tokens are signed with; made in the data folder when `None`.
    pub jwt_secret: Option<String>,
    /// What invite links begin with; the listening address when `None`.
    pub public_url: Option<String>,
    /// The folder of a built web page; none when `None`.
    pub web_dir: Option<PathBuf>,
    /// The folder of the Socket.IO client that pages can load; none when `None`.
    pub socketio_client_dir: Option<PathBuf>,
    /// Which web pages may call.
    pub cors_origins: Origins,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How long an access token lives.
    pub token_lifetime: Duration,
    /// How long a session lives without being used.
    pub refresh_lifetime: Duration,
    /// How log lines look.
    pub log_format: LogFormat,
    /// What is logged: a level, or a filter such as `info,parlor_server=debug`.
    pub log: String,
    /// Whether a database that may lose acknowledged messages is accepted.
    pub accept_data_loss: bool,
    /// Whether to start with a temporary database full of examples.
    pub demo: bool,
    /// How often and how much.
    pub limits: Limits,
    /// After how long a connection is cut.
    pub deadlines: Deadlines,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 5000)),
            metrics_listen: None,
            data_dir: PathBuf::from("parlor-data"),
            database_url: None,
            bus: None,
            jwt_secret: None,
            public_url: None,
            web_dir: None,
            socketio_client_dir: None,
            cors_origins: Origins::Any,
            trusted_proxies: Vec::new(),
            token_lifetime: Duration::from_hours(1),
            refresh_lifetime: Duration::from_hours(30 * 24),
            log_format: LogFormat::Text,
            log: "info".to_owned(),
            accept_data_loss: false,
            demo: false,
            limits: Limits::default(),
            deadlines: Deadlines::default(),
        }
    }
}

/// The address under which a server that listens there is reached on its own machine: the loopback one if it listens everywhere. That is
/// IPv4's for IPv6 too, whose socket takes both: a container may have no `::1`.
pub fn reachable(listening: SocketAddr) -> SocketAddr {
    let ip = listening.ip();
    let ip = if ip.is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { ip };
    SocketAddr::new(ip, listening.port())
}

/// Why the server cannot start with these settings: one sentence or two for a person, without secrets.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl Config {
    /// The settings from flags (the first of `args` is the program's name), then the environment, then the file, then the defaults.
    /// `subcommands` are those of the caller, which take every setting's flag too.
    pub fn load(
        args: impl IntoIterator<Item = OsString>,
        subcommands: &[clap::Command],
    ) -> Result<Loaded, LoadError> {
        check::load(&platform::Surroundings::of_this_process(args), subcommands)
    }

    /// The database: the one that is set, or the SQLite one in the data folder.
    pub fn database(&self) -> DatabaseUrl {
        self.database_url.clone().unwrap_or_else(|| DatabaseUrl::Sqlite(self.data_dir.join("parlor.db")))
    }

    /// Which web pages may call: those that are set, and the one that is served here.
    pub fn origins(&self) -> Origins {
        let mut origins = self.cors_origins.clone();
        if let (Origins::List(list), Some(_), Some(url)) = (&mut origins, &self.web_dir, &self.public_url) {
            list.extend(parse::origin_of(url));
        }
        origins
    }
}

/// Without the secret; the database's URL leaves out its password by itself.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Named one by one, so that a new field must be thought about here.
        let Self {
            listen,
            metrics_listen,
            data_dir,
            database_url,
            bus,
            jwt_secret,
            public_url,
            web_dir,
            socketio_client_dir,
            cors_origins,
            trusted_proxies,
            token_lifetime,
            refresh_lifetime,
            log_format,
            log,
            accept_data_loss,
            demo,
            limits,
            deadlines,
        } = self;
        f.debug_struct("Config")
            .field("listen", listen)
            .field("metrics_listen", metrics_listen)
            .field("data_dir", data_dir)
            .field("database_url", database_url)
            .field("bus", bus)
            .field("jwt_secret", &jwt_secret.as_ref().map(|_| "hidden"))
            .field("public_url", public_url)
            .field("web_dir", web_dir)
            .field("socketio_client_dir", socketio_client_dir)
            .field("cors_origins", cors_origins)
            .field("trusted_proxies", trusted_proxies)
            .field("token_lifetime", token_lifetime)
            .field("refresh_lifetime", refresh_lifetime)
            .field("log_format", log_format)
            .field("log", log)
            .field("accept_data_loss", accept_data_loss)
            .field("demo", demo)
            .field("limits", limits)
            .field("deadlines", deadlines)
            .finish()
    }
}
