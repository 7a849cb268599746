//! The screens, as they are drawn at each size and with each look.

mod sentences;

use super::view;
use crate::tui::{
    keys::Keys,
    link::State,
    look::{Look, Theme},
    message::Message,
    model::Model,
    safe::Safe,
    sign_in::{Denied, Row},
    testing::{
        DAY, Desk, MINUTE, beginning, gap, listed, local, look, many, members, message, no, public,
        read_message, refused, room_id, typing, written,
    },
    timeline::Marker,
};
use crossterm::event::{KeyCode, KeyModifiers};
use parlor_client::timeline::Sending;
use ratatui::{Terminal, backend::TestBackend, buffer::Buffer, style::Style};
use std::{fmt::Write as _, time::Duration};

const SIZES: [(u16, u16); 4] = [(80, 24), (140, 40), (40, 12), (20, 6)];

fn draw(model: &Model) -> Buffer {
    let (width, height) = model.size;
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view(model, frame)).unwrap();
    terminal.backend().buffer().clone()
}

/// The screen's rows, each between bars, so that blanks at the end are seen.
fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut skip = 0;
        text.push('|');
        for x in 0..buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            if skip == 0 {
                text.push_str(symbol);
                skip = crate::tui::wrap::columns(symbol).saturating_sub(1);
            } else {
                skip -= 1;
            }
        }
        text.push_str("|\n");
    }
    text
}

/// Which columns of which rows look different from plain text, and how.
fn styles(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let of = |x: u16| {
            let cell = &buffer[(x, y)];
            Style::new().fg(cell.fg).bg(cell.bg).add_modifier(cell.modifier)
        };
        let mut from = 0;
        for x in 1..=buffer.area.width {
            if x == buffer.area.width || of(x) != of(from) {
                let Style { fg, bg, add_modifier, .. } = of(from);
                let plain = Style::new().fg(ratatui::style::Color::Reset).bg(ratatui::style::Color::Reset);
                if of(from) != plain {
                    writeln!(text, "{y}: {from}-{} {fg:?} on {bg:?} {add_modifier:?}", x - 1).unwrap();
                }
                from = x;
            }
        }
    }
    text
}

/// A room with all that a room can have, and texts that terminals find hard.
fn chat(size: (u16, u16), look: Look) -> Desk {
    let mut desk = Desk::new(size, look);
    desk.arrive();
    desk.tell(Message::Rooms(vec![
        listed(1, "kitchen", 0),
        listed(2, "garden", 0),
        listed(3, "café ☕ 日本", 14),
        listed(4, "العربية", 2),
        public(5, "library"),
    ]));
    desk.tell(Message::Members(room_id(1), members()));
    desk.show(vec![
        beginning(),
        message(90, "Grace", "Migration finished, 4.1 M rows moved 🎉", DAY),
        message(
            91,
            "Grace",
            "日本語のとても長い文章は、単語の間に空白がないので、文字の間で折り返されます。",
            DAY - MINUTE,
        ),
        message(
            92,
            "Linus",
            "A family 👩\u{200d}👩\u{200d}👧, a heart ❤\u{fe0f}, flags 🇩🇪🇯🇵, e\u{301}, مرحبا, שלום",
            90 * MINUTE,
        ),
        read_message(97, "Ada", "node-3. Swapped already.\nTwo lines are kept together.", 80 * MINUTE, 2),
        message(
            98,
            "Grace",
            "can you look at the 502 on /rooms? It comes and goes, and nobody knows why",
            3 * MINUTE,
        ),
        read_message(99, "Ada", "on it", 2 * MINUTE, 0),
        local("one", "rollback is running", Sending::UnderWay),
        local("two", "and then the rest", Sending::Queued),
        refused("three", "see attached log"),
    ]);
    desk.model.room.as_mut().unwrap().marker = Some(Marker { after: 97, count: 1 });
    desk.tell(typing("Grace", true));
    desk.tell(typing("Linus", true));
    desk.write("I'll page the storage team and report back in ten minutes. 日本👧");
    desk
}

fn named(name: &str, (width, height): (u16, u16)) -> String {
    format!("{name}_{width}x{height}")
}

