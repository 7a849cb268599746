//! Requests of the bad classes (H14, H20, H21): a clear 4xx in the form of the contract, within a second, and never a 5xx.

use crate::bad_events::odd_values;
use parlor_protocol::{Endpoint, EndpointVisitor, Request, visit_endpoints};
use parlor_tests::{
    Person, Reply,
    scale::{scale, server, shown},
    within,
};
use reqwest::{Client, Method};
use serde_json::{Map, json};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const SECOND: Duration = Duration::from_secs(1);

/// Every endpoint: its method and path, and the fields of its body and query.
#[derive(Default)]
struct Endpoints(Vec<(Method, String, Vec<String>, Vec<String>)>);

impl EndpointVisitor for Endpoints {
    fn visit<E: Endpoint>(&mut self) {
        let method = E::METHOD.as_str().parse().unwrap();
        self.0.push((method, format!("/api/v1{}", E::PATH), E::Body::fields(), E::Query::fields()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_answers_every_odd_value_in_a_body_a_query_and_a_path() {
    let server = server().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("odd").await;
    let caller = Caller { person: ada, http: Client::new() };
    let ada = &caller.person;
    let mut endpoints = Endpoints::default();
    visit_endpoints(&mut endpoints);
    let mut cases = 0;
    let values = odd_values();
    let values: Vec<_> = values.iter().step_by(scale(4, 1)).collect();
    for (method, path, body, query) in endpoints.0.iter().filter(|(_, path, ..)| !path.contains("logout")) {
        let good =
            path.replace("{room_id}", &room.id.to_string()).replace("{user_id}", &ada.id().to_string());
        let good = good
            .replace("{session_id}", &room.id.to_string())
            .replace("{invite_id}", &room.id.to_string())
            .replace("{token}", "nothing");
        if *method == Method::DELETE
            && good.ends_with(&room.id.to_string())
            && !path.contains("session")
            && !path.contains("invite")
        {
            continue;
        }
        for value in &values {
            for field in body {
                // All the other fields are missing, so that nothing that succeeds here changes the caller's account.
                let only = Map::from_iter([(field.clone(), (*value).clone())]);
                check(&caller, method, &good, &[], Some(json!(only).to_string()), &mut cases).await;
            }
            check(&caller, method, &good, &[], Some(value.to_string()), &mut cases).await;
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            for field in query {
                check(&caller, method, &good, &[(field, &text)], None, &mut cases).await;
            }
            if path.contains('{') && text.len() < 3000 {
                let coded = text.bytes().fold(String::new(), |path, byte| path + &format!("%{byte:02x}"));
                let odd: Vec<_> = path
                    .split('/')
                    .map(|part| if part.starts_with('{') { coded.as_str() } else { part })
                    .collect();
                check(&caller, method, &odd.join("/"), &[], None, &mut cases).await;
            }
        }
        for raw in raw_bodies() {
            check(&caller, method, &good, &[], Some(raw), &mut cases).await;
        }
    }
    shown(&format!(
        "{cases} odd requests to {} endpoints: each a clear answer within a second, none a 5xx",
        endpoints.0.len()
    ));
}

fn raw_bodies() -> Vec<String> {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let texts = [
        "{",
        "}",
        "[",
        "nul",
        "{\"name\":}",
        "{'name':1}",
        "{\"name\":\"\\ud800\"}",
        "{\"name\":\"a\",\"name\":\"b\"}",
        "{\"seq\":1e400}",
        "{\"seq\":-0}",
        "{\"seq\":NaN}",
        "{\"content\":\"\\u0000\"}",
        "\u{feff}{}",
        "{}{}",
        "// x\n{}",
    ];
    texts.iter().map(|&text| text.to_owned()).chain([deep(33), deep(200), deep(30_000)]).collect()
}

/// Who asks; over connections that stay, since there are thousands of requests.
struct Caller {
    person: Person,
    http: Client,
}

async fn check(
    caller: &Caller,
    method: &Method,
    path: &str,
    query: &[(&String, &String)],
    body: Option<String>,
    cases: &mut usize,
) {
    *cases += 1;
    let what = format!(
        "{method} {path} {query:?} {}",
        body.as_deref().unwrap_or_default().chars().take(200).collect::<String>()
    );
    let url = format!("{}{path}", caller.person.server.url());
    let mut request =
        caller.http.request(method.clone(), url).bearer_auth(caller.person.token()).query(query);
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body);
    }
    let reply = within(SECOND, &what, Reply::to(request)).await;
    assert!((200..500).contains(&reply.status), "{what}: {reply:?}");
    assert_eq!(reply.body["success"], reply.status < 300, "{what}: {reply:?}");
    if reply.status >= 400 {
        assert!(reply.body["type"].is_string() && reply.body["message"].is_string(), "{what}: {reply:?}");
        assert_eq!(reply.body["requestId"], reply.header("x-request-id"), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http_that_no_library_speaks_gets_a_4xx_or_an_end() {
    let server = server().await;
    let [ada] = server.people(["ada"]).await;
    let token = ada.token();
    let long = "x".repeat(20_000);
    let json = "Content-Type: application/json\r\n";
    let register = "POST /api/v1/auth/register HTTP/1.1\r\nHost: x\r\n";
    let requests = [
        "\r\n\r\n".to_owned(),
        "GET\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\nHost: x\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n".to_owned(),
        format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: x\r\nX: {long}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: y\r\n".repeat(200)),
        "GET /\u{0} HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nHost: x\r\nX\u{1}: y\r\n\r\n".to_owned(),
        "BREW /api/v1/rooms HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        "GET http://x/api/v1/rooms/../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        "GET /api/v1/rooms/..%2f..%2fetc HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        "GET /api/v1/%252e%252e HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        "GET /api/v1/rooms?limit=1&limit=2&limit[]=3 HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        format!("GET /api/v1/rooms?limit=%ff%fe HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"),
        format!("{register}{json}Content-Length: 5\r\nContent-Length: 6\r\n\r\n{{}}    "),
        format!("{register}{json}Content-Length: -1\r\n\r\n"),
        format!("{register}{json}Content-Length: 99999999999999999999999\r\n\r\n"),
        format!("{register}{json}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        format!("{register}{json}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n"),
        format!("{register}{json}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n{{}}\r\n0\r\n\r\n"),
        format!("{register}{json}Transfer-Encoding: gzip\r\n\r\n"),
        format!("{register}{json}Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{{}}"),
        format!("{register}Content-Type: text/xml\r\nContent-Length: 2\r\n\r\n{{}}"),
        format!("{register}Content-Type: application/json; charset=utf-16\r\nContent-Length: 2\r\n\r\n{{}}"),
        format!("{register}{json}Content-Length: 70000\r\n\r\n{}", "x".repeat(70_000)),
        "GET /socket.io/ HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        "GET /socket.io/?EIO=3&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        "GET /socket.io/?EIO=4&transport=smoke HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        "GET /socket.io/?EIO=4&transport=polling&sid=nobody HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        "POST /socket.io/?EIO=4&transport=polling&sid=nobody HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1".to_owned(),
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n".to_owned(),
    ];
    for request in &requests {
        let shown: String = request.chars().take(120).collect();
        if let Some((status, answer)) = answer_to(server.socket, request.as_bytes(), &shown).await {
            assert!((200..500).contains(&status) || status == 503, "{shown:?}: {status}");
            assert!(answer.to_ascii_lowercase().contains("\r\nx-request-id: "), "{shown:?}: {answer}");
            // Under its own path Socket.IO answers in a form of its own.
            if status >= 400 && !request.contains(" /socket.io/") {
                let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
                let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
                assert!(body["type"].is_string() && body["requestId"].is_string(), "{shown:?}: {answer}");
            }
        }
        assert_eq!(within(SECOND, &shown, server.get("/health/ready")).await.status, 200, "after {shown:?}");
    }
    shown(&format!(
        "{} requests that are hardly HTTP: a 4xx or an end, and the next one is served",
        requests.len()
    ));
}

/// The answer and its status, or `None` if the connection was ended without one.
async fn answer_to(server: SocketAddr, request: &[u8], what: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(server).await.unwrap();
    // The server may have refused before it has read all.
    let _refused = stream.write_all(request).await.is_err();
    stream.shutdown().await.ok();
    let mut answer = Vec::new();
    within(Duration::from_secs(12), format!("an answer to {what:?}"), stream.read_to_end(&mut answer))
        .await
        .ok();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok())?;
    Some((status, answer))
}
