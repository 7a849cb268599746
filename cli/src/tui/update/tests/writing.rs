//! Writing, sending, drafts, and telling that one types.

use crate::tui::{
    message::{Effect, Message},
    safe::Safe,
    testing::{Desk, message, no, read_message, refused, room_id},
    update::IDLE,
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::time::Duration;

const SIZE: (u16, u16) = (80, 24);

fn sent(effects: &[Effect]) -> Vec<&str> {
    effects
        .iter()
        .filter_map(|effect| if let Effect::Send(_, text) = effect { Some(text.as_str()) } else { None })
        .collect()
}

fn typing(effects: &[Effect]) -> Vec<bool> {
    effects
        .iter()
        .filter_map(|effect| if let Effect::Typing(_, is) = effect { Some(*is) } else { None })
        .collect()
}

#[test]
fn enter_sends_what_is_written_and_empties_the_box() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.write("hello");
    assert_eq!(sent(&desk.press(KeyCode::Enter)), ["hello"]);
    assert!(desk.model.compose.is_empty());
    assert!(sent(&desk.press(KeyCode::Enter)).is_empty(), "nothing is no message");
}

#[test]
fn three_keys_begin_a_new_line_and_do_not_send() {
    for (code, held) in [
        (KeyCode::Char('j'), KeyModifiers::CONTROL),
        (KeyCode::Enter, KeyModifiers::ALT),
        (KeyCode::Enter, KeyModifiers::SHIFT),
    ] {
        let mut desk = Desk::in_the_kitchen(SIZE);
        desk.write("a");
        assert!(sent(&desk.tell(Message::Key(KeyEvent::new(code, held)))).is_empty());
        desk.write("b");
        assert_eq!(sent(&desk.press(KeyCode::Enter)), ["a\nb"]);
    }
}

#[test]
fn a_paste_is_never_sent_by_itself() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    let effects = desk.tell(Message::Paste("one\rtwo\r\nthree\r".to_owned()));
    assert!(sent(&effects).is_empty());
    assert_eq!(desk.model.compose.text(), "one\ntwo\nthree\n");
}

#[test]
fn a_message_that_is_too_long_stays_in_the_box() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(Message::Paste("x".repeat(4001)));
    assert!(sent(&desk.press(KeyCode::Enter)).is_empty());
    assert_eq!(desk.model.compose.text().len(), 4001);
    assert!(desk.told().contains("4001 characters"), "{}", desk.told());
}

#[test]
fn each_room_has_its_draft() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.write("for the kitchen");
    let effects = desk.go_to(2);
    let kept = effects
        .iter()
        .find_map(|effect| if let Effect::SaveDrafts(drafts) = effect { Some(drafts) } else { None });
    assert_eq!(kept.unwrap()[&room_id(1)], "for the kitchen");
    assert!(desk.model.compose.is_empty());
    desk.write("for the garden");
    desk.go_to(1);
    assert_eq!(desk.model.compose.text(), "for the kitchen");
}

#[test]
fn drafts_are_kept_a_moment_after_a_change_and_when_the_program_is_told_to_stop() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.write("half a");
    assert!(desk.model.wake().is_some());
    let effects = desk.wait(Duration::from_secs(2));
    let saved = |effects: &[Effect]| {
        effects.iter().any(|effect| matches!(effect, Effect::SaveDrafts(drafts) if drafts.len() == 1))
    };
    assert!(saved(&effects));
    desk.write(" thought");
    let effects = desk.tell(Message::Stop);
    assert!(saved(&effects) && effects.contains(&Effect::Quit));
    assert_eq!(desk.model.drafts[&room_id(1)], "half a thought");
}

#[test]
fn what_was_sent_is_no_draft_any_more() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.write("hello");
    desk.wait(Duration::from_secs(3));
    let effects = desk.press(KeyCode::Enter);
    assert!(effects.contains(&Effect::SaveDrafts(std::collections::BTreeMap::new())));
}

#[test]
fn what_could_not_be_queued_goes_back_into_the_box() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(Message::Unsent(room_id(1), "hello".to_owned(), Safe::line("no")));
    assert_eq!(desk.model.compose.text(), "hello");
    desk.tell(Message::Unsent(room_id(1), "before".to_owned(), Safe::line("no")));
    assert_eq!(desk.model.compose.text(), "before\nhello");
    desk.tell(Message::Unsent(room_id(2), "elsewhere".to_owned(), Safe::line("no")));
    assert_eq!(desk.model.drafts[&room_id(2)], "elsewhere");
}

#[test]
fn what_is_refused_in_another_room_becomes_its_draft_and_here_stays_where_it_stands() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(no(1, "1", "here"));
    assert_eq!(desk.model.compose.text(), "");
    desk.tell(no(2, "2", "elsewhere"));
    assert_eq!(desk.model.drafts[&room_id(2)], "elsewhere");
}

