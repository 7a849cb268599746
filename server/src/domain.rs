//! The rules, once: what is allowed, and what happens. It knows neither HTTP nor Socket.IO nor SQL.
//!
//! A use case is a free function, `<noun>::<verb>(&domain, &caller, …)`; it is one transaction.

pub mod error;
pub mod invites;
pub mod limits;
pub mod members;
pub mod messages;
pub mod outbox;
pub mod passwords;
pub mod policy;
pub mod presence;
pub mod receipts;
pub mod rooms;
pub mod sessions;
pub mod subscriptions;
pub mod timeline;
pub mod tokens;
pub mod users;

pub use error::Error;

use crate::{bus::Bus, clock::Clock, observe::Metrics, store::Store};
use parlor_protocol::ids::{SessionId, UserId};

/// What the use cases work with.
#[derive(Debug)]
pub struct Domain {
    /// What is kept.
    pub store: Store,
    /// Tells those who show what happened.
    pub bus: Bus,
    /// What time it is.
    pub clock: Clock,
    /// How often someone may do something.
    pub limits: limits::Throttles,
    /// Signs and reads tokens.
    pub tokens: tokens::Tokens,
    /// Hashes and checks passwords.
    pub passwords: passwords::Passwords,
    /// Who has a live socket.
    pub presence: presence::Presence,
    /// Messages on their way into the log.
    pub outbox: outbox::Outbox,
    /// The figures for the operator.
    pub metrics: Metrics,
    /// What invite links begin with, without a slash at its end.
    pub public_url: String,
}

impl Domain {
    /// Whether it can serve: it takes messages, and the database answers.
    pub async fn check_ready(&self) -> Result<(), Error> {
        if self.outbox.is_closed() {
            return Err(Error::Unavailable);
        }
        self.store.reserved().ping().await.map_err(Error::from)
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub user: UserId,
    /// The session in which it is signed in.
    pub session: SessionId,
}
