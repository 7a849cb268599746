//! How far people have read, who is there, and whether they were answered.

use super::{Case, Faults};
use crate::campaign::history::{Act, End, Place, Seen, Who};
use std::collections::{BTreeSet, HashMap};

/// A killed node's people are offline within this, in milliseconds.
pub(crate) const DEATH: u64 = 15_000;

pub(super) fn check(case: &Case<'_>, faults: &mut Faults) {
    cursors_rise(case, faults);
    check_presence(case, faults);
    everything_has_ended(case, faults);
}

pub(super) fn check_presence(case: &Case<'_>, faults: &mut Faults) {
    presence_ends_right(case, faults);
    presence_is_told(case, faults);
}

fn cursors_rise(case: &Case<'_>, faults: &mut Faults) {
    let mut heard: HashMap<(Who, Place, Who), i64> = HashMap::new();
    let mut highest: HashMap<(Place, Who), i64> = HashMap::new();
    for record in case.history {
        let Seen::Cursor { room, of, seq } = &record.seen else { continue };
        let last = heard.entry((record.who, *room, *of)).or_default();
        if seq < last {
            let who = record.who;
            faults.add(
                "C8",
                format!("person {who} heard that {of} has read room {room} to {last}, then {seq}"),
            );
        }
        *last = (*last).max(*seq);
        let highest = highest.entry((*room, *of)).or_default();
        *highest = (*highest).max(*seq);
    }
    let mut answers: HashMap<(Place, Who), Vec<(usize, i64)>> = HashMap::new();
    let reads = case.calls.iter().filter_map(|call| match (call.act, call.end) {
        (Act::Read { room }, Some((at, End::ReadUpTo(seq)))) => {
            Some((call.asked, at, (*room, call.who), *seq))
        }
        _ => None,
    });
    for (asked, at, cursor, seq) in reads {
        let before = answers.entry(cursor).or_default();
        if let Some((_, higher)) = before.iter().rev().find(|(at, higher)| *at < asked && *higher > seq) {
            faults.add("C8", format!("the cursor of {cursor:?} was {higher}, and then {seq}"));
        }
        before.push((at, seq));
        let highest = highest.entry(cursor).or_default();
        *highest = (*highest).max(seq);
    }
    for ((room, who), last) in &case.ending.members {
        let told = highest.get(&(*room, *who)).copied().unwrap_or(0);
        if told > *last || *last > case.head(*room) {
            let head = case.head(*room);
            faults.add(
                "C8",
                format!("person {who} had read room {room} to {told}, in the end {last} of {head}"),
            );
        }
    }
}

fn presence_ends_right(case: &Case<'_>, faults: &mut Faults) {
    let died = case.history.iter().find(|record| matches!(record.seen, Seen::Died)).map(|record| record.at);
    let mut last: HashMap<(Who, Who), bool> = HashMap::new();
    for call in &case.calls {
        let (Act::Look { at }, Some((_, End::Online(online)))) = (call.act, call.end) else { continue };
        last.insert((call.who, *at), *online);
        let late = died.is_some_and(|died| call.asked_at >= died + DEATH);
        if late && *online != case.ending.connected.contains(at) {
            let after = call.asked_at - died.unwrap_or(0);
            let who = call.who;
            faults.add(
                "C10",
                format!("{after} ms after the death of a node person {who} sees {at} online: {online}"),
            );
        }
    }
    let everybody: BTreeSet<Who> = case.ending.members.keys().map(|(_, who)| *who).collect();
    for who in &case.ending.connected {
        for at in everybody.iter().filter(|at| *at != who) {
            let (seen, is) = (last.get(&(*who, *at)), case.ending.connected.contains(at));
            if seen != Some(&is) {
                faults.add("C10", format!("person {who} sees {at} online: {seen:?}; in truth {is}"));
            }
        }
    }
}

/// Whoever was connected all the time since it was settled was told of those who went.
fn presence_is_told(case: &Case<'_>, faults: &mut Faults) {
    let Some(settled) = case.history.iter().position(|record| matches!(record.seen, Seen::Settled)) else {
        return;
    };
    let since = &case.history[settled..];
    let moved: BTreeSet<Who> = since
        .iter()
        .filter(|record| matches!(record.seen, Seen::Line { .. }))
        .map(|record| record.who)
        .collect();
    let mut told: HashMap<(Who, Who), bool> = HashMap::new();
    for record in since {
        if let Seen::Status { of, online } = record.seen {
            told.insert((record.who, of), online);
        }
    }
    let everybody: BTreeSet<Who> = case.ending.members.keys().map(|(_, who)| *who).collect();
    for who in case.ending.connected.difference(&moved) {
        for of in everybody.iter().filter(|of| *of != who) {
            let (said, is) = (told.get(&(*who, *of)).copied(), case.ending.connected.contains(of));
            // Of those who stay there need be nothing to tell.
            if said.unwrap_or(true) != is {
                faults.add(
                    "C10",
                    format!("person {who} was told that {of} is online: {said:?}; in truth {is}"),
                );
            }
        }
    }
}

fn everything_has_ended(case: &Case<'_>, faults: &mut Faults) {
    for call in &case.calls {
        match call.end {
            None => faults.add("C12", format!("person {} has no answer to {:?}", call.who, call.act)),
            Some((_, End::Broken(answer))) => {
                faults.add("C12", format!("person {} asked {:?}: {answer}", call.who, call.act));
            }
            Some(_) => {}
        }
    }
}
