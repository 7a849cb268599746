//! The original's rows, each with what becomes of it.

use super::{
    super::Failure,
    Moments,
    accounts::Accounts,
    ids::{Ids, made},
    report::{Finding, Report},
    rooms::RoomLog,
    texts,
};
use chrono::{DateTime, TimeDelta, Utc};
use parlor_protocol::text::{InviteCode, Username};
use parlor_server::{
    domain::{invites::WEEK, tokens},
    store::{
        history::PlacedEntry,
        invites::NewInvite,
        original::{Original, OriginalInvite, OriginalMember, OriginalMessage, OriginalRoom},
        rooms::NewRoom,
    },
};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// What is to be written.
pub(super) struct Source {
    pub(super) accounts: Accounts,
    /// By their ids, in the original's order.
    pub(super) rooms: Vec<RoomLog>,
    pub(super) invites: Vec<NewInvite>,
    /// The entries that are not written yet.
    pub(super) entries: Vec<PlacedEntry>,
    /// How many of the accounts are written.
    pub(super) written: usize,
    places: HashMap<Uuid, usize>,
    room_ids: Ids,
    message_ids: Ids,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    users: u64,
    rooms: u64,
    members: u64,
    invites: u64,
    messages: u64,
    read: u64,
    left_out: u64,
}

type Joins = HashMap<Uuid, Vec<(DateTime<Utc>, Uuid)>>;

impl Source {
    /// Reads everything but the messages.
    pub(super) async fn read(
        original: &mut Original,
        moments: Moments,
        report: &mut Report,
    ) -> Result<Self, Failure> {
        let users = original.users().await?;
        let mut source = Self {
            accounts: Accounts::of(&users, moments, report)?,
            rooms: Vec::new(),
            invites: Vec::new(),
            entries: Vec::new(),
            written: 0,
            places: HashMap::new(),
            room_ids: Ids::new("rooms"),
            message_ids: Ids::new("messages"),
            counts: Counts { users: users.len() as u64, ..Counts::default() },
        };
        let rooms = original.rooms().await?;
        source.counts.rooms = rooms.len() as u64;
        let mut new = Vec::new();
        for row in &rooms {
            new.push(source.room(row, moments, report)?);
        }
        let mut joins = source.joins(&original.members().await?, moments, report);
        for (room, updated_at) in new {
            source.begin(room, updated_at, &mut joins, report)?;
        }
        for row in original.invites().await? {
            source.invite(&row, moments, report);
        }
        Ok(source)
    }

    fn room(
        &mut self,
        row: &OriginalRoom,
        moments: Moments,
        report: &mut Report,
    ) -> Result<(NewRoom, DateTime<Utc>), Failure> {
        let of = Finding { id: &row.id, ..Finding::default() };
        let instead = moments.known(row.updated_at.as_deref());
        let created_at = row.created_at.as_deref();
        let oldest = instead.unwrap_or(self.accounts.oldest);
        let created_at = moments.read("room's time", &row.id, created_at, oldest, report);
        let (id, is_other) = self.room_ids.give(&row.id, created_at);
        if is_other {
            let to = id.to_string();
            let why = "a room's id is a UUID here";
            report.found(Finding { what: "room id", from: Some(&row.id), to: Some(&to), why, ..of });
        }
        let given = row.name.as_deref().unwrap_or_default();
        let name = texts::room_name(given);
        if name != given {
            let why = "a room's name has 3 to 64 characters that can be seen";
            report.found(Finding { what: "room name", from: Some(given), to: Some(&name), why, ..of });
        }
        let given = row.description.as_deref().filter(|text| !text.is_empty());
        let description = given.map(texts::description);
        if description.as_deref() != given {
            let why = "a description has at most 500 characters, none of them U+0000";
            let to = description.as_deref();
            report.found(Finding { what: "room description", from: given, to, why, ..of });
        }
        let created_by = self.accounts.find_or_make(row.created_by.as_deref(), created_at, report)?;
        let name_key = name.to_lowercase();
        let is_private = row.is_private;
        let room = NewRoom { id, name, name_key, description, is_private, created_by, created_at };
        Ok((room, instead.unwrap_or(created_at)))
    }

    /// Who came into which room, and when.
    fn joins(&mut self, rows: &[OriginalMember], moments: Moments, report: &mut Report) -> Joins {
        self.counts.members = rows.len() as u64;
        let mut joins = Joins::new();
        let mut known = HashSet::new();
        for row in rows {
            let (user, room) = (row.user_id.as_deref(), row.room_id.as_deref());
            let id = format!("{} in {}", user.unwrap_or("(none)"), room.unwrap_or("(none)"));
            let found = user.and_then(|user| self.accounts.find(user));
            let found = found.zip(room.and_then(|room| self.room_ids.find(room)));
            let why = match found {
                None => "its account or its room is missing: left out",
                Some(found) if !known.insert(found) => "it is there twice: the older one counts",
                Some((user, room)) => {
                    let at = row.joined_at.as_deref();
                    let at = moments.read("membership's time", &id, at, self.accounts.oldest, report);
                    joins.entry(room).or_default().push((at, user));
                    continue;
                }
            };
            report.found(Finding { what: "membership", id: &id, why, ..Finding::default() });
        }
        joins
    }

