//! Whatever can happen, as proptest makes it.

use crate::{
    server::Trouble,
    tui::{
        entry::Me,
        link::State,
        message::{Drafts, Message, Voice},
        rooms::Listed,
        safe::Safe,
        sign_in::{Denied, Row},
        testing::{
            DAY, ada, beginning, gap, listed, local, many, message, no, public, refused, room_id, typing,
            user_id, written,
        },
        timeline::{Members, Person},
    },
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use parlor_client::{
    protocol::ids::RoomId,
    timeline::{Key, Sending, Vector, VectorDiff},
};
use proptest::{
    prelude::*,
    strategy::{Union, ValueTree as _},
    test_runner::TestRunner,
};
use std::{collections::BTreeSet, time::Duration};

/// The kinds of messages: one that is missing here does not compile, and one that [`step`] never makes fails a test.
macro_rules! kinds {
    ($($kind:ident)*) => {
        const KINDS: &[&str] = &[$(stringify!($kind)),*];

        fn kind(message: &Message) -> &'static str {
            match message {
                $(Message::$kind { .. } => stringify!($kind),)*
            }
        }
    };
}

kinds! {
    Key Paste Mouse Resize Focus Tick Line Stop SignedIn Drafts SignInFailed Link Trouble Waiting Held Rooms Room RoomGone Entered NotEntered Arrived
    ReadTo Ahead Opened OpenFailed Changed Older FillFailed Typing Presence Members Stale AllStale Unsent Refused Settled InMemory Edited
    Told Invited
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    Tell(Message),
    Wait(u64),
}

/// Something that happens, or time that passes.
pub(super) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => key().prop_map(Step::Tell),
        2 => acts().prop_map(Step::Tell),
        2 => of_session().prop_map(Step::Tell),
        2 => of_rooms().prop_map(Step::Tell),
        2 => of_messages().prop_map(Step::Tell),
        1 => (0_u64..70_000).prop_map(Step::Wait),
    ]
}

