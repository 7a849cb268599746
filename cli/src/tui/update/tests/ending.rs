//! The end of the program: what is asked, and what is kept.

use crate::tui::{
    entry::Me,
    link::State,
    message::{Drafts, Effect, Message},
    model::{Overlay, Question},
    testing::{Desk, ada, no, room_id, user_id},
};
use crossterm::event::{KeyCode, KeyModifiers};
use std::time::Duration;

const SIZE: (u16, u16) = (80, 24);

/// The draft of a room that is kept at the end, if it is the end.
fn kept(effects: &[Effect], room: u8) -> Option<&str> {
    assert!(effects.contains(&Effect::Quit), "{effects:?}");
    effects.iter().rev().find_map(|effect| match effect {
        Effect::SaveDrafts(drafts) => Some(drafts.get(&room_id(room)).map_or("", String::as_str)),
        _ => None,
    })
}

fn asked(desk: &Desk) -> String {
    match &desk.model.overlay {
        Some(Overlay::Ask(question @ Question::Quit)) => question.words(&desk.model),
        other => format!("{other:?}"),
    }
}

#[test]
fn what_is_half_written_is_kept() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.write("half");
    let effects = desk.hold(KeyModifiers::CONTROL, 'q');
    assert_eq!(kept(&effects, 1), Some("half"));
}

#[test]
fn a_signal_does_not_ask_and_keeps_the_same() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(no(1, "1", "refused"));
    desk.tell(Message::Waiting(2));
    desk.write("half");
    let effects = desk.tell(Message::Stop);
    assert_eq!(kept(&effects, 1), Some("refused\nhalf"));
}

#[test]
fn what_has_failed_is_asked_about_and_becomes_a_draft() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    for (id, text) in [("1", "first"), ("2", "second"), ("3", "third"), ("4", "fourth")] {
        desk.tell(no(1, id, text));
    }
    // One was tried again, one was taken away.
    for id in ["1", "3"] {
        desk.tell(Message::Settled(id.parse().unwrap()));
    }
    desk.go_to(2);
    assert!(!desk.hold(KeyModifiers::CONTROL, 'q').contains(&Effect::Quit));
    assert_eq!(asked(&desk), "Quit? 2 messages have failed: they become drafts.");
    assert!(desk.press(KeyCode::Esc).is_empty());
    desk.hold(KeyModifiers::CONTROL, 'q');
    let effects = desk.press(KeyCode::Enter);
    assert_eq!(kept(&effects, 1), Some("second\nfourth"));
}

#[test]
fn what_waits_is_asked_about_and_nothing_is_promised_that_is_not_kept() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(Message::Waiting(1));
    desk.hold(KeyModifiers::CONTROL, 'q');
    assert_eq!(asked(&desk), "Quit? 1 message is not sent yet: it is kept, and sent when you come back.");
    desk.press(KeyCode::Esc);
    desk.tell(Message::InMemory(true));
    desk.tell(Message::Waiting(2));
    desk.tell(no(1, "1", "first"));
    desk.hold(KeyModifiers::CONTROL, 'q');
    assert_eq!(
        asked(&desk),
        "Quit? 2 messages are not sent yet, and won't be: they become drafts. 1 message has failed: it becomes a draft."
    );
}

#[test]
fn the_end_of_the_session_keeps_what_has_failed() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(no(1, "1", "refused"));
    desk.write("half");
    desk.tell(Message::Link(State::SignedOut));
    assert_eq!(desk.model.drafts[&room_id(1)], "refused\nhalf");
    // Whatever is written then is written to it.
    desk.tell(Message::SignedIn(ada()));
    assert_eq!(desk.model.compose.text(), "refused\nhalf");
    let effects = desk.tell(Message::Stop);
    assert_eq!(kept(&effects, 1), Some("refused\nhalf"));
}

#[test]
fn a_signal_after_the_end_of_the_session_keeps_what_has_failed() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(no(1, "1", "refused"));
    desk.tell(Message::Link(State::SignedOut));
    let effects = desk.tell(Message::Stop);
    assert_eq!(kept(&effects, 1), Some("refused"));
}

