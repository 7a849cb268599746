//! What all requests wait for holds up nobody who has nothing to do with it.

use parlor_protocol::rooms::Room;
use parlor_tests::{
    TestServer,
    databases::{Database, Kind, redis_url},
    soon, within,
};
use reqwest::Method;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, MySqlConnection, PgConnection};
use std::time::Duration;
use tokio::{task::JoinSet, time::sleep};

/// A transaction of somebody else's: an operator, or another node.
enum Other {
    Postgres(PgConnection),
    MySql(MySqlConnection),
}

impl Other {
    /// Begins it.
    async fn begin(database: &Database) -> Self {
        let mut other = match database.kind {
            Kind::Postgres => Self::Postgres(PgConnection::connect(&database.url).await.unwrap()),
            _ => Self::MySql(MySqlConnection::connect(&database.url).await.unwrap()),
        };
        other.runs("BEGIN").await;
        other
    }

    async fn locks(&mut self, room: &Room) {
        let id = room.id.0;
        self.runs(&match self {
            Self::Postgres(_) => format!("SELECT id FROM rooms WHERE id = '{id}' FOR UPDATE"),
            Self::MySql(_) => format!("SELECT id FROM rooms WHERE id = x'{}' FOR UPDATE", id.simple()),
        })
        .await;
    }

    async fn ends(mut self) {
        self.runs("COMMIT").await;
    }

    async fn runs(&mut self, text: &str) {
        let text = AssertSqlSafe(text.to_owned());
        let ran = async {
            match self {
                Self::Postgres(connection) => connection.execute(text).await.map(drop),
                Self::MySql(connection) => connection.execute(text).await.map(drop),
            }
        };
        soon("another's statement", ran).await.unwrap();
    }
}

/// How many of the server's transactions wait for a lock.
async fn waiting(database: &Database) -> usize {
    const POSTGRES: &str = "SELECT count(*)::text FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    // A statement that takes so long waits: nothing else here does.
    const MYSQL: &str = "SELECT CAST(COUNT(*) AS CHAR) FROM information_schema.processlist
        WHERE db = DATABASE() AND command IN ('Query', 'Execute') AND time_ms > 200";
    let question = if database.kind == Kind::Postgres { POSTGRES } else { MYSQL };
    database.text(question).await.unwrap().parse().unwrap()
}

async fn node_on(database: &Database, bus: Option<&str>) -> TestServer {
    TestServer::start_with(|config| {
        config.database_url = Some(database.url.parse().unwrap());
        config.bus = bus.map(|bus| bus.parse().unwrap());
    })
    .await
}

/// So many connections of a node's are for requests.
const REQUESTS: usize = 8;

async fn lives_on(kind: Kind, bus: &str) {
    let database = Database::make(kind).await;
    let node = node_on(&database, Some(bus)).await;
    let [ada] = node.people(["ada"]).await;
    let (locked, free) = (ada.creates_room("locked").await, ada.creates_room("free").await);
    let seat = ada.sits_down().await;
    let mut other = Other::begin(&database).await;
    other.locks(&locked).await;
    let mut asking = JoinSet::new();
    for number in 0..REQUESTS * 2 {
        let (ada, path) = (ada.clone(), format!("/api/v1/rooms/{}", locked.id));
        asking.spawn(async move {
            loop {
                let request =
                    ada.request(Method::PATCH, &path).json(&json!({ "name": format!("name {number}") }));
                request.send().await.unwrap();
            }
        });
    }
    let all_wait = async {
        while Box::pin(waiting(&database)).await < REQUESTS {
            sleep(Duration::from_millis(10)).await;
        }
    };
    soon("all connections for requests to be in use", all_wait).await;

    let beat = async || {
        database
            .text("SELECT CAST(MAX(beat) AS CHAR(20)) FROM nodes")
            .await
            .unwrap()
            .trim()
            .parse::<i64>()
            .unwrap()
    };
    let began = beat().await;
    let lives = async {
        while beat().await < began + 3 {
            assert_eq!(node.get("/health/ready").await.status, 200);
            seat.says(&free, "still here").await;
            sleep(Duration::from_millis(100)).await;
        }
    };
    within(Duration::from_secs(10), "three signs of life", lives).await;
    asking.shutdown().await;
    other.ends().await;
}

#[tokio::test]
async fn a_node_lives_on_when_all_requests_wait_for_a_lock_of_postgres() {
    lives_on(Kind::Postgres, "postgres").await;
}

#[tokio::test]
async fn a_node_lives_on_when_all_requests_wait_for_a_lock_of_mariadb() {
    lives_on(Kind::MySql, &redis_url()).await;
}
