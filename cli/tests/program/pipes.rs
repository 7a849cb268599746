//! Readers that have gone, and disks that are full.

use crate::{shell::Shell, tail::kitchen};
use parlor_tests::TestServer;
use std::{fs::OpenOptions, process::Stdio};

/// Every command that prints, with what it needs.
const PRINTING: &[&[&str]] = &[
    &["whoami"],
    &["status"],
    &["doctor"],
    &["profile", "list"],
    &["rooms", "list"],
    &["rooms", "info", "kitchen"],
    &["rooms", "members", "kitchen"],
    &["rooms", "create", "attic"],
    &["send", "kitchen", "hello"],
    &["send", "kitchen", "later", "--no-wait"],
    &["outbox", "list"],
    &["history", "kitchen"],
    &["read", "kitchen"],
    &["tail", "kitchen"],
    &["events", "kitchen"],
    &["config", "path"],
    &["config", "keys"],
    &["completions", "bash"],
    &["man"],
];

async fn ends(ada: &Shell, command: &[&str], out: Stdio) -> (Option<i32>, String) {
    let mut running = ada.start_into(command, out);
    (running.ends().await, running.told())
}

#[tokio::test]
async fn a_reader_that_has_gone_is_no_failure_of_any_command() {
    let server = TestServer::start().await;
    let (_eve, _room, ada) = kitchen(&server, &server.url(), &["one"]).await;
    for command in PRINTING {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let (status, told) = ends(&ada, command, writer.into()).await;
        assert_eq!(status, Some(0), "{command:?}: {told}");
        assert!(!told.contains("error"), "{command:?}: {told}");
    }
}

#[tokio::test]
async fn a_full_disk_is_a_failure_of_every_command() {
    let server = TestServer::start().await;
    let (_eve, _room, ada) = kitchen(&server, &server.url(), &["one"]).await;
    for command in PRINTING {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let (status, told) = ends(&ada, command, full.into()).await;
        assert_eq!(status, Some(1), "{command:?}: {told}");
        assert!(told.contains("standard output"), "{command:?}: {told}");
    }
}
