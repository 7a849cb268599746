//! How long to wait before the next try.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(250);
/// People wait at the other end: a server that is back is found within this. It takes thousands of connections a second.
const LONGEST: Duration = Duration::from_secs(10);

/// Exponential backoff with full jitter, so that the clients of a server that comes back don't come all at once.
///
/// After Marc Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    tries: u32,
}

impl Backoff {
    /// Anything from nothing to a bound that doubles with each call.
    pub(crate) fn next(&mut self) -> Duration {
        let bound = bound(self.tries);
        self.tries = self.tries.saturating_add(1);
        bound.mul_f64(fastrand::f64())
    }

    /// How many tries there were.
    pub(super) fn tries(&self) -> u32 {
        self.tries
    }
}

fn bound(tries: u32) -> Duration {
    FIRST.saturating_mul(1_u32.checked_shl(tries).unwrap_or(u32::MAX)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_doubles_up_to_ten_seconds() {
        let bounds: Vec<_> = (0..9).map(|tries| bound(tries).as_millis()).collect();
        assert_eq!(bounds, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
        assert_eq!(bound(u32::MAX), LONGEST);
    }

    #[test]
    fn waits_differ_and_stay_below_the_bound() {
        let waits: Vec<_> = (0..50).map(|_| Backoff { tries: 4 }.next()).collect();
        assert!(waits.iter().all(|wait| *wait < Duration::from_secs(4)));
        assert!(waits.windows(2).any(|pair| pair[0] != pair[1]));
    }
}
