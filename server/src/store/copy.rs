//! Everything that is kept, row by row, as it is carried from one database into another: ids, numbers and times stay what they are.
//!
//! Left out are the nodes, which are none of the other database's, and rooms that were deleted: nobody is to see again what was in them,
//! and no log of which a part has been cleared away is worth keeping.

use super::{
    Result, Tx,
    error::Error,
    sql::{Sql, sql},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de};
use sqlx::FromRow;
use std::fmt::Write;
use uuid::Uuid;

/// Bytes, written as hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(self.0.len() * 2);
        for byte in &self.0 {
            // Writing to a String cannot fail.
            write!(text, "{byte:02x}").ok();
        }
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).ok());
        let bytes = digits.map(|pair| u8::from_str_radix(pair.filter(|pair| pair.len() == 2)?, 16).ok());
        let bytes: Option<Vec<u8>> = bytes.collect();
        bytes.map(Self).ok_or_else(|| de::Error::custom("bytes are two hexadecimal digits each"))
    }
}

/// A column of a list but the first.
macro_rules! further {
    ($column:ident) => {
        concat!(", ", stringify!($column))
    };
    ($column:ident ?) => {
        ", ?"
    };
}

/// What begins a page's question.
macro_rules! select {
    ($table:literal: $first:ident $($column:ident)*) => {
        concat!("SELECT ", stringify!($first) $(, further!($column))*, " FROM ", $table, " t WHERE ")
    };
}

/// That a row is not of a deleted room.
macro_rules! of_a_room {
    () => {
        " AND NOT EXISTS (SELECT 1 FROM rooms r WHERE r.id = t.room_id AND r.deleted_at IS NOT NULL)"
    };
}

/// How the rows of a table are read in the order of its key: of one column, or of the room and another column.
macro_rules! pages {
    (one($key:ident, $and:expr) $table:literal: $($column:ident)*) => {
        async fn page(tx: &mut Tx, after: Option<&Self>, limit: i64) -> Result<Vec<Self>> {
            const SELECT: Sql = sql!(concat!(
                select!($table: $($column)*), stringify!($key), " > ?", $and, " ORDER BY ", stringify!($key), " LIMIT ?"
            ));
            tx.all(SELECT, (after.map_or(Key::LEAST, |row| row.$key.clone()), limit)).await
        }

        fn key(&self) -> Vec<u8> {
            self.$key.bytes()
        }
    };
    // In two questions, because not every database finds the rows after a pair by an index.
    (room_and($second:ident) $table:literal: $($column:ident)*) => {
        async fn page(tx: &mut Tx, after: Option<&Self>, limit: i64) -> Result<Vec<Self>> {
            const REST: Sql = sql!(concat!(
                select!($table: $($column)*), "room_id = ? AND ", stringify!($second), " > ?", of_a_room!(),
                " ORDER BY ", stringify!($second), " LIMIT ?"
            ));
            const NEXT: Sql = sql!(concat!(
                select!($table: $($column)*), "room_id > ?", of_a_room!(),
                " ORDER BY room_id, ", stringify!($second), " LIMIT ?"
            ));
            let mut rows: Vec<Self> = match after {
                Some(row) => tx.all(REST, (row.room_id, row.$second, limit)).await?,
                None => Vec::new(),
            };
            let missing = limit - i64::try_from(rows.len()).unwrap_or(limit);
            if missing > 0 {
                let room = after.map_or(Key::LEAST, |row| row.room_id);
                rows.extend(tx.all::<Self>(NEXT, (room, missing)).await?);
            }
            Ok(rows)
        }

        fn key(&self) -> Vec<u8> {
            [self.room_id.bytes(), self.$second.bytes()].concat()
        }
    };
}

