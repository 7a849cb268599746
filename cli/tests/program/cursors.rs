//! `tail --cursor`: a later run goes on where the last one ended.

use crate::{
    shell::Shell,
    tail::{content, kitchen},
};
use parlor_tests::TestServer;
use serde_json::{Value, json};
use std::{
    fs::{self, OpenOptions},
    io::Write as _,
};

fn appended_to(file: &str) -> std::fs::File {
    OpenOptions::new().create(true).append(true).open(file).unwrap()
}

fn contents(file: &str) -> Vec<String> {
    fs::read_to_string(file).unwrap().lines().map(content).collect()
}

/// Runs `tail` with a cursor until so many messages have come; they are appended to a file.
async fn appends(ada: &Shell, cursor: &str, file: &str, count: usize) {
    let count = count.to_string();
    let mut tail = ada.start_into(
        &["tail", "kitchen", "--json", "--cursor", cursor, "--count", &count],
        appended_to(file).into(),
    );
    assert_eq!(tail.ends().await, Some(0), "{}", tail.told());
}

#[tokio::test]
async fn a_later_run_prints_what_came_meanwhile_and_nothing_twice() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &["zero", "one", "two"]).await;
    let cursor = ada.file("cursor");
    let tail = |n: &'static str| ["tail", "kitchen", "--json", "-n", n, "--cursor"];
    let mut first = ada.start(&[&tail("2")[..], &[&cursor]].concat());
    for said in ["one", "two"] {
        assert_eq!(content(&first.line().await), said);
    }
    eve.posts(&room, "three").await;
    assert_eq!(content(&first.line().await), "three");
    let second = ada.run(&[&tail("2")[..], &[&cursor]].concat()).await;
    assert_eq!(second.failed(), 2, "one at a time");
    assert!(second.err.contains("another parlor uses the cursor"), "{second:?}");
    first.signal("TERM");
    assert_eq!(first.ends().await, Some(143));
    for said in ["four", "five"] {
        eve.posts(&room, said).await;
    }
    let mut second = ada.start(&[&tail("2")[..], &[&cursor]].concat());
    for said in ["four", "five"] {
        assert_eq!(content(&second.line().await), said);
    }
    eve.posts(&room, "six").await;
    assert_eq!(content(&second.line().await), "six");
}

#[tokio::test]
async fn a_run_that_printed_nothing_still_notes_where_it_began() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &["before"]).await;
    let cursor = ada.file("cursor");
    let tail = ["tail", "kitchen", "--json", "-n", "0", "--cursor", &cursor];
    assert_eq!(ada.run(&[&tail[..], &["--timeout", "1s"]].concat()).await.failed(), 6);
    eve.posts(&room, "meanwhile").await;
    let mut next = ada.start(&tail);
    assert_eq!(content(&next.line().await), "meanwhile");
}

#[tokio::test]
async fn more_than_the_connection_fetches_by_itself_is_printed_in_order() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &["before"]).await;
    let (cursor, out) = (ada.file("cursor"), ada.file("out"));
    appends(&ada, &cursor, &out, 1).await;
    let said: Vec<_> = (0..1100).map(|n| n.to_string()).collect();
    for content in &said {
        eve.posts(&room, content).await;
    }
    appends(&ada, &cursor, &out, said.len()).await;
    assert_eq!(contents(&out)[1..], said);
}

#[tokio::test]
async fn a_line_that_was_printed_and_not_noted_is_not_printed_again() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &["one"]).await;
    let (cursor, out) = (ada.file("cursor"), ada.file("out"));
    appends(&ada, &cursor, &out, 1).await;
    let noted = fs::read(&cursor).unwrap();
    for said in ["two", "three", "four"] {
        eve.posts(&room, said).await;
    }
    appends(&ada, &cursor, &out, 3).await;

    // As if it had been killed after it had printed the second, and half of the third, before it noted them.
    let all = fs::read_to_string(&out).unwrap();
    let lines: Vec<&str> = all.lines().collect();
    fs::write(&cursor, noted).unwrap();
    fs::write(&out, format!("{}\n{}\n{}", lines[0], lines[1], &lines[2][..100])).unwrap();
    appends(&ada, &cursor, &out, 3).await;
    assert_eq!(fs::read_to_string(&out).unwrap(), all);
}

#[tokio::test]
async fn a_line_of_another_in_the_file_is_left_alone() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &["one"]).await;
    let (cursor, out) = (ada.file("cursor"), ada.file("out"));
    appends(&ada, &cursor, &out, 1).await;
    appended_to(&out).write_all(b"a note without an end").unwrap();
    eve.posts(&room, "two").await;
    appends(&ada, &cursor, &out, 1).await;
    let all = fs::read_to_string(&out).unwrap();
    let lines: Vec<&str> = all.lines().collect();
    assert_eq!(
        (content(lines[0]).as_str(), lines[1], content(lines[2]).as_str()),
        ("one", "a note without an end", "two")
    );
}

#[tokio::test]
async fn what_the_server_no_longer_has_is_told() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &["one"]).await;
    let (cursor, out) = (ada.file("cursor"), ada.file("out"));
    appends(&ada, &cursor, &out, 1).await;
    let noted: Value = serde_json::from_slice(&fs::read(&cursor).unwrap()).unwrap();
    let mark = |epoch: Value, seq: i64| {
        let mut changed = noted.clone();
        changed["rooms"][room.id.to_string()] = json!({ "epoch": epoch, "seq": seq });
        changed.to_string()
    };
    let epoch = noted["rooms"][room.id.to_string()]["epoch"].clone();
    // A restored backup has another epoch, and may end before what was seen.
    for stale in [mark(room.id.to_string().into(), 2), mark(epoch, 9000)] {
        fs::write(&cursor, stale).unwrap();
        let mut tail = ada.start(&["tail", "kitchen", "--json", "--cursor", &cursor]);
        let told = async {
            while !tail.told().contains("history of room") {
                // There is no event for a line on standard error.
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        };
        parlor_tests::soon("the gap to be told", told).await;
        eve.posts(&room, "after").await;
        assert_eq!(content(&tail.line().await), "after");
    }
    fs::write(&cursor, "no cursor").unwrap();
    assert_eq!(ada.run(&["tail", "kitchen", "--cursor", &cursor]).await.failed(), 2);
}
