//! The operator's desk: the program's subcommands on a database.

use parlor_tests::{ServerProcess, databases::Database, process::command, server::SECRET, within};
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{io::AsyncWriteExt as _, process::Command};

/// No subcommand here has so much to do; the machine may be slow.
const PATIENCE: Duration = Duration::from_mins(1);

/// What came of a subcommand.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    /// What it printed, as it must have succeeded.
    #[track_caller]
    pub(crate) fn well(self) -> String {
        assert_eq!(self.status, Some(0), "{self:?}");
        self.out
    }

    /// The one line that says why it failed.
    #[track_caller]
    pub(crate) fn refused(self) -> String {
        assert_eq!(self.status, Some(1), "{self:?}");
        assert_eq!(self.err.lines().count(), 1, "{self:?}");
        self.err.strip_prefix("parlor-server: ").unwrap().trim_end().to_owned()
    }
}

/// The program, to do something with this database.
pub(crate) fn program(url: &str, arguments: &[&str]) -> Command {
    let mut program = command();
    program.args(arguments).env("PARLOR_DATABASE_URL", url).env("PARLOR_LISTEN", "127.0.0.1:0");
    program.stdout(Stdio::piped()).stderr(Stdio::piped());
    program
}

/// Does something with the database.
pub(crate) async fn operates(url: &str, arguments: &[&str]) -> Done {
    operates_with(url, arguments, "").await
}

/// The same, with something to read.
pub(crate) async fn operates_with(url: &str, arguments: &[&str], input: &str) -> Done {
    let mut child = program(url, arguments).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // It may not want to read.
    stdin.write_all(input.as_bytes()).await.ok();
    drop(stdin);
    let output = within(PATIENCE, arguments.join(" "), child.wait_with_output()).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Done { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A start that must fail: why it did.
pub(crate) async fn refuses_to_start(url: &str) -> String {
    let start = program(url, &[]).env("PARLOR_JWT_SECRET", SECRET).output();
    let output = within(PATIENCE, "a start to be refused", start).await.unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// A server on this database, without limits.
pub(crate) async fn serves(database: &Database) -> ServerProcess {
    serves_with(database, &[]).await
}

/// The same with further settings.
pub(crate) async fn serves_with(database: &Database, settings: &[(&str, &str)]) -> ServerProcess {
    let own = [
        ("PARLOR_DATABASE_URL", database.url.as_str()),
        ("PARLOR_JWT_SECRET", SECRET),
        ("PARLOR_LIMIT_MESSAGE", "off"),
        ("PARLOR_LIMIT_EVENTS", "off"),
    ];
    ServerProcess::start(&[&own, settings].concat()).await
}

/// Exports the database into this file.
pub(crate) async fn exports(database: &Database, folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    operates(&database.url, &["export", path.to_str().unwrap()]).await.well();
    path
}

/// Imports this file.
pub(crate) async fn imports(database: &Database, path: &Path) -> Done {
    operates(&database.url, &["import", path.to_str().unwrap()]).await
}
