//! A start that has to wait for another node, or beside a database that says nothing, ends in time or in words.

use crate::cut_off::by_proxy;
use parlor_tests::{
    databases::{Database, Kind},
    process::command,
    server::SECRET,
    within,
};
use sqlx::{Connection as _, Executor as _, MySqlConnection, PgConnection, migrate::Migrate as _};
use std::{net::TcpListener, time::Duration};
use tempfile::NamedTempFile;
use tokio::{process::Child, time::sleep};

#[tokio::test]
async fn a_start_beside_a_database_that_says_nothing_ends_in_words() {
    // Connections are taken in, by the system.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    for scheme in ["postgres", "mysql"] {
        let url = format!("{scheme}://parlor@{}/parlor", listener.local_addr().unwrap());
        let settings = [("PARLOR_DATABASE_URL", &*url), ("PARLOR_JWT_SECRET", SECRET)];
        let output = command().envs(settings).output();
        let output = within(Duration::from_secs(30), "the start to fail", output).await.unwrap();
        let words = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && words.contains("has said nothing for 10 s"), "{words}");
    }
}

/// Another who has what a start needs, as long as this lives.
enum Other {
    Postgres(PgConnection),
    MySql(MySqlConnection),
}

impl Other {
    /// A node that is changing the tables.
    async fn changes(database: &Database) -> Self {
        const LOCK: &str = "DO GET_LOCK(CONCAT('parlor:', SHA1(DATABASE())), 0)";
        let mut other = Self::on(database).await;
        match &mut other {
            Self::Postgres(connection) => connection.lock().await.unwrap(),
            Self::MySql(connection) => connection.execute(LOCK).await.map(drop).unwrap(),
        }
        other
    }

    /// One that reads a table, as a dump does.
    async fn reads(database: &Database) -> Self {
        const READ: &str = "START TRANSACTION; SELECT COUNT(*) FROM users";
        let mut other = Self::on(database).await;
        match &mut other {
            Self::Postgres(connection) => connection.execute(READ).await.map(drop).unwrap(),
            Self::MySql(connection) => connection.execute(READ).await.map(drop).unwrap(),
        }
        other
    }

    async fn on(database: &Database) -> Self {
        if database.kind == Kind::Postgres {
            Self::Postgres(PgConnection::connect(&database.url).await.unwrap())
        } else {
            Self::MySql(MySqlConnection::connect(&database.url).await.unwrap())
        }
    }

    async fn ends(self) {
        match self {
            Self::Postgres(connection) => connection.close().await.unwrap(),
            Self::MySql(connection) => connection.close().await.unwrap(),
        }
    }
}

/// A start of the server, and what it says.
struct Start {
    process: Child,
    log: NamedTempFile,
}

impl Start {
    fn on(url: &str) -> Self {
        let log = NamedTempFile::new().unwrap();
        let settings =
            [("PARLOR_DATABASE_URL", url), ("PARLOR_JWT_SECRET", SECRET), ("PARLOR_LISTEN", "127.0.0.1:0")];
        let file = || std::fs::OpenOptions::new().append(true).open(log.path()).unwrap();
        let process = command().envs(settings).stdout(file()).stderr(file()).spawn().unwrap();
        Self { process, log }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }

    async fn says(&mut self, words: &str) {
        let said = async {
            while !self.log().contains(words) {
                sleep(Duration::from_millis(20)).await;
            }
        };
        within(Duration::from_secs(30), format!("{words:?} in the log"), said).await;
    }
}

#[tokio::test]
async fn a_further_start_on_postgres_says_nothing_of_what_is_there_already() {
    let database = Database::make(Kind::Postgres).await;
    for _ in 0..2 {
        let mut start = Start::on(&database.url);
        start.says("/health/ready").await;
        start.process.kill().await.unwrap();
        assert!(!start.log().contains("already exists"), "{}", start.log());
    }
}

async fn waits_in_words(kind: Kind) {
    let database = Database::make(kind).await;
    let (way, url) = by_proxy(&database).await;
    let changing = Other::changes(&database).await;
    let (mut patient, mut cut_off) = (Start::on(&database.url), Start::on(&url));
    for start in [&mut patient, &mut cut_off] {
        start.says("another process is changing the tables; waiting for its end").await;
    }
    way.fall_silent();
    let ended = within(Duration::from_secs(40), "the start to fail", cut_off.process.wait()).await.unwrap();
    let words = cut_off.log();
    assert!(
        !ended.success() && words.contains("the database server has said nothing for 10 s when"),
        "{words}"
    );
    assert!(patient.process.try_wait().unwrap().is_none(), "{}", patient.log());
    changing.ends().await;
    patient.says("/health/ready").await;
}

#[tokio::test]
async fn a_start_waits_for_another_nodes_change_of_postgres_and_says_so() {
    waits_in_words(Kind::Postgres).await;
}

#[tokio::test]
async fn a_start_waits_for_another_nodes_change_of_mariadb_and_says_so() {
    waits_in_words(Kind::MySql).await;
}

async fn lets_others_go_on(kind: Kind) {
    const BEHIND: &str =
        "ALTER TABLE users DROP COLUMN disabled_at; DELETE FROM _sqlx_migrations WHERE version = 11";
    let database = Database::make(kind).await;
    let mut start = Start::on(&database.url);
    start.says("/health/ready").await;
    start.process.kill().await.unwrap();
    database.execute(BEHIND).await;
    let reading = Other::reads(&database).await;
    let mut start = Start::on(&database.url);
    start.says("others hold a table that is to be changed").await;
    let write = database.execute("UPDATE users SET email = email");
    within(Duration::from_secs(20), "who comes after the change to go on", write).await;
    assert!(start.process.try_wait().unwrap().is_none(), "{}", start.log());
    reading.ends().await;
    start.says("/health/ready").await;
    database.execute("UPDATE users SET disabled_at = NULL").await;
}

#[tokio::test]
async fn a_change_of_postgres_waits_for_a_dump_and_keeps_nobody_else_waiting() {
    lets_others_go_on(Kind::Postgres).await;
}

#[tokio::test]
async fn a_change_of_mariadb_waits_for_a_dump_and_keeps_nobody_else_waiting() {
    lets_others_go_on(Kind::MySql).await;
}
