//! What is decided about each message of a batch, in turn, as the database says how it stands.

use super::Stored;
use crate::{
    domain::{Domain, Error, policy},
    store::{
        Asked, Standing,
        timeline::{EntryRow, Kind, NewEntry},
    },
};
use chrono::{DateTime, Utc};
use parlor_protocol::ids::{RoomId, UserId};
use std::collections::HashMap;
use uuid::Uuid;

/// What has been decided so far in one batch.
pub(super) struct Decisions<'d> {
    domain: &'d Domain,
    pub(super) now: DateTime<Utc>,
    pub(super) accepted: Vec<NewEntry>,
    /// The newest entry of each room, with those accepted here.
    heads: HashMap<Uuid, (i64, DateTime<Utc>)>,
    /// Accepted here under a client id.
    known: HashMap<(Uuid, Uuid, String), EntryRow>,
}

impl<'d> Decisions<'d> {
    pub(super) fn new(domain: &'d Domain) -> Self {
        let now = domain.clock.now_utc();
        Self { domain, now, accepted: Vec::new(), heads: HashMap::new(), known: HashMap::new() }
    }

    pub(super) fn decide(&mut self, asked: &Asked, standing: &Standing) -> Result<Stored, Error> {
        let key = asked.client_message_id.clone().map(|id| (asked.room, asked.user, id));
        let known = key.as_ref().and_then(|key| self.known.get(key)).or(standing.known.as_ref());
        if let Some(row) = known {
            if row.content.as_deref() != Some(asked.content.as_str()) {
                return Err(Error::Conflict(
                    "This clientMessageId was used for another message; use a new one",
                ));
            }
            return Ok(Stored { row: row.clone(), repeated: true });
        }
        let Some(username) = standing.username.clone().filter(|_| standing.member) else {
            return Err(policy::no_member(standing.visible));
        };
        let throttle = &self.domain.limits.message;
        throttle
            .take_here((RoomId(asked.room), UserId(asked.user)))
            .map_err(|retry_after| Error::TooOften { retry_after })?;
        let (seq, at) = self.heads.entry(asked.room).or_insert((standing.last_seq, standing.last_entry_at));
        *seq += 1;
        // A clock that was set back must not make the room's times go back.
        *at = self.now.max(*at);
        let row = EntryRow {
            room_id: asked.room,
            seq: *seq,
            kind: Kind::Message.number(),
            id: asked.id,
            user_id: asked.user,
            username,
            client_message_id: asked.client_message_id.clone(),
            content: Some(asked.content.clone()),
            created_at: *at,
        };
        self.accepted.push(NewEntry::from(&row));
        if let Some(key) = key {
            self.known.insert(key, row.clone());
        }
        Ok(Stored { row, repeated: false })
    }

    /// Nothing was stored, so nothing counts.
    pub(super) fn give_back(&self) {
        for entry in &self.accepted {
            self.domain.limits.message.give_back(&(RoomId(entry.room_id), UserId(entry.user_id)));
        }
    }
}
