//! A terminal that a test types into and reads: tmux, with a server, a home and a shell of its own for each.

use parlor_tests::{DEADLINE, process::built};
use regex::Regex;
use std::{
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::sleep,
};

/// A person's terminal, with a shell in which `parlor` is found. It goes when it is dropped, with all that runs in it; of a test that
/// fails it shows what was on it.
pub(crate) struct Terminal {
    name: &'static str,
    folder: Arc<TempDir>,
    /// The name of its server: each terminal of a home has one of its own.
    socket: String,
    _server: Child,
}

impl Terminal {
    /// A terminal of so many columns and lines.
    pub(crate) async fn open(name: &'static str, columns: u16, lines: u16) -> Self {
        Self::at(name, columns, lines, Arc::new(tempfile::tempdir().unwrap())).await
    }

    /// Another one of the same person: with the same home.
    pub(crate) async fn beside(&self, name: &'static str, (columns, lines): (u16, u16)) -> Self {
        Self::at(name, columns, lines, self.folder.clone()).await
    }

    async fn at(name: &'static str, columns: u16, lines: u16, folder: Arc<TempDir>) -> Self {
        let profile = folder.path().join("profile");
        std::fs::write(&profile, "PS1='$ '\n").unwrap();
        let socket = format!("parlor-{}", Arc::strong_count(&folder));
        // In the foreground, so that it is ours to end.
        let mut server = tmux(&folder, &socket);
        let server = server.arg("-D").env("ENV", profile).env("PATH", path()).kill_on_drop(true).spawn();
        let server = server.unwrap_or_else(|cause| match cause.kind() {
            ErrorKind::NotFound => panic!("these tests need tmux; on Debian: apt-get install tmux"),
            _ => panic!("tmux: {cause}"),
        });
        let terminal = Self { name, folder, socket, _server: server };
        let begun = Instant::now();
        // What a program asks of the clipboard and the window's name is done, so that a test can find it.
        while !terminal.tries(&["set-option", "-g", "set-clipboard", "on"]).await {
            assert!(begun.elapsed() < DEADLINE, "tmux does not start");
            // There is no event to wait for before its socket is there.
            sleep(Duration::from_millis(10)).await;
        }
        terminal.tmux(&["set-option", "-s", "escape-time", "0"]).await;
        terminal.tmux(&["set-option", "-g", "allow-rename", "on"]).await;
        terminal.tmux(&["set-option", "-g", "automatic-rename", "off"]).await;
        terminal.tmux(&["set-option", "-g", "history-limit", "50000"]).await;
        terminal.tmux(&["set-option", "-g", "default-terminal", "screen-256color"]).await;
        let (columns, lines) = (columns.to_string(), lines.to_string());
        terminal.tmux(&["new-session", "-d", "-s", "it", "-x", &columns, "-y", &lines, "/bin/sh"]).await;
        terminal.shows(r"(?m)^\$$").await;
        terminal
    }

    /// The home of its person.
    pub(crate) fn home(&self) -> &Path {
        self.folder.path()
    }

    /// Types this as it stands.
    pub(crate) async fn types(&self, text: &str) {
        self.tmux(&["send-keys", "-t", "it", "-l", "--", text]).await;
    }

    /// Presses keys, by the names that tmux has for them: `Enter`, `Escape`, `C-k`, `M-a`, `PageUp`, `F1`.
    pub(crate) async fn presses(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys", "-t", "it"], keys].concat()).await;
    }

    /// Types a line, and ends it with Enter.
    pub(crate) async fn enters(&self, line: &str) {
        self.types(line).await;
        self.presses(&["Enter"]).await;
    }

    /// Pastes this, as terminals do that say what is pasted.
    pub(crate) async fn pastes(&self, text: &str) {
        self.tmux(&["set-buffer", "--", text]).await;
        self.tmux(&["paste-buffer", "-p", "-d", "-t", "it"]).await;
    }

    /// Makes it so many columns and lines large.
    pub(crate) async fn resizes(&self, columns: u16, lines: u16) {
        self.tmux(&["resize-window", "-t", "it", "-x", &columns.to_string(), "-y", &lines.to_string()]).await;
    }

