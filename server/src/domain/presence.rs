//! Who is online: whoever has a live socket, here or at another node, and for a short grace after the last one went.

mod announce;
mod elsewhere;

use super::{Caller, Domain, Error, policy, rooms, timeline};
use elsewhere::Elsewhere;
pub use elsewhere::{leave, look};
use parlor_protocol::{
    ids::{RoomId, UserId},
    members::{RoomUser, RoomUserList},
    presence::Presence as Status,
    time::Timestamp,
};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// A page reload does not flicker: one is offline so long after the last disconnect.
pub const GRACE: Duration = Duration::from_secs(5);

/// When a change can't be told, it is tried again after so long.
const RETRY: Duration = Duration::from_millis(500);

/// So many changes are announced together.
const AT_ONCE: usize = 256;

/// The live sockets of each user here, counted, and who has some at other nodes.
#[derive(Debug, Default)]
pub struct Presence {
    state: Mutex<State>,
    changed: Notify,
    /// Held while who is online here is noted for other nodes.
    noting: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    people: HashMap<UserId, Person>,
    elsewhere: Elsewhere,
    /// Who came online since the last announcement.
    arrivals: VecDeque<Change>,
    /// Whose last socket at other nodes went, for good.
    farewells: VecDeque<(UserId, Timestamp)>,
    /// Whose last socket went, and when; in that order, so that the grace of the first ends first.
    departures: VecDeque<(UserId, Instant, Timestamp)>,
}

#[derive(Debug, Default)]
struct Person {
    sockets: usize,
    /// Tells a departure that is still meant from one after which the person came back.
    left: Option<Instant>,
}

impl State {
    fn is_online(&self, user: UserId) -> bool {
        self.people.contains_key(&user) || self.elsewhere.has(user)
    }
}

impl Presence {
    /// Whether `user` is online, here or elsewhere.
    pub fn is_online(&self, user: UserId) -> bool {
        self.lock().is_online(user)
    }

    /// Whoever of `users` is online, here or elsewhere.
    pub fn online(&self, users: impl IntoIterator<Item = UserId>) -> Vec<UserId> {
        let state = self.lock();
        users.into_iter().filter(|user| state.is_online(*user)).collect()
    }

    /// A socket of `user` is live.
    pub fn arrive(&self, user: UserId, now: Timestamp) {
        let mut state = self.lock();
        let told = state.is_online(user);
        let new = !state.people.contains_key(&user);
        let person = state.people.entry(user).or_default();
        person.sockets += 1;
        person.left = None;
        if new {
            let change = Change { user, status: Status::Online, since: now, here: true, is_news: !told };
            state.arrivals.push_back(change);
            self.changed.notify_one();
        }
    }

    /// A socket of `user` is gone.
    pub fn depart(&self, user: UserId, now: Timestamp) {
        let mut state = self.lock();
        let Some(person) = state.people.get_mut(&user) else { return };
        person.sockets = person.sockets.saturating_sub(1);
        if person.sockets == 0 {
            let left = Instant::now();
            person.left = Some(left);
            state.departures.push_back((user, left, now));
            self.changed.notify_one();
        }
    }

