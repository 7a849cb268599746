//! A built web page, served out of a folder.

use parlor_protocol::{ErrorType, VERSION};
use parlor_tests::{Reply, ServerProcess, TestServer, server::Address, soon};
use reqwest::Method;
use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    process::Command,
    time::{Duration, SystemTime},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

/// What stands in files that nobody may read.
pub(crate) const CANARY: &str = "canary-of-the-machine";

/// What a build makes: text files with these names.
const PAGE: [(&str, &str); 10] = [
    ("index.html", "<!doctype html><title>Page</title>"),
    ("deep/other.html", "<!doctype html><title>Other</title>"),
    ("assets/index-B2zq8K1x.js", "export const one = 1;"),
    ("assets/index-B2zq8K1x.js.map", "{}"),
    ("assets/index-C9hd71Qa.css", "body { margin: 0; }"),
    ("assets/help.html", "<!doctype html><title>Help</title>"),
    ("picture.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
    ("app.webmanifest", "{}"),
    ("words.txt", "naïve"),
    ("unknown.zzz", "?"),
];

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
}

/// A folder with these files.
pub(crate) fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    folder
}

async fn serving(page: &TempDir) -> TestServer {
    TestServer::start_with(|config| config.web_dir = Some(page.path().to_owned())).await
}

/// The answer to a target as it stands here: a client of HTTP would tidy it up first.
pub(crate) async fn raw(server: &Address, method: &str, target: &str) -> String {
    let mut stream = TcpStream::connect(server.socket).await.unwrap();
    let request = format!("{method} {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    soon("an answer", stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_page_is_served_with_types_a_strict_policy_and_rules_for_caches() {
    let page = folder(&PAGE);
    let server = serving(&page).await;
    let asset = "public, max-age=31536000, immutable";
    for (path, name, kind, caching) in [
        ("/", "index.html", "text/html; charset=utf-8", "no-cache"),
        ("/index.html?v=1", "index.html", "text/html; charset=utf-8", "no-cache"),
        ("/deep/other.html", "deep/other.html", "text/html; charset=utf-8", "no-cache"),
        ("/assets/index-B2zq8K1x.js", "assets/index-B2zq8K1x.js", "text/javascript; charset=utf-8", asset),
        ("/assets/index-B2zq8K1x.js.map", "assets/index-B2zq8K1x.js.map", "application/json", asset),
        ("/assets/index-C9hd71Qa.css", "assets/index-C9hd71Qa.css", "text/css; charset=utf-8", asset),
        ("/assets/help.html", "assets/help.html", "text/html; charset=utf-8", "no-cache"),
        ("/picture.svg", "picture.svg", "image/svg+xml", "no-cache"),
        ("/app.webmanifest", "app.webmanifest", "application/manifest+json", "no-cache"),
        ("/words.txt", "words.txt", "text/plain; charset=utf-8", "no-cache"),
        ("/unknown.zzz", "unknown.zzz", "application/octet-stream", "no-cache"),
    ] {
        let text = fs::read_to_string(page.path().join(name)).unwrap();
        for method in [Method::GET, Method::HEAD] {
            let reply = Reply::to(server.request(method.clone(), path)).await;
            assert_eq!(reply.status, 200, "{path}: {reply:?}");
            assert_eq!(reply.header("content-type"), kind, "{path}");
            assert_eq!(reply.header("cache-control"), caching, "{path}");
            assert_eq!(reply.header("content-length"), text.len().to_string(), "{path}");
            assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
            assert!(!reply.header("x-request-id").is_empty() && !reply.header("etag").is_empty(), "{path}");
            assert_eq!(
                reply.header("content-security-policy"),
                "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; object-src 'none'; \
                 frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'",
                "{path}"
            );
            assert_eq!(reply.text, if method == Method::GET { text.as_str() } else { "" }, "{path}");
        }
    }
}

#[tokio::test]
async fn what_is_not_the_pages_stays_as_it_is_without_one() {
    let mut files = PAGE.to_vec();
    let taken = ["api/v1/rooms", "api/own.txt", "docs/rest", "docs/own.txt", "health/live", "health/own.txt"];
    files.extend(taken.map(|name| (name, CANARY)));
    files.extend(["openapi.json", "socket.io/own.txt", "socket.io/socket.io.js"].map(|name| (name, CANARY)));
    let page = folder(&files);
    let server = serving(&page).await;
    let [ada] = server.people(["ada"]).await;
    for path in ["/api/own.txt", "/api/v1/nowhere", "/docs/own.txt", "/health/own.txt", "/socket.io/own.txt"]
    {
        server.get(path).await.is(ErrorType::NotFound);
    }
    server.get("/socket.io/socket.io.js").await.is(ErrorType::NotFound);
    server.get("/api/v1/rooms").await.is(ErrorType::Unauthenticated);
    ada.get("/api/v1/rooms").await.data(200);
    server.get("/health/live").await.data(200);
    for path in ["/docs/rest", "/openapi.json", "/socket.io/?EIO=4&transport=polling"] {
        let reply = server.get(path).await;
        assert!(reply.status == 200 && !reply.text.contains(CANARY), "{path}: {reply:?}");
    }
    ada.sits_down().await;
    // Only a file that is there has methods that it does not take.
    server.post("/nowhere", &"x".into()).await.is(ErrorType::NotFound);
    for path in ["/", "/words.txt"] {
        let refused = server.post(path, &"x".into()).await;
        let mut allowed: Vec<_> =
            refused.is(ErrorType::MethodNotAllowed).header("allow").split(',').map(str::trim).collect();
        allowed.sort_unstable();
        assert_eq!(allowed, ["GET", "HEAD"], "{path}");
    }
    // Programs that ask what runs here are told, as they are without a page; browsers get the page.
    for (accept, is_page) in [
        ("application/json", false),
        ("Application/JSON;q=0.9, text/plain, */*", false),
        ("text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8", true),
        ("*/*", true),
    ] {
        let reply = Reply::to(server.request(Method::GET, "/").header("accept", accept)).await;
        assert_eq!(reply.body["data"]["protocol"] == VERSION, !is_page, "{accept}: {reply:?}");
        assert_eq!(reply.text.starts_with("<!doctype"), is_page, "{accept}: {reply:?}");
        assert!(reply.headers.get_all("vary").iter().any(|vary| vary == "Accept"), "{reply:?}");
    }
}

#[tokio::test]
async fn nothing_but_the_files_of_the_folder_can_be_read() {
    let machine = folder(&[("secret.txt", CANARY), ("inside/secret.txt", CANARY)]);
    let root = machine.path().join("web");
    write(&root, &PAGE);
    write(&root, &[(".env", CANARY), (".git/config", CANARY), ("deep/.hidden/x.txt", CANARY)]);
    symlink("../secret.txt", root.join("out.txt")).unwrap();
    symlink("../inside", root.join("out")).unwrap();
    symlink("out.txt", root.join("twice.txt")).unwrap();
    symlink("nowhere", root.join("broken.txt")).unwrap();
    symlink("words.txt", root.join("in.txt")).unwrap();
    assert!(Command::new("mkfifo").arg(root.join("pipe.txt")).status().unwrap().success());
    // Whoever opened it would else wait for a writer.
    let _writer = fs::File::options().read(true).write(true).open(root.join("pipe.txt")).unwrap();
    let server = TestServer::start_with(|config| config.web_dir = Some(root.clone())).await;
    assert_eq!(server.get("/in.txt").await.text, "naïve", "a link within the folder is one of its files");
    assert_eq!(server.get("/%77ords.txt").await.text, "naïve");
    let long = format!("/{}", "x".repeat(300));
    let absolute = format!("/{}", machine.path().join("secret.txt").display());
    for target in [
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/%2e%2e%2fsecret.txt",
        "/deep/../../secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/..%5csecret.txt",
        "/..%c0%afsecret.txt",
        "/%252e%252e/secret.txt",
        &absolute,
        "/out.txt",
        "/twice.txt",
        "/out/secret.txt",
        "/.env",
        "/%2eenv",
        "/.git/config",
        "/deep/.hidden/x.txt",
        "/broken.txt",
        "/pipe.txt",
        "/deep",
        "/deep/",
        "/assets/",
        "/words.txt/",
        "/words.txt/x",
        "/words.txt%00",
        "/%00",
        "/%ff",
        &long,
    ] {
        for method in ["GET", "HEAD", "POST"] {
            let answer = raw(&server, method, target).await;
            assert!(answer.starts_with("HTTP/1.1 404 "), "{method} {target}: {answer}");
            assert!(!answer.contains(CANARY), "{method} {target}: {answer}");
            let told = answer.contains("\"type\":\"NOT_FOUND\"") && answer.contains("\"requestId\":\"");
            assert_eq!(told, method != "HEAD", "{method} {target}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_file_that_one_has_is_not_sent_again_until_it_is_another() {
    let page = folder(&PAGE);
    let server = serving(&page).await;
    let index = page.path().join("index.html");
    // As of a build that can be repeated, which gives all of its files one time.
    let always = SystemTime::UNIX_EPOCH + Duration::from_hours(24);
    let publish = |text: &str| {
        fs::write(&index, text).unwrap();
        fs::File::options().write(true).open(&index).unwrap().set_modified(always).unwrap();
    };
    publish("<title>One</title>");
    let first = server.get("/").await;
    let known = |name: &'static str, value: &str| {
        Reply::to(server.request(Method::GET, "/").header(name, value.to_owned()))
    };
    for (name, of) in [("if-none-match", "etag"), ("if-modified-since", "last-modified")] {
        let again = known(name, first.header(of)).await;
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{again:?}");
        assert_eq!(again.header("etag"), first.header("etag"));
        // What a browser keeps of the first answer takes these from the second.
        for name in ["content-security-policy", "cache-control"] {
            assert_eq!(again.header(name), first.header(name), "{name}");
        }
    }
    publish("<title>Two</title>");
    let other = known("if-none-match", first.header("etag")).await;
    assert_eq!((other.status, other.text.as_str()), (200, "<title>Two</title>"));
    assert_ne!(other.header("etag"), first.header("etag"));
}

#[tokio::test]
async fn a_part_of_a_file_can_be_had() {
    let page = folder(&[("index.html", ""), ("sound.ogg", "0123456789")]);
    let server = serving(&page).await;
    let ask = |headers: &[(&'static str, &'static str)]| {
        let request = server.request(Method::GET, "/sound.ogg");
        Reply::to(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)))
    };
    let part = ask(&[("range", "bytes=2-4")]).await;
    assert_eq!((part.status, part.text.as_str()), (206, "234"));
    assert_eq!(part.header("content-range"), "bytes 2-4/10");
    assert_eq!(part.header("content-type"), "audio/ogg");
    for whole in [
        ask(&[("range", "bytes=0-1,4-5")]).await,
        ask(&[("range", "bytes=2-4"), ("if-range", "\"another\"")]).await,
    ] {
        assert_eq!((whole.status, whole.text.as_str()), (200, "0123456789"));
    }
    for (refused, status) in
        [(ask(&[("range", "bytes=20-30")]).await, 416), (ask(&[("if-match", "\"another\"")]).await, 412)]
    {
        assert_eq!((refused.status, &refused.body["type"]), (status, &"VALIDATION".into()), "{refused:?}");
        assert_eq!(refused.body["requestId"], refused.header("x-request-id"));
    }
}

/// A file that takes no place on the disk.
fn large(folder: &TempDir, bytes: u64) {
    write(folder.path(), &[("index.html", "")]);
    fs::File::create(folder.path().join("large.bin")).unwrap().set_len(bytes).unwrap();
}

/// Asks for the large file, and reads no more than the beginning of the answer.
async fn stall(server: &Address) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(server.socket).await.unwrap();
    stream.write_all(b"GET /large.bin HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut begins = [0; 12];
    soon("the file to begin", stream.read_exact(&mut begins)).await.unwrap();
    assert_eq!(begins, *b"HTTP/1.1 200");
    stream
}

#[tokio::test]
async fn who_stops_reading_a_large_file_is_cut_and_who_reads_gets_it_all() {
    const SIZE: usize = 40 << 20;
    let page = tempfile::tempdir().unwrap();
    large(&page, SIZE as u64);
    let server = TestServer::start_with(|config| {
        config.web_dir = Some(page.path().to_owned());
        config.deadlines.write = Duration::from_millis(500);
        config.limits.connections_per_address = Some(2);
    })
    .await;
    let mut stalled = stall(&server).await;
    let answer = server.request(Method::GET, "/large.bin").send().await.unwrap();
    assert_eq!(soon("the file", answer.bytes()).await.unwrap().len(), SIZE);
    // The healthy reader has kept its connection, so there is no place for another until the stalled one is gone.
    let place = async { while !can_connect(&server).await {} };
    soon("the stalled reader to be cut", place).await;
    let mut rest = Vec::new();
    // It may end with a reset.
    soon("the end", stalled.read_to_end(&mut rest)).await.ok();
    assert!(rest.len() < SIZE, "{}", rest.len());
}

async fn can_connect(server: &Address) -> bool {
    let Ok(mut stream) = TcpStream::connect(server.socket).await else { return false };
    let request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.is_ok() && stream.read_u8().await.is_ok()
}

#[tokio::test]
async fn requests_for_files_are_counted_together_whatever_they_ask_for() {
    let page = folder(&PAGE);
    let server = TestServer::start_with(|config| {
        config.web_dir = Some(page.path().to_owned());
        config.metrics_listen = Some(([127, 0, 0, 1], 0).into());
    })
    .await;
    for path in ["/one", "/two", "/three.js"] {
        server.get(path).await.is(ErrorType::NotFound);
    }
    assert_eq!(server.get("/words.txt").await.status, 200);
    let operator = format!("http://{}/metrics", server.server().metrics_address().unwrap());
    let figures = Reply::to(reqwest::Client::new().get(&operator)).await.text;
    for (status, count) in [(404, 3), (200, 1)] {
        let line = format!(
            "parlor_http_requests_total{{method=\"GET\",route=\"/{{*path}}\",status=\"{status}\"}} {count}"
        );
        assert!(figures.contains(&line), "{line} is not in\n{figures}");
    }
    assert!(!figures.contains("three.js") && !figures.contains("words.txt"), "{figures}");
}

#[tokio::test]
async fn a_large_file_is_not_in_memory_for_those_who_do_not_read_it() {
    let page = tempfile::tempdir().unwrap();
    large(&page, 1 << 30);
    let server = ServerProcess::start(&[("PARLOR_WEB_DIR", page.path().to_str().unwrap())]).await;
    server.get("/").await;
    let before = memory(&server);
    let mut stalled = Vec::new();
    for _ in 0..20 {
        stalled.push(stall(&server).await);
    }
    let taken = memory(&server).saturating_sub(before) / 1024;
    assert!(taken < 30, "{taken} MiB");
}

/// Resident KiB of the server.
fn memory(server: &ServerProcess) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
