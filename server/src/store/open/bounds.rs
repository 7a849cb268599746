//! How long a server may take while a database is opened: a start ends, in words, beside one that says nothing any more.

use super::{OpenError, words};
use sqlx::{ConnectOptions, Connection};
use std::time::Duration;
use tokio::{
    select,
    time::{Instant, sleep, timeout},
};

/// A server that says nothing for so long is not there. What it is asked here takes it a moment.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// Between two looks whether it is still there, while it has something to do that takes as long as it takes.
const LOOK: Duration = Duration::from_secs(5);

/// A server that cannot be reached for so long is not there, and says nothing to who waits for its answer either.
const GONE: Duration = Duration::from_secs(30);

/// How long other processes may change the tables while one waits for one's turn: as long as an index on a large table takes. And how long
/// they may keep the tables from being changed.
const TURN: Duration = Duration::from_mins(15);

/// Between two attempts to change a table that others hold. Whoever comes to it during an attempt waits behind that, so this is longer.
const PAUSE: Duration = Duration::from_secs(5);

/// The first connection.
pub(in super::super) async fn first<O: ConnectOptions>(options: &O) -> Result<O::Connection, OpenError>
where
    O::Connection: Sized,
{
    match timeout(ANSWERS_WITHIN, options.connect()).await {
        Ok(connected) => Ok(connected?),
        Err(_) => Err(OpenError::Settings(format!(
            "the database server has said nothing for {} s: look whether its address is right, and whether the way to it is open",
            ANSWERS_WITHIN.as_secs()
        ))),
    }
}

/// Waits for the end of something that is soon done; `what` is what has been asked for.
pub(in super::super) async fn answered<T, E: Into<OpenError>>(
    what: &str,
    asked: impl Future<Output = Result<T, E>>,
) -> Result<T, OpenError> {
    match timeout(ANSWERS_WITHIN, asked).await {
        Ok(answer) => answer.map_err(Into::into),
        Err(_) => Err(silent(what)),
    }
}

/// Waits for the end of something that takes as long as it takes, and looks meanwhile whether the server still answers others.
pub(in super::super) async fn watched<O: ConnectOptions, T>(
    what: &str,
    options: &O,
    work: impl Future<Output = Result<T, OpenError>>,
) -> Result<T, OpenError>
where
    O::Connection: Sized,
{
    let silence = async {
        let mut answered = Instant::now();
        loop {
            sleep(LOOK).await;
            match timeout(ANSWERS_WITHIN, options.connect()).await {
                Ok(Ok(connection)) => {
                    drop(timeout(ANSWERS_WITHIN, connection.close()).await);
                    answered = Instant::now();
                }
                // It has no place for one more, or stops: it is there.
                Ok(Err(sqlx::Error::Database(error))) => {
                    tracing::debug!(%error, "no second connection to the database");
                    answered = Instant::now();
                }
                Ok(Err(error)) if answered.elapsed() < GONE => {
                    tracing::warn!(%error, "the database is out of reach; its last answer is waited for a little longer");
                }
                Ok(Err(error)) => return refusing(what, &error),
                Err(_) => return silent(what),
            }
        }
    };
    select! {
        biased;
        done = work => done,
        why = silence => Err(why),
    }
}

/// A wait for the lock under which the tables are changed. It is asked for again and again, each time for a moment, so that a lock that is
/// held can be told from a server that says nothing.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Turn(Instant);

impl Turn {
    pub(in super::super) fn wait() -> Self {
        Self(Instant::now())
    }

    /// Notes that another has the lock; an error when they have had it for too long.
    pub(in super::super) fn has_not_come(self) -> Result<(), OpenError> {
        let waited = self.0.elapsed();
        if waited >= TURN {
            return Err(OpenError::Settings(format!(
                "another process has been changing the tables for {} minutes: look which one holds the lock, and start again",
                TURN.as_secs() / 60
            )));
        }
        tracing::info!(
            waited_s = waited.as_secs(),
            "another process is changing the tables; waiting for its end"
        );
        Ok(())
    }
}

/// A wait for tables that others hold, such as a dump that reads them. A change of them is tried again and again, each time for a moment:
/// all who come to a table later stand in line behind whoever waits to change it.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Held {
    since: Instant,
    is_told: bool,
}

