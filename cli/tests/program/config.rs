//! Profiles, configuration, and what the program says of itself.

use crate::shell::Shell;
use parlor_tests::{TestServer, people::PASSWORD};
use serde_json::Value;
use std::fs;

#[tokio::test]
async fn accounts_stand_side_by_side_in_profiles() {
    let server = TestServer::start().await;
    let [_bob] = server.people(["bob"]).await;
    let ada = Shell::of("ada", &server.url()).await;
    let login =
        ["login", &server.url(), "--profile", "work", "--email", "bob@example.com", "--password-stdin"];
    ada.run_with(&login, PASSWORD).await.lines();
    let url = server.url();
    let listed = async || ada.run(&["profile", "list"]).await.out;
    assert_eq!(listed().await, format!("* default       ada at {url}\n  work          bob at {url}\n"));
    assert!(ada.run(&["whoami", "--profile", "work"]).await.out.starts_with("bob "));
    assert!(ada.run_in(&[("PARLOR_PROFILE", "work")], &["whoami"], "").await.out.starts_with("bob "));

    assert_eq!(ada.run(&["profile", "use", "home"]).await.failed(), 4);
    ada.run(&["profile", "use", "work"]).await.lines();
    assert!(ada.run(&["whoami"]).await.out.starts_with("bob "));
    assert_eq!(listed().await, format!("  default       ada at {url}\n* work          bob at {url}\n"));
    // A flag wins over the configuration.
    assert!(ada.run(&["whoami", "--profile", "default"]).await.out.starts_with("ada "));
    assert_eq!(ada.run(&["whoami", "--profile", "no such"]).await.failed(), 2);

    let work = ada.session().with_file_name("profiles").join("work.json");
    let copy = ada.file("copy.json");
    fs::copy(&work, &copy).unwrap();
    ada.run(&["profile", "remove", "work"]).await.lines();
    assert!(!work.exists());
    assert_eq!(ada.run(&["whoami", "--profile", &copy]).await.failed(), 3, "the server has ended it too");
    assert_eq!(ada.run(&["whoami"]).await.failed(), 3);
}

#[tokio::test]
async fn the_configuration_is_checked_and_keeps_its_comments() {
    let ada = Shell::new();
    let path = ada.run(&["config", "path"]).await.lines()[0].to_owned();
    assert!(ada.run(&["config", "check"]).await.lines().is_empty());
    ada.run(&["config", "set", "server", "http://127.0.0.1:1"]).await.lines();
    fs::write(&path, format!("# mine\n{}", fs::read_to_string(&path).unwrap())).unwrap();
    ada.run(&["config", "set", "profile.work.server", "http://127.0.0.1:2"]).await.lines();
    assert!(fs::read_to_string(&path).unwrap().starts_with("# mine\nserver = "));
    assert_eq!(ada.run(&["config", "get", "server"]).await.lines(), ["http://127.0.0.1:1"]);
    assert_eq!(ada.run(&["config", "get", "profile.work.server"]).await.lines(), ["http://127.0.0.1:2"]);
    assert_eq!(ada.run(&["config", "get", "color"]).await.failed(), 4, "not set");
    for (key, value) in [("colour", "auto"), ("color", "red"), ("profile..server", "http://x")] {
        assert_eq!(ada.run(&["config", "set", key, value]).await.failed(), 2, "{key}");
    }
    // What is set is used: nobody listens there.
    let login = ada.run_with(&["login", "--email", "a@b.c", "--password-stdin"], "x").await;
    assert_eq!(login.failed(), 5);
    assert!(login.err.contains("127.0.0.1:1"), "{login:?}");
    let elsewhere = ada.file("elsewhere");
    let moved = ada.run_in(&[("PARLOR_CONFIG_DIR", &elsewhere)], &["config", "path"], "").await;
    assert_eq!(moved.lines(), [format!("{elsewhere}/config.toml")]);

    fs::write(&path, "colour = 'auto'\n").unwrap();
    for command in [&["config", "check"][..], &["whoami"]] {
        let refused = ada.run(command).await;
        assert_eq!(refused.failed(), 2);
        assert!(refused.err.contains("did you mean color?"), "{refused:?}");
    }
    assert!(ada.run(&["config", "keys"]).await.lines().len() >= 5);
}

