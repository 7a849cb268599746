//! What is told of mistakes, and of files that are damaged.

use crate::{
    shell::{Ended, Shell},
    tail::kitchen,
};
use parlor_tests::{TestServer, people::PASSWORD};
use serde_json::Value;

/// The one object on standard error.
fn error(ended: &Ended) -> Value {
    let told: Value = serde_json::from_str(&ended.err).unwrap_or_else(|_| panic!("{ended:?}"));
    told["error"].clone()
}

#[tokio::test]
async fn wrong_arguments_are_an_object_too_when_json_is_wanted() {
    let shell = Shell::new();
    for (arguments, says) in [
        (&["--json", "rooms", "knit"][..], "unrecognized subcommand 'knit'"),
        (&["profile", "--json"], "'parlor profile' requires a subcommand"),
        (&["tail", "--json"], "required arguments were not provided"),
        (
            &["send", "kitchen", "--id", "a b", "--json"],
            "invalid value 'a b' for '--id <KEY>': must be 1 to 64",
        ),
        (&["--json"], "which command?"),
    ] {
        let ended = shell.run(arguments).await;
        assert_eq!(ended.failed(), 2, "{arguments:?}");
        let error = error(&ended);
        assert_eq!(error["code"], "VALIDATION");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(says) && !message.contains("Usage"), "{arguments:?}: {message}");
    }
    // That was said, not asked for.
    let said = shell.run(&["rooms", "knit", "--", "--json"]).await;
    assert!(said.failed() == 2 && said.err.starts_with("error: "), "{said:?}");
    assert_eq!(shell.run(&["--json", "--help"]).await.code, 0);
}

#[tokio::test]
async fn with_json_every_command_fails_with_one_object_and_notes_are_objects_or_silent() {
    let server = TestServer::start().await;
    let (_eve, _room, ada) = kitchen(&server, &server.url(), &[]).await;
    let nobody = Shell::new();
    let damaged = Shell::of("eva", &server.url()).await;
    std::fs::write(damaged.session(), "{").unwrap();
    for (code, shell, command) in [
        (2, &nobody, &["login", "--email", "ada@example.com"][..]),
        (3, &nobody, &["logout"]),
        (3, &nobody, &["whoami"]),
        (3, &nobody, &["status"]),
        (3, &nobody, &["rooms", "list"]),
        (3, &nobody, &["send", "kitchen", "hello"]),
        (3, &nobody, &["tail", "kitchen"]),
        (3, &nobody, &["history", "kitchen"]),
        (3, &nobody, &["read", "kitchen"]),
        (3, &nobody, &["events"]),
        (3, &nobody, &["outbox", "list"]),
        (3, &nobody, &["tui", "--plain"]),
        (2, &nobody, &["tui"]),
        (2, &nobody, &["config", "get", "nothing"]),
        (2, &nobody, &["config", "set", "color", "red"]),
        (2, &nobody, &["completions", "cmd"]),
        (1, &nobody, &["man", "--dir", "/dev/null/man"]),
        (4, &nobody, &["profile", "use", "work"]),
        (4, &nobody, &["profile", "remove", "work"]),
        (2, &damaged, &["whoami"]),
        (2, &damaged, &["doctor"]),
        (4, &ada, &["rooms", "info", "hall"]),
        (4, &ada, &["rooms", "leave", "hall"]),
        (4, &ada, &["rooms", "join", "--invite", "none"]),
        (4, &ada, &["outbox", "drop", "a"]),
        (2, &ada, &["tail", "kitchen", "--cursor", "/dev/null"]),
    ] {
        let ended = shell.run(&[command, &["--json"]].concat()).await;
        assert_eq!(ended.code, code, "{command:?}: {ended:?}");
        let told: Vec<Value> = ended.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let (last, notes) = told.split_last().unwrap();
        assert!(notes.iter().all(|note| note["note"]["message"].is_string()), "{command:?}: {ended:?}");
        for field in ["code", "message"] {
            assert!(
                last["error"][field].as_str().is_some_and(|text| !text.is_empty()),
                "{command:?}: {ended:?}"
            );
        }
    }
    let login =
        ["login", "--email", "ada@example.com", "--server", &server.url(), "--password-stdin", "--json"];
    let told = nobody.run_with(&login, PASSWORD).await;
    told.lines();
    let notes = told.err.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let notes: Vec<_> = notes.map(|note| note["note"]["message"].as_str().unwrap().to_owned()).collect();
    assert!(notes.iter().any(|note| note.starts_with("signed in to ")), "{notes:?}");
    let quiet = nobody.run_with(&[&login[..], &["-q"]].concat(), PASSWORD).await;
    quiet.lines();
    assert_eq!(quiet.err, "");
}

#[tokio::test]
async fn the_advice_fits_what_was_named() {
    let server = TestServer::start().await;
    let ada = Shell::of("ada", &server.url()).await;
    let advice = async |arguments: &[&str]| {
        let ended = ada.run(&[arguments, &["--json"]].concat()).await;
        assert_eq!(ended.failed(), 4);
        error(&ended)["hint"].clone()
    };
    assert_eq!(advice(&["send", "nowhere", "hello"]).await, "parlor rooms list");
    for elsewhere in [&["config", "get", "color"], &["profile", "use", "nobody"], &["outbox", "drop", "a"]] {
        assert_eq!(advice(elsewhere).await, Value::Null, "{elsewhere:?}");
    }
}

#[tokio::test]
async fn a_damaged_outbox_is_named_and_stays_as_it_is() {
    let server = TestServer::start().await;
    let (_eve, _room, ada) = kitchen(&server, &server.url(), &[]).await;
    let file = ada.session().with_file_name("session.json.outbox");
    for damaged in ["", "{", "[]", "{\"messages\":5}"] {
        std::fs::write(&file, damaged).unwrap();
        for command in [
            &["send", "kitchen", "hello"][..],
            &["send", "kitchen", "hello", "--no-wait"],
            &["outbox", "list"],
        ] {
            let ended = ada.run(command).await;
            assert_eq!(ended.failed(), 2, "{damaged}: {ended:?}");
            assert_eq!(ended.err.matches(file.to_str().unwrap()).count(), 1, "{ended:?}");
            assert!(ended.err.contains("put it aside"), "{ended:?}");
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), damaged);
    }
}

#[tokio::test]
async fn a_line_that_is_no_text_is_named_and_those_before_it_are_sent() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &[]).await;
    let ended = ada.run_with(&["send", "kitchen", "--lines"], b"one\n\ncaf\xe9\nfour\n").await;
    assert_eq!((ended.code, ended.out.lines().count()), (2, 1), "{ended:?}");
    assert!(ended.err.contains("line 3 must be UTF-8"), "{ended:?}");
    assert_eq!(eve.history(&room).await.messages.len(), 1);
    assert_eq!(ada.run_with(&["send", "kitchen"], b"caf\xe9").await.failed(), 2);
}

#[tokio::test]
async fn the_usual_profile_is_the_same_one_in_every_folder() {
    let shell = Shell::new();
    let relative = shell.run(&["config", "set", "default_profile", "./bot.json"]).await;
    assert_eq!(relative.failed(), 2);
    assert!(relative.err.contains("the absolute path"), "{relative:?}");
    for right in ["work", &shell.file("bot.json")] {
        shell.run(&["config", "set", "default_profile", right]).await.lines();
    }
}
