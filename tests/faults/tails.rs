//! The terminal client's `tail --cursor`, killed and started again under load: each message is printed once, in order.

use parlor_protocol::{rooms::Room, timeline::Happening};
use parlor_tests::{
    DEADLINE, Person, ServerProcess,
    dice::Dice,
    people::PASSWORD,
    process,
    scale::{scale, server, shown},
    within,
};
use std::{
    fs::{File, OpenOptions},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    io::AsyncWriteExt as _,
    process::{Child, Command},
    sync::watch,
    task::JoinHandle,
    time::sleep,
};

const LAST: &str = "the last one";

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_that_is_killed_and_started_again_prints_every_message_once() {
    let rounds = scale(6, 50);
    let server = server().await;
    let [eve] = server.people(["eve"]).await;
    let rooms = [eve.creates_room("kitchen").await, eve.creates_room("cellar").await];
    let (writing, quiet) = writes(eve.clone(), rooms.clone());

    // A file takes kill -9 as well; a pipe can't be asked what it took, so there it is SIGTERM.
    let file = Reader::new("filer", &server, &rooms, Into::File).await;
    let pipe = Reader::new("piper", &server, &rooms, Into::Pipe).await;
    let (filed, piped) =
        tokio::join!(file.is_killed(rounds, Dice::new(7)), pipe.is_killed(rounds, Dice::new(8)));
    quiet.send_replace(true);
    writing.await.unwrap();
    for room in &rooms {
        eve.posts(room, LAST).await;
    }

    let mut stored = Vec::new();
    for room in &rooms {
        for entry in eve.timeline(room).await.events {
            if let Happening::Message { message } = entry.happening {
                stored.push((room.id.to_string(), message.id.to_string()));
            }
        }
    }
    for reader in [file, pipe] {
        reader.reads_to_the_end().await;
        let mut printed = reader.printed();
        // Each room in its own order.
        printed.sort_by_key(|(room, _)| rooms.iter().position(|known| known.id.to_string() == *room));
        assert_eq!(printed, stored);
    }
    assert!(
        filed + piped > rounds,
        "the kills came while it printed: after {filed} and {piped} of {rounds} runs"
    );
    shown(&format!(
        "{rounds} kill -9 or SIGTERM of `parlor tail --cursor` of two rooms into a file, {rounds} SIGTERM into a pipe, under load: \
        {} messages, each printed once and in order by both",
        stored.len()
    ));
}

