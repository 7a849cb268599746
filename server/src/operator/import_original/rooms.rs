//! Rooms and their logs: made as if everything had happened here, in its order.

use super::ids::made;
use chrono::{DateTime, Utc};
use parlor_protocol::{
    ids::{RoomId, UserId},
    rooms::Room,
    text::Username,
    time::Timestamp,
    users::UserSummary,
};
use parlor_server::store::{
    history::PlacedEntry,
    members::NewMember,
    rooms::NewRoom,
    timeline::{Kind, NewEntry},
};
use std::collections::{HashMap, VecDeque};
use uuid::Uuid;

/// A room's log as it grows.
pub(super) struct RoomLog {
    pub(super) room: NewRoom,
    pub(super) updated_at: DateTime<Utc>,
    /// Its members, the owner first.
    pub(super) members: Vec<NewMember>,
    pub(super) last_seq: i64,
    pub(super) message_count: i64,
    pub(super) last_entry_at: DateTime<Utc>,
    sent: HashMap<Uuid, i64>,
    coming: VecDeque<(DateTime<Utc>, Uuid)>,
}

impl RoomLog {
    /// The room, with its making and its owner's coming as its first entries. `joins` are the others', whenever they came.
    pub(super) fn begin(
        room: NewRoom,
        updated_at: DateTime<Utc>,
        creator: Username,
        mut joins: Vec<(DateTime<Utc>, Uuid)>,
        out: &mut Vec<PlacedEntry>,
    ) -> Result<Self, String> {
        // Stable: who came in the same second stays in the original's order.
        joins.sort_by_key(|(at, _)| *at);
        let (owner, at) = (room.created_by, room.created_at);
        let came = joins.iter().find(|(_, user)| *user == owner).map_or(at, |(came, _)| *came);
        let told = told(&room, creator);
        let content = serde_json::to_string(&told).map_err(|error| error.to_string())?;
        let mut log = Self {
            updated_at,
            members: Vec::new(),
            last_seq: 0,
            message_count: 0,
            last_entry_at: at,
            sent: HashMap::new(),
            coming: joins.into_iter().filter(|(_, user)| *user != owner).collect(),
            room,
        };
        log.append(
            Kind::RoomCreated,
            made("room_created", &log.room.id.to_string(), at),
            owner,
            Some(content),
            at,
            out,
        );
        log.join(owner, came, 1, out);
        Ok(log)
    }

    /// Appends a message, after those who had come by then.
    pub(super) fn message(
        &mut self,
        id: Uuid,
        user: Uuid,
        content: String,
        at: DateTime<Utc>,
        out: &mut Vec<PlacedEntry>,
    ) {
        self.join_until(at, out);
        self.append(Kind::Message, id, user, Some(content), at, out);
    }

    /// Those who came after the last message.
    pub(super) fn finish(&mut self, out: &mut Vec<PlacedEntry>) {
        self.join_until(DateTime::<Utc>::MAX_UTC, out);
    }

    fn join_until(&mut self, until: DateTime<Utc>, out: &mut Vec<PlacedEntry>) {
        while let Some((at, user)) = self.coming.pop_front_if(|(at, _)| *at <= until) {
            self.join(user, at, 0, out);
        }
    }

    fn join(&mut self, user: Uuid, joined_at: DateTime<Utc>, role: i64, out: &mut Vec<PlacedEntry>) {
        let room_id = self.room.id;
        let name = format!("{room_id}/{user}");
        let id = made("members", &name, joined_at);
        self.members.push(NewMember { id, room_id, user_id: user, role, joined_at });
        // Nobody comes before there is a room.
        let at = joined_at.max(self.room.created_at);
        self.append(Kind::MemberJoined, made("member_joined", &name, at), user, None, at, out);
    }

    fn append(
        &mut self,
        kind: Kind,
        id: Uuid,
        user_id: Uuid,
        content: Option<String>,
        created_at: DateTime<Utc>,
        out: &mut Vec<PlacedEntry>,
    ) {
        let message = i64::from(kind == Kind::Message);
        let sent = self.sent.entry(user_id).or_default();
        *sent += message;
        self.last_seq += 1;
        self.message_count += message;
        self.last_entry_at = self.last_entry_at.max(created_at);
        let entry = NewEntry {
            room_id: self.room.id,
            seq: self.last_seq,
            kind: kind.number(),
            id,
            user_id,
            client_message_id: None,
            content,
            created_at,
        };
        out.push(PlacedEntry { entry, message_no: self.message_count, sent_no: *sent });
    }
}

/// The room as its first entry tells it.
fn told(room: &NewRoom, creator: Username) -> Room {
    let (owner, at) = (UserId(room.created_by), Timestamp::from(room.created_at));
    Room {
        id: RoomId(room.id),
        name: room.name.clone(),
        description: room.description.clone(),
        is_private: room.is_private,
        created_by: owner,
        created_at: at,
        updated_at: at,
        creator: UserSummary { id: owner, username: creator },
        member_count: 0,
        last_seq: 1,
        membership: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_numbered_without_gaps_and_everybody_comes_at_their_time() {
        let at = |second: i64| DateTime::from_timestamp(1_755_000_000 + second, 0).unwrap();
        let user = Uuid::from_u128;
        let room = NewRoom {
            id: user(9),
            name: "General".to_owned(),
            name_key: "general".to_owned(),
            description: None,
            is_private: false,
            created_by: user(1),
            created_at: at(0),
        };
        let joins = vec![(at(7), user(3)), (at(5), user(2)), (at(1), user(1)), (at(50), user(4))];
        let mut out = Vec::new();
        let creator = "ada".parse().unwrap();
        let mut log = RoomLog::begin(room, at(0), creator, joins, &mut out).unwrap();
        // The second is from before the room, by the original's clock; and one from somebody who has left.
        for (n, (sender, second)) in [(1, 2), (2, -9), (2, 5), (8, 7), (1, 8)].into_iter().enumerate() {
            log.message(user(100 + n as u128), user(sender), format!("message {n}"), at(second), &mut out);
        }
        log.finish(&mut out);
        let told: Vec<_> = out
            .iter()
            .map(|placed| {
                let entry = &placed.entry;
                (entry.seq, entry.kind, entry.user_id.as_u128(), placed.message_no, placed.sent_no)
            })
            .collect();
        let expected = [
            (1, 4, 1, 0, 0),
            (2, 2, 1, 0, 0),
            (3, 1, 1, 1, 1),
            (4, 1, 2, 2, 1),
            (5, 2, 2, 2, 1),
            (6, 1, 2, 3, 2),
            (7, 2, 3, 3, 0),
            (8, 1, 8, 4, 1),
            (9, 1, 1, 5, 2),
            (10, 2, 4, 5, 0),
        ];
        assert_eq!(told, expected);
        assert_eq!((log.last_seq, log.message_count, log.last_entry_at), (10, 5, at(50)));
        let members: Vec<_> = log
            .members
            .iter()
            .map(|member| (member.user_id.as_u128(), member.role, member.joined_at))
            .collect();
        assert_eq!(members, [(1, 1, at(1)), (2, 0, at(5)), (3, 0, at(7)), (4, 0, at(50))]);
        assert!(log.members.is_sorted_by_key(|member| member.id), "their list is in the order of coming");
    }
}
