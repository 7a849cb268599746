//! How many connections, or sessions of the engine, may be open: in all and from one address.

use crate::domain::limits::counted;
use ipnet::IpNet;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

/// The caps of one listener.
pub(in crate::http) struct Caps {
    total: Option<u32>,
    per_address: Option<u32>,
    /// Whoever speaks for others has no bound of its own.
    uncounted: Vec<IpNet>,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    total: u32,
    by_address: HashMap<IpAddr, u32>,
}

/// A place under the caps, given back on drop. A connection's lives in its stream, which survives the upgrade to a WebSocket;
/// a session's in the request that opened it, which the engine keeps as long as the session.
pub(in crate::http) struct Place {
    caps: Arc<Caps>,
    counted: Option<IpAddr>,
}

/// Which cap is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Reached {
    InAll,
    FromAddress,
}

impl Caps {
    pub(in crate::http) fn new(
        total: Option<u32>,
        per_address: Option<u32>,
        uncounted: Vec<IpNet>,
    ) -> Arc<Self> {
        Arc::new(Self { total, per_address, uncounted, taken: Mutex::default() })
    }

    /// A place for `peer`, unless the caps are reached.
    pub(in crate::http) fn enter(self: &Arc<Self>, peer: IpAddr) -> Result<Place, Reached> {
        let peer = peer.to_canonical();
        let counted = match self.per_address {
            Some(_) if !self.uncounted.iter().any(|proxies| proxies.contains(&peer)) => Some(counted(peer)),
            _ => None,
        };
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if self.total.is_some_and(|most| taken.total >= most) {
            return Err(Reached::InAll);
        }
        if let (Some(address), Some(most)) = (counted, self.per_address) {
            let here = taken.by_address.get(&address).copied().unwrap_or(0);
            if here >= most {
                return Err(Reached::FromAddress);
            }
            taken.by_address.insert(address, here + 1);
        }
        taken.total += 1;
        Ok(Place { caps: self.clone(), counted })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.caps.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.total -= 1;
        let Some(address) = self.counted else { return };
        let left = taken.by_address.get(&address).map_or(0, |here| here - 1);
        if left == 0 {
            taken.by_address.remove(&address);
        } else {
            taken.by_address.insert(address, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caps(total: u32, per_address: u32) -> Arc<Caps> {
        Caps::new(Some(total), Some(per_address), vec!["10.0.0.0/8".parse().unwrap()])
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_gets_no_more_than_its_share_until_it_gives_back() {
        let caps = caps(9, 2);
        let first = caps.enter(ip("192.0.2.1"));
        let second = caps.enter(ip("::ffff:192.0.2.1"));
        assert!(first.is_ok() && second.is_ok());
        assert_eq!(caps.enter(ip("192.0.2.1")).err(), Some(Reached::FromAddress));
        assert!(caps.enter(ip("192.0.2.2")).is_ok());
        drop(second);
        assert!(caps.enter(ip("192.0.2.1")).is_ok());
    }

    #[test]
    fn the_addresses_of_a_v6_network_share() {
        let caps = caps(9, 1);
        let _held = caps.enter(ip("2001:db8:1:2::1")).ok().unwrap();
        assert!(caps.enter(ip("2001:db8:1:2:ffff::9")).is_err());
        assert!(caps.enter(ip("2001:db8:1:3::1")).is_ok());
    }

    #[test]
    fn a_trusted_proxy_is_bound_by_the_total_only() {
        let caps = caps(3, 1);
        let held: Vec<_> = (0..3).map(|_| caps.enter(ip("10.1.2.3"))).collect();
        assert!(held.iter().all(Result::is_ok));
        assert_eq!(caps.enter(ip("192.0.2.1")).err(), Some(Reached::InAll));
        drop(held);
        let taken = caps.taken.lock().unwrap();
        assert_eq!((taken.total, taken.by_address.len()), (0, 0));
    }
}
