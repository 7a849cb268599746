//! What others write does nothing to a terminal but stand in it.

use crate::{corpus::hostile, stage::Stage, tmux::Terminal};
use futures_util::{StreamExt as _, stream};
use parlor_tests::{DEADLINE, Person};
use regex::Regex;
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use std::time::{Duration, Instant};
use tokio::time::sleep;
use unicode_width::UnicodeWidthStr as _;

/// What a text could change beside the characters on the screen.
pub(crate) const STATE: &str = "#{pane_title}|#{window_name}|#{alternate_on}|#{cursor_flag}|#{mouse_any_flag}|\
    #{scroll_region_upper}-#{scroll_region_lower}|#{insert_flag}#{origin_flag}#{wrap_flag}|\
    #{keypad_flag}#{keypad_cursor_flag}|#{pane_width}x#{pane_height}";

/// Runs a command to its end, and looks that the terminal obeyed nothing. Gives the lines that were printed.
async fn printed(terminal: &Terminal, command: &str) -> Vec<String> {
    let before = terminal.knows(STATE).await;
    terminal.enters(&format!("export NO_COLOR=1; echo before; {command}; echo \"after $?\"")).await;
    terminal.shows(r"(?m)^after 0\n\$\n*$").await;
    let everything = terminal.everything().await;
    assert!(!everything.contains('\u{1b}'), "there are colours: {everything:?}");
    assert_eq!(terminal.knows(STATE).await, before);
    assert_eq!(terminal.clipboard().await, "");
    // Nothing that the terminal was asked was answered into the shell.
    assert_eq!(terminal.knows("#{cursor_x}").await, "2");
    let lines: Vec<&str> = everything.trim_end().lines().map(str::trim_end).collect();
    let begin = lines.iter().rposition(|line| *line == "before").unwrap();
    assert!(lines[begin - 1].contains("; echo before; parlor "), "{:?}", lines[begin - 1]);
    assert_eq!(lines[lines.len() - 2..], ["after 0", "$"]);
    lines[begin + 1..lines.len() - 2].iter().map(|line| (*line).to_owned()).collect()
}

#[tokio::test]
async fn no_message_takes_over_the_terminal_that_it_is_read_in() {
    let stage = Stage::open().await;
    let [ada, eve] = stage.people(["ada", "eve"]).await;
    let room = ada.creates_room("kitchen").await;
    eve.joins(&room).await;
    for text in hostile() {
        eve.posts(&room, &text).await;
    }
    let terminal = Terminal::open("ada", 120, 30).await;
    stage.signs_in(&terminal, &ada).await;
    let count = hostile().len();
    let first = Regex::new(r"^\d{4}-\d\d-\d\d \d\d:\d\d eve: ?").unwrap();
    let tail = format!("parlor tail kitchen -n 1000 --count {count}");
    for command in [tail.as_str(), "parlor history kitchen -n 1000"] {
        let lines = printed(&terminal, command).await;
        assert_eq!(lines.iter().filter(|line| first.is_match(line)).count(), count, "{lines:#?}");
        // The last of them has too many lines, which is said in its place.
        let own = |line: &str| line.is_empty() || line.starts_with("    ") || line == "[52 more lines]";
        let forged = lines.iter().find(|line| !first.is_match(line) && !own(line));
        assert_eq!(forged, None, "a line that looks like no message's");
    }
    let lines = printed(&terminal, &format!("parlor tail kitchen -n 1000 --json --count {count}")).await;
    assert_eq!(lines.len(), count);
}

#[tokio::test]
async fn no_name_of_a_room_takes_over_the_terminal_that_lists_it() {
    let mut stage = Stage::open().await;
    let [ada] = stage.people(["ada"]).await;
    let texts = hostile();
    stage.has_rooms_named(&ada, &texts).await;
    let terminal = Terminal::open("ada", 120, 30).await;
    stage.signs_in(&terminal, &ada).await;
    let lines = printed(&terminal, "parlor rooms list").await;
    let room = Regex::new(r"^[0-9a-f-]{36} +0 unread").unwrap();
    assert_eq!(lines.iter().find(|line| !room.is_match(line)), None);
    assert_eq!(lines.len(), texts.len());
}

