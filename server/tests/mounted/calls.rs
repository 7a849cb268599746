//! How a call is served where it takes a hand inside to see it: a handler that panics, a database that is gone, a client that
//! goes away in the middle.

use axum::{
    Router,
    body::Body,
    http::{Request, Response, StatusCode, header},
};
use http_body_util::BodyExt;
use parlor_protocol::users::{GetMe, User};
use parlor_server::{
    bus::Bus,
    clock::Clock,
    config::{Limits, Served},
    domain::{
        Domain, Error, limits::Throttles, outbox, passwords::Passwords, presence::Presence, tokens::Tokens,
    },
    http::{self, call::Call, routes::Routes},
    observe::Metrics,
    store::{Store, StoreSettings},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tower::ServiceExt;

/// A server's inside, without its listener.
struct Inside {
    domain: Arc<Domain>,
    router: Router,
    _folder: tempfile::TempDir,
}

impl Inside {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("parlor.db").display()).parse().unwrap();
        let store = Store::open(&StoreSettings { url, accept_data_loss: false }).await.unwrap();
        let hour = Duration::from_hours(1);
        let domain = Arc::new(Domain {
            store,
            bus: Bus::default(),
            clock: Clock::default(),
            limits: Throttles::new(&Limits::default(), &Bus::default()),
            tokens: Tokens::new(b"a secret of at least thirty-two bytes", hour, 24 * 30 * hour).unwrap(),
            passwords: Passwords::new().unwrap(),
            presence: Presence::default(),
            outbox: outbox::Outbox::default(),
            metrics: Metrics::off(),
            public_url: "https://chat.example.com".to_owned(),
        });
        tokio::spawn(outbox::run(domain.clone()));
        Self { router: http::router(domain.clone(), &Served::default()), domain, _folder: folder }
    }

    async fn call(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        (response.status(), body(response).await)
    }

    /// A new account's access token.
    async fn token(&self, name: &str) -> String {
        let account = json!({ "username": name, "email": format!("{name}@example.com"), "password": "a horse that tests staple" });
        let (status, answer) = self.call(request("", "POST /api/v1/auth/register", &account)).await;
        assert_eq!(status, 201, "{answer}");
        answer["data"]["token"].as_str().unwrap().to_owned()
    }
}

async fn body(response: Response<Body>) -> Value {
    serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

fn request(token: &str, line: &str, body: &Value) -> Request<Body> {
    let (method, path) = line.split_once(' ').unwrap();
    let request =
        Request::builder().method(method).uri(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
    match body {
        Value::Null => request.body(Body::empty()),
        body => request.header(header::CONTENT_TYPE, "application/json").body(body.to_string().into()),
    }
    .unwrap()
}

#[tokio::test]
async fn a_panic_is_a_server_error_without_its_cause() {
    let inside = Inside::new().await;
    let token = inside.token("ada").await;
    let panics = |_: Call<GetMe>| async { panic!("a secret cause") as Result<User, Error> };
    let router = Routes::default().endpoint(panics).with(inside.domain.clone());
    let response = router.oneshot(request(&token, "GET /api/v1/users/me", &Value::Null)).await.unwrap();
    assert_eq!(response.status(), 500);
    let answer = body(response).await;
    assert_eq!(answer["type"], "SERVER_ERROR");
    assert!(!answer.to_string().contains("secret"), "{answer}");
}

#[tokio::test]
async fn a_server_that_goes_down_or_has_no_database_is_alive_and_not_ready() {
    let inside = Inside::new().await;
    let asked = async |path: &str| {
        let line = format!("GET {path}");
        inside.router.clone().oneshot(request("", &line, &Value::Null)).await.unwrap()
    };
    assert_eq!(asked("/health/ready").await.status(), 200);
    inside.domain.outbox.close();
    assert_eq!(asked("/health/ready").await.status(), 503);
    inside.domain.store.close().await;
    assert_eq!(asked("/health/live").await.status(), 200);
    let down = asked("/health/ready").await;
    assert!(down.headers().contains_key(header::RETRY_AFTER), "{down:?}");
    assert_eq!((down.status().as_u16(), body(down).await["type"].clone()), (503, json!("UNAVAILABLE")));
}

/// K13: the framework drops a handler's future when its client goes away.
#[tokio::test]
async fn what_a_client_began_is_ended_even_if_the_client_goes_away() {
    let inside = Inside::new().await;
    let (ada, bob) = (inside.token("ada").await, inside.token("bob").await);
    let (_, made) = inside.call(request(&ada, "POST /api/v1/rooms", &json!({ "name": "Engines" }))).await;
    let room = format!("/api/v1/rooms/{}", made["data"]["id"].as_str().unwrap());
    let only_writer = inside.domain.store.write().await.unwrap();
    let join = request(&bob, &format!("POST {room}/join"), &Value::Null);
    // It can't end while the only writer is ours, so this gives up and drops it in the middle.
    let call = tokio::time::timeout(Duration::from_millis(200), inside.router.clone().oneshot(join));
    call.await.unwrap_err();
    drop(only_writer);
    let joined = async {
        loop {
            let (_, seen) = inside.call(request(&bob, &format!("GET {room}"), &Value::Null)).await;
            if seen["data"]["membership"].is_object() {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), joined).await.unwrap();
}
