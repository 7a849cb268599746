//! The campaign: three nodes, sixteen clients that do what people do, and a nemesis that kills and cuts whatever there is. A checker holds
//! what the clients have seen, and what the database has in the end, to the promises of the contract.
//!
//! | to read about | look in |
//! | --- | --- |
//! | what a client does | `actor.rs`, `actor/sending.rs`, `asking.rs`, `hearing.rs` |
//! | what a server tells, before a client makes anything good | `bare.rs` |
//! | what is taken down | `history.rs` |
//! | which rules it is held to, and histories that break them | `checker.rs` |
//! | what goes wrong meanwhile | `nemesis.rs` |
//! | the nodes and their Redis | `house.rs`, `redis.rs` |
//! | how it ends, and what there is then | `ending.rs` |

mod actor;
mod asking;
mod bare;
mod checker;
mod ending;
mod hearing;
mod history;
mod house;
mod nemesis;
mod redis;

use crate::cluster::House;
use actor::{Actor, HALL, OWNER, World};
use checker::check;
use futures_util::future::join_all;
use hearing::Ears;
use history::{Act, End, Ending, Names, Recorder, Seen, written};
use house::Nodes;
use parlor_tests::{
    scale::{seconds, shown},
    within,
};
use std::{path::Path, sync::Arc, time::Duration};
use tokio::sync::{Mutex, watch};

const CLIENTS: usize = 16;
const ROOMS: usize = 4;

/// So long everything may take to come back when nothing goes wrong any more.
const RECOVERY: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_clients_through_every_fault_on_postgres_alone() {
    campaign(House::PostgresAlone, 1000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_clients_through_every_fault_on_postgres_and_redis() {
    campaign(House::PostgresAndRedis, 2000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_clients_through_every_fault_on_mariadb_and_redis() {
    campaign(House::MariaDbAndRedis, 3000).await;
}

async fn campaign(house: House, seed: u64) {
    let seconds = seconds(60, 600);
    let nodes = Arc::new(Nodes::start(house).await);
    let (world, actors) = settle_in(&nodes, seed).await;
    let quiet = watch::Sender::new(false);
    let nemesis = tokio::spawn(nemesis::rage(nodes.clone(), seed + 100, quiet.subscribe()));
    let listening: Vec<_> = actors
        .iter()
        .map(|actor| {
            let (names, seed) = (actor.ears.names.clone(), seed + 200 + actor.who as u64);
            tokio::spawn(bare::listens(actor.who, world.clone(), names, seed, quiet.subscribe()))
        })
        .collect();
    let acting: Vec<_> =
        actors.into_iter().map(|actor| tokio::spawn(actor.acts(quiet.subscribe()))).collect();
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    quiet.send_replace(true);
    let deeds = within(RECOVERY, "the nemesis to make good", nemesis).await.unwrap();
    let acting = within(RECOVERY * 2, "the clients to come to an end", join_all(acting)).await;
    let mut actors: Vec<Actor> = acting.into_iter().map(Result::unwrap).collect();
    for listener in within(RECOVERY, "the bare sockets to end", join_all(listening)).await {
        listener.unwrap();
    }

    join_all(actors.iter_mut().map(|actor| actor.rests(RECOVERY))).await;
    let last_words = bare::last_words(&world, &mut actors[OWNER], RECOVERY).await;
    ending::all_is_heard(&world, &mut actors).await;
    ending::crosses_at_full_speed(&world).await;
    let connected = ending::some_go(&world, &mut actors).await;
    join_all(actors.iter_mut().map(Actor::goes)).await;
    let ending = Ending { last_words, ..ending::read(&world, connected).await };
    let history = world.recorder.history();
    let violations = check(&history, &ending);
    if !violations.is_empty() {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let file = place.join(format!("campaign-{house:?}.txt"));
        std::fs::write(&file, written(&history, &ending)).unwrap();
        for (number, node) in nodes.all.iter().enumerate() {
            let log = node.process.lock().await.log();
            std::fs::write(place.join(format!("campaign-{house:?}-node-{number}.log")), log).unwrap();
        }
        let some: Vec<_> =
            violations.iter().take(20).map(|fault| format!("{}: {}", fault.rule, fault.what)).collect();
        let (count, some) = (violations.len(), some.join("\n"));
        panic!("{count} violations in the history in {}:\n{some}", file.display());
    }

    let count = |is: fn(&Seen) -> bool| history.iter().filter(|record| is(&record.seen)).count();
    let acknowledged = count(|seen| matches!(seen, Seen::Ended { end: End::Stored(_), .. }));
    let open = count(|seen| matches!(seen, Seen::Ended { end: End::Unknown(_), .. }));
    let heard = count(|seen| matches!(seen, Seen::Heard { .. }));
    let bare = count(|seen| matches!(seen, Seen::Bare { .. }));
    let lost = count(|seen| matches!(seen, Seen::Line { up: false }));
    let calls = count(|seen| matches!(seen, Seen::Asked { .. }));
    let left = count(|seen| matches!(seen, Seen::Asked { act: Act::Leave { .. } | Act::Remove { .. }, .. }));
    let stored: usize = ending.rooms.iter().map(Vec::len).sum();
    assert!(deeds.killed > 0 && deeds.cut > 0 && deeds.silenced > 0, "nothing went wrong: {deeds}");
    let bus_failed = deeds.redis_killed > 0 && deeds.redis_stopped > 0;
    assert!(bus_failed || nodes.redis.is_none(), "Redis was left alone: {deeds}");
    assert!(
        acknowledged > CLIENTS * 4 && lost > CLIENTS / 2 && heard > stored && bare > stored,
        "it was felt, and work was done"
    );
    shown(&format!(
        "{house:?}, {CLIENTS} clients on 3 nodes for {seconds} s, {deeds}: {calls} calls, {open} without an answer, {lost} \
        lost connections, {left} leaves and removals, {acknowledged} acknowledgements, {stored} entries, heard {heard} times and {bare} times by bare sockets; \
        no rule broken"
    ));
}

/// Makes the people, their rooms and their clients.
async fn settle_in(nodes: &Arc<Nodes>, seed: u64) -> (Arc<World>, Vec<Actor>) {
    let people = nodes.all[0].address.crowd(CLIENTS).await;
    let mut rooms = Vec::new();
    for number in 0..ROOMS {
        rooms.push(people[OWNER].creates_room(&format!("room {number}")).await);
    }
    // One after the other: they would all wait for the same rooms.
    for person in &people[1..] {
        for room in &rooms {
            person.joins(room).await;
        }
    }
    let epoch = people[OWNER].timeline_after(&rooms[HALL], 0).await.epoch;
    let rooms = Arc::new(rooms.iter().map(|room| room.id).collect::<Vec<_>>());
    let names = Names::of(people.iter().map(parlor_tests::Person::id));
    let memberships = (0..ROOMS).map(|_| (0..CLIENTS).map(|_| Mutex::new(true)).collect()).collect();
    let recorder = Recorder::new();
    let world = Arc::new(World { nodes: nodes.clone(), people, rooms, memberships, recorder });
    let actors = (0..CLIENTS).map(|who| {
        let ears = Ears {
            who,
            recorder: world.recorder.clone(),
            names: names.clone(),
            rooms: world.rooms.clone(),
            epoch,
            places: Arc::default(),
        };
        Actor::new(who, &world, ears, seed + who as u64)
    });
    let actors = join_all(actors).await;
    (world, actors)
}
