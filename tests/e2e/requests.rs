//! The form of every REST answer: ids, headers, statuses of what never reached an endpoint.

use parlor_protocol::ErrorType;
use parlor_server::config::Origins;
use parlor_tests::{Reply, TestServer, within};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use tokio::time::sleep;

#[tokio::test]
async fn every_answer_has_a_request_id_and_a_clients_own_one_is_kept() {
    let server = TestServer::start().await;
    for path in ["/", "/health/live", "/api/v1/users/me", "/nowhere"] {
        assert!(!server.get(path).await.header("x-request-id").is_empty(), "{path}");
        let own = Reply::to(server.request(Method::GET, path).header("x-request-id", "my-id_1.2")).await;
        assert_eq!(own.header("x-request-id"), "my-id_1.2", "{path}");
        assert_eq!(own.header("x-parlor-protocol"), parlor_protocol::VERSION, "{path}");
        let too_long = "x".repeat(65);
        for bad in [too_long.as_str(), "a b", "a/b", "<script>"] {
            let reply = Reply::to(server.request(Method::GET, path).header("x-request-id", bad)).await;
            assert!(!reply.header("x-request-id").is_empty() && reply.header("x-request-id") != bad, "{bad}");
        }
    }
}

#[tokio::test]
async fn an_unknown_path_is_404_and_a_wrong_method_405_with_those_allowed() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    for path in
        ["/nowhere", "/api/v1", "/api/v1/nowhere", "/api/v2/rooms", "/api/v1/rooms/", "/api/v1//rooms"]
    {
        ada.get(path).await.is(ErrorType::NotFound);
    }
    let reply = ada.delete("/api/v1/rooms").await;
    let mut allowed: Vec<_> =
        reply.is(ErrorType::MethodNotAllowed).header("allow").split(',').map(str::trim).collect();
    allowed.retain(|method| *method != "HEAD" && *method != "OPTIONS");
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "POST"]);
    for method in ["TRACE", "PUT", "BREW"] {
        let request = ada.request(Method::from_bytes(method.as_bytes()).unwrap(), "/api/v1/rooms");
        let status = Reply::to(request).await.status;
        assert!((400..500).contains(&status) || status == 501, "{method}: {status}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_no_json_or_compressed_is_refused() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let post = |kind: &str, body: Vec<u8>| {
        ada.request(Method::POST, "/api/v1/rooms").header("content-type", kind).body(body)
    };
    let good = json!({ "name": "kitchen" }).to_string().into_bytes();
    let large = json!({ "name": "kitchen", "description": "x".repeat(70_000) }).to_string().into_bytes();
    Reply::to(post("application/json", large)).await.is(ErrorType::PayloadTooLarge);
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/xml"] {
        Reply::to(post(kind, good.clone())).await.is(ErrorType::UnsupportedMediaType);
    }
    Reply::to(ada.request(Method::POST, "/api/v1/rooms").body(good.clone()))
        .await
        .is(ErrorType::UnsupportedMediaType);
    let compressed = post("application/json", good.clone()).header("content-encoding", "gzip");
    Reply::to(compressed).await.is(ErrorType::UnsupportedMediaType);
    for bad in [
        &b"{"[..],
        b"{\"name\":}",
        b"\xff\xfe",
        b"nul",
        b"{\"name\":\"a\x00bc\"}",
        b"{\"name\":\"\xc3\x28abc\"}",
    ] {
        Reply::to(post("application/json", bad.to_vec())).await.is(ErrorType::Validation);
    }
    for kind in ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON"] {
        Reply::to(post(kind, good.clone())).await.data(201);
    }
    for levels in [33, 20_000] {
        let deep = format!("{{\"name\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        Reply::to(post("application/json", deep.into_bytes())).await.is(ErrorType::Validation);
    }
}

#[tokio::test]
async fn what_is_wrong_in_path_query_and_body_is_told_at_once() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let wrong = json!({ "content": " ", "clientMessageId": "no blanks" });
    let reply = ada.post("/api/v1/rooms/1/messages", &wrong).await;
    assert_eq!(reply.is(ErrorType::Validation).bad_fields(), ["clientMessageId", "content", "roomId"]);
    let reply = ada.get("/api/v1/rooms/x/messages?limit=0").await;
    assert_eq!(reply.is(ErrorType::Validation).bad_fields(), ["limit", "roomId"]);
    let twice = ada.get("/api/v1/rooms?limit=1&limit=2").await;
    assert_eq!(twice.is(ErrorType::Validation).bad_fields(), ["limit"], "not for us to guess which");
}

#[tokio::test]
async fn an_empty_body_counts_as_none_whatever_its_type() {
    let server = TestServer::start().await;
    let [ada, bob, eve] = server.people(["ada", "bob", "eve"]).await;
    let room = ada.creates_room("kitchen").await;
    let path = format!("/api/v1/rooms/{}/join", room.id);
    for (person, kind) in [(&bob, "application/json"), (&eve, "text/html")] {
        Reply::to(person.request(Method::POST, &path).header("content-type", kind)).await.data(200);
    }
    let nothing = ada.request(Method::POST, "/api/v1/rooms").header("content-type", "application/json");
    assert_eq!(Reply::to(nothing).await.is(ErrorType::Validation).bad_fields(), ["name"]);
}

