//! Invites to private rooms.

use parlor_protocol::{ErrorType, rooms::Room};
use parlor_server::config::{Limits, Rate};
use parlor_tests::{Person, Reply, TestServer};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinSet;

fn path(room: &Room, rest: &str) -> String {
    format!("/api/v1/rooms/{}/invites{rest}", room.id)
}

async fn tries_code(person: &Person, code: &str) -> Reply {
    Reply::to(person.request(Method::POST, &format!("/api/v1/rooms/invites/{code}/join"))).await
}

async fn makes_invite(person: &Person, room: &Room, wanted: Value) -> (String, Value) {
    let reply = person.post(&path(room, ""), &wanted).await;
    let invite = reply.data(201)["invite"].clone();
    (invite["inviteCode"].as_str().unwrap().to_owned(), invite)
}

/// What all codes that don't work have in common.
async fn is_refused(person: &Person, code: &str) -> Value {
    let mut reply = tries_code(person, code).await;
    reply.is(ErrorType::NotFound);
    reply.body["requestId"].take();
    reply.body
}

#[tokio::test]
async fn h13_an_invite_has_a_link_that_does_not_follow_the_host_header() {
    let server =
        TestServer::start_with(|config| config.public_url = Some("https://chat.example".to_owned())).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_private_room("cellar").await;
    let request = ada.request(Method::POST, &path(&room, "")).header("host", "evil.example");
    let reply = Reply::to(request).await;
    let data = reply.data(201);
    let code = data["invite"]["inviteCode"].as_str().unwrap();
    assert_eq!(data["link"], format!("https://chat.example/api/v1/rooms/invites/{code}/join"));
    assert!(code.len() >= 22, "at least 128 bits: {code}");
    // Who opens it in a browser is told that it is there, and what it is for.
    let opened = server.get(&format!("/api/v1/rooms/invites/{code}/join")).await;
    opened.is(ErrorType::MethodNotAllowed);
    assert_eq!((opened.status, opened.header("allow")), (405, "POST"), "{opened:?}");
    assert!(opened.body["message"].as_str().unwrap().contains("`Allow`"), "{opened:?}");
    assert_eq!((&data["invite"]["uses"], &data["invite"]["maxUses"]), (&json!(0), &Value::Null));
}

#[tokio::test]
async fn an_invite_lets_one_in_and_a_member_gets_a_conflict() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_private_room("cellar").await;
    let (code, _) = makes_invite(&ada, &room, json!({})).await;
    let joined = tries_code(&bob, &code).await;
    assert_eq!(joined.data(200)["id"], json!(room.id));
    assert_eq!(joined.data(200)["membership"]["role"], "member");
    assert_eq!(joined.data(200)["memberCount"], 2);
    tries_code(&bob, &code).await.is(ErrorType::Conflict);
    tries_code(&ada, &code).await.is(ErrorType::Conflict);
    bob.history(&room).await;
    assert_eq!(ada.get(&path(&room, "")).await.data(200)[0]["uses"], 1, "who is a member uses nothing up");
    let [eve] = server.people(["eve"]).await;
    let (last, _) = makes_invite(&ada, &room, json!({ "maxUses": 1 })).await;
    tries_code(&eve, &last).await.data(200);
    tries_code(&eve, &last).await.is(ErrorType::Conflict);
}

#[tokio::test]
async fn h1_the_code_is_given_out_once_and_to_the_owner_only() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_private_room("cellar").await;
    let (code, invite) = makes_invite(&ada, &room, json!({ "maxUses": 5 })).await;
    tries_code(&bob, &code).await.data(200);
    let listed = ada.get(&path(&room, "")).await;
    assert_eq!(listed.data(200).as_array().unwrap().len(), 1);
    let first = &listed.data(200)[0];
    assert_eq!(
        (&first["id"], &first["inviteCode"], &first["uses"]),
        (&invite["id"], &Value::Null, &json!(1))
    );
    assert!(!listed.text.contains(&code));
    for question in [
        format!("/api/v1/rooms/{}", room.id),
        "/api/v1/rooms".to_owned(),
        format!("/api/v1/rooms/{}/members", room.id),
    ] {
        let seen = bob.get(&question).await;
        assert!(!seen.text.contains(&code) && !seen.text.contains("inviteCode"), "{seen:?}");
    }
    bob.get(&path(&room, "")).await.is(ErrorType::NotAuthorized);
    bob.post(&path(&room, ""), &json!({})).await.is(ErrorType::NotAuthorized);
    bob.delete(&path(&room, &format!("/{}", invite["id"].as_str().unwrap())))
        .await
        .is(ErrorType::NotAuthorized);
}

#[tokio::test]
async fn a_public_room_has_no_invites() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    ada.post(&path(&room, ""), &json!({})).await.is(ErrorType::NotAuthorized);
}

