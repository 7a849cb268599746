//! A statement in the words of each database, what it is given, and what it yields: the traits that make one text serve three drivers.

use super::copy::Bytes;
use chrono::{DateTime, Utc};
use sqlx::{
    Arguments, Database, Encode, FromRow, MySql, Postgres, Sqlite, Type,
    error::BoxDynError,
    mysql::{MySqlArguments, MySqlRow},
    postgres::{PgArguments, PgRow},
    sqlite::{SqliteArguments, SqliteRow},
};
use uuid::Uuid;

/// One statement in the words of each database; written with `sql!`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sql {
    pub(super) sqlite: &'static str,
    pub(super) postgres: &'static str,
    pub(super) mysql: &'static str,
}

/// `sql!("… ? …")` for all three databases, or `sql! { sqlite: …, postgres: …, mysql: … }`; each `?` becomes `$n` for PostgreSQL at compile time.
macro_rules! sql {
    ($text:expr $(,)?) => {
        sql! { sqlite: $text, postgres: $text, mysql: $text }
    };
    (sqlite: $sqlite:expr, postgres: $postgres:expr, mysql: $mysql:expr $(,)?) => {{
        const NUMBERED: [u8; $crate::store::sql::numbered_len($postgres)] =
            $crate::store::sql::numbered($postgres);
        const POSTGRES: &str = match ::std::str::from_utf8(&NUMBERED) {
            Ok(text) => text,
            Err(_) => unreachable!(),
        };
        $crate::store::sql::Sql { sqlite: $sqlite, postgres: POSTGRES, mysql: $mysql }
    }};
}
pub(super) use sql;

/// A statement that `$select!` makes of what comes after a column that is one of the ids which [`ids`] has written into one parameter.
macro_rules! of_ids {
    ($select:ident) => {
        sql! {
            sqlite: $select!("IN (SELECT unhex(value) FROM json_each(?))"),
            postgres: $select!("= ANY (ARRAY(SELECT value::uuid FROM json_array_elements_text(?::json)))"),
            mysql: $select!("IN (SELECT UNHEX(id) FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS given)"),
        }
    };
}
pub(super) use of_ids;

/// Ids as one parameter, so that a text stays the same whatever their number.
pub(super) fn ids(ids: &[Uuid]) -> String {
    let quoted: Vec<_> = ids.iter().map(|id| format!("\"{}\"", id.simple())).collect();
    format!("[{}]", quoted.join(","))
}

/// Tells the text of a statement that is about to run, to whoever looks at traces; never what it is given.
pub(super) fn told(text: &'static str) -> &'static str {
    tracing::trace!(target: "parlor_server::store::statement", text);
    text
}

/// How long [`numbered`] makes the text.
pub(super) const fn numbered_len(text: &str) -> usize {
    number(text, &mut [])
}

/// The text with `$1`, `$2`, … in place of each `?`.
pub(super) const fn numbered<const LENGTH: usize>(text: &str) -> [u8; LENGTH] {
    let mut out = [0; LENGTH];
    number(text, &mut out);
    out
}

/// Writes the numbered text, unless `out` is empty, and returns its length. A `?` within quotes stays; at most 99 count.
const fn number(text: &str, out: &mut [u8]) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut length, mut count, mut quoted) = (0, 0, 0u8, false);
    while at < bytes.len() {
        let byte = bytes[at];
        at += 1;
        if byte == b'\'' {
            quoted = !quoted;
        }
        if byte == b'?' && !quoted {
            count += 1;
            assert!(count < 100, "a statement has at most 99 parameters");
            length = put(out, length, b'$');
            if count >= 10 {
                length = put(out, length, b'0' + count / 10);
            }
            length = put(out, length, b'0' + count % 10);
        } else {
            length = put(out, length, byte);
        }
    }
    length
}

const fn put(out: &mut [u8], at: usize, byte: u8) -> usize {
    if !out.is_empty() {
        out[at] = byte;
    }
    at + 1
}

