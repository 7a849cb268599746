//! Three nodes as processes, each with a way of its own to the one database, and a Redis that can be killed.

use super::redis::Redis;
use crate::cluster::House;
use parlor_server::store::DatabaseUrl;
use parlor_tests::{
    ServerProcess,
    databases::{Database, Kind, StoredMessage, stored_messages},
    proxy::FaultProxy,
    scale::OFF,
    server::{Address, SECRET},
};
use std::net::SocketAddr;
use tokio::sync::{Mutex, MutexGuard};

pub(crate) const NODES: usize = 3;

/// All of it.
pub(crate) struct Nodes {
    pub(crate) all: Vec<Node>,
    pub(crate) redis: Option<Mutex<Redis>>,
    database: Database,
}

/// One node.
pub(crate) struct Node {
    pub(crate) address: Address,
    /// Locked while it is down: nobody kills it twice.
    pub(crate) process: Mutex<ServerProcess>,
    /// To the database. Locked while it is bad, and while the node starts, which needs a good one.
    pub(crate) way: Mutex<FaultProxy>,
}

impl Nodes {
    pub(crate) async fn start(house: House) -> Self {
        let (kind, redis) = match house {
            House::PostgresAlone => (Kind::Postgres, None),
            House::PostgresAndRedis => (Kind::Postgres, Some(Redis::start().await)),
            House::MariaDbAndRedis => (Kind::MySql, Some(Redis::start().await)),
        };
        let database = Database::make(kind).await;
        let bus = redis.as_ref().map_or_else(|| "postgres".to_owned(), Redis::url);
        let (before, server, after) = parts(&database.url);
        let mut nodes = Vec::new();
        for _ in 0..NODES {
            let way = FaultProxy::start(server).await;
            let url = format!("{before}{}{after}", way.address());
            let own =
                [("PARLOR_DATABASE_URL", url.as_str()), ("PARLOR_BUS", &bus), ("PARLOR_JWT_SECRET", SECRET)];
            let process = ServerProcess::start(&[&OFF[..], &own].concat()).await;
            let address = Address::clone(&process);
            nodes.push(Node { address, process: Mutex::new(process), way: Mutex::new(way) });
        }
        Self { all: nodes, redis: redis.map(Mutex::new), database }
    }

    /// The messages that are stored, past the nodes.
    pub(crate) async fn stored_messages(&self) -> Vec<StoredMessage> {
        stored_messages(&self.database.url.parse::<DatabaseUrl>().unwrap()).await
    }
}

impl Node {
    /// Starts it again after it was killed, when its way to the database is good.
    pub(crate) async fn starts_again(&self, mut killed: MutexGuard<'_, ServerProcess>) {
        let _way = self.way.lock().await;
        killed.start_again().await;
    }
}

/// A database's URL before its server's address, the address, and what comes after it.
fn parts(url: &str) -> (&str, SocketAddr, &str) {
    let (before, rest) = url.split_at(url.rfind('@').unwrap() + 1);
    let (server, after) = rest.split_at(rest.find('/').unwrap());
    (before, server.parse().unwrap(), after)
}
