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
    assert_eq!(status(&answer), "414");
    let answer = house.request("GET", "/", &"x-many: a\r\n".repeat(65)).await;
    assert_eq!(status(&answer), "431");
    let answer = house.request("GET", "/", &format!("x-long: {}\r\n", "x".repeat(16 * 1024))).await;
    assert_eq!(status(&answer), "431");
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
