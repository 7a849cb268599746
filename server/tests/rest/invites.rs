//! Invites to private rooms.

use crate::world::{Person, World, each};
use futures_util::future::join_all;
use parlor_server::config::{Limits, Rate};
use serde_json::{Value, json};
use std::time::Duration;

async fn invite(world: &World, owner: &Person, room: &str, terms: Value) -> (String, String) {
    let made = world.post(owner, &format!("/rooms/{room}/invites"), terms).await.with(201);
    let invite = &made.data()["invite"];
    let code = invite["inviteCode"].as_str().unwrap().to_owned();
    assert_eq!(made.text("link"), format!("https://chat.example.com/api/v1/rooms/invites/{code}/join"));
    (invite["id"].as_str().unwrap().to_owned(), code)
}

fn join(code: &str) -> String {
    format!("/rooms/invites/{code}/join")
}

#[tokio::test]
async fn an_invite_opens_a_private_room_once_per_person() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let room = world.room(&ada, "Secrets", true).await;
    let (_, code) = invite(&world, &ada, &room, Value::Null).await;
    assert!(code.len() >= 22, "at least 128 bits");
    world.post(&ada, &join(&code), Value::Null).await.failed(409, "CONFLICT");
    let joined = world.post(&bob, &join(&code), Value::Null).await.with(200);
    assert_eq!((joined.text("id"), &joined.data()["memberCount"]), (room.clone(), &json!(2)));
    world.post(&bob, &join(&code), Value::Null).await.failed(409, "CONFLICT");
    let list = world.get(&ada, &format!("/rooms/{room}/invites")).await.with(200);
    assert_eq!(each(list.data(), "uses"), [1], "a present member uses nothing up");
    assert_eq!(each(list.data(), "inviteCode"), [Value::Null]);
    assert!(!world.get(&bob, &format!("/rooms/{room}")).await.body.to_string().contains(&code));
}

#[tokio::test]
async fn dead_codes_of_every_kind_get_one_and_the_same_answer() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let room = world.room(&ada, "Secrets", true).await;
    let (_, replaced) = invite(&world, &ada, &room, Value::Null).await;
    let (id, revoked) = invite(&world, &ada, &room, Value::Null).await;
    world.delete(&ada, &format!("/rooms/{room}/invites/{id}")).await.with(200);
    world.delete(&ada, &format!("/rooms/{room}/invites/{id}")).await.failed(404, "NOT_FOUND");
    let (_, expired) = invite(&world, &ada, &room, json!({ "expiresInSeconds": 60 })).await;
    world.domain.clock.turn(61_000);
    let mut answers = Vec::new();
    for code in [replaced, revoked, expired, "unknown".to_owned()] {
        let mut answer = world.post(&bob, &join(&code), Value::Null).await.failed(404, "NOT_FOUND");
        answer.body.as_object_mut().unwrap().remove("requestId");
        answers.push(answer.body);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(world.get(&ada, &format!("/rooms/{room}/invites")).await.with(200).data(), &json!([]));
}

#[tokio::test]
async fn an_invite_is_used_no_more_often_than_it_may() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let room = world.room(&ada, "Secrets", true).await;
    let (_, code) = invite(&world, &ada, &room, json!({ "maxUses": 2 })).await;
    let mut people = Vec::new();
    for name in ["bob", "cyd", "dan", "eve"] {
        people.push(world.person(name).await);
    }
    let path = join(&code);
    let answers = join_all(people.iter().map(|person| world.post(person, &path, Value::Null))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 404, 404]);
}

#[tokio::test]
async fn only_the_owner_of_a_private_room_invites() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let public = world.room(&ada, "Engines", false).await;
    world.post(&ada, &format!("/rooms/{public}/invites"), Value::Null).await.failed(403, "NOT_AUTHORIZED");
    let private = world.room(&ada, "Secrets", true).await;
    let (id, code) = invite(&world, &ada, &private, Value::Null).await;
    world.post(&bob, &join(&code), Value::Null).await.with(200);
    let invites = format!("/rooms/{private}/invites");
    world.post(&bob, &invites, Value::Null).await.failed(403, "NOT_AUTHORIZED");
    world.get(&bob, &invites).await.failed(403, "NOT_AUTHORIZED");
    world.delete(&bob, &format!("{invites}/{id}")).await.failed(403, "NOT_AUTHORIZED");
    let wrong = json!({ "expiresInSeconds": 0, "maxUses": "many" });
    let answer = world.post(&ada, &invites, wrong).await.failed(400, "VALIDATION");
    assert_eq!(answer.wrong_fields(), ["expiresInSeconds", "maxUses"]);
    let for_ever = json!({ "expiresInSeconds": 9_007_199_254_740_992_i64 });
    let answer = world.post(&ada, &invites, for_ever).await.failed(400, "VALIDATION");
    assert_eq!(answer.wrong_fields(), ["expiresInSeconds"]);
}

#[tokio::test]
async fn wrong_codes_are_throttled_and_right_ones_are_not() {
    let tries = Rate { count: 2, per: Duration::from_mins(1) };
    let world = World::with(Limits { invite_try: Some(tries), ..Limits::off() }).await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let room = world.room(&ada, "Secrets", true).await;
    let (_, code) = invite(&world, &ada, &room, Value::Null).await;
    for _ in 0..3 {
        world.post(&ada, &join(&code), Value::Null).await.failed(409, "CONFLICT");
    }
    for _ in 0..2 {
        world.post(&bob, &join("wrong"), Value::Null).await.failed(404, "NOT_FOUND");
    }
    world.post(&bob, &join(&code), Value::Null).await.failed(429, "RATE_LIMIT");
}
