//! Moving about in the chat: scrolling, sizes, rooms, pasting, and the way out.

use crate::{hostile::STATE, stage::Stage};
use parlor_client::protocol::rooms::Room;
use parlor_tests::{DEADLINE, Person};
use regex::Regex;
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    time::{Duration, Instant},
};
use tokio::time::sleep;

async fn kitchen(stage: &Stage) -> ([Person; 2], Room) {
    let people = stage.people(["ada", "bob"]).await;
    let room = people[0].creates_room("kitchen").await;
    people[1].joins(&room).await;
    (people, room)
}

/// The numbers of the messages on a screen.
fn numbers(screen: &str) -> Vec<u32> {
    let message = Regex::new(r"message (\d+)\b").unwrap();
    message.captures_iter(screen).map(|found| found[1].parse().unwrap()).collect()
}

/// In which row each of them is.
fn places(screen: &str) -> Vec<(usize, u32)> {
    let rows = screen.lines().enumerate();
    rows.flat_map(|(row, line)| numbers(line).into_iter().map(move |number| (row, number))).collect()
}

#[tokio::test]
async fn scrolling_up_loads_pages_and_nothing_jumps() {
    let stage = Stage::open().await;
    let ([ada, bob], room) = kitchen(&stage).await;
    for n in 1..=150 {
        ada.posts(&room, &format!("message {n}")).await;
    }
    let terminal = stage.chats("bob", (80, 24), &bob).await;
    let newest = terminal.shows(r"message 150\b").await;
    // So slow that a page can be seen to load.
    stage.proxy.change(|network| network.latency = Duration::from_millis(200));
    let mut first = numbers(&newest)[0];
    let mut loads = 0;
    while first > 1 {
        terminal.presses(&["PageUp"]).await;
        let top = |screen: &str| numbers(screen).first().copied().unwrap_or(u32::MAX);
        let mut screen =
            terminal.becomes(Duration::from_secs(10), "to scroll", |screen| top(screen) < first).await;
        if screen.contains("loading older") {
            loads += 1;
            let loaded = terminal.hides("loading older").await;
            let (before, after) = (places(&screen), places(&loaded));
            let moved: Vec<_> = before.iter().filter(|place| !after.contains(place)).collect();
            assert!(moved.is_empty(), "the page that came moved {moved:?}:\n{screen}\n{loaded}");
            screen = loaded;
        }
        let shown = numbers(&screen);
        assert!(shown.windows(2).all(|pair| pair[1] == pair[0] + 1), "{screen}");
        assert!(shown.last().unwrap() + 1 >= first, "something was passed over: {screen}");
        first = shown[0];
    }
    assert!(loads > 0, "no page was seen to load");
    terminal.presses(&["PageUp"]).await;
    let beginning = terminal.shows("This is the beginning of #kitchen").await;
    // What comes meanwhile is told, and moves nothing.
    ada.posts(&room, "message 151").await;
    let told = terminal.shows("↓ 1 new").await;
    let messages = |screen: &str| {
        screen.lines().filter(|line| line.contains("message ")).map(str::to_owned).collect::<Vec<_>>()
    };
    let (before, after) = (messages(&beginning), messages(&told));
    // The pill may lie over the last of them.
    assert_eq!(before[..before.len() - 1], after[..before.len() - 1]);
    terminal.presses(&["C-End"]).await;
    terminal.shows(r"message 151\b").await;
}

#[tokio::test]
async fn any_size_shows_the_conversation() {
    let stage = Stage::open().await;
    let ([ada, bob], room) = kitchen(&stage).await;
    ada.posts(&room, "The soup is ready").await;
    let terminal = stage.chats("bob", (80, 24), &bob).await;
    terminal.types("thank you").await;
    let first = terminal.shows(r"> thank you(.*\n)*.*ONLINE.* 0 unread").await;
    terminal.resizes(140, 40).await;
    terminal.shows("MEMBERS 1/2(.*\n)*.*> thank you").await;
    terminal.resizes(40, 12).await;
    // The list of rooms has gone, and the room's name is at the edge.
    terminal.shows(r"^ #kitchen (.*\n)*.*The soup is ready(.*\n)*.*> thank you").await;
    terminal.resizes(20, 6).await;
    terminal.shows("> thank you").await;
    terminal.resizes(10, 3).await;
    terminal.hides("thank").await;
    terminal.resizes(80, 24).await;
    terminal.becomes(Duration::from_secs(10), "to be as before", |screen| screen == first).await;
}

#[tokio::test]
async fn three_pasted_lines_are_one_message_and_not_sent_by_themselves() {
    let stage = Stage::open().await;
    let ([ada, bob], room) = kitchen(&stage).await;
    let terminal = stage.chats("bob", (80, 24), &bob).await;
    terminal.pastes("one\ntwo\nthree").await;
    terminal.shows(r"> one\n +two\n +three\n").await;
    assert_eq!(ada.history(&room).await.messages.len(), 0);
    terminal.presses(&["Enter"]).await;
    terminal.shows("three .*✓").await;
    let said: Vec<_> = ada.history(&room).await.messages.into_iter().map(|message| message.content).collect();
    assert_eq!(said, ["one\ntwo\nthree"]);
}

