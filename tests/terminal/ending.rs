//! Stopping and ending the chat, by keys and by signals: the terminal is given back, and nothing that was written is lost.

use crate::{hostile::STATE, stage::Stage, tmux::Terminal};
use parlor_client::protocol::rooms::Room;
use parlor_tests::{DEADLINE, Person, people::PASSWORD};
use std::{
    fs,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// A chat in the kitchen, of which ada is the owner.
async fn kitchen() -> (Stage, [Person; 2], Room, Terminal) {
    let stage = Stage::open().await;
    let [ada, bob] = stage.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let chat = stage.chats("bob", (80, 24), &bob).await;
    chat.goes_to("kitchen").await;
    (stage, [ada, bob], room, chat)
}

/// How the terminal is, but for its title, which counts what is unread.
async fn state(chat: &Terminal) -> String {
    chat.knows(STATE).await.split_once('|').unwrap().1.to_owned()
}

impl Terminal {
    /// Sends a signal to the program that runs in it.
    async fn signals(&self, signal: &str) {
        let process = self.program().await;
        let sent =
            tokio::process::Command::new("kill").args(["-s", signal, &process]).status().await.unwrap();
        assert!(sent.success());
    }

    /// Looks that the shell has the terminal as it should be, with what it echoes.
    async fn is_the_shells(&self) {
        let left = self.knows(STATE).await;
        let fresh: Vec<_> = left.split('|').skip(2).collect();
        assert_eq!(fresh, ["0", "1", "0", "0-23", "001", "00", "80x24"], "{left}");
        self.enters("stty -a | grep -owE -- '-?(echo|icanon|isig)' | xargs").await;
        self.shows("(?m)^isig icanon echo$").await;
    }
}

#[tokio::test]
async fn stopped_by_a_key_or_from_outside_it_gives_the_terminal_back_and_takes_it_again() {
    let (_stage, [ada, _], room, chat) = kitchen().await;
    let chatting = state(&chat).await;
    chat.types("half a thought").await;
    chat.shows("> half a thought").await;
    for from_outside in [false, true] {
        if from_outside {
            chat.signals("TSTP").await;
        } else {
            chat.presses(&["C-z"]).await;
        }
        chat.shows("(?m)Stopped.*parlor\n\\$").await;
        chat.is_the_shells().await;
        let said = format!("meanwhile {from_outside}");
        ada.posts(&room, &said).await;
        chat.enters("clear; fg").await;
        chat.shows(&format!("{said}(.*\n)*.*> half a thought")).await;
        assert_eq!(state(&chat).await, chatting);
        chat.types(" more").await;
        // All of it: what is not read yet when it stops would be the shell's.
        let times = if from_outside { 2 } else { 1 };
        chat.shows(&format!("(?m)> half a thought{}$", " more".repeat(times))).await;
    }
    // Stopped in a way that it can't hear of, it takes the terminal again all the same.
    chat.signals("STOP").await;
    chat.shows("Stopped").await;
    // The shell finds the terminal as the program had it: Enter is no end of a line.
    chat.types("fg").await;
    chat.presses(&["C-j"]).await;
    chat.becomes(DEADLINE, "to be as before", |screen| {
        screen.contains("> half a thought") && !screen.contains("Stopped")
    })
    .await;
    assert_eq!(state(&chat).await, chatting);
}

#[tokio::test]
async fn ended_by_a_signal_it_gives_the_terminal_back_and_keeps_what_is_half_written() {
    let (_stage, _, _, chat) = kitchen().await;
    for (signal, status) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let text = format!("before {signal}");
        chat.presses(&["C-u"]).await;
        chat.types(&text).await;
        chat.shows(&format!("> {text}")).await;
        chat.signals(signal).await;
        chat.shows(r"(?m)^\$$").await;
        chat.enters("echo status $?").await;
        chat.shows(&format!("(?m)^status {status}$")).await;
        chat.is_the_shells().await;
        chat.enters("clear; parlor").await;
        chat.shows(&format!("> {text}")).await;
    }
}

