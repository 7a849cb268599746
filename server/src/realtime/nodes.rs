//! What others have done, read from the database within two seconds: the entries, presence and ended sessions of other nodes of which
//! the bus has lost the news, and what an operator has done to rooms and accounts, of which there is none.

use super::Realtime;
use crate::{
    bus::PersonSignal,
    domain::{Error, presence, rooms, sessions},
};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

const EVERY: Duration = Duration::from_secs(1);

/// A look that takes longer is given up: its connection may be one that answers no more.
const PATIENCE: Duration = Duration::from_secs(3);

/// So many rooms or sessions are asked for at once.
const AT_ONCE: usize = 1000;

/// Who was a member so long ago may have been sent away since. Two seconds are promised; a telling takes some time too.
const BLIND: Duration = Duration::from_millis(1500);

/// Whether this node knows who belongs to its rooms. While it can't read that, and hears of it from nobody, one who was removed may still
/// listen: what nobody keeps is not told then.
#[derive(Debug)]
pub struct Sight {
    /// When the last look at the rooms that has succeeded began. What it brought back late was true then.
    began: Option<Mutex<Instant>>,
}

impl Sight {
    /// Of a node that is the only one if there can't be `others`: everything happens here.
    pub(super) fn new(others: bool) -> Self {
        Self { began: others.then(|| Mutex::new(Instant::now())) }
    }

    /// The rooms were as a look has told that began then.
    fn was_clear(&self, began: Instant) {
        if let Some(last) = &self.began {
            *last.lock().unwrap_or_else(PoisonError::into_inner) = began;
        }
    }

    /// Whether it does not.
    pub(super) fn is_lost(&self) -> bool {
        let elapsed = |last: &Mutex<Instant>| last.lock().unwrap_or_else(PoisonError::into_inner).elapsed();
        self.began.as_ref().is_some_and(|last| elapsed(last) > BLIND)
    }
}

impl Realtime {
    /// Looks after the logs of the rooms that somebody listens to, the sessions of live sockets and, where there can be other nodes,
    /// who is online there, until the process ends. To be run once.
    pub async fn watch_others(self) {
        // Whatever one of them meets, the others go on.
        tokio::join!(
            again("who is online at other nodes", || self.look_at_presence()),
            again("what others have stored", || self.look_at_rooms()),
            again("which sessions others have ended", || self.look_at_sessions()),
        );
    }

    async fn look_at_presence(&self) -> Result<(), Error> {
        match self.domain.bus.node() {
            Some(_) => presence::look(&self.domain).await,
            None => Ok(()),
        }
    }

    async fn look_at_rooms(&self) -> Result<(), Error> {
        let (domain, bus) = (&self.domain, &self.domain.bus);
        let began = Instant::now();
        for listened in bus.rooms().chunks(AT_ONCE) {
            let heads = rooms::heads(domain, listened).await?;
            for room in listened {
                match heads.get(room) {
                    Some(seq) => bus.grown(*room, *seq),
                    None => bus.gone(*room, domain.clock.now()),
                }
            }
        }
        self.sight.was_clear(began);
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

/// Looks again and again, until the process ends.
async fn again<L: Future<Output = Result<(), Error>>>(what: &str, look: impl Fn() -> L) {
    let mut tick = interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        match timeout(PATIENCE, look()).await {
            Ok(Ok(())) => {}
            Ok(Err(Error::Unavailable)) => tracing::debug!("{what} can't be read; it is tried again"),
            Ok(Err(error)) => tracing::warn!(?error, "{what} can't be read; it is tried again"),
            Err(_late) => tracing::warn!("{what} can't be read in time; it is tried again"),
        }
    }
}
