//! Signing up, in and out.

use crate::world::{Answer, PASSWORD, Person, World};
use parlor_server::config::{Limits, Rate};
use serde_json::{Value, json};
use std::time::Duration;

const SECOND: i64 = 1000;

async fn log_in(world: &World, email: &str, password: &str) -> Answer {
    world.call(None, "POST /auth/login", Some(json!({ "email": email, "password": password }))).await
}

async fn refresh(world: &World, token: &str) -> Answer {
    world.call(None, "POST /auth/refresh", Some(json!({ "refreshToken": token }))).await
}

/// What is the same in two answers that must not differ: all but the request's id.
fn comparable(answer: &Answer) -> (u16, Value) {
    let mut body = answer.body.clone();
    body.as_object_mut().unwrap().remove("requestId");
    (answer.status.as_u16(), body)
}

#[tokio::test]
async fn whoever_registers_is_signed_in_and_gets_no_password_back() {
    let world = World::new().await;
    let account = json!({ "username": "Ada", "email": "Ada@Example.com", "password": PASSWORD });
    let answer = world.call(None, "POST /auth/register", Some(account)).await.with(201);
    let user = &answer.data()["user"];
    assert_eq!(user["username"], "Ada");
    assert_eq!(user["email"], "Ada@Example.com");
    assert_eq!(user.as_object().unwrap().len(), 5, "{user}");
    let ada = Person::of(&answer);
    assert_eq!(world.get(&ada, "/users/me").await.with(200).data(), user);
    let again = log_in(&world, "ada@example.COM", PASSWORD).await.with(200);
    assert_eq!(&again.data()["user"], user);
}

#[tokio::test]
async fn of_racing_registrations_one_wins_and_the_rest_get_a_conflict() {
    let world = World::new().await;
    let race = (0..6).map(|i| {
        let (name, email) = if i % 2 == 0 {
            ("ada".to_owned(), format!("a{i}@example.com"))
        } else {
            ("ADA".to_owned(), "x@example.com".to_owned())
        };
        let account = json!({ "username": name, "email": email, "password": PASSWORD });
        world.call(None, "POST /users", Some(account))
    });
    let mut statuses: Vec<u16> =
        futures_util::future::join_all(race).await.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409]);
    let same_email = json!({ "username": "bob", "email": "A0@example.com", "password": PASSWORD });
    let other = world.call(None, "POST /auth/register", Some(same_email)).await;
    assert!([201, 409].contains(&other.status.as_u16()));
}

#[tokio::test]
async fn every_wrong_field_of_a_registration_is_listed() {
    let world = World::new().await;
    let account = json!({ "username": "a!", "email": 5, "password": "short" });
    let answer = world.call(None, "POST /auth/register", Some(account)).await.failed(400, "VALIDATION");
    assert_eq!(answer.wrong_fields(), ["username", "email", "password"]);
    let answer = world.call(None, "POST /auth/register", None).await.failed(400, "VALIDATION");
    assert_eq!(answer.wrong_fields(), ["username", "email", "password"]);
    let common = json!({ "username": "ada", "email": "ada@example.com", "password": "password1" });
    let answer = world.call(None, "POST /auth/register", Some(common)).await.failed(400, "VALIDATION");
    assert_eq!(answer.wrong_fields(), ["password"]);
}

#[tokio::test]
async fn an_unknown_account_and_a_wrong_password_get_the_same_answer() {
    let world = World::new().await;
    world.person("ada").await;
    let wrong = log_in(&world, "ada@example.com", "not her password").await.failed(401, "UNAUTHENTICATED");
    let unknown = log_in(&world, "eve@example.com", "not her password").await;
    assert_eq!(comparable(&wrong), comparable(&unknown));
    assert_eq!(wrong.headers["www-authenticate"], "Bearer");
    let odd = log_in(&world, "no address at all", "x").await;
    assert_eq!(comparable(&wrong), comparable(&odd), "only presence and length are looked at");
}