#[tokio::test]
async fn ended_by_a_signal_with_an_editor_open_it_keeps_what_was_written_there() {
    let (_stage, _, _, chat) = kitchen().await;
    chat.presses(&["C-q"]).await;
    chat.shows(r"(?m)^\$$").await;
    // It writes, says so, and does not end by itself.
    let editor = chat.home().join("editor");
    fs::write(&editor, "cat \"$HOME/words\" > \"$1\"; echo it is written; exec sleep 60\n").unwrap();
    chat.enters(&format!("clear; export EDITOR='sh {}'", editor.display())).await;
    for (signal, status) in [("TERM", 143), ("HUP", 129)] {
        fs::write(chat.home().join("words"), format!("written before {signal}\n")).unwrap();
        chat.enters("clear; parlor").await;
        chat.shows("● ONLINE").await;
        chat.presses(&["C-u"]).await;
        chat.types("half").await;
        chat.presses(&["C-x", "C-e"]).await;
        chat.shows("it is written").await;
        chat.signals(signal).await;
        chat.shows(r"(?m)^\$$").await;
        chat.enters("echo status $?").await;
        chat.shows(&format!("(?m)^status {status}$")).await;
        chat.is_the_shells().await;
        chat.enters("clear; parlor").await;
        chat.shows(&format!("> written before {signal}")).await;
        assert_eq!(messages_beside(&chat), [""; 0], "its file is no longer needed");
        chat.presses(&["C-q"]).await;
        chat.shows(r"(?m)^\$$").await;
    }
    // What is no text can be no draft.
    fs::write(chat.home().join("words"), b"caf\xe9\n").unwrap();
    chat.enters("clear; parlor").await;
    chat.shows("● ONLINE").await;
    chat.presses(&["C-x", "C-e"]).await;
    chat.shows("it is written").await;
    chat.signals("TERM").await;
    chat.shows(r"(?m)^\$$").await;
    let [left] = messages_beside(&chat).try_into().unwrap();
    assert!(chat.everything().await.contains(&left), "its file is named");
    assert_eq!(fs::read(&left).unwrap(), b"caf\xe9\n");
}

/// The files of messages that an editor had.
fn messages_beside(chat: &Terminal) -> Vec<String> {
    let entries = fs::read_dir(chat.home().join(".local/state/parlor")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path().to_str().unwrap().to_owned());
    paths.filter(|path| path.contains(".message-")).collect()
}

#[tokio::test]
async fn a_terminal_that_goes_with_an_editor_open_takes_nothing_along() {
    let (stage, _, _, first) = kitchen().await;
    let editor = first.home().join("editor");
    fs::write(&editor, "echo written in the editor > \"$1\"; echo it is written; exec sleep 60\n").unwrap();
    // The first chat has the outbox: what this one can't send, nothing but its end keeps.
    let second = first.beside("bob's second", (80, 24)).await;
    second.enters(&format!("clear; export EDITOR='sh {}'; parlor", editor.display())).await;
    second.shows("becomes drafts at its end").await;
    second.goes_to("kitchen").await;
    stage.proxy.change(|network| network.stalled = true);
    stage.proxy.reset();
    second.enters("said without a connection").await;
    second.shows("said without a connection .*(sending|queued)").await;
    second.presses(&["C-x", "C-e"]).await;
    second.shows("it is written").await;
    drop(second);
    first.keeps("written in the editor").await;
    first.keeps("said without a connection").await;
}

#[tokio::test]
async fn what_has_failed_is_asked_about_at_the_end_and_is_there_at_the_next_beginning() {
    let (stage, [ada, bob], room, chat) = kitchen().await;
    stage.proxy.change(|network| network.stalled = true);
    stage.proxy.reset();
    chat.enters("too late").await;
    chat.shows("too late .*(sending|queued)").await;
    ada.removes(&bob, &room).await;
    let hall = ada.creates_room("hall").await;
    bob.joins(&hall).await;
    stage.proxy.heal();
    chat.presses(&["F5"]).await;
    // The room is gone, and with it the place where the message stood.
    chat.shows_within(Duration::from_secs(30), r"^.*│ #hall ").await;
    bob.joins(&room).await;
    chat.presses(&["C-k"]).await;
    chat.types("kitchen").await;
    // It is known to be one's own again.
    chat.shows(r"(?m)▌#kitchen +│").await;
    chat.presses(&["Enter"]).await;
    chat.shows("too late").await;
    chat.presses(&["C-q"]).await;
    // It stands in the room, or in the box: as the server's answer and the room's end came.
    chat.shows(r"(?m)Enter: yes|^\$$").await;
    if chat.screen().await.contains("Enter: yes") {
        chat.presses(&["Enter"]).await;
    }
    chat.shows(r"(?m)^\$$").await;
    chat.enters("clear; parlor").await;
    chat.shows("● ONLINE").await;
    chat.goes_to("kitchen").await;
    chat.shows("too late").await;
}

