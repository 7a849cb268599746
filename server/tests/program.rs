//! The program as an operator meets it: its messages, its exit codes, its signals.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::{
    io::{BufRead, BufReader, Read, Write},
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

fn start(command: Command) -> Running {
    start_until(command, "Secret")
}

/// Starts, and reads the banner up to the line with this name.
fn start_until(mut command: Command, last: &str) -> Running {
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut banner = Vec::new();
    while !banner.last().is_some_and(|line: &String| line.contains(last)) {
        banner.push(lines.next().expect("the banner has this line"));
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
        let id = self.child.id();
        within_deadline(id, || self.child.wait().unwrap().code())
    }
}

/// Kills the process when it takes too long, so that a test fails and does not hang.
fn within_deadline<T>(id: u32, wait: impl FnOnce() -> T) -> T {
    let (told, ended) = mpsc::channel();
    thread::spawn(move || {
        if ended.recv_timeout(DEADLINE).is_err() {
            Command::new("kill").args(["-KILL", &id.to_string()]).status().unwrap();
        }
    });
    let waited = wait();
    told.send(()).ok();
    waited
}

fn run(mut command: Command) -> Output {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    within_deadline(child.id(), || child.wait_with_output().unwrap())
}

/// The one line of a start that fails.
#[track_caller]
fn refused(command: Command) -> String {
    let output = run(command);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let text = String::from_utf8(output.stderr).unwrap();
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
        let check = || {
            let mut command = program_with(&folder, &listen);
            command.arg("healthcheck");
            command
        };
        let healthy = run(check());
        assert_eq!(healthy.status.code(), Some(0), "{healthy:?}");
        server.signal(signal);
        assert_eq!(server.exit_code(), Some(0));
        assert!(refused(check()).contains("cannot be reached"));
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
    let message = refused(program(&folder));
    assert!(message.contains("parlor-data/parlor.db is in use by another server"), "{message}");
}

#[test]
fn whatever_ends_a_start_is_one_line_that_says_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let folder = TempDir::new().unwrap();
    let listen = format!("--listen={taken}");
    let message = refused(program_with(&folder, &listen));
    assert!(message.contains(&taken), "{message}");
    let mut command = program(&folder);
    command.env("PARLOR_METRICS_LISTEN", &taken);
    let message = refused(command);
    assert!(message.contains(&taken) && message.contains("PARLOR_METRICS_LISTEN"), "{message}");
    for (name, value, part) in [
        ("PARLOR_LISTEM", "x", "Did you mean PARLOR_LISTEN?"),
        ("PARLOR_DATA_DIR", "/dev/null/x", "The data folder /dev/null/x cannot be made: "),
        ("PARLOR_DATABASE_URL", "sqlite:///dev/null/x.db", "/dev/null/x.db"),
        ("PARLOR_WEB_DIR", "nowhere", "The folder nowhere cannot be served: "),
        ("PARLOR_WEB_DIR", ".", "There is no index.html in .. PARLOR_WEB_DIR names the folder of"),
        (
            "PARLOR_SOCKETIO_CLIENT_DIR",
            ".",
            "There is no socket.io.js in .. PARLOR_SOCKETIO_CLIENT_DIR names",
        ),
        ("PARLOR_CONFIG", "nowhere.toml", "cannot read the file nowhere.toml"),
    ] {
        let mut command = program(&folder);
        command.env(name, value);
        let message = refused(command);
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn settings_that_anybody_could_read_end_the_start() {
    let (folder, data) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    std::fs::write(folder.path().join("index.html"), "<p>").unwrap();
    std::fs::write(folder.path().join("parlor.toml"), "log = 'info'").unwrap();
    let mut command = program(&folder);
    command.env("PARLOR_WEB_DIR", ".").env("PARLOR_DATA_DIR", data.path());
    let message = refused(command);
    assert!(message.contains("Anybody could read") && message.contains("parlor.toml"), "{message}");
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

#[test]
fn the_demo_has_people_to_sign_in_as_and_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let mut command = program(&folder);
    command.arg("--demo").env("TMPDIR", folder.path());
    let server = start_until(command, "Data");
    let people = server.banner.iter().find(|line| line.contains("Sign in")).unwrap();
    let password = people.split("password: ").nth(1).unwrap();
    let body = format!(r#"{{"email":"ada@example.com","password":"{password}"}}"#);
    let answer = post(&server, "/api/v1/auth/login", &body);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    server.signal("-TERM");
    assert_eq!(server.exit_code(), Some(0));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn the_demo_heeds_no_limit_while_it_is_filled_and_takes_no_data_of_others() {
    let folder = TempDir::new().unwrap();
    let mut command = program(&folder);
    command.arg("--demo").env("TMPDIR", folder.path());
    for limit in ["REGISTER", "MESSAGE", "INVITE", "INVITE_TRY"] {
        command.env(format!("PARLOR_LIMIT_{limit}"), "1/3600s");
    }
    for limit in ["ROOMS_CREATED", "MEMBERSHIPS", "ROOM_MEMBERS"] {
        command.env(format!("PARLOR_LIMIT_{limit}"), "1");
    }
    let server = start_until(command, "Data");
    let account = r#"{"username":"eve","email":"eve@example.com","password":"a word nobody guesses"}"#;
    assert!(post(&server, "/api/v1/auth/register", account).starts_with("HTTP/1.1 201"));
    assert!(post(&server, "/api/v1/auth/register", account).starts_with("HTTP/1.1 429"));
    for other in ["--data-dir=mine", "--database-url=sqlite://mine.db"] {
        let mut command = program(&folder);
        command.args(["--demo", other]);
        let message = refused(command);
        assert!(message.contains("leave out either --demo, or the data folder"), "{message}");
        assert!(!folder.path().join("mine").exists());
    }
}

fn post(server: &Running, path: &str, body: &str) -> String {
    let host = server.url("REST").trim_start_matches("http://").split('/').next().unwrap().to_owned();
    let mut stream = std::net::TcpStream::connect(&host).unwrap();
    let length = body.len();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
