//! A bus that is down slows other nodes' news by two seconds, and its own node's not at all.

use crate::cluster::{Cluster, House, in_every_house};
use parlor_tests::databases::{Database, Kind};
use std::time::{Duration, Instant};
use tokio::{task::JoinHandle, time::sleep};

/// What other nodes have done is known after so long without a bus.
const POLLED: Duration = Duration::from_secs(2);

/// No message may take longer, however slow the machine is.
const LONGEST: Duration = Duration::from_secs(4);

/// Everything is at full speed so long after the bus is back.
const BACK: Duration = Duration::from_secs(5);

/// The machine's own share of it.
const ALLOWED: Duration = Duration::from_secs(1);

/// What keeps the nodes from the bus.
enum Outage<'c> {
    /// Redis is half-open: nothing is refused, and nothing is heard.
    Stalled(&'c Cluster),
    /// The connections on which PostgreSQL carries the bus are ended again and again; those that the nodes keep their data by have a name.
    Ended(JoinHandle<()>),
}

impl<'c> Outage<'c> {
    fn begin(cluster: &'c Cluster) -> Self {
        const END: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name <> 'parlor' AND pid <> pg_backend_pid()";
        if let Some(way) = &cluster.way {
            way.change(|network| network.stalled = true);
            return Self::Stalled(cluster);
        }
        let url = cluster.database_url().to_owned();
        Self::Ended(tokio::spawn(async move {
            loop {
                Database::run(Kind::Postgres, &url, END).await;
                sleep(Duration::from_millis(20)).await;
            }
        }))
    }

    async fn end(self) {
        match self {
            Self::Stalled(cluster) => {
                let way = cluster.way.as_ref().unwrap();
                way.heal();
                way.reset();
            }
            Self::Ended(ending) => {
                ending.abort();
                assert!(ending.await.unwrap_err().is_cancelled());
            }
        }
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    assert!(times.iter().all(|time| *time < LONGEST), "{times:?}");
    times.sort();
    times[times.len() / 2]
}

in_every_house! {
    async fn nodes_without_a_bus_hear_of_each_other_by_the_database_and_fast_again_when_it_is_back(cluster: Cluster) {
        let [here, there] = &cluster.nodes;
        let [ada, bob, eve, dan] = here.people(["ada", "bob", "eve", "dan"]).await;
        let room = ada.creates_room("kitchen").await;
        bob.joins(&room).await;
        eve.joins(&room).await;
        let (ada_seat, mut bob_seat, mut eve_seat) =
            (ada.subscribes(&room).await, bob.by(there).subscribes(&room).await, eve.subscribes(&room).await);
        let outage = Outage::begin(&cluster);
        let (mut near, mut far, mut ends, mut removals) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for n in 0..5 {
            let began = Instant::now();
            ada_seat.says(&room, &n.to_string()).await;
            eve_seat.hears_message().await;
            near.push(began.elapsed());
            bob_seat.hears_message().await;
            far.push(began.elapsed());
        }
        for _ in 0..3 {
            let bob = bob.on_another_device().await;
            let mut seat = bob.by(there).sits_down().await;
            bob.post("/api/v1/auth/logout", &serde_json::json!({})).await;
            let began = Instant::now();
            seat.hears_the_end().await;
            ends.push(began.elapsed());
        }
        for _ in 0..3 {
            dan.joins(&room).await;
            let mut seat = dan.by(there).subscribes(&room).await;
            ada.removes(&dan, &room).await;
            let began = Instant::now();
            assert_eq!(seat.hears_departure().await.user_id, dan.id());
            removals.push(began.elapsed());
        }
        let (near, far, ends, removals) = (median(near), median(far), median(ends), median(removals));
        assert!(near < Duration::from_millis(500), "at its own node: {near:?}");
        assert!(
            far < POLLED && ends < POLLED && removals < POLLED,
            "messages after {far:?}, ended sessions after {ends:?}, removals after {removals:?}"
        );

        outage.end().await;
        let healed = Instant::now();
        let mut eve_there = eve.by(there).subscribes(&room).await;
        // Fast means: sooner than the next poll, several times in a row; counted from the first of them.
        let (mut fast, mut since) = (0, healed.elapsed());
        while fast < 5 {
            let began = Instant::now();
            ada_seat.says(&room, "back").await;
            eve_there.hears_message().await;
            if began.elapsed() < Duration::from_millis(200) {
                fast += 1;
            } else {
                (fast, since) = (0, healed.elapsed());
            }
            assert!(since < BACK + ALLOWED, "not at full speed {since:?} after");
        }
    }
}
