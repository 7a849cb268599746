//! What may stand, because nobody knows how it ended.

use super::{ADA, BOB, EVE, ROOM, Story, breaks, row, said, send, two_more};
use crate::campaign::history::{Act, End, Record, Seen, What};

#[test]
fn a_message_whose_answer_was_lost_may_stand() {
    breaks(&[], |story| {
        two_more(story, [said(11, ADA, "g"), row(12, What::Other)]);
    });
}

#[test]
fn c3_a_queued_message_may_stand_by_a_try_before_the_refused_one() {
    let refused = |story: &mut Story, is_tried_twice: bool| {
        let call = story.ask(BOB, send("q"));
        if is_tried_twice {
            story.see(BOB, Seen::Line { up: false }).see(BOB, Seen::Line { up: true });
        }
        story.see(BOB, Seen::Ended { call, end: End::Refused("NOT_AUTHORIZED".to_owned()) });
        // It comes after what was queued behind it.
        story.call(BOB, send("r"), End::Stored(said(11, BOB, "r")));
        two_more(story, [said(11, BOB, "r"), said(12, BOB, "q")]);
    };
    breaks(&[], |story| refused(story, true));
    breaks(&["C3", "C11"], |story| refused(story, false));
}

#[test]
fn c4_a_subscription_without_an_answer_excuses_no_gap() {
    breaks(&["C4"], |story| {
        story.without(|record| {
            record.who == EVE && matches!(&record.seen, Seen::Heard { row, .. } if (7..10).contains(&row.seq))
        });
        let (at, call) = (story.heard(EVE, 10), story.calls + 1);
        story.calls = call;
        let lost = End::Unknown("lost".to_owned());
        let asked = Seen::Asked { call, act: Act::Follow { room: ROOM, after: None } };
        let unanswered = [asked, Seen::Ended { call, end: lost }];
        story.records.splice(at..at, unanswered.map(|seen| Record { at: 0, who: EVE, seen }));
    });
}
