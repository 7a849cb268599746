//! Signing up, in and out; refresh tokens; where one is signed in.

use parlor_protocol::{ErrorType, Nothing, sessions::ListSessions};
use parlor_server::config::{Limits, Rate};
use parlor_tests::{Reply, TestServer, people::PASSWORD};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinSet;

fn account(name: &str) -> Value {
    json!({ "username": name, "email": format!("{name}@example.com"), "password": PASSWORD })
}

#[tokio::test]
async fn a_registration_signs_in() {
    let server = TestServer::start().await;
    for (path, name) in [("/api/v1/auth/register", "ada"), ("/api/v1/users", "bob")] {
        let reply = server.post(path, &account(name)).await;
        let data = reply.data(201);
        assert_eq!(data["user"]["username"], name);
        assert_eq!(data["user"]["email"], format!("{name}@example.com"));
        for key in ["token", "refreshToken", "expiresAt"] {
            assert!(data[key].is_string(), "{key}: {reply:?}");
        }
        assert!(!reply.text.contains("password"), "{reply:?}");
        let me = server.request(Method::GET, "/api/v1/users/me").bearer_auth(data["token"].as_str().unwrap());
        assert_eq!(Reply::to(me).await.data(200), &data["user"]);
    }
}

#[tokio::test]
async fn both_of_the_originals_login_paths_sign_in() {
    let server = TestServer::start().await;
    let [_ada] = server.people(["ada"]).await;
    for path in ["/api/v1/auth/login", "/api/v1/users/login"] {
        let login = json!({ "email": "Ada@Example.com", "password": PASSWORD });
        let reply = server.post(path, &login).await;
        assert_eq!(reply.data(200)["user"]["username"], "ada");
    }
}

#[tokio::test]
async fn every_bad_field_of_a_registration_is_listed() {
    let server = TestServer::start().await;
    let path = "/api/v1/auth/register";
    let cases = [
        (json!({}), vec!["email", "password", "username"]),
        (
            json!({ "username": "a b", "email": "no", "password": "short" }),
            vec!["email", "password", "username"],
        ),
        (json!({ "username": 5, "email": "ada@example.com", "password": PASSWORD }), vec!["username"]),
        (json!({ "username": "ad", "email": "ada@example.com", "password": PASSWORD }), vec!["username"]),
        (
            json!({ "username": "a".repeat(31), "email": "ada@example.com", "password": PASSWORD }),
            vec!["username"],
        ),
        (
            json!({ "username": "adä", "email": "ada@example.com", "password": "x".repeat(129) }),
            vec!["password", "username"],
        ),
        (
            json!({ "username": "ada", "email": "ada@example.com", "password": "password123" }),
            vec!["password"],
        ),
        (
            json!({ "username": "!!", "email": "x", "password": "password" }),
            vec!["email", "password", "username"],
        ),
        (json!({ "username": "ada", "email": "x", "password": "ada-1985" }), vec!["email", "password"]),
        (
            json!({ "username": "ada", "email": ["ada@example.com"], "password": null }),
            vec!["email", "password"],
        ),
    ];
    for (body, fields) in cases {
        let reply = server.post(path, &body).await;
        assert_eq!(reply.is(ErrorType::Validation).bad_fields(), fields, "{body}");
    }
    for body in [json!([]), json!("ada"), json!(null)] {
        server.post(path, &body).await.is(ErrorType::Validation);
    }
}

#[tokio::test]
async fn a_name_or_an_address_that_is_taken_in_other_letters_is_a_conflict() {
    let server = TestServer::start().await;
    let [_ada] = server.people(["ada"]).await;
    for (name, email) in [("ADA", "other@example.com"), ("other", "ADA@example.com")] {
        let body = json!({ "username": name, "email": email, "password": PASSWORD });
        server.post("/api/v1/auth/register", &body).await.is(ErrorType::Conflict);
    }
}

