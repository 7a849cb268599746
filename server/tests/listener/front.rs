use crate::house::{House, poll, settings};
use parlor_server::config::Origins;

const HANDSHAKE: &str = "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n\
    sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// The value of a header of an answer, and nothing if it is missing.
fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split("\r\n\r\n").next()?;
    let pairs = head.lines().filter_map(|line| line.split_once(": "));
    pairs.into_iter().find(|(said, _)| said.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or(answer)
}

#[tokio::test]
async fn every_answer_has_an_id_a_version_and_the_safe_headers() {
    let house = House::open(settings(|_| ())).await;
    for target in
        ["/", "/no-such-thing", "/panic", "/socket.io/?EIO=4&transport=polling", "/socket.io/?EIO=9"]
    {
        let answer = house.request("GET", target, "x-request-id: mine-1\r\n").await;
        assert_eq!(header(&answer, "x-request-id"), Some("mine-1"), "{answer}");
        assert_eq!(header(&answer, "x-parlor-protocol"), Some(parlor_protocol::VERSION), "{answer}");
        assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"), "{answer}");
        assert_eq!(header(&answer, "cache-control"), Some("no-store"), "{answer}");
        assert_eq!(header(&answer, "access-control-allow-origin"), Some("*"), "{answer}");
    }
    let answer = house.request("GET", "/", "x-request-id: not mine\r\n").await;
    assert_eq!(header(&answer, "x-request-id").map(str::len), Some(36));
}

#[tokio::test]
async fn a_handler_that_panics_is_a_server_error() {
    let house = House::open(settings(|_| ())).await;
    let answer = house.request("GET", "/panic", "").await;
    assert_eq!(status(&answer), "500");
    assert!(answer.contains("\"type\":\"SERVER_ERROR\"") && !answer.contains("a defect"), "{answer}");
}

#[tokio::test]
async fn a_token_in_the_query_is_refused() {
    let house = House::open(settings(|_| ())).await;
    for transport in ["polling", "websocket"] {
        let target = format!("/socket.io/?EIO=4&transport={transport}&token=secret");
        let answer = house.request("GET", &target, HANDSHAKE).await;
        assert_eq!(status(&answer), "400");
        assert!(answer.contains("\"type\":\"VALIDATION\"") && !answer.contains("secret"), "{answer}");
    }
}

#[tokio::test]
async fn a_page_of_another_origin_cannot_open_a_socket() {
    let mut listed = settings(|_| ());
    listed.origins = Origins::List(vec!["https://chat.example".to_owned()]);
    let house = House::open(listed).await;
    for (transport, fine) in [("polling", "200"), ("websocket", "101")] {
        let target = format!("/socket.io/?EIO=4&transport={transport}");
        let ask = async |origin: &str| {
            // A socket that opened is closed by its client's end of file, which comes at once.
            let headers = if transport == "websocket" { HANDSHAKE } else { "connection: close\r\n" };
            let request = format!("GET {target} HTTP/1.1\r\nhost: x\r\n{headers}{origin}\r\n");
            let mut stream = house.connect().await;
            tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.unwrap();
            let mut answer = vec![0; 2048];
            let read = tokio::io::AsyncReadExt::read(&mut stream, &mut answer).await.unwrap();
            String::from_utf8_lossy(&answer[..read]).into_owned()
        };
        let foreign = ask("origin: https://evil.example\r\n").await;
        assert_eq!(status(&foreign), "403", "{foreign}");
        assert_eq!(header(&foreign, "access-control-allow-origin"), None);
        assert_eq!(status(&ask("origin: https://chat.example\r\n").await), fine);
        assert_eq!(status(&ask("").await), fine);
    }
    let answer = house.request("GET", "/", "origin: https://chat.example\r\n").await;
    assert_eq!(header(&answer, "access-control-allow-origin"), Some("https://chat.example"));
    assert_eq!(header(&answer, "vary"), Some("Origin"));
}

#[tokio::test]
async fn a_browser_may_ask_in_advance() {
    let house = House::open(settings(|_| ())).await;
    let asks = "origin: https://a.example\r\naccess-control-request-method: PATCH\r\n";
    for target in ["/api/v1/rooms", "/socket.io/?EIO=4&transport=polling"] {
        let answer = house.request("OPTIONS", target, asks).await;
        assert_eq!(status(&answer), "204");
        assert_eq!(header(&answer, "access-control-allow-methods"), Some("GET, POST, PATCH, DELETE"));
        let allowed = header(&answer, "access-control-allow-headers");
        assert_eq!(allowed, Some("Authorization, Content-Type, x-request-id"));
        assert_eq!(header(&answer, "access-control-expose-headers"), Some("x-request-id, Retry-After"));
    }
}

