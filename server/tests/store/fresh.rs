//! A fresh database for each test, and the test on each kind of database.

use parlor_server::store::{DatabaseUrl, Store, StoreSettings};
use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, PgConnection};
use std::{env, path::PathBuf};
use tempfile::TempDir;
use uuid::Uuid;

/// The three kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
    MySql,
}

/// A database of one's own.
pub struct Fresh {
    pub kind: Kind,
    pub url: String,
    name: String,
    folder: TempDir,
}

/// Makes one test for each kind of database of a function that takes `&Fresh`, or `&Store` opened on it.
macro_rules! on_every_database {
    ($($(#[$attribute:meta])* async fn $name:ident($argument:ident: $type:ty) $body:block)*) => {$(
        $(#[$attribute])*
        mod $name {
            #[allow(unused_imports, reason = "not every test needs all of its file's imports")]
            use super::*;

            async fn body($argument: $type) $body

            on_every_database!(@ Sqlite sqlite, Postgres postgres, MySql mysql);
        }
    )*};
    (@ $($kind:ident $name:ident),*) => {$(
        #[test]
        fn $name() {
            crate::statements::watch(async {
                crate::fresh::Fresh::make(crate::fresh::Kind::$kind).await.run(body).await;
            });
        }
    )*};
}
pub(crate) use on_every_database;

/// What a test body takes: the database itself, or the store opened on it.
pub trait Subject: Clone + Send + 'static {
    fn of(fresh: std::sync::Arc<Fresh>) -> impl Future<Output = Self> + Send;
    fn done(self) -> impl Future<Output = ()> + Send;
}

impl Subject for std::sync::Arc<Fresh> {
    async fn of(fresh: std::sync::Arc<Fresh>) -> Self {
        fresh
    }
    async fn done(self) {}
}

impl Subject for Store {
    async fn of(fresh: std::sync::Arc<Fresh>) -> Self {
        fresh.open().await
    }
    async fn done(self) {
        self.close().await;
    }
}

impl Fresh {
    pub async fn make(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("parlor_{}", Uuid::now_v7().simple());
        let url = match kind {
            Kind::Sqlite => format!("sqlite://{}", folder.path().join("parlor.db").display()),
            Kind::Postgres | Kind::MySql => {
                let server = server(kind);
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
        Self { kind, url, name, folder }
    }

    pub fn settings(&self) -> StoreSettings {
        StoreSettings { url: self.url.parse().unwrap(), accept_data_loss: false }
    }

    pub async fn open(&self) -> Store {
        Store::open(&self.settings()).await.unwrap()
    }

    pub fn path(&self) -> PathBuf {
        match self.settings().url {
            DatabaseUrl::Sqlite(path) => path,
            _ => panic!("only SQLite has a file"),
        }
    }

    /// Statements of a test's own, past the store.
    pub async fn execute(&self, text: &str) {
        match self.kind {
            Kind::Sqlite => {
                let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
                connection.execute(AssertSqlSafe(text.to_owned())).await.unwrap();
                connection.close().await.unwrap();
            }
            Kind::Postgres | Kind::MySql => execute(self.kind, &self.url, text.to_owned()).await,
        }
    }

    /// How many rows a table has.
    pub async fn count(&self, table: &str) -> i64 {
        let text = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        let (count,): (i64,) = match self.kind {
            Kind::Sqlite => {
                let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
                sqlx::query_as(text).fetch_one(&mut connection).await.unwrap()
            }
            Kind::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.unwrap();
                sqlx::query_as(text).fetch_one(&mut connection).await.unwrap()
            }
            Kind::MySql => {
                let mut connection = MySqlConnection::connect(&self.url).await.unwrap();
                sqlx::query_as(text).fetch_one(&mut connection).await.unwrap()
            }
        };
        count
    }

    /// Runs the test in a task of its own, so that the database goes even when it fails.
    pub async fn run<S: Subject, F: Future<Output = ()> + Send + 'static>(self, body: fn(S) -> F) {
        let fresh = std::sync::Arc::new(self);
        let subject = S::of(std::sync::Arc::clone(&fresh)).await;
        let outcome = tokio::spawn(body(subject.clone())).await;
        subject.done().await;
        if outcome.is_ok() && !std::any::type_name::<S>().contains("Fresh") {
            assert!(crate::statements::explain(&fresh).await > 0, "no statement was seen");
        }
        fresh.remove().await;
        if let Err(error) = outcome {
            std::panic::resume_unwind(error.into_panic());
        }
    }

    pub async fn remove(&self) {
        match self.kind {
            Kind::Sqlite => assert!(self.folder.path().exists()),
            Kind::Postgres => {
                execute(self.kind, &server(self.kind), format!("DROP DATABASE {} WITH (FORCE)", self.name))
                    .await;
            }
            Kind::MySql => {
                execute(self.kind, &server(self.kind), format!("DROP DATABASE {}", self.name)).await;
            }
        }
    }
}

/// The URL of the server, from the environment.
#[allow(clippy::disallowed_methods, reason = "a setting of the tests, and not of the server")]
fn server(kind: Kind) -> String {
    let variable = match kind {
        Kind::Sqlite => panic!("SQLite has no server"),
        Kind::Postgres => "PARLOR_TEST_POSTGRES_URL",
        Kind::MySql => "PARLOR_TEST_MYSQL_URL",
    };
    let Ok(url) = env::var(variable) else {
        panic!(
            "set {variable} to the URL of a server where databases may be made, or run tests/run, which starts one"
        );
    };
    url
}

async fn execute(kind: Kind, url: &str, text: String) {
    let text = AssertSqlSafe(text);
    if kind == Kind::Postgres {
        let mut connection = PgConnection::connect(url).await.unwrap();
        connection.execute(text).await.unwrap();
        connection.close().await.unwrap();
    } else {
        let mut connection = MySqlConnection::connect(url).await.unwrap();
        connection.execute(text).await.unwrap();
        connection.close().await.unwrap();
    }
}
