//! Folders in which nothing can be written: one readable message, that names the folder and says what to do, and status 1.

use crate::{
    shell::{Ended, Shell},
    tail::kitchen,
};
use parlor_tests::{TestServer, people::PASSWORD};
use std::fs;

/// It ended with 1, and said where nothing can be written, and what to do.
#[track_caller]
fn names(ended: &Ended, folder: &str, instead: &str) {
    assert_eq!(ended.failed(), 1, "{ended:?}");
    let says = [folder, "make it writable, or", instead];
    assert!(says.iter().all(|words| ended.err.contains(words)), "{ended:?}");
    assert_eq!(ended.err.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{ended:?}");
    assert_eq!(ended.err.lines().count(), 1, "{ended:?}");
}

/// A file stands where the folder should be made: that holds for root as well, who may write everywhere.
fn blocked(shell: &Shell, name: &str) -> String {
    fs::write(shell.file(name), "").unwrap();
    shell.file(name)
}

#[tokio::test]
async fn nobody_signs_in_where_the_session_cannot_be_kept() {
    let server = TestServer::start().await;
    let shell = Shell::new();
    let state = blocked(&shell, "state");
    let url = server.url();
    let login = ["login", "--email", "ada@example.com", "--server", &url, "--password-stdin"];
    let register = [&login[..], &["--register", "--username", "ada"]].concat();
    for keeping in [&[][..], &["--insecure-storage"], &["--require-keyring"]] {
        names(&shell.run_with(&[&register, keeping].concat(), PASSWORD).await, &state, "XDG_STATE_HOME");
    }
    let bot = format!("{state}/bot.json");
    let named = shell.run_with(&[&register[..], &["--profile", &bot]].concat(), PASSWORD).await;
    names(&named, &state, "name a file elsewhere");
    // The account was not made behind one's back.
    fs::remove_file(&state).unwrap();
    shell.run_with(&register, PASSWORD).await.lines();
}

#[tokio::test]
async fn every_command_says_which_folder_it_is() {
    let server = TestServer::start().await;
    let (_eve, _room, ada) = kitchen(&server, &server.url(), &["hello"]).await;
    let folder = ada.session().parent().unwrap().to_str().unwrap().to_owned();
    let aside = ada.file("aside");
    fs::rename(&folder, &aside).unwrap();
    fs::write(&folder, "").unwrap();
    for command in [
        &["whoami"][..],
        &["status"],
        &["logout"],
        &["rooms", "list"],
        &["send", "kitchen", "hello"],
        &["send", "kitchen", "hello", "--no-wait"],
        &["tail", "kitchen"],
        &["history", "kitchen"],
        &["read", "kitchen"],
        &["events"],
        &["outbox", "list"],
        &["profile", "list"],
        &["profile", "use", "default"],
        &["profile", "remove", "default"],
        &["tui", "--plain"],
    ] {
        let ended = ada.run(command).await;
        assert_eq!(ended.failed(), 1, "{command:?}: {ended:?}");
        assert!(ended.err.contains(&folder) && ended.err.starts_with("error: "), "{command:?}: {ended:?}");
        assert!(ended.err.contains("XDG_STATE_HOME"), "{command:?}: {ended:?}");
    }
    fs::remove_file(&folder).unwrap();
    fs::rename(&aside, &folder).unwrap();
    assert_eq!(ada.run(&["whoami"]).await.lines().len(), 1);
    // A cursor, or a list of documents, where none can be.
    let file = blocked(&ada, "file");
    let cursor = ada.run(&["tail", "kitchen", "--cursor", &format!("{file}/cursor")]).await;
    names(&cursor, &file, "name a file elsewhere");
}

#[tokio::test]
async fn a_configuration_that_cannot_be_written_is_named() {
    let server = TestServer::start().await;
    let shell = Shell::of("ada", &server.url()).await;
    let config = blocked(&shell, "config");
    for command in [&["config", "set", "color", "never"][..], &["profile", "use", "default"]] {
        let ended = shell.run(command).await;
        assert_eq!(ended.failed(), 1, "{command:?}: {ended:?}");
        assert!(
            ended.err.contains(&config) && ended.err.contains("PARLOR_CONFIG_DIR"),
            "{command:?}: {ended:?}"
        );
    }
}