#[tokio::test]
async fn h10_racing_registrations_give_one_201_and_the_others_409() {
    let server = TestServer::start().await;
    for same in ["username", "email"] {
        let mut racers = JoinSet::new();
        for n in 0..6 {
            let address = (*server).clone();
            let mut body = account(&format!("{same}{n}"));
            body[same] = account(&format!("race{same}"))[same].clone();
            racers.spawn(async move { address.post("/api/v1/auth/register", &body).await.status });
        }
        let mut statuses = racers.join_all().await;
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409, 409, 409], "same {same}");
    }
}

#[tokio::test]
async fn h6_an_unknown_address_and_a_wrong_password_get_the_same_answer() {
    let server = TestServer::start().await;
    let [_ada] = server.people(["ada"]).await;
    let mut answers = Vec::new();
    for email in ["ada@example.com", "nobody@example.com", "no address at all"] {
        let login = json!({ "email": email, "password": "not the password" });
        let mut reply = server.post("/api/v1/auth/login", &login).await;
        assert_eq!(reply.is(ErrorType::Unauthenticated).header("www-authenticate"), "Bearer");
        reply.body["requestId"].take();
        answers.push(reply.body);
    }
    let expected = json!({ "success": false, "type": "UNAUTHENTICATED", "message": answers[0]["message"], "requestId": null });
    assert!(answers.iter().all(|answer| *answer == expected), "{answers:?}");
}

#[tokio::test]
async fn a_login_checks_only_presence_and_length_before_the_password() {
    let server = TestServer::start().await;
    let login = async |body: Value| server.post("/api/v1/auth/login", &body).await;
    login(json!({ "email": "ada", "password": "x" })).await.is(ErrorType::Unauthenticated);
    let long = login(json!({ "email": "ada@example.com", "password": "x".repeat(129) })).await;
    assert_eq!(long.is(ErrorType::Validation).bad_fields(), ["password"]);
    let absent = login(json!({})).await;
    assert_eq!(absent.is(ErrorType::Validation).bad_fields(), ["email", "password"]);
}

#[tokio::test]
async fn h9_passwords_that_differ_after_72_bytes_are_told_apart() {
    let server = TestServer::start().await;
    let password = "ä".repeat(60);
    let body = json!({ "username": "ada", "email": "ada@example.com", "password": password });
    server.post("/api/v1/auth/register", &body).await.data(201);
    let login = async |password: String| {
        server.post("/api/v1/auth/login", &json!({ "email": "ada@example.com", "password": password })).await
    };
    login(format!("{}o", "ä".repeat(59))).await.is(ErrorType::Unauthenticated);
    login(password).await.data(200);
}

#[tokio::test]
async fn h7_guessing_a_password_is_slowed_and_does_not_lock_another_account() {
    let server = TestServer::start_with_limits().await;
    let [_ada, _bob] = server.people(["ada", "bob"]).await;
    let login = async |email: &str, password: &str| {
        server.post("/api/v1/auth/login", &json!({ "email": email, "password": password })).await
    };
    for _ in 0..6 {
        // An office behind one address comes to work in the morning.
        login("ada@example.com", PASSWORD).await.data(200);
    }
    for _ in 0..5 {
        login("ada@example.com", "wrong password").await.is(ErrorType::Unauthenticated);
    }
    let slowed = login("ADA@example.com", PASSWORD).await;
    slowed.is(ErrorType::RateLimit);
    let seconds: u64 = slowed.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds), "{slowed:?}");
    let millis = slowed.body["retryAfterMs"].as_u64().unwrap();
    assert!((1..=60_000).contains(&millis), "{slowed:?}");
    assert_eq!(millis.div_ceil(1000), seconds, "both say the same");
    login("bob@example.com", PASSWORD).await.data(200);
}

#[tokio::test]
async fn registrations_from_one_address_are_bounded() {
    let register = Some(Rate { count: 2, per: Duration::from_hours(1) });
    let server = TestServer::start_with(|config| config.limits = Limits { register, ..Limits::off() }).await;
    let [_ada, _bob] = server.people(["ada", "bob"]).await;
    server.post("/api/v1/auth/register", &account("eve")).await.is(ErrorType::RateLimit);
}

