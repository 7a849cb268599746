//! What was told of the rooms, and to whom.

use super::{Case, Faults};
use crate::campaign::history::{Act, Bare, End, Place, Row, Seen, What, Who};
use std::collections::{BTreeMap, HashMap, VecDeque};

pub(super) fn check(case: &Case<'_>, faults: &mut Faults) {
    the_log_has_no_gap(case, faults);
    told_in_order(case, faults);
    catch_ups_are_whole(case, faults);
    nothing_after_a_leave(case, faults);
}

fn the_log_has_no_gap(case: &Case<'_>, faults: &mut Faults) {
    for (room, rows) in case.ending.rooms.iter().enumerate() {
        for (row, expected) in rows.iter().zip(1..) {
            if row.seq != expected {
                faults.add("C4", format!("room {room} has a gap before {row:?}"));
                break;
            }
        }
    }
}

/// How far one person has heard one room.
#[derive(Default)]
struct Trail {
    heard: i64,
    /// The subscriptions that were asked for, and of which nothing was heard yet: after which `seq`, and what was answered. Without
    /// an answer it has told nothing: a live connection answers before it tells.
    follows: VecDeque<(Option<i64>, Option<i64>)>,
    /// What has been reached by the last one that was asked for, without anything heard.
    from: Option<i64>,
}

impl Trail {
    /// Whether the next entry may be this one.
    fn goes_on_with(&mut self, seq: i64) -> bool {
        if self.heard > 0 && seq == self.heard + 1 {
            return true;
        }
        while let Some((after, answer)) = self.follows.pop_front() {
            let begins = match after {
                Some(after) => seq == after + 1,
                // What came while it was answered is told as well.
                None => answer.is_some_and(|answer| seq <= answer + 1),
            };
            if begins && seq > self.heard {
                return true;
            }
        }
        false
    }
}

fn told_in_order(case: &Case<'_>, faults: &mut Faults) {
    let mut answers = HashMap::new();
    for call in &case.calls {
        if let (Act::Follow { .. }, Some((_, End::Following(from)))) = (call.act, call.end) {
            answers.insert(call.asked, *from);
        }
    }
    let mut trails: BTreeMap<(Place, Who), Trail> = BTreeMap::new();
    let mut places: HashMap<&str, (Place, i64)> = HashMap::new();
    for (index, record) in case.history.iter().enumerate() {
        let who = record.who;
        match &record.seen {
            Seen::Asked { act: Act::Follow { room, after }, .. } => {
                let answer = answers.get(&index).copied();
                let trail = trails.entry((*room, who)).or_default();
                trail.follows.push_back((*after, answer));
                trail.from = after.or(answer);
            }
            Seen::Heard { room, row } => {
                let trail = trails.entry((*room, who)).or_default();
                if !trail.goes_on_with(row.seq) {
                    let heard = trail.heard;
                    faults.add("C4", format!("person {who} heard {} after {heard} of room {room}", row.seq));
                }
                trail.heard = row.seq;
                if let What::Said { id, .. } = &row.what {
                    let place = *places.entry(id).or_insert((*room, row.seq));
                    if place != (*room, row.seq) {
                        faults.add(
                            "C4",
                            format!("person {who} heard {row:?} of room {room}, another {place:?}"),
                        );
                    }
                }
            }
            Seen::Gap { room } => {
                faults.add("C4", format!("person {who} was told that there is a gap in room {room}"));
            }
            _ => {}
        }
    }
    for (room, who) in case.ending.members.keys() {
        let (head, trail) = (case.head(*room), trails.get(&(*room, *who)));
        let reached = trail.map_or(0, |trail| trail.heard.max(trail.from.unwrap_or(0)));
        if reached != head {
            faults.add("C5", format!("person {who} has reached {reached} of {head} in room {room}"));
        }
    }
}