    /// What is on it now; a line ends with its last character that is no blank.
    pub(crate) async fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-t", "it"]).await
    }

    /// The same with its colours, as escape sequences.
    pub(crate) async fn colours(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-e", "-t", "it"]).await
    }

    /// All that has been on it, with what was scrolled away; lines that were too long are in one piece.
    pub(crate) async fn everything(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-e", "-J", "-S", "-", "-t", "it"]).await
    }

    /// What tmux knows of it, such as `#{pane_title}`.
    pub(crate) async fn knows(&self, format: &str) -> String {
        self.tmux(&["display-message", "-p", "-t", "it", format]).await.trim_end().to_owned()
    }

    /// From now on, what programs write to it goes into a file, too.
    pub(crate) async fn is_recorded(&self) -> PathBuf {
        let file = self.home().join("written");
        self.tmux(&["pipe-pane", "-o", "-t", "it", &format!("cat > {}", file.display())]).await;
        file
    }

    /// What is in such a file, once this is.
    pub(crate) async fn recorded(file: &Path, end: &str) -> String {
        let begun = Instant::now();
        loop {
            let written = std::fs::read(file).unwrap_or_default();
            let written = String::from_utf8_lossy(&written).into_owned();
            if written.contains(end) {
                return written;
            }
            assert!(begun.elapsed() < DEADLINE, "{end:?} was not written: {written:?}");
            // A file says nothing when it changes.
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// The process that was started in its shell.
    pub(crate) async fn program(&self) -> String {
        let shell = self.knows("#{pane_pid}").await;
        let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap();
        let [child] = children.split_whitespace().collect::<Vec<_>>().try_into().unwrap();
        child.to_owned()
    }

    /// What programs have put into the clipboard.
    pub(crate) async fn clipboard(&self) -> String {
        self.tmux(&["list-buffers"]).await
    }

    /// Waits until this pattern is on it.
    pub(crate) async fn shows(&self, pattern: &str) -> String {
        self.shows_within(DEADLINE, pattern).await
    }

    /// Waits so long until this pattern is on it.
    pub(crate) async fn shows_within(&self, time: Duration, pattern: &str) -> String {
        let wanted = Regex::new(pattern).unwrap();
        self.becomes(time, &format!("to show {pattern}"), |screen| wanted.is_match(screen)).await
    }

    /// Waits until this pattern is no longer on it.
    pub(crate) async fn hides(&self, pattern: &str) -> String {
        let unwanted = Regex::new(pattern).unwrap();
        self.becomes(DEADLINE, &format!("to hide {pattern}"), |screen| !unwanted.is_match(screen)).await
    }

    /// Waits until what is on it is as it should be.
    pub(crate) async fn becomes(&self, time: Duration, what: &str, is: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let screen = self.screen().await;
            if is(&screen) {
                return screen;
            }
            assert!(begun.elapsed() < time, "waited {time:?} for {}'s terminal {what}", self.name);
            // A terminal says nothing when it changes.
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// What a tmux command prints.
    async fn tmux(&self, arguments: &[&str]) -> String {
        let output = tmux(&self.folder, &self.socket).arg("-N").args(arguments).output().await.unwrap();
        assert!(output.status.success(), "tmux {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    async fn tries(&self, arguments: &[&str]) -> bool {
        tmux(&self.folder, &self.socket).arg("-N").args(arguments).output().await.unwrap().status.success()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let run = |arguments: &[&str]| {
            tmux(&self.folder, &self.socket).as_std_mut().arg("-N").args(arguments).output()
        };
        if std::thread::panicking()
            && let Ok(screen) = run(&["capture-pane", "-p", "-t", "it"])
        {
            let screen = String::from_utf8_lossy(&screen.stdout).into_owned();
            writeln!(std::io::stderr(), "--- {}'s terminal\n{}\n---", self.name, screen.trim_end()).ok();
        }
        run(&["kill-server"]).ok();
    }
}

/// tmux for the terminal of this home, and nothing of the environment but what is said here.
fn tmux(home: &TempDir, socket: &str) -> Command {
    let mut command = Command::new("tmux");
    command.args(["-L", socket, "-f", "/dev/null"]).env_clear();
    command.env("HOME", home.path()).env("TMUX_TMPDIR", home.path());
    command.envs([("PATH", path().as_str()), ("LC_ALL", "C.UTF-8"), ("TZ", "UTC")]);
    command.stdin(Stdio::null());
    command
}

/// Where programs are found: first of all `parlor`.
#[allow(clippy::disallowed_methods, reason = "where tmux is, only the environment knows")]
fn path() -> String {
    let parlor = built("parlor");
    let folder = parlor.parent().unwrap().display();
    format!("{folder}:{}", std::env::var("PATH").unwrap_or_default())
}
