//! Membership: joining, leaving, removing, and who is told.

use parlor_protocol::{ErrorType, members::Stay, rooms::Room, timeline::Happening};
use parlor_server::config::Limits;
use parlor_tests::{Person, Reply, TestServer};
use serde_json::{Value, json};
use tokio::task::JoinSet;

fn path(room: &Room, rest: &str) -> String {
    format!("/api/v1/rooms/{}{rest}", room.id)
}

async fn tries_to_join(person: &Person, room: &Room) -> Reply {
    person.post(&path(room, "/join"), &json!({})).await
}

#[tokio::test]
async fn joining_twice_is_a_conflict() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    let joined = tries_to_join(&bob, &room).await;
    let seen = &joined.data(200)["room"];
    assert_eq!((&seen["memberCount"], &seen["membership"]["role"]), (&json!(2), &json!("member")));
    tries_to_join(&bob, &room).await.is(ErrorType::Conflict);
    tries_to_join(&ada, &room).await.is(ErrorType::Conflict);
}

#[tokio::test]
async fn h11_of_racing_joins_one_succeeds_and_the_others_are_conflicts() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    let mut racers = JoinSet::new();
    for _ in 0..8 {
        let (bob, room) = (bob.clone(), room.clone());
        racers.spawn(async move { tries_to_join(&bob, &room).await.status });
    }
    let mut statuses = racers.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409, 409, 409]);
    assert_eq!(ada.sees(&room).await.member_count, 2);
}

#[tokio::test]
async fn h19_a_membership_that_begins_and_ends_is_told_with_its_place_in_the_timeline() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    let mut seat = ada.subscribes(&room).await;
    bob.joins(&room).await;
    let joined = seat.hears_arrival().await;
    assert_eq!((joined.user_id, joined.stay, joined.seq), (bob.id(), Stay::Permanent, Some(3)));
    assert_eq!((joined.username.as_str(), joined.name.unwrap().as_str()), ("bob", "bob"));
    bob.leaves(&room).await;
    let left = seat.hears_departure().await;
    assert_eq!((left.user_id, left.stay, left.seq), (bob.id(), Stay::Permanent, Some(4)));
    assert_eq!(left.name.unwrap().as_str(), "bob");
    let timeline = ada.timeline(&room).await;
    assert!(matches!(&timeline.events[2].happening, Happening::MemberJoined(who) if who.user_id == bob.id()));
    assert!(matches!(&timeline.events[3].happening, Happening::MemberLeft(who) if who.user_id == bob.id()));
}

#[tokio::test]
async fn h17_an_owner_can_not_leave_and_a_stranger_has_nothing_to_leave() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    ada.post(&path(&room, "/leave"), &json!({})).await.is(ErrorType::NotAuthorized);
    bob.post(&path(&room, "/leave"), &json!({})).await.is(ErrorType::NotFound);
    ada.delete(&path(&room, &format!("/members/{}", bob.id()))).await.is(ErrorType::NotFound);
    ada.delete(&path(&room, &format!("/members/{}", ada.id()))).await.is(ErrorType::NotAuthorized);
    assert_eq!(ada.sees(&room).await.member_count, 1);
}

#[tokio::test]
async fn a_leavers_last_entry_is_their_own_departure() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let mut seat = bob.subscribes(&room).await;
    bob.leaves(&room).await;
    ada.posts(&room, "now that he is gone").await;
    let left = seat.hears_departure().await;
    assert_eq!((left.user_id, left.stay), (bob.id(), Stay::Permanent));
    assert_eq!(seat.heard_messages().await, Vec::<String>::new());
}

#[tokio::test]
async fn s10_a_member_who_left_or_was_removed_hears_and_reads_nothing_more() {
    let server = TestServer::start().await;
    let [ada, bob, eve] = server.people(["ada", "bob", "eve"]).await;
    let room = ada.creates_room("kitchen").await;
    let elsewhere = ada.creates_room("garden").await;
    for person in [&bob, &eve] {
        person.joins(&room).await;
        person.joins(&elsewhere).await;
    }
    let (mut first, mut second) = (bob.subscribes(&room).await, eve.subscribes(&room).await);
    first.listens_to(&elsewhere).await;
    second.listens_to(&elsewhere).await;
    bob.leaves(&room).await;
    ada.removes(&eve, &room).await;
    ada.posts(&room, "after-leave").await;
    ada.posts(&elsewhere, "marker").await;
    for seat in [&mut first, &mut second] {
        assert_eq!(seat.hears_message().await.content, "marker");
        let refused = seat.tries_to_say(&room, "still here?").await.unwrap_err();
        assert_eq!(refused.kind(), Some(ErrorType::NotAuthorized));
        let refused = seat.joins(&room, Some(0)).await.unwrap_err();
        assert_eq!(refused.kind(), Some(ErrorType::NotAuthorized));
        seat.person.get(&path(&room, "/messages")).await.is(ErrorType::NotAuthorized);
        seat.person.get(&path(&room, "/events")).await.is(ErrorType::NotAuthorized);
    }
}

