//! What must not come to those who have left.

use super::super::heard::ASIDES;
use super::{ADA, BOB, EVE, ROOM, Story, breaks, row, said, two_more};
use crate::campaign::history::{Act, Bare, End, Record, Seen, What};

#[test]
fn c9_something_told_after_a_leave_has_returned() {
    breaks(&["C9"], |story| {
        let left = |record: &Record| matches!(record.seen, Seen::Asked { act: Act::Join { .. }, .. });
        let at = story.records.iter().position(left).unwrap();
        let own_end = story.records.remove(story.heard(BOB, 7));
        let late = Record { at: 0, who: BOB, seen: Seen::Heard { room: ROOM, row: said(8, ADA, "c") } };
        story.records.splice(at..at, [own_end, late]);
    });
}

#[test]
fn c9_something_told_after_a_removal_has_returned() {
    breaks(&["C9"], |story| {
        story.call(ADA, Act::Remove { room: ROOM, whom: EVE }, End::Done);
        two_more(story, [row(11, What::Left(EVE)), row(12, What::Other)]);
        story.ending.members.remove(&(ROOM, EVE));
    });
}

#[test]
fn c9_something_told_by_a_bare_socket_after_a_leave_has_returned() {
    breaks(&["C9"], |story| {
        let is_join = |record: &Record| matches!(record.seen, Seen::Asked { act: Act::Join { .. }, .. });
        let at = story.records.iter().position(is_join).unwrap();
        let told = [Bare::From(7), Bare::Entry(said(8, ADA, "c"))];
        let told = told.map(|heard| Seen::Bare { socket: 1, room: ROOM, heard });
        story.records.splice(at..at, told.map(|seen| Record { at: 0, who: BOB, seen }));
    });
}

/// Eve is removed; so many milliseconds later she is told that somebody types.
fn types_after_a_removal(story: &mut Story, after: u64, socket: Option<u32>) {
    story.call(ADA, Act::Remove { room: ROOM, whom: EVE }, End::Done);
    let returned = story.records.last().unwrap().at;
    let aside = Seen::Aside { room: ROOM, event: "user_typing", socket };
    story.records.push(Record { at: returned + after, who: EVE, seen: aside });
    let left = row(11, What::Left(EVE));
    for who in [ADA, BOB, EVE] {
        story.hear(who, left.clone());
    }
    story.rows().push(left);
    story.ending.members.remove(&(ROOM, EVE));
}

#[test]
fn c9_what_nobody_keeps_told_too_long_after_a_removal_has_returned() {
    for socket in [None, Some(1)] {
        breaks(&[], |story| types_after_a_removal(story, ASIDES, socket));
        breaks(&["C9"], |story| types_after_a_removal(story, ASIDES + 1, socket));
    }
}

#[test]
fn c9_what_nobody_keeps_is_told_again_once_a_join_is_asked() {
    breaks(&[], |story| {
        let is_join = |record: &Record| matches!(record.seen, Seen::Asked { act: Act::Join { .. }, .. });
        let at = story.records.iter().position(is_join).unwrap() + 1;
        let aside = Seen::Aside { room: ROOM, event: "messages_read", socket: None };
        story.records.insert(at, Record { at: ASIDES * 2, who: BOB, seen: aside });
    });
}
