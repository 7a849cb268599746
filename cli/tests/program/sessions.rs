//! Signing in and out, and the session that is kept.

use crate::shell::Shell;
use parlor_client::{
    Client,
    protocol::{Nothing, sessions::ListSessions},
};
use parlor_tests::{TestServer, people::PASSWORD, proxy::FaultProxy};
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
async fn without_a_secret_service_the_session_is_in_the_file_and_that_is_told_or_refused() {
    let server = TestServer::start().await;
    let [_bob] = server.people(["bob"]).await;
    let shell = Shell::new();
    let (url, email) = (server.url(), "bob@example.com");
    let login = ["login", &url, "--email", email, "--password-stdin"];
    let refused = shell.run_with(&[&login[..], &["--require-keyring"]].concat(), PASSWORD).await;
    assert_eq!(refused.failed(), 1);
    assert!(refused.err.contains("no secret service") && !shell.session().exists(), "{refused:?}");
    let wrong = shell.run_with(&login, "not the password").await;
    assert!(!wrong.err.contains("kept") && !shell.session().exists(), "{wrong:?}");
    let advised = shell.run_with(&login, PASSWORD).await;
    assert!(advised.err.contains("--insecure-storage") && shell.session().exists(), "{advised:?}");
    let meant = shell.run_with(&[&login[..], &["--insecure-storage"]].concat(), PASSWORD).await;
    assert_eq!(meant.lines(), ["bob"]);
    assert!(!meant.err.contains("storage"), "{meant:?}");
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

#[tokio::test]
async fn a_logout_everywhere_ends_the_other_sessions_too() {
    let server = TestServer::start().await;
    let ada = Shell::of("ada", &server.url()).await;
    let phone = Shell::new();
    let login = ["login", &server.url(), "--email", "ada@example.com", "--password-stdin"];
    phone.run_with(&login, PASSWORD).await.lines();
    ada.run(&["logout", "--all-devices"]).await.lines();
    assert_eq!(phone.run(&["whoami"]).await.failed(), 3);
    assert!(!ada.session().exists() && !phone.session().exists());
    assert_eq!(ada.run(&["logout"]).await.failed(), 3, "nobody is signed in");
}

#[tokio::test]
async fn several_processes_renew_one_session_and_all_go_on() {
    let server = TestServer::start().await;
    let ada = Shell::of("ada", &server.url()).await;
    for _ in 0..3 {
        server.turn_clock(TOKEN_LIFETIME + 60);
        let (a, b, c, d) = tokio::join!(
            ada.run(&["whoami"]),
            ada.run(&["whoami"]),
            ada.run(&["rooms", "list"]),
            ada.run(&["status"])
        );
        for ended in [a, b, c, d] {
            assert_eq!(ended.code, 0, "{ended:?}");
        }
    }
}

#[tokio::test]
async fn a_process_that_goes_on_takes_the_tokens_that_others_have_got() {
    let server = TestServer::start().await;
    let ada = Shell::of("ada", &server.url()).await;
    let room = ada.run(&["rooms", "create", "kitchen"]).await.out;
    let mut sending = ada.start(&["send", room.trim(), "--lines"]);
    sending.says("one");
    sending.line().await;
    // Twice renewed by others, the refresh token that it has in memory would end the session.
    for _ in 0..2 {
        server.turn_clock(TOKEN_LIFETIME + 60);
        ada.run(&["whoami"]).await.lines();
    }
    sending.says("two");
    assert_ne!(sending.line().await, "", "{}", sending.told());
    assert_eq!(ada.run(&["whoami"]).await.lines().len(), 1);
}

#[tokio::test]
async fn a_token_of_the_environment_needs_no_session() {
    let server = TestServer::start().await;
    let [eve] = server.people(["eve"]).await;
    let (token, url) = (eve.token(), server.url());
    let shell = Shell::new();
    let variables = [("PARLOR_TOKEN", token.as_str()), ("PARLOR_SERVER", &url)];
    let who = shell.run_in(&variables, &["whoami"], "").await;
    assert_eq!(who.lines(), [format!("eve <eve@example.com> at {url}")]);
    let room = shell.run_in(&variables, &["rooms", "create", "kitchen"], "").await;
    shell.run_in(&variables, &["send", room.out.trim(), "hello"], "").await.lines();
    let tail = shell.run_in(&variables, &["tail", "kitchen", "--count", "1"], "").await;
    assert!(tail.lines()[0].ends_with(" eve: hello"), "{tail:?}");
    assert!(!shell.session().exists());
    assert_eq!(shell.run_in(&variables[..1], &["whoami"], "").await.failed(), 2, "of which server?");
    server.turn_clock(TOKEN_LIFETIME + 60);
    assert_eq!(shell.run_in(&variables, &["whoami"], "").await.failed(), 3);
}

#[tokio::test]
async fn status_tells_the_server_the_session_and_where_it_is_kept() {
    let server = TestServer::start().await;
    let ada = Shell::of("ada", &server.url()).await;
    let status = ada.run(&["status", "--json"]).await;
    let status: Value = serde_json::from_str(&status.out).unwrap();
    assert_eq!((&status["server"], &status["username"]), (&server.url().into(), &"ada".into()));
    assert_eq!(status["session"], ada.session().to_str().unwrap());
    assert!(status["expiresAt"].is_string() && status["roundTripMs"].is_u64(), "{status}");
    let elsewhere = ada.run(&["status", "--server", "http://127.0.0.1:9"]).await;
    assert_eq!(elsewhere.failed(), 2, "the session is of another server");
}

#[tokio::test]
async fn what_takes_too_long_ends_with_6_and_says_so_as_json() {
    let server = TestServer::start().await;
    let proxy = FaultProxy::start(server.socket).await;
    let ada = Shell::of("ada", &format!("http://{}", proxy.address())).await;
    proxy.change(|network| network.stalled = true);
    let late = ada.run(&["whoami", "--json", "--timeout", "300ms"]).await;
    assert_eq!(late.failed(), 6);
    assert_eq!(serde_json::from_str::<Value>(&late.err).unwrap()["error"]["code"], "TIMED_OUT");
}

#[tokio::test]
async fn what_is_told_beside_the_data_can_be_silenced() {
    let server = TestServer::start().await;
    let ada = Shell::of("ada", &server.url()).await;
    assert!(ada.run(&["logout"]).await.err.contains("ada is signed out"));
    let login = ["login", &server.url(), "--email", "ada@example.com", "--password-stdin", "--quiet"];
    assert_eq!(ada.run_with(&login, PASSWORD).await.err, "");
    assert_eq!(ada.run(&["login", "--no-input"]).await.failed(), 2);
}

#[tokio::test]
async fn who_types_a_name_where_the_server_is_wanted_hears_which_flag_takes_it() {
    let shell = Shell::new();
    for (arguments, says) in [
        (&["--register", "bob"][..], "parlor login --register --username bob."),
        (&["--register", "bob"], "parlor login --register https://bob"),
        (&["--register", "bob", "--server", "http://127.0.0.1:9"], "--register --username bob."),
        (&["bob"], "parlor login https://bob"),
        (&["bob@example.com"], "parlor login --email bob@example.com"),
        (&["bob@example.com", "--register"], "parlor login --register --email bob@example.com"),
        (&["127.0.0.1:9", "--server", "http://127.0.0.1:9"], "the server is named twice"),
    ] {
        let ended = shell.run(&[&["login", "--no-input"], arguments].concat()).await;
        assert_eq!(ended.failed(), 2, "{arguments:?}");
        assert!(ended.err.contains(says) && ended.err.contains("parlor login [OPTIONS] [URL]"), "{ended:?}");
    }
    // What can be a server's is one.
    for server in ["localhost:9", "localhost", "chat.example.com", "https://chat"] {
        let ended = shell.run(&["login", server, "--no-input"]).await;
        assert!(ended.failed() == 2 && ended.err.contains("e-mail"), "{ended:?}");
        assert!(!ended.err.contains("is wanted"), "{ended:?}");
    }
}

#[tokio::test]
async fn the_list_of_sessions_tells_which_is_of_this_program() {
    let server = TestServer::start().await;
    let _ada = Shell::of("ada", &server.url()).await;
    let client = Client::new(&server.url()).unwrap();
    client.sign_in("ada@example.com".parse().unwrap(), PASSWORD.parse().unwrap()).await.unwrap();
    let sessions = client.call::<ListSessions>(Nothing, Nothing, Nothing).await.unwrap();
    let other = sessions.iter().find(|session| !session.current).unwrap();
    assert_eq!(other.user_agent.as_deref(), Some(concat!("parlor/", env!("CARGO_PKG_VERSION"))));
}

#[tokio::test]
async fn who_signs_in_to_another_machine_in_clear_is_told_so() {
    let server = TestServer::start().await;
    let [_ada] = server.people(["ada"]).await;
    let shell = Shell::new();
    let told = async |server: &str| {
        let login = ["login", server, "--email", "ada@example.com", "--password-stdin"];
        let ended = shell.run_with(&login, PASSWORD).await;
        assert_eq!(ended.lines(), ["ada"]);
        ended.err
    };
    assert!(!told(&server.url()).await.contains("unencrypted"));
    // It leads here too, and is no address of this machine's alone.
    let elsewhere = format!("http://0.0.0.0:{}", server.socket.port());
    let says = "parlor: the password and all that is said go to 0.0.0.0 unencrypted";
    let told = told(&elsewhere).await;
    assert!(told.lines().next() == Some(says), "{told}");
    assert_eq!(shell.run(&["whoami"]).await.lines(), [format!("ada <ada@example.com> at {elsewhere}")]);
}
