//! What is told of a room that is followed.

use crate::{contents, entry, is_offline, is_online, live_of, until};
use futures_util::TryStreamExt as _;
use parlor_client::{
    ServerMessage,
    live::{Event, Mark, Unfollowed},
    protocol::{
        ErrorType, Nothing,
        rooms::{DeleteRoom, RoomPath},
        timeline::Happening,
    },
};
use parlor_tests::{ServerProcess, TestServer, proxy::FaultProxy};

#[tokio::test]
async fn a_followed_room_tells_every_entry_once_in_order() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    let (live, mut events) = live_of(&ada, server.socket).await;
    let mark = live.room(room.id).follow(None).await.unwrap();
    bob.joins(&room).await;
    bob.posts(&room, "hello").await;
    bob.leaves(&room).await;
    let joined = entry(&mut events).await;
    assert_eq!(joined.seq, mark.seq + 1);
    assert!(matches!(joined.happening, Happening::MemberJoined(who) if who.user_id == bob.id()));
    assert_eq!(contents(&mut events, 1).await, ["hello"]);
    let left = entry(&mut events).await;
    assert!(matches!(left.happening, Happening::MemberLeft(who) if who.user_id == bob.id()));
}

#[tokio::test]
async fn a_room_followed_since_a_mark_tells_all_that_came_after_it() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let (live, _events) = live_of(&ada, server.socket).await;
    let mark = live.room(room.id).follow(None).await.unwrap();
    live.room(room.id).unfollow().await.unwrap();
    let said: Vec<_> = (0..730).map(|n| n.to_string()).collect();
    for content in &said {
        ada.posts(&room, content).await;
    }
    let mut events = live.events();
    live.room(room.id).follow(Some(mark)).await.unwrap();
    assert_eq!(contents(&mut events, said.len()).await, said);
}

#[tokio::test]
async fn what_is_missed_while_the_network_is_gone_is_told_before_what_comes_after() {
    let server = TestServer::start().await;
    let proxy = FaultProxy::start(server.socket).await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let (live, mut events) = live_of(&ada, proxy.address()).await;
    live.room(room.id).follow(None).await.unwrap();
    let mut said = Vec::new();
    for round in 0..5 {
        proxy.change(|network| network.stalled = true);
        proxy.reset();
        is_offline(&live).await;
        for n in 0..220 {
            said.push(format!("{round} {n}"));
            bob.posts(&room, said.last().unwrap()).await;
        }
        proxy.heal();
        // Whatever try is under way hangs in the stalled network.
        proxy.reset();
        live.reconnect_now().await;
        for n in 0..5 {
            said.push(format!("{round} {n} live"));
            bob.posts(&room, said.last().unwrap()).await;
        }
        is_online(&live).await;
    }
    assert_eq!(contents(&mut events, said.len()).await, said);
}

#[tokio::test]
async fn a_gap_that_is_too_long_is_told_and_not_hidden() {
    // Of these the server tells the first at once, with its answer.
    a_gap_is_told(10).await;
    a_gap_is_told(250).await;
}

/// One entry more is missed than is fetched.
async fn a_gap_is_told(longest: i64) {
    let server = TestServer::start().await;
    let proxy = FaultProxy::start(server.socket).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let client = crate::client_of(&ada, proxy.address()).await;
    let live = client.live().longest_gap(Some(longest.unsigned_abs())).start().await.unwrap();
    let mut events = live.events();
    let before = live.room(room.id).follow(None).await.unwrap();
    proxy.change(|network| network.stalled = true);
    proxy.reset();
    is_offline(&live).await;
    for n in 0..=longest {
        ada.posts(&room, &n.to_string()).await;
    }
    proxy.heal();
    proxy.reset();
    live.reconnect_now().await;
    let pick = |event| match event {
        Event::Resync { room_id, from, to } => Some((room_id, from, to)),
        Event::Entry(entry) => panic!("{entry:?}"),
        _ => None,
    };
    let told = until(&mut events, "the gap", pick).await;
    assert_eq!(told, (room.id, before, Mark { seq: before.seq + longest + 1, ..before }));
    ada.posts(&room, "after").await;
    assert_eq!(contents(&mut events, 1).await, ["after"]);
}

