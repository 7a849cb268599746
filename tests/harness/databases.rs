//! Databases of a test's own, and what a server has left in one.

use parlor_server::store::DatabaseUrl;
use sqlx::{
    AssertSqlSafe, Connection as _, Executor as _, MySqlConnection, PgConnection, SqliteConnection, query_as,
};
use std::{env, fmt, sync::mpsc, thread, time::Duration};
use tempfile::TempDir;
use tokio::runtime::Builder;
use uuid::Uuid;

/// The three kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    Sqlite,
    /// A database of the server that `PARLOR_TEST_POSTGRES_URL` names.
    Postgres,
    /// A database of the server that `PARLOR_TEST_MYSQL_URL` names.
    MySql,
}

impl Kind {
    /// What the servers of end-to-end tests keep their data in: `PARLOR_TEST_DATABASE`, which is `sqlite`, `postgres` or
    /// `mysql`; SQLite unless it is set.
    #[allow(clippy::disallowed_methods, reason = "a setting of the tests, and not of the server")]
    pub fn wanted() -> Self {
        match env::var("PARLOR_TEST_DATABASE").as_deref() {
            Ok("postgres") => Self::Postgres,
            Ok("mysql") => Self::MySql,
            Ok("sqlite") | Err(_) => Self::Sqlite,
            Ok(other) => panic!("PARLOR_TEST_DATABASE is {other}: set it to sqlite, postgres or mysql"),
        }
    }

    /// The URL of the server, from the environment.
    #[allow(clippy::disallowed_methods, reason = "a setting of the tests, and not of the server")]
    fn server(self) -> String {
        let variable = match self {
            Self::Sqlite => panic!("SQLite has no server"),
            Self::Postgres => "PARLOR_TEST_POSTGRES_URL",
            Self::MySql => "PARLOR_TEST_MYSQL_URL",
        };
        env::var(variable).unwrap_or_else(|_| {
            panic!(
                "set {variable} to the URL of a server where databases may be made, or run this by tests/services, which starts one"
            )
        })
    }
}

/// The URL of a Redis server, from the environment.
pub fn redis_url() -> String {
    redis("PARLOR_TEST_REDIS_URL")
}

/// The same over TLS: its options name the authority of the server's certificate, and a certificate that the server demands of us.
pub fn redis_tls_url() -> String {
    redis("PARLOR_TEST_REDIS_TLS_URL")
}

#[allow(clippy::disallowed_methods, reason = "a setting of the tests, and not of the server")]
fn redis(variable: &str) -> String {
    env::var(variable).unwrap_or_else(|_| {
        panic!("set {variable} to the URL of a Redis server, or run this by tests/services, which starts one")
    })
}

/// An empty database. It goes when this is dropped.
pub struct Database {
    /// Which kind it is.
    pub kind: Kind,
    /// Where it is.
    pub url: String,
    name: String,
    _folder: TempDir,
}

impl Database {
    /// Makes one.
    pub async fn make(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("parlor_{}", Uuid::now_v7().simple());
        let url = match kind {
            Kind::Sqlite => format!("sqlite://{}", folder.path().join("parlor.db").display()),
            Kind::Postgres | Kind::MySql => {
                let server = kind.server();
                let (before, after) = server.split_at(server.rfind('/').unwrap() + 1);
                let options =
                    after.split_once('?').map_or(String::new(), |(_, options)| format!("?{options}"));
                // PostgreSQL with a natural language's order, as many have it, so that an order by accident shows.
                let order =
                    "TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'";
                let order = if kind == Kind::Postgres { order } else { "" };
                execute(kind, &server, format!("CREATE DATABASE {name} {order}")).await;
                format!("{before}{name}{options}")
            }
        };
        Self { kind, url, name, _folder: folder }
    }

    /// Whether there is such a table in it, past the store; not for SQLite.
    pub async fn has_table(&self, name: &str) -> bool {
        const POSTGRES: &str =
            "SELECT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_name = $1)";
        const MYSQL: &str = "SELECT COUNT(*) > 0 FROM information_schema.tables
            WHERE table_schema = DATABASE() AND table_name = ?";
        match self.kind {
            Kind::Sqlite => panic!("look whether there is a file"),
            Kind::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.unwrap();
                sqlx::query_scalar(POSTGRES).bind(name).fetch_one(&mut connection).await.unwrap()
            }
            Kind::MySql => {
                let mut connection = MySqlConnection::connect(&self.url).await.unwrap();
                sqlx::query_scalar(MYSQL).bind(name).fetch_one(&mut connection).await.unwrap()
            }
        }
    }

    /// Statements of a test's own, past the store.
    pub async fn execute(&self, text: &str) {
        Self::run(self.kind, &self.url, text).await;
    }

    /// The same where there is no more than the URL of a database.
    pub async fn run(kind: Kind, url: &str, text: &str) {
        execute(kind, url, text.to_owned()).await;
    }
}

