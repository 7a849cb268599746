//! Tries of which only the wrong ones count: passwords, invite codes.
//!
//! A try that is under way holds a place, so that many at once are given no more guesses than one after the other would be.
//! Whoever finds all places held waits until one ends, since they may all be right.

use super::{FEW_KEYS, Shared, wait};
use crate::{
    bus::{Bus, Counted},
    config::Rate,
};
use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Notify, Semaphore},
    time::Instant,
};

/// So many may wait for a place; the next one is told to come back.
const MOST_WAITING: usize = 1024;

/// So many tries of one key are under way at once, the others wait: whoever knows many passwords must not take all of the hashers,
/// not even from a few addresses.
const AT_ONCE: usize = 2;

/// Whoever was not even let wait comes back after so long.
const SOON: Duration = Duration::from_secs(1);

/// At most so many wrong tries in any window of so long, for each key. Without a rate it lets everything pass.
#[derive(Debug)]
pub struct Tries<K: Eq + Hash> {
    rate: Option<Rate>,
    shared: Option<Shared<K>>,
    windows: Mutex<Windows<K>>,
    ended: Notify,
    benches: Semaphore,
}

#[derive(Debug)]
struct Windows<K> {
    windows: HashMap<K, Window>,
    /// Above this many keys those without anything live are dropped.
    sweep_at: usize,
}

#[derive(Debug, Default)]
struct Window {
    wrong: VecDeque<Instant>,
    under_way: usize,
}

/// A try that is under way, until this is dropped. Unless it [was wrong](Try::was_wrong) it has not counted.
#[derive(Debug)]
pub struct Try<'t, K: Eq + Hash> {
    tries: &'t Tries<K>,
    key: K,
}

impl<K: Eq + Hash + Clone> Tries<K> {
    /// Tries at this rate; `None` lets everything pass.
    pub fn new(rate: Option<Rate>) -> Self {
        Self {
            rate,
            shared: None,
            windows: Mutex::new(Windows { windows: HashMap::new(), sweep_at: FEW_KEYS }),
            ended: Notify::new(),
            benches: Semaphore::new(MOST_WAITING),
        }
    }

    /// The same tries, of which `bus` tells the other nodes when they were wrong.
    pub(super) fn shared(self, bus: &Bus, one: fn(&K) -> Counted) -> Self {
        Self { shared: Some(Shared { bus: bus.clone(), one }), ..self }
    }

    /// One more was wrong at another node.
    pub(super) fn count(&self, key: K) {
        let Some(rate) = self.rate else { return };
        let now = Instant::now();
        let mut windows = self.windows();
        windows.sweep(now, rate);
        let window = windows.windows.entry(key).or_default();
        wait(&mut window.wrong, now, rate).ok();
        window.wrong.push_back(now);
    }

    /// Begins a try as soon as there is a place for `key`, or says how long to stay away.
    pub async fn begin(&self, key: K) -> Result<Try<'_, K>, Duration> {
        let mut bench = None;
        loop {
            // Listens before it looks, so that no end is missed.
            let ended = self.ended.notified();
            if self.enter(&key)? {
                return Ok(Try { tries: self, key });
            }
            if bench.is_none() {
                bench = Some(self.benches.try_acquire().map_err(|_full| SOON)?);
            }
            ended.await;
        }
    }

    /// Takes a place; `false` when all are held by tries of which nobody knows yet whether they are wrong.
    fn enter(&self, key: &K) -> Result<bool, Duration> {
        let Some(rate) = self.rate else { return Ok(true) };
        let now = Instant::now();
        let mut windows = self.windows();
        windows.sweep(now, rate);
        let window = windows.windows.entry(key.clone()).or_default();
        wait(&mut window.wrong, now, rate)?;
        let free = window.under_way < AT_ONCE && window.wrong.len() + window.under_way < rate.count as usize;
        if free {
            window.under_way += 1;
        }
        Ok(free)
    }
}

