//! The built program: stopped, refused a start, and read in its logs.

use parlor_client::{DisconnectReason, ServerMessage};
use parlor_protocol::ErrorType;
use parlor_tests::{
    RawSocket, ServerProcess,
    databases::{Database, Kind},
    process::command,
    within,
};
use serde_json::json;
use std::{process::Stdio, time::Duration};
use tokio::task::JoinSet;

const UNLIMITED: &[(&str, &str)] =
    &[("PARLOR_LIMIT_MESSAGE", "off"), ("PARLOR_LIMIT_EVENTS", "off"), ("PARLOR_LIMIT_REGISTER", "off")];

#[tokio::test]
async fn o2_a_stop_in_order_says_so_and_is_done_in_time_with_a_stalled_client() {
    let mut server = ServerProcess::start(UNLIMITED).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let mut seat = ada.subscribes(&room).await;
    let mut stalled = RawSocket::connect_narrow(server.socket, &ada.token()).await;
    stalled.join(room.id).await;
    for _ in 0..200 {
        seat.says(&room, &"x".repeat(4000)).await;
    }
    let status = server.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", server.log());
    let after = seat
        .hears(|message| match message {
            ServerMessage::ServerRestart(restart) => Some(restart.reconnect_after_ms),
            _ => None,
        })
        .await;
    assert!(after <= 10_000, "{after}");
    let end = seat.hears_the_end().await;
    assert!(
        matches!(end, DisconnectReason::Lost(_)),
        "a transport close, so that clients come back by themselves: {end:?}"
    );
    server.start_again().await;
    assert_eq!(ada.sees(&room).await.last_seq, 202);
}

#[tokio::test]
async fn o3_a_start_that_fails_says_why_and_is_no_success() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().to_str().unwrap();
    let file = data.path().join("file");
    std::fs::write(&file, "").unwrap();
    let cases = [
        ("PARLOR_LISTEN", "nonsense"),
        ("PARLOR_LIMIT_MESSAGE", "many"),
        ("PARLOR_NO_SUCH_SETTING", "1"),
        ("PARLOR_JWT_SECRET", "short"),
        ("PARLOR_DATABASE_URL", "oracle://x"),
        ("PARLOR_DATA_DIR", file.to_str().unwrap()),
    ];
    for (name, value) in cases {
        let mut server = command();
        server.env("PARLOR_LISTEN", "127.0.0.1:0").env("PARLOR_DATA_DIR", folder).env(name, value);
        let failed = server.stdout(Stdio::piped()).stderr(Stdio::piped()).output();
        let failed =
            within(Duration::from_secs(10), format_args!("{name} to be refused"), failed).await.unwrap();
        let words = String::from_utf8_lossy(&[failed.stdout, failed.stderr].concat()).into_owned();
        assert!(!failed.status.success(), "{name}={value}: {words}");
        let named = words.contains(name) || words.contains(value);
        assert!(named, "{name}={value} is not named: {words}");
    }
}

