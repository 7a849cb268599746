//! Who is there: told by sockets, only to those who share a room, and without flicker.

use parlor_client::ServerMessage;
use parlor_protocol::{
    members::{GetRoomUsers, GetRoomUsersPayload},
    presence::Presence,
    rooms::Room,
};
use parlor_tests::{Person, Seat, TestServer, databases::Kind};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

async fn hears_status(seat: &mut Seat, of: &Person) -> Presence {
    seat.hears(|message| match message {
        ServerMessage::UserStatus(notice) if notice.user_id == of.id() => Some(notice.status),
        _ => None,
    })
    .await
}

async fn statuses_so_far(seat: &mut Seat, of: &Person) -> Vec<Presence> {
    let heard = seat.heard().await;
    heard
        .iter()
        .filter_map(|message| match message {
            ServerMessage::UserStatus(notice) if notice.user_id == of.id() => Some(notice.status),
            _ => None,
        })
        .collect()
}

async fn a_shared_room(ada: &Person, bob: &Person) -> Room {
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    room
}

async fn online_by_rest(person: &Person, of: &Person) -> Value {
    person.get(&format!("/api/v1/users/{}", of.id())).await.data(200)["isOnline"].clone()
}

#[tokio::test]
async fn s11_one_is_online_from_the_first_socket_until_5_s_after_the_last() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    a_shared_room(&ada, &bob).await;
    let mut seat = ada.sits_down().await;
    let first = bob.sits_down().await;
    assert_eq!(hears_status(&mut seat, &bob).await, Presence::Online);
    let second = bob.sits_down().await;
    first.stands_up();
    assert_eq!(online_by_rest(&ada, &bob).await, json!(true), "the other tab is open");
    assert_eq!(statuses_so_far(&mut seat, &bob).await, [], "told once per change, not per socket");
    second.stands_up();
    let gone = Instant::now();
    assert_eq!(hears_status(&mut seat, &bob).await, Presence::Offline);
    let after = gone.elapsed();
    assert!(after > Duration::from_secs(4) && after < Duration::from_secs(7), "{after:?}");
    let profile = ada.get(&format!("/api/v1/users/{}", bob.id())).await;
    assert_eq!(profile.data(200)["isOnline"], false);
    assert!(profile.data(200)["lastSeenAt"].is_string(), "{profile:?}");
}

#[tokio::test]
async fn s11_a_page_reload_does_not_flicker() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    a_shared_room(&ada, &bob).await;
    let mut seat = ada.sits_down().await;
    let mut tab = bob.sits_down().await;
    assert_eq!(hears_status(&mut seat, &bob).await, Presence::Online);
    for _ in 0..5 {
        tab.stands_up();
        tab = bob.sits_down().await;
    }
    tab.stands_up();
    assert_eq!(hears_status(&mut seat, &bob).await, Presence::Offline, "the next change is the last");
    assert_eq!(statuses_so_far(&mut seat, &bob).await, []);
}

#[tokio::test]
async fn s12_only_those_who_share_a_room_know_who_is_there() {
    let server = TestServer::start().await;
    let [ada, bob, eve] = server.people(["ada", "bob", "eve"]).await;
    let room = a_shared_room(&ada, &bob).await;
    let (mut friend, mut stranger) = (ada.sits_down().await, eve.sits_down().await);
    let _tab = bob.sits_down().await;
    assert_eq!(hears_status(&mut friend, &bob).await, Presence::Online);
    assert_eq!(statuses_so_far(&mut stranger, &bob).await, []);
    assert_eq!(online_by_rest(&ada, &bob).await, json!(true));
    let profile = eve.get(&format!("/api/v1/users/{}", bob.id())).await;
    assert_eq!(
        (&profile.data(200)["isOnline"], &profile.data(200)["lastSeenAt"]),
        (&json!(false), &Value::Null)
    );
    let online = |reply: &parlor_tests::Reply| -> Vec<Value> {
        let members = reply.data(200)["members"].as_array().unwrap().clone();
        members.into_iter().map(|member| member["isOnline"].clone()).collect()
    };
    let path = format!("/api/v1/rooms/{}/members", room.id);
    assert_eq!(online(&ada.get(&path).await), [true, true]);
    assert_eq!(online(&eve.get(&path).await), [false, false], "not a member");
}

