//! The hot path: many messages of many rooms in one transaction, in two steps between which the caller decides. On SQLite a step is one
//! text in one hop to the connection's thread, on a server it is one or two statements.

mod mysql;
mod postgres;
mod sqlite;

use super::{
    Error, Pools, Result, Store,
    link::POSTGRES_BEGIN,
    links::Claim,
    timeline::{EntryRow, Kind, NewEntry},
    tx::Any,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::FromRow;
use std::{collections::BTreeMap, fmt};
use uuid::Uuid;

/// A message that somebody wants to send.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Where to.
    pub room: Uuid,
    /// Who.
    pub user: Uuid,
    /// The id that it is to have.
    pub id: Uuid,
    /// The sender's own id of it.
    pub client_message_id: Option<String>,
    /// The text.
    pub content: String,
}

/// What the database says to it, under the room's lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether there is such a room.
    pub room_exists: bool,
    /// Whether the sender may know of it: it is public, or they are a member.
    pub visible: bool,
    /// Whether the sender is a member.
    pub member: bool,
    /// The sender's name; `None` if there is no such user.
    pub username: Option<String>,
    /// The room's newest entry's number, before this batch.
    pub last_seq: i64,
    /// The room's newest entry's time.
    pub last_entry_at: DateTime<Utc>,
    /// The message that the sender has sent before under this id of theirs.
    pub known: Option<EntryRow>,
}

/// A batch under way: the rooms are locked. Dropped without [`Batch::commit`], it leaves nothing behind.
pub struct Batch {
    held: Any,
    /// Each room's newest number, and how many messages it has.
    heads: BTreeMap<Uuid, (i64, i64)>,
    /// How many messages each of these users has sent in this room.
    sent: BTreeMap<(Uuid, Uuid), i64>,
}

impl Store {
    /// Locks the rooms and says, for each message and in their order, how it stands.
    pub async fn begin_batch(&self, asked: &[Asked]) -> Result<(Batch, Vec<Standing>)> {
        let (held, rows) = match &*self.pools {
            Pools::Sqlite { write, .. } => {
                let mut held = write.hold().await?;
                let rows = sqlite::begin(&mut held, asked).await?;
                (Any::Sqlite(held), rows)
            }
            Pools::Postgres(links) => {
                let mut link = links.begin(POSTGRES_BEGIN, Claim::Reserved).await?;
                let rows = postgres::begin(&mut link, asked).await?;
                (Any::Postgres(link), rows)
            }
            Pools::MySql(links) => {
                let mut link = links.begin("BEGIN", Claim::Reserved).await?;
                let rows = mysql::begin(&mut link, asked).await?;
                (Any::MySql(link), rows)
            }
        };
        if rows.len() != asked.len() {
            return Err(defect("a batch got another number of rows than it asked for"));
        }
        let (mut heads, mut sent) = (BTreeMap::new(), BTreeMap::new());
        let standing = |(asked, row): (&Asked, StandingRow)| {
            if let Some(head) = row.last_seq.zip(row.message_count) {
                heads.insert(asked.room, head);
                sent.insert((asked.room, asked.user), row.sent.unwrap_or(0));
            }
            row.into_standing(asked)
        };
        let standings = asked.iter().zip(rows).map(standing).collect();
        Ok((Batch { held, heads, sent }, standings))
    }
}

impl Batch {
    /// Writes the entries, advances their rooms and commits. The entries of a room follow on its `last_seq` without a gap; the room's
    /// newest entry is then of `now`, or of an entry's own later time. Without entries nothing is written.
    pub async fn commit(mut self, entries: &[NewEntry], now: DateTime<Utc>) -> Result<()> {
        if entries.is_empty() {
            return self.roll_back().await;
        }
        let (counted, growths) = self.count(entries, now)?;
        match self.held {
            Any::Sqlite(mut held) => sqlite::commit(&mut held, &counted, &growths).await,
            Any::Postgres(mut link) => {
                postgres::write(&mut link, &counted, &growths).await?;
                link.commit().await
            }
            Any::MySql(mut link) => {
                mysql::write(&mut link, &counted, &growths).await?;
                link.commit().await
            }
        }
    }

    async fn roll_back(self) -> Result<()> {
        match self.held {
            Any::Sqlite(mut held) => held.roll_back().await,
            Any::Postgres(mut link) => link.roll_back().await,
            Any::MySql(mut link) => link.roll_back().await,
        }
    }

