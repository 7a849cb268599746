//! The one place that asks what time it is, so that tests can turn the clock.

use chrono::{DateTime, Utc};
use parlor_protocol::time::Timestamp;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

/// The wall clock, with an offset for tests; clones share it.
#[derive(Clone, Default)]
pub struct Clock {
    offset_millis: Arc<AtomicI64>,
}

impl Clock {
    /// Now, cut to milliseconds.
    #[allow(clippy::disallowed_methods, reason = "this is the one reader of the clock")]
    pub fn now(&self) -> Timestamp {
        let offset = self.offset_millis.load(Ordering::Relaxed);
        Timestamp::from(Utc::now() + chrono::TimeDelta::milliseconds(offset))
    }

    /// Now, as the database takes it.
    pub fn now_utc(&self) -> DateTime<Utc> {
        self.now().to_utc()
    }

    /// Turns the clock by so many milliseconds, forwards or backwards.
    pub fn turn(&self, millis: i64) {
        self.offset_millis.fetch_add(millis, Ordering::Relaxed);
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}