#[tokio::test]
async fn s19_h27_no_secret_and_no_content_is_in_the_log() {
    let log = log_of_a_day("text").await;
    let line = log.lines().find(|line| line.contains("request_id=traced-1")).unwrap();
    assert!(
        line.contains(r#"answered request_id=traced-1 method="GET" route="/api/v1/rooms" status=200 ms="#),
        "{line}"
    );
    assert!(log.contains(r#"route="/api/v1/rooms/invites/{token}/join""#), "{log}");
}

#[tokio::test]
async fn s19_h27_no_secret_and_no_content_is_in_a_log_for_machines_and_every_line_is_json() {
    let log = log_of_a_day("json").await;
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    let line = lines.iter().find(|line| line["request_id"] == "traced-1").unwrap();
    assert_eq!((&line["route"], &line["status"]), (&json!("/api/v1/rooms"), &json!(200)), "{line}");
    assert!(line["ms"].is_number(), "{line}");
}

#[tokio::test]
async fn the_request_id_of_a_defect_finds_its_cause_in_the_log() {
    let mut server = ServerProcess::start(&[("PARLOR_DATABASE_URL", "")]).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let mut socket = ada.raw_socket().await;
    let file = format!("sqlite://{}", server.data_dir().join("parlor.db").display());
    Database::run(Kind::Sqlite, &file, "ALTER TABLE members RENAME TO lost").await;

    let reply = ada.get(&format!("/api/v1/rooms/{}", room.id)).await;
    let request_id = reply.is(ErrorType::ServerError).body["requestId"].as_str().unwrap().to_owned();
    let asked = json!({ "roomId": room.id, "requestId": "traced-2" });
    assert_eq!(socket.ask("get_room_users", &asked).await["error"]["type"], "SERVER_ERROR");
    server.terminate().await;
    let log = server.log();
    let says = |words: &str, id: &str| {
        let line =
            log.lines().find(|line| line.contains(words) && line.contains(&format!("request_id={id}")));
        line.unwrap_or_else(|| panic!("no {words:?} of {id} in:\n{log}")).to_owned()
    };
    assert!(says("a request failed", &request_id).contains("no such table"), "{log}");
    let answered = says("answered", &request_id);
    assert!(answered.contains("INFO") && answered.contains("status=500"), "{answered}");
    let failed = says("an event failed by a defect", "traced-2");
    assert!(failed.contains("no such table") && failed.contains("get_room_users"), "{failed}");
}

/// What a server logs at its most talkative; it holds no secret.
async fn log_of_a_day(format: &str) -> String {
    let settings = [("PARLOR_LOG", "debug,parlor_server=trace"), ("PARLOR_LOG_FORMAT", format)];
    let mut server = ServerProcess::start(&settings).await;
    let [ada, bob] = server.people(["canaryname", "bob"]).await;
    let room = ada.creates_private_room("canary-room").await;
    let code = ada.invites_to(&room).await;
    bob.accepts(&code).await;
    let mut seat = bob.subscribes(&room).await;
    seat.says(&room, "canary-content").await;
    seat.hears_message().await;
    ada.get("/api/v1/users?q=x&token=canary-query-token").await;
    server
        .post("/api/v1/auth/login", &json!({ "email": "canary@example.com", "password": "canary-password" }))
        .await;
    ada.client.refresh().await.unwrap();
    let traced = ada.request(reqwest::Method::GET, "/api/v1/rooms").header("x-request-id", "traced-1");
    parlor_tests::Reply::to(traced).await.data(200);
    let session = ada.client.session().unwrap();
    server.terminate().await;
    let log = server.log();
    assert!(!log.is_empty());
    let secrets = [
        parlor_tests::people::PASSWORD,
        "canary-password",
        "canary-content",
        "canaryname@example.com",
        "canary@example.com",
        "canary-query-token",
        code.as_str(),
        session.token.as_str(),
        session.refresh_token.as_str(),
    ];
    let leaks: Vec<_> = secrets
        .iter()
        .filter_map(|secret| Some((secret, log.lines().find(|line| line.contains(secret))?)))
        .collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
    log
}

#[tokio::test]
async fn the_same_data_folder_is_not_served_twice() {
    // SQLite's, whatever database the other tests are run on.
    let server = ServerProcess::start(&[("PARLOR_DATABASE_URL", "")]).await;
    let mut second = command();
    second.env("PARLOR_LISTEN", "127.0.0.1:0").env("PARLOR_DATA_DIR", server.data_dir());
    let refused = within(Duration::from_secs(10), "the second to be refused", second.output()).await.unwrap();
    assert!(!refused.status.success());
}

#[tokio::test]
async fn h8_a_flood_of_logins_does_not_stall_the_chat() {
    let server = ServerProcess::start(&[
        ("PARLOR_LIMIT_MESSAGE", "off"),
        ("PARLOR_LIMIT_LOGIN", "off"),
        ("PARLOR_LIMIT_LOGIN_ADDRESS", "off"),
    ])
    .await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let seat = ada.subscribes(&room).await;
    let mut flood = JoinSet::new();
    for _ in 0..60 {
        let address = (*server).clone();
        let login = json!({ "email": "ada@example.com", "password": "wrong password" });
        flood.spawn(async move { address.post("/api/v1/auth/login", &login).await.status });
    }
    for n in 0..10 {
        seat.says(&room, &n.to_string()).await;
    }
    let mut answered = 0;
    while let Some(status) = flood.try_join_next() {
        assert!([401, 503].contains(&status.unwrap()));
        answered += 1;
    }
    assert!(answered < 60, "the messages waited for the logins");
    let statuses = flood.join_all().await;
    assert!(statuses.iter().all(|status| [401, 503].contains(status)), "{statuses:?}");
}