/// Compares a screen at every size.
fn at_every_size(name: &str, make: impl Fn((u16, u16)) -> Desk) {
    for size in SIZES {
        let desk = make(size);
        insta::assert_snapshot!(named(name, size), text(&draw(&desk.model)));
    }
}

#[test]
fn a_room() {
    at_every_size("room", |size| chat(size, look()));
}

#[test]
fn what_tab_would_write() {
    at_every_size("completion", |size| {
        let mut desk = chat(size, look());
        desk.hold(KeyModifiers::CONTROL, 'c');
        desk.write("off it goes :rock");
        desk.press(KeyCode::Tab);
        desk.press(KeyCode::Tab);
        desk
    });
}

#[test]
fn a_room_in_ascii() {
    at_every_size("ascii", |size| {
        let mut desk = chat(size, Look::new(Theme::None, true));
        desk.hold(KeyModifiers::CONTROL, 'c');
        desk
    });
}

#[test]
fn ascii_draws_nothing_else_of_its_own() {
    let mut desk = Desk::new((140, 40), Look::new(Theme::None, true));
    desk.arrive();
    desk.tell(Message::Members(room_id(1), members()));
    desk.show(vec![beginning(), message(90, "Grace", "hi", MINUTE), refused("three", "no"), gap(90)]);
    for key in [KeyCode::F(1), KeyCode::Esc, KeyCode::F(3)] {
        desk.press(key);
        let drawn = text(&draw(&desk.model));
        assert!(drawn.is_ascii(), "{}", drawn.chars().filter(|c| !c.is_ascii()).collect::<String>());
    }
}

#[test]
fn without_colours_there_are_none() {
    for theme in [Theme::Terminal, Theme::None, Theme::HighContrast] {
        let desk = chat((80, 24), Look::new(theme, false));
        let styles = styles(&draw(&desk.model));
        if theme == Theme::None {
            assert!(styles.lines().all(|line| line.contains("Some(Reset) on Some(Reset)")), "{styles}");
        }
        insta::assert_snapshot!(format!("styles_{theme:?}").to_lowercase(), styles);
    }
}

#[test]
fn without_a_connection() {
    at_every_size("offline", |size| {
        let mut desk = chat(size, look());
        let (retry_in, reason) = (Duration::from_secs(9), Safe::line("refused"));
        desk.tell(Message::Link(State::Offline { attempt: 2, retry_in, reason }));
        desk.tell(Message::Waiting(2));
        desk.wait(Duration::from_secs(6));
        desk
    });
}

#[test]
fn what_has_waited_for_days() {
    at_every_size("held", |size| {
        let mut desk = chat(size, look());
        desk.show(vec![
            read_message(97, "Ada", "on it", 3 * DAY, 1),
            written("one", "rollback is running", Sending::Held, 2 * DAY),
            written("two", "what do you think of a week from now?", Sending::Held, 2 * DAY - MINUTE),
            written("three", "good morning", Sending::Queued, DAY / 2),
        ]);
        desk.tell(Message::Held(vec![room_id(1), room_id(1), room_id(3)]));
        desk
    });
}

#[test]
fn older_messages_are_loaded() {
    at_every_size("older", |size| {
        let mut desk = chat(size, look());
        desk.show(many(60, 100));
        for _ in 0..40 {
            desk.press(KeyCode::PageUp);
        }
        desk.add(message(101, "Grace", "new", 0));
        desk
    });
}

#[test]
fn a_gap() {
    at_every_size("gap", |size| {
        let mut desk = chat(size, look());
        desk.show(vec![message(5, "Grace", "before", DAY), gap(5), message(99, "Grace", "after", MINUTE)]);
        desk
    });
}

#[test]
fn the_switcher() {
    at_every_size("switcher", |size| {
        let mut desk = chat(size, look());
        desk.hold(KeyModifiers::CONTROL, 'k');
        desk.write("r");
        desk
    });
}

#[test]
fn the_palette() {
    at_every_size("palette", |size| {
        let mut desk = chat(size, look());
        desk.press(KeyCode::F(3));
        desk
    });
}

