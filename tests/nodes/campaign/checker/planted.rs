//! The checker itself: a small history in which all is well, and what it says when one thing of it is not.

mod bare;
mod leaves;
mod unknown;

use super::check;
use crate::campaign::history::{Act, End, Ending, Place, Record, Row, Seen, What, Who};

const ROOM: Place = 0;
const ADA: Who = 0;
const BOB: Who = 1;
const EVE: Who = 2;

#[derive(Default)]
struct Story {
    records: Vec<Record>,
    ending: Ending,
    calls: usize,
}

fn said(seq: i64, by: Who, text: &str) -> Row {
    let what =
        What::Said { id: format!("id-{text}"), by, client_id: text.to_owned(), content: text.to_owned() };
    Row { seq, what }
}

fn row(seq: i64, what: What) -> Row {
    Row { seq, what }
}

fn send(text: &str) -> Act {
    Act::Send { room: ROOM, client_id: text.to_owned(), content: text.to_owned(), queue: Some(1) }
}

impl Story {
    /// Ada's room: she talks with bob, who leaves and comes back; eve listens, and goes.
    fn good() -> Self {
        let mut story = Self::default();
        for who in [ADA, BOB, EVE] {
            story.call(who, Act::Follow { room: ROOM, after: None }, End::Following(4));
        }
        story.call(ADA, send("a"), End::Stored(said(5, ADA, "a")));
        story.call(BOB, send("b"), End::Stored(said(6, BOB, "b")));
        for who in [ADA, BOB, EVE] {
            story.hear(who, said(5, ADA, "a")).hear(who, said(6, BOB, "b"));
        }
        for seq in [5, 6] {
            story.call(BOB, Act::Read { room: ROOM }, End::ReadUpTo(seq));
            story.see(ADA, Seen::Cursor { room: ROOM, of: BOB, seq });
        }
        story.call(BOB, Act::Leave { room: ROOM }, End::Done);
        story.call(ADA, send("c"), End::Stored(said(8, ADA, "c")));
        story.call(BOB, Act::Join { room: ROOM }, End::Done);
        story.call(BOB, Act::Follow { room: ROOM, after: None }, End::Following(9));
        story.hear(BOB, row(7, What::Left(BOB)));
        for who in [ADA, EVE] {
            for row in [row(7, What::Left(BOB)), said(8, ADA, "c"), row(9, What::Joined(BOB))] {
                story.hear(who, row);
            }
        }
        // Its answer was lost, and the next try had one.
        story.call(EVE, send("e"), End::Unknown("lost".to_owned()));
        story.call(EVE, send("e"), End::Stored(said(10, EVE, "e")));
        story.call(BOB, send("f"), End::Refused("NOT_AUTHORIZED".to_owned()));
        story.call(ADA, send("g"), End::Unknown("lost".to_owned()));
        for who in [ADA, BOB, EVE] {
            story.hear(who, said(10, EVE, "e"));
        }
        let rows = vec![said(8, ADA, "c"), row(9, What::Joined(BOB)), said(10, EVE, "e")];
        story.call(BOB, Act::CatchUp { room: ROOM, after: 7 }, End::Rows(rows));
        story.call(ADA, Act::Page { room: ROOM }, End::Rows(vec![said(5, ADA, "a"), said(6, BOB, "b")]));
        story.see(ADA, Seen::Settled).see(ADA, Seen::Died);
        for who in [ADA, BOB] {
            story.see(who, Seen::Status { of: EVE, online: false });
        }
        for (who, at, online) in
            [(ADA, BOB, true), (ADA, EVE, true), (ADA, EVE, false), (BOB, ADA, true), (BOB, EVE, false)]
        {
            story.call(who, Act::Look { at }, End::Online(online));
        }
        story.ending = Ending {
            rooms: vec![vec![
                row(1, What::Other),
                row(2, What::Joined(ADA)),
                row(3, What::Joined(BOB)),
                row(4, What::Joined(EVE)),
                said(5, ADA, "a"),
                said(6, BOB, "b"),
                row(7, What::Left(BOB)),
                said(8, ADA, "c"),
                row(9, What::Joined(BOB)),
                said(10, EVE, "e"),
            ]],
            members: [((ROOM, ADA), 2), ((ROOM, BOB), 6), ((ROOM, EVE), 4)].into(),
            connected: [ADA, BOB].into(),
            last_words: [].into(),
        };
        story
    }

    fn see(&mut self, who: Who, seen: Seen) -> &mut Self {
        self.records.push(Record { at: self.records.len() as u64, who, seen });
        self
    }