#[tokio::test]
async fn a_removed_member_hears_of_it_as_of_a_departure() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let mut seat = bob.subscribes(&room).await;
    ada.removes(&bob, &room).await;
    let left = seat.hears_departure().await;
    assert_eq!((left.user_id, left.stay, left.seq), (bob.id(), Stay::Permanent, Some(4)));
    bob.joins(&room).await;
    assert_eq!(ada.sees(&room).await.member_count, 2, "a removal is no ban");
}

#[tokio::test]
async fn h4_members_are_listed_in_the_order_in_which_they_joined_without_addresses() {
    let server = TestServer::start().await;
    let [ada, bob, eve] = server.people(["ada", "bob", "eve"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    eve.joins(&room).await;
    for list in ["/members", "/users"] {
        let reply = eve.get(&path(&room, list)).await;
        let data = reply.data(200);
        assert_eq!((&data["totalMembers"], &data["room"]["id"]), (&json!(3), &json!(room.id)));
        let names: Vec<_> =
            data["members"].as_array().unwrap().iter().map(|member| &member["user"]["username"]).collect();
        assert_eq!(names, ["ada", "bob", "eve"]);
        assert_eq!(data["members"][0]["role"], "owner");
        assert!(!reply.text.contains('@'), "{reply:?}");
    }
    let first = eve.get(&path(&room, "/members?limit=2")).await;
    assert_eq!(first.data(200)["members"].as_array().unwrap().len(), 2);
    let cursor = first.body["nextCursor"].as_str().unwrap();
    let second = eve.get(&path(&room, &format!("/members?limit=2&cursor={cursor}"))).await;
    assert_eq!(second.data(200)["members"][0]["user"]["username"], "eve");
    assert_eq!((&second.data(200)["totalMembers"], &second.body["nextCursor"]), (&json!(3), &Value::Null));
}

#[tokio::test]
async fn h5_of_anothers_rooms_one_sees_those_that_one_may_see() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    ada.creates_room("kitchen").await;
    ada.creates_private_room("cellar").await;
    let shared = ada.creates_private_room("attic").await;
    bob.accepts(&ada.invites_to(&shared).await).await;
    for path in [format!("/api/v1/users/{}/rooms", ada.id()), format!("/api/v1/rooms/users/{}", ada.id())] {
        let names = |reply: &Reply| -> Vec<String> {
            let rooms = reply.data(200).as_array().unwrap();
            rooms.iter().map(|entry| entry["room"]["name"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(names(&ada.get(&path).await), ["attic", "cellar", "kitchen"], "newest first");
        let seen = bob.get(&path).await;
        assert_eq!(names(&seen), ["attic", "kitchen"]);
        let roles: Vec<_> = seen
            .data(200)
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| &entry["room"]["membership"]["role"])
            .collect();
        assert_eq!(roles, [&json!("member"), &Value::Null], "bob's own, not ada's");
        assert!(seen.data(200).as_array().unwrap().iter().all(|entry| entry["userId"] == json!(ada.id())));
    }
}

#[tokio::test]
async fn the_numbers_of_members_and_of_memberships_are_bounded() {
    let limits = Limits { memberships: Some(2), room_members: Some(2), ..Limits::off() };
    let server = TestServer::start_with(|config| config.limits = limits).await;
    let [ada, bob, eve] = server.people(["ada", "bob", "eve"]).await;
    let (first, second) = (ada.creates_room("first").await, ada.creates_room("second").await);
    let third = eve.creates_room("third").await;
    bob.joins(&first).await;
    tries_to_join(&eve, &first).await.is(ErrorType::Conflict);
    bob.joins(&second).await;
    tries_to_join(&bob, &third).await.is(ErrorType::Conflict);
    bob.post("/api/v1/rooms", &json!({ "name": "fourth" })).await.is(ErrorType::Conflict);
    bob.leaves(&second).await;
    bob.joins(&third).await;
}
