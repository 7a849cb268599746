//! The database of the original server, a MySQL that Sequelize has made: read as it is, every value as text, and never written.
//!
//! Tables and columns are found by their names without regard to case and underscores, since both differ between versions and systems.

use super::{
    DatabaseUrl,
    open::{
        OpenError,
        bounds::{answered, first, watched},
    },
};
use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, MySqlConnection, Row,
    mysql::{MySqlConnectOptions, MySqlRow},
};
use std::collections::HashMap;

/// Why it can't be read.
#[derive(Debug, thiserror::Error)]
pub enum OriginalError {
    /// It has other tables than the original's.
    #[error("this is not the original's database: {0}")]
    Unlike(String),
    /// The database said no.
    #[error("the original's database can't be read: {0}")]
    Database(#[from] sqlx::Error),
    /// It says nothing any more, or never did.
    #[error("the original's database can't be read: {0}")]
    Silent(String),
}

impl From<OpenError> for OriginalError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Database(error) => Self::Database(error),
            other => Self::Silent(other.to_string()),
        }
    }
}

type Result<T> = std::result::Result<T, OriginalError>;

/// One moment of the original's database.
#[derive(Debug)]
pub struct Original {
    options: MySqlConnectOptions,
    connection: MySqlConnection,
    tables: Tables,
}

/// A table's own name and those of its columns, by the names as they are compared.
type Tables = HashMap<String, (String, HashMap<String, String>)>;

/// An account.
#[derive(Clone, Debug)]
pub struct OriginalUser {
    /// Its id, a UUID or a number.
    pub id: String,
    /// Its name.
    pub username: Option<String>,
    /// Its address.
    pub email: Option<String>,
    /// The password's hash.
    pub password: Option<String>,
    /// When it was made.
    pub created_at: Option<String>,
    /// When it was last changed.
    pub updated_at: Option<String>,
}

/// A room.
#[derive(Clone, Debug)]
pub struct OriginalRoom {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// Whether only invited people see it.
    pub is_private: bool,
    /// Who made it.
    pub created_by: Option<String>,
    /// When.
    pub created_at: Option<String>,
    /// When it was last changed.
    pub updated_at: Option<String>,
}

/// A membership.
#[derive(Clone, Debug)]
pub struct OriginalMember {
    /// Who.
    pub user_id: Option<String>,
    /// Where.
    pub room_id: Option<String>,
    /// When it began.
    pub joined_at: Option<String>,
}

/// An invite.
#[derive(Clone, Debug)]
pub struct OriginalInvite {
    /// Its id.
    pub id: String,
    /// Into which room.
    pub room_id: Option<String>,
    /// The code in clear.
    pub code: Option<String>,
    /// Who made it, where that is known.
    pub created_by: Option<String>,
    /// When.
    pub created_at: Option<String>,
}

/// A message.
#[derive(Clone, Debug)]
pub struct OriginalMessage {
    /// Its id.
    pub id: String,
    /// Who sent it.
    pub user_id: Option<String>,
    /// Where.
    pub room_id: Option<String>,
    /// What it says.
    pub content: Option<String>,
    /// Whether somebody has read it, as the original had it.
    pub status: Option<String>,
    /// When.
    pub created_at: Option<String>,
}

impl Original {
    /// Connects, finds the tables, and holds one moment of them until this is dropped.
    pub async fn open(url: &str) -> Result<Self> {
        const SNAPSHOT: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;
            START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
        let options = options(url)?;
        let (mut connection, tables) = look(&options).await?;
        for table in ["users", "rooms", "roommembers", "messages"] {
            if !tables.contains_key(table) {
                return Err(OriginalError::Unlike(format!("it has no table like {table:?}")));
            }
        }
        answered("one moment of it was to be held", connection.execute(SNAPSHOT)).await?;
        Ok(Self { options, connection, tables })
    }

