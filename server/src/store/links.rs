//! The connections to a server. A pool of sqlx would not do: it asks each connection that comes back for a sign of life and waits for it
//! as long as the network takes to give up, and of a server that takes no connections it says only that the time is up.

use super::{
    error::{self, Error, Result},
    lane::PATIENCE,
    link::{Link, Server},
    reach::Reach,
};
use sqlx::{ConnectOptions, Connection};
use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    runtime::Handle,
    select,
    sync::{AcquireError, OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, timeout, timeout_at},
};

/// Enough for a few cores of ours, few enough for a server's default limit and several nodes.
const CONNECTIONS: u32 = 12;

/// So many of them are not for requests: what may be in hand at a time of [`Claim::Reserved`].
const RESERVED: u32 = 4;

/// A connection that rested for longer is asked for a sign of life before it is used.
const RESTED: Duration = Duration::from_secs(1);

/// How long one waits for the sign.
const SIGN: Duration = Duration::from_secs(2);

/// A connection that nobody wants for so long is closed.
const IDLE: Duration = Duration::from_mins(10);

/// A connection is closed after so long: the server's name may lead elsewhere by then.
const LIFETIME: Duration = Duration::from_mins(30);

/// Between two tries to connect, at first.
const PAUSE: Duration = Duration::from_millis(10);

/// How a driver connects.
pub(super) type Options<DB> = <<DB as sqlx::Database>::Connection as Connection>::Options;

/// What a connection is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// A request.
    Common,
    /// What must not wait behind requests, since the node lives by it: a few connections are kept for that.
    Reserved,
}

/// The connections, opened when they are needed.
pub(super) struct Links<DB: Server> {
    options: Options<DB>,
    /// What is said first on each connection.
    session: &'static [&'static str],
    /// How long one waits for the end of a statement.
    bound: Option<Duration>,
    permits: Arc<Semaphore>,
    reserve: Arc<Semaphore>,
    /// Those that rest; whoever came last goes first.
    idle: Mutex<Vec<Open<DB>>>,
    pub(super) reach: Reach,
}

/// An open connection.
pub(super) struct Open<DB: Server> {
    pub(super) connection: DB::Connection,
    made: Instant,
    /// Since when it has rested, or when it last had.
    since: Instant,
}

