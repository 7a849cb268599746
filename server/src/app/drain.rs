//! Going down in order: nothing that was accepted is lost, and no peer can hold the exit up.

use super::Server;
use crate::domain::presence;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// All of it takes no longer: what comes before the database is closed takes 17 s at most.
const MOST: Duration = Duration::from_secs(19);

/// Messages that wait are written within this.
const WRITE_OUT: Duration = Duration::from_secs(5);

/// Clients are asked to come back within this, evenly spread.
const RECONNECT: Duration = Duration::from_secs(5);

/// The word of it gets so long to be read.
const FAREWELL: Duration = Duration::from_millis(150);

/// Whoever polls asks again within this: it is between two requests for a round trip.
const FAREWELL_BY_POLL: Duration = Duration::from_secs(1);

/// Sockets are cut in so many steps, so that their clients do not turn to another node all at once.
const STEPS: usize = 20;

/// Between two steps, when there are many sockets.
const STEP: Duration = Duration::from_millis(100);

/// Fewer sockets than this are cut in one step.
const FEW: usize = 200;

/// What cut sockets get to run their ends.
const LAST: Duration = Duration::from_secs(1);

/// How often a condition is looked at.
const GLANCE: Duration = Duration::from_millis(10);

impl Server {
    /// Takes the server down: it is no longer ready, accepts nothing more, takes in no more messages, writes what waits,
    /// asks clients to come back, cuts them, and closes the database. Takes at most 19 s, whatever the peers and the database do.
    pub async fn stop(self) {
        let end = Instant::now() + MOST;
        tracing::info!(sockets = self.realtime.sockets.count(), "going down");
        self.domain.outbox.close();
        self.closing.doors.cancel();
        within(WRITE_OUT, || self.domain.outbox.is_empty()).await;
        self.realtime.announce_restart(RECONNECT);
        sleep(if self.realtime.someone_polls() { FAREWELL_BY_POLL } else { FAREWELL }).await;
        // Not earlier: a client that polls fetches the word by a request.
        self.closing.talks.cancel();
        let sockets = self.realtime.sockets.all();
        let step = sockets.len().div_ceil(STEPS).max(FEW);
        for (nth, some) in sockets.chunks(step).enumerate() {
            if nth > 0 {
                sleep(STEP).await;
            }
            for live in some {
                self.realtime.cut(live);
            }
        }
        drop(sockets);
        within(LAST, || self.realtime.sockets.count() == 0).await;
        self.connections.kill_sockets();
        if timeout(WRITE_OUT + LAST, self.accepting).await.is_err() {
            self.connections.kill_all();
        }
        self.stopping.cancel();
        self.tasks.close();
        timeout(LAST, self.tasks.wait()).await.ok();
        let left = timeout(LAST, presence::leave(&self.domain)).await;
        if !matches!(left, Ok(Ok(()))) {
            tracing::warn!(?left, "other nodes will find out by themselves that this one is gone");
        }
        if timeout_at(end.min(Instant::now() + WRITE_OUT), self.domain.store.close()).await.is_err() {
            tracing::warn!(
                "the database did not close in time; what was acknowledged is on disk all the same"
            );
        }
        tracing::info!("down");
    }
}

async fn within(most: Duration, done: impl Fn() -> bool) {
    let end = Instant::now() + most;
    while !done() && Instant::now() < end {
        sleep(GLANCE).await;
    }
}
