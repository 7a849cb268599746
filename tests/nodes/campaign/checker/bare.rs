//! What a server itself tells, before a client makes good what it leaves out.

use super::{Case, Faults};
use crate::campaign::history::{Bare, Seen, What};
use std::collections::{HashMap, HashSet};

pub(super) fn check(case: &Case<'_>, faults: &mut Faults) {
    // What comes next, as long as a socket is subscribed.
    let mut next = HashMap::new();
    let mut told = HashSet::new();
    for record in case.history {
        let Seen::Bare { socket, room, heard } = &record.seen else { continue };
        let (who, place) = (record.who, (record.who, *socket, *room));
        match heard {
            Bare::From(seq) => {
                next.insert(place, seq + 1);
            }
            Bare::Entry(row) => {
                told.insert((*room, who, row.seq));
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
    for (room, who) in case.ending.members.keys() {
        let silent = case.ending.last_words.get(room).filter(|seq| !told.contains(&(*room, *who, **seq)));
        if let Some(seq) = silent {
            faults.add("C14", format!("no bare socket of person {who} was told {seq} of room {room}"));
        }
    }
}
