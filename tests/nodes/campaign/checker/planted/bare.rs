//! What a bare socket must not be told, and what it must.

use super::{ADA, BOB, EVE, ROOM, Story, breaks, row, said};
use crate::campaign::history::{Bare, Seen, What, Who};

#[test]
fn c13_a_gap_or_a_double_or_what_comes_unasked_or_after_a_leave() {
    use Bare::{Entry, From};
    let left = || Entry(row(7, What::Left(BOB)));
    let (a, b, c) = (|| Entry(said(5, ADA, "a")), || Entry(said(6, BOB, "b")), || Entry(said(8, ADA, "c")));
    let another = Entry(said(6, BOB, "else"));
    let hears = |story: &mut Story, socket, what: Vec<Bare>| {
        for heard in what {
            story.see(BOB, Seen::Bare { socket, room: ROOM, heard });
        }
    };
    let mut good = Story::good();
    hears(&mut good, 1, vec![From(4), a(), b(), left()]);
    // The next one begins elsewhere, and comes back.
    hears(&mut good, 2, vec![From(5), b(), left(), From(7), c()]);
    assert!(good.broken().is_empty(), "{:?}", good.broken());
    for wrong in [
        vec![From(4), b()],
        vec![From(4), a(), a()],
        vec![From(4), b(), a()],
        vec![a()],
        vec![From(5), another],
        vec![From(6), left(), c()],
    ] {
        breaks(&["C13"], |story| hears(story, 1, wrong.clone()));
    }
}

#[test]
fn c14_a_bare_socket_that_is_told_nothing_in_the_end() {
    let tells = |story: &mut Story, whom: &[Who]| {
        story.ending.last_words.insert(ROOM, 10);
        for who in whom {
            for heard in [Bare::From(9), Bare::Entry(said(10, EVE, "e"))] {
                story.see(*who, Seen::Bare { socket: 1, room: ROOM, heard });
            }
        }
    };
    breaks(&[], |story| tells(story, &[ADA, BOB, EVE]));
    breaks(&["C14"], |story| tells(story, &[ADA, EVE]));
    breaks(&["C14"], |story| {
        tells(story, &[ADA, EVE]);
        // It begins where the others hear it: that is no news.
        story.see(BOB, Seen::Bare { socket: 1, room: ROOM, heard: Bare::From(10) });
    });
}