#[tokio::test]
async fn s8_members_and_only_they_get_the_users_of_a_room() {
    let server = TestServer::start().await;
    let [ada, bob, eve] = server.people(["ada", "bob", "eve"]).await;
    let room = a_shared_room(&ada, &bob).await;
    let mut seat = ada.sits_down().await;
    let list = seat.emits::<GetRoomUsers>(GetRoomUsersPayload { room_id: room.id }).await.unwrap();
    let users: Vec<_> = list.users.iter().map(|user| (user.username.as_str(), user.is_online)).collect();
    assert_eq!(users, [("ada", true), ("bob", false)]);
    let told = seat
        .hears(|message| match message {
            ServerMessage::RoomUsers(list) => Some((**list).clone()),
            _ => None,
        })
        .await;
    assert_eq!(told, list);
    let refused = eve.sits_down().await.emits::<GetRoomUsers>(GetRoomUsersPayload { room_id: room.id }).await;
    assert_eq!(refused.unwrap_err().kind(), Some(parlor_protocol::ErrorType::NotAuthorized));
}

#[tokio::test]
async fn a_silent_client_is_offline_after_the_heartbeat() {
    let server = TestServer::start_with(|config| {
        config.deadlines.ping = Duration::from_millis(500);
        config.deadlines.pong = Duration::from_millis(500);
    })
    .await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    a_shared_room(&ada, &bob).await;
    let mut seat = ada.sits_down().await;
    // Its connection is open, and it answers nothing.
    let _silent = bob.raw_socket().await;
    assert_eq!(hears_status(&mut seat, &bob).await, Presence::Online);
    assert_eq!(hears_status(&mut seat, &bob).await, Presence::Offline);
}

#[tokio::test]
async fn a_logout_ends_presence_like_a_disconnect() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    a_shared_room(&ada, &bob).await;
    let mut seat = ada.sits_down().await;
    let _tab = bob.sits_down().await;
    assert_eq!(hears_status(&mut seat, &bob).await, Presence::Online);
    bob.client.sign_out().await.unwrap();
    assert_eq!(hears_status(&mut seat, &bob).await, Presence::Offline);
}

#[tokio::test]
async fn a_change_that_could_not_be_told_is_told_when_the_database_is_back() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    a_shared_room(&ada, &bob).await;
    let (mut seat, tab) = (ada.sits_down().await, bob.sits_down().await);
    assert_eq!(hears_status(&mut seat, &bob).await, Presence::Online);
    tab.stands_up();
    let domain = server.server().domain();
    let mut readers = Vec::new();
    let on_sqlite = Kind::wanted() == Kind::Sqlite;
    for _ in 0..if on_sqlite { 4 } else { 12 } {
        readers.push(domain.store.reserved().read().await.unwrap());
    }
    let ended = async {
        while domain.presence.is_online(bob.id()) {
            // There is no event: nobody can be told.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    parlor_tests::soon("bob to be offline", ended).await;
    // Behind the writing of when he was last seen, for which SQLite has a connection of its own, and behind the reading of whom to
    // tell.
    if on_sqlite {
        drop(domain.store.write().await.unwrap());
    }
    assert!(domain.store.read().await.is_err(), "every reader is held");
    drop(readers);
    assert_eq!(hears_status(&mut seat, &bob).await, Presence::Offline);
}

#[tokio::test]
async fn who_gives_up_a_connection_in_the_moment_that_it_is_made_is_not_there() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    a_shared_room(&ada, &bob).await;
    let mut seat = ada.sits_down().await;
    let mut opening = Box::pin(bob.client.connect());
    // Begun, and not looked at again: it is made, and nobody takes it.
    assert!(futures_util::poll!(&mut opening).is_pending());
    assert_eq!(hears_status(&mut seat, &bob).await, Presence::Online);
    seat.heard().await;
    drop(opening);
    assert_eq!(hears_status(&mut seat, &bob).await, Presence::Offline);
}
