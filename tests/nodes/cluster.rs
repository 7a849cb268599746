//! Nodes of one database, joined by a bus.

use parlor_client::ServerMessage;
use parlor_server::config::Config;
use parlor_tests::{
    Person, ServerProcess, TestServer,
    databases::{Database, Kind, redis_url},
    proxy::FaultProxy,
    server::SECRET,
    soon,
};
use std::{net::SocketAddr, time::Duration};
use tokio::time::timeout;

/// What keeps the data, and what joins the nodes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum House {
    PostgresAlone,
    PostgresAndRedis,
    MariaDbAndRedis,
}

/// Two nodes.
pub(crate) struct Cluster {
    pub(crate) nodes: [TestServer; 2],
    /// Between the nodes and Redis, if there is one.
    pub(crate) way: Option<FaultProxy>,
    bus: String,
    database: Database,
}

/// Makes a test for each house, of nodes whose settings `with` has changed.
macro_rules! in_every_house {
    ($(#[$($attributes:tt)*])* async fn $($rest:tt)*) => {
        in_every_house! { with |_: &mut parlor_server::config::Config| {}; $(#[$($attributes)*])* async fn $($rest)* }
    };
    (with $change:expr; $($(#[$attribute:meta])* async fn $name:ident($cluster:ident: Cluster) $body:block)*) => {$(
        $(#[$attribute])*
        mod $name {
            use super::*;

            async fn body($cluster: Cluster) $body

            #[tokio::test]
            async fn postgres_alone() {
                body(Cluster::start_with(House::PostgresAlone, $change).await).await;
            }

            #[tokio::test]
            async fn postgres_and_redis() {
                body(Cluster::start_with(House::PostgresAndRedis, $change).await).await;
            }

            #[tokio::test]
            async fn mariadb_and_redis() {
                body(Cluster::start_with(House::MariaDbAndRedis, $change).await).await;
            }
        }
    )*};
}
pub(crate) use in_every_house;

impl Cluster {
    pub(crate) async fn start(house: House) -> Self {
        Self::start_with(house, |_| {}).await
    }

    /// Nodes whose settings were changed first.
    pub(crate) async fn start_with(house: House, change: impl Fn(&mut Config)) -> Self {
        let database = Database::make(match house {
            House::PostgresAlone | House::PostgresAndRedis => Kind::Postgres,
            House::MariaDbAndRedis => Kind::MySql,
        })
        .await;
        let (bus, way) = match house {
            House::PostgresAlone => ("postgres".to_owned(), None),
            House::PostgresAndRedis | House::MariaDbAndRedis => {
                let (before, server) = redis();
                let way = FaultProxy::start(server).await;
                (format!("{before}{}", way.address()), Some(way))
            }
        };
        let settings = |config: &mut Config| {
            config.database_url = Some(database.url.parse().unwrap());
            config.bus = Some(bus.parse().unwrap());
            change(config);
        };
        let nodes = [TestServer::start_with(settings).await, TestServer::start_with(settings).await];
        Self { nodes, way, bus, database }
    }

    /// Waits until each node hears the other: the bus is joined a moment after the start. Typing is told by nothing else.
    pub(crate) async fn is_joined(&self, person: &Person) {
        let porch = person.creates_room("porch").await;
        let [here, there] = &self.nodes;
        let mut seats = [person.by(here).subscribes(&porch).await, person.by(there).subscribes(&porch).await];
        for _ in 0..2 {
            let [hears, types] = &mut seats;
            let told = async {
                loop {
                    for is_typing in [true, false] {
                        types.types(&porch, is_typing).await;
                        let told = hears
                            .hears(|message| matches!(message, ServerMessage::UserTyping(_)).then_some(()));
                        if timeout(Duration::from_millis(500), told).await.is_ok() {
                            return;
                        }
                    }
                }
            };
            soon("the nodes to hear each other", told).await;
            seats.reverse();
        }
    }

    /// Where their database is.
    pub(crate) fn database_url(&self) -> &str {
        &self.database.url
    }

    /// A statement of a test's own, past the nodes.
    pub(crate) async fn execute(&self, text: &str) {
        self.database.execute(text).await;
    }

    /// One more node, as a process that can be killed.
    pub(crate) async fn process(&self) -> ServerProcess {
        ServerProcess::start(&[
            ("PARLOR_DATABASE_URL", &self.database.url),
            ("PARLOR_BUS", &self.bus),
            ("PARLOR_JWT_SECRET", SECRET),
        ])
        .await
    }
}

/// What comes before the address in the URL of the Redis server, and the address.
pub(crate) fn redis() -> (String, SocketAddr) {
    let url = redis_url();
    let at = url.rfind('@').unwrap() + 1;
    (url[..at].to_owned(), url[at..].parse().unwrap())
}
