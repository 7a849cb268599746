//! Signing in and out, and the session that is kept.

use crate::shell::Shell;
use parlor_tests::{TestServer, people::PASSWORD};
use serde_json::Value;
use std::{fs, os::unix::fs::PermissionsExt as _};

/// A new access token ends after an hour.
const TOKEN_LIFETIME: i64 = 3600;

#[tokio::test]
async fn a_login_is_kept_in_a_file_that_only_its_owner_reads() {
    let server = TestServer::start().await;
    let ada = Shell::of("ada", &server.url()).await;
    assert_eq!(fs::metadata(ada.session()).unwrap().permissions().mode() & 0o777, 0o600);
    let who = ada.run(&["whoami"]).await;
    assert_eq!(who.lines(), [format!("ada <ada@example.com> at {}", server.url())]);

    let elsewhere = Shell::new();
    let file = elsewhere.session().with_file_name("other.json");
    let file = file.to_str().unwrap();
    let login = [
        "--profile",
        file,
        "login",
        "--email",
        "ada@example.com",
        "--password-stdin",
        "--server",
        &server.url(),
    ];
    assert_eq!(elsewhere.run_with(&login, PASSWORD).await.lines(), ["ada"]);
    let who = elsewhere.run(&["whoami", "--json", "--profile", file]).await;
    assert_eq!(serde_json::from_str::<Value>(&who.out).unwrap()["email"], "ada@example.com");
    assert_eq!(elsewhere.run(&["whoami"]).await.failed(), 3, "the usual file is not there");
}

#[tokio::test]
async fn each_failure_has_its_exit_status() {
    let mut server = TestServer::start().await;
    let url = server.url();
    let shell = Shell::of("ada", &url).await;
    let stranger = Shell::new();
    assert_eq!(stranger.run(&["whoami"]).await.failed(), 3);
    assert_eq!(stranger.run(&["no-such-command"]).await.failed(), 2);
    assert_eq!(stranger.run(&["login", "--server", &url]).await.failed(), 2, "there is nobody to ask");
    let login = ["login", "--email", "ada@example.com", "--password-stdin", "--server"];
    assert_eq!(stranger.run_with(&[&login[..], &[&url]].concat(), "wrong").await.failed(), 3);
    assert_eq!(stranger.run_with(&[&login[..], &["ftp://example.com"]].concat(), PASSWORD).await.failed(), 2);
    assert!(!stranger.session().exists());
    let missing = shell.run(&["rooms", "join", "nowhere", "--json"]).await;
    assert_eq!(missing.failed(), 4);
    assert_eq!(serde_json::from_str::<Value>(&missing.err).unwrap()["error"]["code"], "NOT_FOUND");
    server.stop().await;
    assert_eq!(shell.run(&["whoami"]).await.failed(), 5);
}

#[tokio::test]
async fn a_logout_ends_the_session_on_the_server_too() {
    let server = TestServer::start().await;
    let ada = Shell::of("ada", &server.url()).await;
    let copy = ada.session().with_file_name("copy.json");
    fs::copy(ada.session(), &copy).unwrap();
    let copy = copy.to_str().unwrap();
    assert_eq!(ada.run(&["whoami", "--profile", copy]).await.code, 0);
    assert!(ada.run(&["logout"]).await.lines().is_empty());
    assert!(!ada.session().exists());
    assert_eq!(ada.run(&["whoami", "--profile", copy]).await.failed(), 3);
}

#[tokio::test]
async fn an_access_token_that_has_ended_is_renewed_and_kept() {
    let server = TestServer::start().await;
    let ada = Shell::of("ada", &server.url()).await;
    let token = || {
        let kept: Value = serde_json::from_slice(&fs::read(ada.session()).unwrap()).unwrap();
        kept["refreshToken"].as_str().unwrap().to_owned()
    };
    let first = token();
    server.turn_clock(TOKEN_LIFETIME + 60);
    assert_eq!(ada.run(&["whoami"]).await.lines().len(), 1);
    let second = token();
    assert_ne!(first, second);
    assert_eq!(fs::metadata(ada.session()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(ada.run(&["whoami"]).await.lines().len(), 1);
    assert_eq!(token(), second, "a token that is good is not renewed");
}
