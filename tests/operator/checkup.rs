//! `doctor` finds what is wrong, says what to do, and changes nothing.

use crate::desk::{Done, operates, serves};
use parlor_tests::{
    databases::{Database, Kind},
    server::SECRET,
};
use serde_json::Value;
use std::{collections::HashMap, fs, net::TcpListener, os::unix::fs::PermissionsExt as _};

/// What is said about each thing: the last verdict and its words.
fn findings(done: &Done) -> HashMap<String, (String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let lines = done.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|line| (text(&line["about"]), (text(&line["verdict"]), text(&line["says"])))).collect()
}

/// Asks the doctor about a database, with further flags; not about the disk, of which nothing is known here.
async fn doctor(url: &str, flags: &[&str]) -> (Option<i32>, HashMap<String, (String, String)>) {
    let done = operates(url, &[&["doctor", "--json", "--jwt-secret", SECRET], flags].concat()).await;
    let mut findings = findings(&done);
    findings.remove("disk").unwrap_or_else(|| panic!("{done:?}"));
    (done.status, findings)
}

/// What stands between its server and its options.
fn name(database: &Database) -> &str {
    database.url.rsplit('/').next().unwrap().split('?').next().unwrap()
}

async fn loses_commits(postgres: &Database) {
    postgres.execute(&format!("ALTER DATABASE {} SET synchronous_commit = off", name(postgres))).await;
}

#[tokio::test]
async fn a_house_in_order_is_found_in_order_before_its_first_start_and_beside_its_server() {
    for kind in [Kind::Sqlite, Kind::Postgres, Kind::MySql] {
        let database = Database::make(kind).await;
        let (status, found) = doctor(&database.url, &[]).await;
        assert_eq!((status, found["tables"].0.as_str()), (Some(0), "warn"), "{found:?}");
        let server = serves(&database).await;
        let listen = format!("--listen={}", server.socket);
        let (status, found) = doctor(&database.url, &[&listen]).await;
        assert_eq!(status, Some(0), "{found:?}");
        assert!(found.len() >= 6 && found["port"].1.contains("a server that is ready"), "{found:?}");
        for (about, (verdict, says)) in found.iter().filter(|(about, _)| *about != "settings") {
            assert_eq!(verdict, "ok", "{about}: {says}");
        }
        let words = operates(&database.url, &["doctor", &listen, "--jwt-secret", SECRET]).await.well();
        assert!(words.lines().any(|line| line.starts_with("ok    clock ")), "{words}");
    }
}

#[tokio::test]
async fn several_servers_of_one_database_without_a_bus_are_found() {
    let database = Database::make(Kind::Postgres).await;
    operates(&database.url, &["migrate"]).await.well();
    for (nodes, verdict) in [(1, "ok"), (2, "warn")] {
        database.execute("INSERT INTO nodes (id, beat, changes) VALUES (gen_random_uuid(), 1, 0)").await;
        let (status, found) = doctor(&database.url, &[]).await;
        assert_eq!((status, found["bus"].0.as_str()), (Some(0), verdict), "{nodes}: {found:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "dear diary, this is no database at all. ".repeat(50)).unwrap();
    let file = file.to_str().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let fresh = format!("sqlite://{}/fresh.db", folder.path().display());
    let postgres = Database::make(Kind::Postgres).await;
    operates(&postgres.url, &["migrate"]).await.well();
    loses_commits(&postgres).await;
    let newer = Database::make(Kind::MySql).await;
    operates(&newer.url, &["migrate"]).await.well();
    newer.execute("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 9").await;
    let lost = "postgres://parlor@127.0.0.1:1/parlor";
    let damaged = format!("sqlite://{file}");
    let cases: [(&str, &[&str], &str, &str); 10] = [
        (&fresh, &["--listen", &taken], "port", "choose another with PARLOR_LISTEN"),
        (&fresh, &["--metrics-listen", &taken], "metrics port", "choose another with PARLOR_METRICS_LISTEN"),
        (&fresh, &["--web-dir", folder.path().to_str().unwrap()], "settings", "index.html"),
        (&fresh, &["--bus", "redis://127.0.0.1:1"], "settings", "PARLOR_BUS joins several nodes"),
        (lost, &[], "database", "127.0.0.1:1"),
        (&damaged, &[], "database", "restore a backup (when "),
        (&damaged, &[], "database", "file-wal and "),
        (&postgres.url, &[], "database", "synchronous_commit is off; set it to on"),
        (&postgres.url, &["--bus", "redis://127.0.0.1:1"], "bus", "Redis: "),
        (&newer.url, &[], "tables", "newer version"),
    ];
    for (url, flags, about, part) in cases {
        let (status, found) = doctor(url, flags).await;
        let (verdict, says) = &found[about];
        assert!(verdict == "fail" && says.contains(part), "{about}: {part}: {found:?}");
        assert_eq!(status, Some(1), "{found:?}");
    }
    assert!(!folder.path().join("fresh.db").exists(), "it changes nothing");
    let (status, found) = doctor(&postgres.url, &["--accept-data-loss"]).await;
    assert_eq!(status, Some(0), "{found:?}");
    // An empty URL is none: the database is in the data folder.
    let data = folder.path().join("data");
    let flag = format!("--data-dir={}", data.display());
    let verdict = async || operates("", &["doctor", "--json", &flag]).await;
    assert_eq!(findings(&verdict().await)["data folder"].0, "ok");
    assert!(!data.exists());
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    let found = findings(&verdict().await);
    assert!(found["data folder"].0 == "warn" && found["data folder"].1.contains("chmod 700"), "{found:?}");
    fs::remove_dir(&data).unwrap();
    fs::write(&data, "").unwrap();
    let found = findings(&verdict().await);
    assert!(found["data folder"].0 == "fail" && found["data folder"].1.contains("is no folder"), "{found:?}");
}

#[tokio::test]
async fn what_a_start_would_refuse_is_told_before_the_first_one() {
    let lossy = Database::make(Kind::Postgres).await;
    loses_commits(&lossy).await;
    let latin = format!("{}_latin", name(&lossy));
    lossy.execute(&format!("CREATE DATABASE {latin} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")).await;
    let mut told = Vec::new();
    for url in [lossy.url.clone(), lossy.url.replace(name(&lossy), &latin)] {
        told.push((
            doctor(&url, &[]).await,
            operates(&url, &["migrate", "--check"]).await,
            operates(&url, &["migrate"]).await,
        ));
    }
    lossy.execute(&format!("DROP DATABASE {latin} WITH (FORCE)")).await;
    let words = ["synchronous_commit is off; set it to on", "encoding is LATIN1; Parlor needs UTF8"];
    for (words, ((status, found), check, migrate)) in words.into_iter().zip(told) {
        let (verdict, says) = &found["database"];
        assert!(status == Some(1) && verdict == "fail" && says.contains(words), "{found:?}");
        for done in [check, migrate] {
            let refused = done.refused();
            assert!(refused.contains(words), "{refused}");
        }
    }
    let (status, found) = doctor(&lossy.url, &["--accept-data-loss"]).await;
    assert_eq!((status, found["tables"].0.as_str()), (Some(0), "warn"), "{found:?}");
    assert!(!lossy.has_table("meta").await, "nothing is changed by asking");
}