#[test]
fn what_fails_after_the_end_of_the_session_is_kept_at_once() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.write("half");
    desk.tell(Message::Link(State::SignedOut));
    let effects = desk.tell(no(1, "1", "refused"));
    let saved = [(room_id(1), "refused\nhalf".to_owned())].into();
    assert!(effects.contains(&Effect::SaveDrafts(saved)), "{effects:?}");
}

#[test]
fn what_the_last_session_could_not_send_is_in_the_box_of_the_next() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.write("half");
    desk.go_to(2);
    desk.write("of the garden");
    desk.tell(Message::Link(State::SignedOut));
    desk.tell(Message::SignedIn(ada()));
    // The one could not be kept, before the other stands what was not sent.
    desk.tell(drafts(&[(2, "unsent\nof the garden")], &[(2, "of the garden")]));
    assert_eq!(desk.model.compose.text(), "unsent\nof the garden");
    let effects = desk.tell(Message::Stop);
    assert_eq!(kept(&effects, 2), Some("unsent\nof the garden"));
    assert_eq!(kept(&effects, 1), Some("half"));
}

/// What is kept now, and what this chat kept before.
fn drafts(kept: &[(u8, &str)], before: &[(u8, &str)]) -> Message {
    let of = |drafts: &[(u8, &str)]| {
        drafts.iter().map(|(room, text)| (room_id(*room), (*text).to_owned())).collect::<Drafts>()
    };
    Message::Drafts { kept: of(kept), before: of(before) }
}

#[test]
fn no_line_of_a_draft_comes_twice_whatever_was_added_to_it_meanwhile() {
    for (kept, before, wanted) in [
        // As this chat has kept it, and with what stands above and below it of others.
        ("half a thought", "half a thought", "half a thought"),
        ("half a thought\nof another chat", "half a thought", "half a thought\nof another chat"),
        (
            "unsent\nhalf a thought\nof another chat",
            "half a thought",
            "unsent\nhalf a thought\nof another chat",
        ),
        // The last words could not be kept.
        ("half", "half", "half a thought"),
        ("unsent\nhalf\nof another chat", "half", "unsent\nhalf a thought\nof another chat"),
        // It ends with the same words, and is another's.
        ("not half a thought", "", "not half a thought\nhalf a thought"),
    ] {
        let mut desk = Desk::in_the_kitchen(SIZE);
        desk.write("half a thought");
        desk.tell(Message::Link(State::SignedOut));
        desk.tell(Message::SignedIn(ada()));
        desk.tell(drafts(&[(1, kept)], &[(1, before)]));
        assert_eq!(desk.model.compose.text(), wanted, "{kept:?}, {before:?}");
        // What is kept is not what is here.
        let saves = |effects: &[Effect]| effects.iter().any(|effect| matches!(effect, Effect::SaveDrafts(_)));
        assert_eq!(saves(&desk.wait(Duration::from_secs(2))), kept != wanted, "{kept:?}");
    }
}

#[test]
fn another_account_gets_nothing_of_the_one_before() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(no(1, "1", "refused"));
    desk.write("half");
    desk.tell(Message::Link(State::SignedOut));
    desk.tell(Message::SignedIn(Me { id: user_id("Grace"), ..ada() }));
    assert_eq!(desk.model.compose.text(), "");
    let effects = desk.tell(Message::Stop);
    assert_eq!(kept(&effects, 1), Some(""));
}

#[test]
fn what_has_failed_is_kept_before_the_end() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.write("half");
    let refused = no(1, "1", "refused");
    let saved = |text: &str| Effect::SaveDrafts([(room_id(1), text.to_owned())].into());
    let effects = desk.tell(refused);
    assert!(effects.contains(&saved("refused\nhalf")), "{effects:?}");
    assert_eq!(desk.model.compose.text(), "half");
    // Every later change has it too.
    let effects = desk.go_to(2);
    assert!(effects.contains(&saved("refused\nhalf")), "{effects:?}");
    // It waits again.
    let effects = desk.tell(Message::Settled("1".parse().unwrap()));
    assert!(effects.contains(&saved("half")), "{effects:?}");
}
