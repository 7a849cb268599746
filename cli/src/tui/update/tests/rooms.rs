//! Which room is open, and what is unread.

use crate::tui::{
    message::{Astray, Effect, Message, Voice},
    model::{Overlay, Wanted},
    safe::Safe,
    testing::{Desk, listed, many, message, public, room_id},
    timeline::Marker,
};
use crossterm::event::{KeyCode, KeyModifiers};
use std::time::Duration;

const SIZE: (u16, u16) = (80, 24);

fn unread(desk: &Desk, number: u8) -> u64 {
    desk.model.rooms.get(room_id(number)).unwrap().unread()
}

fn open(desk: &Desk) -> Option<parlor_client::protocol::ids::RoomId> {
    desk.model.room.as_ref().map(|room| room.id)
}

fn arrived(seq: i64, counts: bool) -> Message {
    let voice = if counts { Voice::Another(Safe::line("Grace")) } else { Voice::Own };
    Message::Arrived { room: room_id(2), seq, voice }
}

#[test]
fn what_others_say_counts_and_what_one_says_oneself_does_not() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(arrived(101, true));
    desk.tell(arrived(102, false));
    desk.tell(arrived(103, true));
    assert_eq!(unread(&desk, 2), 2);
    // Told again after a lost connection.
    desk.tell(arrived(103, true));
    assert_eq!(unread(&desk, 2), 2);
}

#[test]
fn the_servers_count_and_what_came_since_are_not_counted_twice() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    let list = || Message::Rooms(vec![listed(1, "kitchen", 0), listed(3, "attic", 4)]);
    let arrived =
        |seq| Message::Arrived { room: room_id(3), seq, voice: Voice::Another(Safe::line("Grace")) };
    desk.tell(list());
    desk.tell(arrived(100));
    assert_eq!(unread(&desk, 3), 4, "the server has counted up to 100");
    desk.tell(arrived(101));
    // An answer of before 101.
    desk.tell(list());
    assert_eq!(unread(&desk, 3), 5);
    desk.tell(Message::ReadTo { room: room_id(3), seq: 100 });
    assert_eq!(unread(&desk, 3), 1);
    desk.tell(Message::ReadTo { room: room_id(3), seq: 101 });
    assert_eq!(unread(&desk, 3), 0);
}

#[test]
fn a_cursor_in_the_middle_of_what_the_server_counted_asks_it_anew() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(Message::Rooms(vec![listed(1, "kitchen", 0), listed(3, "attic", 4)]));
    let effects = desk.tell(Message::ReadTo { room: room_id(3), seq: 98 });
    assert!(effects.contains(&Effect::LoadRoom(room_id(3))));
    // A late answer does not bring back what was read.
    desk.tell(Message::ReadTo { room: room_id(3), seq: 100 });
    desk.tell(Message::Room(Box::new(listed(3, "attic", 2))));
    assert_eq!(unread(&desk, 3), 0);
}

#[test]
fn a_room_with_something_unread_opens_with_a_marker_that_stays() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(Message::Rooms(vec![listed(1, "kitchen", 0), listed(3, "attic", 3)]));
    let effects = desk.hold(KeyModifiers::ALT, 'a');
    assert!(effects.contains(&Effect::Open(room_id(3))));
    let effects = desk.show(many(10, 100));
    assert_eq!(desk.model.room.as_ref().unwrap().marker, Some(Marker { after: 97, count: 3 }));
    assert!(effects.contains(&Effect::MarkRead(room_id(3), 100)));
    desk.tell(Message::ReadTo { room: room_id(3), seq: 100 });
    assert_eq!(unread(&desk, 3), 0);
    assert!(desk.model.room.as_ref().unwrap().marker.is_some());
    desk.go_to(1);
    desk.go_to(3);
    assert!(desk.model.room.as_ref().unwrap().marker.is_none());
}

