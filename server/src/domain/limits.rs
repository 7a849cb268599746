//! How often someone may do something: a sliding window per key, in memory. What counts at one node is told to the others, and counts
//! there as soon as they hear it.

mod tries;

pub use tries::{Tries, Try};

use crate::{
    bus::{Bus, Counted},
    config::{Limits, Rate},
};
use parlor_protocol::ids::{RoomId, UserId};
use std::{
    collections::{HashMap, VecDeque},
    fmt,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// At most so many in any window of so long, for each key. Without a rate it lets everything pass.
#[derive(Debug)]
pub struct Throttle<K> {
    rate: Option<Rate>,
    shared: Option<Shared<K>>,
    windows: Mutex<Windows<K>>,
}

/// How the other nodes are told of one that counts.
struct Shared<K> {
    bus: Bus,
    one: fn(&K) -> Counted,
}

impl<K> Shared<K> {
    fn tell(&self, key: &K) {
        self.bus.counted(|| (self.one)(key));
    }
}

impl<K> fmt::Debug for Shared<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}

/// The address under which a peer counts: for IPv6 its /64, which is what one household or one server gets.
pub fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address @ IpAddr::V4(_) => address,
    }
}

/// Every limit that the rules know.
#[derive(Debug)]
pub struct Throttles {
    /// Messages of a user in a room.
    pub message: Throttle<(RoomId, UserId)>,
    /// Registrations from an address.
    pub register: Throttle<IpAddr>,
    /// Wrong passwords for an account (by the key of its e-mail address) from an address.
    pub login: Tries<(String, IpAddr)>,
    /// Right passwords for an account.
    pub sign_in: Throttle<UserId>,
    /// Wrong passwords from an address.
    pub login_address: Tries<IpAddr>,
    /// Invites made by a user.
    pub invite: Throttle<UserId>,
    /// Wrong invite codes from an address.
    pub invite_try: Tries<IpAddr>,
    /// Rooms that a user has made.
    pub rooms_created: i64,
    /// Rooms that a user is a member of.
    pub memberships: i64,
    /// Members of a room.
    pub room_members: i64,
}

impl Throttles {
    /// The limits as they are set, shared by the nodes that `bus` joins.
    pub fn new(limits: &Limits, bus: &Bus) -> Self {
        let most = |count: Option<u32>| count.map_or(i64::MAX, i64::from);
        Self {
            message: Throttle::new(limits.message)
                .shared(bus, |&(room, user)| Counted::Message { room, user }),
            register: Throttle::new(limits.register).shared(bus, |&address| Counted::Register { address }),
            login: Tries::new(limits.login).shared(bus, |(account, address)| Counted::Login {
                account: account.clone(),
                address: *address,
            }),
            sign_in: Throttle::new(limits.login.map(|_| SIGN_INS))
                .shared(bus, |&user| Counted::SignIn { user }),
            login_address: Tries::new(limits.login_address)
                .shared(bus, |&address| Counted::LoginAddress { address }),
            invite: Throttle::new(limits.invite).shared(bus, |&user| Counted::Invite { user }),
            invite_try: Tries::new(limits.invite_try).shared(bus, |&address| Counted::InviteTry { address }),
            rooms_created: most(limits.rooms_created),
            memberships: most(limits.memberships),
            room_members: most(limits.room_members),
        }
    }

    /// Counts what counted at another node.
    pub fn hear(&self, one: Counted) {
        match one {
            Counted::Message { room, user } => self.message.count((room, user)),
            Counted::Register { address } => self.register.count(address),
            Counted::Login { account, address } => self.login.count((account, address)),
            Counted::SignIn { user } => self.sign_in.count(user),
            Counted::LoginAddress { address } => self.login_address.count(address),
            Counted::Invite { user } => self.invite.count(user),
            Counted::InviteTry { address } => self.invite_try.count(address),
        }
    }
}

/// More often nobody signs in to an account, with all their devices and scripts. It goes with the limit of wrong passwords.
const SIGN_INS: Rate = Rate { count: 60, per: Duration::from_mins(1) };

#[derive(Debug)]
struct Windows<K> {
    taken: HashMap<K, VecDeque<Instant>>,
    /// Above this many keys those whose windows are empty are dropped, so that memory is bounded by what is live.
    sweep_at: usize,
}

/// Below so many keys no sweep is worth it.
const FEW_KEYS: usize = 1024;

impl<K: Eq + Hash> Throttle<K> {
    /// A throttle of this rate; `None` lets everything pass.
    pub fn new(rate: Option<Rate>) -> Self {
        let windows = Mutex::new(Windows { taken: HashMap::new(), sweep_at: FEW_KEYS });
        Self { rate, shared: None, windows }
    }

    /// The same throttle, of which `bus` tells the other nodes.
    fn shared(self, bus: &Bus, one: fn(&K) -> Counted) -> Self {
        Self { shared: Some(Shared { bus: bus.clone(), one }), ..self }
    }