#[tokio::test]
async fn a_position_of_another_history_is_told_as_a_gap() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    ada.posts(&room, "one").await;
    let (live, mut events) = live_of(&ada, server.socket).await;
    let elsewhere = Mark { epoch: "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90".parse().unwrap(), seq: 1 };
    let now = live.room(room.id).follow(Some(elsewhere)).await.unwrap();
    let pick = |event| match event {
        Event::Resync { from, to, .. } => Some((from, to)),
        _ => None,
    };
    assert_eq!(until(&mut events, "the gap", pick).await, (elsewhere, now));
    assert_eq!(now.seq, 3, "made, joined, one");
}

#[tokio::test]
async fn a_server_that_was_killed_is_followed_again() {
    let mut server = ServerProcess::start(&[("PARLOR_LIMIT_MESSAGE", "off")]).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let (live, mut events) = live_of(&ada, server.socket).await;
    live.room(room.id).follow(None).await.unwrap();
    ada.posts(&room, "before").await;
    server.kill().await;
    is_offline(&live).await;
    server.start_again().await;
    ada.posts(&room, "after").await;
    assert_eq!(contents(&mut events, 2).await, ["before", "after"]);
    is_online(&live).await;
}

#[tokio::test]
async fn a_stranger_is_refused_and_who_is_removed_is_told() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    let (live, mut events) = live_of(&bob, server.socket).await;
    let refused = live.room(room.id).follow(None).await.unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorType::NotAuthorized));
    bob.joins(&room).await;
    live.room(room.id).follow(None).await.unwrap();
    ada.removes(&bob, &room).await;
    let pick = |event| match event {
        Event::Unfollowed { room_id, why: Unfollowed::NoMember } => Some(room_id),
        _ => None,
    };
    assert_eq!(until(&mut events, "the removal", pick).await, room.id);
}

#[tokio::test]
async fn who_was_removed_while_away_is_told_on_return() {
    let server = TestServer::start().await;
    let proxy = FaultProxy::start(server.socket).await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let (live, mut events) = live_of(&bob, proxy.address()).await;
    live.room(room.id).follow(None).await.unwrap();
    proxy.change(|network| network.stalled = true);
    proxy.reset();
    is_offline(&live).await;
    ada.removes(&bob, &room).await;
    proxy.heal();
    proxy.reset();
    live.reconnect_now().await;
    let pick = |event| match event {
        Event::Unfollowed { why: Unfollowed::Refused(error), .. } => Some(error.kind),
        _ => None,
    };
    assert_eq!(until(&mut events, "the refusal", pick).await, ErrorType::NotAuthorized);
}

#[tokio::test]
async fn who_left_and_joined_again_while_away_follows_on() {
    let server = TestServer::start().await;
    let proxy = FaultProxy::start(server.socket).await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let (live, mut events) = live_of(&bob, proxy.address()).await;
    live.room(room.id).follow(None).await.unwrap();
    proxy.change(|network| network.stalled = true);
    proxy.reset();
    is_offline(&live).await;
    bob.leaves(&room).await;
    bob.joins(&room).await;
    ada.posts(&room, "welcome back").await;
    proxy.heal();
    proxy.reset();
    live.reconnect_now().await;
    let left = entry(&mut events).await;
    assert!(matches!(left.happening, Happening::MemberLeft(who) if who.user_id == bob.id()));
    assert_eq!(contents(&mut events, 1).await, ["welcome back"]);
    is_online(&live).await;
    ada.posts(&room, "tea?").await;
    assert_eq!(contents(&mut events, 1).await, ["tea?"]);
}

#[tokio::test]
async fn who_left_and_joined_again_can_follow_again() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let (live, mut events) = live_of(&bob, server.socket).await;
    live.room(room.id).follow(None).await.unwrap();
    bob.leaves(&room).await;
    let pick = |event| matches!(event, Event::Unfollowed { .. }).then_some(());
    until(&mut events, "the end of the membership", pick).await;
    bob.joins(&room).await;
    let mark = live.room(room.id).follow(None).await.unwrap();
    ada.posts(&room, "welcome back").await;
    let told = entry(&mut events).await;
    assert_eq!(told.seq, mark.seq + 1);
    assert!(matches!(told.happening, Happening::Message { message } if message.content == "welcome back"));
}