fn key() -> impl Strategy<Value = Message> {
    let named = prop::sample::select(vec![
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Tab,
        KeyCode::BackTab,
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
    let letters =
        prop::sample::select("abkjgGuxReyi?>/@#:1 日é👧\u{202e}\u{301}".chars().collect::<Vec<_>>());
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
    "[a-z 日本👧\u{301}\u{200d}\u{fe0f}\u{1b}\u{202e}מש\r\n]{0,60}"
}

fn safe() -> impl Strategy<Value = Safe> {
    text().prop_map(|text| Safe::line(&text))
}

fn a_room() -> impl Strategy<Value = RoomId> {
    (1_u8..4).prop_map(room_id)
}

fn a_listed_room() -> impl Strategy<Value = Box<Listed>> {
    let name = |number| ["kitchen", "garden", "library"][usize::from(number) - 1];
    (1_u8..4, 0_u64..5, any::<bool>()).prop_map(move |(number, unread, is_own)| {
        Box::new(if is_own { listed(number, name(number), unread) } else { public(number, name(number)) })
    })
}

fn drafts() -> impl Strategy<Value = Drafts> {
    prop::collection::btree_map(a_room(), "[a-z\n]{1,20}", 0..3)
}

/// What somebody does, other than with keys.
fn acts() -> impl Strategy<Value = Message> {
    let kind = prop::sample::select(vec![
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::ScrollUp,
        MouseEventKind::ScrollDown,
        MouseEventKind::Moved,
    ]);
    let commands = prop::sample::select(vec![
        "/rooms",
        "/go 2",
        "/go kitchen",
        "/join library",
        "/create attic",
        "/where",
        "/members",
        "/older",
        "/retry",
        "/discard",
        "/leave",
        "/invite",
        "/signout",
        "/help",
        "/quit",
        "/yes",
        "/no",
        "/nonsense",
        "//slash",
        "",
    ]);
    prop_oneof![
        (1_u16..=300, 1_u16..=100).prop_map(|(width, height)| Message::Resize(width, height)),
        any::<bool>().prop_map(Message::Focus),
        text().prop_map(Message::Paste),
        (15_usize..1200).prop_map(|lines| Message::Paste("line\n".repeat(lines))),
        (0_u16..300, 0_u16..100, kind).prop_map(|(column, row, kind)| {
            Message::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
        }),
        commands.prop_map(|line| Message::Line(line.to_owned())),
        text().prop_map(Message::Line),
        Just(Message::Stop),
        (a_room(), text()).prop_map(|(room, text)| Message::Edited(room, Ok(text))),
        (a_room(), safe()).prop_map(|(room, why)| Message::Edited(room, Err(why))),
    ]
}

/// What becomes of the session and the connection.
fn of_session() -> impl Strategy<Value = Message> {
    let another = || Me { id: user_id("Grace"), name: Safe::line("Grace"), ..ada() };
    let row = prop::sample::select(vec![
        Row::Choice,
        Row::Server,
        Row::Name,
        Row::Email,
        Row::Password,
        Row::Again,
    ]);
    let trouble = prop::option::of(prop::sample::select(vec![
        Trouble::NoNetwork,
        Trouble::NoName,
        Trouble::NoWay,
        Trouble::Refused,
        Trouble::Silent,
        Trouble::TooOldHere,
        Trouble::TooOldThere,
    ]));
    prop_oneof![
        4 => Just(Message::SignedIn(ada())),
        1 => Just(Message::SignedIn(another())),
        2 => (drafts(), drafts()).prop_map(|(kept, before)| Message::Drafts { kept, before }),
        1 => (safe(), row, any::<bool>())
            .prop_map(|(why, row, is_password)| Message::SignInFailed(Denied { why, row, is_password })),
        2 => Just(Message::Link(State::Online)),
        1 => Just(Message::Link(State::CatchingUp)),
        1 => Just(Message::Link(State::SignedOut)),
        1 => (1_u32..9).prop_map(|attempt| Message::Link(State::Connecting { attempt })),
        2 => (1_u32..9, 0_u64..40, safe()).prop_map(|(attempt, seconds, reason)| {
            Message::Link(State::Offline { attempt, retry_in: Duration::from_secs(seconds), reason })
        }),
        1 => trouble.prop_map(Message::Trouble),
        1 => (0_usize..3).prop_map(Message::Waiting),
        1 => prop::collection::vec(a_room(), 0..3).prop_map(Message::Held),
        1 => any::<bool>().prop_map(Message::InMemory),
        1 => Just(Message::Tick),
        1 => safe().prop_map(Message::Told),
        1 => Just(Message::Invited(Safe::line("http://localhost/api/v1/rooms/invites/abc/join"))),
    ]
}

/// What becomes of rooms, and of who is in them.
fn of_rooms() -> impl Strategy<Value = Message> {
    let person =
        (safe(), any::<bool>()).prop_map(|(name, is_online)| Person { id: user_id(&name), name, is_online });
    let members = prop::collection::vec(person, 0..5).prop_map(|mut people| {
        people.push(Person { id: ada().id, name: ada().name, is_online: true });
        Members { total: 5, people }
    });
    let voice = prop::sample::select(vec![
        Voice::Own,
        Voice::Another(Safe::line("Grace")),
        Voice::ToMe(Safe::line("Grace")),
    ]);
    prop_oneof![
        (0_u64..5, 0_u64..5).prop_map(|(one, other)| {
            Message::Rooms(vec![listed(1, "kitchen", one), listed(2, "garden", other), public(3, "library")])
        }),
        Just(Message::Rooms(Vec::new())),
        a_listed_room().prop_map(Message::Room),
        a_listed_room().prop_map(Message::Entered),
        safe().prop_map(Message::NotEntered),
        (a_room(), safe()).prop_map(|(room, why)| Message::RoomGone(room, why)),
        (a_room(), 95_i64..130, voice).prop_map(|(room, seq, voice)| Message::Arrived { room, seq, voice }),
        (a_room(), 90_i64..130).prop_map(|(room, seq)| Message::ReadTo { room, seq }),
        any::<bool>().prop_map(|is| typing("Grace", is)),
        any::<bool>().prop_map(|is_online| Message::Presence { user: user_id("Grace"), is_online }),
        (a_room(), members).prop_map(|(room, members)| Message::Members(room, members)),
        a_room().prop_map(Message::Stale),
        Just(Message::AllStale),
    ]
}

/// What becomes of messages.
fn of_messages() -> impl Strategy<Value = Message> {
    let waits = |text: &str| local("id", text, Sending::Queued);
    let is_held = |text: &str| written("held", text, Sending::Held, 2 * DAY);
    let change = Union::new(vec![
        (text(), 101_i64..130)
            .prop_map(|(text, seq)| VectorDiff::PushBack { value: message(seq, "Grace", &text, 0) })
            .boxed(),
        text().prop_map(move |text| VectorDiff::PushBack { value: waits(&text) }).boxed(),
        text().prop_map(move |text| VectorDiff::PushBack { value: is_held(&text) }).boxed(),
        Just(()).prop_map(|()| VectorDiff::PushFront { value: gap(1) }).boxed(),
        Just(()).prop_map(|()| VectorDiff::Clear).boxed(),
    ]);
    prop_oneof![
        (a_room(), text())
            .prop_map(move |(room, text)| Message::Ahead(room, [waits(&text)].into_iter().collect())),
        a_room().prop_map(|room| Message::Opened(room, Vector::new())),
        (a_room(), 0_i64..40).prop_map(|(room, count)| {
            let mut entries: Vector<_> = many(count, 100).into_iter().collect();
            entries.push_front(beginning());
            entries.push_back(refused("no", "it failed"));
            Message::Opened(room, entries)
        }),
        (a_room(), safe()).prop_map(|(room, why)| Message::OpenFailed(room, why)),
        (a_room(), change).prop_map(|(room, change)| Message::Changed(room, vec![change])),
        a_room().prop_map(|room| Message::Older(room, Ok(()))),
        (a_room(), safe()).prop_map(|(room, why)| Message::Older(room, Err(why))),
        (a_room(), safe()).prop_map(|(room, why)| Message::FillFailed(room, Key::Gap(1), why)),
        (a_room(), text(), safe()).prop_map(|(room, text, why)| Message::Unsent(room, text, why)),
        (1_u8..4, text()).prop_map(|(room, text)| no(room, "no", &text)),
        Just(()).prop_map(|()| Message::Settled("no".parse().unwrap())),
    ]
}

#[test]
fn every_kind_of_message_is_made() {
    let (steps, mut runner) = (step(), TestRunner::deterministic());
    let mut missing: BTreeSet<_> = KINDS.iter().copied().collect();
    for _ in 0..10_000 {
        if let Step::Tell(message) = steps.new_tree(&mut runner).unwrap().current() {
            missing.remove(kind(&message));
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}