    /// Takes one for `key`, or says how long to wait.
    pub fn take(&self, key: K) -> Result<(), Duration>
    where
        K: Clone,
    {
        self.take_here(key.clone())?;
        self.tell(&key);
        Ok(())
    }

    /// Takes one for `key` at this node, which may yet be given back; [`Throttle::tell`] is for when it is not.
    pub fn take_here(&self, key: K) -> Result<(), Duration> {
        let Some(rate) = self.rate else { return Ok(()) };
        let now = Instant::now();
        let mut windows = self.windows();
        windows.sweep(now, rate);
        let taken = windows.taken.entry(key).or_default();
        wait(taken, now, rate)?;
        taken.push_back(now);
        Ok(())
    }

    /// Tells the other nodes of one that was taken.
    pub fn tell(&self, key: &K) {
        if let Some(shared) = self.shared.as_ref().filter(|_| self.rate.is_some()) {
            shared.tell(key);
        }
    }

    /// One more was taken at another node.
    fn count(&self, key: K) {
        let Some(rate) = self.rate else { return };
        let now = Instant::now();
        let mut windows = self.windows();
        windows.sweep(now, rate);
        let taken = windows.taken.entry(key).or_default();
        wait(taken, now, rate).ok();
        taken.push_back(now);
    }

    /// Gives the newest one of `key` back: what it was taken for did not happen.
    pub fn give_back(&self, key: &K) {
        if let Some(taken) = self.windows().taken.get_mut(key) {
            taken.pop_back();
        }
    }

    fn windows(&self) -> MutexGuard<'_, Windows<K>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Windows<K> {
    fn sweep(&mut self, now: Instant, rate: Rate) {
        if self.taken.len() < self.sweep_at {
            return;
        }
        self.taken.retain(|_, taken| taken.back().is_some_and(|last| now.duration_since(*last) < rate.per));
        self.sweep_at = FEW_KEYS.max(2 * self.taken.len());
    }
}

/// Drops what has left the window, then says how long until there is room.
fn wait(taken: &mut VecDeque<Instant>, now: Instant, rate: Rate) -> Result<(), Duration> {
    while taken.front().is_some_and(|first| now.duration_since(*first) >= rate.per) {
        taken.pop_front();
    }
    // With what other nodes have counted there may be more than pass here.
    let last_in_the_way = taken.len().checked_sub(rate.count as usize).and_then(|over| taken.get(over));
    match last_in_the_way {
        Some(at) => Err(rate.per.saturating_sub(now.duration_since(*at))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle(count: u32, secs: u64) -> Throttle<u8> {
        Throttle::new(Some(Rate { count, per: Duration::from_secs(secs) }))
    }

    #[tokio::test(start_paused = true)]
    async fn the_sixth_in_ten_seconds_waits_until_the_first_is_ten_seconds_old() {
        let limit = throttle(5, 10);
        for _ in 0..5 {
            assert_eq!(limit.take(1), Ok(()));
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert_eq!(limit.take(1), Err(Duration::from_secs(5)));
        assert_eq!(limit.take(2), Ok(()), "another key has its own window");
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(limit.take(1), Ok(()));
        assert!(limit.take(1).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn what_other_nodes_have_counted_beyond_the_limit_is_waited_for_too() {
        let limit = throttle(2, 10);
        for _ in 0..3 {
            limit.count(1);
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        let wait = limit.take(1).unwrap_err();
        assert_eq!(wait, Duration::from_secs(8));
        tokio::time::advance(wait).await;
        assert_eq!(limit.take(1), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_given_back_was_never_taken() {
        let limit = throttle(1, 10);
        assert_eq!(limit.take(1), Ok(()));
        assert!(limit.take(1).is_err());
        limit.give_back(&1);
        assert_eq!(limit.take(1), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn keys_that_went_quiet_are_forgotten() {
        let limit: Throttle<usize> = Throttle::new(Some(Rate { count: 1, per: Duration::from_secs(1) }));
        for key in 0..FEW_KEYS {
            assert_eq!(limit.take(key), Ok(()));
        }
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(limit.take(usize::MAX), Ok(()));
        assert_eq!(limit.windows().taken.len(), 1);
    }

    #[test]
    fn an_ipv6_peer_counts_by_its_64_and_a_mapped_ipv4_one_as_itself() {
        let under = |address: &str| counted(address.parse().unwrap()).to_string();
        assert_eq!(under("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(under("2001:db8:1:2:ffff::"), "2001:db8:1:2::");
        assert_ne!(under("2001:db8:1:3::1"), "2001:db8:1:2::");
        assert_eq!(under("192.0.2.7"), "192.0.2.7");
        assert_eq!(under("::ffff:192.0.2.7"), "192.0.2.7");
    }
}