/// A tuple of parameters, as the driver `DB` takes them.
pub(super) trait Bind<DB: Database> {
    /// The driver's own form of them.
    fn bind(self) -> Result<DB::Arguments, BoxDynError>;
}

/// A tuple of parameters that every driver takes.
pub(super) trait Params: Bind<Sqlite> + Bind<Postgres> + Bind<MySql> + Send {}
impl<T: Bind<Sqlite> + Bind<Postgres> + Bind<MySql> + Send> Params for T {}

/// A row that every driver yields: `#[derive(FromRow)]`, or a tuple.
pub(super) trait Row:
    Send + Unpin + for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, MySqlRow>
{
}
impl<T> Row for T where
    T: Send
        + Unpin
        + for<'r> FromRow<'r, SqliteRow>
        + for<'r> FromRow<'r, PgRow>
        + for<'r> FromRow<'r, MySqlRow>
{
}

/// One parameter, as the driver `DB` takes it.
pub(super) trait Value<DB: Database> {
    fn add_to(self, arguments: &mut DB::Arguments) -> Result<(), BoxDynError>;
}

macro_rules! values {
    ($($value:ty),*) => {$(
        impl<'v, DB: Database> Value<DB> for $value
        where
            $value: for<'q> Encode<'q, DB> + Type<DB>,
        {
            fn add_to(self, arguments: &mut DB::Arguments) -> Result<(), BoxDynError> {
                arguments.add(self)
            }
        }
    )*};
}
values!(
    bool,
    i64,
    Option<i64>,
    Uuid,
    &'v str,
    String,
    &'v String,
    &'v Option<String>,
    Option<String>,
    &'v [u8],
    Bytes,
    Option<Bytes>
);

macro_rules! times {
    ($($time:ty, $naive:expr;)*) => {$(
        impl Value<Sqlite> for $time {
            fn add_to(self, arguments: &mut SqliteArguments) -> Result<(), BoxDynError> {
                arguments.add(self)
            }
        }

        impl Value<Postgres> for $time {
            fn add_to(self, arguments: &mut PgArguments) -> Result<(), BoxDynError> {
                arguments.add(self)
            }
        }

        /// Not as it is: the driver would call it a TIMESTAMP, which ends in 2038, and the server would take a later one for NULL.
        impl Value<MySql> for $time {
            fn add_to(self, arguments: &mut MySqlArguments) -> Result<(), BoxDynError> {
                arguments.add($naive(self))
            }
        }
    )*};
}
times! {
    DateTime<Utc>, |time: Self| time.naive_utc();
    Option<DateTime<Utc>>, |time: Self| time.map(|time| time.naive_utc());
}

macro_rules! tuples {
    () => { tuples!(@); };
    ($head:ident $($tail:ident)*) => { tuples!(@ $head $($tail)*); tuples!($($tail)*); };
    (@ $($value:ident)*) => {
        impl<DB: Database, $($value: Value<DB>),*> Bind<DB> for ($($value,)*) {
            #[allow(non_snake_case, unused_mut, reason = "one macro for every length, nought too")]
            fn bind(self) -> Result<DB::Arguments, BoxDynError> {
                let ($($value,)*) = self;
                let mut arguments = DB::Arguments::default();
                $($value.add_to(&mut arguments)?;)*
                Ok(arguments)
            }
        }
    };
}
tuples!(A B C D E F G H I J K L);

#[cfg(test)]
mod tests {
    use super::Sql;

    #[test]
    fn each_question_mark_outside_quotes_is_numbered() {
        const MANY: Sql = sql!("? '?' ?, ?, ?, ?, ?, ?, ?, ?, ? 'it''s ?' é ?");
        assert_eq!(MANY.postgres, "$1 '?' $2, $3, $4, $5, $6, $7, $8, $9, $10 'it''s ?' é $11");
        assert_eq!(MANY.sqlite, MANY.mysql);
    }
}
