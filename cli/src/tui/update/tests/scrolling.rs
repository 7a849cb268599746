//! Moving through a room: what is seen stays where it is, whatever comes.

use crate::tui::{
    layout::areas,
    lines::Rows,
    message::{Effect, Message},
    scroll,
    testing::{Desk, beginning, local, many, message, room_id},
    timeline::{Loading, View},
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use parlor_client::timeline::{Sending, VectorDiff};

const SIZE: (u16, u16) = (80, 24);

/// The rows that are seen, as text.
fn seen(desk: &Desk) -> Vec<String> {
    let (model, places) = (&desk.model, areas(&desk.model));
    let room = model.room.as_ref().unwrap();
    let rows = Rows::new(model, room, places.timeline.width, places.is_wide);
    let seen = scroll::seen(&rows, room, usize::from(places.timeline.height));
    seen.rows.iter().map(ToString::to_string).collect()
}

fn scrolled() -> Desk {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.show(many(50, 100));
    desk.press(KeyCode::PageUp);
    desk
}

#[test]
fn new_messages_do_not_move_what_is_seen() {
    let mut desk = scrolled();
    let before = seen(&desk);
    desk.add(message(101, "Grace", "new", 0));
    desk.add(local("mine", "my own", Sending::Queued));
    assert_eq!(seen(&desk), before);
    assert_eq!(desk.model.room.as_ref().unwrap().below, 1, "one's own is not new");
    desk.tell(Message::Key(KeyEvent::new(KeyCode::End, KeyModifiers::CONTROL)));
    assert!(seen(&desk).iter().any(|row| row.contains("new")));
    assert_eq!(desk.model.room.as_ref().unwrap().below, 0);
}

#[test]
fn older_messages_do_not_move_what_is_seen() {
    let mut desk = scrolled();
    let before = seen(&desk);
    let older = many(20, 50).into_iter().rev();
    let changes = older.map(|value| VectorDiff::PushFront { value }).collect();
    desk.tell(Message::Changed(room_id(1), changes));
    assert_eq!(seen(&desk), before);
}

#[test]
fn an_own_message_that_is_stored_does_not_move_what_is_seen() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    let mut entries = many(50, 100);
    entries.push(local("mine", "line one\nline two\nline three\nline four", Sending::UnderWay));
    desk.show(entries);
    desk.tell(wheel(MouseEventKind::ScrollUp));
    assert!(matches!(desk.model.room.as_ref().unwrap().view, View::At(..)));
    let value = message(101, "Ada", "line one\nline two\nline three\nline four", 0);
    desk.tell(Message::Changed(room_id(1), vec![VectorDiff::Set { index: 50, value }]));
    let room = desk.model.room.as_ref().unwrap();
    assert!(matches!(&room.view, View::At(key, _) if room.position(key).is_some()), "{:?}", room.view);
}

fn wheel(kind: MouseEventKind) -> Message {
    Message::Mouse(MouseEvent { kind, column: 40, row: 10, modifiers: KeyModifiers::NONE })
}

#[test]
fn the_wheel_and_the_keys_go_up_and_down_again() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.show(many(50, 100));
    let newest = seen(&desk);
    desk.tell(wheel(MouseEventKind::ScrollUp));
    assert_eq!(seen(&desk)[3..], newest[..newest.len() - 3]);
    desk.tell(wheel(MouseEventKind::ScrollDown));
    assert_eq!((seen(&desk), &desk.model.room.as_ref().unwrap().view), (newest.clone(), &View::Newest));
    for _ in 0..3 {
        desk.press(KeyCode::PageUp);
    }
    for _ in 0..3 {
        desk.press(KeyCode::PageDown);
    }
    assert_eq!(seen(&desk), newest);
}

#[test]
fn near_the_top_the_page_before_is_loaded_once() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    let load = Effect::LoadOlder(room_id(1));
    assert!(!desk.show(many(60, 100)).contains(&load));
    let effects: Vec<_> = (0..9).flat_map(|_| desk.press(KeyCode::PageUp)).collect();
    assert_eq!(effects.iter().filter(|effect| **effect == load).count(), 1);
    // What could not be loaded is asked for again with the same key.
    desk.tell(Message::Older(room_id(1), Err(crate::tui::safe::Safe::line("no"))));
    assert!(matches!(desk.model.room.as_ref().unwrap().older, Loading::Failed(_)));
    assert!(desk.press(KeyCode::PageUp).contains(&load));
    desk.tell(Message::Older(room_id(1), Ok(())));
    let mut entries = vec![beginning()];
    entries.extend(many(60, 100));
    assert!(!desk.show(entries).contains(&load), "nothing is before the beginning");
}

#[test]
fn what_could_not_be_loaded_is_asked_for_again_with_enter() {
    let no = || crate::tui::safe::Safe::line("no");
    let mut desk = Desk::in_the_kitchen(SIZE);
    let (load, open) = (Effect::LoadOlder(room_id(1)), Effect::Open(room_id(1)));
    desk.show(many(10, 100));
    assert!(!desk.press(KeyCode::Enter).contains(&load), "it is under way");
    desk.tell(Message::Older(room_id(1), Err(no())));
    assert!(desk.press(KeyCode::Enter).contains(&load));
    assert!(!desk.press(KeyCode::Enter).contains(&load), "once is enough");
    // The same with the first message selected.
    desk.tell(Message::Older(room_id(1), Err(no())));
    desk.press(KeyCode::Esc);
    assert!(!desk.press(KeyCode::Enter).contains(&load), "another one was selected");
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::Home);
    assert!(desk.press(KeyCode::Enter).contains(&load));
    // What is written is sent first.
    desk.tell(Message::Older(room_id(1), Err(no())));
    desk.write("hello");
    let effects = desk.press(KeyCode::Enter);
    assert!(effects.contains(&Effect::Send(room_id(1), "hello".to_owned())) && !effects.contains(&load));
    // A room that could not be opened.
    desk.tell(Message::OpenFailed(room_id(1), no()));
    assert!(desk.press(KeyCode::Enter).contains(&open));
    assert!(!desk.press(KeyCode::Enter).contains(&open));
}

