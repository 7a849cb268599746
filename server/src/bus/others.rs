//! Which other nodes are heard. One that beats in the database and says nothing here is joined to another bus, or to none.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;
use uuid::Uuid;

/// Each node gives a sign of life every second. One that has lost its connection has a new one by then, or can't get one.
const UNHEARD: Duration = Duration::from_secs(8);

/// The other nodes.
#[derive(Default)]
pub(super) struct Others(Mutex<State>);

#[derive(Default)]
struct State {
    /// When each was heard last, or was seen to live for the first time; `None` while nothing can be heard at all.
    heard: Option<HashMap<Uuid, Instant>>,
    /// Whether one lives and is not heard.
    apart: bool,
}

impl Others {
    /// From now on they can be heard, or can't.
    pub(super) fn can_be_heard(&self, can_be: bool) {
        let mut state = self.lock();
        if state.heard.is_some() != can_be {
            state.heard = can_be.then(HashMap::new);
        }
    }

    pub(super) fn heard(&self, node: Uuid) {
        if let Some(heard) = &mut self.lock().heard {
            heard.insert(node, Instant::now());
        }
    }

    /// Compares them with those that live; answers whether one of these is not heard, if that has changed.
    pub(super) fn compare(&self, living: &[Uuid]) -> Option<bool> {
        let mut state = self.lock();
        let apart = state.heard.as_mut().is_some_and(|heard| {
            heard.retain(|node, _| living.contains(node));
            living.iter().any(|node| heard.entry(*node).or_insert_with(Instant::now).elapsed() > UNHEARD)
        });
        (std::mem::replace(&mut state.apart, apart) != apart).then_some(apart)
    }

    pub(super) fn are_apart(&self) -> bool {
        self.lock().apart
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn one_that_lives_and_says_nothing_is_noticed_in_time() {
        let (others, heard, mute) = (Others::default(), Uuid::now_v7(), Uuid::now_v7());
        assert_eq!(others.compare(&[mute]), None, "nothing can be heard yet");
        others.can_be_heard(true);
        for _ in 0..UNHEARD.as_secs() {
            others.heard(heard);
            assert_eq!(others.compare(&[heard, mute]), None, "it has its time");
            advance(Duration::from_secs(1)).await;
        }
        others.can_be_heard(true);
        advance(Duration::from_millis(1)).await;
        assert_eq!((others.compare(&[heard, mute]), others.compare(&[heard, mute])), (Some(true), None));
        assert!(others.are_apart());
        assert_eq!(others.compare(&[heard]), Some(false), "it is gone");
        advance(UNHEARD * 2).await;
        assert_eq!(others.compare(&[heard]), Some(true), "it has fallen silent");
        others.can_be_heard(false);
        assert_eq!(others.compare(&[heard]), Some(false), "that nothing can be heard is known otherwise");
    }
}
