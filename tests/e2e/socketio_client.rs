//! The client of Socket.IO, which pages of the original load from their server.

use crate::web::{CANARY, folder, raw};
use parlor_protocol::ErrorType;
use parlor_tests::{Reply, TestServer};
use reqwest::Method;
use std::fs;

/// What is given out, as which type.
const CLIENTS: [(&str, &str); 6] = [
    ("socket.io.js", "text/javascript; charset=utf-8"),
    ("socket.io.js.map", "application/json"),
    ("socket.io.min.js", "text/javascript; charset=utf-8"),
    ("socket.io.min.js.map", "application/json"),
    ("socket.io.esm.min.js", "text/javascript; charset=utf-8"),
    ("socket.io.esm.min.js.map", "application/json"),
];

#[tokio::test]
async fn the_client_of_socket_io_is_given_out_from_its_folder_and_nothing_beside_it() {
    let mut files = CLIENTS.map(|(name, _)| (name, name)).to_vec();
    files.extend([("socket.io.msgpack.min.js", CANARY), ("package.json", CANARY), ("deep/x.js", CANARY)]);
    let dist = folder(&files);
    let server =
        TestServer::start_with(|config| config.socketio_client_dir = Some(dist.path().to_owned())).await;
    for (name, kind) in CLIENTS {
        let path = format!("/socket.io/{name}");
        let reply = server.get(&path).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, name), "{reply:?}");
        assert_eq!(reply.header("content-type"), kind, "{path}");
        assert_eq!(reply.header("cache-control"), "no-cache", "{path}");
        assert_eq!(reply.header("access-control-allow-origin"), "*", "{path}");
        let known = server.request(Method::GET, &path).header("if-none-match", reply.header("etag"));
        assert_eq!(Reply::to(known).await.status, 304, "{path}");
    }
    for target in [
        "/socket.io/socket.io.msgpack.min.js",
        "/socket.io/package.json",
        "/socket.io/deep/x.js",
        "/socket.io/..%2fsocket.io.js",
        "/socket.io/socket.io.js/",
    ] {
        let answer = raw(&server, "GET", target).await;
        assert!(answer.starts_with("HTTP/1.1 404 ") && !answer.contains(CANARY), "{target}: {answer}");
    }
    fs::remove_file(dist.path().join("socket.io.js.map")).unwrap();
    server.get("/socket.io/socket.io.js.map").await.is(ErrorType::NotFound);
    let [ada] = server.people(["ada"]).await;
    ada.sits_down().await;
}

#[tokio::test]
async fn without_its_folder_whoever_asks_for_the_client_is_told_what_to_do() {
    let server = TestServer::start().await;
    for (name, _) in CLIENTS {
        let reply = server.get(&format!("/socket.io/{name}")).await;
        let words = reply.is(ErrorType::NotFound).body["message"].as_str().unwrap();
        for part in ["npm install socket.io-client", "PARLOR_SOCKETIO_CLIENT_DIR", "`dist`", "own bundle"] {
            assert!(words.contains(part), "{part} is not in {words}");
        }
    }
}