#[tokio::test]
async fn a_deleted_room_is_followed_no_longer() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let (live, mut events) = live_of(&ada, server.socket).await;
    live.room(room.id).follow(None).await.unwrap();
    ada.client.call::<DeleteRoom>(RoomPath { room_id: room.id }, Nothing, Nothing).await.unwrap();
    let pick = |event| match event {
        Event::Unfollowed { room_id, why: Unfollowed::Deleted } => Some(room_id),
        _ => None,
    };
    assert_eq!(until(&mut events, "the deletion", pick).await, room.id);
}

#[tokio::test]
async fn a_room_that_is_followed_no_longer_tells_nothing_also_after_a_return() {
    let server = TestServer::start().await;
    let proxy = FaultProxy::start(server.socket).await;
    let [ada] = server.people(["ada"]).await;
    let (one, other) = (ada.creates_room("kitchen").await, ada.creates_room("cellar").await);
    let (live, mut events) = live_of(&ada, proxy.address()).await;
    live.room(one.id).follow(None).await.unwrap();
    live.room(other.id).follow(None).await.unwrap();
    live.room(one.id).unfollow().await.unwrap();
    ada.posts(&one, "unheard").await;
    ada.posts(&other, "heard").await;
    assert_eq!(contents(&mut events, 1).await, ["heard"]);
    proxy.reset();
    is_offline(&live).await;
    is_online(&live).await;
    ada.posts(&one, "unheard").await;
    ada.posts(&other, "heard again").await;
    assert_eq!(contents(&mut events, 1).await, ["heard again"]);
}

#[tokio::test]
async fn a_subscriber_that_takes_nothing_is_told_how_much_it_missed() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let live = crate::client_of(&ada, server.socket).await.live().events_capacity(8).start().await.unwrap();
    let mut lazy = live.events();
    live.room(room.id).follow(None).await.unwrap();
    is_online(&live).await;
    let mut eager = live.events();
    for n in 0..100 {
        ada.posts(&room, &n.to_string()).await;
        contents(&mut eager, 1).await;
    }
    let missed = until(&mut lazy, "the loss", |event| match event {
        Event::Missed(missed) => Some(missed),
        other => panic!("{other:?}"),
    });
    assert!(missed.await > 80);
}

#[tokio::test]
async fn history_is_fetched_newest_first_page_by_page() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let said: Vec<_> = (0..25).map(|n| n.to_string()).collect();
    for content in &said {
        ada.posts(&room, content).await;
    }
    let (live, _events) = live_of(&ada, server.socket).await;
    let messages: Vec<_> = live.room(room.id).history(None, 10).try_collect().await.unwrap();
    let contents: Vec<_> = messages.iter().map(|message| message.content.clone()).rev().collect();
    assert_eq!(contents, said);
    let before = Some(messages[4].seq);
    let older: Vec<_> = live.room(room.id).history(before, 10).try_collect().await.unwrap();
    assert_eq!(older, messages[5..]);
}

#[tokio::test]
async fn typing_and_read_marks_reach_the_others() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let message = bob.posts(&room, "hello").await;
    let (live, _events) = live_of(&ada, server.socket).await;
    let kitchen = live.room(room.id);
    kitchen.follow(None).await.unwrap();
    let mut seat = bob.sits_down().await;
    seat.listens_to(&room).await;
    kitchen.typing(true).await.unwrap();
    let typist = seat.hears(|message| match message {
        ServerMessage::UserTyping(typing) => Some(typing.user_id),
        _ => None,
    });
    assert_eq!(typist.await, ada.id());
    let read = kitchen.mark_read(Some(message.id)).await.unwrap();
    assert_eq!(read.last_read_seq, message.seq);
    let reader = seat.hears(|message| match message {
        ServerMessage::MessagesRead(read) => Some((read.user_id, read.last_read_seq)),
        _ => None,
    });
    assert_eq!(reader.await, (ada.id(), message.seq));
}
