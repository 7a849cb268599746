//! What other nodes have done, read from the database: the entries, presence and ended sessions that the bus has lost are noticed here,
//! within two seconds.

use super::Realtime;
use crate::{
    bus::PersonSignal,
    domain::{Error, presence, rooms, sessions},
};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

const EVERY: Duration = Duration::from_secs(1);

/// So many rooms or sessions are asked for at once.
const AT_ONCE: usize = 1000;

impl Realtime {
    /// Looks after the logs of the rooms that somebody listens to, and the sessions of live sockets, until the process ends. To be
    /// run once, where there can be other nodes.
    pub async fn watch_nodes(self) {
        let mut tick = interval(EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            if let Err(error) = self.look().await {
                tracing::warn!(?error, "what other nodes have done can't be read; it is tried again");
            }
        }
    }

    async fn look(&self) -> Result<(), Error> {
        let (domain, bus) = (&self.domain, &self.domain.bus);
        presence::look(domain).await?;
        for listened in bus.rooms().chunks(AT_ONCE) {
            let heads = rooms::heads(domain, listened).await?;
            for room in listened {
                match heads.get(room) {
                    Some(seq) => bus.grown(*room, *seq),
                    None => bus.gone(*room, domain.clock.now()),
                }
            }
        }
        let mut live: Vec<_> = self.sockets.all().iter().map(|live| live.peer.caller().session).collect();
        live.sort_unstable();
        live.dedup();
        for asked in live.chunks(AT_ONCE) {
            for session in sessions::ended(domain, asked).await? {
                bus.person_here(PersonSignal::SessionRevoked { session });
            }
        }
        Ok(())
    }
}
