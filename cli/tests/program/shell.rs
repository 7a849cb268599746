//! A place to run `parlor` in: a home of its own, and no terminal.

use parlor_tests::{DEADLINE, people::PASSWORD, soon, within};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::process::ExitStatusExt as _,
    path::PathBuf,
    process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio},
};
use tempfile::{NamedTempFile, TempDir};
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
    pub(crate) async fn run_with(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Ended {
        self.run_in(&[], arguments, input).await
    }

    /// Runs `parlor` with these variables beside.
    pub(crate) async fn run_in(
        &self,
        variables: &[(&str, &str)],
        arguments: &[&str],
        input: impl AsRef<[u8]>,
    ) -> Ended {
        let mut child = self.command(arguments).envs(variables.iter().copied()).spawn().unwrap();
        let input = input.as_ref().to_owned();
        let ended = spawn_blocking(move || {
            // One that ends before it has read everything closes this.
            child.stdin.take().unwrap().write_all(&input).ok();
            child.wait_with_output().unwrap()
        });
        let Output { status, stdout, stderr } = within(DEADLINE * 3, "parlor to end", ended).await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
    }

    /// Starts `parlor` with these arguments.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        self.start_into(arguments, Stdio::piped())
    }

    /// Starts `parlor`, which prints into `out`.
    pub(crate) fn start_into(&self, arguments: &[&str], out: Stdio) -> Running {
        self.start_command(self.command(arguments), out)
    }

    /// The same, after this command of `sh`.
    pub(crate) fn start_in(&self, before: &str, arguments: &[&str], out: Stdio) -> Running {
        let script = format!("{before}; exec \"$0\" \"$@\"");
        let parlor = env!("CARGO_BIN_EXE_parlor");
        self.start_command(self.program("sh", &[&["-c", &script, parlor], arguments].concat()), out)
    }

    fn start_command(&self, mut command: Command, out: Stdio) -> Running {
        let told = NamedTempFile::new_in(self.home.path()).unwrap();
        let error = told.reopen().unwrap();
        let mut child = command.stdout(out).stderr(error).spawn().unwrap();
        let out = child.stdout.take().map(BufReader::new);
        Running { child, out, told }
    }

    /// A file of this name at home.
    pub(crate) fn file(&self, name: &str) -> String {
        self.home.path().join(name).to_str().unwrap().to_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        // Whoever runs tests in the background ignores Ctrl-C, and what they start would, too.
        let parlor = ["--default-signal=INT", env!("CARGO_BIN_EXE_parlor")];
        self.program("env", &[&parlor[..], arguments].concat())
    }

    fn program(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        for variable in ["PARLOR_SERVER", "PARLOR_PROFILE", "PARLOR_TOKEN", "PARLOR_CONFIG_DIR", "NO_COLOR"] {
            command.env_remove(variable);
        }
        // Nobody's own secret service is written to.
        let no_bus = format!("unix:path={}", self.home.path().join("no-bus").display());
        command
            .args(arguments)
            .env("DBUS_SESSION_BUS_ADDRESS", no_bus)
            .env("HOME", self.home.path())
            .env("XDG_CONFIG_HOME", self.home.path().join("config"))
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
    told: NamedTempFile,
}

impl Running {
    /// What it has told on standard error.
    pub(crate) fn told(&self) -> String {
        std::fs::read_to_string(self.told.path()).unwrap()
    }

    /// Writes a line to its standard input.
    pub(crate) fn says(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Writes this to its standard input.
    pub(crate) fn write(&mut self, text: &str) {
        self.child.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// Ends its standard input.
    pub(crate) fn ends_input(&mut self) {
        self.child.stdin = None;
    }

    /// Sends it a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

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

    /// Its exit status; none if a signal ended it.
    pub(crate) async fn ends(&mut self) -> Option<i32> {
        self.status().await.code()
    }

    /// Its exit status as a shell tells it.
    pub(crate) async fn ended_as_told(&mut self) -> i32 {
        let status = self.status().await;
        status.code().or_else(|| Some(128 + status.signal()?)).unwrap()
    }

    async fn status(&mut self) -> ExitStatus {
        let id = self.child.id();
        let ended = async {
            loop {
                match self.child.try_wait().unwrap() {
                    Some(status) => break status,
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