#[tokio::test]
async fn a_second_chat_of_a_profile_promises_nothing_and_loses_nothing() {
    let (stage, [ada, _], room, first) = kitchen().await;
    let second = first.beside("bob's second", (80, 24)).await;
    second.enters("parlor").await;
    second.shows("becomes drafts at its end").await;
    second.goes_to("kitchen").await;
    stage.proxy.change(|network| network.stalled = true);
    stage.proxy.reset();
    second.enters("said without a connection").await;
    second.shows("said without a connection .*(sending|queued)").await;
    second.types("half").await;
    first.types("of the first").await;
    first.shows("> of the first").await;
    first.keeps("of the first").await;
    second.presses(&["C-q"]).await;
    let asked = second.shows("Enter: yes").await;
    assert!(!asked.contains("come back") && asked.contains("won't be"), "{asked}");
    second.presses(&["Enter"]).await;
    second.shows(r"(?m)^\$$").await;
    stage.proxy.heal();
    // The first one has what is its own, and nothing that was said there.
    first.presses(&["F5"]).await;
    first.shows_within(Duration::from_secs(30), "● ONLINE").await;
    assert_eq!(ada.history(&room).await.messages.len(), 0);
    // Both of them have written in one room: what both wrote is its draft.
    second.enters("clear; parlor").await;
    let all = ["said without a connection", "of the first", "half"];
    second
        .becomes(DEADLINE, "to show all that is half written", |screen| {
            screen.contains("● ONLINE") && all.iter().all(|text| screen.contains(text))
        })
        .await;
    second.presses(&["C-q"]).await;
    second.shows(r"(?m)^\$$").await;
    // Who wrote it first goes on with it, and changes nothing of the rest.
    first.types(" of all").await;
    first.keeps("of the first of all").await;
    first.keeps("half").await;
    first.keeps("said without a connection").await;
}

#[tokio::test]
async fn who_signs_in_again_finds_each_line_of_a_draft_once() {
    let (_stage, _people, _room, first) = kitchen().await;
    first.types("of the first").await;
    first.keeps("of the first").await;
    let second = first.beside("bob's second", (80, 24)).await;
    second.enters("parlor").await;
    second.shows("> of the first").await;
    second.presses(&["C-j"]).await;
    second.types("of the second").await;
    second.keeps(r"of the first\nof the second").await;
    first.presses(&["F3"]).await;
    first.types("sign out").await;
    first.shows("▌End this session").await;
    first.presses(&["Enter"]).await;
    first.shows("Sign out on this machine").await;
    first.presses(&["Enter"]).await;
    first.shows("Press Enter to sign in again").await;
    first.presses(&["Enter"]).await;
    first.shows("▌Password").await;
    first.enters(PASSWORD).await;
    first.shows("● ONLINE").await;
    let screen = first.shows("> of the first\n +of the second").await;
    assert_eq!(screen.matches("of the first").count(), 1, "{screen}");
}

impl Terminal {
    /// Waits until this is among the drafts that are kept.
    async fn keeps(&self, text: &str) {
        let file = self.home().join(".local/state/parlor/session.json.drafts");
        let begun = Instant::now();
        while !fs::read_to_string(&file).is_ok_and(|drafts| drafts.contains(text)) {
            assert!(begun.elapsed() < DEADLINE, "{text:?} is not kept: {:?}", fs::read_to_string(&file));
            // A file says nothing when it changes.
            sleep(Duration::from_millis(10)).await;
        }
    }
}

#[tokio::test]
async fn drafts_that_cannot_be_kept_are_told_and_nothing_is_written_over() {
    let (_stage, _people, _room, chat) = kitchen().await;
    let drafts = chat.home().join(".local/state/parlor/session.json.drafts");
    fs::write(&drafts, "{").unwrap();
    chat.types("half a thought").await;
    chat.shows("Drafts could not be kept").await;
    chat.presses(&["C-q"]).await;
    chat.shows("keeping the drafts").await;
    assert_eq!(fs::read_to_string(&drafts).unwrap(), "{");
}
