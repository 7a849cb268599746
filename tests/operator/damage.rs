//! A file that is not as it was written is refused by its line, before anything is written.

use crate::desk::{exports, imports, operates_with, serves};
use parlor_server::store::schema_version;
use parlor_tests::databases::{Database, Kind};
use std::fs;

#[tokio::test]
async fn a_damaged_export_is_refused_by_its_line_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let source = Database::make(Kind::Sqlite).await;
    let mut server = serves(&source).await;
    let [ada, _bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    ada.posts(&room, "a message").await;
    server.terminate().await;
    let whole = fs::read_to_string(exports(&source, folder.path(), "whole").await).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let end = lines.len();
    let at = |text: &str| lines.iter().position(|line| line.contains(text)).unwrap();
    let message = at("a message");
    let with = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines: Vec<String> = lines.iter().map(|line| format!("{line}\n")).collect();
        change(&mut lines);
        lines.concat()
    };
    let newer = format!("\"schema\":{}", schema_version() + 1);
    let schema = format!("\"schema\":{}", schema_version());
    let cases: [(String, usize, &str); 15] = [
        (String::new(), 1, "not the beginning of an export"),
        ("hello\n".to_owned(), 1, "not the beginning of an export"),
        (with(&|lines| lines[0] = lines[1].clone()), 1, "not the beginning of an export"),
        (with(&|lines| lines[0] = lines[0].replace("\"format\":1", "\"format\":2")), 1, "format 2"),
        (with(&|lines| lines[0] = lines[0].replace(&schema, &newer)), 1, "of a newer version of Parlor"),
        (whole[..whole.len() - 1].to_owned(), end, "cut off"),
        (whole[..whole.find("a message").unwrap()].to_owned(), message + 1, "cut off"),
        (with(&|lines| drop(lines.pop())), end, "the file ends before its last line"),
        (
            with(&|lines| lines[message] = lines[message].replace("a message", "a massage")),
            end,
            "entries: a row differs",
        ),
        (with(&|lines| drop(lines.remove(message))), end - 1, "entries: 2 rows instead of 3"),
        (with(&|lines| lines.insert(2, lines[1].clone())), 3, "out of order, or is there twice"),
        (with(&|lines| lines.swap(1, 2)), 3, "out of order, or is there twice"),
        (with(&|lines| lines[2] = "{\"table\":\"users\",\"id\":7}\n".to_owned()), 3, "no row of an export"),
        (with(&|lines| lines[1] = lines[1].replace("\"username\"", "\"surname\"")), 2, "no row of an export"),
        (with(&|lines| lines.push("more\n".to_owned())), end + 1, "nothing after the end"),
    ];
    let target = Database::make(Kind::Sqlite).await;
    let path = folder.path().join("damaged");
    for (text, line, part) in cases {
        fs::write(&path, text).unwrap();
        let message = imports(&target, &path).await.refused();
        let place = format!("damaged, line {line}: ");
        assert!(message.contains(&place) && message.contains(part), "{place}{part}: {message}");
        assert!(!std::path::Path::new(target.url.trim_start_matches("sqlite://")).exists(), "{part}");
    }
    fs::write(&path, "x".repeat(3 << 20)).unwrap();
    let message = imports(&target, &path).await.refused();
    assert!(message.contains("line 1: it is too long"), "{message}");
    let message = imports(&target, &folder.path().join("nowhere")).await.refused();
    assert!(message.contains("nowhere cannot be read"), "{message}");

    let message = operates_with(&target.url, &["import", "/dev/stdin"], &whole).await.refused();
    assert!(message.contains("/dev/stdin is no file"), "{message}");

    fs::write(&path, whole).unwrap();
    imports(&target, &path).await.well();
}

#[tokio::test]
async fn what_somebody_else_writes_meanwhile_is_noticed_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let source = Database::make(Kind::Sqlite).await;
    let mut server = serves(&source).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    ada.posts(&room, "a message").await;
    server.terminate().await;
    let path = exports(&source, folder.path(), "whole").await;
    let target = Database::make(Kind::Sqlite).await;
    imports(&target, &path).await.well();
    // As if the import had been cut off right before its end, and somebody had been at the rows.
    let end = fs::read(&path).unwrap();
    let end = end[..end.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    let hash = "SELECT value FROM meta WHERE name = 'import'";
    assert_eq!(target.text(hash).await, None);
    let sum = sha256(&path).await;
    target.execute(&format!("INSERT INTO meta (name, value) VALUES ('import', '{sum} {end} 9 whole')")).await;
    target.execute("UPDATE entries SET content = 'a massage' WHERE content = 'a message'").await;
    let message = imports(&target, &path).await;
    assert_eq!(message.status, Some(1), "{message:?}");
    assert!(message.err.contains("entries: a row differs"), "{message:?}");
    target.execute("UPDATE entries SET content = 'a message' WHERE content = 'a massage'").await;
    imports(&target, &path).await.well();
}

#[tokio::test]
async fn an_export_made_before_a_column_was_added_is_imported() {
    let folder = tempfile::tempdir().unwrap();
    let source = Database::make(Kind::Sqlite).await;
    let mut server = serves(&source).await;
    server.people(["ada", "bob"]).await;
    server.terminate().await;
    let path = exports(&source, folder.path(), "whole").await;
    let whole = fs::read_to_string(&path).unwrap();
    // As it was written before an account could be disabled.
    let schema = format!("\"schema\":{}", schema_version());
    let text = whole.replacen(&schema, "\"schema\":10", 1).replace(",\"disabled_at\":null", "");
    let users: String =
        text.split_inclusive('\n').filter(|line| line.contains("\"table\":\"users\"")).collect();
    fs::write(folder.path().join("users"), users).unwrap();
    let sum = sha256(&folder.path().join("users")).await;
    let (rows, trailer) = text.trim_end().rsplit_once('\n').unwrap();
    let mut trailer: serde_json::Value = serde_json::from_str(trailer).unwrap();
    assert_ne!(trailer["tables"]["users"]["sha256"], sum.as_str());
    trailer["tables"]["users"]["sha256"] = sum.into();
    let older = folder.path().join("older");
    fs::write(&older, format!("{rows}\n{trailer}\n")).unwrap();
    let target = Database::make(Kind::Sqlite).await;
    imports(&target, &older).await.well();
    let back = exports(&target, folder.path(), "back").await;
    let rows = |text: &str| text.split_once('\n').unwrap().1.to_owned();
    assert!(rows(&fs::read_to_string(&back).unwrap()) == rows(&whole), "the column has its default");
}

async fn sha256(path: &std::path::Path) -> String {
    let output = tokio::process::Command::new("sha256sum").arg(path).output().await.unwrap();
    String::from_utf8(output.stdout).unwrap().split(' ').next().unwrap().to_owned()
}
