//! The connection, as a person is told of it.

use super::{clock::Now, look::Glyphs, safe::Safe};
use crate::server::Trouble;
use std::time::Duration;

/// Most losses are mended sooner than this; only later is anything said.
const QUIET: Duration = Duration::from_secs(5);

/// The states that a person is told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Connecting { attempt: u32 },
    CatchingUp,
    Online,
    Offline { attempt: u32, retry_in: Duration, reason: Safe },
    SignedOut,
}

/// How the connection is, and since when.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    state: State,
    /// Since when there has been none.
    lost: Option<Duration>,
    /// Whether there has ever been one.
    was_online: bool,
    /// When the next try comes.
    retry_at: Option<Duration>,
    /// What keeps it away, as far as that is known.
    trouble: Option<Trouble>,
}

impl Connection {
    /// It starts at this moment.
    pub(crate) fn starting(now: Now) -> Self {
        Self {
            state: State::Connecting { attempt: 1 },
            lost: Some(now.up),
            was_online: false,
            retry_at: None,
            trouble: None,
        }
    }

    /// What keeps it away. Answers whether that is news.
    pub(crate) fn is_kept_away_by(&mut self, trouble: Option<Trouble>) -> bool {
        // It may have come back while somebody looked.
        let trouble =
            trouble.filter(|_| matches!(self.state, State::Connecting { .. } | State::Offline { .. }));
        let is_news = trouble.is_some() && trouble != self.trouble;
        self.trouble = trouble;
        is_news
    }

    /// What keeps it away, as far as that is known.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.trouble
    }

    /// Whether there has ever been one.
    pub(crate) fn was_online(&self) -> bool {
        self.was_online
    }

    /// Whether messages go out at once.
    pub(crate) fn is_online(&self) -> bool {
        matches!(self.state, State::Online | State::CatchingUp)
    }

    /// Whether it was lost so long ago that it is shown.
    pub(crate) fn is_lost(&self, now: Now) -> bool {
        self.lost.is_some_and(|lost| now.up >= lost + QUIET)
    }

    /// It is so from now on. Answers a sentence if a person should hear of it.
    pub(crate) fn becomes(&mut self, state: State, now: Now) -> Option<&'static str> {
        self.retry_at = match &state {
            State::Offline { retry_in, .. } => Some(now.up + *retry_in),
            _ => None,
        };
        let told = self.is_lost(now);
        let back = state == State::Online && told && self.was_online;
        match state {
            State::Online => {
                (self.lost, self.trouble) = (None, None);
                self.was_online = true;
            }
            State::CatchingUp | State::SignedOut => {}
            State::Connecting { .. } | State::Offline { .. } => {
                self.lost.get_or_insert(now.up);
            }
        }
        self.state = state;
        back.then_some("Connected again.")
    }

    /// When what is shown of it changes by itself.
    pub(crate) fn wake(&self, now: Now) -> Option<Duration> {
        let lost = self.lost?;
        if self.state == State::SignedOut {
            return None;
        }
        let told = lost + QUIET;
        Some(if now.up < told { told } else { now.up + Duration::from_secs(1) })
    }

    /// One or two words: the start of the status row.
    pub(crate) fn words(&self, now: Now) -> String {
        match &self.state {
            State::Online => "ONLINE".to_owned(),
            State::CatchingUp => "CATCHING UP".to_owned(),
            State::SignedOut => "SIGNED OUT".to_owned(),
            _ if !self.is_lost(now) => "CONNECTING".to_owned(),
            _ => {
                let seconds = now.up.saturating_sub(self.lost.unwrap_or(now.up)).as_secs();
                format!("OFFLINE {}:{:02}", seconds / 60, seconds % 60)
            }
        }
    }

    /// The banner, once it is time for one; `key` does not wait for the next try.
    pub(crate) fn banner(&self, now: Now, waiting: usize, glyphs: &Glyphs, key: &str) -> Option<String> {
        if self.state == State::SignedOut {
            return Some("Signed out: this session has ended.".to_owned());
        }
        if !self.is_lost(now) {
            return None;
        }
        let seconds = self.retry_at.map_or(0, |at| at.saturating_sub(now.up).as_millis().div_ceil(1000));
        let (attempt, reason) = match &self.state {
            State::Offline { attempt, reason, .. } => (attempt + 1, Some(reason)),
            State::Connecting { attempt } => (*attempt, None),
            _ => return None,
        };
        let attempt =
            if seconds > 0 { format!("try {attempt} in {seconds} s") } else { format!("try {attempt} now") };
        let waiting = match waiting {
            0 => String::new(),
            waiting => format!(" {} {waiting} waiting", glyphs.dot),
        };
        let (again, more) = (glyphs.again, glyphs.more);
        Some(match self.trouble {
            Some(trouble) => format!("{again} {}; {attempt} ({key} now){waiting}", trouble.words()),
            None if self.was_online => format!("{again} Reconnecting{more} {attempt} ({key} now){waiting}"),
            None => {
                let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
                format!("{again} Server unreachable; {attempt} ({key} now){waiting}{reason}")
            }
        })
    }
}
