//! What time it is: the one place that reads the clocks.

use chrono::{DateTime, FixedOffset, Local, NaiveDateTime, Utc};
use std::time::{Duration, Instant};

/// A moment, as the model is told it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    /// Since the start; it never goes back.
    pub(crate) up: Duration,
    /// By the calendar.
    pub(crate) utc: DateTime<Utc>,
}

/// The machine's clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    started: Instant,
}

impl Clock {
    /// Starts to count.
    pub(crate) fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// The moment.
    #[allow(clippy::disallowed_methods, reason = "the terminal user interface's one reader of the clock")]
    pub(crate) fn now(self) -> Now {
        Now { up: self.started.elapsed(), utc: Utc::now() }
    }
}

/// Where the person is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Zone {
    /// Wherever the machine is.
    Local,
    /// For tests.
    #[cfg_attr(not(test), allow(dead_code, reason = "tests freeze the time zone"))]
    Fixed(FixedOffset),
}

impl Zone {
    /// The date and time on a clock there.
    pub(crate) fn local(self, at: DateTime<Utc>) -> NaiveDateTime {
        match self {
            Self::Local => at.with_timezone(&Local).naive_local(),
            Self::Fixed(offset) => at.with_timezone(&offset).naive_local(),
        }
    }
}