#[tokio::test]
async fn doctor_says_which_step_fails() {
    let mut server = TestServer::start().await;
    let ada = Shell::of("ada", &server.url()).await;
    let steps = |out: &str| -> Vec<(String, bool)> {
        let step = |line| serde_json::from_str::<Value>(line).unwrap();
        let steps = out.lines().map(step);
        steps.map(|step| (step["step"].as_str().unwrap().to_owned(), step["ok"].as_bool().unwrap())).collect()
    };
    let well = ada.run(&["doctor", "--json"]).await;
    let names = ["terminal", "dns", "tcp", "version", "health", "clock", "session", "websocket"];
    assert_eq!(steps(&well.out), names.map(|name| (name.to_owned(), true)));
    assert_eq!(well.code, 0);
    server.stop().await;
    let ill = ada.run(&["doctor", "--json"]).await;
    assert_eq!(ill.code, 5);
    let failed: Vec<_> = steps(&ill.out).into_iter().filter(|(_, ok)| !ok).map(|(step, _)| step).collect();
    assert_eq!(failed, ["tcp", "session"]);
    let stranger = Shell::new().run(&["doctor"]).await;
    assert_eq!(stranger.code, 3);
    assert!(stranger.out.contains("FAILED  session"), "{stranger:?}");
}

#[tokio::test]
async fn completions_and_manual_know_every_command() {
    let shell = Shell::new();
    for name in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = shell.run(&["completions", name]).await;
        assert!(script.out.contains("until-match"), "{name}");
    }
    assert!(shell.run(&["man"]).await.out.contains(".TH parlor 1"));
    let folder = shell.file("man1");
    shell.run(&["man", "--dir", &folder]).await.lines();
    let mut pages: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|page| page.unwrap().file_name().into_string().unwrap()).collect();
    pages.sort_unstable();
    for page in ["parlor.1", "parlor-tail.1", "parlor-rooms-create.1", "parlor-outbox-retry.1"] {
        assert!(pages.iter().any(|name| name == page), "{page}: {pages:?}");
    }
    let tail = fs::read_to_string(format!("{folder}/parlor-tail.1")).unwrap();
    assert!(tail.contains("kill \\-9"), "the promise of a cursor stands in it");
}

#[tokio::test]
async fn the_configuration_is_edited_and_checked_afterwards() {
    let ada = Shell::new();
    let path = ada.run(&["config", "path"]).await.lines()[0].to_owned();
    let edited = async |script: &str| {
        let editor = ada.file("editor");
        fs::write(&editor, script).unwrap();
        ada.run_in(&[("VISUAL", ""), ("EDITOR", &format!("sh {editor}"))], &["config", "edit"], "").await
    };
    // There is neither a folder nor a file yet.
    assert!(edited("echo 'theme = \"dark\"' > \"$1\"").await.lines().is_empty());
    assert_eq!(ada.run(&["config", "get", "theme"]).await.lines(), ["dark"]);
    let wrong = edited("echo 'teme = \"dark\"' > \"$1\"").await;
    assert!(wrong.failed() == 2 && wrong.err.contains("teme") && wrong.err.contains(&path), "{wrong:?}");
    assert!(wrong.err.contains("`parlor config edit` opens it again"), "{wrong:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "teme = \"dark\"\n");
    assert_eq!(edited("exit 3").await.failed(), 1);
    let nobody = ada.run_in(&[("VISUAL", ""), ("EDITOR", "")], &["config", "edit"], "").await;
    assert!(nobody.failed() == 2 && nobody.err.contains(&path), "{nobody:?}");
}
