//! Whatever comes, in whatever order, at whatever size.

use crate::tui::{
    layout::{areas, is_tiny, writing},
    link::State,
    message::{Effect, Message, Voice},
    model::{Page, Place},
    safe::Safe,
    testing::{
        Desk, beginning, gap, listed, local, look, many, message, no, public, refused, room_id, typing,
    },
    view::view,
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use parlor_client::timeline::{Sending, Vector, VectorDiff};
use proptest::prelude::*;
use ratatui::{Terminal, backend::TestBackend};
use std::{collections::BTreeMap, time::Duration};

#[derive(Clone, Debug)]
enum Step {
    Tell(Message),
    Wait(u64),
}

fn key() -> impl Strategy<Value = Message> {
    let named = prop::sample::select(vec![
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Tab,
        KeyCode::Backspace,
        KeyCode::Delete,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::PageUp,
        KeyCode::PageDown,
    ]);
    let letters = prop::sample::select("abkjgGuxReyi?>/1 日é👧\u{202e}\u{301}".chars().collect::<Vec<_>>());
    let code = prop_oneof![
        3 => named,
        4 => letters.prop_map(KeyCode::Char),
        2 => (1_u8..=12).prop_map(KeyCode::F),
        2 => prop::char::range('a', 'z').prop_map(KeyCode::Char),
    ];
    let held = prop::sample::select(vec![
        KeyModifiers::NONE,
        KeyModifiers::NONE,
        KeyModifiers::CONTROL,
        KeyModifiers::ALT,
        KeyModifiers::SHIFT,
    ]);
    (code, held).prop_map(|(code, held)| Message::Key(KeyEvent::new(code, held)))
}

fn text() -> impl Strategy<Value = String> {
    "[a-z 日本👧\u{301}\u{200d}\u{fe0f}\u{1b}\u{202e}مש\r\n]{0,60}"
}

fn voice() -> impl Strategy<Value = Voice> {
    prop_oneof![Just(Voice::Own), Just(Voice::Another), Just(Voice::ToMe)]
}

fn happening() -> impl Strategy<Value = Message> {
    let room = (1_u8..4).prop_map(room_id);
    prop_oneof![
        (1_u16..=300, 1_u16..=100).prop_map(|(width, height)| Message::Resize(width, height)),
        any::<bool>().prop_map(Message::Focus),
        text().prop_map(Message::Paste),
        (0_u16..300, 0_u16..100, any::<bool>()).prop_map(|(column, row, clicks)| {
            let kind =
                if clicks { MouseEventKind::Down(MouseButton::Left) } else { MouseEventKind::ScrollUp };
            Message::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
        }),
        (room.clone(), 95_i64..130, voice()).prop_map(|(room, seq, voice)| Message::Arrived {
            room,
            seq,
            voice
        }),
        (room.clone(), 90_i64..130).prop_map(|(room, seq)| Message::ReadTo { room, seq }),
        (0_u64..5, 0_u64..5).prop_map(|(one, other)| {
            Message::Rooms(vec![listed(1, "kitchen", one), listed(2, "garden", other), public(3, "library")])
        }),
        Just(Message::Rooms(Vec::new())),
        room.clone().prop_map(|room| Message::RoomGone(room, Safe::line("gone"))),
        room.clone().prop_map(|room| Message::Opened(room, Vector::new())),
        (room.clone(), 0_i64..40).prop_map(|(room, count)| {
            let mut entries: Vector<_> = many(count, 100).into_iter().collect();
            entries.push_front(beginning());
            entries.push_back(refused("no", "it failed"));
            Message::Opened(room, entries)
        }),
        (room.clone(), text(), 101_i64..130).prop_map(|(room, text, seq)| {
            let value = message(seq, "Grace", &text, 0);
            Message::Changed(room, vec![VectorDiff::PushBack { value }])
        }),
        (room.clone(), text()).prop_map(|(room, text)| Message::Changed(
            room,
            vec![VectorDiff::PushBack { value: local("id", &text, Sending::Queued) }]
        )),
        room.clone().prop_map(|room| Message::Changed(room, vec![VectorDiff::PushFront { value: gap(1) }])),
        room.clone().prop_map(|room| Message::Changed(room, vec![VectorDiff::Clear])),
        room.prop_map(|room| Message::Older(room, Err(Safe::line("no")))),
        any::<bool>().prop_map(|is| typing("Grace", is)),
        (0_usize..3).prop_map(Message::Waiting),
        (15_usize..1200).prop_map(|lines| Message::Paste("line\n".repeat(lines))),
        (1_u8..4, text()).prop_map(|(room, text)| no(room, "no", &text)),
        Just(Message::Settled("no".parse().unwrap())),
        any::<bool>().prop_map(Message::InMemory),
        Just(Message::Invited(Safe::line("http://localhost/api/v1/rooms/invites/abc/join"))),
        Just(Message::Link(State::Online)),
        (1_u32..9, 0_u64..40).prop_map(|(attempt, seconds)| {
            let (retry_in, reason) = (Duration::from_secs(seconds), Safe::line("refused"));
            Message::Link(State::Offline { attempt, retry_in, reason })
        }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => key().prop_map(Step::Tell),
        4 => happening().prop_map(Step::Tell),
        1 => (0_u64..70_000).prop_map(Step::Wait),
    ]
}

/// All texts that are not sent: the box and the other rooms' drafts.
fn unsent(desk: &Desk) -> BTreeMap<parlor_client::protocol::ids::RoomId, String> {
    let mut texts = desk.model.drafts.clone();
    if let Some(room) = &desk.model.room {
        texts.insert(room.id, desk.model.compose.text());
    }
    texts.retain(|_, text| !text.is_empty());
    texts
}

fn draws(desk: &Desk) -> Result<(), TestCaseError> {
    let (width, height) = desk.model.size;
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let mut cursor = None;
    terminal
        .draw(|frame| {
            view(&desk.model, frame);
        })
        .unwrap();
    let shown = terminal.backend().cursor_visible();
    if shown {
        cursor = Some(terminal.backend().cursor_position());
    }
    let model = &desk.model;
    if let (Some(at), Page::Chat, None, Place::Writing) = (cursor, &model.page, &model.overlay, model.place())
    {
        let area = writing(areas(model).compose);
        prop_assert!(area.contains(at), "the cursor at {at} is outside of {area}");
    }
    prop_assert_eq!(shown && is_tiny(model.size), false);
    let text =
        terminal.backend().buffer().content().iter().map(ratatui::buffer::Cell::symbol).collect::<String>();
    prop_assert!(!text.chars().any(char::is_control), "{text:?}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_no_draft_is_lost(steps in prop::collection::vec(step(), 1..60), width in 1_u16..=300, height in 1_u16..=100) {
        let mut desk = Desk::new((width, height), look());
        desk.arrive();
        for step in steps {
            let before = unsent(&desk);
            let is_key = matches!(step, Step::Tell(Message::Key(_) | Message::Mouse(_) | Message::Paste(_)));
            let effects = match step {
                Step::Tell(message) => desk.tell(message),
                Step::Wait(millis) => desk.wait(Duration::from_millis(millis)),
            };
            // What a person does may change a text; nothing else does.
            let after = unsent(&desk);
            for (room, text) in &before {
                // A message that was refused comes before it.
                let stays = after.get(room).is_some_and(|now| now.ends_with(text.as_str()));
                prop_assert!(is_key || stays, "{text:?} of {room} is lost");
            }
            // Of the rooms that are not on the screen, not even keys do.
            let open = desk.model.room.as_ref().map(|room| room.id);
            for (room, text) in before.iter().filter(|(room, _)| Some(**room) != open && is_key) {
                let sent = effects.iter().any(|effect| matches!(effect, Effect::Send(to, _) if to == room));
                prop_assert!(sent || after.contains_key(room), "{text:?} of {room} is lost");
            }
            draws(&desk)?;
        }
    }

    #[test]
    fn every_size_draws_something(width in 1_u16..=300, height in 1_u16..=100, count in 0_i64..60) {
        let mut desk = Desk::new((width, height), look());
        draws(&desk)?;
        desk.arrive();
        desk.show(many(count, 100));
        draws(&desk)?;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| view(&desk.model, frame)).unwrap();
        let drawn = terminal.backend().buffer().content().iter().any(|cell| cell.symbol() != " ");
        prop_assert!(drawn);
    }
}
