//! A server's inside without its sockets, and people who call it.

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use parlor_server::{
    bus::Bus,
    clock::Clock,
    config::Limits,
    domain::{Domain, limits::Throttles, outbox, passwords::Passwords, presence::Presence, tokens::Tokens},
    http,
    observe::Metrics,
    store::{Store, StoreSettings},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tower::ServiceExt;

pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) struct World {
    pub(crate) domain: Arc<Domain>,
    pub(crate) router: Router,
    _folder: tempfile::TempDir,
}

/// Someone who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) refresh_token: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

pub(crate) fn no_limits() -> Limits {
    Limits {
        message: None,
        register: None,
        login: None,
        login_address: None,
        invite: None,
        invite_try: None,
        events: None,
        connections: None,
        connections_per_address: None,
        sockets_per_user: None,
        rooms_created: None,
        memberships: None,
        room_members: None,
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(no_limits()).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("parlor.db").display()).parse().unwrap();
        let store = Store::open(&StoreSettings { url, accept_data_loss: false }).await.unwrap();
        let hour = Duration::from_hours(1);
        let domain = Arc::new(Domain {
            store,
            bus: Bus::default(),
            clock: Clock::default(),
            limits: Throttles::new(&limits),
            tokens: Tokens::new(b"a secret of at least thirty-two bytes", hour, 24 * 30 * hour).unwrap(),
            passwords: Passwords::new().unwrap(),
            presence: Presence::default(),
            outbox: outbox::Outbox::default(),
            metrics: Metrics::off(),
            public_url: "https://chat.example.com".to_owned(),
        });
        tokio::spawn(outbox::run(domain.clone()));
        Self { router: http::router(domain.clone()), domain, _folder: folder }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&body).unwrap_or_else(|error| panic!("{error}: {body:?}"));
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// `line` is a method and a path below the base path.
    pub(crate) async fn call(&self, token: Option<&str>, line: &str, body: Option<Value>) -> Answer {
        self.send(request(token, line, body)).await
    }

    pub(crate) async fn person(&self, name: &str) -> Person {
        let account =
            json!({ "username": name, "email": format!("{name}@example.com"), "password": PASSWORD });
        let answer = self.call(None, "POST /auth/register", Some(account)).await.with(201);
        Person::of(&answer)
    }

    pub(crate) async fn log_in(&self, name: &str) -> Person {
        let login = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
        Person::of(&self.call(None, "POST /auth/login", Some(login)).await.with(200))
    }

    pub(crate) async fn get(&self, who: &Person, path: &str) -> Answer {
        self.call(Some(&who.token), &format!("GET {path}"), None).await
    }

    pub(crate) async fn delete(&self, who: &Person, path: &str) -> Answer {
        self.call(Some(&who.token), &format!("DELETE {path}"), None).await
    }

    pub(crate) async fn post(&self, who: &Person, path: &str, body: Value) -> Answer {
        let body = Some(body).filter(|body| !body.is_null());
        self.call(Some(&who.token), &format!("POST {path}"), body).await
    }

    pub(crate) async fn patch(&self, who: &Person, path: &str, body: Value) -> Answer {
        self.call(Some(&who.token), &format!("PATCH {path}"), Some(body)).await
    }

    /// A room of `owner`; its id.
    pub(crate) async fn room(&self, owner: &Person, name: &str, private: bool) -> String {
        let room = json!({ "name": name, "isPrivate": private });
        self.post(owner, "/rooms", room).await.with(201).text("id")
    }

    pub(crate) async fn join(&self, who: &Person, room: &str) -> Answer {
        self.post(who, &format!("/rooms/{room}/join"), Value::Null).await
    }

    /// Says something; the whole message.
    pub(crate) async fn say(&self, who: &Person, room: &str, content: &str) -> Value {
        self.post(who, &format!("/rooms/{room}/messages"), json!({ "content": content })).await.with(201).body
            ["data"]
            .clone()
    }
}

pub(crate) fn request(token: Option<&str>, line: &str, body: Option<Value>) -> Request<Body> {
    let (method, path) = line.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    match body {
        Some(body) => request
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap(),
        None => request.body(Body::empty()).unwrap(),
    }
}

impl Person {
    pub(crate) fn of(answer: &Answer) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let data = &answer.body["data"];
        Self {
            id: text(&data["user"]["id"]),
            token: text(&data["token"]),
            refresh_token: text(&data["refreshToken"]),
        }
    }
}

impl Answer {
    /// Itself, if it has this status.
    #[track_caller]
    pub(crate) fn with(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:#}", self.body);
        assert_eq!(self.body["success"], status < 400, "{:#}", self.body);
        self
    }

    /// Itself, if it is this failure.
    #[track_caller]
    pub(crate) fn failed(self, status: u16, kind: &str) -> Self {
        let answer = self.with(status);
        assert_eq!(answer.body["type"], kind, "{:#}", answer.body);
        assert!(
            answer.body["requestId"].is_string() && answer.body["message"].is_string(),
            "{:#}",
            answer.body
        );
        answer
    }

    pub(crate) fn data(&self) -> &Value {
        &self.body["data"]
    }

    #[track_caller]
    pub(crate) fn text(&self, field: &str) -> String {
        self.body["data"][field]
            .as_str()
            .unwrap_or_else(|| panic!("no {field} in {:#}", self.body))
            .to_owned()
    }

    /// The names of the fields that are said to be wrong.
    pub(crate) fn wrong_fields(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().unwrap();
        errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    }
}

/// One field of each thing in a list.
pub(crate) fn each(list: &Value, field: &str) -> Vec<Value> {
    list.as_array().unwrap().iter().map(|one| one[field].clone()).collect()
}
