//! Who is online at other nodes. Each node keeps its own people in the database, and beats there as long as it lives; what it says on the
//! bus only comes sooner.

use super::{Change, Domain, Error, Presence, State, Status};
use crate::store::{self, nodes::NodeRow};
use parlor_protocol::{ids::UserId, time::Timestamp};
use std::collections::{HashMap, HashSet};
use tokio::time::Instant;
use uuid::Uuid;

/// After so many looks, one a second, at which it had not beaten, a node is dead: it beats at every look of its own.
const DEAD: u32 = 8;

/// After so many it is forgotten.
const FORGOTTEN: u32 = 60;

#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    nodes: HashMap<Uuid, Node>,
    /// At how many nodes each one is.
    people: HashMap<UserId, usize>,
    /// Those of a node that has gone in order, who have the grace to come back by another one.
    fading: HashMap<UserId, Instant>,
    /// What this node has noted of its own people; `None` when it is not known.
    own_changes: Option<i64>,
    /// Whether this node has looked before: whom it finds at its start came before that.
    has_looked: bool,
    /// Whether it was said that there are others which can't be told.
    has_warned: bool,
}

#[derive(Debug, Default)]
struct Node {
    beat: i64,
    /// What is known of it; `None` when its people have to be read.
    changes: Option<i64>,
    /// At how many looks it had not beaten.
    missed: u32,
    /// Whether it was seen to beat: one that is only noted may have died before this node was there.
    lives: bool,
    people: HashSet<UserId>,
}

/// How a node stands that is not this one.
struct Known {
    missed: u32,
    changes: Option<i64>,
}

impl Elsewhere {
    pub(super) fn has(&self, user: UserId) -> bool {
        self.people.contains_key(&user) || self.fading.contains_key(&user)
    }

    pub(super) fn is_fading(&self, user: UserId, since: Instant) -> bool {
        self.fading.get(&user) == Some(&since)
    }

    pub(super) fn faded(&mut self, user: UserId) {
        self.fading.remove(&user);
    }

    /// Whether `user` is new to all nodes but this one.
    fn add(&mut self, node: Uuid, user: UserId) -> bool {
        if !self.nodes.entry(node).or_default().people.insert(user) {
            return false;
        }
        let is_new = !self.has(user);
        self.fading.remove(&user);
        *self.people.entry(user).or_default() += 1;
        is_new
    }

    /// Whether `user` is at no other node any more.
    fn remove(&mut self, node: Uuid, user: UserId) -> bool {
        self.nodes.get_mut(&node).is_some_and(|node| node.people.remove(&user)) && self.release(user)
    }

    /// Those who are at no other node any more once this one is gone.
    fn remove_all(&mut self, node: Uuid) -> Vec<UserId> {
        let people = self.nodes.remove(&node).map(|node| node.people).unwrap_or_default();
        people.into_iter().filter(|user| self.release(*user)).collect()
    }

    /// What is known of a node.
    fn changes(&self, node: Uuid) -> Option<i64> {
        self.nodes.get(&node).and_then(|node| node.changes)
    }

    fn living(&self) -> impl Iterator<Item = Uuid> {
        self.nodes.iter().filter(|(_, node)| node.lives).map(|(id, _)| *id)
    }

    /// One node less; whether it was the last.
    fn release(&mut self, user: UserId) -> bool {
        let Some(count) = self.people.get_mut(&user) else { return false };
        *count -= 1;
        let is_last = *count == 0;
        if is_last {
            self.people.remove(&user);
        }
        is_last
    }
}

impl State {
    /// A node tells by this change, or by those up to it, that these came and went.
    fn follow(&mut self, node: Uuid, changes: i64, came: &[UserId], gone: &[UserId], now: Timestamp) {
        for user in came {
            let is_new = self.elsewhere.add(node, *user) && !self.people.contains_key(user);
            if is_new && self.elsewhere.has_looked {
                self.arrivals.push_back(Change {
                    user: *user,
                    status: Status::Online,
                    since: now,
                    here: false,
                    is_news: true,
                });
            }
        }
        for user in gone {
            if self.elsewhere.remove(node, *user) {
                // The node has given them their grace.
                self.farewells.push_back((*user, now));
            }
        }
        self.elsewhere.nodes.entry(node).or_default().changes = Some(changes);
    }
}

