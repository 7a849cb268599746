//! A place to run `parlor` in: a home of its own, and no terminal.

use parlor_tests::{DEADLINE, people::PASSWORD, soon, within};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Output, Stdio},
};
use tempfile::TempDir;
use tokio::task::spawn_blocking;

/// Somebody's home.
pub(crate) struct Shell {
    home: TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// The lines of its output, when it has gone well.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<&str> {
        assert_eq!(self.code, 0, "{self:?}");
        self.out.lines().collect()
    }

    /// Its exit status; nothing must stand among the data.
    #[track_caller]
    pub(crate) fn failed(&self) -> i32 {
        assert_eq!(self.out, "", "{self:?}");
        assert!(!self.err.is_empty());
        self.code
    }
}

impl Shell {
    /// A home where nobody is signed in.
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    /// A home where a new account is signed in. Its e-mail address is `<name>@example.com`.
    pub(crate) async fn of(name: &str, server: &str) -> Self {
        let shell = Self::new();
        let email = format!("{name}@example.com");
        let login = [
            "login",
            "--register",
            "--username",
            name,
            "--email",
            &email,
            "--server",
            server,
            "--password-stdin",
        ];
        assert_eq!(shell.run_with(&login, PASSWORD).await.lines(), [name]);
        shell
    }

    /// Where the session is kept.
    pub(crate) fn session(&self) -> PathBuf {
        self.home.path().join("state/parlor/session.json")
    }

    /// Runs `parlor` with these arguments, and nothing on standard input.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(arguments, "").await
    }

    /// Runs `parlor` with these arguments and this on standard input.
    pub(crate) async fn run_with(&self, arguments: &[&str], input: &str) -> Ended {
        let mut child = self.command(arguments).spawn().unwrap();
        let input = input.to_owned();
        let ended = spawn_blocking(move || {
            // One that ends before it has read everything closes this.
            child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
            child.wait_with_output().unwrap()
        });
        let Output { status, stdout, stderr } = within(DEADLINE * 3, "parlor to end", ended).await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
    }

    /// Starts `parlor` with these arguments.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let mut child = self.command(arguments).stderr(Stdio::inherit()).spawn().unwrap();
        let out = child.stdout.take().map(BufReader::new);
        Running { child, out }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parlor"));
        command
            .args(arguments)
            .env_remove("PARLOR_SERVER")
            .env_remove("PARLOR_PROFILE")
            .env("HOME", self.home.path())
            .env("XDG_STATE_HOME", self.home.path().join("state"))
            .env("TZ", "UTC")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// A command that goes on; it is killed when it is dropped.
pub(crate) struct Running {
    child: Child,
    out: Option<BufReader<ChildStdout>>,
}

impl Running {
    /// The next line of its output.
    pub(crate) async fn line(&mut self) -> String {
        let mut out = self.out.take().unwrap();
        let read = spawn_blocking(move || {
            let mut line = String::new();
            out.read_line(&mut line).unwrap();
            (out, line)
        });
        let (out, line) = within(DEADLINE * 3, "a line", read).await.unwrap();
        self.out = Some(out);
        line.trim_end_matches('\n').to_owned()
    }

    /// Reads no more, as `head` does at its end.
    pub(crate) fn stop_reading(&mut self) {
        self.out = None;
    }

    /// Its exit status.
    pub(crate) async fn ends(mut self) -> Option<i32> {
        let id = self.child.id();
        let ended = async {
            loop {
                match self.child.try_wait().unwrap() {
                    Some(status) => break status.code(),
                    // Only its end can be asked for, not waited for together with a deadline.
                    None => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
                }
            }
        };
        soon(format!("process {id} to end"), ended).await
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
