//! Selecting messages, help, and what lies over the screen.

use crate::tui::{
    message::{Effect, Message},
    model::{Help, Overlay, Place},
    plain::Plain,
    testing::{DAY, Desk, many, message, room_id, written},
};
use crossterm::event::{KeyCode, KeyModifiers};
use parlor_client::timeline::Sending;

fn desk() -> Desk {
    let mut desk = Desk::in_the_kitchen((80, 24));
    desk.show(many(50, 100));
    desk
}

fn selected(desk: &Desk) -> i64 {
    desk.model.selected().unwrap().seq().unwrap()
}

#[test]
fn esc_selects_the_newest_and_keys_move() {
    let mut desk = desk();
    desk.press(KeyCode::Esc);
    assert_eq!((desk.model.place(), selected(&desk)), (Place::Selecting, 100));
    desk.press(KeyCode::Up);
    desk.press(KeyCode::Char('k'));
    assert_eq!(selected(&desk), 98);
    desk.press(KeyCode::Char('j'));
    assert_eq!(selected(&desk), 99);
    desk.press(KeyCode::Char('g'));
    assert_eq!(selected(&desk), 51);
    desk.press(KeyCode::Up);
    assert_eq!(selected(&desk), 51);
    desk.hold(KeyModifiers::SHIFT, 'G');
    assert_eq!(selected(&desk), 100);
    desk.press(KeyCode::Esc);
    assert_eq!(desk.model.place(), Place::Writing);
}

#[test]
fn whoever_types_writes() {
    let mut desk = desk();
    desk.press(KeyCode::Esc);
    desk.write("hi");
    assert_eq!((desk.model.place(), desk.model.compose.text().as_str()), (Place::Writing, "hi"));
}

#[test]
fn y_copies() {
    let mut desk = desk();
    desk.press(KeyCode::Esc);
    assert!(desk.press(KeyCode::Char('y')).contains(&Effect::Copy("message 100".to_owned())));
}

#[test]
fn what_has_waited_for_too_long_is_told_and_sent_or_taken_away_when_one_says_so() {
    let mut desk = desk();
    desk.tell(Message::Held(vec![room_id(1), room_id(2)]));
    assert_eq!(desk.told(), "2 messages waited over a day: each stands in its room until you send it.");
    let words = "what do you think?";
    desk.show(vec![message(100, "Grace", "hello", 0), written("old", words, Sending::Held, 2 * DAY)]);
    desk.press(KeyCode::Esc);
    let id = "old".parse().unwrap();
    assert!(desk.press(KeyCode::Char('R')).contains(&Effect::Retry(room_id(1), id)));
    desk.press(KeyCode::Esc);
    let id = "old".parse().unwrap();
    assert!(desk.press(KeyCode::Char('e')).contains(&Effect::Discard(room_id(1), id)));
    assert_eq!(desk.model.compose.text(), words);
    // One fewer is nothing to be told of.
    desk.wait(std::time::Duration::from_mins(1));
    desk.tell(Message::Held(vec![room_id(2)]));
    assert_eq!(desk.told(), "");
    // Once is enough for those who hear it.
    let mut plain = Plain::default();
    let spoken = plain.take(&mut desk.model);
    let told = format!("A message has waited for over a day: /retry or /discard. It says: {words}");
    assert_eq!(spoken.matches(&told).count(), 1, "{spoken}");
    assert_eq!(plain.take(&mut desk.model), "");
}

#[test]
fn a_selected_message_that_goes_is_no_longer_selected() {
    let mut desk = desk();
    desk.press(KeyCode::Esc);
    desk.show(vec![message(3, "Grace", "another history", 0)]);
    assert_eq!(desk.model.place(), Place::Writing);
}

#[test]
fn help_opens_with_f1_and_with_a_question_mark_in_an_empty_box() {
    let mut desk = desk();
    desk.press(KeyCode::Char('?'));
    assert_eq!(help(&desk), Some((0, "")));
    desk.press(KeyCode::Down);
    assert_eq!(help(&desk), Some((1, "")));
    desk.press(KeyCode::Esc);
    desk.write("what?");
    assert_eq!(desk.model.compose.text(), "what?");
    desk.press(KeyCode::F(1));
    assert_eq!(help(&desk), Some((0, "")));
}

#[test]
fn what_is_typed_over_the_help_finds_keys_and_is_not_written() {
    let mut desk = desk();
    desk.press(KeyCode::F(1));
    desk.press(KeyCode::PageDown);
    desk.write("Copy?");
    assert_eq!(help(&desk), Some((0, "Copy?")), "what is found is seen from its first row on");
    desk.press(KeyCode::Backspace);
    assert_eq!(help(&desk), Some((0, "Copy")));
    desk.hold(KeyModifiers::CONTROL, 'b');
    assert_eq!(help(&desk), Some((0, "Copy")), "other keys do nothing here");
    desk.hold(KeyModifiers::CONTROL, 'u');
    desk.press(KeyCode::Backspace);
    assert_eq!(help(&desk), Some((0, "")));
    desk.tell(Message::Paste("ctrl-k\n".to_owned()));
    assert_eq!(help(&desk), Some((0, "ctrl-k")));
    for leaves in [KeyCode::Enter, KeyCode::F(1), KeyCode::Esc] {
        assert!(help(&desk).is_some(), "{leaves}");
        desk.press(leaves);
        assert_eq!((help(&desk), desk.model.compose.text().as_str()), (None, ""), "{leaves}");
        desk.press(KeyCode::F(1));
        desk.write("y");
    }
}

/// The first row of the help that is seen, and what is typed over it.
fn help(desk: &Desk) -> Option<(u16, &str)> {
    let Some(Overlay::Help(Help { from, wanted })) = &desk.model.overlay else { return None };
    Some((*from, wanted))
}

#[test]
fn the_terminal_is_asked_to_redraw_and_to_make_way() {
    let mut desk = desk();
    assert!(desk.hold(KeyModifiers::CONTROL, 'l').contains(&Effect::Redraw));
    assert!(desk.hold(KeyModifiers::CONTROL, 'z').contains(&Effect::Suspend));
}

#[test]
fn a_link_is_opened_and_of_several_one_is_chosen() {
    let mut desk = Desk::in_the_kitchen((80, 24));
    desk.show(vec![
        message(1, "Grace", "no link", 90),
        message(2, "Grace", "http://a.example or http://b.example", 80),
        message(3, "Grace", "look: https://c.example/x.", 70),
    ]);
    let opens = |link: &str| Effect::OpenLink(link.to_owned());
    desk.press(KeyCode::Esc);
    assert!(desk.press(KeyCode::Char('o')).contains(&opens("https://c.example/x")));
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::Up);
    assert!(desk.press(KeyCode::Char('o')).is_empty(), "which?");
    desk.write("b.ex");
    assert!(desk.press(KeyCode::Enter).contains(&opens("http://b.example")));
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::Home);
    assert!(desk.press(KeyCode::Char('o')).is_empty());
    assert_eq!(desk.told(), "Not now: the selected message has no link.");
}
