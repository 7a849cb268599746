//! What a request may look like, and what is answered when it looks otherwise.

use crate::world::{World, request};
use axum::{
    body::Body,
    http::{Request, header},
};
use parlor_protocol::users::{GetMe, User};
use parlor_server::{
    domain::Error,
    http::{call::Call, routes::Routes},
};
use serde_json::json;
use tower::ServiceExt;

fn raw(line: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Request<Body> {
    let (method, path) = line.split_once(' ').unwrap();
    let request = Request::builder().method(method).uri(path);
    headers
        .iter()
        .fold(request, |request, (name, value)| request.header(*name, *value))
        .body(body.into())
        .unwrap()
}

#[tokio::test]
async fn a_body_has_to_be_uncompressed_well_formed_json() {
    let world = World::new().await;
    let login = "POST /api/v1/auth/login";
    let json = ("content-type", "application/json");
    let cases = [
        (vec![json], "{\"email\":".to_owned(), 400, "VALIDATION"),
        (vec![json], "[]".to_owned(), 400, "VALIDATION"),
        (vec![json], "\"text\"".to_owned(), 400, "VALIDATION"),
        (vec![json], format!("{{\"email\":{}1{}}}", "[".repeat(40), "]".repeat(40)), 400, "VALIDATION"),
        (vec![json], "[".repeat(40_000), 400, "VALIDATION"),
        (vec![("content-type", "text/plain")], "{}".to_owned(), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (vec![], "{}".to_owned(), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (vec![json, ("content-encoding", "gzip")], "{}".to_owned(), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (vec![("content-type", "text/plain")], String::new(), 400, "VALIDATION"),
    ];
    for (headers, body, status, kind) in cases {
        let shown = format!("{headers:?} {body:.60}");
        let answer = world.send(raw(login, &headers, body)).await;
        assert_eq!((answer.status.as_u16(), answer.body["type"].as_str()), (status, Some(kind)), "{shown}");
    }
}

#[tokio::test]
async fn what_is_wrong_in_path_query_and_body_is_told_at_once() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let wrong = json!({ "content": " ", "clientMessageId": "no blanks" });
    let answer = world.post(&ada, "/rooms/1/messages", wrong).await.failed(400, "VALIDATION");
    assert_eq!(answer.wrong_fields(), ["roomId", "content", "clientMessageId"]);
    let answer = world.get(&ada, "/rooms/%FF/messages?limit=0").await.failed(400, "VALIDATION");
    assert!(answer.wrong_fields().contains(&"limit".to_owned()));
    let twice = world.get(&ada, "/rooms?limit=1&limit=2").await.failed(400, "VALIDATION");
    assert_eq!(twice.wrong_fields(), ["limit"]);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_named_as_such() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    world.get(&ada, "/nothing/here").await.failed(404, "NOT_FOUND");
    world.send(raw("GET /nothing", &[], Body::empty())).await.failed(404, "NOT_FOUND");
    let answer = world.delete(&ada, "/rooms").await.failed(405, "METHOD_NOT_ALLOWED");
    let allowed = answer.headers[header::ALLOW].to_str().unwrap();
    assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed}");
}

#[tokio::test]
async fn without_a_good_token_nothing_is_told() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    for token in [None, Some(""), Some("abc"), Some(ada.refresh_token.as_str())] {
        let answer = world.call(token, "GET /users", None).await.failed(401, "UNAUTHENTICATED");
        assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
    }
    world.call(Some(&ada.token), "GET /users", None).await.with(200);
}

#[tokio::test]
async fn the_server_says_what_it_is_and_how_it_is() {
    let world = World::new().await;
    let about = world.send(raw("GET /", &[], Body::empty())).await.with(200);
    assert_eq!(about.data()["protocol"], parlor_protocol::VERSION);
    for path in ["/health/live", "/health/ready"] {
        let health = world.send(raw(&format!("GET {path}"), &[], Body::empty())).await.with(200);
        assert_eq!(health.data()["status"], "ok");
    }
    world.domain.outbox.close();
    world.send(raw("GET /health/ready", &[], Body::empty())).await.failed(503, "UNAVAILABLE");
    world.domain.store.close().await;
    world.send(raw("GET /health/live", &[], Body::empty())).await.with(200);
    let down = world.send(raw("GET /health/ready", &[], Body::empty())).await.failed(503, "UNAVAILABLE");
    assert!(down.headers.contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn a_panic_is_a_server_error_without_its_cause() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let panics = |_: Call<GetMe>| async { panic!("a secret cause") as Result<User, Error> };
    let router = Routes::default().endpoint(panics).with(world.domain.clone());
    let response = router.oneshot(request(Some(&ada.token), "GET /users/me", None)).await.unwrap();
    assert_eq!(response.status(), 500);
    let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
    let text = String::from_utf8(body.to_vec()).unwrap();
    assert!(text.contains("SERVER_ERROR") && !text.contains("secret"), "{text}");
}

#[tokio::test]
async fn an_endpoint_without_fields_takes_no_body_but_an_empty_one() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let token = format!("Bearer {}", ada.token);
    let json = ("content-type", "application/json");
    for (header, body, status) in [
        (json, "", 200),
        (("content-type", "text/plain"), "", 200),
        (json, "{}", 200),
        (json, "null", 200),
        (json, " {\"unknown\": [1]} ", 200),
        (json, "{", 400),
        (json, "nul", 400),
        (json, "[]", 400),
        (json, "\"x\"", 400),
        (json, &format!("{}1{}", "[".repeat(33), "]".repeat(33)), 400),
        (("content-type", "text/plain"), "{}", 415),
    ] {
        for line in ["GET /api/v1/users/me", "GET /api/v1/rooms"] {
            let answer =
                world.send(raw(line, &[header, ("authorization", token.as_str())], body.to_owned())).await;
            assert_eq!(answer.status, status, "{line} {body}: {}", answer.body);
        }
    }
}
