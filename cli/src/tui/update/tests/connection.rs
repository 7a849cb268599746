//! Losing the connection, coming back, and the end of a session.

use crate::server::Trouble;
use crate::tui::{
    link::State,
    message::{Effect, Message, Voice},
    model::{Bell, Page},
    plain::Plain,
    safe::Safe,
    testing::{Desk, gap, many, message, room_id, typing},
};
use crossterm::event::KeyCode;
use parlor_client::timeline::Key;
use std::time::Duration;

const SIZE: (u16, u16) = (80, 24);

fn banner(desk: &Desk) -> Option<String> {
    desk.model.banner()
}

fn offline(attempt: u32, seconds: u64) -> Message {
    let retry_in = Duration::from_secs(seconds);
    Message::Link(State::Offline { attempt, retry_in, reason: Safe::line("refused") })
}

#[test]
fn nothing_is_said_for_five_seconds_and_then_how_it_goes() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(offline(1, 7));
    assert_eq!(banner(&desk), None);
    desk.wait(Duration::from_millis(4_900));
    assert_eq!(banner(&desk), None);
    desk.wait(Duration::from_millis(100));
    assert_eq!(banner(&desk).unwrap(), "⟳ Reconnecting… try 2 in 2 s (F5 now)");
    desk.tell(Message::Waiting(2));
    desk.wait(Duration::from_secs(1));
    assert_eq!(banner(&desk).unwrap(), "⟳ Reconnecting… try 2 in 1 s (F5 now) · 2 waiting");
    assert_eq!(desk.model.connection.words(desk.model.now), "OFFLINE 0:06");
    desk.tell(Message::Link(State::Connecting { attempt: 2 }));
    assert_eq!(banner(&desk).unwrap(), "⟳ Reconnecting… try 2 now (F5 now) · 2 waiting");
    desk.tell(Message::Link(State::Online));
    assert_eq!(banner(&desk), None);
    assert_eq!(desk.told(), "Connected again.");
}

#[test]
fn a_short_loss_is_not_spoken_of() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(offline(1, 1));
    desk.wait(Duration::from_secs(1));
    desk.tell(Message::Link(State::Online));
    assert_eq!((banner(&desk), desk.told().as_str()), (None, ""));
}

#[test]
fn a_server_that_was_never_there_is_told_in_other_words() {
    let mut desk = Desk::new(SIZE, crate::tui::testing::look());
    desk.tell(Message::SignedIn(crate::tui::testing::ada()));
    desk.tell(offline(3, 9));
    desk.wait(Duration::from_secs(6));
    assert_eq!(banner(&desk).unwrap(), "⟳ Server unreachable; try 4 in 3 s (F5 now): refused");
}

#[test]
fn what_keeps_the_connection_away_is_said_once_it_is_known() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(offline(1, 20));
    desk.tell(Message::Waiting(1));
    desk.wait(Duration::from_secs(6));
    for (trouble, words) in [
        (Trouble::NoNetwork, "No network"),
        (Trouble::NoName, "Server name unknown"),
        (Trouble::NoWay, "Server unreachable"),
        (Trouble::Refused, "Server is down"),
        (Trouble::Silent, "Server is silent"),
        (Trouble::TooOldHere, "This parlor is too old, update it"),
        (Trouble::TooOldThere, "The server is too old"),
    ] {
        desk.tell(Message::Trouble(Some(trouble)));
        let wanted = format!("⟳ {words}; try 2 in 14 s (F5 now)");
        assert_eq!(banner(&desk).unwrap(), format!("{wanted} · 1 waiting"));
        // What can be done is seen beside the rooms of a terminal of 80 columns.
        assert!(wanted.chars().count() < 60, "{wanted}");
    }
    desk.tell(Message::Trouble(None));
    assert!(banner(&desk).unwrap().starts_with("⟳ Reconnecting… "));
    // What was found out too late is of no use any more.
    desk.tell(Message::Link(State::Online));
    desk.tell(Message::Trouble(Some(Trouble::Refused)));
    desk.tell(offline(1, 20));
    desk.wait(Duration::from_secs(6));
    assert!(banner(&desk).unwrap().starts_with("⟳ Reconnecting… "));
}

