//! The Rust client's own promises, through everything at once: connections that are cut in the middle of a frame, networks that
//! stall, and a server that is killed, or restarted in order.

use crate::chatterer::{hold_what_is_stored, settle_in};
use futures_util::future::join_all;
use parlor_tests::{
    dice::Dice,
    scale::{scale, server, shown},
};
use std::time::{Duration, Instant};
use tokio::{sync::watch, time::sleep};

const CLIENTS: usize = 4;
const ROOMS: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn four_clients_through_every_fault_hold_what_the_database_holds() {
    let (seconds, restarts) = scale((25, 4), (600, 20));
    let mut server = server().await;
    let quiet = watch::Sender::new(false);
    let (people, rooms, clients) = settle_in(&[&server], (CLIENTS, ROOMS), &quiet).await;
    let faults: Vec<_> = clients.iter().map(|client| client.is_disturbed(quiet.subscribe())).collect();

    let ends = Instant::now() + Duration::from_secs(seconds);
    let mut dice = Dice::new(4);
    for restart in 0..restarts {
        sleep(Duration::from_millis(seconds * 1000 / (restarts + 1))).await;
        if restart % 2 == 0 {
            server.kill().await;
        } else {
            server.terminate().await;
        }
        sleep(dice.millis(0..1500)).await;
        server.start_again().await;
    }
    sleep(ends.saturating_duration_since(Instant::now())).await;
    quiet.send_replace(true);
    join_all(faults).await.into_iter().for_each(Result::unwrap);

    let (sent, lost, _) = hold_what_is_stored(clients, &people[0], &rooms).await;
    assert!(lost > CLIENTS * 2, "the faults were felt: {lost} lost connections");
    shown(&format!(
        "{CLIENTS} clients for {seconds} s, {restarts} restarts, {lost} lost connections: {sent} messages, each stored once, \
        and every timeline is the database's"
    ));
}
