//! What is unread, what one wrote before, what is pasted, and the editor; and keys of one's own.

use crate::tui::{
    keys::Keys,
    message::{Effect, Message},
    model::Overlay,
    safe::Safe,
    testing::{Desk, beginning, listed, many, members, message, room_id},
    timeline::View,
};
use crossterm::event::{KeyCode, KeyModifiers};

const SIZE: (u16, u16) = (80, 24);
const CTRL: KeyModifiers = KeyModifiers::CONTROL;

/// What can be chosen.
fn choices(desk: &Desk) -> Vec<String> {
    let Some(Overlay::Switcher(switcher)) = &desk.model.overlay else { return Vec::new() };
    switcher.choices(&desk.model).into_iter().map(|choice| choice.name).collect()
}

/// The first message that is seen.
fn first_seen(desk: &Desk) -> Option<i64> {
    let places = crate::tui::layout::areas(&desk.model);
    let room = desk.model.room.as_ref().unwrap();
    let rows = crate::tui::lines::Rows::new(&desk.model, room, places.timeline.width, places.is_wide);
    room.entries[crate::tui::scroll::seen(&rows, room, usize::from(places.timeline.height)).first].seq()
}

#[test]
fn the_inbox_has_what_is_unread_and_goes_to_the_first_of_it() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.hold(KeyModifiers::ALT, 'i');
    assert_eq!(desk.told(), "Not now: everything is read.");
    desk.tell(Message::Rooms(vec![listed(1, "kitchen", 0), listed(4, "cellar", 2), listed(3, "attic", 40)]));
    desk.press(KeyCode::F(6));
    assert_eq!(choices(&desk), ["#attic", "#cellar"]);
    assert!(desk.press(KeyCode::Enter).contains(&Effect::Open(room_id(3))));
    // Only the newest are loaded: older ones are fetched until the first of it is there, and nothing is read before it is seen.
    let effects = desk.show(many(20, 100));
    assert!(effects.contains(&Effect::LoadOlder(room_id(3))), "{effects:?}");
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::MarkRead(..))));
    let mut all = vec![message(50, "Ada", "before", 9999)];
    all.extend(many(50, 100));
    desk.show(all);
    desk.tell(Message::Older(room_id(3), Ok(())));
    assert_eq!(first_seen(&desk), Some(61));
    assert_ne!(desk.model.room.as_ref().unwrap().view, View::Newest);
    // It is sought once.
    desk.press(KeyCode::PageDown);
    let after = first_seen(&desk);
    desk.add(message(101, "Grace", "more", 0));
    assert_eq!(first_seen(&desk), after);
}

#[test]
fn a_room_of_which_nothing_is_read_begins_at_its_beginning() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(Message::Rooms(vec![listed(1, "kitchen", 0), listed(3, "attic", 100)]));
    desk.press(KeyCode::F(6));
    desk.press(KeyCode::Enter);
    let mut all = vec![beginning()];
    all.extend(many(100, 100));
    desk.show(all);
    assert_eq!(first_seen(&desk), Some(1));
}

#[test]
fn what_one_wrote_is_found_by_a_part_of_it_and_not_sent() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.show(vec![message(1, "Ada", "the soup is ready", 90), message(2, "Grace", "soup of hers", 80)]);
    for text in ["more soup", "bread"] {
        desk.write(text);
        desk.press(KeyCode::Enter);
    }
    desk.write("half");
    desk.hold(CTRL, 'r');
    assert_eq!(choices(&desk), ["bread", "more soup", "the soup is ready"]);
    desk.write("SOUP");
    assert_eq!(choices(&desk), ["more soup", "the soup is ready"]);
    desk.hold(CTRL, 'r');
    assert!(!desk.press(KeyCode::Enter).iter().any(|effect| matches!(effect, Effect::Send(..))));
    assert_eq!(desk.model.compose.text(), "the soup is ready");
    desk.hold(CTRL, '_');
    desk.hold(CTRL, '_');
    assert_eq!(desk.model.compose.text(), "half", "it can be undone");
    // Also from another room.
    desk.go_to(2);
    desk.hold(CTRL, 'r');
    assert_eq!(choices(&desk), ["bread", "more soup"]);
}

#[test]
fn after_an_at_people_of_the_room_are_found_and_named_in_the_box() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.write("ask");
    desk.hold(CTRL, 'k');
    desk.write("@");
    assert_eq!(choices(&desk), [""; 0], "they are not known yet");
    desk.tell(Message::Members(room_id(1), members()));
    assert_eq!(choices(&desk), ["@Grace", "@Linus"], "and not oneself; who is online comes first");
    desk.write("li");
    assert_eq!(choices(&desk), ["@Linus"]);
    desk.press(KeyCode::Enter);
    assert_eq!(desk.model.compose.text(), "ask @Linus ");
    assert!(desk.model.overlay.is_none());
    desk.write("and ");
    desk.hold(CTRL, 'k');
    desk.write("@gra");
    desk.press(KeyCode::Enter);
    assert_eq!(desk.model.compose.text(), "ask @Linus and @Grace ");
}

#[test]
fn after_a_question_mark_every_key_is_found_and_does_what_it_says() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.hold(CTRL, 'k');
    desk.write("?");
    assert_eq!(choices(&desk).len(), crate::tui::action::ACTIONS.len());
    desk.write("older");
    assert_eq!(choices(&desk)[0], "Show older messages");
    desk.hold(CTRL, 'u');
    desk.write("?F5");
    assert_eq!(choices(&desk), ["Try to connect now"]);
    desk.press(KeyCode::Enter);
    assert_eq!(desk.told(), "Not now: the connection holds.");
    desk.hold(CTRL, 'k');
    desk.write("?copy the selected");
    desk.press(KeyCode::Enter);
    assert_eq!(desk.told(), "y: Copy the selected message.");
}

