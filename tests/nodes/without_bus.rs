//! A bus that is down slows other nodes' news by two seconds, and its own node's not at all.

use crate::cluster::{Cluster, House};
use std::time::{Duration, Instant};

/// What other nodes have done is known after so long without a bus; the machine may be slow.
const POLLED: Duration = Duration::from_secs(4);

#[tokio::test]
async fn nodes_without_redis_hear_of_each_other_by_the_database_and_fast_again_when_it_is_back() {
    let cluster = Cluster::start(House::PostgresAndRedis).await;
    let [here, there] = &cluster.nodes;
    let way = cluster.way.as_ref().unwrap();
    let [ada, bob, eve] = here.people(["ada", "bob", "eve"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    eve.joins(&room).await;
    let (ada_seat, mut bob_seat, mut eve_seat) =
        (ada.subscribes(&room).await, bob.by(there).subscribes(&room).await, eve.subscribes(&room).await);
    // Half-open: nothing is refused, and nothing is heard.
    way.change(|network| network.stalled = true);
    for n in 0..5 {
        let began = Instant::now();
        ada_seat.says(&room, &n.to_string()).await;
        eve_seat.hears_message().await;
        assert!(began.elapsed() < Duration::from_secs(1), "at its own node: {:?}", began.elapsed());
        bob_seat.hears_message().await;
        assert!(began.elapsed() < POLLED, "{:?}", began.elapsed());
    }
    let mut third = bob.by(there).sits_down().await;
    bob.post("/api/v1/auth/logout", &serde_json::json!({})).await;
    let began = Instant::now();
    third.hears_the_end().await;
    assert!(began.elapsed() < POLLED, "{:?}", began.elapsed());

    way.heal();
    way.reset();
    let mut eve_there = eve.by(there).subscribes(&room).await;
    let healed = Instant::now();
    // Fast means: sooner than the next poll, several times in a row.
    let mut fast = 0;
    while fast < 5 {
        let began = Instant::now();
        ada_seat.says(&room, "back").await;
        eve_there.hears_message().await;
        fast = if began.elapsed() < Duration::from_millis(200) { fast + 1 } else { 0 };
        assert!(healed.elapsed() < Duration::from_secs(10), "not at full speed {:?} after", healed.elapsed());
    }
}