#[tokio::test]
async fn h26_answers_carry_the_headers_that_keep_browsers_from_guessing() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let reply = ada.get("/api/v1/users/me").await;
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert!(reply.header("cache-control").contains("no-store"), "{reply:?}");
    assert_eq!(reply.header("x-powered-by"), "");
    assert!(reply.header("content-type").starts_with("application/json"), "{reply:?}");
}

#[tokio::test]
async fn web_pages_of_any_origin_may_call_unless_a_list_says_otherwise() {
    let server = TestServer::start().await;
    let preflight = |server: &TestServer, origin: &str| {
        let request = server.request(Method::OPTIONS, "/api/v1/rooms").header("origin", origin);
        request
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type,x-request-id")
    };
    let reply = Reply::to(preflight(&server, "https://a.example")).await;
    assert!(reply.status == 200 || reply.status == 204, "{reply:?}");
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    let allowed = reply.header("access-control-allow-headers").to_lowercase();
    for header in ["authorization", "content-type", "x-request-id"] {
        assert!(allowed.contains(header), "{allowed}");
    }
    let methods = reply.header("access-control-allow-methods").to_uppercase();
    for method in ["GET", "POST", "PATCH", "DELETE"] {
        assert!(methods.contains(method), "{methods}");
    }
    let plain =
        Reply::to(server.request(Method::GET, "/api/v1/rooms").header("origin", "https://a.example")).await;
    let exposed = plain.header("access-control-expose-headers").to_lowercase();
    assert!(exposed.contains("x-request-id") && exposed.contains("retry-after"), "{plain:?}");
}

#[tokio::test]
async fn s17_a_list_of_origins_is_held_over_rest_and_at_the_handshake() {
    let server = TestServer::start_with(|config| {
        config.cors_origins = Origins::List(vec!["https://good.example".to_owned()]);
    })
    .await;
    let from = async |path: &str, origin: &str| {
        Reply::to(server.request(Method::GET, path).header("origin", origin)).await
    };
    let good = from("/api/v1/rooms", "https://good.example").await;
    assert_eq!(good.header("access-control-allow-origin"), "https://good.example");
    let bad = from("/api/v1/rooms", "https://evil.example").await;
    assert_eq!(bad.header("access-control-allow-origin"), "");
    let polling = "/socket.io/?EIO=4&transport=polling";
    assert_eq!(from(polling, "https://good.example").await.status, 200);
    let refused = from(polling, "https://evil.example").await;
    assert!((400..500).contains(&refused.status), "{refused:?}");
    assert_eq!(server.get(polling).await.status, 200, "what is no browser names no origin");
}

#[tokio::test]
async fn o4_the_server_says_what_it_is_and_whether_it_is_ready() {
    let server = TestServer::start().await;
    let about = server.get("/").await;
    let about = about.data(200);
    assert_eq!(about["protocol"], parlor_protocol::VERSION);
    assert!(about["name"].is_string() && about["version"].is_string(), "{about:?}");
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(server.get(path).await.status, 200, "{path}");
    }
    let [ada] = server.people(["ada"]).await;
    server.server().domain().store.close().await;
    assert_eq!(server.get("/health/live").await.status, 200, "a restart would not help");
    let not_ready = async {
        // For a second the last good answer holds.
        while server.get("/health/ready").await.status != 503 {
            sleep(Duration::from_millis(50)).await;
        }
    };
    within(Duration::from_secs(10), "the word that there is no database", not_ready).await;
    ada.get("/api/v1/rooms").await.is(ErrorType::Unavailable);
    let metrics = server.get("/metrics").await;
    assert_eq!(metrics.status, 404, "only on the operator's listener");
}

#[tokio::test]
async fn metrics_are_on_the_operators_listener() {
    let server =
        TestServer::start_with(|config| config.metrics_listen = Some(([127, 0, 0, 1], 0).into())).await;
    let address = server.server().metrics_address().unwrap();
    let reply = Reply::to(reqwest::Client::new().get(format!("http://{address}/metrics"))).await;
    assert_eq!(reply.status, 200);
    assert!(reply.text.contains("# TYPE "), "{}", reply.text);
}

#[tokio::test]
async fn an_endpoint_without_fields_takes_no_body_but_an_empty_one() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let deep = format!("{}1{}", "[".repeat(33), "]".repeat(33));
    for path in ["/api/v1/users/me", "/api/v1/rooms"] {
        let get = |kind: &str, body: &str| {
            let request = ada.request(Method::GET, path).header("content-type", kind);
            Reply::to(request.body(body.to_owned()))
        };
        for empty in ["", "{}", "null", " {\"unknown\": [1]} "] {
            get("application/json", empty).await.data(200);
        }
        get("text/plain", "").await.data(200);
        for bad in ["{", "nul", "[]", "\"x\"", &deep] {
            get("application/json", bad).await.is(ErrorType::Validation);
        }
        get("text/plain", "{}").await.is(ErrorType::UnsupportedMediaType);
    }
}