#[test]
fn without_a_screen_it_is_told_in_sentences_and_once() {
    for knows_at_once in [true, false] {
        let mut desk = Desk::in_the_kitchen(SIZE);
        desk.model.is_plain = true;
        let mut plain = Plain::default();
        plain.take(&mut desk.model);
        desk.tell(offline(1, 20));
        desk.tell(Message::Waiting(1));
        let trouble = || Message::Trouble(Some(Trouble::NoNetwork));
        if knows_at_once {
            desk.tell(trouble());
        }
        desk.wait(Duration::from_secs(6));
        let lost = if knows_at_once { "Connection lost. No network." } else { "Connection lost." };
        assert_eq!(plain.take(&mut desk.model), format!("{lost} 1 message waiting.\n"));
        desk.tell(trouble());
        assert_eq!(plain.take(&mut desk.model), if knows_at_once { "" } else { "No network.\n" });
        desk.tell(Message::Trouble(Some(Trouble::Refused)));
        assert_eq!(plain.take(&mut desk.model), "Server is down.\n");
    }
}

#[test]
fn without_a_screen_the_rooms_that_wait_for_the_first_connection_are_spoken_of() {
    let mut desk = Desk::new(SIZE, crate::tui::testing::look());
    desk.model.is_plain = true;
    let mut plain = Plain::default();
    desk.tell(Message::SignedIn(crate::tui::testing::ada()));
    desk.tell(offline(1, 20));
    desk.tell(Message::Trouble(Some(Trouble::Silent)));
    desk.wait(Duration::from_secs(6));
    let says = "There is no connection yet. Server is silent. The rooms are told when there is one.\n";
    assert_eq!(plain.take(&mut desk.model), says);
    desk.wait(Duration::from_secs(6));
    assert_eq!(plain.take(&mut desk.model), "");
}

#[test]
fn without_a_screen_a_room_that_waits_for_the_connection_says_so_once() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.model.is_plain = true;
    let mut plain = Plain::default();
    plain.take(&mut desk.model);
    desk.tell(offline(1, 20));
    desk.go_to(2);
    assert_eq!(plain.take(&mut desk.model), "You are in garden now.\n", "it may come back in a moment");
    desk.wait(Duration::from_secs(6));
    let waits = "garden is loaded when the connection is back. What you write is sent then.";
    assert_eq!(plain.take(&mut desk.model), format!("Connection lost.\n{waits}\n"));
    desk.wait(Duration::from_secs(6));
    assert_eq!(plain.take(&mut desk.model), "");
    desk.go_to(1);
    let waits = waits.replace("garden", "kitchen");
    assert_eq!(plain.take(&mut desk.model), format!("You are in kitchen now.\n{waits}\n"));
}

#[test]
fn f5_connects_now_but_only_when_there_is_need() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    assert!(!desk.press(KeyCode::F(5)).contains(&Effect::Reconnect));
    desk.tell(offline(1, 7));
    assert!(desk.press(KeyCode::F(5)).contains(&Effect::Reconnect));
}

#[test]
fn nothing_wakes_a_program_that_is_idle() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.show(many(5, 100));
    desk.tell(Message::Focus(false));
    assert_eq!(desk.model.wake(), None);
    // While seconds are counted, it wakes once a second.
    desk.tell(offline(1, 60));
    desk.wait(Duration::from_secs(5));
    assert_eq!(desk.model.wake(), Some(desk.model.now.up + Duration::from_secs(1)));
    desk.tell(Message::Link(State::Online));
    desk.wait(Duration::from_secs(10));
    assert_eq!(desk.model.wake(), None);
}

#[test]
fn who_signs_in_anew_sees_the_open_room_as_the_new_session_does() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    let effects = desk.tell(Message::SignedIn(crate::tui::testing::ada()));
    assert!(effects.contains(&Effect::Open(room_id(1))), "{effects:?}");
}

#[test]
fn rooms_are_loaded_anew_after_each_loss() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(offline(1, 1));
    let effects = desk.tell(Message::Link(State::Online));
    assert!(effects.contains(&Effect::LoadRooms) && effects.contains(&Effect::LoadMembers(room_id(1))));
}

#[test]
fn writing_goes_on_without_a_connection_but_typing_is_not_told() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(offline(1, 7));
    assert!(desk.write("hello").is_empty());
    assert!(desk.press(KeyCode::Enter).contains(&Effect::Send(room_id(1), "hello".to_owned())));
}

#[test]
fn who_types_is_not_known_without_a_connection() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(typing("Grace", true));
    desk.tell(offline(1, 1));
    assert!(desk.model.room.as_ref().unwrap().typing.is_empty());
}