/// The tables: what a row of each is, and how it is read and written.
macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident $table:literal by $how:ident $order:tt {
        $first:ident: $first_of:ty, $($field:ident: $of:ty,)*
    })*) => {
        /// A table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Table {
            $($(#[$doc])* $name,)*
        }

        /// A row of a table.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "table")]
        pub enum Row {
            $($(#[$doc])* #[serde(rename = $table)] $name($name),)*
        }

        $(
            #[doc = concat!("A row of the table `", $table, "`, as it is kept.")]
            #[derive(Clone, Debug, PartialEq, Eq, FromRow, Serialize, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub struct $name {
                $first: $first_of,
                $($field: $of,)*
            }

            impl $name {
                async fn insert(&self, tx: &mut Tx) -> Result<()> {
                    const INSERT: Sql = sql!(concat!(
                        "INSERT INTO ", $table, " (", stringify!($first) $(, further!($field))*,
                        ") VALUES (?" $(, further!($field ?))*, ")"
                    ));
                    tx.run(INSERT, (self.$first.clone(), $(self.$field.clone()),*)).await.map(drop)
                }

                pages!($how $order $table: $first $($field)*);
            }
        )*

        impl Table {
            /// All of them, in an order in which a row comes after those that it refers to.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name in the database.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $table,)*
                }
            }
        }

        impl Row {
            /// Of which table it is.
            pub const fn table(&self) -> Table {
                match self {
                    $(Self::$name(_) => Table::$name,)*
                }
            }

            /// Its key, as bytes: a table's rows are read in their order.
            pub fn key(&self) -> Vec<u8> {
                match self {
                    $(Self::$name(row) => row.key(),)*
                }
            }
        }

        /// The rows of a table after this one, so many at most.
        pub async fn page(tx: &mut Tx, table: Table, after: Option<&Row>, limit: i64) -> Result<Vec<Row>> {
            match table {
                $(Table::$name => {
                    let after = match after {
                        Some(Row::$name(row)) => Some(row),
                        _ => None,
                    };
                    Ok($name::page(tx, after, limit).await?.into_iter().map(Row::$name).collect())
                })*
            }
        }

        /// Writes a row as it is; `Duplicate` if one of its keys is taken.
        pub async fn insert(tx: &mut Tx, row: &Row) -> Result<()> {
            match row {
                $(Row::$name(row) => row.insert(tx).await,)*
            }
        }
    };
}