#[test]
fn only_what_somebody_looks_at_is_read() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(Message::Focus(false));
    let mark = |effects: Vec<Effect>| effects.iter().any(|effect| matches!(effect, Effect::MarkRead(..)));
    let room = room_id(1);
    desk.tell(Message::Arrived { room, seq: 101, voice: Voice::Another(Safe::line("Grace")) });
    assert!(!mark(desk.add(message(101, "Grace", "hi", 0))));
    assert_eq!(desk.model.room.as_ref().unwrap().marker, Some(Marker { after: 100, count: 1 }));
    assert!(mark(desk.tell(Message::Focus(true))));
    // Once is enough.
    assert!(!mark(desk.tell(Message::Focus(true))));
}

#[test]
fn without_focus_reports_a_key_a_minute_ago_is_too_long() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.wait(std::time::Duration::from_secs(61));
    let mark = |effects: Vec<Effect>| effects.iter().any(|effect| matches!(effect, Effect::MarkRead(..)));
    assert!(!mark(desk.show(vec![message(101, "Grace", "hi", 0)])));
    assert!(mark(desk.press(KeyCode::Char('a'))));
}

#[test]
fn what_is_scrolled_away_is_not_read() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.show(many(50, 100));
    desk.press(KeyCode::PageUp);
    let effects = desk.add(message(101, "Grace", "hi", 0));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::MarkRead(..))));
    assert!(desk.press(KeyCode::End).contains(&Effect::MarkRead(room_id(1), 101)));
}

#[test]
fn keys_go_along_the_list_and_to_its_places() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    // In the order of the names: garden, kitchen.
    desk.hold(KeyModifiers::CONTROL, 'n');
    assert_eq!(open(&desk), Some(room_id(2)));
    desk.hold(KeyModifiers::CONTROL, 'p');
    assert_eq!(open(&desk), Some(room_id(1)));
    desk.hold(KeyModifiers::ALT, '1');
    assert_eq!(open(&desk), Some(room_id(2)));
    desk.hold(KeyModifiers::ALT, '2');
    assert_eq!(open(&desk), Some(room_id(1)));
}

#[test]
fn the_switcher_finds_joins_and_makes_rooms() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(Message::Rooms(vec![listed(1, "kitchen", 0), listed(2, "garden", 0), public(3, "library")]));
    desk.hold(KeyModifiers::CONTROL, 'k');
    desk.write("lbr");
    assert!(desk.press(KeyCode::Enter).contains(&Effect::Join(room_id(3))));
    let attic = || "attic".to_owned();
    desk.hold(KeyModifiers::ALT, 'k');
    desk.write("attic");
    assert!(desk.press(KeyCode::Enter).contains(&Effect::Create { name: attic(), is_private: false }));
    desk.hold(KeyModifiers::CONTROL, 'k');
    desk.write("attic");
    desk.press(KeyCode::Down);
    assert!(desk.press(KeyCode::Enter).contains(&Effect::Create { name: attic(), is_private: true }));
    desk.hold(KeyModifiers::CONTROL, 'k');
    desk.tell(Message::Paste("http://localhost/api/v1/rooms/invites/abc123/join\n".to_owned()));
    assert!(desk.press(KeyCode::Enter).contains(&Effect::JoinByInvite("abc123".to_owned())));
}

#[test]
fn the_switcher_begins_with_what_is_unread_then_with_where_one_was() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(Message::Rooms(vec![listed(1, "kitchen", 0), listed(2, "garden", 0), listed(3, "attic", 0)]));
    desk.go_to(2);
    // Back to where one was, with two keys.
    desk.hold(KeyModifiers::CONTROL, 'k');
    desk.press(KeyCode::Enter);
    assert_eq!(open(&desk), Some(room_id(1)));
    desk.tell(Message::Arrived { room: room_id(3), seq: 101, voice: Voice::Another(Safe::line("Grace")) });
    desk.hold(KeyModifiers::CONTROL, 'k');
    desk.press(KeyCode::Enter);
    assert_eq!(open(&desk), Some(room_id(3)));
}

