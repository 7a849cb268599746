//! What time it is by the server's clock. Its tokens end by that one, whatever this machine's says.

use crate::Client;
use chrono::{DateTime, Utc};
use parlor_protocol::time::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};

/// A `Date` is of whole seconds, and has been on its way: less than this is no difference between two clocks.
const NOISE_MS: i64 = 5_000;

/// How far the server's clock is ahead of this machine's, as far as its answers have told.
#[derive(Debug, Default)]
pub(crate) struct ServerClock {
    ahead_ms: AtomicI64,
}

impl ServerClock {
    /// Now, by the server's clock, in milliseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        own_now().saturating_add(self.ahead_ms.load(Ordering::Relaxed))
    }

    /// Takes the `Date` of an answer that came just now.
    pub(crate) fn hears(&self, date: &str) {
        let Ok(date) = DateTime::parse_from_rfc2822(date) else { return };
        let ahead = date.timestamp_millis().saturating_sub(own_now());
        self.ahead_ms.store(if ahead.abs() < NOISE_MS { 0 } else { ahead }, Ordering::Relaxed);
    }
}

impl Client {
    /// Now, by the server's clock as far as its answers have told it, and by this machine's before.
    ///
    /// ```
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// let session = client.session().ok_or("not signed in")?;
    /// assert!(client.now() < session.expires_at);
    /// # Ok(()) });
    /// ```
    pub fn now(&self) -> Timestamp {
        DateTime::from_timestamp_millis(self.inner.clock.now()).unwrap_or_default().into()
    }
}

#[allow(clippy::disallowed_methods, reason = "the client's one reader of the clock")]
fn own_now() -> i64 {
    Utc::now().timestamp_millis()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_the_servers_as_soon_as_it_has_told_another_time() {
        let clock = ServerClock::default();
        let ahead = || clock.now() - own_now();
        let hears = |seconds: i64| {
            let date = DateTime::from_timestamp_millis(own_now() + seconds * 1000).unwrap();
            clock.hears(&date.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
        };
        let is_about = |seconds: i64| (ahead() - seconds * 1000).abs() <= 2_000;
        assert!(is_about(0));
        for seconds in [3600, -3600, 60, -31_536_000] {
            hears(seconds);
            assert!(is_about(seconds), "{}", ahead());
        }
        clock.hears("half past ten");
        assert!(is_about(-31_536_000), "what is no time tells none");
        hears(2);
        assert!(ahead().abs() < 500, "{}", ahead());
    }
}
