//! Nodes joined by a Redis server that is spoken to over TLS, and that wants to know who speaks.

use crate::cluster::{Cluster, House};
use parlor_tests::{
    DEADLINE,
    databases::{Database, Kind, redis_tls_url},
    process::command,
    server::SECRET,
    within,
};
use std::process::Output;

#[tokio::test]
async fn nodes_hear_each_other_over_tls() {
    let url = redis_tls_url();
    let cluster =
        Cluster::start_with(House::PostgresAndRedis, |config| config.bus = Some(url.parse().unwrap())).await;
    let [ada] = cluster.nodes[0].people(["ada"]).await;
    cluster.is_joined(&ada).await;
}

async fn serves(command_line: &[&str], database: &Database, bus: &str) -> Output {
    let settings =
        [("PARLOR_DATABASE_URL", &*database.url), ("PARLOR_BUS", bus), ("PARLOR_JWT_SECRET", SECRET)];
    let output = command().args(command_line).envs(settings).output();
    within(DEADLINE, "the command to end", output).await.unwrap()
}

#[tokio::test]
async fn who_cannot_be_known_is_not_spoken_to_and_the_doctor_says_why() {
    let database = Database::make(Kind::Postgres).await;
    let whole = redis_tls_url();
    let (bare, _) = whole.split_once('?').unwrap();
    let (anonymous, _) = whole.split_once('&').unwrap();
    let plain = bare.replace("rediss", "redis");
    for (url, says) in
        [(&*whole, "Redis answers"), (bare, "UnknownIssuer"), (anonymous, "Redis: "), (&plain, "Redis: ")]
    {
        let output = serves(&["doctor"], &database, url).await;
        let words = String::from_utf8(output.stdout).unwrap();
        let line = words.lines().find(|line| line.contains(" bus ")).unwrap();
        assert!(line.starts_with("ok") == (url == whole) && line.contains(says), "{words}");
    }
}

#[tokio::test]
async fn a_start_without_the_certificates_that_were_named_ends_in_words() {
    let database = Database::make(Kind::Postgres).await;
    let file = |text: &str| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    };
    let section = |name: &str| file(&format!("-----BEGIN {name}-----\nAAAA\n-----END {name}-----\n"));
    let (empty, other) = (file(""), section("TRUSTED CERTIFICATE"));
    let (ours, closed) = (section("CERTIFICATE"), section("ENCRYPTED PRIVATE KEY"));
    let [empty, other, ours, closed] = [&empty, &other, &ours, &closed].map(|file| file.path().display());
    for (options, why) in [
        ("ssl_ca_certs=/nowhere/ca.pem".to_owned(), "/nowhere/ca.pem can't be read: No such file"),
        (format!("ssl_ca_certs={empty}"), "has no CERTIFICATE in PEM form"),
        (format!("ssl_ca_certs={other}"), "has no CERTIFICATE in PEM form"),
        (format!("ssl_certfile={ours}"), "has no PRIVATE KEY in PEM form"),
        (format!("ssl_certfile={ours}&ssl_keyfile={closed}"), "an encrypted key is of no use"),
    ] {
        let output = serves(&[], &database, &format!("rediss://127.0.0.1:1?{options}")).await;
        let words = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && words.contains("PARLOR_BUS can't be used: ") && words.contains(why),
            "{words}"
        );
    }
}