#[test]
fn the_palette_runs_actions_and_says_why_not() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.press(KeyCode::F(3));
    desk.write("leave this room");
    desk.press(KeyCode::Enter);
    assert!(matches!(desk.model.overlay, Some(Overlay::Ask(_))));
    assert!(desk.press(KeyCode::Char('y')).contains(&Effect::Leave(room_id(1))));
    desk.press(KeyCode::F(3));
    desk.write("invitation");
    assert!(!desk.press(KeyCode::Enter).contains(&Effect::Invite(room_id(1))));
    assert_eq!(desk.told(), "Not now: only private rooms need invitations.");
}

#[test]
fn a_room_that_is_gone_makes_way_for_the_next() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    let effects = desk.tell(Message::RoomGone(room_id(1), Safe::line("the room was deleted.")));
    assert_eq!(open(&desk), Some(room_id(2)));
    assert!(effects.contains(&Effect::Open(room_id(2))));
    assert_eq!(desk.told(), "#kitchen: the room was deleted.");
    desk.tell(Message::RoomGone(room_id(2), Safe::line("you left.")));
    assert_eq!(open(&desk), None);
}

#[test]
fn a_list_without_a_room_that_was_ones_own_says_so_and_shows_the_next() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    // Deleted, or private and left, elsewhere; and one that could be joined again.
    desk.tell(Message::Rooms(vec![listed(2, "garden", 0)]));
    assert_eq!(
        (open(&desk), desk.told().as_str()),
        (Some(room_id(2)), "#kitchen: you are no longer in this room.")
    );
    desk.tell(Message::Rooms(vec![public(2, "garden"), listed(3, "attic", 0)]));
    assert_eq!(
        (open(&desk), desk.told().as_str()),
        (Some(room_id(3)), "#garden: you are no longer in this room.")
    );
}

#[test]
fn whoever_looks_is_shown_what_they_did_elsewhere() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    let asks = |effects: Vec<Effect>| effects.contains(&Effect::LoadRooms);
    desk.tell(Message::Focus(true));
    assert!(!asks(desk.wait(Duration::from_secs(29))));
    assert_eq!(desk.model.wake(), Some(Duration::from_secs(30)));
    assert!(asks(desk.wait(Duration::from_secs(1))));
    assert!(!asks(desk.wait(Duration::from_secs(1))), "once");
    // Nobody looks; who comes back sees it at once.
    desk.tell(Message::Focus(false));
    assert!(!asks(desk.wait(Duration::from_mins(1))));
    assert_eq!(desk.model.wake(), None);
    assert!(asks(desk.tell(Message::Focus(true))));
    // Who looks for a room does not wait so long.
    assert!(asks(desk.hold(KeyModifiers::CONTROL, 'k')));
}

#[test]
fn a_room_that_was_left_can_be_joined_again() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    let effects = desk.tell(Message::RoomGone(room_id(1), Safe::line("you left.")));
    assert!(effects.contains(&Effect::LoadRooms));
}

fn beginning_with(wanted: &str, is_plain: bool) -> (Desk, Vec<Effect>) {
    let mut desk = Desk::new(SIZE, crate::tui::testing::look());
    desk.model.wanted = Wanted::Named(wanted.to_owned());
    desk.model.is_plain = is_plain;
    desk.tell(Message::SignedIn(crate::tui::testing::ada()));
    let rooms = [listed(1, "kitchen", 0), listed(2, "Garden", 0), public(3, "library")];
    let twice = [listed(4, "attic", 0), listed(5, "attic", 0), public(6, "kitchen")];
    let effects = desk.tell(Message::Rooms(rooms.into_iter().chain(twice).collect()));
    (desk, effects)
}

#[test]
fn the_wanted_room_is_opened_or_joined() {
    for (wanted, room) in [("kitchen", 1), ("#kitchen", 1), ("garden", 2), (&*room_id(5).to_string(), 5)] {
        let (desk, effects) = beginning_with(wanted, false);
        assert!(
            effects.contains(&Effect::Open(room_id(room))) && open(&desk) == Some(room_id(room)),
            "{wanted}"
        );
    }
    let (desk, effects) = beginning_with("library", false);
    assert!(
        effects.contains(&Effect::Join(room_id(3)))
            && desk.model.wanted == Wanted::Entering { from_start: true }
    );
}

