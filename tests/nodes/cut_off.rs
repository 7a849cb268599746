//! A node that can't reach its database says so, and goes on when it can.

use parlor_protocol::{ErrorType, rooms::Room};
use parlor_server::store::DatabaseUrl;
use parlor_tests::{
    Person, Reply, ServerProcess, TestServer,
    databases::{Database, Kind, stored_messages},
    proxy::FaultProxy,
    scale::OFF,
    server::SECRET,
    soon, within,
};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::sleep,
};

/// A proxy in front of the database's server, and the database's URL by way of it.
async fn by_proxy(database: &Database) -> (FaultProxy, String) {
    let at = database.url.rfind('@').unwrap() + 1;
    let (server, path) = database.url[at..].split_at(database.url[at..].find('/').unwrap());
    let server: SocketAddr = server.parse().unwrap();
    let way = FaultProxy::start(server).await;
    let url = format!("{}{}{path}", &database.url[..at], way.address());
    (way, url)
}

/// Every connection to the database ends in order before it is made: that is no failure of the network, but of what was expected next.
async fn every_call_says_so(kind: Kind) {
    let database = Database::make(kind).await;
    let (way, url) = by_proxy(&database).await;
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

/// A statement under way gets 20 s, and a connection for what has waited behind it 5 s; the machine may be slow.
const ANSWERED: Duration = Duration::from_secs(35);

const WRITERS: usize = 40;

/// The way to the database falls silent while it is in use.
async fn bears_silence(kind: Kind, bus: &[(&str, &str)]) {
    let database = Database::make(kind).await;
    let (way, url) = by_proxy(&database).await;
    let own = [("PARLOR_DATABASE_URL", &*url), ("PARLOR_JWT_SECRET", SECRET)];
    let mut node = ServerProcess::start(&[&OFF[..], &own, bus].concat()).await;
    let [ada] = node.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let mut seat = ada.subscribes(&room).await;

    let quiet = watch::Sender::new(false);
    let (told, mut answers) = mpsc::unbounded_channel();
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| Writer::start(number, &ada, &room, told.clone(), quiet.subscribe()))
        .collect();
    drop(told);
    let mut hear = async |what: &str, wanted: u16, count: usize| {
        for _ in 0..count {
            let heard = async { while answers.recv().await.unwrap() != wanted {} };
            within(ANSWERED * 2, what, heard).await;
        }
    };
    hear("messages before", 201, WRITERS * 5).await;
    assert_eq!(readiness(&node).await, 200);

    way.fall_silent();
    is_soon(&node, 503).await;
    hear("every writer to be refused", 503, WRITERS).await;
    let refused = node.log().matches("the database is out of reach").count();
    // In its own words: of the statement, and of the connection that is not made.
    assert!((1..=4).contains(&refused), "{refused} times in:\n{}", node.log());

    way.heal();
    is_soon(&node, 200).await;
    hear("messages afterwards", 201, WRITERS * 5).await;
    quiet.send_replace(true);
    let mut acknowledged = BTreeMap::new();
    for writer in writers {
        acknowledged.extend(writer.await.unwrap());
    }
    let stored = stored_messages(&database.url.parse::<DatabaseUrl>().unwrap()).await;
    assert_eq!(stored.len(), acknowledged.len(), "lost, or doubled");
    let stored: BTreeMap<_, _> = stored.into_iter().map(|row| (row.content, row.seq)).collect();
    assert_eq!(stored, acknowledged);
    let mut seqs: Vec<_> = stored.into_values().collect();
    seqs.sort_unstable();
    for seq in seqs {
        assert_eq!(seat.hears_message().await.seq, seq, "each message is told, in order");
    }

    // And a stop: with a request that waits for a statement, and one that waits for a connection.
    let waiting = [0, 1].map(|n| {
        let (ada, room) = (ada.clone(), room.clone());
        tokio::spawn(async move { send(&ada, &room, &format!("last-{n}")).await })
    });
    way.fall_silent();
    let began = Instant::now();
    let status = node.terminate().await;
    assert!(status.success(), "{status} after {:?}: {}", began.elapsed(), node.log());
    waiting.iter().for_each(JoinHandle::abort);
}

#[tokio::test]
async fn a_node_bears_the_silence_of_its_postgres() {
    bears_silence(Kind::Postgres, &[("PARLOR_BUS", "postgres")]).await;
}

#[tokio::test]
async fn a_node_bears_the_silence_of_its_mariadb() {
    bears_silence(Kind::MySql, &[]).await;
}

/// Sends messages one after the other, each again until it is acknowledged; each attempt is answered in time.
struct Writer;

impl Writer {
    fn start(
        number: usize,
        person: &Person,
        room: &Room,
        told: mpsc::UnboundedSender<u16>,
        quiet: watch::Receiver<bool>,
    ) -> JoinHandle<Vec<(String, i64)>> {
        let (person, room) = (person.clone(), room.clone());
        tokio::spawn(async move {
            let mut acknowledged = Vec::new();
            for n in 0.. {
                if *quiet.borrow() {
                    break;
                }
                let id = format!("{number}-{n}");
                let seq = loop {
                    let (status, body) = send(&person, &room, &id).await;
                    // A message that had been stored, though nobody was told, counts as one.
                    told.send(if status == 200 { 201 } else { status }).ok();
                    match status {
                        200 | 201 => break body["data"]["seq"].as_i64().unwrap(),
                        503 => assert_eq!(body["type"], "UNAVAILABLE", "{body}"),
                        _ => panic!("{status}: {body}"),
                    }
                    // As long as it says.
                    sleep(Duration::from_secs(1)).await;
                };
                acknowledged.push((id, seq));
            }
            acknowledged
        })
    }
}

async fn send(person: &Person, room: &Room, id: &str) -> (u16, Value) {
    let request = person.request(Method::POST, &format!("/api/v1/rooms/{}/messages", room.id));
    let request = request.json(&json!({ "content": id, "clientMessageId": id }));
    let reply = within(ANSWERED, "an answer", request.send()).await.unwrap();
    (reply.status().as_u16(), reply.json().await.unwrap())
}

async fn readiness(node: &ServerProcess) -> u16 {
    node.get("/health/ready").await.status
}

async fn is_soon(node: &ServerProcess, wanted: u16) {
    let turned = async {
        while readiness(node).await != wanted {
            sleep(Duration::from_millis(100)).await;
        }
    };
    within(Duration::from_secs(20), format!("readiness to be {wanted}"), turned).await;
}

#[tokio::test]
async fn a_start_beside_a_database_that_says_nothing_ends_in_words() {
    // Connections are taken in, by the system.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    for scheme in ["postgres", "mysql"] {
        let url = format!("{scheme}://parlor@{}/parlor", listener.local_addr().unwrap());
        let settings = [("PARLOR_DATABASE_URL", &*url), ("PARLOR_JWT_SECRET", SECRET)];
        let output = parlor_tests::process::command().envs(settings).output();
        let output = within(Duration::from_secs(30), "the start to fail", output).await.unwrap();
        let words = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && words.contains("has said nothing for 10 s"), "{words}");
    }
}
