//! A node that can't reach its database says so, and goes on when it can.

use futures_util::future::join_all;
use parlor_protocol::{ErrorType, rooms::Room};
use parlor_server::store::DatabaseUrl;
use parlor_tests::{
    Person, Reply, ServerProcess, TestServer,
    databases::{Database, Kind, stored_messages},
    proxy::FaultProxy,
    scale::{OFF, shown},
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
pub(crate) async fn by_proxy(database: &Database) -> (FaultProxy, String) {
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

/// The writer of messages waits for a connection that can't be made; who is queued behind it is refused with it, and not tried.
async fn refuses_the_queued(kind: Kind) {
    const QUEUED: usize = 20;
    let database = Database::make(kind).await;
    let (way, url) = by_proxy(&database).await;
    let node = TestServer::start_with(|config| {
        config.database_url = Some(url.parse().unwrap());
        config.metrics_listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    })
    .await;
    let operator = node.server().metrics_address().unwrap();
    let figure = async |name: &str| -> f64 {
        let page = Reply::to(reqwest::Client::new().get(format!("http://{operator}/metrics"))).await.text;
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {page}")).parse().unwrap()
    };
    let is_soon = async |name: &str, wanted: f64| {
        let turned = async {
            while (figure(name).await - wanted).abs() > 0.1 {
                sleep(Duration::from_millis(10)).await;
            }
        };
        soon(format!("{name} to be {wanted}"), turned).await;
    };
    let [ada] = node.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    // By sockets, since whoever asks over HTTP has to be known first; and each by one, since it sends one message after the other.
    let seat = ada.sits_down().await;
    seat.says(&room, "before").await;
    let mut others = Vec::new();
    for _ in 0..QUEUED {
        others.push(ada.sits_down().await);
    }
    let (batches, waiting) = ("parlor_batch_messages_count", r#"parlor_queue_depth{queue="outbox"}"#);
    let before = figure(batches).await;

    way.reset();
    way.fall_silent();
    let first = seat.tries_to_say(&room, "first");
    let rest = async {
        is_soon(batches, before + 1.0).await;
        join_all(others.iter().map(|other| other.tries_to_say(&room, "behind"))).await
    };
    let (first, queued) = tokio::join!(first, rest);
    for refused in queued.into_iter().chain([first]) {
        assert_eq!(refused.unwrap_err().kind(), Some(ErrorType::Unavailable));
    }
    is_soon(waiting, 0.0).await;
    assert!((figure(batches).await - before - 1.0).abs() < 0.1, "those queued were tried as well");

    way.heal();
    let back = async { while seat.tries_to_say(&room, "after").await.is_err() {} };
    soon("the node to go on", back).await;
}

#[tokio::test]
async fn a_node_whose_postgres_is_out_of_reach_refuses_what_is_queued() {
    refuses_the_queued(Kind::Postgres).await;
}

#[tokio::test]
async fn a_node_whose_mariadb_is_out_of_reach_refuses_what_is_queued() {
    refuses_the_queued(Kind::MySql).await;
}

/// A statement under way gets 20 s, and a connection for what has waited behind it 5 s; the machine may be slow.
const ANSWERED: Duration = Duration::from_secs(35);

const WRITERS: usize = 40;

/// What is sent in the transaction in whose commit the way falls silent.
const LAST: &str = "the-last-words";

/// The way to the database falls silent while it is in use, and a commit is on its way.
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
    // Each of the writers.
    let mut hear = async |what: &str, wanted: fn(u16) -> bool, count: usize| {
        let mut heard = [0; WRITERS];
        let all = async {
            while heard.iter().any(|heard| *heard < count) {
                let (writer, status): (usize, u16) = answers.recv().await.unwrap();
                heard[writer] += usize::from(wanted(status));
            }
        };
        within(ANSWERED * 2, what, all).await;
    };
    hear("messages before", |status| status == 201, 5).await;
    assert_eq!(readiness(&node).await, 200);

    way.fall_silent_after(&[LAST, "COMMIT"]);
    let last = tokio::spawn({
        let (ada, room) = (ada.clone(), room.clone());
        async move { send(&ada, &room, LAST).await }
    });
    soon("a commit of which nobody hears", way.silence()).await;
    is_soon(&node, 503).await;
    hear("every writer to be refused", |status| status == 503, 1).await;
    let (status, body) = last.await.unwrap();
    assert_eq!((status, body["type"].as_str()), (503, Some("UNAVAILABLE")));
    let refused = node.log().matches("the database is out of reach").count();
    // In its own words: of the statement, and of the connection that is not made.
    assert!((1..=4).contains(&refused), "{refused} times in:\n{}", node.log());
    // What is not there by now never will be: no commit reaches the server any more.
    let before = stored(&database).await;
    let last_seq = *before.get(LAST).expect("the commit reached the server");

    way.heal();
    is_soon(&node, 200).await;
    let (status, body) = send(&ada, &room, LAST).await;
    assert_eq!(
        (status, body["data"]["seq"].as_i64()),
        (200, Some(last_seq)),
        "it is found, and not stored again"
    );
    hear("messages afterwards", |status| status < 300, 5).await;
    quiet.send_replace(true);
    let mut acknowledged = BTreeMap::from([(LAST.to_owned(), last_seq)]);
    let mut found = 0;
    for writer in writers {
        for Sent { id, refused, status, seq } in writer.await.unwrap() {
            match before.get(&id) {
                Some(stored) if refused => {
                    assert_eq!((status, seq), (200, *stored), "{id} is found");
                    found += 1;
                }
                // What was refused was not stored, and what is new is.
                _ => assert_eq!(status, 201, "{id}"),
            }
            acknowledged.insert(id, seq);
        }
    }
    shown(&format!("{kind:?}: {found} refused messages of others were in that commit"));
    let stored = stored(&database).await;
    assert_eq!(stored, acknowledged, "what was acknowledged is there, and nothing else");
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

/// What is in the database, and where; nothing stands there twice.
async fn stored(database: &Database) -> BTreeMap<String, i64> {
    let rows = stored_messages(&database.url.parse::<DatabaseUrl>().unwrap()).await;
    let count = rows.len();
    let stored: BTreeMap<_, _> = rows.into_iter().map(|row| (row.content, row.seq)).collect();
    assert_eq!(stored.len(), count, "a message is stored twice");
    stored
}

/// Sends messages one after the other, each again until it is acknowledged; each attempt is answered in time.
struct Writer;

/// A message that was acknowledged in the end.
struct Sent {
    id: String,
    /// Whether it was refused before.
    refused: bool,
    /// Of the acknowledgement.
    status: u16,
    seq: i64,
}

impl Writer {
    fn start(
        number: usize,
        person: &Person,
        room: &Room,
        told: mpsc::UnboundedSender<(usize, u16)>,
        quiet: watch::Receiver<bool>,
    ) -> JoinHandle<Vec<Sent>> {
        let (person, room) = (person.clone(), room.clone());
        tokio::spawn(async move {
            let mut acknowledged = Vec::new();
            for n in 0.. {
                if *quiet.borrow() {
                    break;
                }
                let id = format!("{number}-{n}");
                let mut refused = false;
                let (status, seq) = loop {
                    let (status, body) = send(&person, &room, &id).await;
                    told.send((number, status)).ok();
                    match status {
                        200 | 201 => break (status, body["data"]["seq"].as_i64().unwrap()),
                        503 => assert_eq!(body["type"], "UNAVAILABLE", "{body}"),
                        _ => panic!("{status}: {body}"),
                    }
                    refused = true;
                    // As long as it says.
                    sleep(Duration::from_secs(1)).await;
                };
                acknowledged.push(Sent { id, refused, status, seq });
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