#[test]
fn no_key_that_is_looked_up_does_something_to_what_is_written() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.write("half");
    for (query, says) in [
        ("?", "Enter: Send what is written."),
        ("?send", "Enter: Send what is written."),
        ("?new line", "Ctrl-J: Begin a new line in the message."),
        ("?clear", "Ctrl-C: Empty the box (Ctrl-_ brings it back); twice on an empty box quits."),
        ("?discard", "x: Take a message that failed away."),
    ] {
        desk.hold(CTRL, 'k');
        desk.write(query);
        assert!(desk.press(KeyCode::Enter).is_empty(), "{query}");
        assert_eq!((desk.told().as_str(), desk.model.compose.text().as_str()), (says, "half"), "{query}");
    }
    for list in ["?", ">"] {
        desk.hold(CTRL, 'k');
        desk.write(&format!("{list}Quit"));
        let effects = desk.press(KeyCode::Enter);
        assert_eq!((effects.last(), desk.model.compose.text().as_str()), (Some(&Effect::Quit), "half"));
    }
}

fn lines(count: usize) -> String {
    vec!["line"; count].join("\n")
}

#[test]
fn many_pasted_lines_are_asked_about() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.write("before ");
    desk.tell(Message::Paste(lines(20)));
    assert_eq!(desk.model.compose.text(), format!("before {}", lines(20)));
    desk.hold(CTRL, 'c');
    desk.write("before ");
    let asks = |desk: &Desk| matches!(desk.model.overlay, Some(Overlay::Ask(_)));
    // Away with it.
    desk.tell(Message::Paste(lines(21).replace('\n', "\r")));
    assert!(asks(&desk));
    desk.press(KeyCode::Esc);
    assert_eq!(desk.model.compose.text(), "before ");
    // At once: what is in the box stays there.
    desk.tell(Message::Paste(lines(21)));
    assert!(desk.press(KeyCode::Char('s')).contains(&Effect::Send(room_id(1), lines(21))));
    assert!(!asks(&desk));
    assert_eq!(desk.model.compose.text(), "before ");
    // Into the box.
    desk.tell(Message::Paste(lines(21)));
    assert!(!desk.press(KeyCode::Enter).iter().any(|effect| matches!(effect, Effect::Send(..))));
    assert_eq!(desk.model.compose.text(), format!("before {}", lines(21)));
}

#[test]
fn what_is_too_long_is_not_sent_at_once_and_not_lost() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    let long = lines(900);
    desk.tell(Message::Paste(long.clone()));
    let Some(Overlay::Ask(question)) = &desk.model.overlay else { panic!("{:?}", desk.model.overlay) };
    assert_eq!(
        (question.words(&desk.model).as_str(), question.keys()),
        (
            "900 lines are pasted, with 4499 characters. A message can have 4000. Put them into the box?",
            "Enter: box   Esc: discard"
        )
    );
    assert!(desk.press(KeyCode::Char('s')).is_empty());
    desk.press(KeyCode::Enter);
    assert_eq!(desk.model.compose.text(), long);
}

#[test]
fn the_editor_is_opened_by_two_keys_and_gives_its_text_to_its_room() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.write("half");
    assert!(desk.hold(CTRL, 'x').is_empty());
    assert_eq!(desk.told(), "^X ^E editor");
    assert_eq!(desk.hold(CTRL, 'e'), [Effect::EditOutside(room_id(1), "half".to_owned())]);
    desk.tell(Message::Edited(room_id(1), Ok("whole\r\ntext".to_owned())));
    assert_eq!(desk.model.compose.text(), "whole\ntext");
    desk.tell(Message::Edited(room_id(1), Err(Safe::line("it ended with 1"))));
    assert_eq!(
        (desk.model.compose.text().as_str(), desk.told().as_str()),
        ("whole\ntext", "it ended with 1")
    );
    desk.tell(Message::Edited(room_id(2), Ok("else\r\nwhere".to_owned())));
    assert_eq!(
        (desk.model.compose.text().as_str(), desk.model.drafts[&room_id(2)].as_str()),
        ("whole\ntext", "else\nwhere")
    );
    // What comes after the first key and means nothing is not written.
    desk.hold(CTRL, 'x');
    desk.press(KeyCode::Char('k'));
    assert_eq!((desk.model.compose.text().as_str(), desk.told().as_str()), ("whole\ntext", ""));
    desk.press(KeyCode::Char('!'));
    assert_eq!(desk.model.compose.text(), "whole\ntext!");
}

#[test]
fn keys_of_ones_own_do_what_they_say_and_are_said_where_keys_are_said() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.model.keys = Keys::with([("go", "ctrl-g"), ("clear", "f9"), ("reconnect", "f8")]).unwrap();
    desk.hold(CTRL, 'k');
    assert!(desk.model.overlay.is_none());
    desk.hold(CTRL, 'g');
    assert!(matches!(desk.model.overlay, Some(Overlay::Switcher(_))));
    desk.hold(CTRL, 'g');
    assert!(desk.model.overlay.is_none(), "the same key leaves");
    desk.press(KeyCode::F(9));
    assert_eq!(desk.told(), "F9 once more quits.");
}
