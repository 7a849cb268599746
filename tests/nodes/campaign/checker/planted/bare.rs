//! What a bare socket must not be told.

use super::{ADA, BOB, ROOM, Story, breaks, row, said};
use crate::campaign::history::{Bare, Seen, What};

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
