//! What is told of mistakes, and of files that are damaged.

use crate::{
    shell::{Ended, Shell},
    tail::kitchen,
};
use parlor_tests::TestServer;
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
        (&["rooms", "--json"], "'parlor rooms' requires a subcommand"),
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
