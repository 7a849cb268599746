//! Writing with help: the editor, what one wrote before, long pastes, the inbox, and keys of one's own.

use crate::{hostile::STATE, stage::Stage};
use std::fs;

#[tokio::test]
async fn the_editor_has_the_terminal_and_gives_it_back_with_the_text() {
    let stage = Stage::open().await;
    let [ada, bob] = stage.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let chat = stage.chats("bob", (80, 24), &bob).await;
    chat.goes_to("kitchen").await;
    let chatting = chat.knows(STATE).await.split_once('|').unwrap().1.to_owned();
    chat.presses(&["C-q"]).await;
    chat.shows(r"(?m)^\$$").await;
    // An editor that says what it has, and reads from the terminal what to add.
    let editor = chat.home().join("editor");
    fs::write(
        &editor,
        "echo \"editing: $(cat \"$2\")\"\nread -r line\necho \"$line\" >> \"$2\"\n[ \"$line\" != fail ]\n",
    )
    .unwrap();
    chat.enters(&format!("clear; export EDITOR='sh {} --'", editor.display())).await;
    chat.enters("parlor").await;
    chat.shows("● ONLINE").await;
    chat.goes_to("kitchen").await;
    chat.types("half").await;
    chat.shows("> half").await;
    chat.presses(&["C-x"]).await;
    chat.shows(r"\^X \^E editor").await;
    chat.presses(&["C-e"]).await;
    chat.shows("editing: half").await;
    // What comes meanwhile is there afterwards.
    ada.posts(&room, "The soup is ready").await;
    chat.enters("and the rest").await;
    chat.shows("The soup is ready(.*\n)*.*> half\n *and the rest").await;
    assert!(chat.knows(STATE).await.ends_with(&chatting));
    // It goes wrong: the text is as it was, and what was written stays in the file.
    chat.presses(&["C-x", "C-e"]).await;
    chat.shows("editing: half").await;
    chat.enters("fail").await;
    chat.shows("The editor failed .*status: 1").await;
    let screen = chat.shows("> half\n *and the rest").await;
    assert!(!screen.contains("fail\n"), "{screen}");
    chat.presses(&["Enter"]).await;
    chat.shows("and the rest .*✓").await;
    assert_eq!(bob.history(&room).await.messages.last().unwrap().content, "half\nand the rest");
    let left = fs::read_dir(chat.home().join(".local/state/parlor")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let left: Vec<_> = left.iter().filter(|name| name.contains("message")).collect();
    let [file] = left[..] else { panic!("{left:?}") };
    let text = fs::read_to_string(chat.home().join(".local/state/parlor").join(file)).unwrap();
    assert_eq!(text, "half\nand the rest\nfail\n");
}

#[tokio::test]
async fn a_long_paste_is_asked_about_and_what_was_sent_is_found_again() {
    let stage = Stage::open().await;
    let [ada, bob] = stage.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let chat = stage.chats("bob", (80, 24), &bob).await;
    chat.goes_to("kitchen").await;
    let text = (1..=25).map(|line| format!("line {line}")).collect::<Vec<_>>().join("\n");
    chat.pastes(&text).await;
    chat.shows("25 lines are pasted").await;
    chat.presses(&["Escape"]).await;
    chat.hides("are pasted").await;
    assert!(!chat.screen().await.contains("line 25"));
    chat.pastes(&text).await;
    chat.shows("s: send").await;
    chat.types("s").await;
    chat.shows("line 25 .*✓").await;
    assert_eq!(ada.history(&room).await.messages[0].content, text);
    chat.enters("bread").await;
    chat.shows("bread .*✓").await;
    chat.presses(&["C-r"]).await;
    chat.shows("Find what you wrote").await;
    chat.types("line 2").await;
    chat.shows("▌line 1 line 2").await;
    chat.presses(&["Enter"]).await;
    chat.hides("Find what you wrote").await;
    chat.shows("line 25(.*\n)*.*ONLINE").await;
}

#[tokio::test]
async fn the_inbox_goes_to_the_first_message_that_is_not_read() {
    let stage = Stage::open().await;
    let [ada, bob] = stage.people(["ada", "bob"]).await;
    let [kitchen, hall] = [ada.creates_room("kitchen").await, ada.creates_room("hall").await];
    bob.joins(&kitchen).await;
    bob.joins(&hall).await;
    for n in 1..=30 {
        ada.posts(&kitchen, &format!("old {n}.")).await;
    }
    bob.marks_read(&kitchen, None).await;
    let chat = stage.chats("bob", (80, 24), &bob).await;
    chat.goes_to("hall").await;
    for n in 1..=130 {
        ada.posts(&kitchen, &format!("new {n}.")).await;
    }
    chat.presses(&["F6"]).await;
    chat.shows("▌#kitchen .*130 unread").await;
    chat.presses(&["Enter"]).await;
    let screen = chat.shows(r"━ 130 new ━(.*\n)*.*new 1\.(.*\n)*.*new 5\.").await;
    assert!(!screen.contains("new 130."), "{screen}");
}

#[tokio::test]
async fn keys_and_colours_of_ones_own_come_from_the_configuration() {
    let stage = Stage::open().await;
    let [ada] = stage.people(["ada"]).await;
    let chat = stage.chats("ada", (120, 30), &ada).await;
    chat.shows("Press Ctrl-K to find one").await;
    chat.presses(&["C-q"]).await;
    chat.shows(r"(?m)^\$$").await;
    chat.enters("clear; parlor config set keys.go ctrl-q").await;
    chat.shows("keys.go and keys.quit clash: ctrl-q can't be both").await;
    chat.enters("clear; parlor config set keys.go ctrl-g; parlor config set colors.quiet '#ff8800'; parlor config keys | grep keys.go").await;
    chat.shows(r"keys.go +ctrl-g \(set here; usually ctrl-k, alt-k\)").await;
    chat.enters("clear; COLORTERM=truecolor parlor").await;
    chat.shows("Press Ctrl-G to find one").await;
    chat.shows(r"\^G go to").await;
    assert!(chat.colours().await.contains("38;2;255;136;0") || chat.colours().await.contains("38;5;208"));
    chat.presses(&["C-k"]).await;
    chat.presses(&["C-g"]).await;
    chat.shows("Go to a room").await;
}