    /// The accounts, oldest first.
    pub async fn users(&mut self) -> Result<Vec<OriginalUser>> {
        let columns = ["id", "username", "email", "password", "createdat", "updatedat"];
        let text = self.select("users", &columns, 4, &["createdat", "id"])?;
        self.all(text, |mut row| OriginalUser {
            id: row.take(0).unwrap_or_default(),
            username: row.take(1),
            email: row.take(2),
            password: row.take(3),
            created_at: row.take(4),
            updated_at: row.take(5),
        })
        .await
    }

    /// The rooms, oldest first.
    pub async fn rooms(&mut self) -> Result<Vec<OriginalRoom>> {
        let columns =
            ["id", "name", "isprivate", "createdby|creatorid", "description", "createdat", "updatedat"];
        let text = self.select("rooms", &columns, 4, &["createdat", "id"])?;
        self.all(text, |mut row| OriginalRoom {
            id: row.take(0).unwrap_or_default(),
            name: row.take(1),
            is_private: row.take(2).is_some_and(|text| text != "0"),
            created_by: row.take(3),
            description: row.take(4),
            created_at: row.take(5),
            updated_at: row.take(6),
        })
        .await
    }

    /// The memberships, oldest first.
    pub async fn members(&mut self) -> Result<Vec<OriginalMember>> {
        let columns = ["userid", "roomid", "joinedat|createdat"];
        let text = self.select("roommembers", &columns, 2, &["joinedat|createdat", "id"])?;
        self.all(text, |mut row| OriginalMember {
            user_id: row.take(0),
            room_id: row.take(1),
            joined_at: row.take(2),
        })
        .await
    }

    /// The invites, newest first; none where the table is missing, as in the first versions.
    pub async fn invites(&mut self) -> Result<Vec<OriginalInvite>> {
        if !self.tables.contains_key("roominvites") {
            return Ok(Vec::new());
        }
        let columns = ["id", "roomid", "invitecode|code|token", "createdby|creatorid|userid", "createdat"];
        let text = self.select("roominvites", &columns, 3, &["createdat", "id"])?;
        let mut found = self
            .all(text, |mut row| OriginalInvite {
                id: row.take(0).unwrap_or_default(),
                room_id: row.take(1),
                code: row.take(2),
                created_by: row.take(3),
                created_at: row.take(4),
            })
            .await?;
        found.reverse();
        Ok(found)
    }

    /// The messages of all rooms in the order of time and id, one by one.
    pub fn messages(&mut self) -> Result<impl Stream<Item = Result<OriginalMessage>> + Send + '_> {
        let columns = ["id", "userid", "roomid", "content", "status", "createdat"];
        let text = self.select("messages", &columns, 4, &["createdat", "id"])?;
        let options = &self.options;
        let rows = sqlx::query(AssertSqlSafe(text)).fetch(&mut self.connection);
        let rows = stream::try_unfold(rows, move |mut rows| async move {
            let next = async { Ok(rows.try_next().await?) };
            let next = watched(ROWS_READ, options, next).await?;
            Ok::<_, OriginalError>(next.map(|row| (row, rows)))
        });
        Ok(rows.map(|row| {
            let mut row = Values::of(&row?)?;
            Ok(OriginalMessage {
                id: row.take(0).unwrap_or_default(),
                user_id: row.take(1),
                room_id: row.take(2),
                content: row.take(3),
                status: row.take(4),
                created_at: row.take(5),
            })
        }))
    }

    /// A statement for these columns, of which the first `needed` have to be there; `a|b` is the first of the two that is.
    fn select(&self, table: &str, columns: &[&str], needed: usize, order: &[&str]) -> Result<String> {
        let unlike = |what: String| OriginalError::Unlike(what);
        let (name, known) = self.tables.get(table).ok_or_else(|| unlike(format!("it has no {table}")))?;
        let find = |wanted: &str| wanted.split('|').find_map(|one| known.get(one));
        let mut selected = Vec::new();
        for (number, wanted) in columns.iter().enumerate() {
            match find(wanted) {
                // Of a bit or a boolean the number; of everything else the text, whatever its type.
                Some(column) if *wanted == "isprivate" => {
                    selected.push(format!("CAST({} + 0 AS CHAR)", quoted(column)));
                }
                Some(column) => selected.push(format!("CAST({} AS CHAR)", quoted(column))),
                None if number < needed => {
                    return Err(unlike(format!("the table {name:?} has no column like {wanted:?}")));
                }
                None => selected.push("NULL".to_owned()),
            }
        }
        let order: Vec<_> =
            order.iter().filter_map(|wanted| find(wanted)).map(|column| quoted(column)).collect();
        let order = if order.is_empty() { String::new() } else { format!(" ORDER BY {}", order.join(", ")) };
        Ok(format!("SELECT {} FROM {}{order}", selected.join(", "), quoted(name)))
    }

    async fn all<T>(&mut self, text: String, read: fn(Values) -> T) -> Result<Vec<T>> {
        let rows = async { Ok(self.connection.fetch_all(AssertSqlSafe(text)).await?) };
        let rows = watched(ROWS_READ, &self.options, rows).await?;
        rows.iter().map(|row| Ok(read(Values::of(row)?))).collect()
    }
}

