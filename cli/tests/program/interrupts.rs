//! Ctrl-C in the middle of each command: it ends with the status of that, and nothing is half written.

use crate::{shell::Shell, tail::kitchen};
use parlor_tests::{TestServer, people::PASSWORD, soon};
use serde_json::Value;
use std::fs;
use tokio::net::{TcpListener, TcpStream};

/// Files that a writer has begun, below the home.
fn half_written(shell: &Shell) -> Vec<String> {
    let mut folders = vec![shell.file("")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.to_str().unwrap().to_owned();
            if path.is_dir() {
                folders.push(name);
            } else if path.extension().is_some_and(|extension| extension == "new") {
                found.push(name);
            }
        }
    }
    found
}

/// Makes the session one at a server that takes connections, and says nothing.
async fn goes_silent(shell: &Shell) -> (TcpListener, Vec<u8>) {
    let before = fs::read(shell.session()).unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut kept: Value = serde_json::from_slice(&before).unwrap();
    kept["server"] = format!("http://{}", silent.local_addr().unwrap()).into();
    fs::write(shell.session(), kept.to_string()).unwrap();
    (silent, before)
}

async fn caller(silent: &TcpListener) -> TcpStream {
    soon("a connection", silent.accept()).await.unwrap().0
}

#[tokio::test]
async fn ctrl_c_ends_each_command_that_waits_for_the_server() {
    let server = TestServer::start().await;
    let (_eve, room, ada) = kitchen(&server, &server.url(), &["hello"]).await;
    let id = room.id.to_string();
    ada.run(&["send", &id, "it waits", "--no-wait"]).await.lines();
    let (silent, before) = goes_silent(&ada).await;
    let now = fs::read(ada.session()).unwrap();
    let outbox = ada.session().with_file_name("session.json.outbox");
    let waiting = fs::read(&outbox).unwrap();
    let cursor = ada.file("cursor");
    for command in [
        &["whoami"][..],
        &["status"],
        &["rooms", "list"],
        &["rooms", "create", "hall"],
        &["history", &id],
        &["read", &id],
        &["send", &id, "hello"],
        &["outbox", "retry"],
        &["tail", &id, "--cursor", &cursor],
        &["events"],
        &["logout"],
        &["doctor"],
        &["tui", "--plain"],
    ] {
        let mut running = ada.start(command);
        let _caller = caller(&silent).await;
        running.signal("INT");
        assert_eq!(running.ended_as_told().await, 130, "{command:?}: {}", running.told());
        assert!(!running.told().contains("panicked"), "{command:?}: {}", running.told());
        assert_eq!(half_written(&ada), [""; 0], "{command:?}");
        assert_eq!(fs::read(ada.session()).unwrap(), now, "{command:?}");
        assert_eq!(fs::read(&outbox).unwrap(), waiting, "{command:?}");
    }
    fs::write(ada.session(), before).unwrap();
    assert_eq!(ada.run(&["outbox", "retry"]).await.lines().len(), 1);
    assert_eq!(ada.run(&["history", &id]).await.lines().len(), 2);
}

#[tokio::test]
async fn ctrl_c_at_a_login_signs_nobody_in() {
    let server = TestServer::start().await;
    let [_ada] = server.people(["ada"]).await;
    let shell = Shell::new();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let mut login =
        shell.start(&["login", "--email", "ada@example.com", "--server", &url, "--password-stdin"]);
    login.says(PASSWORD);
    let _caller = caller(&silent).await;
    login.signal("INT");
    assert_eq!(login.ended_as_told().await, 130, "{}", login.told());
    assert!(!shell.session().exists());
    assert_eq!(half_written(&shell), [""; 0]);
    assert_eq!(shell.run(&["whoami"]).await.failed(), 3);
}

#[tokio::test]
async fn ctrl_c_between_lines_leaves_those_that_were_printed_sent_and_no_others() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &[]).await;
    let mut send = ada.start(&["send", "kitchen", "--lines"]);
    for line in ["one", "two"] {
        send.says(line);
        send.line().await;
    }
    send.write("thr");
    send.signal("INT");
    assert_eq!(send.ended_as_told().await, 130, "{}", send.told());
    let said: Vec<_> = eve.history(&room).await.messages.into_iter().map(|message| message.content).collect();
    assert_eq!(said, ["one", "two"]);
    assert_eq!(half_written(&ada), [""; 0]);
}

#[tokio::test]
async fn ctrl_c_ends_what_follows() {
    let server = TestServer::start().await;
    let (_eve, _room, ada) = kitchen(&server, &server.url(), &["hello"]).await;
    let mut tail = ada.start(&["tail", "kitchen"]);
    assert!(tail.line().await.ends_with("hello"));
    tail.signal("INT");
    assert_eq!(tail.ended_as_told().await, 130);
    let mut events = ada.start(&["events"]);
    assert!(events.line().await.contains("room_joined"));
    events.signal("INT");
    assert_eq!(events.ended_as_told().await, 130);
}
