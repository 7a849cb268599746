//! The messages of one room, for whoever shows them: what waits, what is held, what was refused, and what happens to them.

use super::{Outbox, Queues};
use crate::{
    Error,
    live::{Event, Queued},
};
use parlor_protocol::{ids::RoomId, messages::Message, text::ClientMessageId, time::Timestamp};
use std::sync::Arc;
use tokio::sync::mpsc;

/// What happens to the messages of one room, told to whoever shows them. Nothing of it is ever dropped.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// It waits, behind those that waited before.
    Queued(Queued),
    /// It is on the wire, or no longer.
    UnderWay(ClientMessageId, bool),
    /// It is stored.
    Stored(Box<Message>),
    /// It is too old to be sent by itself.
    Held(Queued),
    /// It was refused for good, and is kept to be tried again.
    Refused(Queued, Error),
    /// It was taken back.
    TakenBack(ClientMessageId),
}

impl Queues {
    pub(super) fn tell(&mut self, room_id: RoomId, change: &Change) {
        let Some(watchers) = self.watchers.get_mut(&room_id) else { return };
        watchers.retain(|watcher| watcher.send(change.clone()).is_ok());
        if watchers.is_empty() {
            self.watchers.remove(&room_id);
        }
    }

    pub(super) fn is_shown(&self, room_id: RoomId) -> bool {
        let watchers = self.watchers.get(&room_id);
        watchers.is_some_and(|watchers| watchers.iter().any(|watcher| !watcher.is_closed()))
    }

    /// Takes what is held, or was refused.
    pub(super) fn take_aside(&mut self, room_id: RoomId, id: &ClientMessageId) -> Option<Queued> {
        let is_meant = |message: &Queued| message.room_id == room_id && message.client_message_id == *id;
        let held = self.held.iter().position(is_meant).map(|at| self.held.remove(at));
        held.or_else(|| self.take_refused(room_id, id))
    }

    fn take_refused(&mut self, room_id: RoomId, id: &ClientMessageId) -> Option<Queued> {
        let refused = self.refused.get_mut(&room_id)?;
        let at = refused.iter().position(|(message, _)| message.client_message_id == *id)?;
        let (message, _) = refused.remove(at);
        if refused.is_empty() {
            self.refused.remove(&room_id);
        }
        Some(message)
    }
}

impl Outbox {
    /// How a room's messages stand, in order, and then whatever happens to them.
    #[cfg(feature = "timeline")]
    pub(in crate::live) fn watch(&self, room_id: RoomId) -> (Vec<Change>, mpsc::UnboundedReceiver<Change>) {
        let (watcher, changes) = mpsc::unbounded_channel();
        let mut queues = self.queues();
        let mut now = Vec::new();
        let held = queues.held.iter().filter(|message| message.room_id == room_id);
        now.extend(held.cloned().map(Change::Held));
        for (message, error) in queues.refused.get(&room_id).into_iter().flatten() {
            now.push(Change::Refused(message.clone(), error.clone()));
        }
        for waiter in queues.rooms.get(&room_id).into_iter().flatten() {
            now.push(Change::Queued(waiter.message.clone()));
            now.push(Change::UnderWay(waiter.message.client_message_id.clone(), waiter.under_way));
        }
        queues.watchers.entry(room_id).or_default().push(watcher);
        (now, changes)
    }

    /// Queues a message again that was refused or is held, with the same id, as of now. Answers whether there was one.
    pub(in crate::live) async fn retry(
        self: &Arc<Self>,
        room_id: RoomId,
        id: &ClientMessageId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        {
            let mut queues = self.queues();
            let Some(message) = queues.take_aside(room_id, id) else { return Ok(false) };
            self.add(&mut queues, Queued { queued_at: Some(now), ..message }, None);
        }
        self.keep().await?;
        Ok(true)
    }

    /// Takes a message back that was refused, that is held, or that waits; in one room or, without one, in any. Answers whether there was one:
    /// one that is on the wire may be stored all the same.
    pub(in crate::live) fn take_back(&self, room_id: Option<RoomId>, id: &ClientMessageId) -> bool {
        let mut queues = self.queues();
        let is_wanted = |room: &RoomId| room_id.is_none_or(|wanted| wanted == *room);
        let held = queues.held.iter().map(|message| message.room_id);
        let rooms = queues.rooms.keys().chain(queues.refused.keys()).copied().chain(held);
        let rooms: Vec<_> = rooms.filter(is_wanted).collect();
        let mut found = false;
        for room_id in rooms {
            let waits = queues.rooms.get_mut(&room_id).and_then(|queue| {
                let at = queue.iter().position(|waiter| waiter.message.client_message_id == *id)?;
                queue.remove(at)
            });
            if let Some(waiter) = &waits {
                self.waiting.send_modify(|waiting| *waiting -= 1);
                waiter.taken_back.notify_one();
            }
            let (waits, outcome) = waits.map(|waiter| (waiter.message, waiter.outcome)).unzip();
            let Some(message) = queues.take_aside(room_id, id).or(waits) else { continue };
            found = true;
            queues.tell(room_id, &Change::TakenBack(id.clone()));
            // Nobody may listen, or wait.
            self.events.send(Event::TakenBack(Box::new(message))).ok();
            if let Some(outcome) = outcome.flatten() {
                outcome.send(Err(Error::Input("the message was taken back".to_owned()))).ok();
            }
        }
        found
    }
}
