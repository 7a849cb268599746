//! When a connection is tried again, and when it ends.

use crate::{comes, is_offline, is_online, live_of, until};
use parlor_client::{
    ServerMessage,
    live::{ConnectionState, Event},
};
use parlor_tests::{ServerProcess, TestServer, proxy::FaultProxy};
use std::time::Duration;
use tokio::time::sleep;

#[tokio::test]
async fn who_asks_for_a_connection_during_a_try_that_fails_gets_the_next_one_at_once() {
    let server = TestServer::start().await;
    let proxy = FaultProxy::start(server.socket).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let (live, _events) = live_of(&ada, proxy.address()).await;
    is_online(&live).await;
    proxy.change(|network| network.stalled = true);
    proxy.reset();
    is_offline(&live).await;
    live.reconnect_now().await;
    comes(&live, "a try", |state| matches!(state, ConnectionState::Connecting { .. })).await;
    let mut events = live.events();
    live.reconnect_now().await;
    // With the answer to this, that was heard as well.
    live.room(room.id).unfollow().await.unwrap();
    let pick = |event| match event {
        Event::Connection(ConnectionState::Offline { retry_in, .. }) => Some(retry_in),
        _ => None,
    };
    // Its connection may not have come to the proxy yet.
    let resets = async {
        loop {
            proxy.reset();
            sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = resets => {}
        retry_in = until(&mut events, "the end of the try", pick) => assert_eq!(retry_in, Duration::ZERO),
    }
    proxy.heal();
    is_online(&live).await;
}

#[tokio::test]
async fn a_server_that_goes_in_order_is_left_alone_as_long_as_it_asks() {
    let mut server = ServerProcess::start(&[]).await;
    let [ada] = server.people(["ada"]).await;
    let (live, mut events) = live_of(&ada, server.socket).await;
    let room = ada.creates_room("kitchen").await;
    // With an answer the server knows the socket; it is connected a moment before.
    live.room(room.id).follow(None).await.unwrap();
    server.terminate().await;
    let mut asked = None;
    let pick = |event| {
        match event {
            Event::Signal(ServerMessage::ServerRestart(restart)) => {
                asked = Some(restart.reconnect_after_ms);
            }
            Event::Connection(ConnectionState::Offline { retry_in, .. }) => return Some(retry_in),
            _ => {}
        }
        None
    };
    let retry_in = until(&mut events, "the end", pick).await;
    assert!(retry_in.as_millis() >= u128::from(asked.unwrap()), "{retry_in:?}, {asked:?}");
}

#[tokio::test]
async fn the_connection_ends_with_its_last_handle() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let (live, mut events) = live_of(&ada, server.socket).await;
    let connection = live.connection();
    comes(&live, "the connection", |state| *state == ConnectionState::Online).await;
    drop(live);
    let pick = |event| matches!(event, Event::Connection(ConnectionState::Stopped)).then_some(());
    until(&mut events, "the end", pick).await;
    assert!(events.next().await.is_none());
    assert!(connection.borrow().is_over());
}
