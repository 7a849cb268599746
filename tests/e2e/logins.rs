//! Signing in: many at once, and in bad weather.

use futures_util::future::join_all;
use parlor_protocol::ErrorType;
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
