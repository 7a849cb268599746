//! What the screens say, where the words and not their places matter.

use super::{SIZES, chat, draw, text};
use crate::tui::{
    message::Message,
    rooms::Listed,
    safe::Safe,
    testing::{Desk, beginning, listed, look, many, room_id},
};
use crossterm::event::KeyCode;

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
        assert!(drawn(&desk).contains("PgUp tries again"), "{}", drawn(&desk));
    }
}