#[tokio::test]
async fn what_is_too_large_is_told_so() {
    let mut house = House::open(settings(|_| ())).await;
    let sid = house.polling().await;
    let body = "x".repeat(64 * 1024);
    assert!(house.post("/echo", &body).await.ends_with(&body));
    for target in ["/echo".to_owned(), poll(sid)] {
        for size in [64 * 1024 + 1, 300_000] {
            let answer = house.post(&target, &"x".repeat(size)).await;
            assert_eq!(status(&answer), "413", "{answer}");
            assert!(answer.contains("\"type\":\"PAYLOAD_TOO_LARGE\""), "{answer}");
        }
    }
    let answer = house.request("GET", &format!("/?{}", "x".repeat(4096)), "").await;
    is_refusal(&answer, "414", "VALIDATION");
}

#[tokio::test]
async fn what_is_unusual_but_right_is_answered() {
    let house = House::open(settings(|_| ())).await;
    let chunked = "POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n";
    for (request, with, ends) in [
        ("GET / HTTP/1.0\r\n\r\n".to_owned(), "200", "here"),
        ("GET http://x/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned(), "200", "here"),
        ("\r\nGET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned(), "200", "here"),
        ("HEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned(), "200", "\r\n\r\n"),
        ("CONNECT x:1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned(), "404", ""),
        ("OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned(), "404", ""),
        (
            "GET / HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
                .to_owned(),
            "200",
            "here",
        ),
        (format!("{chunked}\r\n2;note=x\r\nab\r\n1\r\nc\r\n0\r\nx-trailer: y\r\n\r\n"), "200", "abc"),
        // Both a length and chunks: the chunks count, and nothing that follows.
        (
            format!(
                "{chunked}content-length: 3\r\n\r\n1\r\na\r\n0\r\n\r\nGET /panic HTTP/1.1\r\nhost: x\r\n\r\n"
            ),
            "200",
            "\r\n\r\na",
        ),
        (format!("{chunked}\r\nzz\r\n"), "400", "}"),
        (format!("{chunked}\r\n5\r\nab"), "400", "}"),
    ] {
        let mut stream = house.connect().await;
        tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.unwrap();
        if with == "400" {
            tokio::io::AsyncWriteExt::shutdown(&mut stream).await.unwrap();
        }
        let answer = crate::house::all(&mut stream).await;
        assert_eq!(status(&answer), with, "{request:?}: {answer}");
        assert!(answer.ends_with(ends), "{request:?}: {answer}");
        assert!(header(&answer, "x-request-id").is_some(), "{answer}");
        let twice = request.matches("GET / ").count() == 2;
        assert_eq!(answer.matches("HTTP/1.").count(), 1 + usize::from(twice), "{request:?}: {answer}");
    }
    let mut stream = house.connect().await;
    let asks = "POST /echo HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\nconnection: close\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut stream, asks.as_bytes()).await.unwrap();
    let mut told = [0; 25];
    tokio::io::AsyncReadExt::read_exact(&mut stream, &mut told).await.unwrap();
    assert_eq!(told, *b"HTTP/1.1 100 Continue\r\n\r\n");
    tokio::io::AsyncWriteExt::write_all(&mut stream, b"ok").await.unwrap();
    assert!(crate::house::all(&mut stream).await.ends_with("\r\n\r\nok"));
    // What is too large is refused without being sent.
    let asks = "POST /echo HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 70000\r\n\r\n";
    is_refusal(&house.ask(asks).await, "413", "PAYLOAD_TOO_LARGE");
}

/// Checks that it is a failure in its whole form.
#[track_caller]
fn is_refusal(answer: &str, with: &str, kind: &str) {
    assert_eq!(status(answer), with, "{answer}");
    let body: serde_json::Value =
        serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap_or_default()).unwrap_or_default();
    assert_eq!((&body["success"], &body["type"]), (&false.into(), &kind.into()), "{answer}");
    assert!(body["message"].as_str().is_some_and(|words| !words.is_empty()), "{answer}");
    assert_eq!(header(answer, "x-request-id"), body["requestId"].as_str(), "{answer}");
    assert!(header(answer, "x-request-id").is_some_and(|id| !id.is_empty()), "{answer}");
    assert_eq!(header(answer, "content-type"), Some("application/json"), "{answer}");
    assert_eq!(header(answer, "x-content-type-options"), Some("nosniff"), "{answer}");
    assert_eq!(header(answer, "access-control-allow-origin"), Some("*"), "{answer}");
}

#[tokio::test]
async fn what_is_no_request_is_refused_as_any_other_failure_is() {
    let house = House::open(settings(|_| ())).await;
    let long = "x".repeat(17 * 1024);
    let many = "x-many: a\r\n".repeat(65);
    let mut refused = 0;
    for (request, with) in [
        (format!("GET / HTTP/1.1\r\nhost: x\r\n{many}\r\n"), "431"),
        (format!("GET / HTTP/1.1\r\nhost: x\r\nx-long: {long}\r\n\r\n"), "431"),
        (format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n"), "431"),
        ("GET\r\n\r\n".to_owned(), "400"),
        ("GET / HTTP/9.9\r\nhost: x\r\n\r\n".to_owned(), "400"),
        ("G<T / HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(), "400"),
        ("GET /\0 HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(), "400"),
        ("GET / HTTP/1.1\r\nhost: x\r\nx\u{1}: y\r\n\r\n".to_owned(), "400"),
        ("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n".to_owned(), "400"),
        (
            "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab".to_owned(),
            "400",
        ),
        ("POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip\r\n\r\n".to_owned(), "400"),
        // The second of two requests that came together.
        ("GET / HTTP/1.1\r\nhost: x\r\n\r\nGET\r\n\r\n".to_owned(), "400"),
        // These are read, but are none of ours.
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), "400"),
        ("GET / HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n".to_owned(), "400"),
    ] {
        let answer = house.ask(&request).await;
        let last = &answer[answer.rfind("HTTP/1.1 4").unwrap_or_else(|| panic!("{request:?}: {answer}"))..];
        is_refusal(last, with, "VALIDATION");
        assert_eq!(header(last, "connection"), Some("close"), "{last}");
        refused += 1;
    }
    let counted = format!("parlor_errors_total{{type=\"VALIDATION\"}} {refused}");
    assert!(house.metrics.render().contains(&counted), "{counted} is not in\n{}", house.metrics.render());
    house.is_empty().await;
}

#[tokio::test]
async fn who_still_sends_gets_to_read_why_it_is_refused() {
    let house = House::open(settings(|_| ())).await;
    let head = "GET / HTTP/1.1\r\nhost: x\r\nx-long: ".to_owned() + &"x".repeat(800_000);
    let body =
        format!("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 2000000\r\n\r\n{}", "x".repeat(800_000));
    for (request, with) in [(head, "431"), (body, "413")] {
        let mut stream = house.connect().await;
        let (mut reader, mut writer) = stream.split();
        let sent = tokio::io::AsyncWriteExt::write_all(&mut writer, request.as_bytes()).await;
        assert!(sent.is_ok(), "{with}: {sent:?}");
        let mut answer = Vec::new();
        let read = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut answer).await;
        assert!(read.is_ok(), "{with}: {read:?}");
        assert_eq!(status(&String::from_utf8_lossy(&answer)), with);
        // The end of the answer is not the end of listening: a reset would take the answer from whoever has not read it yet.
        let more = tokio::io::AsyncWriteExt::write_all(&mut writer, &[b'x'; 9000]).await;
        assert!(more.is_ok(), "{with}: {more:?}");
    }
    // Who never ends is not waited for.
    house.is_empty().await;
}

#[tokio::test]
async fn who_sends_a_whole_body_before_reading_gets_to_read_every_refusal() {
    let mut strict = settings(|_| ());
    strict.origins = Origins::List(vec!["https://chat.example".to_owned()]);
    strict.connections_per_address = Some(1);
    strict.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let house = House::open(strict).await;
    let (polling, client) = ("/socket.io/?EIO=4&transport=polling", "x-forwarded-for: 192.0.2.1\r\n");
    assert_eq!(status(&house.request("GET", polling, client).await), "200");
    let long = format!("POST /?{}", "x".repeat(4096));
    let body = "x".repeat(1_000_000);
    for (line, headers, with) in [
        ("POST /echo", "", "413"),
        ("POST /no-such-thing", "", "413"),
        (long.as_str(), "", "414"),
        ("POST /echo", "host: y\r\n", "400"),
        ("POST /echo", "content-length: 1\r\n", "400"),
        (&format!("POST {polling}"), "origin: https://evil.example\r\n", "403"),
        (&format!("POST {polling}&token=x"), "", "400"),
        (&format!("POST {polling}"), client, "429"),
        (&format!("POST {polling}&sid=AAAAAAAAAAAAAAAA"), "", "413"),
        ("GET /socket.io/?EIO=4&transport=websocket&sid=AAAAAAAAAAAAAAAA", "", "400"),
        ("OPTIONS /echo", "origin: https://chat.example\r\naccess-control-request-method: POST\r\n", "204"),
    ] {
        let mut stream = house.connect().await;
        let length = body.len();
        let head = format!(
            "{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n"
        );
        for part in [&head, &body] {
            let sent = tokio::io::AsyncWriteExt::write_all(&mut stream, part.as_bytes()).await;
            assert!(sent.is_ok(), "{line}: {sent:?}");
        }
        let mut answer = Vec::new();
        let read = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answer).await;
        assert!(read.is_ok(), "{line}: {read:?}");
        assert_eq!(status(&String::from_utf8_lossy(&answer)), with, "{line}");
        // Nothing was reset, so that nothing can be lost on longer ways than this one.
        let more = tokio::io::AsyncWriteExt::write_all(&mut stream, &[b'x'; 9000]).await;
        assert!(more.is_ok(), "{line}: {more:?}");
    }
}

#[tokio::test]
async fn what_the_front_refuses_is_counted_by_its_type() {
    let mut listed = settings(|deadlines| deadlines.body = std::time::Duration::from_millis(100));
    listed.origins = Origins::List(vec!["https://chat.example".to_owned()]);
    let house = House::open(listed).await;
    house.post("/echo", &"x".repeat(70_000)).await;
    house.ask("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n").await;
    house.request("GET", "/socket.io/?EIO=4&transport=polling", "origin: https://other.example\r\n").await;
    house.request("GET", "/socket.io/?EIO=4&transport=polling&token=x", "").await;
    house.request("GET", &format!("/?{}", "x".repeat(4096)), "").await;
    house.request("GET", "/panic", "").await;
    let page = house.metrics.render();
    for counted in [
        "parlor_errors_total{type=\"PAYLOAD_TOO_LARGE\"} 1",
        "parlor_errors_total{type=\"NOT_AUTHORIZED\"} 1",
        "parlor_errors_total{type=\"VALIDATION\"} 3",
        "parlor_errors_total{type=\"SERVER_ERROR\"} 1",
        "parlor_http_requests_total{method=\"POST\",route=\"none\",status=\"413\"} 1",
        "parlor_http_requests_total{method=\"POST\",route=\"none\",status=\"408\"} 1",
        "parlor_http_requests_total{method=\"GET\",route=\"/socket.io\",status=\"403\"} 1",
    ] {
        assert!(page.contains(counted), "{counted} is not in\n{page}");
    }
}

#[tokio::test]
async fn a_proxy_speaks_for_its_client_only_when_it_is_trusted() {
    let forwarded = "x-forwarded-for: 198.51.100.7\r\n";
    let house = House::open(settings(|_| ())).await;
    assert!(house.request("GET", "/whoami", forwarded).await.ends_with("127.0.0.1"));
    let mut trusting = settings(|_| ());
    trusting.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let house = House::open(trusting).await;
    assert!(house.request("GET", "/whoami", forwarded).await.ends_with("198.51.100.7"));
}

#[tokio::test]
async fn what_is_no_websocket_handshake_is_refused() {
    let house = House::open(settings(|_| ())).await;
    for headers in ["", "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 12\r\n"] {
        let answer = house.request("GET", "/socket.io/?EIO=4&transport=websocket", headers).await;
        assert_eq!(status(&answer), "400", "{answer}");
    }
    let answer = house.request("GET", "/socket.io/socket.io.js", "").await;
    assert_eq!(status(&answer), "404");
}
