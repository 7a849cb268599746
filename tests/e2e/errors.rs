//! What can go wrong is declared, and what is declared can go wrong. That nothing else does is checked wherever a test gets an
//! answer; see `declared` in the harness.

use parlor_protocol::ErrorType;
use parlor_server::config::{Limits, Rate};
use parlor_tests::{
    Person, RawSocket, Reply, TestServer,
    declared::{ENDPOINTS, EVENTS},
    people::PASSWORD,
};
use reqwest::Method;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

const NOBODY: &str = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90";

/// The failures that were met, each with the endpoint or the event that it came from.
#[derive(Default)]
struct Met(BTreeSet<(String, &'static str)>);

impl Met {
    fn over_rest(&mut self, reply: &Reply, kind: ErrorType) {
        let endpoint = reply.is(kind).endpoint.unwrap_or_else(|| panic!("no endpoint: {reply:?}"));
        self.0.insert((endpoint.to_owned(), kind.as_str()));
    }

    async fn by_socket(&mut self, socket: &mut RawSocket, event: &str, payload: Value, kind: ErrorType) {
        let ack = socket.ask(event, &payload).await;
        assert_eq!(ack["error"]["type"], kind.as_str(), "{event} {payload}: {ack}");
        self.0.insert((event.to_owned(), kind.as_str()));
    }
}

async fn asks(person: &Person, method: Method, path: &str, body: Value) -> Reply {
    let request = person.request(method, &format!("/api/v1{path}"));
    Reply::to(if body.is_null() { request } else { request.json(&body) }).await
}

#[tokio::test]
async fn every_failure_that_is_declared_can_be_met() {
    let rate = |count| Some(Rate { count, per: Duration::from_mins(1) });
    let limits = Limits {
        register: rate(4),
        login: rate(1),
        message: rate(1),
        invite: rate(1),
        invite_try: rate(1),
        rooms_created: Some(3),
        ..Limits::off()
    };
    let server = TestServer::start_with(|config| config.limits = limits).await;
    let [ada, bob, eve] = server.people(["ada", "bob", "eve"]).await;
    let (open, hidden) = (ada.creates_room("kitchen").await, ada.creates_private_room("cellar").await);
    bob.joins(&open).await;
    let mut met = Met::default();

    accounts(&server, &ada, &mut met).await;
    for path in [format!("/users/{NOBODY}"), format!("/users/{NOBODY}/rooms")] {
        met.over_rest(&asks(&ada, Method::GET, &path, Value::Null).await, ErrorType::NotFound);
    }
    ada.creates_room("garden").await;
    let one_more = asks(&ada, Method::POST, "/rooms", json!({ "name": "shed" })).await;
    met.over_rest(&one_more, ErrorType::Conflict);
    for path in [format!("/rooms/{}/join", open.id), format!("/rooms/{}/leave", open.id)] {
        let kind = if path.ends_with("join") { ErrorType::Conflict } else { ErrorType::NotAuthorized };
        met.over_rest(&asks(&ada, Method::POST, &path, Value::Null).await, kind);
    }
    invites(&ada, &bob, &hidden.id.to_string(), &mut met).await;

    // Of a room that she does not know she is told that there is none; of a public one, that it is not hers.
    for (method, rest, body) in [
        (Method::GET, "", Value::Null),
        (Method::PATCH, "", json!({ "name": "mine now" })),
        (Method::DELETE, "", Value::Null),
        (Method::POST, "/join", Value::Null),
        (Method::POST, "/leave", Value::Null),
        (Method::GET, "/members", Value::Null),
        (Method::DELETE, "/members/018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90", Value::Null),
        (Method::POST, "/invites", Value::Null),
        (Method::GET, "/invites", Value::Null),
        (Method::DELETE, "/invites/018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90", Value::Null),
        (Method::GET, "/messages", Value::Null),
        (Method::POST, "/messages", json!({ "content": "psst" })),
        (Method::POST, "/messages/read", Value::Null),
        (Method::GET, "/events", Value::Null),
    ] {
        let unknown = asks(&eve, method.clone(), &format!("/rooms/{}{rest}", hidden.id), body.clone()).await;
        met.over_rest(&unknown, ErrorType::NotFound);
        let public = asks(&eve, method, &format!("/rooms/{}{rest}", open.id), body).await;
        if public.status == 403 {
            met.over_rest(&public, ErrorType::NotAuthorized);
        }
    }
    messages(&ada, &eve, [&open.id.to_string(), &hidden.id.to_string()], &mut met).await;

    let endpoints = ENDPOINTS.iter().flat_map(|one| one.errors.iter().map(|kind| (one.name, kind)));
    let events = EVENTS.0.iter().flat_map(|(name, errors)| errors.iter().map(|kind| (*name, kind)));
    let declared: BTreeSet<_> =
        endpoints.chain(events).map(|(name, kind)| (name.to_owned(), kind.as_str())).collect();
    let never: Vec<_> = declared.difference(&met.0).collect();
    assert!(never.is_empty(), "declared, and never met: {never:?}");
}

async fn accounts(server: &TestServer, ada: &Person, met: &mut Met) {
    let account = json!({ "username": "ada", "email": "other@example.com", "password": PASSWORD });
    // What is taken counts as well: three are here already.
    for kind in [ErrorType::Conflict, ErrorType::RateLimit] {
        met.over_rest(&server.post("/api/v1/auth/register", &account).await, kind);
    }
    for kind in [ErrorType::Unauthenticated, ErrorType::RateLimit] {
        let login = json!({ "email": "nobody@example.com", "password": "not the password" });
        met.over_rest(&server.post("/api/v1/auth/login", &login).await, kind);
    }
    let refresh = server.post("/api/v1/auth/refresh", &json!({ "refreshToken": "none" })).await;
    met.over_rest(&refresh, ErrorType::Unauthenticated);
    let sessions = format!("/auth/sessions/{NOBODY}");
    met.over_rest(&asks(ada, Method::DELETE, &sessions, Value::Null).await, ErrorType::NotFound);
    let taken = asks(ada, Method::PATCH, "/users/me", json!({ "username": "BOB" })).await;
    met.over_rest(&taken, ErrorType::Conflict);
    for kind in [ErrorType::NotAuthorized, ErrorType::RateLimit] {
        let change = json!({ "email": "new@example.com", "currentPassword": "not the password" });
        met.over_rest(&asks(ada, Method::PATCH, "/users/me", change).await, kind);
    }
}

async fn invites(ada: &Person, bob: &Person, hidden: &str, met: &mut Met) {
    let path = format!("/rooms/{hidden}/invites");
    let made = asks(ada, Method::POST, &path, Value::Null).await;
    let code = made.data(201)["invite"]["inviteCode"].as_str().unwrap().to_owned();
    met.over_rest(&asks(ada, Method::POST, &path, Value::Null).await, ErrorType::RateLimit);
    let join = |code: &str| format!("/rooms/invites/{code}/join");
    met.over_rest(&asks(ada, Method::POST, &join(&code), Value::Null).await, ErrorType::Conflict);
    for kind in [ErrorType::NotFound, ErrorType::RateLimit] {
        met.over_rest(&asks(bob, Method::POST, &join("no-such-code"), Value::Null).await, kind);
    }
}

async fn messages(ada: &Person, eve: &Person, [open, hidden]: [&str; 2], met: &mut Met) {
    let path = format!("/rooms/{open}/messages");
    let once = |content: &str| json!({ "content": content, "clientMessageId": "one" });
    asks(ada, Method::POST, &path, once("said")).await.data(201);
    met.over_rest(&asks(ada, Method::POST, &path, once("other")).await, ErrorType::Conflict);
    met.over_rest(&asks(ada, Method::POST, &path, json!({ "content": "more" })).await, ErrorType::RateLimit);
    let mut mine = ada.raw_socket().await;
    let of = |room: &str, mut more: Value| {
        more["roomId"] = json!(room);
        more
    };
    met.by_socket(&mut mine, "send_message", of(open, once("other")), ErrorType::Conflict).await;
    met.by_socket(&mut mine, "send_message", of(open, json!({ "content": "more" })), ErrorType::RateLimit)
        .await;
    let unknown = of(open, json!({ "messageId": NOBODY }));
    met.by_socket(&mut mine, "message_read", unknown, ErrorType::NotFound).await;
    let mut theirs = eve.raw_socket().await;
    for (event, more) in [
        ("join_room", json!({})),
        ("leave_room", json!({})),
        ("send_message", json!({ "content": "psst" })),
        ("message_read", json!({ "messageId": NOBODY })),
        ("typing", json!({ "isTyping": true })),
        ("get_room_users", json!({})),
    ] {
        met.by_socket(&mut theirs, event, of(hidden, more), ErrorType::NotAuthorized).await;
    }
    met.by_socket(&mut theirs, "authenticate", json!({ "token": ada.token() }), ErrorType::Unauthenticated)
        .await;
}