/// Whether the tables of the original are in this database, where Parlor's would clash with them.
pub async fn is_here(url: &str) -> std::result::Result<bool, OpenError> {
    let looked = async {
        let (connection, tables) = look(&options(url)?).await?;
        answered("a connection was to end", connection.close()).await?;
        Ok(tables.contains_key("roommembers"))
    };
    looked.await.map_err(|error: OpenError| error.at(&DatabaseUrl::MySql(url.to_owned())))
}

const ROWS_READ: &str = "its rows were read";

fn options(url: &str) -> sqlx::Result<MySqlConnectOptions> {
    let options: MySqlConnectOptions = url.parse()?;
    Ok(options.charset("utf8mb4").disable_statement_logging())
}

async fn look(options: &MySqlConnectOptions) -> std::result::Result<(MySqlConnection, Tables), OpenError> {
    const COLUMNS: &str =
        "SELECT CAST(table_name AS CHAR), CAST(column_name AS CHAR) FROM information_schema.columns
        WHERE table_schema = DATABASE()";
    let mut connection = first(options).await?;
    let columns = sqlx::query_as(COLUMNS).fetch_all(&mut connection);
    let columns: Vec<(String, String)> = answered("it was asked for its tables", columns).await?;
    let mut tables = Tables::new();
    for (table, column) in columns {
        let known = tables.entry(compared(&table)).or_insert_with(|| (table.clone(), HashMap::new()));
        known.1.insert(compared(&column), column);
    }
    Ok((connection, tables))
}

fn compared(name: &str) -> String {
    name.to_lowercase().replace('_', "")
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A moment as the original keeps it, in UTC; cut to milliseconds, as all times that are told. `None` for what is no moment, such as
/// MySQL's day nought.
pub fn moment(text: Option<&str>) -> Option<DateTime<Utc>> {
    let time = NaiveDateTime::parse_from_str(text?, "%Y-%m-%d %H:%M:%S%.f").ok()?;
    Some(time.and_utc().trunc_subsecs(3))
}

/// The values of a row as text.
struct Values(Vec<Option<String>>);

impl Values {
    fn of(row: &MySqlRow) -> Result<Self> {
        Ok(Self((0..row.len()).map(|column| row.try_get(column)).collect::<sqlx::Result<_>>()?))
    }

    fn take(&mut self, column: usize) -> Option<String> {
        self.0.get_mut(column).and_then(Option::take)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_cut_to_milliseconds_and_day_nought_is_none() {
        let told = |text| moment(Some(text)).map(|at| at.to_rfc3339());
        assert_eq!(told("2025-08-21 10:16:10").as_deref(), Some("2025-08-21T10:16:10+00:00"));
        assert_eq!(told("2025-08-21 10:16:10.123456").as_deref(), Some("2025-08-21T10:16:10.123+00:00"));
        for none in ["0000-00-00 00:00:00", "", "yesterday"] {
            assert_eq!(told(none), None, "{none}");
        }
    }
}