    fn hear(&mut self, who: Who, row: Row) -> &mut Self {
        self.see(who, Seen::Heard { room: ROOM, row })
    }

    fn ask(&mut self, who: Who, act: Act) -> usize {
        self.calls += 1;
        let call = self.calls;
        self.see(who, Seen::Asked { call, act });
        call
    }

    fn call(&mut self, who: Who, act: Act, end: End) -> &mut Self {
        let call = self.ask(who, act);
        self.see(who, Seen::Ended { call, end })
    }

    fn rows(&mut self) -> &mut Vec<Row> {
        &mut self.ending.rooms[ROOM]
    }

    /// Drops what `is` finds; there is something.
    fn without(&mut self, is: impl Fn(&Record) -> bool) {
        let before = self.records.len();
        self.records.retain(|record| !is(record));
        assert!(self.records.len() < before);
    }

    /// Where somebody hears this entry.
    fn heard(&self, who: Who, seq: i64) -> usize {
        let is = |record: &Record| {
            record.who == who && matches!(&record.seen, Seen::Heard { row, .. } if row.seq == seq)
        };
        self.records.iter().position(is).unwrap()
    }

    /// Which rules are broken.
    fn broken(&self) -> Vec<&'static str> {
        let mut rules: Vec<_> =
            check(&self.records, &self.ending).into_iter().map(|fault| fault.rule).collect();
        rules.dedup();
        rules
    }
}

/// A good history in which `spoil` has spoiled something breaks these rules, and no other.
#[track_caller]
fn breaks(rules: &[&str], spoil: impl FnOnce(&mut Story)) {
    let mut story = Story::good();
    spoil(&mut story);
    assert_eq!(story.broken(), rules, "{:#?}", check(&story.records, &story.ending));
}

#[test]
fn a_good_history_breaks_no_rule() {
    breaks(&[], |_| {});
}

#[test]
fn c1_an_acknowledged_message_that_is_not_stored() {
    breaks(&["C1"], |story| {
        story.call(ADA, send("h"), End::Stored(said(11, ADA, "h")));
    });
}

#[test]
fn c1_an_acknowledged_message_that_says_something_else() {
    breaks(&["C1"], |story| {
        let other = Act::Send { room: ROOM, client_id: "e".to_owned(), content: "E".to_owned(), queue: None };
        story.call(EVE, other, End::Stored(said(10, EVE, "e")));
    });
}

#[test]
fn c2_something_that_was_heard_and_is_not_stored_so() {
    breaks(&["C2"], |story| {
        let at = story.heard(EVE, 8);
        story.records[at].seen = Seen::Heard { room: ROOM, row: said(8, ADA, "C") };
    });
}

#[test]
fn c2_a_page_with_something_that_is_not_stored() {
    breaks(&["C2"], |story| {
        story.call(EVE, Act::Page { room: ROOM }, End::Rows(vec![said(11, ADA, "h")]));
    });
}

/// Two more rows, which everybody hears.
fn two_more(story: &mut Story, rows: [Row; 2]) {
    for row in rows {
        for who in [ADA, BOB, EVE] {
            story.hear(who, row.clone());
        }
        story.rows().push(row);
    }
}

#[test]
fn c3_a_message_that_stands_twice() {
    breaks(&["C3"], |story| {
        let mut again = said(11, ADA, "g");
        let What::Said { id, .. } = &mut again.what else { unreachable!() };
        id.push_str("-2");
        two_more(story, [again, said(12, ADA, "g")]);
    });
}

#[test]
fn c3_a_message_that_was_refused_or_never_sent() {
    breaks(&["C3"], |story| two_more(story, [said(11, BOB, "f"), said(12, BOB, "never")]));
}

#[test]
fn c3_a_message_that_was_sent_as_other_content() {
    breaks(&["C3"], |story| {
        story.call(ADA, send("h"), End::Unknown("lost".to_owned()));
        let mut other = said(11, ADA, "h");
        let What::Said { content, .. } = &mut other.what else { unreachable!() };
        content.push('!');
        two_more(story, [other, row(12, What::Other)]);
    });
}

#[test]
fn c4_an_entry_that_was_not_told() {
    breaks(&["C4"], |story| {
        story.records.remove(story.heard(EVE, 8));
    });
}

#[test]
fn c4_an_entry_that_was_told_twice() {
    breaks(&["C4"], |story| {
        let at = story.heard(EVE, 8);
        let again = story.records[at].clone();
        story.records.insert(at, again);
    });
}

#[test]
fn c4_entries_in_another_order() {
    breaks(&["C4"], |story| {
        let (one, other) = (story.heard(EVE, 8), story.heard(EVE, 9));
        story.records.swap(one, other);
    });
}

