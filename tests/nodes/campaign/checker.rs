//! Whether a history keeps the promises, given what the database has at the end. It asks nothing of anybody, and takes time in
//! proportion to the history (times the logarithm of it).
//!
//! | rule | says | stands in |
//! | --- | --- | --- |
//! | C1 | an acknowledged message stands once, as it was sent and acknowledged | `messages.rs` |
//! | C2 | whatever came to anybody is in the database, and the same there | `messages.rs` |
//! | C3 | a person's client id stands once in a room, and only if it was sent and not refused at every try | `messages.rs` |
//! | C4 | what is told of a room rises by one each; an id has one `seq` everywhere | `heard.rs` |
//! | C5 | in the end each member has heard all from where they began | `heard.rs` |
//! | C6 | what is acknowledged before another is sent comes before it | `messages.rs` |
//! | C7 | a catch-up has no gap, and reaches whatever was acknowledged before it | `heard.rs` |
//! | C8 | read cursors only rise | `people.rs` |
//! | C9 | nothing is told after a leave or a removal has returned, and what nobody keeps no later than 2 s after it, until a later join | `heard.rs` |
//! | C10 | in the end who is connected is online to all, and who is not is offline | `people.rs` |
//! | C11 | what one person queues on one connection is stored in that order | `messages.rs` |
//! | C12 | everything that was asked has ended, as the contract has it | `people.rs` |
//! | C13 | a bare socket is told a room's entries by one each, from its subscription to its own leave | `bare.rs` |
//! | C14 | in the end each member's bare socket is told what is said in the room | `bare.rs` |

mod bare;
mod heard;
mod messages;
mod people;
#[cfg(test)]
mod planted;

use super::history::{Act, End, Ending, Place, Record, Row, Seen, Who};
use std::collections::HashMap;

/// A promise that was not kept.
#[derive(Clone, Debug)]
pub(crate) struct Violation {
    pub(crate) rule: &'static str,
    pub(crate) what: String,
}

/// All promises that were not kept.
pub(crate) fn check(history: &[Record], ending: &Ending) -> Vec<Violation> {
    let case = Case { history, ending, calls: calls(history) };
    let mut faults = Faults::default();
    messages::check(&case, &mut faults);
    heard::check(&case, &mut faults);
    bare::check(&case, &mut faults);
    people::check(&case, &mut faults);
    faults.0
}

/// The promises of presence that were not kept, in a history that may begin anywhere.
pub(crate) fn check_presence(history: &[Record], ending: &Ending) -> Vec<Violation> {
    let mut faults = Faults::default();
    people::check_presence(&Case { history, ending, calls: calls(history) }, &mut faults);
    faults.0
}

/// What is looked at.
struct Case<'a> {
    history: &'a [Record],
    ending: &'a Ending,
    calls: Vec<Call<'a>>,
}

/// Something that was asked, and how it ended. Moments are places in the history.
struct Call<'a> {
    who: Who,
    act: &'a Act,
    asked: usize,
    asked_at: u64,
    end: Option<(usize, &'a End)>,
}

impl<'a> Case<'a> {
    /// The entry of the final timeline with this `seq`.
    fn row(&self, room: Place, seq: i64) -> Option<&'a Row> {
        let rows = &self.ending.rooms[room];
        rows.binary_search_by_key(&seq, |row| row.seq).ok().map(|at| &rows[at])
    }

    /// Whether the call ended with a refusal of its every try. A queued message is tried again when a connection is lost, and the refusal
    /// is that of the last try: one before it may still be under way at a node.
    fn is_refused(&self, call: &Call<'_>) -> bool {
        let Some((ended, End::Refused(_))) = call.end else { return false };
        let is_queued = matches!(call.act, Act::Send { queue: Some(_), .. });
        let meanwhile = &self.history[call.asked..ended];
        let is_loss =
            |record: &Record| record.who == call.who && matches!(record.seen, Seen::Line { up: false });
        !(is_queued && meanwhile.iter().any(is_loss))
    }

    /// The last `seq` of a room.
    fn head(&self, room: Place) -> i64 {
        self.ending.rooms[room].last().map_or(0, |row| row.seq)
    }

    /// The acknowledgements, in the order in which they came: when, of which call, with which entry.
    fn acknowledged(&self) -> Vec<(usize, &Call<'a>, Place, &'a Row)> {
        let stored = |call: &'_ Call<'a>| match (call.act, call.end) {
            (Act::Send { room, .. }, Some((at, End::Stored(row)))) => Some((at, *room, row)),
            _ => None,
        };
        let mut all: Vec<_> = self
            .calls
            .iter()
            .filter_map(|call| stored(call).map(|(at, room, row)| (at, call, room, row)))
            .collect();
        all.sort_by_key(|(at, ..)| *at);
        all
    }
}

#[derive(Default)]
struct Faults(Vec<Violation>);

impl Faults {
    fn add(&mut self, rule: &'static str, what: String) {
        self.0.push(Violation { rule, what });
    }
}

fn calls(history: &[Record]) -> Vec<Call<'_>> {
    let mut calls: Vec<Call<'_>> = Vec::new();
    let mut places = HashMap::new();
    for (index, record) in history.iter().enumerate() {
        match &record.seen {
            Seen::Asked { call, act } => {
                places.insert(*call, calls.len());
                calls.push(Call { who: record.who, act, asked: index, asked_at: record.at, end: None });
            }
            Seen::Ended { call, end } => {
                if let Some(place) = places.get(call) {
                    calls[*place].end = Some((index, end));
                }
            }
            _ => {}
        }
    }
    calls
}
