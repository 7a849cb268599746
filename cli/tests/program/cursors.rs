//! `tail --cursor`: a later run goes on where the last one ended.

use crate::{
    shell::Shell,
    tail::{content, kitchen, message},
};
use parlor_client::protocol::rooms::Room;
use parlor_tests::TestServer;
use serde_json::{Value, json};
use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::MetadataExt as _,
    process::Command,
};

fn appended_to(file: &str) -> std::fs::File {
    OpenOptions::new().create(true).append(true).open(file).unwrap()
}

/// What the messages in a file say; of a line of another, nothing.
fn contents(file: &str) -> Vec<String> {
    let said = |line: &str| if line.starts_with('{') { content(line) } else { String::new() };
    fs::read_to_string(file).unwrap().lines().map(said).collect()
}

/// Runs `tail` with a cursor until so many messages have come; they are appended to a file.
async fn appends(ada: &Shell, rooms: &[&str], cursor: &str, file: &str, count: usize) {
    let count = count.to_string();
    let arguments = ["--json", "--cursor", cursor, "--count", &count];
    let mut tail = ada.start_into(&[&["tail"], rooms, &arguments].concat(), appended_to(file).into());
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
async fn what_a_killed_run_was_writing_beside_the_cursor_is_cleared_away_by_the_next_one_only() {
    let server = TestServer::start().await;
    let (_eve, _room, ada) = kitchen(&server, &server.url(), &["one"]).await;
    let cursor = ada.file("cursor");
    let tail = ["tail", "kitchen", "--cursor", &cursor];
    let mut first = ada.start(&tail);
    assert!(first.line().await.ends_with("one"));
    // As a running one writes it.
    let half = format!("{cursor}.018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90.new");
    fs::write(&half, "{").unwrap();
    assert_eq!(ada.run(&tail).await.failed(), 2, "one at a time");
    assert!(fs::exists(&half).unwrap());
    first.signal("KILL");
    assert_eq!(first.ends().await, None);
    let next = ada.run(&[&tail[..], &["--timeout", "1s"]].concat()).await;
    assert_eq!(next.failed(), 6);
    assert!(!fs::exists(&half).unwrap());
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
    appends(&ada, &["kitchen"], &cursor, &out, 1).await;
    let said: Vec<_> = (0..1100).map(|n| n.to_string()).collect();
    for content in &said {
        eve.posts(&room, content).await;
    }
    appends(&ada, &["kitchen"], &cursor, &out, said.len()).await;
    assert_eq!(contents(&out)[1..], said);
}

/// Changes the cursor to what it was while `line` was being printed into a file that had `length` bytes before.
fn is_printing(cursor: &str, room: &Room, line: &str, file: &str, length: usize) {
    let mut noted: Value = serde_json::from_slice(&fs::read(cursor).unwrap()).unwrap();
    let about = fs::metadata(file).unwrap();
    let mut mark = noted["rooms"][room.id.to_string()].clone();
    mark["seq"] = message(line).seq.into();
    noted["printing"] = json!({ "room_id": room.id, "mark": mark, "line": format!("{line}\n"),
        "output": { "device": about.dev(), "inode": about.ino(), "length": length } });
    fs::write(cursor, noted.to_string()).unwrap();
}

#[tokio::test]
async fn a_line_that_was_printed_and_not_noted_is_not_printed_again() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &["one"]).await;
    let (cursor, out) = (ada.file("cursor"), ada.file("out"));
    appends(&ada, &["kitchen"], &cursor, &out, 1).await;
    let (noted, before) = (fs::read(&cursor).unwrap(), fs::read_to_string(&out).unwrap());
    eve.posts(&room, "two").await;
    appends(&ada, &["kitchen"], &cursor, &out, 1).await;
    let two = fs::read_to_string(&out).unwrap().split_off(before.len());
    eve.posts(&room, "three").await;
    let others = "parlor: of another program\n";
    // As if it had been killed when the whole line was in the file, a part of it, or nothing.
    for (beside, length, missing) in
        [("", two.len(), 1), (others, two.len(), 1), ("", 100, 1), (others, 1, 1), ("", 0, 2)]
    {
        fs::write(&cursor, &noted).unwrap();
        fs::write(&out, format!("{before}{beside}{}", &two[..length])).unwrap();
        is_printing(&cursor, &room, two.trim_end(), &out, before.len());
        appends(&ada, &["kitchen"], &cursor, &out, missing).await;
        let all = fs::read_to_string(&out).unwrap();
        assert!(all.starts_with(&format!("{before}{beside}{two}")), "{length}: {all}");
        let said: Vec<_> = all.lines().filter(|line| line.starts_with('{')).map(content).collect();
        assert_eq!(said, ["one", "two", "three"], "{length}");
    }
}

