//! The pump's loop: entries in order, subscriptions between them.

use super::{Command, Realtime, Subscribe, ephemeral::Ephemeral, subscribers::Subscribers};
use crate::{
    bus::{Mailbox, RoomSignal},
    domain::{
        Error,
        policy::{as_on_sockets, no_member, no_room},
        subscriptions::{CatchUp, LARGE_ROOM, weight},
        timeline,
    },
};
use parlor_protocol::{
    ids::{RoomId, UserId},
    members::{Passage, Stay, UserJoined, UserLeft},
    messages::ReceiveMessage,
    receipts::{Receipt, StatusUpdate},
    rooms::{RoomDeleted, RoomDeletion, RoomUpdate, RoomUpdated},
    subscriptions::{Joined, RoomJoined, Subscription},
    timeline::{Happening, TimelineEvent, Who},
};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

/// So many recent entries are kept for sockets that subscribe while the log moves on.
const RING: usize = 256;

/// How many entries are read at once from the log.
const READ: i64 = 256;

/// How many signals are taken at once.
const SIGNALS: usize = 256;

/// Between two rounds of emitting at least so much time passes: in a busy room the entries of several commits then leave in
/// one write to each socket, which is what a delivery costs most. A room that was quiet is told at once.
const PACE: Duration = Duration::from_millis(4);

/// When the log can't be read, it is tried again after so long.
const RETRY: Duration = Duration::from_millis(250);

/// When what failed is tried again.
#[derive(Default)]
struct Retry(Option<Instant>);

impl Retry {
    /// Whether nothing forbids a try. A time that has come is forgotten, or the loop would wake for it without end.
    fn is_due(&mut self) -> bool {
        let due = self.0.is_none_or(|at| at <= Instant::now());
        if due {
            self.0 = None;
        }
        due
    }
}

struct Pump {
    realtime: Realtime,
    room: RoomId,
    ring: VecDeque<Arc<TimelineEvent>>,
    /// Whether the room is gone: its pump may outlive it by those who were about to subscribe.
    deleted: bool,
    subscribers: Subscribers,
    ephemeral: Ephemeral,
    /// Who waits until an entry has been passed on.
    passing: Vec<(i64, oneshot::Sender<()>)>,
    retry: Retry,
}

pub(super) async fn run(
    realtime: Realtime,
    room: RoomId,
    mut commands: mpsc::UnboundedReceiver<Command>,
    mut mailbox: Mailbox,
) {
    let subscribers = Subscribers::new(realtime.clone(), room, mailbox.seen());
    let mut pump = Pump {
        realtime: realtime.clone(),
        room,
        ring: VecDeque::new(),
        deleted: false,
        subscribers,
        ephemeral: Ephemeral::default(),
        passing: Vec::new(),
        retry: Retry::default(),
    };
    let mut signals = Vec::new();
    let mut next_round = Instant::now();
    loop {
        let wake = [pump.ephemeral.next_due(&pump.subscribers), pump.retry.0].into_iter().flatten().min();
        tokio::select! {
            biased;
            Some(command) = commands.recv() => {
                // A command follows on what was said before it.
                mailbox.take(&mut signals);
                pump.signals(&mut signals).await;
                pump.command(command).await;
            }
            () = round(&mut mailbox, &mut signals, next_round) => {
                next_round = Instant::now() + PACE;
                pump.signals(&mut signals).await;
            }
            () = until(wake), if wake.is_some() => pump.ephemeral.flush(&pump.subscribers),
        }
        pump.keep_up(&mailbox).await;
        if pump.subscribers.is_empty() && realtime.pumps.retire(&realtime, room, &commands) {
            return;
        }
    }
}

/// Takes what waits, not before `begin`. Safe to cancel.
async fn round(mailbox: &mut Mailbox, signals: &mut Vec<RoomSignal>, begin: Instant) {
    tokio::time::sleep_until(begin).await;
    mailbox.receive(signals, SIGNALS).await;
}

async fn until(wake: Option<Instant>) {
    if let Some(wake) = wake {
        tokio::time::sleep_until(wake).await;
    }
}

impl Pump {
    async fn signals(&mut self, signals: &mut Vec<RoomSignal>) {
        for signal in signals.drain(..) {
            self.signal(signal).await;
        }
    }

    async fn command(&mut self, command: Command) {
        match command {
            Command::Subscribe(subscribe) => self.subscribe(*subscribe).await,
            Command::Unsubscribe { sid, done } => {
                let gone = self.subscribers.remove(sid);
                if let Some(gone) = &gone {
                    self.ephemeral.stop_typing(gone, &self.subscribers);
                    if gone.last_of_user && gone.member_count <= LARGE_ROOM {
                        self.tell_visit(gone.live.peer.user, gone.live.peer.username(), false);
                    }
                }
                done.send(gone.is_some()).ok();
            }
            Command::Disconnected { sid } => {
                if let Some(gone) = self.subscribers.remove(sid) {
                    self.ephemeral.stop_typing(&gone, &self.subscribers);
                }
            }
            Command::Nudge => {}
        }
    }

