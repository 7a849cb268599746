//! Socket.IO: who is connected, what they send, and what they are sent.
//!
//! An event goes `inbox` → `events` → a thin function of its noun → the domain. What a room is sent comes from its `pump`.

mod events;
mod frame;
mod handshake;
mod inbox;
mod members;
mod messages;
mod nodes;
mod pump;
mod receipts;
mod seats;
mod sessions;
mod sockets;
mod subscriptions;
mod typing;

use crate::{
    config::{Limits, Rate},
    domain::Domain,
};
use parlor_protocol::event::{Restart, ServerRestart};
use socketioxide::{SocketIo, TransportType, extract::SocketRef, socket::Sid};
use std::{sync::Arc, time::Duration};

/// Cuts what was looked up.
pub type Cut = Box<dyn FnOnce() + Send>;

/// What the connection layer below does for a socket.
pub struct Transport {
    /// A socket has joined: its handshake's connection is its own.
    pub bind: Box<dyn Fn(&SocketRef) + Send + Sync>,
    /// Notes that a session joins; `false` when it has done so before.
    pub joins_first: Box<dyn Fn(&SocketRef) -> bool + Send + Sync>,
    /// Looks up a socket's connections as they are now, and returns what cuts them. The look-up comes first because a
    /// namespace disconnect may forget them.
    pub cut: Box<dyn Fn(Sid) -> Cut + Send + Sync>,
}

/// Everything that the realtime side works with; clones share it.
#[derive(Clone)]
pub struct Realtime(Arc<Shared>);

/// What [`Realtime`] shares.
pub struct Shared {
    /// The rules.
    pub domain: Arc<Domain>,
    /// The live sockets.
    pub sockets: sockets::Sockets,
    /// The pumps of the rooms that somebody listens to.
    pub pumps: pump::Pumps,
    /// What clients may send.
    pub events: events::Events,
    /// Whether this node knows who belongs to its rooms.
    pub sight: nodes::Sight,
    seats: seats::Seats,
    io: SocketIo,
    transport: Transport,
    flood: Option<Rate>,
    sockets_per_user: Option<u32>,
}

impl std::ops::Deref for Realtime {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Realtime {
    /// Serves Socket.IO on `io`, over `transport`.
    pub fn start(domain: Arc<Domain>, io: SocketIo, transport: Transport, limits: &Limits) -> Self {
        let sight = nodes::Sight::new(domain.bus.node().is_some());
        let realtime = Self(Arc::new(Shared {
            domain,
            sockets: sockets::Sockets::default(),
            pumps: pump::Pumps::default(),
            events: table(),
            sight,
            seats: seats::Seats::default(),
            io,
            transport,
            flood: limits.events,
            sockets_per_user: limits.sockets_per_user,
        }));
        handshake::install(&realtime);
        let people = realtime.clone();
        realtime.domain.bus.on_person(move |signal| people.hear(signal));
        realtime
    }

    /// Cuts sockets whose token has expired, until the process ends. To be run once.
    pub async fn watch_expiry(self) {
        let mut tick = tokio::time::interval(Duration::from_millis(500));
        loop {
            tick.tick().await;
            self.sockets.forget_gone();
            for live in self.sockets.expired(self.domain.clock.now()) {
                self.end(&live, "Your token has expired; sign in again or refresh it");
            }
        }
    }

    /// Whether there are clients that hear something only when they ask.
    pub fn someone_polls(&self) -> bool {
        self.sockets.all().iter().any(|live| live.socket.transport_type() == TransportType::Polling)
    }

    /// Tells every socket that the server goes down, and when to come back.
    pub fn announce_restart(&self, spread: Duration) {
        let sockets = self.sockets.all();
        let count = u64::try_from(sockets.len()).unwrap_or(u64::MAX).max(1);
        let spread = u64::try_from(spread.as_millis()).unwrap_or(u64::MAX);
        for (nth, live) in (0u64..).zip(&sockets) {
            let reconnect_after_ms = come_back_after(spread, nth, count);
            self.tell::<ServerRestart>(live, &Restart { reconnect_after_ms });
        }
    }
}

/// Milliseconds after which the `nth` of `count` sockets may come back: evenly spread, so that they don't all at once; and never
/// none, which a client may take for no delay at all.
fn come_back_after(spread: u64, nth: u64, count: u64) -> u64 {
    (spread * (nth + 1) / count).max(1)
}

/// Every event that a client may send, with what serves it.
pub fn table() -> events::Events {
    events::Events::default()
        .answering(subscriptions::join)
        .on(subscriptions::leave)
        .pipelined(messages::send)
        .on(receipts::read)
        .on(typing::typing)
        .on(members::list)
        .on(sessions::authenticate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_asked_back_over_the_whole_time_and_none_of_them_at_once() {
        for count in [1, 7, 5_000, 20_000] {
            let times: Vec<u64> = (0..count).map(|nth| come_back_after(5_000, nth, count)).collect();
            assert!(times.is_sorted() && times[0] > 0, "{count}: {}", times[0]);
            assert_eq!(times.last(), Some(&5_000));
        }
    }
}
