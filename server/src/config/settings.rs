//! Every setting, once.

use super::{BusUrl, Config, DatabaseUrl, parse};

/// Something that can be set.
pub(super) struct Setting {
    /// Its name in the file; limits and deadlines are `limit_<key>` and `deadline_<key>` here.
    pub(super) name: &'static str,
    /// Other variables that mean the same, the weaker later.
    pub(super) aliases: &'static [&'static str],
    /// As text; or what happens without it, in brackets.
    pub(super) default: &'static str,
    /// Ends the sentence "allowed: …".
    pub(super) allowed: &'static str,
    /// What it is for.
    pub(super) doc: &'static str,
    pub(super) kind: Kind,
    /// `None` when the text is not allowed.
    pub(super) set: fn(&mut Config, &str) -> Option<()>,
    /// Ends the sentence "not allowed: it …", if there is more to say of this text than what is allowed.
    pub(super) why: fn(&str) -> Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    /// Its flag alone means `true`.
    Switch,
    /// Its value is never shown.
    Secret,
    /// It says where the file is, so it cannot stand in it.
    File,
}

impl Setting {
    pub(super) fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    pub(super) fn variable(&self) -> String {
        format!("PARLOR_{}", self.name.to_ascii_uppercase())
    }

    /// The table in the file, if any, and the key there.
    pub(super) fn key(&self) -> (Option<&'static str>, &'static str) {
        let limit = self.name.strip_prefix("limit_").map(|key| (Some("limits"), key));
        let deadline = || self.name.strip_prefix("deadline_").map(|key| (Some("deadlines"), key));
        limit.or_else(deadline).unwrap_or((None, self.name))
    }
}

/// The alias that means more than its text: a hosted platform names only the port.
pub(super) const PORT: &str = "PORT";

const RATE: &str = "<count>/<seconds>s, such as 5/60s, or off";
const COUNT: &str = "a number from 1 up, or off";
const LIFETIME: &str = "a time such as 90s, 15m, 1h or 7d; a plain number is seconds";
const DEADLINE: &str = "a time from 100ms to 1h, such as 10s";

const PLAIN: Setting = Setting {
    name: "",
    aliases: &[],
    default: "",
    allowed: "",
    doc: "",
    kind: Kind::Plain,
    set: |_, _| Some(()),
    why: |_| None,
};

const fn limit(
    name: &'static str,
    default: &'static str,
    doc: &'static str,
    set: fn(&mut Config, &str) -> Option<()>,
) -> Setting {
    // A rate's default has a slash, a count's has none.
    let bytes = default.as_bytes();
    let mut at = 0;
    while at < bytes.len() && bytes[at] != b'/' {
        at += 1;
    }
    Setting { name, default, allowed: if at < bytes.len() { RATE } else { COUNT }, doc, set, ..PLAIN }
}

const fn deadline(
    name: &'static str,
    default: &'static str,
    doc: &'static str,
    set: fn(&mut Config, &str) -> Option<()>,
) -> Setting {
    Setting { name, default, allowed: DEADLINE, doc, set, ..PLAIN }
}

/// The field, and the parser of its text; `some` for what is `None` only by default, `or_off` for what can be switched off.
macro_rules! set {
    ($($field:ident).+ = some $parse:ident) => {
        |config, text| {
            config.$($field).+ = Some(parse::$parse(text)?);
            Some(())
        }
    };
    ($($field:ident).+ = or_off $parse:ident) => {
        |config, text| {
            config.$($field).+ = if parse::is_off(text) { None } else { Some(parse::$parse(text)?) };
            Some(())
        }
    };
    ($($field:ident).+ = $parse:ident) => {
        |config, text| {
            config.$($field).+ = parse::$parse(text)?;
            Some(())
        }
    };
}