    async fn signal(&mut self, signal: RoomSignal) {
        match signal {
            RoomSignal::Committed(entry) => self.committed(entry).await,
            // `keep_up` follows the head.
            RoomSignal::Grown => {}
            RoomSignal::Passed { seq, done } => self.passing.push((seq, done)),
            RoomSignal::Typing { .. } => self.ephemeral.take(signal, &self.subscribers),
            // A message is sent before its status.
            RoomSignal::Receipt { receipt: Receipt { last_read_seq: seq, .. }, .. }
            | RoomSignal::StatusUpdate(StatusUpdate { seq, .. }) => {
                self.follow(seq).await;
                self.ephemeral.take(signal, &self.subscribers);
            }
            RoomSignal::Deleted { timestamp } => {
                self.subscribers.emit::<RoomDeleted>(&RoomDeletion { room_id: self.room, timestamp });
                self.subscribers.remove_all();
                self.deleted = true;
                self.subscribers.position = None;
                self.ring.clear();
                self.passing.clear();
                self.ephemeral = Ephemeral::default();
            }
        }
    }

    async fn committed(&mut self, entry: Arc<TimelineEvent>) {
        let Some(position) = self.subscribers.position else { return };
        if entry.seq == position + 1 {
            self.emit(entry);
        } else if entry.seq > position {
            self.follow(entry.seq).await;
        }
    }

    /// Reads the log up to `seq`, unless it could not be read just now: then `keep_up` does, when it is time.
    async fn follow(&mut self, seq: i64) {
        if self.retry.is_due() {
            self.catch_up(seq).await.ok();
        }
    }

    /// Follows hints that were dropped, tries again what failed, and answers those who wait.
    async fn keep_up(&mut self, mailbox: &Mailbox) {
        let head = mailbox.head();
        if self.retry.is_due()
            && mailbox.is_empty()
            && self.subscribers.position.is_some_and(|position| position < head)
        {
            self.catch_up(head).await.ok();
        }
        let position = self.subscribers.position.unwrap_or(i64::MAX);
        // Without subscribers nobody is to be passed anything.
        let reached = if self.subscribers.is_empty() { i64::MAX } else { position };
        for (_, done) in self.passing.extract_if(.., |(seq, _)| *seq <= reached) {
            done.send(()).ok();
        }
    }

    /// Reads the log until `seq` has been emitted.
    async fn catch_up(&mut self, seq: i64) -> Result<(), Error> {
        while let Some(position) = self.subscribers.position.filter(|position| *position < seq) {
            match timeline::after(&self.realtime.domain, self.room, position, READ).await {
                // Of a deleted room nothing may be left; its signal is on the way.
                Ok(entries) if entries.is_empty() => break,
                Ok(entries) => entries.into_iter().for_each(|entry| self.emit(Arc::new(entry))),
                Err(error) => {
                    if !matches!(error, Error::Unavailable) {
                        tracing::warn!(?error, room = %self.room, "a pump can't read the log; trying again");
                    }
                    self.retry = Retry(Some(Instant::now() + RETRY));
                    return Err(error);
                }
            }
        }
        self.retry = Retry::default();
        Ok(())
    }

    /// The next entry, to everyone who listens; a leaver's last one is their own `user_left`.
    fn emit(&mut self, entry: Arc<TimelineEvent>) {
        self.subscribers.position = Some(entry.seq);
        let passage = |who: &Who| Passage {
            user_id: who.user_id,
            username: who.username.clone(),
            room_id: self.room,
            stay: Stay::Permanent,
            timestamp: entry.timestamp,
            seq: Some(entry.seq),
            name: Some(who.username.clone()),
        };
        match &entry.happening {
            Happening::Message { message } => self.subscribers.emit::<ReceiveMessage>(message),
            Happening::MemberJoined(who) => {
                self.subscribers.count_members(1);
                self.ephemeral.welcome(who.user_id);
                self.subscribers.emit::<UserJoined>(&passage(who));
            }
            Happening::MemberLeft(who) => {
                self.subscribers.count_members(-1);
                self.subscribers.emit::<UserLeft>(&passage(who));
                for gone in self.subscribers.remove_user(who.user_id) {
                    self.ephemeral.stop_typing(&gone, &self.subscribers);
                }
                self.ephemeral.forget(who.user_id, &self.subscribers);
            }
            Happening::RoomUpdated { room } => {
                let room = room.as_ref().clone();
                let (seq, timestamp) = (entry.seq, entry.timestamp);
                self.subscribers.emit::<RoomUpdated>(&RoomUpdate {
                    room_id: self.room,
                    room,
                    seq,
                    timestamp,
                });
            }
            Happening::RoomCreated { .. } | Happening::Unknown => {}
        }
        let lag = self.realtime.domain.clock.now().as_millis() - entry.timestamp.as_millis();
        let lag = Duration::from_millis(u64::try_from(lag).unwrap_or(0));
        self.realtime.domain.metrics.delivered(self.subscribers.len(), lag);
        if self.ring.len() == RING {
            self.ring.pop_front();
        }
        self.ring.push_back(entry);
    }

