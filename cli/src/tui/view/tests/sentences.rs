//! What the screens say, where the words and not their places matter.

use super::{SIZES, chat, draw, text};
use crate::tui::{
    link::State,
    look::{Look, Theme},
    message::Message,
    rooms::Listed,
    safe::Safe,
    testing::{Desk, beginning, listed, local, look, many, message, public, read_message, room_id},
    timeline::Marker,
};
use crossterm::event::{KeyCode, KeyModifiers};
use parlor_client::timeline::Sending;
use std::time::Duration;

#[test]
fn a_private_room_of_ones_own_says_how_others_come_in() {
    let mut den = listed(1, "den", 0);
    den.is_private = true;
    let shown = |den: Listed| {
        let mut desk = Desk::new((80, 24), look());
        desk.arrive();
        desk.tell(Message::Rooms(vec![den]));
        desk.show(vec![beginning()]);
        drawn(&desk)
    };
    let of_another = shown(den.clone());
    assert!(of_another.contains("This is the beginning of #den.  "), "{of_another}");
    den.place.as_mut().unwrap().is_owner = true;
    let own = shown(den);
    assert!(own.contains("This is the beginning of #den. /invite asks others in."), "{own}");
}

#[test]
fn what_is_new_begins_with_anothers_first_message() {
    let mut desk = chat((80, 24), look());
    let own = read_message(99, "Ada", "hello Grace", 60, 0);
    desk.show(vec![message(97, "Linus", "long ago", 600), own, message(100, "Grace", "hello Ada", 30)]);
    desk.model.room.as_mut().unwrap().marker = Some(Marker { after: 97, count: 1 });
    let drawn = drawn(&desk);
    let at = |words: &str| drawn.find(words).unwrap_or_else(|| panic!("{words} is not in\n{drawn}"));
    let order = ["long ago", "hello Grace", " 1 new ", "hello Ada"].map(at);
    assert!(order.is_sorted(), "{drawn}");
}

#[test]
fn rooms_of_one_name_are_told_apart() {
    let mut desk = chat((80, 24), look());
    let rooms = vec![listed(1, "kitchen", 0), listed(2, "attic", 0), public(3, "attic")];
    desk.tell(Message::Rooms(rooms));
    desk.hold(KeyModifiers::CONTROL, 'k');
    let drawn = drawn(&desk);
    assert_eq!(
        (drawn.matches("#attic by Grace").count(), drawn.matches("#kitchen by").count()),
        (2, 0),
        "{drawn}"
    );
}

#[test]
fn what_is_said_is_seen_on_a_small_screen_too() {
    let mut desk = chat((20, 6), look());
    desk.tell(Message::Told(Safe::line("Nobody heard it, but all of it is here.")));
    let drawn = drawn(&desk);
    assert!(drawn.contains("|Nobody heard it, bu…|"), "{drawn}");
}

fn drawn(desk: &Desk) -> String {
    text(&draw(&desk.model))
}

#[test]
fn what_could_not_be_loaded_says_at_every_size_how_to_try_again() {
    for size in SIZES {
        let mut desk = Desk::in_the_kitchen(size);
        desk.show(many(3, 100));
        for _ in 0..3 {
            desk.press(KeyCode::PageUp);
        }
        let why = || Safe::line("The server can't be reached: Connection refused");
        desk.tell(Message::Older(room_id(1), Err(why())));
        assert!(drawn(&desk).contains("Enter tries again: "), "{}", drawn(&desk));
        desk.write("half");
        assert!(drawn(&desk).contains("PgUp tries again: "), "{}", drawn(&desk));
        desk.tell(Message::OpenFailed(room_id(1), why()));
        assert!(drawn(&desk).contains("PgUp tries"), "{}", drawn(&desk));
    }
}

