//! The examples do what they say.

use parlor_client::protocol::messages::Message;
use parlor_tests::{Person, ServerProcess, people::PASSWORD, soon};
use std::{
    env, fs,
    mem::take,
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

/// An example that runs, and what it prints. It is killed when this is dropped.
struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start(name: &str, server: &ServerProcess, person: &Person, more: &[&str]) -> Self {
        // cargo builds the examples beside the tests, when it builds all of the package.
        let built = env::current_exe().unwrap();
        let built = built.parent().unwrap().parent().unwrap().join("examples").join(name);
        let mut command = Command::new(&built);
        command.args([&server.url(), &person.user.email, PASSWORD]).args(more);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|cause| panic!("{}: {cause}", built.display()));
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Gives it these lines, and no more.
    async fn hears(&mut self, lines: &str) {
        let mut input = self.child.stdin.take().unwrap();
        input.write_all(lines.as_bytes()).await.unwrap();
    }

    async fn line(&mut self) -> Option<String> {
        soon("a line", self.lines.next_line()).await.unwrap()
    }
}

async fn contents(person: &Person, room: &parlor_client::protocol::rooms::Room) -> Vec<String> {
    person.history(room).await.messages.into_iter().map(|message| message.content).collect()
}

#[tokio::test]
async fn the_quickstart_prints_what_is_said_also_after_a_restart() {
    let mut server = ServerProcess::start(&[("PARLOR_LIMIT_MESSAGE", "off")]).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let mut quickstart = Running::start("quickstart", &server, &ada, &[&room.id.to_string()]);
    assert_eq!(quickstart.line().await.unwrap(), "ada: Hello!");
    server.kill().await;
    server.start_again().await;
    ada.posts(&room, "still there?").await;
    assert_eq!(quickstart.line().await.unwrap(), "ada: still there?");
}

#[tokio::test]
async fn the_echo_bot_answers_each_message_once_also_those_it_slept_through() {
    let server = ServerProcess::start(&[("PARLOR_LIMIT_MESSAGE", "off")]).await;
    let [ada, bot] = server.people(["ada", "bot"]).await;
    let room = ada.creates_room("kitchen").await;
    bot.joins(&room).await;
    let folder = tempfile::tempdir().unwrap();
    let arguments = [room.id.to_string(), folder.path().to_str().unwrap().to_owned()];
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let mut ear = ada.subscribes(&room).await;
    let mut hears_the_bot = async || loop {
        let message = ear.hears_message().await;
        if message.user_id == bot.id() {
            return message.content;
        }
    };
    let mut running = Running::start("echo_bot", &server, &bot, &arguments);
    assert_eq!(running.line().await.unwrap(), "echoing");
    ada.posts(&room, "one").await;
    assert_eq!(hears_the_bot().await, "You said: one");
    drop(running);
    ada.posts(&room, "two").await;
    ada.posts(&room, "three").await;
    let _running = Running::start("echo_bot", &server, &bot, &arguments);
    assert_eq!(hears_the_bot().await, "You said: two");
    assert_eq!(hears_the_bot().await, "You said: three");
    let said = contents(&ada, &room).await;
    assert_eq!(said, ["one", "You said: one", "two", "three", "You said: two", "You said: three"]);
}

#[tokio::test]
async fn the_export_prints_every_message_newest_first() {
    let server = ServerProcess::start(&[("PARLOR_LIMIT_MESSAGE", "off")]).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let said: Vec<_> = (0..250).map(|n| n.to_string()).collect();
    for content in &said {
        ada.posts(&room, content).await;
    }
    let mut export = Running::start("export", &server, &ada, &[&room.id.to_string()]);
    let mut printed = Vec::new();
    while let Some(line) = export.line().await {
        printed.push(serde_json::from_str::<Message>(&line).unwrap().content);
    }
    printed.reverse();
    assert_eq!(printed, said);
}

