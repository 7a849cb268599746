//! What is, and what is not, an access token.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use parlor_protocol::ErrorType;
use parlor_tests::{Person, RawSocket, Reply, TestServer, server::SECRET};
use reqwest::Method;
use serde_json::{Map, Value, json};

fn parts_of(token: &str) -> [Value; 2] {
    let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap());
    [(); 2].map(|()| serde_json::from_slice(&parts.next().unwrap()).unwrap())
}

fn signed(header: &Header, claims: &Value, secret: &[u8]) -> String {
    jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(secret)).unwrap()
}

/// What an attacker may try with a real token in hand, and (for some) even with the secret.
fn forgeries(person: &Person) -> Vec<(String, String)> {
    let real = person.token();
    let [header, claims] = parts_of(&real);
    let header: Header = serde_json::from_value(header).unwrap();
    let changed = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        signed(&header, &claims, SECRET.as_bytes())
    };
    let without = |name: &str| {
        let claims: Map<_, _> =
            claims.as_object().unwrap().clone().into_iter().filter(|(key, _)| key != name).collect();
        signed(&header, &claims.into(), SECRET.as_bytes())
    };
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let none = format!("{}.{}.", encoded(&json!({ "alg": "none", "typ": "at+jwt" })), encoded(&claims));
    let mut swapped = real.clone();
    let last = if swapped.ends_with('A') { "B" } else { "A" };
    swapped.replace_range(40..41, last);
    let now = claims["iat"].as_i64().unwrap();
    let mut forgeries = vec![
        ("a changed letter".to_owned(), swapped),
        ("alg none".to_owned(), none),
        ("another key".to_owned(), signed(&header, &claims, b"another secret, of good length, too")),
        (
            "HS384".to_owned(),
            signed(&Header { alg: Algorithm::HS384, ..header.clone() }, &claims, SECRET.as_bytes()),
        ),
        (
            "another type".to_owned(),
            signed(&Header { typ: Some("JWT".into()), ..header.clone() }, &claims, SECRET.as_bytes()),
        ),
        ("expired a second ago".to_owned(), changed("exp", json!(now - 1))),
        ("another audience".to_owned(), changed("aud", json!("elsewhere"))),
        ("another issuer".to_owned(), changed("iss", json!("elsewhere"))),
        ("a session that never was".to_owned(), changed("sid", json!(uuid::Uuid::now_v7()))),
        ("another user's name on this session".to_owned(), changed("sub", json!(uuid::Uuid::now_v7()))),
        ("a refresh token".to_owned(), person.client.session().unwrap().refresh_token.into_string()),
        ("nothing".to_owned(), String::new()),
        ("garbage".to_owned(), "a.b.c".to_owned()),
    ];
    for claim in ["exp", "sub", "sid", "iss", "aud", "iat", "jti"] {
        forgeries.push((format!("without {claim}"), without(claim)));
    }
    forgeries
}

#[tokio::test]
async fn h22_a_forged_or_expired_token_opens_neither_rest_nor_a_socket() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let [header, claims] = parts_of(&ada.token());
    let header = serde_json::from_value(header).unwrap();
    let control = signed(&header, &claims, SECRET.as_bytes());
    let me = |token: &str| server.request(Method::GET, "/api/v1/users/me").bearer_auth(token);
    Reply::to(me(&control)).await.data(200);
    for (forgery, token) in forgeries(&ada) {
        let reply = Reply::to(me(&token)).await;
        assert_eq!((reply.status, reply.header("www-authenticate")), (401, "Bearer"), "{forgery}: {reply:?}");
        reply.is(ErrorType::Unauthenticated);
        let refused = RawSocket::try_connect(server.socket, &json!({ "token": token })).await.err();
        assert_eq!(refused.as_deref(), Some("Invalid or expired token"), "{forgery}");
    }
}

#[tokio::test]
async fn h24_a_missing_token_is_401_whatever_the_scheme() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    server.get("/api/v1/users/me").await.is(ErrorType::Unauthenticated);
    for authorization in
        ["Basic YWRhOmFkYQ==".to_owned(), format!("Token {}", ada.token()), ada.token(), "Bearer".into()]
    {
        let request = server.request(Method::GET, "/api/v1/users/me").header("authorization", &authorization);
        let reply = Reply::to(request).await;
        assert_eq!(
            reply.is(ErrorType::Unauthenticated).header("www-authenticate"),
            "Bearer",
            "{authorization}"
        );
    }
    for auth in [json!({}), json!(null), json!({ "token": 5 }), json!({ "token": [ada.token()] }), json!("x")]
    {
        let refused = RawSocket::try_connect(server.socket, &auth).await.err();
        assert_eq!(refused.as_deref(), Some("Invalid or expired token"), "{auth}");
    }
}

#[tokio::test]
async fn a_token_in_the_query_string_opens_nothing() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let reply = server.get(&format!("/api/v1/users/me?token={}", ada.token())).await;
    assert!((400..500).contains(&reply.status), "{reply:?}");
}

#[tokio::test]
async fn a_socket_takes_its_token_from_the_authorization_header_too() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let authorization = format!("Bearer {}", ada.token());
    let mut socket = RawSocket::try_connect_with_header(server.socket, &authorization).await.unwrap();
    let ack = socket.ask("authenticate", &json!({ "token": ada.token() })).await;
    assert_eq!(ack["ok"], true, "{ack}");
    let refused = RawSocket::try_connect_with_header(server.socket, "Bearer x").await.err();
    assert_eq!(refused.as_deref(), Some("Invalid or expired token"));
}