impl Presence {
    /// What a node says on the bus; when something was lost before, the next look reads it.
    pub fn told(&self, node: Uuid, changes: i64, came: &[UserId], gone: &[UserId], now: Timestamp) {
        let mut state = self.lock();
        if state.elsewhere.changes(node) == Some(changes - 1) {
            state.follow(node, changes, came, gone, now);
            drop(state);
            self.changed.notify_one();
        }
    }

    /// Who was found online at a node that stood at these changes. What it has told since the reading began, when so much was `known` of
    /// it, may be newer than what was read: that stands then, and the next look reads what is missing.
    pub(super) fn found(
        &self,
        node: Uuid,
        known: Option<i64>,
        changes: i64,
        there: &HashSet<UserId>,
        now: Timestamp,
    ) {
        let mut state = self.lock();
        if state.elsewhere.changes(node) != known {
            return;
        }
        let before = &state.elsewhere.nodes.entry(node).or_default().people;
        let came: Vec<_> = there.difference(before).copied().collect();
        let gone: Vec<_> = before.difference(there).copied().collect();
        state.follow(node, changes, &came, &gone, now);
        drop(state);
        self.changed.notify_one();
    }

    /// How a node stands that is in the list, at this look.
    fn beaten(&self, row: &NodeRow) -> Known {
        let mut state = self.lock();
        let node = state.elsewhere.nodes.entry(row.id).or_default();
        let (is_known, has_beaten) = (node.beat > 0, node.beat != row.beat);
        node.missed = if has_beaten { 0 } else { node.missed + 1 };
        node.lives = if has_beaten { node.lives || is_known } else { node.lives && node.missed < DEAD };
        node.beat = row.beat;
        Known { missed: node.missed, changes: node.changes }
    }

    /// A node is dead: its people have had their time to come by another one.
    fn died(&self, node: Uuid, now: Timestamp) {
        let mut state = self.lock();
        let Some(dead) = state.elsewhere.nodes.get_mut(&node) else { return };
        // When it comes to life again, its people are read anew.
        dead.changes = None;
        let people: Vec<_> = dead.people.drain().collect();
        for user in people {
            if state.elsewhere.release(user) {
                state.farewells.push_back((user, now));
            }
        }
        drop(state);
        self.changed.notify_one();
    }

    /// The nodes that are known and not in the list have gone in order: their people come by others.
    fn left(&self, rows: &[NodeRow], now: Timestamp) {
        let mut state = self.lock();
        let is_listed = |node: &Uuid| rows.iter().any(|row| row.id == *node);
        let gone: Vec<_> = state.elsewhere.nodes.keys().copied().filter(|node| !is_listed(node)).collect();
        let left = Instant::now();
        for node in gone {
            for user in state.elsewhere.remove_all(node) {
                state.elsewhere.fading.insert(user, left);
                state.departures.push_back((user, left, now));
            }
        }
        drop(state);
        self.changed.notify_one();
    }

    pub(super) fn looked(&self) {
        self.lock().elsewhere.has_looked = true;
    }

    /// Whether others live that can't be told; only the first time.
    fn are_others_news(&self) -> bool {
        let elsewhere = &mut self.lock().elsewhere;
        let is_news = !elsewhere.has_warned && elsewhere.living().next().is_some();
        elsewhere.has_warned |= is_news;
        is_news
    }

    /// How many nodes live, this one among them, as of the last look.
    pub fn nodes(&self) -> usize {
        1 + self.lock().elsewhere.living().count()
    }

    fn others(&self) -> Vec<Uuid> {
        self.lock().elsewhere.living().collect()
    }

    fn own(&self) -> HashSet<UserId> {
        self.lock().people.keys().copied().collect()
    }

    /// Keeps what is noted of this node's own people, and answers what was known of it before.
    fn noted(&self, changes: Option<i64>) -> Option<i64> {
        std::mem::replace(&mut self.lock().elsewhere.own_changes, changes)
    }
}

/// Notes, for the other nodes, who of this node's people came and went, and tells them.
pub(super) async fn tell(domain: &Domain, changes: &[Change]) {
    let Some(node) = domain.bus.node() else { return };
    let of = |status| {
        let these = changes.iter().filter(move |change| change.here && change.status == status);
        these.map(|change| change.user).collect::<Vec<_>>()
    };
    let (came, gone) = (of(Status::Online), of(Status::Offline));
    if came.is_empty() && gone.is_empty() {
        return;
    }
    let _turn = domain.presence.noting.lock().await;
    match note(domain, node, &came, &gone).await {
        Ok(Some(changes)) => domain.bus.presence(node, changes, came, gone),
        // The next look makes up for it.
        Ok(None) => {}
        Err(error) => tracing::warn!(?error, "who is online here could not be noted; it is tried again"),
    }
}