#[rustfmt::skip]
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        name: "config", kind: Kind::File, default: "(`parlor.toml` in the working folder, if it is there)",
        allowed: "a TOML file", doc: "A file of settings.", ..PLAIN
    },
    Setting {
        name: "listen", aliases: &[PORT], default: "127.0.0.1:5000",
        allowed: "an address and a port, such as 127.0.0.1:5000, 0.0.0.0:5000 or [::]:5000; PORT is a port alone, from 1 to 65535",
        doc: "Where REST and Socket.IO are served. `PORT`, as hosted platforms set it, means all addresses on that port.",
        set: set!(listen = address), ..PLAIN
    },
    Setting {
        name: "metrics_listen", default: "off", allowed: "an address and a port, such as 127.0.0.1:9090, or off",
        doc: "Where Prometheus reads `/metrics`. Whoever reaches it can read it.",
        set: set!(metrics_listen = or_off address), ..PLAIN
    },
    Setting {
        name: "data_dir", default: "parlor-data", allowed: "a folder",
        doc: "Where the SQLite database and the secret are; made (0700) when it is not there.",
        set: set!(data_dir = folder), ..PLAIN
    },
    Setting {
        name: "database_url", aliases: &["DATABASE_URL", "DB_URL"], kind: Kind::Secret,
        default: "(SQLite in the data folder)",
        allowed: "sqlite://<file>, postgres://<user>:<password>@<host>/<database> or mysql://<user>:<password>@<host>/<database>",
        doc: "Another database. A SQLite file, and its folder (0700), are made when they are not there.",
        set: set!(database_url = some database), why: |text| text.parse::<DatabaseUrl>().err()
    },
    Setting {
        name: "bus", kind: Kind::Secret, default: "off", allowed: "redis://<host>, rediss://<host>, postgres, or off",
        doc: "Joins several nodes of one database server: a Redis server, or `postgres`, the database's own. Off when there is one node.",
        set: set!(bus = or_off bus), why: |text| text.parse::<BusUrl>().err(), ..PLAIN
    },
    Setting {
        name: "jwt_secret", aliases: &["JWT_SECRET"], kind: Kind::Secret, default: "(made in the data folder)",
        allowed: "at least 32 bytes that nobody can guess, none out of a guide; `openssl rand -base64 48` makes some",
        doc: "Signs the access tokens. Required with a database server, since all of its nodes must agree.",
        set: set!(jwt_secret = some secret), ..PLAIN
    },
    Setting {
        name: "public_url", aliases: &["BASE_URL"], default: "(`http://` and the listening address)",
        allowed: "an http:// or https:// URL without a query",
        doc: "Under which URL people reach the server; invite links begin with it.",
        set: set!(public_url = some public_url), ..PLAIN
    },
    Setting {
        name: "web_dir", default: "off", allowed: "a folder with an `index.html`, or off",
        doc: "A built web page, served at `/`. What is below `/assets/` never changes under one name.",
        set: set!(web_dir = or_off folder), ..PLAIN
    },
    Setting {
        name: "socketio_client_dir", default: "off", allowed: "a folder with a `socket.io.js`, or off",
        doc: "The folder `dist` of the npm package `socket.io-client`, for pages that load `/socket.io/socket.io.js` from the server.",
        set: set!(socketio_client_dir = or_off folder), ..PLAIN
    },
    Setting {
        name: "cors_origins", default: "*", allowed: "*, or origins such as https://chat.example.com, separated by commas",
        doc: "Which web pages may call, over HTTP and over Socket.IO. There are no cookies, so `*` gives no page anyone's session. \
              The page of `PARLOR_WEB_DIR` always may, under `PARLOR_PUBLIC_URL`.",
        set: set!(cors_origins = origins), ..PLAIN
    },
    Setting {
        name: "trusted_proxies", default: "none",
        allowed: "addresses or networks such as 10.0.0.0/8, separated by commas; private (all private ranges); or none",
        doc: "Whose `X-Forwarded-For` is believed. `private` where `PORT` says where to listen.",
        set: set!(trusted_proxies = proxies), ..PLAIN
    },
    Setting {
        name: "token_lifetime", aliases: &["JWT_EXPIRES_IN"], default: "1h", allowed: LIFETIME,
        doc: "How long an access token is good.", set: set!(token_lifetime = lifetime), ..PLAIN
    },
    Setting {
        name: "refresh_lifetime", default: "30d", allowed: LIFETIME,
        doc: "How long a session lives without being used; never less than an access token.",
        set: set!(refresh_lifetime = lifetime), ..PLAIN
    },
    Setting {
        name: "log", default: "info", allowed: "off, error, warn, info, debug or trace, or a filter such as info,parlor_server=debug",
        doc: "What is logged, on standard error.", set: set!(log = log), ..PLAIN
    },
    Setting {
        name: "log_format", default: "text", allowed: "text or json", doc: "How log lines look.",
        set: set!(log_format = log_format), ..PLAIN
    },
    Setting {
        name: "accept_data_loss", kind: Kind::Switch, default: "false", allowed: "true or false",
        doc: "Start even if the database server is set up so that it may lose acknowledged messages in a crash.",
        set: set!(accept_data_loss = switch), ..PLAIN
    },
    Setting {
        name: "demo", kind: Kind::Switch, default: "false", allowed: "true or false",
        doc: "Start with a temporary database full of people, rooms and history.", set: set!(demo = switch), ..PLAIN
    },
    limit("limit_message", "5/10s", "Messages of a user in a room.", set!(limits.message = or_off rate)),
    limit("limit_register", "60/3600s", "Registrations from an address.", set!(limits.register = or_off rate)),
    limit("limit_login", "5/60s", "Failed logins to an account from an address. Unless it is off, an account takes 60 right ones a minute.", set!(limits.login = or_off rate)),
    limit("limit_login_address", "60/60s", "Failed logins from an address.", set!(limits.login_address = or_off rate)),
    limit("limit_invite", "20/3600s", "Invites made by a user.", set!(limits.invite = or_off rate)),
    limit("limit_invite_try", "10/60s", "Wrong invite codes from an address.", set!(limits.invite_try = or_off rate)),
    limit("limit_events", "50/1s", "Events of a socket; in a burst, four times as many.", set!(limits.events = or_off rate)),
    limit("limit_connections", "10000", "Open connections at a node.", set!(limits.connections = or_off number)),
    limit("limit_connections_per_address", "500", "Open connections from an address, at a node.", set!(limits.connections_per_address = or_off number)),
    limit("limit_sockets_per_user", "20", "Live sockets of a user, at a node.", set!(limits.sockets_per_user = or_off number)),
    limit("limit_rooms_created", "100", "Rooms that a user has made.", set!(limits.rooms_created = or_off number)),
    limit("limit_memberships", "500", "Rooms that a user is a member of.", set!(limits.memberships = or_off number)),
    limit("limit_room_members", "5000", "Members of a room.", set!(limits.room_members = or_off number)),
    deadline("deadline_header", "10s", "To send a request's head.", set!(deadlines.header = deadline)),
    deadline("deadline_body", "30s", "To send a request's body.", set!(deadlines.body = deadline)),
    deadline("deadline_idle", "75s", "Between two requests of a connection.", set!(deadlines.idle = deadline)),
    deadline("deadline_write", "10s", "To take what waits for the client.", set!(deadlines.write = deadline)),
    deadline("deadline_ping", "10s", "Between two heartbeats of a socket.", set!(deadlines.ping = deadline)),
    deadline("deadline_pong", "15s", "To answer a heartbeat.", set!(deadlines.pong = deadline)),
];

/// The name among `known` that was most likely meant by `name`.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
