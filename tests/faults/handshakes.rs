//! Clients that go at any moment of their handshake: nothing of them stays (S11).

use futures_util::future::join_all;
use parlor_protocol::presence::Presence;
use parlor_tests::{
    RawSocket,
    dice::Dice,
    scale::{scale, server, shown},
    within,
};
use serde_json::json;
use std::time::Duration;

const AT_ONCE: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_during_the_handshake_is_not_online_afterwards() {
    let handshakes = scale(400, 5000);
    let server = server().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("doorway").await;
    bob.joins(&room).await;
    let mut watching = ada.raw_socket().await;
    let (address, token) = (server.socket, bob.token());
    let comers = (0..AT_ONCE).map(|number| {
        let token = token.clone();
        tokio::spawn(async move {
            let mut dice = Dice::new(number as u64);
            for _ in 0..handshakes / AT_ONCE {
                let mut socket = RawSocket::open(address).await;
                socket.send(&format!("40{}", json!({ "token": token }))).await;
                if dice.roll(0..2) == 0 {
                    // Goes as soon as it is let in.
                    let _in = socket.next_within(Duration::from_secs(5)).await;
                } else {
                    tokio::time::sleep(Duration::from_micros(dice.roll(0..5000))).await;
                }
            }
        })
    });
    for gone in join_all(comers).await {
        gone.unwrap();
    }
    // A grace of 5 s after the last of them.
    within(Duration::from_secs(8), "bob to be offline", async {
        while watching.hear("user_status").await["status"] != json!(Presence::Offline) {}
    })
    .await;
    shown(&format!("{handshakes} handshakes ended by the client at any moment: nobody is left online"));
}