#[tokio::test]
async fn h12_unknown_expired_revoked_replaced_and_used_up_codes_are_one_and_the_same_404() {
    let server = TestServer::start().await;
    let [ada, bob, eve] = server.people(["ada", "bob", "eve"]).await;
    let room = ada.creates_private_room("cellar").await;
    let unknown = is_refused(&bob, "a-code-that-never-was-1234567890").await;

    let (replaced, _) = makes_invite(&ada, &room, json!({})).await;
    let (revoked, invite) = makes_invite(&ada, &room, json!({})).await;
    assert_eq!(is_refused(&bob, &replaced).await, unknown);
    ada.delete(&path(&room, &format!("/{}", invite["id"].as_str().unwrap()))).await.data(200);
    assert_eq!(is_refused(&bob, &revoked).await, unknown);
    ada.delete(&path(&room, &format!("/{}", invite["id"].as_str().unwrap()))).await.is(ErrorType::NotFound);

    let (used_up, _) = makes_invite(&ada, &room, json!({ "maxUses": 1 })).await;
    tries_code(&eve, &used_up).await.data(200);
    assert_eq!(is_refused(&bob, &used_up).await, unknown);
    assert_eq!(ada.get(&path(&room, "")).await.data(200), &json!([]), "it can't be used any more");

    let (expired, _) = makes_invite(&ada, &room, json!({ "expiresInSeconds": 60 })).await;
    server.turn_clock(61);
    assert_eq!(is_refused(&bob, &expired).await, unknown);
    let (default, _) = makes_invite(&ada, &room, json!({})).await;
    server.turn_clock(7 * 24 * 3600 + 1);
    ada.client.refresh().await.unwrap();
    bob.client.refresh().await.unwrap();
    assert_eq!(is_refused(&bob, &default).await, unknown);
    assert_eq!(ada.sees(&room).await.member_count, 2);
}

#[tokio::test]
async fn h12_an_invite_for_one_lets_one_of_many_racers_in() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_private_room("cellar").await;
    let (code, _) = makes_invite(&ada, &room, json!({ "maxUses": 1 })).await;
    let mut racers = JoinSet::new();
    for racer in server.crowd(6).await {
        let code = code.clone();
        racers.spawn(async move { tries_code(&racer, &code).await.status });
    }
    let mut statuses = racers.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404, 404, 404, 404, 404]);
    assert_eq!(ada.sees(&room).await.member_count, 2);
}

#[tokio::test]
async fn h12_of_invites_made_at_once_the_last_one_stands() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_private_room("cellar").await;
    let mut makers = JoinSet::new();
    for _ in 0..6 {
        let (ada, room) = (ada.clone(), room.clone());
        makers.spawn(async move { ada.post(&path(&room, ""), &json!({})).await.status });
    }
    assert_eq!(makers.join_all().await, [201; 6]);
    assert_eq!(ada.get(&path(&room, "")).await.data(200).as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn every_bad_field_of_an_invite_is_listed() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_private_room("cellar").await;
    for wrong in [json!(0), json!(-1), json!("x"), json!(1.5), json!(9_007_199_254_740_993_u64)] {
        let reply = ada.post(&path(&room, ""), &json!({ "expiresInSeconds": wrong, "maxUses": wrong })).await;
        assert_eq!(reply.is(ErrorType::Validation).bad_fields(), ["expiresInSeconds", "maxUses"], "{wrong}");
    }
    let for_ever = json!({ "expiresInSeconds": 9_007_199_254_740_992_i64, "maxUses": 1 });
    let reply = ada.post(&path(&room, ""), &for_ever).await;
    assert_eq!(reply.is(ErrorType::Validation).bad_fields(), ["expiresInSeconds"]);
    Reply::to(ada.request(Method::POST, &path(&room, "")).header("content-type", "text/plain"))
        .await
        .data(201);
}

#[tokio::test]
async fn making_invites_and_guessing_codes_is_slowed() {
    let rate = |count| Some(Rate { count, per: Duration::from_mins(1) });
    let limits = Limits { invite: rate(2), invite_try: rate(3), ..Limits::off() };
    let server = TestServer::start_with(|config| config.limits = limits).await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_private_room("cellar").await;
    makes_invite(&ada, &room, json!({})).await;
    let (code, _) = makes_invite(&ada, &room, json!({})).await;
    ada.post(&path(&room, ""), &json!({})).await.is(ErrorType::RateLimit);
    for _ in 0..5 {
        // Codes that work are no guesses.
        tries_code(&ada, &code).await.is(ErrorType::Conflict);
    }
    for _ in 0..3 {
        is_refused(&bob, "a-code-that-never-was-1234567890").await;
    }
    tries_code(&bob, &code).await.is(ErrorType::RateLimit);
}
