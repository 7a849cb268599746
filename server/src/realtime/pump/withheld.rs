//! What nobody keeps, while it is not known who may be told.

use crate::bus::RoomSignal;
use std::{collections::VecDeque, time::Duration};
use tokio::time::Instant;

/// So much is withheld; the oldest goes first.
const MOST: usize = 1024;

/// That someone began to type is not told any more after so long.
const STALE: Duration = Duration::from_secs(1);

/// Signals in their order, and since when they wait.
#[derive(Default)]
pub(super) struct Withheld(VecDeque<(RoomSignal, Instant)>);

impl Withheld {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push(&mut self, signal: RoomSignal) {
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back((signal, Instant::now()));
    }

    /// The next one that is still of use.
    pub(super) fn pop(&mut self) -> Option<RoomSignal> {
        loop {
            let (signal, since) = self.0.pop_front()?;
            let begins = matches!(&signal, RoomSignal::Typing { notice, .. } if notice.is_typing);
            if !begins || since.elapsed() <= STALE {
                return Some(signal);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_protocol::{
        ids::{RoomId, UserId},
        time::Timestamp,
        typing::TypingNotice,
    };

    fn typing(is_typing: bool) -> RoomSignal {
        let notice = TypingNotice {
            user_id: UserId::generate(),
            username: "ada".parse().unwrap(),
            room_id: RoomId::generate(),
            is_typing,
            timestamp: Timestamp::from(chrono::DateTime::UNIX_EPOCH),
        };
        RoomSignal::Typing { notice, from: String::new(), listening: false }
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_beginning_grows_old_and_only_so_much_waits() {
        let mut withheld = Withheld::default();
        let is_typing = |signal| match signal {
            RoomSignal::Typing { notice, .. } => notice.is_typing,
            other => panic!("{other:?}"),
        };
        withheld.push(typing(true));
        withheld.push(typing(false));
        tokio::time::advance(STALE * 2).await;
        withheld.push(typing(true));
        assert_eq!(
            [withheld.pop(), withheld.pop()].map(|signal| signal.map(is_typing)),
            [Some(false), Some(true)]
        );
        assert!(withheld.pop().is_none());
        for _ in 0..=MOST {
            withheld.push(typing(false));
        }
        assert_eq!(std::iter::from_fn(|| withheld.pop()).count(), MOST);
    }
}