#[test]
fn the_first_row_comes_to_the_top_and_no_further() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.show(many(30, 100));
    desk.tell(Message::Key(KeyEvent::new(KeyCode::Home, KeyModifiers::CONTROL)));
    let rows = seen(&desk);
    assert!(rows[1].contains("message 71"), "{rows:?}");
    assert_eq!(rows.len(), usize::from(areas(&desk.model).timeline.height));
    desk.press(KeyCode::PageUp);
    assert_eq!(seen(&desk), rows);
}

#[test]
fn a_room_of_ten_thousand_lays_out_only_what_is_seen() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    let mut entries: Vec<_> = many(9_980, 9_980);
    entries.extend(many(20, 10_000));
    let places = areas(&desk.model);
    desk.show(entries);
    let room = desk.model.room.as_ref().unwrap();
    let rows = Rows::new(&desk.model, room, places.timeline.width, places.is_wide);
    let seen = scroll::seen(&rows, room, usize::from(places.timeline.height));
    assert!(seen.first > 9_970, "{}", seen.first);
}

#[test]
fn clicks_go_to_rooms_hints_and_the_newest() {
    let mut desk = scrolled();
    let click = |column, row| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        Message::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
    };
    // Below the heading: garden, kitchen.
    let effects = desk.tell(click(3, 3));
    assert!(effects.contains(&Effect::Open(room_id(2))), "{effects:?}");
    let mut desk = scrolled();
    desk.tell(click(78, areas(&desk.model).timeline.bottom() - 1));
    assert_eq!(desk.model.room.as_ref().unwrap().view, View::Newest);
    // The first hint is Enter, which sends.
    desk.write("hello");
    assert!(desk.tell(click(2, 23)).contains(&Effect::Send(room_id(1), "hello".to_owned())));
}

#[test]
fn a_click_on_a_link_opens_it_wherever_it_is_clicked() {
    let long = format!("https://ci.example/{}/end", "x".repeat(60));
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.show(vec![
        message(98, "Grace", "of https://other.example/x too", 90),
        message(99, "Linus", &format!("look at {long} (and https://ci.example/42)."), 60),
        message(100, "Grace", "no link, no more", 30),
    ]);
    let area = areas(&desk.model).timeline;
    let rows = seen(&desk);
    let first = area.bottom() - u16::try_from(rows.len()).unwrap();
    let click = |desk: &mut Desk, part: &str, by: usize| {
        let row =
            rows.iter().position(|row| row.contains(part)).unwrap_or_else(|| panic!("{part}: {rows:#?}"));
        let column = crate::tui::wrap::columns(rows[row].split(part).next().unwrap()) + by;
        let (row, column) = (first + u16::try_from(row).unwrap(), area.x + u16::try_from(column).unwrap());
        let kind = MouseEventKind::Down(MouseButton::Left);
        desk.tell(Message::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
    };
    for (part, by, link) in [
        ("https://ci.example/xxx", 0, long.as_str()),
        ("x/end", 2, &long),
        ("https://ci.example/42", 8, "https://ci.example/42"),
        ("https://other", 3, "https://other.example/x"),
    ] {
        assert_eq!(click(&mut desk, part, by), [Effect::OpenLink(link.to_owned())], "{part}");
    }
    for part in ["no link", "look at", " too"] {
        assert!(click(&mut desk, part, 0).is_empty(), "{part}");
    }
}

#[test]
fn a_click_on_a_word_that_is_also_in_a_link_opens_nothing() {
    let long = format!("https://this.example/Grace/{}/end", "is".repeat(60));
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.show(vec![message(1, "Grace", &format!("this is\nend of {long} is"), 90)]);
    let area = areas(&desk.model).timeline;
    let rows = seen(&desk);
    let first = area.bottom() - u16::try_from(rows.len()).unwrap();
    let mut opened = 0;
    for (row, text) in (first..).zip(&rows) {
        let mut column = area.x;
        for word in text.split(' ') {
            let kind = MouseEventKind::Down(MouseButton::Left);
            let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
            let effects = desk.tell(Message::Mouse(event));
            column += u16::try_from(crate::tui::wrap::columns(word)).unwrap() + 1;
            if ["https:", "isis", "/end"].iter().any(|of_link| word.contains(of_link)) {
                assert_eq!(effects, [Effect::OpenLink(long.clone())], "{word}: {rows:#?}");
                opened += 1;
            } else {
                assert!(effects.is_empty(), "{word}: {rows:#?}");
            }
        }
    }
    assert!(opened > 1, "{rows:#?}");
}

#[test]
fn a_click_on_the_end_of_a_link_whose_beginning_is_scrolled_away_opens_it() {
    let long = format!("https://ci.example/{}", "x".repeat(3_000));
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.show(vec![message(1, "Grace", &long, 90)]);
    let area = areas(&desk.model).timeline;
    let kind = MouseEventKind::Down(MouseButton::Left);
    for row in [area.y, area.bottom() - 1] {
        let text = seen(&desk)[usize::from(row - area.y)].clone();
        let column = area.x + u16::try_from(text.find('x').unwrap()).unwrap();
        let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        assert_eq!(desk.tell(Message::Mouse(event)), [Effect::OpenLink(long.clone())], "{text}");
    }
}
