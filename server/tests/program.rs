//! The program as an operator meets it: its messages, its exit codes, its signals.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::{
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};
use tempfile::TempDir;

/// More than the server may take to stop.
const DEADLINE: Duration = Duration::from_secs(25);

fn program(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlor-server"));
    command.env_clear().current_dir(folder.path()).arg("--listen=127.0.0.1:0");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A server that is ready, and is gone when this is dropped.
struct Running {
    child: Child,
    banner: Vec<String>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn start(mut command: Command) -> Running {
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut banner = Vec::new();
    while !banner.last().is_some_and(|line: &String| line.contains("Secret")) {
        banner.push(lines.next().expect("the banner ends with the secret"));
    }
    Running { child, banner }
}

impl Running {
    fn url(&self, name: &str) -> &str {
        let line = self.banner.iter().find(|line| line.trim_start().starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap()
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    fn exit_code(mut self) -> Option<i32> {
        let (told, ended) = mpsc::channel();
        let id = self.child.id();
        thread::spawn(move || {
            if ended.recv_timeout(DEADLINE).is_err() {
                Command::new("kill").args(["-KILL", &id.to_string()]).status().unwrap();
            }
        });
        let code = self.child.wait().unwrap().code();
        told.send(()).ok();
        code
    }
}

/// The one line of a start that fails.
#[track_caller]
fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    text.strip_prefix("parlor-server: ").unwrap().trim_end().to_owned()
}

#[test]
fn with_nothing_set_it_starts_answers_its_health_check_and_stops_at_a_signal() {
    for signal in ["-TERM", "-INT"] {
        let folder = TempDir::new().unwrap();
        let server = start(program(&folder));
        let (_, address) = server.url("REST").split_once("//").unwrap();
        let listen = format!("--listen={}", address.split_once('/').unwrap().0);
        let check = |listen: &str| program_with(&folder, listen).arg("healthcheck").output().unwrap();
        let healthy = check(&listen);
        assert_eq!(healthy.status.code(), Some(0), "{healthy:?}");
        server.signal(signal);
        assert_eq!(server.exit_code(), Some(0));
        assert!(refused(&check(&listen)).contains("cannot be reached"));
    }
}

fn program_with(folder: &TempDir, listen: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlor-server"));
    command.env_clear().current_dir(folder.path()).arg(listen);
    command
}

#[test]
fn two_servers_cannot_share_a_data_folder() {
    let folder = TempDir::new().unwrap();
    let _first = start(program(&folder));
    let message = refused(&program(&folder).output().unwrap());
    assert!(message.contains("is in use by another server"), "{message}");
}

#[test]
fn whatever_ends_a_start_is_one_line_that_says_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let folder = TempDir::new().unwrap();
    let listen = format!("--listen={taken}");
    let message = refused(&program_with(&folder, &listen).output().unwrap());
    assert!(message.contains(&taken), "{message}");
    for (name, value, part) in [
        ("PARLOR_LISTEM", "x", "Did you mean PARLOR_LISTEN?"),
        ("PARLOR_DATA_DIR", "/dev/null/x", "The data folder /dev/null/x cannot be made: "),
        ("PARLOR_DATABASE_URL", "sqlite:///nowhere/x.db", "/nowhere/x.db"),
        ("PARLOR_CONFIG", "nowhere.toml", "cannot read the file nowhere.toml"),
    ] {
        let message = refused(&program(&folder).env(name, value).output().unwrap());
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn in_json_every_line_of_output_is_json() {
    let folder = TempDir::new().unwrap();
    let mut child = program(&folder).env("PARLOR_LOG_FORMAT", "json").spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let is_last = |line: &serde_json::Value| line["name"] == "Secret";
    let found =
        lines.by_ref().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).any(|line| is_last(&line));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(found);
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert_eq!(out, "");
}
