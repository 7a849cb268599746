//! A MariaDB that is set to lose what it has acknowledged: a server of the test's own, since these settings are the whole server's.

use parlor_server::store::{Store, StoreSettings};
use parlor_tests::within;
use sqlx::{Connection, Executor, MySqlConnection};
use std::{path::Path, process::Stdio, time::Duration};
use tokio::{
    process::{Child, Command},
    time::sleep,
};

/// For a slow machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// A program of MariaDB's, on the data in this folder; it runs as whoever asks for it.
fn program(name: &str, folder: &Path, flags: &[&str]) -> Command {
    const RUN: &str = r#"program=$1 folder=$2; shift 2; PATH=$PATH:/usr/sbin
        exec "$program" --no-defaults --datadir="$folder/data" --user="$(id -un)" "$@" >>"$folder/log" 2>&1"#;
    let mut command = Command::new("sh");
    command.args(["-c", RUN, "sh", name]).arg(folder).args(flags).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// The server, when it answers at its socket.
async fn started(folder: &Path, flags: &[&str]) -> (Child, MySqlConnection) {
    let socket = folder.join("socket");
    let own = [&*format!("--socket={}", socket.display()), "--skip-networking", "--skip-grant-tables"];
    let mut server = program("mariadbd", folder, &[&own, flags].concat()).spawn().unwrap();
    let url = format!("mysql://root@localhost/?socket={}", socket.display());
    let answers = async {
        loop {
            match MySqlConnection::connect(&url).await {
                Ok(connection) => break connection,
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
            if let Some(status) = server.try_wait().unwrap() {
                panic!("{status}: {}", std::fs::read_to_string(folder.join("log")).unwrap());
            }
        }
    };
    let connection = within(PATIENCE, "MariaDB to answer", answers).await;
    (server, connection)
}

#[tokio::test]
async fn a_mariadb_that_loses_commits_or_pages_is_refused_unless_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let made = program("mariadb-install-db", folder.path(), &["--skip-test-db"]).status();
    let made = within(PATIENCE, "the data to be made", made).await.unwrap();
    assert!(made.success(), "{}", std::fs::read_to_string(folder.path().join("log")).unwrap());
    let url = format!("mysql://root@localhost/parlor?socket={}", folder.path().join("socket").display());
    let settings = |accept_data_loss| StoreSettings { url: url.parse().unwrap(), accept_data_loss };
    for (flag, words) in [
        ("--innodb-flush-log-at-trx-commit=2", "innodb_flush_log_at_trx_commit is 2; set it to 1"),
        ("--log-bin", "sync_binlog is 0; set it to 1"),
        ("--innodb-doublewrite=0", "innodb_doublewrite is OFF; set it to ON"),
        ("--innodb-flush-method=nosync", "innodb_flush_method is nosync; set it to fsync"),
    ] {
        let (mut server, mut connection) = started(folder.path(), &[flag]).await;
        connection.execute("CREATE DATABASE IF NOT EXISTS parlor").await.unwrap();
        connection.close().await.unwrap();
        let refused = Store::open(&settings(false)).await.unwrap_err().to_string();
        assert!(refused.contains(words), "{flag}: {refused}");
        Store::open(&settings(true)).await.unwrap().close().await;
        server.kill().await.unwrap();
    }
    // A binlog that nobody keeps may be lost.
    let (mut server, _) = started(folder.path(), &[]).await;
    Store::open(&settings(false)).await.unwrap().close().await;
    server.kill().await.unwrap();
}