#[test]
fn what_was_being_joined_when_the_session_ended_keeps_no_other_room_closed() {
    let (mut desk, _) = beginning_with("library", false);
    desk.tell(Message::SignedIn(crate::tui::testing::ada()));
    desk.tell(Message::Rooms(vec![listed(1, "kitchen", 0)]));
    assert_eq!(open(&desk), Some(room_id(1)));
}

#[test]
fn what_is_written_for_a_room_that_is_not_there_goes_to_no_other() {
    for (wanted, words) in
        [("nowhere", "There is no room named nowhere"), ("attic", "Several rooms are named attic")]
    {
        let (mut desk, _) = beginning_with(wanted, false);
        assert!(desk.told().contains(words), "{}", desk.told());
        assert!(matches!(&desk.model.overlay, Some(Overlay::Switcher(_))), "to choose from");
        desk.press(KeyCode::Esc);
        // The next list changes nothing.
        desk.tell(Message::Rooms(vec![listed(1, "kitchen", 0)]));
        assert_eq!(open(&desk), None);
        let (_, effects) = beginning_with(wanted, true);
        let ends = |effect: &Effect| match effect {
            Effect::End(Astray::NoRoom(why)) => wanted == "nowhere" && why.contains(words),
            Effect::End(Astray::SeveralRooms(why)) => wanted == "attic" && why.contains(words),
            _ => false,
        };
        assert!(effects.iter().any(ends), "{effects:?}");
    }
    let (mut desk, _) = beginning_with("library", true);
    let why = Astray::NoRoom(Safe::line("no"));
    assert!(desk.tell(Message::NotEntered(Safe::line("no"))).contains(&Effect::End(why)));
}

#[test]
fn panes_come_and_go() {
    let mut desk = Desk::in_the_kitchen((140, 40));
    desk.hold(KeyModifiers::CONTROL, 'b');
    assert!(!desk.model.panes.sidebar);
    desk.press(KeyCode::F(2));
    assert!(!desk.model.panes.members);
    desk.press(KeyCode::F(11));
    assert!(desk.model.panes.bare);
    assert!(desk.press(KeyCode::F(12)).contains(&Effect::CaptureMouse(false)));
    // Where there is no space for a pane, its content lies over the screen.
    let mut desk = Desk::in_the_kitchen((50, 20));
    desk.hold(KeyModifiers::CONTROL, 'b');
    assert!(matches!(desk.model.overlay, Some(Overlay::Switcher(_))));
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::F(2));
    assert!(matches!(desk.model.overlay, Some(Overlay::Members(_))));
}

#[test]
fn whoever_writes_without_a_room_is_told_how_to_come_to_one() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(Message::Rooms(Vec::new()));
    desk.press(KeyCode::Char('h'));
    assert_eq!(desk.told(), "No room is open: Ctrl-K finds or makes one.");
    assert_eq!(desk.model.compose.text(), "");
}

#[test]
fn an_invitation_is_shown_and_copied() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    let link = Safe::line("http://localhost/api/v1/rooms/invites/abc/join");
    assert!(desk.tell(Message::Invited(link.clone())).contains(&Effect::Copy(link.to_string())));
    assert!(matches!(&desk.model.overlay, Some(Overlay::Notice(text)) if text.contains(&*link)));
}

#[test]
fn members_that_are_not_known_are_asked_for_when_somebody_looks() {
    for size in [SIZE, (140, 40)] {
        let mut desk = Desk::in_the_kitchen(size);
        assert_eq!(desk.press(KeyCode::F(2)), [Effect::LoadMembers(room_id(1))]);
        desk.press(KeyCode::Esc);
        desk.tell(Message::Members(room_id(1), crate::tui::testing::members()));
        assert!(desk.press(KeyCode::F(2)).is_empty());
    }
}
