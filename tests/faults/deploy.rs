//! A rolling deploy: two nodes of one database are replaced one after the other, under load, and the first of the new ones brings a
//! change of the tables along.

use crate::chatterer::{hold_what_is_stored, settle_in};
use futures_util::future::join_all;
use parlor_client::{Client, live::Live};
use parlor_protocol::ids::RoomId;
use parlor_tests::{
    Person, ServerProcess,
    databases::{Database, Kind, redis_url},
    people::PASSWORD,
    proxy::FaultProxy,
    scale::{OFF, scale, shown},
    server::SECRET,
};
use std::time::{Duration, Instant};
use tokio::{sync::watch, time::sleep};

const CLIENTS: usize = 6;
/// At each node, beside the clients that write.
const STALLED: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_on_postgres_are_replaced_under_load_and_nobody_notices() {
    replaces_two_nodes(Kind::Postgres, "postgres").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_on_mariadb_are_replaced_under_load_and_nobody_notices() {
    replaces_two_nodes(Kind::MySql, &redis_url()).await;
}

async fn replaces_two_nodes(kind: Kind, bus: &str) {
    let (rounds, seconds) = scale((1, 2), (10, 5));
    let database = Database::make(kind).await;
    let own = [("PARLOR_DATABASE_URL", &*database.url), ("PARLOR_BUS", bus), ("PARLOR_JWT_SECRET", SECRET)];
    let settings = [&OFF[..], &own].concat();
    let mut nodes = [ServerProcess::start(&settings).await, ServerProcess::start(&settings).await];
    let quiet = watch::Sender::new(false);
    let (people, rooms, clients) = settle_in(&[&nodes[0], &nodes[1]], (CLIENTS, 2), &quiet).await;

    let mut longest = Duration::ZERO;
    for _ in 0..rounds {
        undo_the_newest_change(&database).await;
        for replaced in 0..2 {
            let stalled =
                join_all((0..STALLED).map(|_| Stalled::start(&people[1], &nodes[replaced], rooms[0].id)))
                    .await;
            sleep(Duration::from_secs(seconds)).await;
            // As a proxy does that asks each node whether it is ready.
            let lead_to = |to| clients.iter().skip(replaced).step_by(2).for_each(|it| it.proxy.lead_to(to));
            lead_to(nodes[1 - replaced].socket);
            let began = Instant::now();
            let status = nodes[replaced].terminate().await;
            longest = longest.max(began.elapsed());
            assert!(status.success(), "{status}: {}", nodes[replaced].log());
            sleep(Duration::from_secs(seconds)).await;
            nodes[replaced].start_again().await;
            assert!(is_changed(&database).await, "the new node has brought its change");
            lead_to(nodes[replaced].socket);
            drop(stalled);
        }
    }
    quiet.send_replace(true);
    let (sent, lost, told) = hold_what_is_stored(clients, &people[0], &rooms).await;
    // Each is at a node that goes at least once a round, wherever it is.
    assert!(lost >= CLIENTS && sent > CLIENTS * 10, "{lost} lost connections, {sent} messages");
    assert!(told >= rounds, "somebody was told to go {told} times in {rounds} rounds, and else cut off");
    shown(&format!(
        "{kind:?}, two nodes replaced {rounds} times each under {CLIENTS} clients, {STALLED} stalled ones at each: {sent} messages, \
        none failed, each stored once and in every timeline, everyone told before being cut; the longest stop took {longest:.1?}"
    ));
}

/// Leaves the tables as the version before has them; the nodes that are there go on with them.
async fn undo_the_newest_change(database: &Database) {
    database
        .execute(match database.kind {
            Kind::MySql => "DROP INDEX rooms_by_age ON rooms",
            _ => "DROP INDEX rooms_by_age",
        })
        .await;
    database.execute("DELETE FROM _sqlx_migrations WHERE version = 12").await;
    assert!(!is_changed(database).await);
}

async fn is_changed(database: &Database) -> bool {
    const NAME: &str = "SELECT description FROM _sqlx_migrations WHERE version = 12";
    database.text(NAME).await.is_some()
}

/// A client that takes nothing from its connection.
struct Stalled {
    _proxy: FaultProxy,
    _live: Live,
}

impl Stalled {
    async fn start(person: &Person, node: &ServerProcess, room: RoomId) -> Self {
        let proxy = FaultProxy::start(node.socket).await;
        let client = Client::builder(&format!("http://{}", proxy.address())).build().unwrap();
        client.sign_in(person.user.email.parse().unwrap(), PASSWORD.parse().unwrap()).await.unwrap();
        let live = client.live().start().await.unwrap();
        live.room(room).follow(None).await.unwrap();
        proxy.change(|network| network.stalled = true);
        Self { _proxy: proxy, _live: live }
    }
}
