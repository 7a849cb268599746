//! A node that can't read who belongs to its rooms may have sockets of somebody who was removed at another one. They are told nothing of
//! what nobody keeps.

use crate::{
    cluster::redis,
    cut_off::by_proxy,
    unjoined::{counts, with_figures},
};
use parlor_client::ServerMessage;
use parlor_protocol::receipts::Receipt;
use parlor_server::config::Config;
use parlor_tests::{
    Seat, TestServer,
    databases::{Database, Kind},
    proxy::FaultProxy,
};
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

/// A removal is known everywhere within this.
const EFFECTIVE: Duration = Duration::from_secs(2);

async fn node(url: &str, bus: &str) -> TestServer {
    TestServer::start_with(|config: &mut Config| {
        config.database_url = Some(url.parse().unwrap());
        config.bus = Some(bus.parse().unwrap());
        with_figures(config);
    })
    .await
}

fn types(message: &ServerMessage) -> bool {
    matches!(message, ServerMessage::UserTyping(_))
}

fn receipt(message: &ServerMessage) -> Option<Receipt> {
    match message {
        ServerMessage::MessagesRead(receipt) => Some((**receipt).clone()),
        _ => None,
    }
}

/// When they were told last of what nobody keeps, while `told` is not over.
async fn last_told(seat: &mut Seat, since: Instant, over: Duration) -> Duration {
    let mut last = Duration::ZERO;
    while let Some(left) = over.checked_sub(since.elapsed()) {
        if let Ok(message) = timeout(left, seat.next()).await
            && (types(&message) || receipt(&message).is_some())
        {
            last = since.elapsed();
        }
    }
    last
}

#[tokio::test]
async fn a_node_that_sees_nothing_tells_nobody_who_types() {
    let database = Database::make(Kind::Postgres).await;
    let (way, url) = by_proxy(&database).await;
    let (here, there) = (node(&database.url, "postgres").await, node(&url, "postgres").await);
    let [ada, bob, eve] = here.people(["ada", "bob", "eve"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    eve.joins(&room).await;
    let (mut hears, writes) =
        (bob.by(&there).subscribes(&room).await, eve.by(&there).subscribes(&room).await);
    writes.types(&room, true).await;
    hears.hears(|message| types(message).then_some(())).await;
    way.fall_silent();
    ada.removes(&bob, &room).await;
    let removed = Instant::now();
    let goes_on = async {
        loop {
            for is_typing in [false, true] {
                writes.types(&room, is_typing).await;
            }
            sleep(Duration::from_millis(200)).await;
        }
    };
    let last = tokio::select! {
        last = last_told(&mut hears, removed, 3 * EFFECTIVE) => last,
        () = goes_on => unreachable!(),
    };
    assert!(last < EFFECTIVE, "who was removed is told of others {last:?} after");
}

/// What the database answers late was true when it was asked, and not when the answer comes.
#[tokio::test]
async fn what_waited_for_a_late_answer_is_told_to_those_who_are_members_by_then() {
    let database = Database::make(Kind::Postgres).await;
    let (way, url) = by_proxy(&database).await;
    let (before, server) = redis();
    let post = FaultProxy::start(server).await;
    let bus = |address| format!("{before}{address}");
    let here = node(&database.url, &bus(server)).await;
    let there = node(&url, &bus(post.address())).await;
    let [ada, bob, eve, cara] = here.people(["ada", "bob", "eve", "cara"]).await;
    let room = ada.creates_room("kitchen").await;
    for person in [&bob, &eve, &cara] {
        person.joins(&room).await;
    }
    let [mut bobs, mut caras] =
        [bob.by(&there).subscribes(&room).await, cara.by(&there).subscribes(&room).await];
    let eves = eve.by(&there).subscribes(&room).await;
    counts(&there, "parlor_bus_up 1").await;

    // There, nobody hears of this message; when its receipt comes, the log is read for it, and what comes behind waits for that.
    way.change(|network| network.stalled = true);
    post.change(|network| network.stalled = true);
    counts(&there, "parlor_bus_up 0").await;
    let message = ada.posts(&room, "hello").await;
    post.heal();
    post.reset();
    counts(&there, "parlor_bus_up 1").await;
    eve.marks_read(&room, Some(message.seq)).await;
    eves.types(&room, true).await;
    ada.removes(&bob, &room).await;
    let removed = Instant::now();
    sleep(EFFECTIVE).await;
    way.heal();

    let last = last_told(&mut bobs, removed, 2 * EFFECTIVE).await;
    assert!(last < EFFECTIVE, "who was removed is told of others {last:?} after");
    // Whoever stayed is told late, and after the message.
    assert_eq!(caras.hears_message().await.id, message.id);
    let of_eve = |message: &ServerMessage| receipt(message).filter(|receipt| receipt.user_id == eve.id());
    assert_eq!(caras.hears(of_eve).await.last_read_seq, message.seq);
}