/// Somebody who writes all the time, until it is to be quiet.
fn writes(person: Person, rooms: [Room; 2]) -> (JoinHandle<()>, watch::Sender<bool>) {
    let (quiet, is_quiet) = watch::channel(false);
    let writing = tokio::spawn(async move {
        let mut number = 0;
        while !*is_quiet.borrow() {
            // Some are longer than what a pipe takes at once.
            let padding = "x".repeat(if number % 10 == 0 { 3900 } else { number % 50 });
            person.posts(&rooms[number % 2], &format!("{number} {padding}")).await;
            number += 1;
        }
    });
    (writing, quiet)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Into {
    File,
    Pipe,
}

/// Somebody who reads with the terminal client.
struct Reader {
    home: TempDir,
    rooms: [String; 2],
    into: Into,
}

impl Reader {
    async fn new(name: &str, server: &ServerProcess, rooms: &[Room; 2], into: Into) -> Self {
        let rooms = [rooms[0].id.to_string(), rooms[1].id.to_string()];
        let reader = Self { home: tempfile::tempdir().unwrap(), rooms, into };
        let email = format!("{name}@example.com");
        let mut login = reader
            .parlor(&[
                "login",
                &server.url(),
                "--register",
                "--username",
                name,
                "--email",
                &email,
                "--password-stdin",
                "--insecure-storage",
            ])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        login.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).await.unwrap();
        assert!(login.wait().await.unwrap().success());
        for room in &reader.rooms {
            assert!(reader.parlor(&["rooms", "join", room]).status().await.unwrap().success());
        }
        reader
    }

    fn parlor(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(process::binary().with_file_name("parlor"));
        for variable in ["PARLOR_SERVER", "PARLOR_PROFILE", "PARLOR_TOKEN", "PARLOR_CONFIG_DIR"] {
            command.env_remove(variable);
        }
        let home = self.home.path();
        command.args(arguments).args(["--quiet"]).env("HOME", home).env("XDG_STATE_HOME", home.join("state"));
        command.env("XDG_CONFIG_HOME", home.join("config")).stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    fn file(&self) -> PathBuf {
        self.home.path().join("printed")
    }

    fn appends(&self) -> File {
        OpenOptions::new().create(true).append(true).open(self.file()).unwrap()
    }

    fn length(&self) -> u64 {
        self.file().metadata().map_or(0, |about| about.len())
    }

    /// A run that goes on where the last one ended; with a pipe, `cat` takes it to the file.
    fn run(&self, more: &[&str]) -> (Child, Option<Child>) {
        let cursor = self.home.path().join("cursor");
        let [kitchen, cellar] = &self.rooms;
        let arguments =
            ["tail", kitchen, cellar, "--json", "-n", "100000", "--cursor", cursor.to_str().unwrap()];
        let mut tail = self.parlor(&[&arguments[..], more].concat());
        if self.into == Into::File {
            return (tail.stdout(self.appends()).spawn().unwrap(), None);
        }
        let mut tail = tail.stdout(Stdio::piped()).spawn().unwrap();
        let pipe: Stdio = tail.stdout.take().unwrap().try_into().unwrap();
        let cat = Command::new("cat").stdin(pipe).stdout(self.appends()).kill_on_drop(true).spawn().unwrap();
        (tail, Some(cat))
    }

    /// Kills so many runs at any moment; answers how many of them had printed something.
    async fn is_killed(&self, rounds: usize, mut dice: Dice) -> usize {
        let mut fruitful = 0;
        for round in 0..rounds {
            let before = self.length();
            let (mut tail, cat) = self.run(&[]);
            let grows = async {
                while self.length() == before {
                    // There is no event for a file that grows.
                    sleep(Duration::from_millis(1)).await;
                }
            };
            // Most runs are killed while they print, and some before they do.
            if round % 4 != 3 {
                within(DEADLINE, "something to be printed", grows).await;
            }
            let is_hard = self.into == Into::File && round % 4 != 3;
            // A hard one while it catches up: there a message is most often printed and not noted yet.
            sleep(dice.millis(0..if is_hard { 8 } else { 300 })).await;
            let signal = if is_hard { "-KILL" } else { "-TERM" };
            let pid = tail.id().unwrap().to_string();
            assert!(Command::new("kill").args([signal, &pid]).status().await.unwrap().success());
            within(DEADLINE, "the tail to end", tail.wait()).await.unwrap();
            if let Some(mut cat) = cat {
                within(DEADLINE, "the pipe to end", cat.wait()).await.unwrap();
            }
            fruitful += usize::from(self.length() > before);
        }
        fruitful
    }

    /// A room's last message ends a run; so there is one for each.
    async fn reads_to_the_end(&self) {
        for _ in &self.rooms {
            let (mut tail, cat) = self.run(&["--until-match", &format!("^{LAST}$")]);
            let ended = within(DEADLINE * 3, "the last message", tail.wait()).await.unwrap();
            assert!(ended.success(), "{ended}");
            if let Some(mut cat) = cat {
                within(DEADLINE, "the pipe to end", cat.wait()).await.unwrap();
            }
        }
    }

    /// The rooms and ids of what was printed.
    fn printed(&self) -> Vec<(String, String)> {
        let text = std::fs::read_to_string(self.file()).unwrap();
        let line = |line: &str| {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            let id = |name: &str| event["data"][name].as_str().unwrap().to_owned();
            (id("roomId"), id("id"))
        };
        text.lines().map(line).collect()
    }
}