    /// The counts of each entry, and what each room grows by; refuses a gap, which the primary key would not see.
    fn count<'e>(
        &mut self,
        entries: &'e [NewEntry],
        now: DateTime<Utc>,
    ) -> Result<(Vec<Counted<'e>>, Vec<Growth>)> {
        let mut growths: BTreeMap<Uuid, Growth> = BTreeMap::new();
        let mut counted = Vec::with_capacity(entries.len());
        for entry in entries {
            let room = entry.room_id;
            let foreign = || defect("an entry is of a room or a user that the batch did not ask for");
            let (last_seq, messages) = *self.heads.get(&room).ok_or_else(foreign)?;
            let sent = self.sent.get_mut(&(room, entry.user_id)).ok_or_else(foreign)?;
            let message = i64::from(entry.kind == Kind::Message.number());
            let growth = growths.entry(room).or_insert(Growth { room, entries: 0, messages: 0, at: now });
            growth.entries += 1;
            growth.messages += message;
            growth.at = growth.at.max(entry.created_at);
            *sent += message;
            if entry.seq != last_seq + growth.entries {
                return Err(defect("an entry's number does not follow on its room's last one"));
            }
            counted.push(Counted { entry, message_no: messages + growth.messages, sent_no: *sent });
        }
        Ok((counted, growths.into_values().collect()))
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("heads", &self.heads).finish_non_exhaustive()
    }
}

/// An entry with its place among the room's messages, and among its user's.
struct Counted<'e> {
    entry: &'e NewEntry,
    message_no: i64,
    sent_no: i64,
}

/// What a room grows by.
struct Growth {
    room: Uuid,
    entries: i64,
    messages: i64,
    at: DateTime<Utc>,
}

fn defect(what: &str) -> Error {
    Error::Database(sqlx::Error::Protocol(what.to_owned()))
}

// SQLite and MySQL take the rows as one JSON array, so that a text stays the same whatever their number; ids are in hexadecimal.

fn asked_rows(asked: &[Asked]) -> Result<String> {
    json(
        asked
            .iter()
            .map(|asked| (asked.room.simple(), asked.user.simple(), asked.client_message_id.as_deref())),
    )
}

fn entry_rows(counted: &[Counted<'_>], time: fn(DateTime<Utc>) -> String) -> Result<String> {
    json(counted.iter().map(|Counted { entry, message_no, sent_no }| {
        let (room, id, user) = (entry.room_id.simple(), entry.id.simple(), entry.user_id.simple());
        let (client_message_id, content) = (entry.client_message_id.as_deref(), entry.content.as_deref());
        let at = time(entry.created_at);
        (room, entry.seq, entry.kind, id, user, client_message_id, content, at, message_no, sent_no)
    }))
}

fn growth_rows(growths: &[Growth], time: fn(DateTime<Utc>) -> String) -> Result<String> {
    json(
        growths.iter().map(|growth| (growth.room.simple(), growth.entries, growth.messages, time(growth.at))),
    )
}

fn json<T: Serialize>(rows: impl Iterator<Item = T>) -> Result<String> {
    serde_json::to_string(&rows.collect::<Vec<_>>()).map_err(|error| defect(&error.to_string()))
}

/// A row of the first step.
#[derive(FromRow)]
struct StandingRow {
    last_seq: Option<i64>,
    last_entry_at: Option<DateTime<Utc>>,
    message_count: Option<i64>,
    sent: Option<i64>,
    is_private: Option<bool>,
    member_id: Option<Uuid>,
    username: Option<String>,
    known_seq: Option<i64>,
    known_id: Option<Uuid>,
    known_content: Option<String>,
    known_at: Option<DateTime<Utc>>,
}

impl StandingRow {
    fn into_standing(self, asked: &Asked) -> Standing {
        let known = match (self.known_seq, self.known_id, self.known_at) {
            (Some(seq), Some(id), Some(created_at)) => Some(EntryRow {
                room_id: asked.room,
                seq,
                kind: Kind::Message.number(),
                id,
                user_id: asked.user,
                username: self.username.clone().unwrap_or_default(),
                client_message_id: asked.client_message_id.clone(),
                content: self.known_content,
                created_at,
            }),
            _ => None,
        };
        Standing {
            room_exists: self.last_seq.is_some(),
            visible: self.member_id.is_some() || self.is_private == Some(false),
            member: self.member_id.is_some(),
            username: self.username,
            last_seq: self.last_seq.unwrap_or(0),
            last_entry_at: self.last_entry_at.unwrap_or_default(),
            known,
        }
    }
}

/// The first step's question; `$rows` yields `n`, `room`, `author` and `ckey`, `$sent` how much `q.author` has sent.
macro_rules! standing {
    ($rows:expr, $sent:expr) => {
        concat!(
            "SELECT r.last_seq, r.last_entry_at, r.message_count, r.is_private, m.id AS member_id, u.username, k.seq AS known_seq,
                k.id AS known_id, k.content AS known_content, k.created_at AS known_at,
                ",
            $sent,
            " AS sent
            FROM ",
            $rows,
            " q
            LEFT JOIN rooms r ON r.id = q.room AND r.deleted_at IS NULL
            LEFT JOIN users u ON u.id = q.author
            LEFT JOIN members m ON m.room_id = r.id AND m.user_id = q.author
            LEFT JOIN entries k ON k.room_id = r.id AND k.user_id = q.author AND k.client_message_id = q.ckey
            ORDER BY q.n"
        )
    };
}
use standing;
