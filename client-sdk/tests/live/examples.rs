//! The examples do what they say.

use parlor_client::protocol::messages::Message;
use parlor_tests::{Person, ServerProcess, people::PASSWORD, soon};
use std::{env, process::Stdio};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

/// An example that runs, and what it prints. It is killed when this is dropped.
struct Running {
    _child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start(name: &str, server: &ServerProcess, person: &Person, more: &[&str]) -> Self {
        // cargo builds the examples beside the tests, when it builds all of the package.
        let built = env::current_exe().unwrap();
        let built = built.parent().unwrap().parent().unwrap().join("examples").join(name);
        let mut command = Command::new(&built);
        command.args([&server.url(), &person.user.email, PASSWORD]).args(more);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|cause| panic!("{}: {cause}", built.display()));
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { _child: child, lines }
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