#[test]
fn the_help_says_what_every_mark_means() {
    for (ascii, marks) in [
        (false, ["…", "✓", "✓✓", "✗", "▌", "◆", "●", "○", "↓"]),
        (true, ["...", "v", "vv", "!", ">", "&", "*", "-", "v"]),
    ] {
        let mut desk = Desk::new((80, 24), Look::new(Theme::None, ascii));
        desk.arrive();
        desk.press(KeyCode::F(1));
        for _ in 0..20 {
            desk.press(KeyCode::PageDown);
        }
        let drawn = drawn(&desk);
        let meant: Vec<_> = drawn.lines().skip_while(|line| !line.contains("MARKS")).collect();
        for mark in marks {
            let mark = format!(" {mark} ");
            assert!(meant.iter().any(|line| line.contains(&mark)), "{mark}: {drawn}");
        }
        assert!(drawn.contains("Somebody else has read it"), "{drawn}");
    }
}

#[test]
fn a_private_room_is_marked_in_the_list_however_long_its_name_is() {
    let name = "a room with a name that has no place";
    let mut rooms = vec![listed(1, "kitchen", 0), listed(2, name, 0), listed(3, "den", 4)];
    for room in &mut rooms[1..] {
        room.is_private = true;
    }
    let mut desk = Desk::in_the_kitchen((80, 24));
    desk.tell(Message::Rooms(rooms));
    let shown = drawn(&desk);
    for wanted in ["▌#kitchen           │", " #a room with a … ◆ │", " #den ◆            4│"] {
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
    desk.press(KeyCode::F(4));
    desk.hold(KeyModifiers::CONTROL, 'k');
    assert!(drawn(&desk).contains("4 unread, private"), "{}", drawn(&desk));
}

#[test]
fn the_help_shows_what_is_like_what_is_typed() {
    for size in SIZES {
        let mut desk = Desk::in_the_kitchen(size);
        desk.press(KeyCode::F(1));
        desk.press(KeyCode::PageDown);
        desk.write("COPY the sele");
        let shown = drawn(&desk);
        assert!(shown.contains("MESSAGE IS SEL") && shown.contains(" y "), "{shown}");
        assert!(!shown.contains("EVERYWHERE") && !shown.contains("MARKS"), "{shown}");
        assert!(shown.contains(" Find: COPY the"), "{shown}");
        desk.hold(KeyModifiers::CONTROL, 'u');
        desk.write("f5");
        assert!(drawn(&desk).contains(" F5 "), "{}", drawn(&desk));
        desk.write("zz");
        assert!(drawn(&desk).contains(" There is nothing"), "{}", drawn(&desk));
    }
}

#[test]
fn a_room_that_is_opened_without_a_connection_shows_what_waits_and_when_the_rest_comes() {
    let words = "Messages are loaded when the connection is back.";
    let mut desk = Desk::in_the_kitchen((80, 24));
    let (retry_in, reason) = (Duration::from_secs(20), Safe::line("refused"));
    desk.tell(Message::Link(State::Offline { attempt: 2, retry_in, reason }));
    desk.go_to(2);
    assert!(drawn(&desk).contains(" Loading "), "{}", drawn(&desk));
    desk.wait(Duration::from_secs(6));
    assert!(drawn(&desk).contains(words), "{}", drawn(&desk));
    let ahead = |room| {
        let entries = [local("one", "said ahead", Sending::Queued)];
        Message::Ahead(room_id(room), entries.into_iter().collect())
    };
    desk.tell(ahead(1));
    assert!(!drawn(&desk).contains("said ahead"), "it is of another room");
    let effects = desk.tell(ahead(2));
    assert!(effects.is_empty(), "nothing can be asked for: {effects:?}");
    let shown = drawn(&desk);
    assert!(shown.contains("said ahead") && shown.contains("… queued") && shown.contains(words), "{shown}");
    desk.tell(Message::Link(State::Online));
    desk.show(many(3, 100));
    let shown = drawn(&desk);
    assert!(shown.contains("message 100") && !shown.contains(words), "{shown}");
    desk.tell(ahead(2));
    assert_eq!(drawn(&desk), shown, "the list itself knows better");
}