#[tokio::test]
async fn the_tail_prints_the_newest_and_then_what_comes_each_once() {
    let mut server = ServerProcess::start(&[("PARLOR_LIMIT_MESSAGE", "off")]).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    for content in ["one", "two", "three"] {
        ada.posts(&room, content).await;
    }
    let mut tail = Running::start("tail", &server, &ada, &[&room.id.to_string(), "2"]);
    assert_eq!(tail.line().await.unwrap(), "4 ada: two");
    assert_eq!(tail.line().await.unwrap(), "5 ada: three");
    ada.posts(&room, "four").await;
    assert_eq!(tail.line().await.unwrap(), "6 ada: four");
    server.kill().await;
    server.start_again().await;
    ada.posts(&room, "five").await;
    assert_eq!(tail.line().await.unwrap(), "7 ada: five");
}

#[tokio::test]
async fn a_session_in_a_store_of_ones_own_needs_no_second_sign_in() {
    let server = ServerProcess::start(&[]).await;
    let [ada] = server.people(["ada"]).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("session").to_str().unwrap().to_owned();
    let mut first = Running::start("custom_session_store", &server, &ada, &[&file]);
    assert_eq!(first.line().await.unwrap(), "signed in");
    assert_eq!(first.line().await.unwrap(), "ada <ada@example.com>");
    assert_eq!(first.line().await, None);
    let mut second = Running::start("custom_session_store", &server, &ada, &[&file]);
    assert_eq!(second.line().await.unwrap(), "ada <ada@example.com>");
}

#[tokio::test]
async fn what_is_queued_without_a_server_is_sent_by_the_next_run() {
    let mut server = ServerProcess::start(&[("PARLOR_LIMIT_MESSAGE", "off")]).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let folder = tempfile::tempdir().unwrap();
    let arguments = [room.id.to_string(), folder.path().to_str().unwrap().to_owned()];
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    for (is_there, lines, says) in [
        (true, "one\n", "0 left for the next run"),
        (false, "two\nthree\n", "2 left for the next run"),
        (true, "four\n", "0 left for the next run"),
    ] {
        if !is_there {
            server.kill().await;
        }
        let mut queue = Running::start("offline_queue", &server, &ada, &arguments);
        queue.hears(lines).await;
        assert_eq!(queue.line().await.unwrap(), says);
        if !is_there {
            server.start_again().await;
        }
    }
    assert_eq!(contents(&ada, &room).await, ["one", "two", "three", "four"]);
}

#[cfg(feature = "timeline")]
#[tokio::test]
async fn the_timeline_prints_the_room_as_it_changes() {
    let server = ServerProcess::start(&[("PARLOR_LIMIT_MESSAGE", "off")]).await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let mut timeline = Running::start("timeline", &server, &ada, &[&room.id.to_string()]);
    let before = "the beginning | the room is kitchen | ada joined | bob joined";
    assert_eq!(timeline.line().await.unwrap(), before);
    timeline.hears("hello\n").await;
    let mut prints = async |wanted: String| loop {
        if timeline.line().await.unwrap() == wanted {
            break;
        }
    };
    prints(format!("{before} | hello: on its way")).await;
    prints(format!("{before} | ada: hello (read by 0)")).await;
    bob.marks_read(&room, None).await;
    prints(format!("{before} | ada: hello (read by 1)")).await;
}

/// The Rust files of a folder, and of those in it.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// The examples that are not run, each with the item that they are of, and why.
const NOT_RUN: [(&str, &str); 2] = [
    ("pub struct KeyringSession {", "it would ask the keyring of whoever runs the tests"),
    ("pub fn open(name: &str, account: &str,", "likewise"),
];

/// What a file makes public, and the examples in its docs.
fn public_items(text: &str) -> Vec<(&str, Vec<Example<'_>>)> {
    let (mut items, mut examples) = (Vec::new(), Examples::default());
    for line in text.lines().map(str::trim) {
        if let Some(line) = line.strip_prefix("///") {
            examples.take(line);
        } else if !line.starts_with("#[") {
            let kinds = ["struct ", "enum ", "trait ", "fn ", "async fn ", "const ", "type "];
            let examples = take(&mut examples).0;
            if line.strip_prefix("pub ").is_some_and(|item| kinds.iter().any(|kind| item.starts_with(kind))) {
                items.push((line, examples));
            }
        }
    }
    items
}