impl<K: Eq + Hash> Tries<K> {
    fn windows(&self) -> MutexGuard<'_, Windows<K>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Try<'_, K> {
    /// It was wrong, and counts.
    pub fn was_wrong(self) {
        if let Some(window) = self.tries.windows().windows.get_mut(&self.key) {
            window.wrong.push_back(Instant::now());
        }
        if let Some(shared) = self.tries.shared.as_ref().filter(|_| self.tries.rate.is_some()) {
            shared.tell(&self.key);
        }
    }
}

impl<K: Eq + Hash> Drop for Try<'_, K> {
    fn drop(&mut self) {
        let mut windows = self.tries.windows();
        if let Some(window) = windows.windows.get_mut(&self.key) {
            window.under_way = window.under_way.saturating_sub(1);
            if window.under_way == 0 && window.wrong.is_empty() {
                windows.windows.remove(&self.key);
            }
        }
        drop(windows);
        self.tries.ended.notify_waiters();
    }
}

impl<K: Eq + Hash> Windows<K> {
    fn sweep(&mut self, now: Instant, rate: Rate) {
        if self.windows.len() < self.sweep_at {
            return;
        }
        self.windows.retain(|_, window| {
            let live = window.wrong.back().is_some_and(|last| now.duration_since(*last) < rate.per);
            live || window.under_way > 0
        });
        self.sweep_at = FEW_KEYS.max(2 * self.windows.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{FutureExt, future::join_all};

    fn tries(count: u32) -> Tries<u8> {
        Tries::new(Some(Rate { count, per: Duration::from_mins(1) }))
    }

    #[tokio::test(start_paused = true)]
    async fn any_number_at_once_pass_that_are_right() {
        let tries = tries(5);
        let right = (0..100).map(async |_| {
            let one = tries.begin(1).await;
            tokio::task::yield_now().await;
            one.is_ok()
        });
        assert!(join_all(right).await.into_iter().all(|passed| passed));
        assert!(tries.windows().windows.is_empty(), "what is over is forgotten");
    }

    #[tokio::test]
    async fn only_so_many_of_one_key_are_under_way_at_once() {
        let tries = tries(60);
        let mut held = Vec::new();
        for _ in 0..AT_ONCE {
            held.push(tries.begin(1).await.unwrap());
        }
        let next = tries.begin(1);
        let mut next = std::pin::pin!(next);
        assert!(next.as_mut().now_or_never().is_none());
        assert!(tries.begin(2).await.is_ok(), "another key has its own");
        held.pop();
        assert!(next.await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn many_wrong_ones_at_once_get_no_more_guesses_than_one_after_the_other() {
        let tries = tries(5);
        let wrong = (0..100).map(async |_| {
            let one = tries.begin(1).await?;
            tokio::task::yield_now().await;
            one.was_wrong();
            Ok::<_, Duration>(())
        });
        let outcomes = join_all(wrong).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 5);
        assert_eq!(outcomes.last(), Some(&Err(Duration::from_mins(1))));
        assert!(tries.begin(2).await.is_ok(), "another key has its own");
        tokio::time::advance(Duration::from_mins(1)).await;
        assert!(tries.begin(1).await.is_ok());
    }

    #[tokio::test]
    async fn a_try_of_which_nothing_came_counts_nothing_and_makes_place() {
        let tries = tries(1);
        let first = tries.begin(1).await.unwrap();
        let mut second = Box::pin(tries.begin(1));
        assert!(second.as_mut().now_or_never().is_none());
        drop(first);
        drop(second.await.unwrap());
        assert!(tries.begin(1).await.is_ok());
    }

    #[tokio::test]
    async fn a_crowd_that_waits_is_refused_and_keeps_nobody_else_out() {
        let tries = tries(1);
        let _held = tries.begin(1).await.unwrap();
        let crowd: Vec<_> = (0..MOST_WAITING)
            .map(|_| {
                let mut one = Box::pin(tries.begin(1));
                assert!(one.as_mut().now_or_never().is_none());
                one
            })
            .collect();
        assert_eq!(tries.begin(1).await.err(), Some(SOON));
        assert!(tries.begin(2).await.is_ok());
        drop(crowd);
    }

    #[tokio::test(start_paused = true)]
    async fn keys_that_went_quiet_are_forgotten() {
        let tries: Tries<usize> = Tries::new(Some(Rate { count: 1, per: Duration::from_secs(1) }));
        for key in 0..FEW_KEYS {
            tries.begin(key).await.unwrap().was_wrong();
        }
        tokio::time::advance(Duration::from_secs(2)).await;
        let _one = tries.begin(usize::MAX).await.unwrap();
        assert_eq!(tries.windows().windows.len(), 1);
    }
}