async fn note(domain: &Domain, node: Uuid, came: &[UserId], gone: &[UserId]) -> Result<Option<i64>, Error> {
    let before = domain.presence.noted(None);
    let mut tx = domain.store.reserved().write().await?;
    let changes = store::nodes::change(&mut tx, node, &ids(came), &ids(gone)).await?;
    tx.commit().await?;
    // What failed before this one is not made good by it: that is for the next look.
    if before.is_some_and(|before| changes == Some(before + 1)) {
        domain.presence.noted(changes);
    }
    Ok(changes)
}

fn ids<'a>(users: impl IntoIterator<Item = &'a UserId>) -> Vec<Uuid> {
    users.into_iter().map(|user| user.0).collect()
}

/// Beats, and reads which nodes live and who is online there. To be done once a second, where there can be other nodes.
pub async fn look(domain: &Domain) -> Result<(), Error> {
    let Some(own) = domain.bus.node() else { return Ok(()) };
    let mut tx = domain.store.reserved().write().await?;
    store::nodes::beat(&mut tx, own).await?;
    tx.commit().await?;
    let rows = store::nodes::list(&mut domain.store.reserved().read().await?).await?;
    let mut outcome = Ok(());
    for row in &rows {
        // One that can't be read holds no other up: a node that is dead is so at its time.
        let looked = if row.id == own { correct(domain, row).await } else { follow(domain, row).await };
        outcome = outcome.and(looked);
    }
    domain.presence.left(&rows, domain.clock.now());
    domain.presence.looked();
    domain.bus.compare(&domain.presence.others());
    if !domain.bus.tells() && domain.presence.are_others_news() {
        tracing::warn!(
            "another server uses this database, and PARLOR_BUS is not set here: what happens there is seen up to a second later, \
             and who types there not at all; set PARLOR_BUS to the same at each of them"
        );
    }
    outcome
}

/// Notes this node's people anew, if what is noted may be wrong.
async fn correct(domain: &Domain, row: &NodeRow) -> Result<(), Error> {
    let _turn = domain.presence.noting.lock().await;
    if domain.presence.lock().elsewhere.own_changes == Some(row.changes) {
        return Ok(());
    }
    domain.presence.noted(None);
    let mut tx = domain.store.reserved().write().await?;
    // First, so that it is this node's turn: a change whose end nobody has heard may still be under way.
    let Some(mut changes) = store::nodes::change(&mut tx, row.id, &[], &[]).await? else { return Ok(()) };
    let own = domain.presence.own();
    let noted: HashSet<_> = store::nodes::online(&mut tx, row.id).await?.into_iter().map(UserId).collect();
    let (came, gone) = (ids(own.difference(&noted)), ids(noted.difference(&own)));
    if !(came.is_empty() && gone.is_empty()) {
        changes = store::nodes::change(&mut tx, row.id, &came, &gone).await?.unwrap_or(changes);
    }
    tx.commit().await?;
    domain.presence.noted(Some(changes));
    Ok(())
}

async fn follow(domain: &Domain, row: &NodeRow) -> Result<(), Error> {
    let now = domain.clock.now();
    let known = domain.presence.beaten(row);
    if known.missed >= FORGOTTEN {
        let mut tx = domain.store.reserved().write().await?;
        store::nodes::forget(&mut tx, row.id, row.beat).await?;
        tx.commit().await?;
    } else if known.missed >= DEAD {
        domain.presence.died(row.id, now);
    } else if known.changes != Some(row.changes) {
        let there = people(domain, row.id).await?;
        domain.presence.found(row.id, known.changes, row.changes, &there, now);
    }
    Ok(())
}

async fn people(domain: &Domain, node: Uuid) -> Result<HashSet<UserId>, Error> {
    let people = store::nodes::online(&mut domain.store.reserved().read().await?, node).await?;
    Ok(people.into_iter().map(UserId).collect())
}

/// Takes this node from the list, so that the others know at once.
pub async fn leave(domain: &Domain) -> Result<(), Error> {
    let Some(own) = domain.bus.node() else { return Ok(()) };
    let mut tx = domain.store.reserved().write().await?;
    for row in store::nodes::list(&mut tx).await?.into_iter().filter(|row| row.id == own) {
        store::nodes::forget(&mut tx, own, row.beat).await?;
    }
    tx.commit().await?;
    Ok(())
}
