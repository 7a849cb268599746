//! Nodes that were given no bus, and what the operator sees of others.

use crate::{
    cluster::{Cluster, House},
    presence::{hears_status, is_online, two_in_a_room},
};
use parlor_protocol::presence::Presence;
use parlor_server::config::Config;
use parlor_tests::{
    DEADLINE, Reply, ServerProcess, TestServer, databases::redis_url, server::SECRET, within,
};
use std::{net::SocketAddr, time::Duration};
use tokio::time::sleep;

/// Between two looks at what changes without a word.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

pub(crate) fn with_figures(config: &mut Config) {
    config.metrics_listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
}

/// Waits until a node's figures have this line.
pub(crate) async fn counts(node: &TestServer, line: &str) {
    let address = node.server().metrics_address().unwrap();
    let counted = async {
        while !figures(address).await.lines().any(|one| one == line) {
            sleep(LOOK_AGAIN).await;
        }
    };
    within(3 * DEADLINE, line, counted).await;
}

async fn figures(address: SocketAddr) -> String {
    Reply::to(reqwest::Client::new().get(format!("http://{address}/metrics"))).await.text
}

/// Who is there is told by the database alone; each node says that it has not been told of the others.
async fn nodes_without_a_bus(house: House) {
    let cluster = Cluster::start_with(house, |config| {
        config.bus = None;
        with_figures(config);
    })
    .await;
    let [ada, bob] = two_in_a_room(&cluster).await;
    let mut seat = ada.sits_down().await;
    let tab = bob.by(&cluster.nodes[1]).sits_down().await;
    assert_eq!(hears_status(&mut seat, &bob).await, Presence::Online);
    assert!(is_online(&ada, &bob).await);
    for node in &cluster.nodes {
        counts(node, "parlor_nodes 2").await;
        assert!(!figures(node.server().metrics_address().unwrap()).await.contains("parlor_bus_up "));
    }
    tab.stands_up();
    assert_eq!(hears_status(&mut seat, &bob).await, Presence::Offline);

    let third = [("PARLOR_DATABASE_URL", cluster.database_url()), ("PARLOR_JWT_SECRET", SECRET)];
    let third = ServerProcess::start(&third).await;
    let warned = async {
        while !third.log().contains("another server uses this database, and PARLOR_BUS is not set here") {
            sleep(LOOK_AGAIN).await;
        }
    };
    within(DEADLINE, "a warning", warned).await;
    counts(&cluster.nodes[0], "parlor_nodes 3").await;
}

#[tokio::test]
async fn who_is_at_a_node_without_a_bus_is_known_at_all_on_postgres() {
    nodes_without_a_bus(House::PostgresAlone).await;
}

#[tokio::test]
async fn who_is_at_a_node_without_a_bus_is_known_at_all_on_mariadb() {
    nodes_without_a_bus(House::MariaDbAndRedis).await;
}

#[tokio::test]
async fn the_figures_tell_whether_the_bus_is_up() {
    let cluster = Cluster::start_with(House::PostgresAndRedis, with_figures).await;
    let way = cluster.way.as_ref().unwrap();
    for _ in 0..2 {
        counts(&cluster.nodes[0], "parlor_bus_up 1").await;
        way.change(|network| network.stalled = true);
        counts(&cluster.nodes[0], "parlor_bus_up 0").await;
        way.heal();
        way.reset();
    }
}

#[tokio::test]
async fn nodes_that_are_joined_to_different_buses_say_so() {
    let cluster = Cluster::start_with(House::PostgresAlone, with_figures).await;
    let (here, there) = (&cluster.nodes[0], &cluster.nodes[1]);
    counts(here, "parlor_bus_up 1").await;
    let settings = |config: &mut Config| {
        config.database_url = Some(cluster.database_url().parse().unwrap());
        config.bus = Some(redis_url().parse().unwrap());
        with_figures(config);
    };
    let mut apart = TestServer::start_with(settings).await;
    counts(&apart, "parlor_bus_up 1").await;
    for node in [here, there, &apart] {
        counts(node, "parlor_bus_up 0").await;
    }
    apart.stop().await;
    counts(here, "parlor_bus_up 1").await;
}