    /// Those who are to be announced now, or when to look again.
    fn next(&self) -> Next {
        let mut state = self.lock();
        let State { people, elsewhere, arrivals, farewells, departures } = &mut *state;
        let mut changes: Vec<_> = arrivals.drain(..arrivals.len().min(AT_ONCE)).collect();
        // Not before they were told to have come.
        let going = if arrivals.is_empty() { farewells.len().min(AT_ONCE) } else { 0 };
        for (user, since) in farewells.drain(..going) {
            if !people.contains_key(&user) && !elsewhere.has(user) {
                changes.push(Change { user, status: Status::Offline, since, here: false, is_news: true });
            }
        }
        while changes.len() < AT_ONCE
            && let Some(&(user, left, since)) = departures.front()
        {
            let is_here = people.get(&user).and_then(|person| person.left) == Some(left);
            let is_meant = is_here || elsewhere.is_fading(user, left);
            if is_meant && left.elapsed() < GRACE {
                return if changes.is_empty() { Next::Wait(left + GRACE) } else { Next::Announce(changes) };
            }
            departures.pop_front();
            if is_meant {
                if is_here {
                    people.remove(&user);
                } else {
                    elsewhere.faded(user);
                }
                let is_news = !people.contains_key(&user) && !elsewhere.has(user);
                changes.push(Change { user, status: Status::Offline, since, here: is_here, is_news });
            }
        }
        if changes.is_empty() { Next::Idle } else { Next::Announce(changes) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who, what they are now, and since when.
#[derive(Clone, Copy, Debug)]
struct Change {
    user: UserId,
    status: Status,
    since: Timestamp,
    /// Whether it is by sockets of this node, which then tells the other nodes.
    here: bool,
    /// Whether they were something else before, all nodes taken together.
    is_news: bool,
}

enum Next {
    Announce(Vec<Change>),
    Wait(Instant),
    Idle,
}

/// Tells those who share a room with someone that they came or went, until the process ends. To be run once.
pub async fn run(domain: Arc<Domain>) {
    loop {
        match domain.presence.next() {
            Next::Announce(changes) => {
                // First, so that whoever is told finds it. It may fail; the telling must not.
                if let Err(error) = keep_last_seen(&domain, &changes).await {
                    tracing::warn!(?error, "when someone was last seen could not be kept");
                }
                elsewhere::tell(&domain, &changes).await;
                // Later changes wait, so that nobody sees an older one last.
                while let Err(error) = announce::announce(&domain, &changes).await {
                    tracing::warn!(?error, "presence changes could not be told; trying again");
                    tokio::time::sleep(RETRY).await;
                }
            }
            Next::Wait(until) => {
                tokio::time::timeout_at(until, domain.presence.changed.notified()).await.ok();
            }
            Next::Idle => domain.presence.changed.notified().await,
        }
    }
}

async fn keep_last_seen(domain: &Domain, changes: &[Change]) -> Result<(), Error> {
    let gone: Vec<_> =
        changes.iter().filter(|change| change.here && change.status == Status::Offline).collect();
    if gone.is_empty() {
        return Ok(());
    }
    let mut tx = domain.store.write().await?;
    for Change { user, since, .. } in gone {
        crate::store::users::set_last_seen(&mut tx, user.0, since.to_utc()).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The members of a room with their presence, in the order in which they joined. Members only.
pub async fn room_users(domain: &Domain, caller: &Caller, room: RoomId) -> Result<RoomUserList, Error> {
    let mut tx = domain.store.snapshot().await?;
    policy::member(&mut tx, caller, room).await?;
    let rows = crate::store::members::page(&mut tx, room.0, None, rooms::UNPAGED).await?;
    let user = |row: crate::store::members::MemberRow| {
        let user_id = UserId(row.user_id);
        let username = timeline::username(&row.username)?;
        Ok(RoomUser { user_id, username, is_online: domain.presence.is_online(user_id) })
    };
    Ok(RoomUserList { room_id: room, users: rows.into_iter().map(user).collect::<Result<_, Error>>()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn announced(presence: &Presence) -> Vec<(UserId, Status)> {
        match presence.next() {
            Next::Announce(changes) => {
                changes.into_iter().filter(|one| one.is_news).map(|one| (one.user, one.status)).collect()
            }
            Next::Wait(_) | Next::Idle => Vec::new(),
        }
    }

    fn now() -> Timestamp {
        crate::clock::Clock::default().now()
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_comes_and_goes_elsewhere_behind_a_crowd_is_told_to_go_last() {
        let (presence, node, ada) = (Presence::default(), uuid::Uuid::now_v7(), UserId::generate());
        presence.looked();
        for _ in 0..AT_ONCE {
            presence.arrive(UserId::generate(), now());
        }
        presence.found(node, None, 1, &HashSet::from([ada]), now());
        presence.told(node, 2, &[], &[ada], now());
        let mut told = announced(&presence);
        told.extend(announced(&presence));
        told.retain(|(user, _)| *user == ada);
        assert_eq!(told, [(ada, Status::Online), (ada, Status::Offline)]);
    }

    #[tokio::test(start_paused = true)]
    async fn whom_a_node_finds_online_at_its_start_is_no_news() {
        let (presence, node) = (Presence::default(), uuid::Uuid::now_v7());
        let (ada, bob) = (UserId::generate(), UserId::generate());
        presence.found(node, None, 1, &HashSet::from([ada]), now());
        presence.looked();
        presence.told(node, 2, &[bob], &[], now());
        assert_eq!(announced(&presence), [(bob, Status::Online)]);
        assert!(presence.is_online(ada));
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_node_tells_while_its_people_are_read_stands() {
        let (presence, node) = (Presence::default(), uuid::Uuid::now_v7());
        let [ada, bob, eve] = [UserId::generate(), UserId::generate(), UserId::generate()];
        presence.looked();
        presence.found(node, None, 1, &HashSet::from([ada]), now());
        assert_eq!(announced(&presence), [(ada, Status::Online)]);
        // A look finds that the node has gone on to its second change, and reads who is there then.
        let (known, there) = (Some(1), HashSet::from([ada, bob]));
        presence.told(node, 2, &[bob], &[], now());
        presence.told(node, 3, &[eve], &[ada], now());
        presence.found(node, known, 2, &there, now());
        assert_eq!(
            announced(&presence),
            [(bob, Status::Online), (eve, Status::Online), (ada, Status::Offline)]
        );
        assert_eq!([ada, bob, eve].map(|user| presence.is_online(user)), [false, true, true]);
        presence.told(node, 4, &[], &[eve], now());
        assert_eq!(announced(&presence), [(eve, Status::Offline)], "the next change is still the next");
        // Of a change that was lost nothing is told after it either, so that what is read holds.
        presence.told(node, 6, &[eve], &[], now());
        presence.found(node, Some(4), 6, &HashSet::from([bob, eve, ada]), now());
        let mut told = announced(&presence);
        told.sort_by_key(|(user, _)| *user == ada);
        assert_eq!(told, [(eve, Status::Online), (ada, Status::Online)]);
    }

    #[tokio::test(start_paused = true)]
    async fn one_of_two_sockets_going_changes_nothing() {
        let (presence, ada) = (Presence::default(), UserId::generate());
        presence.arrive(ada, now());
        presence.arrive(ada, now());
        assert_eq!(announced(&presence), [(ada, Status::Online)]);
        presence.depart(ada, now());
        tokio::time::advance(2 * GRACE).await;
        assert_eq!(announced(&presence), []);
        assert!(presence.is_online(ada));
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_reload_is_not_told() {
        let (presence, ada) = (Presence::default(), UserId::generate());
        presence.arrive(ada, now());
        assert_eq!(announced(&presence), [(ada, Status::Online)]);
        presence.depart(ada, now());
        tokio::time::advance(Duration::from_millis(4999)).await;
        assert_eq!(announced(&presence), []);
        presence.arrive(ada, now());
        tokio::time::advance(2 * GRACE).await;
        assert_eq!(announced(&presence), []);
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_grace_one_is_offline_once() {
        let (presence, ada) = (Presence::default(), UserId::generate());
        presence.arrive(ada, now());
        presence.depart(ada, now());
        assert_eq!(announced(&presence), [(ada, Status::Online)]);
        assert!(presence.is_online(ada));
        tokio::time::advance(GRACE).await;
        assert_eq!(announced(&presence), [(ada, Status::Offline)]);
        assert!(!presence.is_online(ada));
        assert_eq!(announced(&presence), []);
    }
}