#[tokio::test]
async fn failed_logins_are_throttled_and_successful_ones_are_not() {
    let limits = Limits { login: Some(Rate { count: 3, per: Duration::from_mins(1) }), ..Limits::off() };
    let world = World::with(limits).await;
    world.person("ada").await;
    for _ in 0..5 {
        world.log_in("ada").await;
    }
    for _ in 0..3 {
        log_in(&world, "ADA@example.com", "not her password").await.failed(401, "UNAUTHENTICATED");
    }
    let answer = log_in(&world, "ada@example.com", PASSWORD).await.failed(429, "RATE_LIMIT");
    let seconds: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert!(answer.body["retryAfterMs"].as_u64().is_some_and(|millis| millis.div_ceil(1000) == seconds));
}

#[tokio::test]
async fn a_lost_reply_to_a_refresh_is_given_again_until_its_successor_is_used() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let first = refresh(&world, &ada.refresh_token).await.with(200).text("refreshToken");
    assert_ne!(first, ada.refresh_token);
    let racing = refresh(&world, &ada.refresh_token).await.with(200).text("refreshToken");
    assert_eq!(racing, first);
    world.domain.clock.turn(3600 * SECOND);
    let late = refresh(&world, &ada.refresh_token).await.with(200);
    assert_eq!(late.text("refreshToken"), first, "the successor has not been used");
    let token = late.text("token");
    world.call(Some(&token), "GET /users/me", None).await.with(200);
}

#[tokio::test]
async fn a_spent_refresh_token_ends_the_session_once_its_successor_was_used() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let second = refresh(&world, &ada.refresh_token).await.with(200).text("refreshToken");
    let third = refresh(&world, &second).await.with(200);
    let within = refresh(&world, &ada.refresh_token).await.with(200);
    assert_eq!(within.text("refreshToken"), second, "for ten seconds, whatever became of it");
    world.domain.clock.turn(11 * SECOND);
    refresh(&world, &ada.refresh_token).await.failed(401, "UNAUTHENTICATED");
    refresh(&world, &third.text("refreshToken")).await.failed(401, "UNAUTHENTICATED");
    world.call(Some(&third.text("token")), "GET /users/me", None).await.failed(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn an_unknown_refresh_token_and_an_access_token_refresh_nothing() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    for wrong in ["abc", &ada.token[..200.min(ada.token.len())]] {
        refresh(&world, wrong).await.failed(401, "UNAUTHENTICATED");
    }
    world.call(Some(&ada.refresh_token), "GET /users/me", None).await.failed(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_session_lives_as_long_as_it_is_used_and_a_token_for_an_hour() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    world.domain.clock.turn(3601 * SECOND);
    let answer = world.get(&ada, "/users/me").await.failed(401, "UNAUTHENTICATED");
    assert_eq!(answer.headers["www-authenticate"], "Bearer");
    let days = 24 * 3600 * SECOND;
    world.domain.clock.turn(29 * days);
    let next = refresh(&world, &ada.refresh_token).await.with(200).text("refreshToken");
    world.domain.clock.turn(29 * days);
    let next = refresh(&world, &next).await.with(200).text("refreshToken");
    world.domain.clock.turn(31 * days);
    refresh(&world, &next).await.failed(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn one_sees_and_ends_only_ones_own_sessions() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let phone = world.log_in("ada").await;
    let sessions = world.get(&ada, "/auth/sessions").await.with(200);
    let list = sessions.data().as_array().unwrap();
    assert_eq!(list.len(), 2);
    assert_eq!((&list[0]["current"], &list[1]["current"]), (&json!(false), &json!(true)), "newest first");
    let phones = format!("/auth/sessions/{}", list[0]["id"].as_str().unwrap());
    world.delete(&bob, &phones).await.failed(404, "NOT_FOUND");
    world.get(&phone, "/users/me").await.with(200);
    world.delete(&ada, &phones).await.with(200);
    world.get(&phone, "/users/me").await.failed(401, "UNAUTHENTICATED");
    refresh(&world, &phone.refresh_token).await.failed(401, "UNAUTHENTICATED");
    world.delete(&ada, &phones).await.failed(404, "NOT_FOUND");
    assert_eq!(world.post(&ada, "/auth/logout", Value::Null).await.with(200).data(), &Value::Null);
    world.get(&ada, "/users/me").await.failed(401, "UNAUTHENTICATED");
}