#[test]
fn a_session_that_ends_keeps_the_draft_and_leads_back_to_the_form() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.write("half");
    let effects = desk.tell(Message::Link(State::SignedOut));
    assert!(matches!(desk.model.page, Page::SignedOut));
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::SaveDrafts(drafts) if drafts[&room_id(1)] == "half"))
    );
    assert!(banner(&desk).unwrap().contains("Signed out"));
    assert_eq!(desk.model.wake(), None);
    desk.press(KeyCode::Enter);
    let Page::SignIn(form) = &desk.model.page else { panic!("no form") };
    assert_eq!(crate::tui::compose::said(&form.email), "ada@example.com");
    // It is told by whoever ended it, and by the connection.
    desk.write("secret");
    desk.tell(Message::Link(State::SignedOut));
    let Page::SignIn(form) = &desk.model.page else { panic!("no form any more") };
    assert_eq!(crate::tui::compose::said(&form.password), "secret");
    // Signed in again, what was written is there.
    desk.arrive();
    assert_eq!(desk.model.compose.text(), "half");
}

#[test]
fn who_types_is_forgotten_after_a_while_and_oneself_is_not_shown() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(typing("Grace", true));
    desk.tell(typing("Ada", true));
    assert_eq!(desk.model.room.as_ref().unwrap().typing.len(), 1);
    desk.wait(Duration::from_secs(7));
    assert!(desk.model.room.as_ref().unwrap().typing.is_empty());
    desk.tell(typing("Grace", true));
    desk.tell(typing("Grace", false));
    assert!(desk.model.room.as_ref().unwrap().typing.is_empty());
}

#[test]
fn a_gap_that_is_seen_is_filled_once_and_again_after_a_loss() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    let fill = Effect::Fill(room_id(1), Key::Gap(5));
    let entries = vec![message(5, "Grace", "before", 60), gap(5), message(50, "Grace", "after", 30)];
    assert!(desk.show(entries).contains(&fill));
    assert!(!desk.press(KeyCode::Char('a')).contains(&fill));
    desk.tell(offline(1, 1));
    assert!(desk.tell(Message::Link(State::Online)).contains(&fill));
    // One that could not be filled is asked for with Enter.
    desk.tell(Message::FillFailed(room_id(1), Key::Gap(5), Safe::line("no")));
    assert_eq!(desk.told(), "What was missed could not be loaded: no");
}

#[test]
fn presence_is_what_was_told_last() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(Message::Members(room_id(1), crate::tui::testing::members()));
    desk.tell(Message::Presence { user: crate::tui::testing::user_id("Linus"), is_online: true });
    let members = desk.model.room.as_ref().unwrap().members.as_ref().unwrap();
    assert!(members.people.iter().all(|person| person.is_online));
}

#[test]
fn the_bell_rings_for_what_nobody_sees_come_as_far_as_it_is_wanted() {
    let rings = |bell, number, watched, voice| {
        let mut desk = Desk::in_the_kitchen(SIZE);
        desk.show(many(5, 100));
        desk.model.bell = bell;
        desk.tell(Message::Focus(watched));
        let effects = desk.tell(Message::Arrived { room: room_id(number), seq: 101, voice });
        let room = if number == 1 { "kitchen" } else { "garden" };
        effects.contains(&Effect::Ring(Safe::line(&format!("Grace wrote in #{room}"))))
    };
    let by = Safe::line("Grace");
    let all = || [Voice::Own, Voice::Another(by.clone()), Voice::ToMe(by.clone())];
    for (bell, wanted) in [
        (Bell::Never, [false, false, false]),
        (Bell::Mention, [false, false, true]),
        (Bell::Message, [false, true, true]),
    ] {
        // The kitchen is open: whoever looks sees it there, and elsewhere does not.
        assert_eq!(all().map(|voice| rings(bell, 1, false, voice)), wanted, "{bell:?}");
        assert_eq!(all().map(|voice| rings(bell, 2, true, voice)), wanted, "{bell:?}");
        assert_eq!(all().map(|voice| rings(bell, 1, true, voice)), [false; 3], "{bell:?}");
    }
    assert_eq!(Bell::default(), Bell::Mention);
}

#[test]
fn the_bell_rings_every_two_seconds_at_most_and_once_for_a_message() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    let rings = |desk: &mut Desk, seq| {
        let said = Message::Arrived { room: room_id(2), seq, voice: Voice::ToMe(Safe::line("Grace")) };
        desk.tell(said).iter().any(|effect| matches!(effect, Effect::Ring(_)))
    };
    assert!(!rings(&mut desk, 100), "the server has counted it");
    assert!(rings(&mut desk, 101));
    assert!(!rings(&mut desk, 102), "too soon");
    desk.wait(Duration::from_secs(2));
    assert!(!rings(&mut desk, 102), "told again after a lost connection");
    assert!(rings(&mut desk, 103));
}