impl Held {
    pub(in super::super) fn watch() -> Self {
        Self { since: Instant::now(), is_told: false }
    }

    /// Lets the others go on for a while after an attempt that was in vain; an error when there have been such for too long.
    pub(in super::super) async fn let_others_go_on(&mut self, why: &sqlx::Error) -> Result<(), OpenError> {
        if self.since.elapsed() >= TURN {
            return Err(OpenError::Settings(format!(
                "the tables could not be changed for {} minutes, since others hold them ({}): look which transactions last so long, \
                 such as a dump or an export, let them end, and start again",
                TURN.as_secs() / 60,
                words(why)
            )));
        }
        if !self.is_told {
            self.is_told = true;
            let error = words(why);
            tracing::warn!(
                error,
                "others hold a table that is to be changed, such as a dump or an export that reads it; tried again every few seconds \
                 until they are done"
            );
        }
        sleep(PAUSE).await;
        Ok(())
    }
}

fn silent(what: &str) -> OpenError {
    OpenError::Settings(format!(
        "the database server has said nothing for {} s when {what}: look whether the way to it is open, and start again",
        ANSWERS_WITHIN.as_secs()
    ))
}

fn refusing(what: &str, error: &sqlx::Error) -> OpenError {
    OpenError::Settings(format!(
        "the database server has been out of reach for {} s when {what} ({error}): look whether it runs, and start again",
        GONE.as_secs()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::postgres::PgConnectOptions;
    use std::{future::pending, net::TcpListener};
    use tokio::time::advance;

    fn words<T>(ended: Result<T, OpenError>) -> String {
        ended.err().unwrap().to_string()
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_falls_silent_ends_a_start_in_words() {
        // Connections are taken in, by the system.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let options = PgConnectOptions::new().host("127.0.0.1").port(address.port()).username("parlor");
        let silence = "the database server has said nothing for 10 s";
        let greeting = words(first(&options).await);
        assert!(greeting.starts_with(silence) && greeting.contains("its address"), "{greeting}");
        let asked = words(answered("it was asked", pending::<Result<(), OpenError>>()).await);
        assert!(asked.starts_with(&format!("{silence} when it was asked: ")), "{asked}");
        let watched = words(watched("it was at work", &options, pending::<Result<(), _>>()).await);
        assert!(watched.starts_with(&format!("{silence} when it was at work: ")), "{watched}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_is_gone_ends_a_start_in_words_and_one_that_is_soon_done_does_not() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let options = PgConnectOptions::new().host("127.0.0.1").port(address.port()).username("parlor");
        let index = async {
            sleep(GONE / 2).await;
            Ok("made")
        };
        assert_eq!(watched("it was at work", &options, index).await.unwrap(), "made");
        let began = Instant::now();
        let gone = words(watched("it was at work", &options, pending::<Result<(), _>>()).await);
        assert!(
            gone.starts_with("the database server has been out of reach for 30 s when it was at work ("),
            "{gone}"
        );
        assert!(began.elapsed() < GONE + 2 * LOOK, "{:?}", began.elapsed());
        assert!(gone.ends_with("look whether it runs, and start again"), "{gone}");
    }

    #[tokio::test(start_paused = true)]
    async fn ones_turn_comes_in_minutes_or_never() {
        let turn = Turn::wait();
        for _ in 0..TURN.as_secs() / 60 {
            turn.has_not_come().unwrap();
            advance(Duration::from_mins(1)).await;
        }
        let told = words(turn.has_not_come());
        assert!(told.starts_with("another process has been changing the tables for 15 minutes"), "{told}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_table_that_is_held_is_let_go_in_minutes_or_a_start_ends_in_words() {
        let (began, mut held) = (Instant::now(), Held::watch());
        let told = loop {
            if let Err(error) = held.let_others_go_on(&sqlx::Error::RowNotFound).await {
                break error.to_string();
            }
        };
        assert!(began.elapsed() >= TURN && began.elapsed() <= TURN + PAUSE, "{:?}", began.elapsed());
        assert!(told.starts_with("the tables could not be changed for 15 minutes, since others"), "{told}");
    }
}
