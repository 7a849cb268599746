//! How a timeline ends, and what stays.

use crate::{View, client_of, live_of};
use parlor_client::{
    Error, ServerMessage,
    protocol::{
        ErrorType, Nothing,
        rooms::{DeleteRoom, RoomPath},
        sessions::LogOut,
    },
    timeline::Ended,
};
use parlor_tests::{TestServer, soon};
use std::time::Duration;

async fn end(view: &View) -> Ended {
    let mut ended = view.timeline.ended();
    let ended = soon("the end", ended.wait_for(Option::is_some)).await.unwrap();
    ended.clone().unwrap()
}

#[tokio::test]
async fn a_stranger_gets_no_timeline() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    let live = live_of(&bob, server.socket).await;
    let refused = soon("the refusal", live.room(room.id).timeline()).await.unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorType::NotAuthorized));
}

#[tokio::test]
async fn a_removal_and_a_deletion_are_told_and_what_was_shown_stays() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let live = live_of(&bob, server.socket).await;
    let mut view = View::open(&live, &room).await;
    ada.removes(&bob, &room).await;
    assert_eq!(end(&view).await, Ended::NoMember);
    view.shows("^ made +ada +bob -bob").await;
    bob.joins(&room).await;
    let again = View::open(&live, &room).await;
    assert_eq!(again.text(), "^ made +ada +bob -bob +bob");
    ada.client.call::<DeleteRoom>(RoomPath { room_id: room.id }, Nothing, Nothing).await.unwrap();
    assert_eq!(end(&again).await, Ended::Deleted);
    assert_eq!(view.text(), "^ made +ada +bob -bob");
}

#[tokio::test]
async fn the_end_of_the_session_and_of_the_connection_are_told() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let live = live_of(&ada, server.socket).await;
    let view = View::open(&live, &room).await;
    let elsewhere = live.client().another();
    elsewhere.resume(live.client().session().unwrap());
    elsewhere.call::<LogOut>(Nothing, Nothing, Nothing).await.unwrap();
    assert_eq!(end(&view).await, Ended::SignedOut);

    let live = live_of(&ada, server.socket).await;
    let view = View::open(&live, &room).await;
    live.clone().shutdown(Duration::from_secs(1)).await;
    assert_eq!(end(&view).await, Ended::Stopped);
    let late = soon("the refusal", live.room(room.id).timeline()).await;
    assert!(matches!(late, Err(Error::Disconnected(_))), "{late:?}");
}

#[tokio::test]
async fn the_room_is_followed_as_long_as_anybody_shows_it() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let live = live_of(&bob, server.socket).await;
    let one = View::open(&live, &room).await;
    let mut two = View::open(&live, &room).await;
    let mut seat = ada.subscribes(&room).await;
    drop(one);
    // The caller's own following is neither of theirs.
    live.room(room.id).follow(None).await.unwrap();
    live.room(room.id).unfollow().await.unwrap();
    ada.posts(&room, "still there").await;
    two.shows("^ made +ada +bob still there").await;
    drop(two);
    // The server tells the others when the last one has left.
    let left = seat.hears(|message| match message {
        ServerMessage::UserLeft(passage) => Some(passage.user_id),
        _ => None,
    });
    assert_eq!(left.await, bob.id());
}

#[tokio::test]
async fn who_stops_waiting_for_a_timeline_follows_nothing() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let mut seat = ada.subscribes(&room).await;
    let live = client_of(&bob, server.socket).await.live().start().await.unwrap();
    let kitchen = live.room(room.id);
    let mut opening = Box::pin(kitchen.timeline());
    // The server tells when the room is being followed.
    let arrives = seat.hears(|message| match message {
        ServerMessage::UserJoined(passage) => Some(passage.user_id),
        _ => None,
    });
    tokio::select! {
        _ = &mut opening => panic!("it is open"),
        who = arrives => assert_eq!(who, bob.id()),
    }
    drop(opening);
    let leaves = seat.hears(|message| match message {
        ServerMessage::UserLeft(passage) => Some(passage.user_id),
        _ => None,
    });
    assert_eq!(leaves.await, bob.id());
}