#[tokio::test]
async fn what_is_too_long_stays_in_the_box() {
    let stage = Stage::open().await;
    let ([ada, bob], room) = kitchen(&stage).await;
    let terminal = stage.chats("bob", (80, 24), &bob).await;
    terminal.pastes(&"x".repeat(4001)).await;
    terminal.presses(&["Enter"]).await;
    terminal.shows("4001 characters; 4000 can be sent").await;
    assert_eq!(ada.history(&room).await.messages.len(), 0);
    terminal.presses(&["BSpace", "Enter"]).await;
    terminal.shows("x .*✓").await;
    assert_eq!(ada.history(&room).await.messages[0].content, "x".repeat(4000));
}

#[tokio::test]
async fn the_switcher_finds_a_room_by_a_few_letters() {
    let stage = Stage::open().await;
    let ([ada, bob], _) = kitchen(&stage).await;
    for name in ["general", "gardening", "release planning"] {
        let room = ada.creates_room(name).await;
        bob.joins(&room).await;
    }
    ada.creates_room("not joined").await;
    let terminal = stage.chats("bob", (80, 24), &bob).await;
    terminal.presses(&["C-k"]).await;
    terminal.shows("Go to a room").await;
    terminal.types("rlpl").await;
    terminal.shows("▌#release planning").await;
    terminal.presses(&["Enter"]).await;
    terminal.shows(r"^.*│ #release planning ").await;
    // Escape leaves it, and nothing else.
    terminal.presses(&["C-k"]).await;
    terminal.shows("Go to a room").await;
    terminal.presses(&["Escape"]).await;
    terminal.hides("Go to a room").await;
    // A room that one is no member of is joined.
    terminal.presses(&["C-k"]).await;
    terminal.types("not joi").await;
    terminal.shows("▌#not joined .*Enter joins").await;
    terminal.presses(&["Enter"]).await;
    terminal.shows(r"^.*│ #not joined ").await;
}

#[tokio::test]
async fn whoever_leaves_finds_the_terminal_as_it_was() {
    let stage = Stage::open().await;
    let ([_ada, bob], _) = kitchen(&stage).await;
    for leave in [&["C-q"][..], &["C-c", "C-c"]] {
        let terminal = stage.chats("bob", (80, 24), &bob).await;
        let chatting = terminal.knows(STATE).await;
        terminal.presses(leave).await;
        terminal.shows(r"(?m)^\$$").await;
        let left = terminal.knows(STATE).await;
        assert_ne!(chatting, left);
        let mut fresh: Vec<_> = left.split('|').collect();
        fresh.remove(0);
        assert_eq!(fresh, ["sh", "0", "1", "0", "0-23", "001", "00", "80x24"], "beside the title: {left}");
        terminal.enters("stty -a | grep -owE -- '-?(echo|icanon|isig)' | xargs").await;
        terminal.shows("(?m)^isig icanon echo$").await;
    }
}

#[tokio::test]
async fn a_link_is_opened_where_there_is_a_desktop_and_copied_where_there_is_none() {
    let stage = Stage::open().await;
    let ([ada, bob], room) = kitchen(&stage).await;
    let chat = stage.chats("bob", (80, 24), &bob).await;
    chat.goes_to("kitchen").await;
    ada.posts(&room, "see https://ci.example/run/1?a=1&b=$(id), all of you").await;
    chat.shows("all of you").await;
    chat.presses(&["Escape"]).await;
    chat.shows("o link").await;
    chat.presses(&["o"]).await;
    chat.shows("no desktop here").await;
    assert!(chat.clipboard().await.contains("https://ci.example/run/1?a=1&b=$(id)"));
    chat.presses(&["C-q"]).await;
    chat.shows(r"(?m)^\$$").await;
    // It says what it was given.
    let folder = chat.home().join("bin");
    let (opener, opened) = (folder.join("xdg-open"), chat.home().join("opened"));
    fs::create_dir(&folder).unwrap();
    fs::write(&opener, format!("#!/bin/sh\nprintf '%s|' \"$#\" \"$@\" > {}\n", opened.display())).unwrap();
    fs::set_permissions(&opener, Permissions::from_mode(0o700)).unwrap();
    chat.enters(&format!("clear; DISPLAY=:9 PATH={}:$PATH parlor", folder.display())).await;
    chat.shows("(?s)all of you.*● ONLINE").await;
    chat.presses(&["Escape"]).await;
    chat.shows("o link").await;
    chat.presses(&["o"]).await;
    chat.shows("Opening https://ci.example").await;
    let begun = Instant::now();
    while !fs::read_to_string(&opened).is_ok_and(|said| said == "1|https://ci.example/run/1?a=1&b=$(id)|") {
        assert!(begun.elapsed() < DEADLINE, "{:?}", fs::read_to_string(&opened));
        // A file says nothing when it changes.
        sleep(Duration::from_millis(10)).await;
    }
}
