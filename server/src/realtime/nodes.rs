//! What others have done, read from the database within two seconds: the entries, presence and ended sessions of other nodes of which
//! the bus has lost the news, and what an operator has done to rooms and accounts, of which there is none.

use super::Realtime;
use crate::{
    bus::PersonSignal,
    domain::{Error, presence, rooms, sessions},
};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

const EVERY: Duration = Duration::from_secs(1);

/// A look that takes longer is given up: its connection may be one that answers no more.
const PATIENCE: Duration = Duration::from_secs(3);

/// So many rooms or sessions are asked for at once.
const AT_ONCE: usize = 1000;

/// A look at the rooms that has not come back after so long leaves this node without sight.
const BLIND: Duration = Duration::from_secs(1);

/// Whether this node knows who belongs to its rooms. While it can't read that, and hears of it from nobody, one who was removed may still
/// listen: what nobody keeps is not told then.
#[derive(Debug, Default)]
pub struct Sight {
    /// Since when a look has been under way, or has failed.
    without: Mutex<Option<Instant>>,
}

impl Sight {
    fn looks(&self) {
        self.without().get_or_insert_with(Instant::now);
    }

    fn sees(&self) {
        *self.without() = None;
    }

    /// Whether it does not.
    pub fn is_lost(&self) -> bool {
        self.without().is_some_and(|since| since.elapsed() > BLIND)
    }

    fn without(&self) -> MutexGuard<'_, Option<Instant>> {
        self.without.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Realtime {
    /// Looks after the logs of the rooms that somebody listens to, the sessions of live sockets and, where there can be other nodes,
    /// who is online there, until the process ends. To be run once.
    pub async fn watch_others(self) {
        let mut tick = interval(EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            // Whatever one of them meets, the others are done.
            tokio::join!(
                looked("who is online at other nodes", self.look_at_presence()),
                looked("what others have stored", self.look_at_rooms()),
                looked("which sessions others have ended", self.look_at_sessions()),
            );
        }
    }

    async fn look_at_presence(&self) -> Result<(), Error> {
        match self.domain.bus.node() {
            Some(_) => presence::look(&self.domain).await,
            None => Ok(()),
        }
    }

    async fn look_at_rooms(&self) -> Result<(), Error> {
        let (domain, bus) = (&self.domain, &self.domain.bus);
        for listened in bus.rooms().chunks(AT_ONCE) {
            self.sight.looks();
            let heads = rooms::heads(domain, listened).await?;
            for room in listened {
                match heads.get(room) {
                    Some(seq) => bus.grown(*room, *seq),
                    None => bus.gone(*room, domain.clock.now()),
                }
            }
            self.sight.sees();
        }
        Ok(())
    }

    async fn look_at_sessions(&self) -> Result<(), Error> {
        let mut live: Vec<_> = self.sockets.all().iter().map(|live| live.peer.caller().session).collect();
        live.sort_unstable();
        live.dedup();
        for asked in live.chunks(AT_ONCE) {
            for session in sessions::ended(&self.domain, asked).await? {
                self.domain.bus.person_here(PersonSignal::SessionRevoked { session });
            }
        }
        Ok(())
    }
}

async fn looked(what: &str, look: impl Future<Output = Result<(), Error>>) {
    match timeout(PATIENCE, look).await {
        Ok(Ok(())) => {}
        Ok(Err(Error::Unavailable)) => tracing::debug!("{what} can't be read; it is tried again"),
        Ok(Err(error)) => tracing::warn!(?error, "{what} can't be read; it is tried again"),
        Err(_late) => tracing::warn!("{what} can't be read in time; it is tried again"),
    }
}