#[test]
fn up_fetches_ones_own_messages_and_down_goes_back() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.show(vec![message(1, "Ada", "older", 90), message(2, "Grace", "hers", 80)]);
    desk.write("newer");
    desk.press(KeyCode::Enter);
    desk.press(KeyCode::Up);
    assert_eq!(desk.model.compose.text(), "newer");
    desk.press(KeyCode::Up);
    assert_eq!(desk.model.compose.text(), "older");
    desk.press(KeyCode::Down);
    assert_eq!(desk.model.compose.text(), "newer");
    desk.press(KeyCode::Down);
    assert_eq!(desk.model.compose.text(), "");
}

#[test]
fn up_moves_in_a_text_of_ones_own() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.show(vec![read_message(1, "Ada", "older", 90, 1)]);
    desk.tell(Message::Paste("first\nsecond".to_owned()));
    desk.press(KeyCode::Up);
    desk.write("!");
    assert_eq!(desk.model.compose.text(), "first!\nsecond");
}

#[test]
fn that_one_types_is_told_every_three_seconds_and_ends() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    assert_eq!(typing(&desk.write("ab")), [true]);
    desk.wait(Duration::from_secs(2));
    assert!(typing(&desk.write("c")).is_empty());
    desk.wait(Duration::from_secs(1));
    assert_eq!(typing(&desk.write("d")), [true]);
    assert!(typing(&desk.wait(Duration::from_secs(4))).is_empty());
    assert_eq!(typing(&desk.wait(IDLE)), [false]);
    assert_eq!(typing(&desk.write("e")), [true]);
    assert_eq!(typing(&desk.press(KeyCode::Enter)), [false]);
}

#[test]
fn ctrl_c_empties_the_box_undo_brings_it_back_and_twice_quits() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.write("hello");
    assert!(!desk.hold(KeyModifiers::CONTROL, 'c').contains(&Effect::Quit));
    assert!(desk.model.compose.is_empty());
    desk.hold(KeyModifiers::CONTROL, '_');
    assert_eq!(desk.model.compose.text(), "hello");
    desk.hold(KeyModifiers::CONTROL, 'c');
    assert!(!desk.hold(KeyModifiers::CONTROL, 'c').contains(&Effect::Quit));
    desk.write("x");
    desk.press(KeyCode::Backspace);
    assert!(!desk.hold(KeyModifiers::CONTROL, 'c').contains(&Effect::Quit), "a key in between");
    assert!(desk.hold(KeyModifiers::CONTROL, 'c').contains(&Effect::Quit));
}

#[test]
fn quitting_asks_when_something_waits() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(Message::Waiting(2));
    assert!(!desk.hold(KeyModifiers::CONTROL, 'q').contains(&Effect::Quit));
    desk.press(KeyCode::Esc);
    desk.hold(KeyModifiers::CONTROL, 'q');
    assert!(desk.press(KeyCode::Enter).contains(&Effect::Quit));
    let mut desk = Desk::in_the_kitchen(SIZE);
    assert!(desk.hold(KeyModifiers::CONTROL, 'q').contains(&Effect::Quit));
}

#[test]
fn a_line_that_begins_with_a_slash_is_a_command_and_two_are_text() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.write("/create attic");
    let effects = desk.press(KeyCode::Enter);
    assert!(effects.contains(&Effect::Create { name: "attic".to_owned(), is_private: false }));
    desk.write("/nonsense");
    assert!(sent(&desk.press(KeyCode::Enter)).is_empty());
    assert_eq!(desk.model.compose.text(), "/nonsense", "it can be mended");
    desk.hold(KeyModifiers::CONTROL, 'c');
    desk.write("//etc");
    assert_eq!(sent(&desk.press(KeyCode::Enter)), ["/etc"]);
}

#[test]
fn nothing_can_be_written_without_a_room() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(Message::Rooms(Vec::new()));
    assert!(desk.model.room.is_none());
    desk.write("hello");
    assert!(desk.model.compose.is_empty());
    assert!(desk.press(KeyCode::Enter).is_empty());
    assert!(desk.told().contains("no room is open"));
}

#[test]
fn a_failed_message_is_sent_again_discarded_or_edited() {
    let fresh = || {
        let mut desk = Desk::in_the_kitchen(SIZE);
        desk.show(vec![message(1, "Grace", "hi", 60), refused("one", "mine")]);
        desk.press(KeyCode::Esc);
        desk
    };
    let id = || "one".parse().unwrap();
    assert!(fresh().hold(KeyModifiers::SHIFT, 'R').contains(&Effect::Retry(room_id(1), id())));
    assert!(fresh().press(KeyCode::Char('x')).contains(&Effect::Discard(room_id(1), id())));
    let mut desk = fresh();
    assert!(desk.press(KeyCode::Char('e')).contains(&Effect::Discard(room_id(1), id())));
    assert_eq!(desk.model.compose.text(), "mine");
    let mut desk = fresh();
    desk.press(KeyCode::Up);
    assert!(desk.press(KeyCode::Char('x')).is_empty(), "Grace's has not failed");
    assert!(desk.told().contains("none that was left unsent"));
    // What is in the box is not lost to an edit.
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.write("a draft");
    desk.show(vec![refused("one", "mine")]);
    desk.press(KeyCode::Esc);
    assert!(desk.press(KeyCode::Char('e')).is_empty());
    assert_eq!(desk.model.compose.text(), "a draft");
}