#[test]
fn c4_a_gap_that_the_client_was_told_of() {
    breaks(&["C4"], |story| {
        story.see(ADA, Seen::Gap { room: ROOM });
    });
}

#[test]
fn c4_a_log_with_a_gap() {
    breaks(&["C4"], |story| {
        story.rows().remove(0);
    });
}

#[test]
fn c4_one_id_at_two_places() {
    breaks(&["C2", "C4"], |story| {
        let at = story.heard(EVE, 8);
        story.records[at].seen = Seen::Heard { room: ROOM, row: said(8, EVE, "a") };
    });
}

#[test]
fn c5_a_member_who_never_heard_the_end() {
    breaks(&["C5"], |story| {
        story.records.remove(story.heard(BOB, 10));
    });
}

#[test]
fn c5_a_member_who_was_never_told_anything() {
    breaks(&["C5"], |story| {
        story.without(|record| record.who == EVE && matches!(record.seen, Seen::Heard { .. }));
        story.without(|record| {
            record.who == EVE
                && matches!(record.seen, Seen::Asked { call: 3, .. } | Seen::Ended { call: 3, .. })
        });
    });
}

#[test]
fn c6_what_is_sent_later_and_stored_before() {
    breaks(&["C6"], |story| {
        story.call(ADA, send("h"), End::Stored(said(12, ADA, "h")));
        story.call(EVE, send("i"), End::Stored(said(11, EVE, "i")));
        two_more(story, [said(11, EVE, "i"), said(12, ADA, "h")]);
    });
}

#[test]
fn c7_a_catch_up_with_a_gap() {
    breaks(&["C7"], |story| {
        let rows = vec![said(8, ADA, "c"), said(10, EVE, "e")];
        story.call(BOB, Act::CatchUp { room: ROOM, after: 7 }, End::Rows(rows));
    });
}

#[test]
fn c7_a_catch_up_that_ends_before_what_was_acknowledged() {
    breaks(&["C7"], |story| {
        story.call(BOB, Act::CatchUp { room: ROOM, after: 7 }, End::Rows(vec![said(8, ADA, "c")]));
    });
}

#[test]
fn c8_a_cursor_that_is_told_to_go_back() {
    breaks(&["C8"], |story| {
        story.see(ADA, Seen::Cursor { room: ROOM, of: BOB, seq: 5 });
    });
}

#[test]
fn c8_a_cursor_that_is_answered_to_have_gone_back() {
    breaks(&["C8"], |story| {
        story.call(BOB, Act::Read { room: ROOM }, End::ReadUpTo(5));
    });
}

#[test]
fn c8_a_cursor_that_is_lower_in_the_end() {
    breaks(&["C8"], |story| {
        story.ending.members.insert((ROOM, BOB), 5);
    });
}

#[test]
fn c8_a_cursor_beyond_the_head() {
    breaks(&["C8"], |story| {
        story.ending.members.insert((ROOM, BOB), 11);
    });
}

#[test]
fn c10_one_who_is_seen_online_and_is_not() {
    breaks(&["C10"], |story| {
        story.call(ADA, Act::Look { at: EVE }, End::Online(true));
    });
}

#[test]
fn c10_one_whom_nobody_was_told_to_have_gone() {
    breaks(&["C10"], |story| {
        story.without(|record| record.who == BOB && matches!(record.seen, Seen::Status { .. }));
    });
}

#[test]
fn c10_one_who_is_still_online_too_long_after_a_death() {
    breaks(&["C10"], |story| {
        let looks = |record: &Record| matches!(record.seen, Seen::Asked { act: Act::Look { at: EVE }, .. });
        let first = story.records.iter().position(looks).unwrap();
        for record in &mut story.records[first..] {
            record.at += super::people::DEATH;
        }
    });
}

#[test]
fn c11_what_was_queued_first_and_is_stored_behind() {
    breaks(&["C11"], |story| {
        for text in ["k", "l"] {
            story.call(ADA, send(text), End::Unknown("lost".to_owned()));
        }
        two_more(story, [said(11, ADA, "l"), said(12, ADA, "k")]);
    });
}

#[test]
fn c12_something_without_an_answer() {
    breaks(&["C12"], |story| {
        story.ask(BOB, Act::Page { room: ROOM });
    });
}

#[test]
fn c12_an_answer_that_may_not_come() {
    breaks(&["C12"], |story| {
        story.call(BOB, Act::Page { room: ROOM }, End::Broken("SERVER_ERROR".to_owned()));
    });
}