#[tokio::test]
async fn a_line_that_was_not_noted_is_known_whatever_other_rooms_say_first() {
    let server = TestServer::start().await;
    let (eve, kitchen, ada) = kitchen(&server, &server.url(), &["one"]).await;
    let cellar = eve.creates_room("cellar").await;
    ada.run(&["rooms", "join", "cellar"]).await.lines();
    eve.posts(&cellar, "two").await;
    let (cursor, out) = (ada.file("cursor"), ada.file("out"));
    // What is missed of the cellar is printed first.
    let both = ["cellar", "kitchen"];
    appends(&ada, &both, &cursor, &out, 2).await;
    let (noted, length) = (fs::read(&cursor).unwrap(), fs::read(&out).unwrap().len());
    eve.posts(&kitchen, "three").await;
    appends(&ada, &both, &cursor, &out, 1).await;
    let three = fs::read_to_string(&out).unwrap().split_off(length);
    fs::write(&cursor, noted).unwrap();
    is_printing(&cursor, &kitchen, three.trim_end(), &out, length);
    eve.posts(&cellar, "four").await;
    appends(&ada, &both, &cursor, &out, 1).await;
    eve.posts(&kitchen, "five").await;
    appends(&ada, &both, &cursor, &out, 1).await;
    assert_eq!(contents(&out), ["one", "two", "three", "four", "five"]);
}

#[tokio::test]
async fn a_line_that_was_torn_by_a_kill_is_finished() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &["one"]).await;
    let (cursor, out) = (ada.file("cursor"), ada.file("out"));
    // The system kills who writes more into a file than `ulimit -f` allows, in units of 512 bytes.
    let limit = 200 * 512;
    appended_to(&out).write_all(format!("{}\n", "x".repeat(limit - 2000)).as_bytes()).unwrap();
    appends(&ada, &["kitchen"], &cursor, &out, 1).await;
    eve.posts(&room, &"y".repeat(3000)).await;
    let tail = ["tail", "kitchen", "--json", "--cursor", &cursor];
    let mut torn = ada.start_in("ulimit -f 200", &tail, appended_to(&out).into());
    assert_eq!(torn.ends().await, None, "killed by a signal");
    assert_eq!(fs::read(&out).unwrap().len(), limit);
    eve.posts(&room, "three").await;
    appends(&ada, &["kitchen"], &cursor, &out, 1).await;
    assert_eq!(contents(&out)[1..], ["one".to_owned(), "y".repeat(3000), "three".to_owned()]);
}

#[tokio::test]
async fn a_line_of_another_in_the_file_is_left_alone() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &["one"]).await;
    let (cursor, out) = (ada.file("cursor"), ada.file("out"));
    appends(&ada, &["kitchen"], &cursor, &out, 1).await;
    appended_to(&out).write_all(b"a note without an end").unwrap();
    eve.posts(&room, "two").await;
    appends(&ada, &["kitchen"], &cursor, &out, 1).await;
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
    appends(&ada, &["kitchen"], &cursor, &out, 1).await;
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

#[tokio::test]
async fn what_is_no_file_is_no_cursor() {
    let server = TestServer::start().await;
    let (_eve, _room, ada) = kitchen(&server, &server.url(), &["one"]).await;
    let (folder, pipe, out) = (ada.file("folder"), ada.file("pipe"), ada.file("out"));
    fs::create_dir(&folder).unwrap();
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (cursor, is) in [
        (&*folder, "a folder"),
        (&pipe, "a pipe"),
        ("/dev/null", "a device"),
        (&out, "where standard output goes"),
    ] {
        let tail = ["tail", "kitchen", "--cursor", cursor, "--timeout", "1m"];
        let mut tail = ada.start_into(&tail, appended_to(&out).into());
        assert_eq!(tail.ends().await, Some(2), "{cursor}: {}", tail.told());
        assert!(tail.told().contains(&format!("--cursor needs a file: {cursor} is {is}")), "{}", tail.told());
        assert_eq!(fs::read(&out).unwrap(), b"", "{cursor}");
    }
    for left in [folder, pipe, out] {
        assert!(!fs::exists(format!("{left}.lock")).unwrap(), "{left}");
    }
}