impl Database {
    /// The text that a question of a test's own finds, past the store; `None` where there is no row, or no table yet.
    pub async fn text(&self, question: &'static str) -> Option<String> {
        match self.kind {
            Kind::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.url).await.ok()?;
                let found = sqlx::query_scalar(question).fetch_optional(&mut connection).await;
                connection.close().await.ok();
                found.ok().flatten()
            }
            Kind::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.unwrap();
                sqlx::query_scalar(question).fetch_optional(&mut connection).await.ok().flatten()
            }
            Kind::MySql => {
                let mut connection = MySqlConnection::connect(&self.url).await.unwrap();
                sqlx::query_scalar(question).fetch_optional(&mut connection).await.ok().flatten()
            }
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("kind", &self.kind).field("name", &self.name).finish_non_exhaustive()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let end = match self.kind {
            Kind::Sqlite => return,
            Kind::Postgres => format!("DROP DATABASE {} WITH (FORCE)", self.name),
            Kind::MySql => format!("DROP DATABASE {}", self.name),
        };
        let (kind, server, name) = (self.kind, self.kind.server(), self.name.clone());
        let (done, removed) = mpsc::channel();
        // This is a thread of a runtime, which must not block on another.
        thread::spawn(move || {
            Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
                if kind == Kind::MySql {
                    cut_off(&server, &name).await;
                }
                execute(kind, &server, end).await;
                done.send(()).ok();
            });
        });
        // Not longer: PostgreSQL waits for connections that are being made, and it may be this thread that makes them. What is left then
        // goes with its server.
        removed.recv_timeout(Duration::from_secs(1)).ok();
    }
}

/// Ends whoever uses a database of MySQL's: it would wait for their transactions.
async fn cut_off(server: &str, database: &str) {
    const USERS: &str = "SELECT CAST(id AS SIGNED) FROM information_schema.processlist WHERE db = ?";
    let mut connection = MySqlConnection::connect(server).await.unwrap();
    let users: Vec<i64> = sqlx::query_scalar(USERS).bind(database).fetch_all(&mut connection).await.unwrap();
    for user in users {
        // It may have gone by itself.
        connection.execute(AssertSqlSafe(format!("KILL {user}"))).await.ok();
    }
    connection.close().await.unwrap();
}

async fn execute(kind: Kind, url: &str, text: String) {
    let text = AssertSqlSafe(text);
    match kind {
        Kind::Sqlite => {
            let mut connection = SqliteConnection::connect(url).await.unwrap();
            connection.execute(text).await.unwrap();
            connection.close().await.unwrap();
        }
        Kind::Postgres => {
            let mut connection = PgConnection::connect(url).await.unwrap();
            connection.execute(text).await.unwrap();
            connection.close().await.unwrap();
        }
        Kind::MySql => {
            let mut connection = MySqlConnection::connect(url).await.unwrap();
            connection.execute(text).await.unwrap();
            connection.close().await.unwrap();
        }
    }
}

/// A message as it stands in the database.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredMessage {
    /// Its room.
    pub room_id: Uuid,
    /// Its place in the timeline.
    pub seq: i64,
    /// Its id.
    pub id: Uuid,
    /// What it says.
    pub content: String,
}

/// The messages of a database in order, read past the server. A SQLite file is checked first; its server must not run.
pub async fn stored_messages(database: &DatabaseUrl) -> Vec<StoredMessage> {
    const ALL: &str = "SELECT room_id, seq, id, content FROM entries WHERE kind = 1 ORDER BY room_id, seq";
    match database {
        DatabaseUrl::Sqlite(path) => {
            let mut connection = SqliteConnection::connect(&path.display().to_string()).await.unwrap();
            let verdict: String =
                sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await.unwrap();
            assert_eq!(verdict, "ok");
            let messages = query_as(ALL).fetch_all(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            messages
        }
        DatabaseUrl::Postgres(url) => {
            let mut connection = PgConnection::connect(url).await.unwrap();
            query_as(ALL).fetch_all(&mut connection).await.unwrap()
        }
        DatabaseUrl::MySql(url) => {
            let mut connection = MySqlConnection::connect(url).await.unwrap();
            query_as(ALL).fetch_all(&mut connection).await.unwrap()
        }
    }
}