    /// Gives a socket what came between its snapshot and here, and live entries from here on.
    async fn subscribe(&mut self, subscribe: Subscribe) {
        let Subscribe { live, start, reply, stale } = subscribe;
        if self.deleted {
            return reply.fail(&as_on_sockets(no_room()));
        }
        let user = live.peer.user;
        let position = *self.subscribers.position.get_or_insert(start.head);
        if position < start.head
            && let Err(error) = self.catch_up(start.head).await
        {
            return reply.fail(&error);
        }
        let position = self.subscribers.position.unwrap_or(start.head);
        let Some(recent) = self.recent(start.head, position) else {
            stale.send(reply).ok();
            return;
        };
        if ends_without(&recent, user) {
            return reply.fail(&no_member(true));
        }
        let (events, complete, reset) = match start.catch_up {
            CatchUp::NotAsked => (Vec::new(), true, false),
            CatchUp::Reset => (Vec::new(), true, true),
            CatchUp::Events { events, complete: false } => (events, false, false),
            CatchUp::Events { mut events, complete: true } => {
                events.extend(recent.iter().map(|entry| TimelineEvent::clone(entry)));
                (events, true, false)
            }
        };
        let Some(first) = self.subscribers.add(&live, start.member_count) else {
            return reply.fail(&Error::Unauthenticated("This session has ended; sign in again"));
        };
        live.peer.inbox.owe(events.iter().map(weight).sum());
        let message = "You receive this room's events now".to_owned();
        let (room_id, epoch, last_seq) = (self.room, start.epoch, position);
        self.realtime.tell::<RoomJoined>(&live, &Joined { room_id, message, last_seq, epoch });
        reply.succeed(&Subscription { room_id, epoch, last_seq, events, complete, reset });
        if first && start.member_count <= LARGE_ROOM {
            self.tell_visit(user, live.peer.username(), true);
        }
    }

    /// The entries in (`from`, `to`], if they are still known.
    fn recent(&self, from: i64, to: i64) -> Option<Vec<Arc<TimelineEvent>>> {
        let recent: Vec<_> = self.ring.iter().filter(|entry| entry.seq > from).cloned().collect();
        (i64::try_from(recent.len()) == Ok((to - from).max(0))).then_some(recent)
    }

    fn tell_visit(&self, user: UserId, username: parlor_protocol::text::Username, came: bool) {
        if !self.subscribers.are_current() {
            return;
        }
        let timestamp = self.realtime.domain.clock.now();
        let stay = Stay::Temporary;
        let passage =
            Passage { user_id: user, username, room_id: self.room, stay, timestamp, seq: None, name: None };
        if came {
            self.subscribers.emit_to_others::<UserJoined>(user, &passage);
        } else {
            self.subscribers.emit_to_others::<UserLeft>(user, &passage);
        }
    }
}

/// Whether `user`'s membership ended in these entries and did not begin again.
fn ends_without(entries: &[Arc<TimelineEvent>], user: UserId) -> bool {
    entries.iter().rev().find_map(|entry| match &entry.happening {
        Happening::MemberLeft(who) if who.user_id == user => Some(true),
        Happening::MemberJoined(who) if who.user_id == user => Some(false),
        _ => None,
    }) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::Bus;
    use futures_util::FutureExt;
    use parlor_protocol::time::Timestamp;

    #[tokio::test(start_paused = true)]
    async fn a_quiet_room_is_told_at_once_and_a_busy_one_in_rounds() {
        let (bus, room) = (Bus::default(), RoomId::generate());
        let (mut mailbox, mut signals) = (bus.attach(room), Vec::new());
        let say = || {
            let timestamp = Timestamp::from(chrono::DateTime::UNIX_EPOCH);
            bus.room(room, RoomSignal::Deleted { timestamp });
        };
        say();
        assert!(round(&mut mailbox, &mut signals, Instant::now()).now_or_never().is_some());
        let next = Instant::now() + PACE;
        say();
        assert!(round(&mut mailbox, &mut signals, next).now_or_never().is_none());
        say();
        tokio::time::advance(PACE).await;
        assert!(round(&mut mailbox, &mut signals, next).now_or_never().is_some());
        assert_eq!(signals.len(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_retry_waits_for_its_time_and_is_then_forgotten() {
        let mut retry = Retry(Some(Instant::now() + RETRY));
        assert!(!retry.is_due());
        assert!(retry.0.is_some());
        tokio::time::advance(RETRY).await;
        assert!(retry.is_due());
        assert_eq!(retry.0, None, "nothing wakes the loop for it again");
        assert!(retry.is_due());
    }
}