tables! {
    /// Who there is.
    User "users" by one(id, "") {
        id: Uuid,
        username: String,
        username_key: String,
        email: String,
        email_key: String,
        password_hash: String,
        last_seen_at: Option<DateTime<Utc>>,
        disabled_at: Option<DateTime<Utc>>,
        created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
    /// The rooms that are not deleted.
    Room "rooms" by one(id, " AND deleted_at IS NULL") {
        id: Uuid,
        name: String,
        name_key: String,
        description: Option<String>,
        is_private: bool,
        created_by: Uuid,
        created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
        last_seq: i64,
        message_count: i64,
        member_count: i64,
        last_entry_at: DateTime<Utc>,
    }
    /// Where one is signed in.
    Session "sessions" by one(id, "") {
        id: Uuid,
        user_id: Uuid,
        user_agent: Option<String>,
        created_at: DateTime<Utc>,
        last_seen_at: DateTime<Utc>,
        expires_at: DateTime<Utc>,
        revoked_at: Option<DateTime<Utc>>,
    }
    /// What sessions are prolonged with.
    RefreshToken "refresh_tokens" by one(hash, "") {
        hash: Bytes,
        session_id: Uuid,
        created_at: DateTime<Utc>,
        spent_at: Option<DateTime<Utc>>,
        successor: Option<Bytes>,
    }
    /// Who is in which room.
    Member "members" by one(id, of_a_room!()) {
        id: Uuid,
        room_id: Uuid,
        user_id: Uuid,
        role: i64,
        joined_at: DateTime<Utc>,
    }
    /// Up to where who has read.
    Cursor "cursors" by room_and(user_id) {
        room_id: Uuid,
        user_id: Uuid,
        last_read_seq: i64,
        others_read: i64,
        is_moved: bool,
        read_at: Option<DateTime<Utc>>,
    }
    /// Ways into private rooms.
    Invite "invites" by one(id, of_a_room!()) {
        id: Uuid,
        room_id: Uuid,
        code_hash: Bytes,
        created_by: Uuid,
        created_at: DateTime<Utc>,
        expires_at: DateTime<Utc>,
        max_uses: Option<i64>,
        uses: i64,
    }
    /// The log.
    Entry "entries" by room_and(seq) {
        room_id: Uuid,
        seq: i64,
        kind: i64,
        id: Uuid,
        user_id: Uuid,
        client_message_id: Option<String>,
        content: Option<String>,
        created_at: DateTime<Utc>,
        message_no: i64,
        sent_no: i64,
    }
}

impl User {
    /// Of the password, in one of the forms that a login checks.
    pub fn password_hash(&self) -> &str {
        &self.password_hash
    }
}

/// A column by which rows are read in order, the same in every database.
trait Key {
    /// What comes before all.
    const LEAST: Self;
    fn bytes(&self) -> Vec<u8>;
}

impl Key for Uuid {
    const LEAST: Self = Self::nil();
    fn bytes(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
}

impl Key for Bytes {
    const LEAST: Self = Self(Vec::new());
    fn bytes(&self) -> Vec<u8> {
        self.0.clone()
    }
}

impl Key for i64 {
    const LEAST: Self = 0;
    fn bytes(&self) -> Vec<u8> {
        self.to_be_bytes().to_vec()
    }
}

/// How far an import has come; kept in the database until it is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The SHA-256 of the file, in hexadecimal digits.
    pub file: String,
    /// At which byte of it one goes on.
    pub bytes: u64,
    /// How many lines are behind that.
    pub lines: u64,
    /// What the file was called, for the operator.
    pub name: String,
}

impl Progress {
    /// As much of a name as is kept, in characters.
    const NAME: usize = 30;

    fn text(&self) -> String {
        let name: String = self.name.chars().take(Self::NAME).collect();
        format!("{} {} {} {name}", self.file, self.bytes, self.lines)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, ' ');
        Some(Self {
            file: parts.next()?.to_owned(),
            bytes: parts.next()?.parse().ok()?,
            lines: parts.next()?.parse().ok()?,
            name: parts.next()?.to_owned(),
        })
    }
}

/// The import that has begun here and has not come to its end.
pub async fn progress(tx: &mut Tx) -> Result<Option<Progress>> {
    const SELECT: Sql = sql!("SELECT value FROM meta WHERE name = 'import'");
    let row: Option<(String,)> = tx.optional(SELECT, ()).await?;
    row.map(|(text,)| Progress::parse(&text).ok_or_else(|| unreadable(&text))).transpose()
}

fn unreadable(text: &str) -> Error {
    Error::Database(sqlx::Error::Decode(format!("how far an import has come can't be read: {text:?}").into()))
}

/// Notes that an import begins; `Duplicate` if one has.
pub async fn begin(tx: &mut Tx, progress: &Progress) -> Result<()> {
    const INSERT: Sql = sql!("INSERT INTO meta (name, value) VALUES ('import', ?)");
    tx.run(INSERT, (progress.text(),)).await.map(drop)
}

/// Notes how far an import has come, if nobody else has gone on with it meanwhile; `false` if so.
pub async fn advance(tx: &mut Tx, from: &Progress, to: &Progress) -> Result<bool> {
    const UPDATE: Sql = sql!("UPDATE meta SET value = ? WHERE name = 'import' AND value = ?");
    Ok(tx.run(UPDATE, (to.text(), from.text())).await? > 0)
}

/// Notes that an import is whole: the database is another one from now on, by its epoch.
pub async fn finish(tx: &mut Tx, epoch: Uuid) -> Result<()> {
    const EPOCH: Sql = sql!("UPDATE meta SET value = ? WHERE name = 'epoch'");
    const DELETE: Sql = sql!("DELETE FROM meta WHERE name = 'import'");
    tx.run(EPOCH, (epoch.to_string(),)).await?;
    tx.run(DELETE, ()).await.map(drop)
}
