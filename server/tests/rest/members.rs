//! Coming and going.

use crate::world::{World, each, request};
use futures_util::future::join_all;
use parlor_server::config::Limits;
use serde_json::{Value, json};
use std::time::Duration;
use tower::ServiceExt;

#[tokio::test]
async fn of_racing_joins_of_one_user_one_wins() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let room = world.room(&ada, "Engines", false).await;
    let answers = join_all((0..4).map(|_| world.join(&bob, &room))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409]);
    let joined = answers.iter().find(|answer| answer.status == 200).unwrap();
    let data = &joined.data()["room"];
    assert_eq!((&data["memberCount"], &data["lastSeq"]), (&json!(2), &json!(3)));
    assert_eq!(data["membership"]["role"], "member");
    assert_eq!(data["membership"]["lastReadSeq"], 3, "one's own coming");
}

#[tokio::test]
async fn leaving_ends_the_membership_and_is_an_entry_of_the_timeline() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let room = world.room(&ada, "Engines", false).await;
    let leave = format!("/rooms/{room}/leave");
    world.join(&bob, &room).await.with(200);
    world.post(&ada, &leave, Value::Null).await.failed(403, "NOT_AUTHORIZED");
    assert_eq!(world.post(&bob, &leave, Value::Null).await.with(200).data(), &Value::Null);
    world.post(&bob, &leave, Value::Null).await.failed(404, "NOT_FOUND");
    world.get(&bob, &format!("/rooms/{room}/messages")).await.failed(403, "NOT_AUTHORIZED");
    let events = world.get(&ada, &format!("/rooms/{room}/events?after=2")).await.with(200);
    assert_eq!(each(&events.data()["events"], "type"), ["member_joined", "member_left"]);
    assert_eq!(each(&events.data()["events"], "username"), ["bob", "bob"]);
    world.join(&bob, &room).await.with(200);
}

#[tokio::test]
async fn the_owner_removes_a_member_and_nobody_else_does() {
    let world = World::new().await;
    let (ada, bob, cyd) = (world.person("ada").await, world.person("bob").await, world.person("cyd").await);
    let room = world.room(&ada, "Engines", false).await;
    for who in [&bob, &cyd] {
        world.join(who, &room).await.with(200);
    }
    let member = |who: &str| format!("/rooms/{room}/members/{who}");
    world.delete(&cyd, &member(&bob.id)).await.failed(403, "NOT_AUTHORIZED");
    world.delete(&ada, &member(&ada.id)).await.failed(403, "NOT_AUTHORIZED");
    world.delete(&ada, &member(&bob.id)).await.with(200);
    world.delete(&ada, &member(&bob.id)).await.failed(404, "NOT_FOUND");
    world.get(&bob, &format!("/rooms/{room}/events")).await.failed(403, "NOT_AUTHORIZED");
    let list = world.get(&ada, &format!("/rooms/{room}/users")).await.with(200);
    assert_eq!(list.data()["totalMembers"], 2);
    assert_eq!(each(&list.data()["members"], "userId"), [json!(ada.id), json!(cyd.id)]);
}

#[tokio::test]
async fn members_are_listed_as_they_joined_page_by_page_with_presence_for_members_only() {
    let world = World::new().await;
    let (ada, bob, eve) = (world.person("ada").await, world.person("bob").await, world.person("eve").await);
    let room = world.room(&ada, "Engines", false).await;
    world.join(&bob, &room).await.with(200);
    world.domain.presence.arrive(bob.id.parse().unwrap(), world.domain.clock.now());
    let path = format!("/rooms/{room}/members");
    let list = world.get(&ada, &path).await.with(200);
    assert_eq!(each(&list.data()["members"], "isOnline"), [false, true]);
    assert_eq!(list.data()["members"][0]["user"], json!({ "id": ada.id, "username": "ada" }));
    assert_eq!(each(&list.data()["members"], "role"), ["owner", "member"]);
    assert_eq!(each(&world.get(&eve, &path).await.with(200).data()["members"], "isOnline"), [false, false]);
    let first = world.get(&ada, &format!("{path}?limit=1")).await.with(200);
    let cursor = first.body["nextCursor"].as_str().unwrap();
    let second = world.get(&ada, &format!("{path}?limit=1&cursor={cursor}")).await.with(200);
    assert_eq!(each(&second.data()["members"], "userId"), [json!(bob.id)]);
    assert!(second.body["nextCursor"].is_null());
}

#[tokio::test]
async fn of_anothers_rooms_one_sees_the_public_and_the_shared_ones() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let public = world.room(&ada, "Engines", false).await;
    let private = world.room(&ada, "Secrets", true).await;
    for path in [format!("/users/{}/rooms", ada.id), format!("/rooms/users/{}", ada.id)] {
        let own = world.get(&ada, &path).await.with(200);
        assert_eq!(each(own.data(), "roomId"), [json!(private), json!(public)], "newest first");
        assert_eq!(each(own.data(), "role"), ["owner", "owner"]);
        let seen = world.get(&bob, &path).await.with(200);
        assert_eq!(each(seen.data(), "roomId"), [json!(public)]);
        assert!(seen.data()[0]["room"]["membership"].is_null(), "bob's own, not ada's");
    }
    let nobody = "/users/018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90/rooms";
    world.get(&ada, nobody).await.failed(404, "NOT_FOUND");
}

#[tokio::test]
async fn a_room_takes_no_more_members_than_the_limit_and_a_user_no_more_rooms() {
    let world = World::with(Limits { room_members: Some(2), memberships: Some(1), ..Limits::off() }).await;
    let (ada, bob, cyd) = (world.person("ada").await, world.person("bob").await, world.person("cyd").await);
    let room = world.room(&ada, "Engines", false).await;
    world.join(&bob, &room).await.with(200);
    world.join(&cyd, &room).await.failed(409, "CONFLICT");
    world.post(&bob, "/rooms", json!({ "name": "Looms" })).await.failed(409, "CONFLICT");
    let other = world.room(&cyd, "Looms", false).await;
    world.join(&bob, &other).await.failed(409, "CONFLICT");
}

/// K13: the framework drops a handler's future when its client goes away.
#[tokio::test]
async fn what_a_client_began_is_ended_even_if_the_client_goes_away() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let room = world.room(&ada, "Engines", false).await;
    let only_writer = world.domain.store.write().await.unwrap();
    let call =
        world.router.clone().oneshot(request(Some(&bob.token), &format!("POST /rooms/{room}/join"), None));
    // It can't end while the only writer is ours, so this gives up and drops it in the middle.
    tokio::time::timeout(Duration::from_millis(200), call).await.unwrap_err();
    drop(only_writer);
    let joined = async {
        loop {
            let seen = world.get(&bob, &format!("/rooms/{room}")).await.with(200);
            if seen.data()["membership"].is_object() {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), joined).await.unwrap();
}