async fn refresh(server: &TestServer, refresh_token: &str) -> Reply {
    server.post("/api/v1/auth/refresh", &json!({ "refreshToken": refresh_token })).await
}

fn refresh_token_of(reply: &Reply) -> String {
    reply.data(200)["refreshToken"].as_str().unwrap().to_owned()
}

async fn lives(server: &TestServer, token: &str) -> bool {
    let me = server.request(Method::GET, "/api/v1/users/me").bearer_auth(token);
    Reply::to(me).await.status == 200
}

#[tokio::test]
async fn a_refresh_gives_the_next_tokens_of_the_same_session() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let before = ada.client.session().unwrap();
    let after = ada.client.refresh().await.unwrap();
    assert_ne!(before.refresh_token, after.refresh_token);
    let sessions = ada.client.call::<ListSessions>(Nothing, Nothing, Nothing).await.unwrap();
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    for none in ["not-a-refresh-token", &after.token.as_str()[..200]] {
        refresh(&server, none).await.is(ErrorType::Unauthenticated);
    }
}

#[tokio::test]
async fn a_spent_refresh_token_answers_the_same_successor_until_that_has_been_used() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let first = ada.client.session().unwrap().refresh_token.into_string();
    let second = refresh_token_of(&refresh(&server, &first).await);
    assert_eq!(refresh_token_of(&refresh(&server, &first).await), second, "at once");
    server.turn_clock(60);
    assert_eq!(
        refresh_token_of(&refresh(&server, &first).await),
        second,
        "a minute later: the reply was lost"
    );
    let third = refresh_token_of(&refresh(&server, &second).await);
    assert_ne!(third, second);
    assert_eq!(refresh_token_of(&refresh(&server, &second).await), third);
}

#[tokio::test]
async fn a_spent_refresh_token_answers_for_10_s_although_its_successor_was_used() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let first = ada.client.session().unwrap().refresh_token.into_string();
    let second = refresh_token_of(&refresh(&server, &first).await);
    let third = refresh_token_of(&refresh(&server, &second).await);
    server.turn_clock(8);
    assert_eq!(refresh_token_of(&refresh(&server, &first).await), second, "racing tabs");
    assert_ne!(refresh_token_of(&refresh(&server, &third).await), third, "the session lives");
}

#[tokio::test]
async fn a_spent_refresh_token_whose_successor_was_used_revokes_the_session() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let elsewhere = ada.on_another_device().await;
    let first = ada.client.session().unwrap().refresh_token.into_string();
    let second = refresh_token_of(&refresh(&server, &first).await);
    let third = refresh(&server, &second).await;
    let (token, third) = (third.data(200)["token"].as_str().unwrap().to_owned(), refresh_token_of(&third));
    server.turn_clock(11);
    assert!(lives(&server, &token).await);
    refresh(&server, &first).await.is(ErrorType::Unauthenticated);
    assert!(!lives(&server, &token).await, "a stolen token has ended the session");
    refresh(&server, &third).await.is(ErrorType::Unauthenticated);
    assert!(lives(&server, &elsewhere.token()).await, "another session of the same account goes on");
}

#[tokio::test]
async fn two_tabs_that_refresh_at_once_get_the_same_tokens() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let first = ada.client.session().unwrap().refresh_token.into_string();
    let mut tabs = JoinSet::new();
    for _ in 0..8 {
        let (address, body) = ((*server).clone(), json!({ "refreshToken": first }));
        tabs.spawn(async move { refresh_token_of(&address.post("/api/v1/auth/refresh", &body).await) });
    }
    let tokens = tabs.join_all().await;
    assert!(tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
}

#[tokio::test]
async fn a_session_that_is_not_used_for_its_lifetime_ends() {
    let server = TestServer::start_with(|config| config.refresh_lifetime = Duration::from_secs(1000)).await;
    let [ada] = server.people(["ada"]).await;
    server.turn_clock(900);
    ada.client.refresh().await.unwrap();
    server.turn_clock(900);
    ada.client.refresh().await.unwrap();
    server.turn_clock(1001);
    let ended = ada.client.refresh().await.unwrap_err();
    assert_eq!(ended.kind(), Some(ErrorType::Unauthenticated), "{ended}");
}

