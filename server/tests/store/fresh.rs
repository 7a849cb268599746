//! A fresh database for each test, and the test on each kind of database.

use parlor_server::store::{DatabaseUrl, Store, StoreSettings};
use parlor_tests::databases::Database;
pub use parlor_tests::databases::Kind;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, PgConnection};
use std::{ops::Deref, path::PathBuf, sync::Arc};

/// A database of one's own.
pub struct Fresh(Database);

impl Deref for Fresh {
    type Target = Database;
    fn deref(&self) -> &Database {
        &self.0
    }
}

/// Makes one test for each kind of database of a function that takes an `Arc<Fresh>`, or a `Store` opened on it. What the
/// test has run is explained in the end, so the database has to be whole then.
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
                let fresh = crate::fresh::Fresh::make(crate::fresh::Kind::$kind).await.run(body).await;
                assert!(crate::statements::explain(&fresh).await > 0, "no statement was seen");
            });
        }
    )*};
}
pub(crate) use on_every_database;

/// What a test body takes: the database itself, or the store opened on it.
pub trait Subject: Clone + Send + 'static {
    fn of(fresh: Arc<Fresh>) -> impl Future<Output = Self> + Send;
    fn done(self) -> impl Future<Output = ()> + Send;
}

impl Subject for Arc<Fresh> {
    async fn of(fresh: Arc<Fresh>) -> Self {
        fresh
    }
    async fn done(self) {}
}

impl Subject for Store {
    async fn of(fresh: Arc<Fresh>) -> Self {
        fresh.open().await
    }
    async fn done(self) {
        self.close().await;
    }
}

impl Fresh {
    pub async fn make(kind: Kind) -> Self {
        Self(Database::make(kind).await)
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

    /// Runs the test in a task of its own, so that the database goes even when it fails. Answers the database as the test leaves it.
    pub async fn run<S: Subject, F: Future<Output = ()> + Send + 'static>(
        self,
        body: fn(S) -> F,
    ) -> Arc<Self> {
        let fresh = Arc::new(self);
        let subject = S::of(Arc::clone(&fresh)).await;
        let outcome = tokio::spawn(body(subject.clone())).await;
        subject.done().await;
        if let Err(error) = outcome {
            std::panic::resume_unwind(error.into_panic());
        }
        fresh
    }
}