    fn begin(
        &mut self,
        room: NewRoom,
        updated_at: DateTime<Utc>,
        joins: &mut Joins,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let joins = joins.remove(&room.id).unwrap_or_default();
        if !joins.iter().any(|(_, user)| *user == room.created_by) {
            let (id, to) = (room.id.to_string(), self.accounts.username(room.created_by));
            let why = "who made it was no member: a room has its maker for an owner here";
            report.found(Finding { what: "room owner", id: &id, from: None, to: Some(to), why });
        }
        let creator: Result<Username, _> = self.accounts.username(room.created_by).parse();
        let creator = creator.map_err(|why| Failure::new(format_args!("a room's maker {why}")))?;
        self.places.insert(room.id, self.rooms.len());
        let log = RoomLog::begin(room, updated_at, creator, joins, &mut self.entries);
        self.rooms.push(log.map_err(Failure::new)?);
        Ok(())
    }

    fn invite(&mut self, row: &OriginalInvite, moments: Moments, report: &mut Report) {
        self.counts.invites += 1;
        let room = row.room_id.as_deref().and_then(|room| self.room_ids.find(room));
        let code = row.code.as_deref().and_then(|code| code.parse::<InviteCode>().ok());
        let left_out = |why| Finding { what: "invite", id: &row.id, why, ..Finding::default() };
        let Some(room) = room.and_then(|room| self.places.get(&room)).map(|place| &self.rooms[*place].room)
        else {
            return report.found(left_out("its room is missing: left out"));
        };
        let Some(code) = code else {
            return report.found(left_out("its code is none that can be used here: left out"));
        };
        let code_hash = tokens::at_rest(code.as_str()).to_vec();
        if self.invites.iter().any(|other| other.code_hash == code_hash) {
            return report.found(left_out("a newer one has its code: left out"));
        }
        let created_at = moments.known(row.created_at.as_deref()).unwrap_or(self.accounts.oldest);
        let by = row.created_by.as_deref().and_then(|user| self.accounts.find(user));
        self.invites.push(NewInvite {
            id: made("room_invites", &row.id, created_at),
            room_id: room.id,
            code_hash,
            created_by: by.unwrap_or(room.created_by),
            created_at,
            expires_at: moments.now + TimeDelta::seconds(WEEK),
            max_uses: None,
        });
    }

    /// Appends a message to its room's log.
    pub(super) fn message(
        &mut self,
        row: &OriginalMessage,
        moments: Moments,
        report: &mut Report,
    ) -> Result<(), Failure> {
        self.counts.messages += 1;
        let content = row.content.as_deref().unwrap_or_default();
        let of = Finding { what: "message", id: &row.id, ..Finding::default() };
        let room = row.room_id.as_deref().and_then(|room| self.room_ids.find(room));
        let Some(place) = room.and_then(|room| self.places.get(&room).copied()) else {
            self.counts.left_out += 1;
            let why = "its room is missing, so that nobody could read it: left out";
            report.found(Finding { from: Some(content), why, ..of });
            return Ok(());
        };
        let parts = texts::messages(content);
        if parts.is_empty() {
            self.counts.left_out += 1;
            report.found(Finding { from: Some(content), why: "it is blank: left out", ..of });
            return Ok(());
        }
        let last = self.rooms[place].last_entry_at;
        let at = moments.read("message's time", &row.id, row.created_at.as_deref(), last, report);
        let (id, is_other) = self.message_ids.give_unnamed(&row.id, at);
        if is_other {
            let to = id.to_string();
            let why = "a message's id is a UUID here";
            report.found(Finding { what: "message id", from: Some(&row.id), to: Some(&to), why, ..of });
        }
        if content.contains('\0') {
            report.found(Finding { from: Some(content), why: "in place of each U+0000 stands U+FFFD", ..of });
        }
        if parts.len() > 1 {
            let why = format!("it is longer than a message can be: it is {} in a row now", parts.len());
            report.found(Finding { why: &why, ..of });
        }
        if parts.iter().map(String::len).sum::<usize>() < content.len() {
            report.found(Finding { from: Some(content), why: "a blank stretch was left out", ..of });
        }
        // A `read` of the original is not kept: who had read was not, and anybody could say so of any message.
        self.counts.read += u64::from(row.status.as_deref() == Some("read"));
        let is_gone = row.user_id.as_deref().and_then(|user| self.accounts.find(user)).is_none();
        let user = self.accounts.find_or_make(row.user_id.as_deref(), at, report)?;
        if is_gone {
            let (from, to) = (row.user_id.as_deref(), Some(self.accounts.username(user)));
            report.found(Finding { from, to, why: "its sender's account is missing", ..of });
        }
        for (number, part) in parts.into_iter().enumerate() {
            let id = if number == 0 { id } else { made("message parts", &format!("{id}/{number}"), at) };
            self.rooms[place].message(id, user, part, at, &mut self.entries);
        }
        Ok(())
    }

    /// After the last message.
    pub(super) fn finish(&mut self) {
        for room in &mut self.rooms {
            room.finish(&mut self.entries);
        }
    }

    /// What was read, and what is to be written.
    pub(super) fn counts(&self) -> Vec<(&'static str, u64)> {
        let Counts { users, rooms, members, invites, messages, read, left_out } = self.counts;
        let sum = |of: fn(&RoomLog) -> i64| self.rooms.iter().map(of).sum::<i64>().unsigned_abs();
        vec![
            ("accounts read", users),
            ("accounts made", self.accounts.new.len() as u64),
            ("rooms read", rooms),
            ("rooms made", self.rooms.len() as u64),
            ("memberships read", members),
            ("memberships made", self.rooms.iter().map(|room| room.members.len() as u64).sum()),
            ("invites read", invites),
            ("invites made", self.invites.len() as u64),
            ("messages read", messages),
            ("messages made", sum(|room| room.message_count)),
            ("messages left out", left_out),
            ("messages that were marked as read, which is not kept", read),
            ("entries of all timelines", sum(|room| room.last_seq)),
        ]
    }
}