impl<DB: Server> Links<DB> {
    pub(super) fn new(
        options: Options<DB>,
        session: &'static [&'static str],
        bound: Option<Duration>,
    ) -> Arc<Self> {
        let of = |count: u32| Arc::new(Semaphore::new(count as usize));
        let (permits, reserve) = (of(CONNECTIONS - RESERVED), of(RESERVED));
        let (idle, reach) = (Mutex::default(), Reach::default());
        Arc::new(Self { options, session, bound, permits, reserve, idle, reach })
    }

    /// How long one waits for the end of a statement.
    pub(super) fn bound(&self) -> Option<Duration> {
        self.bound
    }

    /// A connection for single statements.
    pub(super) async fn hold(self: &Arc<Self>, claim: Claim) -> Result<Link<DB>> {
        let end = Instant::now() + PATIENCE;
        let permit = match timeout_at(end, self.permit(claim)).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_closed)) => return Err(Error::OutOfReach(sqlx::Error::PoolClosed)),
            Err(_) => {
                self.reach.busy();
                return Err(Error::Busy);
            }
        };
        let open = match self.rested(end).await {
            Some(open) => Ok(open),
            None => self.make(end).await,
        };
        match open {
            Ok(open) => Ok(Link::new(Arc::clone(self), open, permit)),
            Err(error) => {
                self.reach.failed(&error);
                Err(Error::OutOfReach(error))
            }
        }
    }

    /// A connection with a transaction begun by this text.
    pub(super) async fn begin(self: &Arc<Self>, text: &'static str, claim: Claim) -> Result<Link<DB>> {
        let mut link = self.hold(claim).await?;
        match link.begin(text).await {
            Ok(()) => return Ok(link),
            // It ended while it rested. Nothing was done yet, and those that rested beside it were closed.
            Err(Error::OutOfReach(error)) if !is_silence(&error) => drop(link),
            Err(error) => return Err(error),
        }
        let mut link = self.hold(claim).await?;
        link.begin(text).await?;
        Ok(link)
    }

    async fn permit(&self, claim: Claim) -> std::result::Result<OwnedSemaphorePermit, AcquireError> {
        let common = Arc::clone(&self.permits).acquire_owned();
        match claim {
            Claim::Common => common.await,
            Claim::Reserved => select! {
                biased;
                permit = Arc::clone(&self.reserve).acquire_owned() => permit,
                permit = common => permit,
            },
        }
    }

    /// One that rested, and is alive as far as one knows; until then there is time for signs of life.
    async fn rested(&self, end: Instant) -> Option<Open<DB>> {
        loop {
            // By itself, so that nothing is locked while one waits.
            let open = self.idle().pop();
            let mut open = open?;
            if open.made.elapsed() > LIFETIME {
                part::<DB>(open.connection);
            } else if open.since.elapsed() <= RESTED
                || matches!(
                    timeout_at(end.min(Instant::now() + SIGN), open.connection.ping()).await,
                    Ok(Ok(()))
                )
            {
                return Some(open);
            } else {
                self.distrust();
            }
        }
    }

    /// A new one. A server that is about to start, or has too many connections just now, is asked again for a while.
    async fn make(&self, end: Instant) -> sqlx::Result<Open<DB>> {
        let mut why = silence(format!("no connection within {PATIENCE:?}"));
        let mut pause = PAUSE;
        loop {
            match timeout_at(end, self.connect()).await {
                Ok(Ok(connection)) => {
                    let now = Instant::now();
                    return Ok(Open { connection, made: now, since: now });
                }
                Ok(Err(error)) if error::may_pass(&error) => why = error,
                Ok(Err(error)) => return Err(error),
                Err(_) => return Err(why),
            }
            if timeout_at(end, sleep(pause)).await.is_err() {
                return Err(why);
            }
            pause = (pause * 2).min(PATIENCE / 5);
        }
    }

    async fn connect(&self) -> sqlx::Result<DB::Connection> {
        let mut connection = self.options.connect().await?;
        for text in self.session {
            DB::command(&mut connection, text).await?;
        }
        Ok(connection)
    }

    /// Takes one back that is in order.
    pub(super) fn rest(&self, mut open: Open<DB>) {
        if self.permits.is_closed() {
            return part::<DB>(open.connection);
        }
        open.since = Instant::now();
        let mut idle = self.idle();
        idle.push(open);
        let unused = idle.iter().take_while(|open| open.since.elapsed() > IDLE).count();
        let unused: Vec<_> = idle.drain(..unused).collect();
        drop(idle);
        for open in unused {
            part::<DB>(open.connection);
        }
    }

    /// Notes that a connection was lost while it was in use.
    pub(super) fn lost(&self, error: &sqlx::Error) {
        self.reach.failed(error);
        self.distrust();
    }

    /// Closes those that rest: what has ended one, or made it silent, has not spared them.
    fn distrust(&self) {
        let idle = std::mem::take(&mut *self.idle());
        drop(idle);
    }

    /// Waits a moment for the connections in use, then closes all.
    pub(super) async fn close(&self) {
        let all = timeout(SIGN, async {
            tokio::join!(
                self.permits.acquire_many(CONNECTIONS - RESERVED),
                self.reserve.acquire_many(RESERVED)
            )
        });
        let all = all.await;
        self.permits.close();
        self.reserve.close();
        let idle = std::mem::take(&mut *self.idle());
        for open in idle {
            match timeout(SIGN, open.connection.close()).await {
                Ok(Ok(())) => {}
                ended => tracing::debug!(?ended, "a connection to the database did not close in order"),
            }
        }
        drop(all);
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Open<DB>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes a connection in order, in nobody's way.
fn part<DB: Server>(connection: DB::Connection) {
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(timeout(PATIENCE, connection.close()));
    }
}

/// What is not answered in time.
pub(super) fn silence(words: String) -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, words))
}

fn is_silence(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut)
}
