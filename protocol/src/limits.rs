//! How often and how much: the limits behind `RATE_LIMIT` and `CONFLICT`, which an operator can set.
//!
//! Their names and defaults are those of the server's settings; a test of the server holds both equal.

use crate::ErrorType;

macro_rules! limits {
    ($($(#[doc = $doc:literal])* $name:ident = $setting:literal $default:literal -> $error:ident;)*) => {
        /// What is limited.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Limit {$(
            $(#[doc = $doc])*
            $name,
        )*}

        impl Limit {
            /// Every limit.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// What is counted, and for whom: its doc comment.
            pub const fn what(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),*)),* }
            }

            /// The environment variable that sets it.
            pub const fn setting(self) -> &'static str {
                match self { $(Self::$name => concat!("PARLOR_LIMIT_", $setting)),* }
            }

            /// What it is unless set: a rate such as `5/10s`, or a count.
            pub const fn default(self) -> &'static str {
                match self { $(Self::$name => $default),* }
            }

            /// What is answered past it.
            pub const fn error(self) -> ErrorType {
                match self { $(Self::$name => ErrorType::$error),* }
            }
        }
    };
}

limits! {
    /// Messages of a user in a room.
    Message = "MESSAGE" "5/10s" -> RateLimit;
    /// Registrations from an address.
    Register = "REGISTER" "60/3600s" -> RateLimit;
    /// Failed logins to an account from an address. Unless it is off, an account takes 60 right ones a minute.
    Login = "LOGIN" "5/60s" -> RateLimit;
    /// Failed logins from an address.
    LoginAddress = "LOGIN_ADDRESS" "60/60s" -> RateLimit;
    /// Invites made by a user.
    Invite = "INVITE" "20/3600s" -> RateLimit;
    /// Wrong invite codes from an address.
    InviteTry = "INVITE_TRY" "10/60s" -> RateLimit;
    /// Events of a socket; in a burst, four times as many.
    Events = "EVENTS" "50/1s" -> RateLimit;
    /// Open connections at a node.
    Connections = "CONNECTIONS" "10000" -> Unavailable;
    /// Open connections from an address, at a node.
    ConnectionsPerAddress = "CONNECTIONS_PER_ADDRESS" "500" -> RateLimit;
    /// Live sockets of a user, at a node.
    SocketsPerUser = "SOCKETS_PER_USER" "20" -> RateLimit;
    /// Rooms that a user has made.
    RoomsCreated = "ROOMS_CREATED" "100" -> Conflict;
    /// Rooms that a user is a member of.
    Memberships = "MEMBERSHIPS" "500" -> Conflict;
    /// Members of a room.
    RoomMembers = "ROOM_MEMBERS" "5000" -> Conflict;
}

impl Limit {
    /// The limits of every new connection, whatever it is for.
    pub const OF_CONNECTIONS: &'static [Self] = &[Self::Connections, Self::ConnectionsPerAddress];

    /// The limits of a socket: at its handshake, and for each of its events.
    pub const OF_SOCKETS: &'static [Self] = &[Self::SocketsPerUser, Self::Events];

    /// The default in words: `5 in 10 s`, `100`.
    pub fn in_words(self) -> String {
        let rate = self.default().strip_suffix('s').and_then(|rate| rate.split_once('/'));
        rate.map_or_else(|| self.default().to_owned(), |(count, seconds)| format!("{count} in {seconds} s"))
    }
}
