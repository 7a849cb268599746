//! What a server itself tells, before a client makes good what it leaves out.

use super::{Case, Faults};
use crate::campaign::history::{Bare, Seen, What};
use std::collections::HashMap;

pub(super) fn check(case: &Case<'_>, faults: &mut Faults) {
    // What comes next, as long as a socket is subscribed.
    let mut next = HashMap::new();
    for record in case.history {
        let Seen::Bare { socket, room, heard } = &record.seen else { continue };
        let (who, place) = (record.who, (record.who, *socket, *room));
        match heard {
            Bare::From(seq) => {
                next.insert(place, seq + 1);
            }
            Bare::Entry(row) => {
                let expected = next.remove(&place);
                if expected != Some(row.seq) {
                    let seq = row.seq;
                    faults.add(
                        "C13",
                        format!(
                            "socket {socket} of person {who} was told {seq} of room {room} for {expected:?}"
                        ),
                    );
                }
                if case.row(*room, row.seq) != Some(row) {
                    faults.add("C13", format!("socket {socket} of person {who}: room {room} has no {row:?}"));
                }
                if row.what != What::Left(who) {
                    next.insert(place, row.seq + 1);
                }
            }
        }
    }
}