#[tokio::test]
async fn unless_it_is_said_otherwise_a_token_is_good_for_an_hour_and_an_unused_session_for_30_days() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    server.turn_clock(3500);
    assert!(lives(&server, &ada.token()).await);
    server.turn_clock(101);
    assert!(!lives(&server, &ada.token()).await);
    let days = 24 * 3600;
    for _ in 0..2 {
        server.turn_clock(29 * days);
        ada.client.refresh().await.unwrap();
    }
    server.turn_clock(31 * days);
    let ended = ada.client.refresh().await.unwrap_err();
    assert_eq!(ended.kind(), Some(ErrorType::Unauthenticated), "{ended}");
}

#[tokio::test]
async fn h23_a_logout_ends_this_session_only() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let elsewhere = ada.on_another_device().await;
    let session = ada.client.session().unwrap();
    ada.client.sign_out().await.unwrap();
    assert!(!lives(&server, session.token.as_str()).await);
    refresh(&server, session.refresh_token.as_str()).await.is(ErrorType::Unauthenticated);
    assert!(lives(&server, &elsewhere.token()).await);
}

#[tokio::test]
async fn sessions_are_listed_newest_first_and_can_be_revoked_one_by_one() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let elsewhere = ada.on_another_device().await;
    let listed = elsewhere.client.call::<ListSessions>(Nothing, Nothing, Nothing).await.unwrap();
    assert_eq!(listed.iter().map(|session| session.current).collect::<Vec<_>>(), [true, false]);
    let first = format!("/api/v1/auth/sessions/{}", listed[1].id);
    bob.delete(&first).await.is(ErrorType::NotFound);
    bob.delete("/api/v1/auth/sessions/5").await.is(ErrorType::Validation);
    assert!(lives(&server, &ada.token()).await);
    elsewhere.delete(&first).await.data(200);
    assert!(!lives(&server, &ada.token()).await);
    let its_refresh_token = ada.client.session().unwrap().refresh_token;
    refresh(&server, its_refresh_token.as_str()).await.is(ErrorType::Unauthenticated);
    elsewhere.delete(&first).await.is(ErrorType::NotFound);
    let left = elsewhere.client.call::<ListSessions>(Nothing, Nothing, Nothing).await.unwrap();
    assert_eq!(left.len(), 1);
}

#[tokio::test]
async fn failed_logins_from_one_address_are_bounded_whatever_the_account() {
    let login_address = Some(Rate { count: 3, per: Duration::from_mins(1) });
    let limits = Limits { login_address, ..Limits::off() };
    let server = TestServer::start_with(|config| {
        config.limits = limits;
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let [_ada] = server.people(["ada"]).await;
    let log_in = async |from: &str, email: &str, password: &str| {
        let request = server.request(Method::POST, "/api/v1/auth/login").header("x-forwarded-for", from);
        Reply::to(request.json(&json!({ "email": email, "password": password }))).await
    };
    for _ in 0..5 {
        log_in("192.0.2.1", "ada@example.com", PASSWORD).await.data(200);
    }
    for name in ["ada", "bob", "carol"] {
        let email = format!("{name}@example.com");
        log_in("192.0.2.1", &email, "a wrong password").await.is(ErrorType::Unauthenticated);
    }
    let refused = log_in("192.0.2.1", "dan@example.com", "a wrong password").await;
    refused.is(ErrorType::RateLimit);
    assert!((1..=60).contains(&refused.header("retry-after").parse::<u64>().unwrap()), "{refused:?}");
    log_in("192.0.2.1", "ada@example.com", PASSWORD).await.is(ErrorType::RateLimit);
    log_in("192.0.2.2", "ada@example.com", PASSWORD).await.data(200);
}