fn catch_ups_are_whole(case: &Case<'_>, faults: &mut Faults) {
    let mut highest: HashMap<Place, Vec<(usize, i64)>> = HashMap::new();
    for (at, _, room, stored) in case.acknowledged() {
        let room = highest.entry(room).or_default();
        let before = room.last().map_or(0, |(_, seq)| *seq);
        room.push((at, before.max(stored.seq)));
    }
    for call in &case.calls {
        let (Act::CatchUp { room, after }, Some((_, End::Rows(rows)))) = (call.act, call.end) else {
            continue;
        };
        let who = call.who;
        if let Some((row, expected)) =
            rows.iter().zip(after + 1..).find(|(row, expected)| row.seq != *expected)
        {
            let seq = row.seq;
            faults.add("C7", format!("person {who} fetched room {room} after {after}: {seq} for {expected}"));
        }
        let reached = rows.last().map_or(*after, |row| row.seq);
        let acknowledged = highest.get(room).map(Vec::as_slice).unwrap_or_default();
        let before = acknowledged.partition_point(|(at, _)| *at < call.asked);
        if let Some((_, seq)) = acknowledged[..before].last().filter(|(_, seq)| *seq > reached) {
            faults
                .add("C7", format!("person {who} reached {reached} of room {room}; {seq} was acknowledged"));
        }
    }
}

/// What nobody keeps stops at other nodes within this after a leave, in milliseconds.
pub(super) const ASIDES: u64 = 2000;

/// Someone who is surely no member: since when, and after how many joins.
struct Absence {
    since: usize,
    joins: usize,
}

fn nothing_after_a_leave(case: &Case<'_>, faults: &mut Faults) {
    // Who has joined how often; the first time was before the history.
    let mut joins: HashMap<(Place, Who), usize> = HashMap::new();
    let mut absent: HashMap<(Place, Who), Absence> = HashMap::new();
    let acts: HashMap<usize, (Who, &Act)> = case
        .calls
        .iter()
        .filter_map(|call| call.end.map(|(at, end)| (at, end, call)))
        .filter(|(_, end, _)| matches!(end, End::Done))
        .map(|(at, _, call)| (at, (call.who, call.act)))
        .collect();
    for (index, record) in case.history.iter().enumerate() {
        let who = record.who;
        match &record.seen {
            Seen::Asked { act: Act::Join { room }, .. } => drop(absent.remove(&(*room, who))),
            Seen::Ended { .. } => match acts.get(&index) {
                Some((who, Act::Join { room })) => *joins.entry((*room, *who)).or_insert(1) += 1,
                Some((who, Act::Leave { room }) | (_, Act::Remove { room, whom: who })) => {
                    let joins = joins.get(&(*room, *who)).copied().unwrap_or(1);
                    absent.insert((*room, *who), Absence { since: index, joins });
                }
                _ => {}
            },
            Seen::Heard { room, row } | Seen::Bare { room, heard: Bare::Entry(row), .. } => {
                let Some(absence) = absent.get(&(*room, who)) else { continue };
                let left = departure(&case.ending.rooms[*room], who, absence.joins);
                if left.is_none_or(|left| row.seq > left) {
                    let since = absence.since;
                    faults.add(
                        "C9",
                        format!(
                            "person {who} heard {} of room {room}, and had left at {left:?} (returned: line {since}, \
                            heard: line {index})",
                            row.seq
                        ),
                    );
                }
            }
            Seen::Aside { room, event, socket } => {
                let Some(Absence { since, .. }) = absent.get(&(*room, who)) else { continue };
                let after = record.at - case.history[*since].at;
                if after > ASIDES {
                    faults.add(
                        "C9",
                        format!(
                            "person {who} was told {event} of room {room} by socket {socket:?}, {after} ms after a leave had \
                            returned (line {since}, told: line {index})"
                        ),
                    );
                }
            }
            _ => {}
        }
    }
}

/// Where somebody has left who had joined so often.
fn departure(rows: &[Row], who: Who, joins: usize) -> Option<i64> {
    let joined = rows.iter().filter(|row| row.what == What::Joined(who)).nth(joins - 1)?.seq;
    rows.iter().find(|row| row.seq > joined && row.what == What::Left(who)).map(|row| row.seq)
}
