//! A node that can't reach its database says so, and goes on when it can.

use parlor_protocol::ErrorType;
use parlor_tests::{
    Reply, TestServer,
    databases::{Database, Kind},
    proxy::FaultProxy,
    soon,
};
use serde_json::json;
use std::net::SocketAddr;

/// Every connection to the database ends in order before it is made: that is no failure of the network, but of what was expected next.
async fn every_call_says_so(kind: Kind) {
    let database = Database::make(kind).await;
    let at = database.url.rfind('@').unwrap() + 1;
    let (server, path) = database.url[at..].split_at(database.url[at..].find('/').unwrap());
    let server: SocketAddr = server.parse().unwrap();
    let way = FaultProxy::start(server).await;
    let url = format!("{}{}{path}", &database.url[..at], way.address());
    let node = TestServer::start_with(|config| config.database_url = Some(url.parse().unwrap())).await;
    let [ada] = node.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let messages = format!("/api/v1/rooms/{}/messages", room.id);

    // Whatever is said first, by either side, is the end.
    way.cut_after(0);
    way.reset();
    for n in 0..3 {
        ada.post(&messages, &json!({ "content": n.to_string() })).await.is(ErrorType::Unavailable);
        ada.get(&messages).await.is(ErrorType::Unavailable);
        ada.get("/api/v1/users/me").await.is(ErrorType::Unavailable);
    }
    way.heal();
    let sent = async {
        loop {
            let reply: Reply = ada.post(&messages, &json!({ "content": "back" })).await;
            if reply.status == 201 {
                return;
            }
            reply.is(ErrorType::Unavailable);
        }
    };
    soon("the node to go on", sent).await;
}

#[tokio::test]
async fn a_node_whose_postgres_ends_connections_as_they_are_made_is_unavailable() {
    every_call_says_so(Kind::Postgres).await;
}

#[tokio::test]
async fn a_node_whose_mariadb_ends_connections_as_they_are_made_is_unavailable() {
    every_call_says_so(Kind::MySql).await;
}
