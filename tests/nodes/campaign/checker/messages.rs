//! What was sent, and what stands of it.

use super::{Case, Faults};
use crate::campaign::history::{Act, End, Place, Row, Seen, What, Who};
use std::collections::{HashMap, HashSet};

/// What makes all tries one message.
type Key<'a> = (Place, Who, &'a str);

pub(super) fn check(case: &Case<'_>, faults: &mut Faults) {
    acknowledged_stands(case, faults);
    received_stands(case, faults);
    client_ids_are_unique(case, faults);
    appends_are_in_the_order_of_time(case, faults);
    queues_are_in_order(case, faults);
}

fn acknowledged_stands(case: &Case<'_>, faults: &mut Faults) {
    for (_, call, room, stored) in case.acknowledged() {
        if case.row(room, stored.seq) != Some(stored) {
            faults.add("C1", format!("acknowledged in room {room}, and not there: {stored:?}"));
        }
        let Act::Send { client_id, content, .. } = call.act else { continue };
        let as_sent = matches!(&stored.what, What::Said { by, client_id: id, content: text, .. }
            if (*by, id, text) == (call.who, client_id, content));
        if !as_sent {
            faults.add("C1", format!("person {} sent {client_id} {content:?}, got {stored:?}", call.who));
        }
    }
}

fn received_stands(case: &Case<'_>, faults: &mut Faults) {
    let mut look = |who: Who, room: Place, row: &Row| {
        if case.row(room, row.seq) != Some(row) {
            let stands = case.row(room, row.seq);
            faults.add("C2", format!("person {who} got {row:?} of room {room}, where {stands:?} stands"));
        }
    };
    for record in case.history {
        if let Seen::Heard { room, row } = &record.seen {
            look(record.who, *room, row);
        }
    }
    for call in &case.calls {
        if let (Act::CatchUp { room, .. } | Act::Page { room }, Some((_, End::Rows(rows)))) =
            (call.act, call.end)
        {
            for row in rows {
                look(call.who, *room, row);
            }
        }
    }
}

fn client_ids_are_unique(case: &Case<'_>, faults: &mut Faults) {
    let mut sent: HashMap<Key<'_>, (&str, bool)> = HashMap::new();
    for call in &case.calls {
        let Act::Send { room, client_id, content, .. } = call.act else { continue };
        let (_, may_stand) = sent.entry((*room, call.who, client_id)).or_insert((content, false));
        *may_stand |= !case.is_refused(call);
    }
    let (mut keys, mut ids) = (HashSet::new(), HashSet::new());
    for (room, rows) in case.ending.rooms.iter().enumerate() {
        for row in rows {
            let What::Said { id, by, client_id, content } = &row.what else { continue };
            let key = (room, *by, client_id.as_str());
            if !keys.insert(key) || !ids.insert(id) {
                faults.add("C3", format!("doubled in room {room}: {row:?}"));
            }
            match sent.get(&key) {
                None => faults.add("C3", format!("stands in room {room}, and was never sent: {row:?}")),
                Some((_, false)) => faults.add("C3", format!("was refused, and stands: {row:?}")),
                Some((text, true)) if text != content => {
                    faults.add("C3", format!("was sent as {text:?}: {row:?}"));
                }
                Some(_) => {}
            }
        }
    }
}

fn appends_are_in_the_order_of_time(case: &Case<'_>, faults: &mut Faults) {
    let mut first_asked: HashMap<Key<'_>, usize> = HashMap::new();
    for call in &case.calls {
        if let Act::Send { room, client_id, .. } = call.act {
            first_asked.entry((*room, call.who, client_id)).or_insert(call.asked);
        }
    }
    // Each room's acknowledgements as they came, and the highest `seq` up to each.
    let mut highest: HashMap<Place, Vec<(usize, i64)>> = HashMap::new();
    let acknowledged = case.acknowledged();
    for (at, _, room, stored) in &acknowledged {
        let room = highest.entry(*room).or_default();
        let before = room.last().map_or(0, |(_, seq)| *seq);
        room.push((*at, before.max(stored.seq)));
    }
    for (_, call, room, stored) in &acknowledged {
        let Act::Send { client_id, .. } = call.act else { continue };
        let asked = first_asked[&(*room, call.who, client_id.as_str())];
        let before = &highest[room][..];
        let before = &before[..before.partition_point(|(at, _)| *at < asked)];
        if before.last().is_some_and(|(_, seq)| *seq >= stored.seq) {
            let seq = before[before.len() - 1].1;
            faults.add("C6", format!("{seq} was acknowledged before this was sent: {stored:?}"));
        }
    }
}

fn queues_are_in_order(case: &Case<'_>, faults: &mut Faults) {
    let mut tries: HashMap<Key<'_>, usize> = HashMap::new();
    for call in &case.calls {
        if let Act::Send { room, client_id, .. } = call.act {
            *tries.entry((*room, call.who, client_id)).or_default() += 1;
        }
    }
    let mut stands: HashMap<Key<'_>, i64> = HashMap::new();
    for (room, rows) in case.ending.rooms.iter().enumerate() {
        for row in rows {
            if let What::Said { by, client_id, .. } = &row.what {
                stands.insert((room, *by, client_id), row.seq);
            }
        }
    }
    let mut last: HashMap<(Place, Who, u32), i64> = HashMap::new();
    for call in &case.calls {
        let Act::Send { room, client_id, queue: Some(queue), .. } = call.act else { continue };
        // What stands of it came by a try that nobody waited for any more, and has no place in the order.
        if matches!(call.end, Some((_, End::Refused(_)))) && !case.is_refused(call) {
            continue;
        }
        let key = (*room, call.who, client_id.as_str());
        // One that was sent by another way as well may have come by that one.
        let Some(seq) = stands.get(&key).filter(|_| tries[&key] == 1) else { continue };
        let last = last.entry((*room, call.who, *queue)).or_default();
        if *seq <= *last {
            faults.add(
                "C11",
                format!("person {} queued {client_id} behind {last} in room {room}: {seq}", call.who),
            );
        }
        *last = (*last).max(*seq);
    }
}