/// An example: what stands behind the fence that opens it, and its lines.
#[derive(Default)]
struct Example<'a> {
    attributes: &'a str,
    lines: Vec<&'a str>,
    is_closed: bool,
}

#[derive(Default)]
struct Examples<'a>(Vec<Example<'a>>);

impl<'a> Examples<'a> {
    fn take(&mut self, line: &'a str) {
        let open = self.0.last_mut().filter(|example| !example.is_closed);
        match (line.trim().strip_prefix("```"), open) {
            (Some(attributes), None) => self.0.push(Example { attributes, ..Example::default() }),
            (Some(_), Some(open)) => open.is_closed = true,
            (None, Some(open)) => open.lines.push(line.trim()),
            (None, None) => {}
        }
    }
}

impl Example<'_> {
    /// Whether `cargo test --doc` runs it, and all of it: hidden functions that nobody calls are a way around that.
    fn is_run(&self) -> bool {
        let is_run = |function: &str| {
            let name = function.split('(').next().unwrap_or_default();
            self.lines.iter().any(|line| line.contains(&format!("{name}(")) && !line.contains("fn "))
        };
        let hidden = self.lines.iter().filter_map(|line| line.strip_prefix("# "));
        let mut functions = hidden.filter_map(|line| line.split_once("fn ").map(|(_, function)| function));
        matches!(self.attributes, "" | "rust") && functions.all(is_run)
    }
}

#[test]
fn every_public_item_has_an_example_that_is_run() {
    let (mut count, mut faults, mut not_run) = (0, Vec::new(), Vec::new());
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in sources(&package.join("src")) {
        let text = fs::read_to_string(&path).unwrap();
        for (item, examples) in public_items(&text) {
            count += 1;
            let excused = NOT_RUN.iter().find(|(excused, _)| item.starts_with(excused));
            if examples.is_empty() {
                faults.push(format!("{}: no example: {item}", path.display()));
            } else if examples.iter().all(Example::is_run) {
                assert!(excused.is_none(), "it is run: {item}");
            } else if let Some(excused) = excused {
                not_run.push(excused);
            } else {
                faults.push(format!("{}: not run: {item}", path.display()));
            }
        }
    }
    assert!(count > 100, "{count} items: looked in the wrong place");
    assert!(faults.is_empty(), "each public item has an example that is run:\n  {}", faults.join("\n  "));
    assert_eq!(not_run, NOT_RUN.iter().collect::<Vec<_>>(), "the list names what there is");
}

#[test]
fn the_examples_of_the_first_pages_are_run() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (readme, library) = (package.join("README.md"), package.join("src/lib.rs"));
    let (readme, library) = (fs::read_to_string(readme).unwrap(), fs::read_to_string(library).unwrap());
    let (mut of_readme, mut of_library) = (Examples::default(), Examples::default());
    readme.lines().for_each(|line| of_readme.take(line));
    library.lines().filter_map(|line| line.strip_prefix("//!")).for_each(|line| of_library.take(line));
    assert!(of_readme.0.len() >= 3 && !of_library.0.is_empty());
    for example in of_readme.0.iter().chain(&of_library.0) {
        assert!(example.is_run(), "{}", example.lines.join("\n"));
    }
}

#[test]
fn an_example_that_is_not_run_is_found() {
    for (docs, is_run) in [
        ("```\n x();\n```", true),
        ("```no_run\n x();\n```", false),
        ("```ignore\n x();\n```", false),
        ("```rust,no_run\n x();\n```", false),
        ("```\n# async fn run() {\n x();\n# }\n```", false),
        ("```\n# fn run() {\n x();\n# }\n# run();\n```", true),
        ("```\n fn shown() {}\n```", true),
    ] {
        let mut examples = Examples::default();
        docs.lines().for_each(|line| examples.take(line));
        assert_eq!(examples.0.iter().map(Example::is_run).collect::<Vec<_>>(), [is_run], "{docs}");
    }
}