/// Looks at the chat's screen, and that nothing on it is but what the chat puts there. Gives it.
async fn looks_at(chat: &Terminal, width: usize) -> String {
    let colours = chat.colours().await;
    // Beside one of 16 colours for letters, the chat has them bold, italic and reversed.
    let own = Regex::new(r"38;5;(\d|1[0-5])([;m])").unwrap().replace_all(&colours, "1$2").into_owned();
    let foreign = Regex::new(r"\u{1b}\[([0-9;]*;)?(5|8|9|38|4[0-8]|10[0-7])(;[0-9;]*)?m").unwrap();
    let foreign = foreign.find(&own).map(|sequence| sequence.as_str());
    assert_eq!(foreign, None, "a colour that is not the chat's: {colours:?}");
    assert_eq!(chat.clipboard().await, "");
    let screen = chat.screen().await;
    let reorders = |character| matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!screen.contains(reorders), "{screen}");
    let lines: Vec<&str> = screen.lines().collect();
    for line in &lines[..lines.len() - 6] {
        // This terminal gives a variation selector no column.
        let before = line.split('│').next().unwrap().replace('\u{fe0f}', "");
        assert_eq!(before.width(), width, "the bar beside the rooms is elsewhere in {line:?} of\n{screen}");
    }
    screen
}

/// The state of the terminal once all is read: until then the title counts what is not.
async fn state_of(chat: &Terminal) -> String {
    let begun = Instant::now();
    loop {
        let state = chat.knows(STATE).await;
        if state.starts_with("parlor|") {
            return state;
        }
        assert!(begun.elapsed() < DEADLINE, "the title is not that of a chat with nothing unread: {state}");
        // A terminal says nothing when it changes.
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn nothing_that_others_write_takes_over_the_chat() {
    let mut stage = Stage::open().await;
    let [ada, eve] = stage.people(["ada", "eve"]).await;
    let kitchen = ada.creates_room("kitchen").await;
    eve.joins(&kitchen).await;
    eve.posts(&kitchen, "the first of them").await;
    for (n, text) in hostile().iter().enumerate() {
        // With a number, so that no page looks like the next one.
        eve.posts(&kitchen, &format!("{text} {n}")).await;
    }
    eve.posts(&kitchen, "the last of them").await;
    // With a number too. Every fourth: all of them are listed in the test before.
    let names = hostile().into_iter().enumerate().step_by(4).map(|(n, text)| format!("{n}{text}"));
    let names: Vec<_> = names.collect();
    stage.has_rooms_named(&ada, &names).await;
    let chat = stage.chats("ada", (80, 24), &ada).await;
    chat.goes_to("kitchen").await;
    chat.shows("the last of them").await;
    let state = state_of(&chat).await;
    let mut screen = looks_at(&chat, 20).await;
    // Through all of it, page by page.
    while !screen.contains("the first of them") {
        let before = screen;
        chat.presses(&["PageUp"]).await;
        chat.becomes(DEADLINE, "to scroll", |screen| screen != before && !screen.contains("loading")).await;
        screen = looks_at(&chat, 20).await;
    }
    assert_eq!(state_of(&chat).await, state);
    // Through all the rooms.
    for _ in names {
        let before = chat.screen().await;
        chat.presses(&["C-n"]).await;
        chat.becomes(DEADLINE, "to go to the next room", |screen| screen != before).await;
        looks_at(&chat, 20).await;
    }
    assert_eq!(state_of(&chat).await, state);
    chat.presses(&["C-q"]).await;
    chat.shows(r"(?m)^\$$").await;
    assert_eq!(chat.knows("#{cursor_x}").await, "2", "something was answered into the shell");
}

/// What a server says must not stand where the desktop, scripts and other programs read it.
#[tokio::test]
async fn no_name_of_a_room_gets_into_the_title() {
    let stage = Stage::open().await;
    let [ada] = stage.people(["ada"]).await;
    ada.creates_room("kitchen").await;
    let chat = stage.chats("ada", (80, 24), &ada).await;
    chat.goes_to("kitchen").await;
    assert!(!chat.knows("#{pane_title}").await.contains("kitchen"));
}

impl Stage {
    /// Makes rooms of these names and descriptions, as no server of ours lets anybody make them.
    pub(crate) async fn has_rooms_named(&mut self, maker: &Person, names: &[String]) {
        let places =
            stream::iter(0..names.len()).map(async |n| maker.creates_room(&format!("room {n}")).await);
        places.buffered(8).collect::<Vec<_>>().await;
        self.server.terminate().await;
        let file = SqliteConnectOptions::new().filename(self.server.data_dir().join("parlor.db"));
        let mut database = SqliteConnection::connect_with(&file).await.unwrap();
        let mut changes = database.begin().await.unwrap();
        for (n, name) in names.iter().enumerate() {
            let change = sqlx::query("UPDATE rooms SET name = ?1, description = ?1 WHERE name = ?2");
            let changed = change.bind(name).bind(format!("room {n}")).execute(&mut *changes).await.unwrap();
            assert_eq!(changed.rows_affected(), 1);
        }
        changes.commit().await.unwrap();
        database.close().await.unwrap();
        self.server.start_again().await;
    }
}