#[test]
fn all_keys() {
    at_every_size("help", |size| {
        let mut desk = chat(size, look());
        desk.press(KeyCode::F(1));
        desk
    });
}

#[test]
fn a_question() {
    at_every_size("question", |size| {
        let mut desk = chat(size, look());
        desk.tell(Message::Waiting(2));
        desk.hold(KeyModifiers::CONTROL, 'q');
        desk
    });
}

#[test]
fn a_question_that_promises_nothing() {
    at_every_size("question_in_memory", |size| {
        let mut desk = chat(size, look());
        desk.tell(Message::InMemory(true));
        desk.tell(Message::Waiting(2));
        desk.tell(no(1, "three", "see attached log"));
        desk.hold(KeyModifiers::CONTROL, 'q');
        desk
    });
}

#[test]
fn many_lines_are_pasted() {
    at_every_size("paste", |size| {
        let mut desk = chat(size, look());
        desk.tell(Message::Paste("line\n".repeat(45)));
        desk
    });
}

#[test]
fn the_inbox() {
    at_every_size("inbox", |size| {
        let mut desk = chat(size, look());
        desk.press(KeyCode::F(6));
        desk
    });
}

#[test]
fn what_one_wrote() {
    at_every_size("history", |size| {
        let mut desk = chat(size, look());
        desk.hold(KeyModifiers::CONTROL, 'r');
        desk.write("th");
        desk
    });
}

#[test]
fn keys_of_ones_own() {
    at_every_size("own_keys", |size| {
        let mut desk = chat(size, look());
        desk.model.keys =
            Keys::with([("go", "ctrl-g"), ("help", ""), ("newest", "f8"), ("send", "ctrl-s, f9")]).unwrap();
        desk.press(KeyCode::PageUp);
        desk
    });
}

#[test]
fn a_failed_message_is_selected() {
    at_every_size("selected", |size| {
        let mut desk = chat(size, look());
        desk.press(KeyCode::Esc);
        desk
    });
}

#[test]
fn signing_in() {
    at_every_size("sign_in", |size| {
        let mut desk = Desk::new(size, look());
        desk.press(KeyCode::Right);
        for _ in 0..4 {
            desk.press(KeyCode::Tab);
        }
        desk.write("secret");
        let why = Safe::line("The server can't be reached.");
        desk.tell(Message::SignInFailed(Denied { why, row: Row::Password, is_password: false }));
        let drawn = text(&draw(&desk.model));
        assert!(!drawn.contains("secret"), "{drawn}");
        desk
    });
}

#[test]
fn the_form_says_which_key_comes_next() {
    at_every_size("sign_in_begins", |size| Desk::new(size, look()));
    for (tabs, says) in [(0, "Space: old or new"), (1, "Tab: next line"), (3, "Enter: go on")] {
        let mut desk = Desk::new((20, 6), look());
        (0..tabs).for_each(|_| drop(desk.press(KeyCode::Tab)));
        let drawn = text(&draw(&desk.model));
        assert!(drawn.contains(says), "{drawn}");
    }
}

#[test]
fn in_no_room() {
    at_every_size("no_room", |size| {
        let mut desk = Desk::in_the_kitchen(size);
        desk.tell(Message::Rooms(Vec::new()));
        desk.wait(Duration::from_secs(10));
        desk
    });
}

#[test]
fn signed_out() {
    at_every_size("signed_out", |size| {
        let mut desk = chat(size, look());
        desk.tell(Message::Link(State::SignedOut));
        desk
    });
}

#[test]
fn the_messages_alone() {
    at_every_size("bare", |size| {
        let mut desk = chat(size, look());
        desk.press(KeyCode::F(11));
        desk
    });
}

#[test]
fn a_screen_that_is_too_small_says_so() {
    for size in [(19, 6), (20, 5), (40, 3), (1, 1)] {
        let desk = chat(size, look());
        let drawn = text(&draw(&desk.model));
        assert!(
            drawn
                .starts_with(&"|16 unread, #kitchen; the window is too small"[..usize::from(size.0.min(18))]),
            "{drawn}"
        );
    }
}
