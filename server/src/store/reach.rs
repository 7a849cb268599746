//! Whether a server answers, as far as its connections have told: the log gets the server's words once, and not with each request.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// What goes on is said again after so long.
const AGAIN: Duration = Duration::from_mins(1);

/// What is known of a server.
#[derive(Default)]
pub(super) struct Reach {
    failed: AtomicBool,
    told: Mutex<Told>,
}

/// What the log was told.
#[derive(Default)]
struct Told {
    /// The words of late, and when.
    words: HashMap<String, Instant>,
    /// Whether it was not told since that the server answers again.
    open: bool,
}

impl Told {
    fn is_news(&mut self, words: &str) -> bool {
        self.words.retain(|_, at| at.elapsed() < AGAIN);
        let is_news = !self.words.contains_key(words);
        if is_news {
            self.words.insert(words.to_owned(), Instant::now());
        }
        is_news
    }
}

impl Reach {
    /// Notes why there is no connection, or no longer; says whether the log was told.
    pub(super) fn failed(&self, error: &sqlx::Error) -> bool {
        let words = error.to_string();
        let mut told = self.told();
        self.failed.store(true, Ordering::Release);
        let is_news = told.is_news(&words);
        if is_news {
            tracing::warn!(error = words, "the database is out of reach");
            told.open = true;
        }
        is_news
    }

    /// Notes that no connection was free, which says nothing about the server; says whether the log was told.
    pub(super) fn busy(&self) -> bool {
        const WORDS: &str = "all connections to the database are in use; look for statements that take long, or wait for a lock";
        let is_news = self.told().is_news(WORDS);
        if is_news {
            tracing::warn!("{WORDS}");
        }
        is_news
    }

    /// Notes that a statement was answered; says whether the log was told.
    pub(super) fn answered(&self) -> bool {
        // Two steps, because the first is taken with every statement.
        if !self.failed.load(Ordering::Relaxed) || !self.failed.swap(false, Ordering::AcqRel) {
            return false;
        }
        let was_open = std::mem::take(&mut self.told().open);
        if was_open {
            tracing::info!("the database answers again");
        }
        was_open
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_log_is_told_once_and_not_with_each_request() {
        let (full, gone) = (
            sqlx::Error::Protocol("too many connections".into()),
            sqlx::Error::Protocol("no such database".into()),
        );
        let reach = Reach::default();
        assert!(!reach.answered(), "nothing was amiss");
        assert!(reach.failed(&full));
        assert!(!reach.failed(&full), "the same words");
        assert!(reach.failed(&gone), "other words");
        assert!(!reach.failed(&full) && !reach.failed(&gone), "in turns");
        assert!(reach.answered());
        assert!(!reach.answered());
        // Now one request in two fails.
        for _ in 0..10 {
            assert!(!reach.failed(&gone) && !reach.answered());
        }
        tokio::time::advance(AGAIN).await;
        assert!(reach.failed(&gone), "it goes on");
        assert!(reach.answered());
        // Nobody has to be told that it answers again when there was no connection free.
        assert!(reach.busy() && !reach.busy() && !reach.answered());
    }
}
