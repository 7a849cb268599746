//! Signing in: many at once, and in bad weather.

use futures_util::future::join_all;
use parlor_protocol::{ErrorType, Nothing, sessions::ListSessions};
use parlor_tests::{Reply, TestServer, people::PASSWORD};
use serde_json::json;

async fn log_in(server: &TestServer, password: &str) -> Reply {
    server.post("/api/v1/auth/login", &json!({ "email": "ada@example.com", "password": password })).await
}

#[tokio::test]
async fn twelve_right_logins_at_once_all_pass() {
    let server = TestServer::start_with_limits().await;
    let [_ada] = server.people(["ada"]).await;
    for reply in join_all((0..12).map(|_| log_in(&server, PASSWORD))).await {
        reply.data(200);
    }
}

#[tokio::test]
async fn h7_a_hundred_wrong_guesses_at_once_are_five_guesses() {
    let server = TestServer::start_with_limits().await;
    let [_ada] = server.people(["ada"]).await;
    let guesses = join_all((0..100).map(|_| log_in(&server, "wrong password"))).await;
    let of = |kind: ErrorType| guesses.iter().filter(|reply| reply.status == kind.status()).count();
    assert_eq!((of(ErrorType::Unauthenticated), of(ErrorType::RateLimit)), (5, 95));
    log_in(&server, PASSWORD).await.is(ErrorType::RateLimit);
}

#[tokio::test]
async fn a_login_that_ends_in_503_counts_for_nothing() {
    let server = TestServer::start_with_limits().await;
    let [_ada] = server.people(["ada"]).await;
    server.server().domain().store.close().await;
    for _ in 0..6 {
        log_in(&server, PASSWORD).await.is(ErrorType::Unavailable);
    }
}

#[tokio::test]
async fn one_has_a_hundred_sessions_and_the_one_unused_for_longest_makes_way() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let second = ada.on_another_device().await;
    let mut seat = second.raw_socket().await;
    // The first one is used again, when a minute has passed.
    server.turn_clock(61);
    ada.get("/api/v1/users/me").await.data(200);
    for _ in 0..99 {
        log_in(&server, PASSWORD).await.data(200);
    }
    let sessions = ada.client.call::<ListSessions>(Nothing, Nothing, Nothing).await.unwrap();
    assert_eq!(sessions.len(), 100);
    assert!(sessions.iter().any(|session| session.current), "the first one was used a moment ago");
    second.get("/api/v1/users/me").await.is(ErrorType::Unauthenticated);
    seat.hear_the_end().await;
}

#[tokio::test]
async fn an_account_is_signed_in_to_no_more_often_than_people_and_their_devices_do() {
    let server = TestServer::start_with_limits().await;
    let [_ada] = server.people(["ada"]).await;
    for _ in 0..60 {
        log_in(&server, PASSWORD).await.data(200);
    }
    log_in(&server, PASSWORD).await.is(ErrorType::RateLimit);
}
