//! A batch on its way into the log, and what is done when it can't be written as it is.

use super::{Sender, Stored, Waiting, aside::Aside, decisions::Decisions};
use crate::{
    domain::{Domain, Error, timeline, timeline::Readers},
    observe::Queue,
    store::{self, Asked, Standing, Wait},
};
use parlor_protocol::ids::{RoomId, UserId};
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// How often messages were tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// Not yet: one waits a moment for their rooms.
    First,
    /// Once. Rooms that are still locked are set aside.
    Again,
    /// By themselves, as one that may be at fault.
    Last,
}

/// Writes a batch, and sets aside what is for rooms that another has locked for long. If it fails, a message or a room that may be at
/// fault fails alone, and a deadlock is tried once more. Answers whether the database is in reach: one that is not is not asked for the
/// rest.
pub(super) async fn write(domain: &Domain, batch: Vec<Waiting>, attempt: Attempt, aside: &mut Aside) -> bool {
    // The last one goes first.
    let mut parts = vec![(batch, attempt)];
    let mut held: Vec<Waiting> = Vec::new();
    let mut is_in_reach = true;
    while let Some((part, attempt)) = parts.pop() {
        // What comes after one that is held stays after it.
        let is_behind = |waiting: &Waiting| held.iter().any(|held| held.asked.room == waiting.asked.room);
        let (behind, part): (Vec<_>, Vec<_>) = part.into_iter().partition(is_behind);
        held.extend(behind);
        if part.is_empty() {
            continue;
        }
        let (asked, senders): (Vec<_>, Vec<_>) =
            part.into_iter().map(|Waiting { asked, sender }| (asked, sender)).unzip();
        let wait = if attempt == Attempt::First { Wait::Briefly } else { Wait::Never };
        let error = match store(domain, &asked, wait).await {
            Ok(outcomes) => {
                held.extend(answer(domain, outcomes, asked, senders));
                continue;
            }
            Err(error) => error,
        };
        let is_out_of_reach = matches!(error, store::Error::OutOfReach(_));
        if is_out_of_reach || matches!(error, store::Error::Busy) {
            let rest = parts.into_iter().rev().flat_map(|(part, _)| part).map(|waiting| waiting.sender);
            refuse(domain, error.into(), senders.into_iter().chain(rest).collect());
            is_in_reach = !is_out_of_reach;
            break;
        }
        let next = next(&error, &asked, attempt);
        let Some(next) = next else {
            refuse(domain, error.into(), senders);
            continue;
        };
        tracing::warn!(%error, messages = asked.len(), "a batch failed; writing it again, in parts if it has any");
        let part = asked.into_iter().zip(senders).map(|(asked, sender)| Waiting { asked, sender });
        match next {
            Next::Whole => parts.push((part.collect(), Attempt::Again)),
            Next::Parts(by) => {
                parts.extend(split(part, by).into_iter().rev().map(|part| (part, Attempt::Last)));
            }
        }
    }
    aside.put(held);
    is_in_reach
}

/// How messages are tried again.
enum Next {
    Whole,
    /// Those apart that differ in this.
    Parts(fn(&Asked) -> Uuid),
}

/// How messages that have failed so are tried again, if they are. A lock that another holds, and a deadlock, whose other half is through by
/// then, may be over at the next attempt.
fn next(error: &store::Error, asked: &[Asked], attempt: Attempt) -> Option<Next> {
    if matches!(error, store::Error::Retry(_)) && attempt == Attempt::First {
        return Some(Next::Whole);
    }
    let by = suspected(error)?;
    asked.iter().any(|other| by(other) != by(&asked[0])).then_some(Next::Parts(by))
}

/// What may be at fault for a failure, if it is something in the batch: a message, or a room that another has locked.
fn suspected(error: &store::Error) -> Option<fn(&Asked) -> Uuid> {
    match error {
        store::Error::Retry(_) => Some(|asked| asked.room),
        error if error.is_unavailable() => None,
        _ => Some(|asked| asked.id),
    }
}

/// The parts that have this in common, in their order.
fn split(batch: impl Iterator<Item = Waiting>, by: fn(&Asked) -> Uuid) -> Vec<Vec<Waiting>> {
    let (mut parts, mut places) = (Vec::<Vec<_>>::new(), HashMap::new());
    for waiting in batch {
        let place = *places.entry(by(&waiting.asked)).or_insert(parts.len());
        if place == parts.len() {
            parts.push(Vec::new());
        }
        parts[place].push(waiting);
    }
    parts
}

/// Answers the first with the error, which logs it if it is one of ours, and the others that it can't be done now.
pub(super) fn refuse(domain: &Domain, error: Error, senders: Vec<Sender>) {
    let mut error = Some(error);
    for sender in senders {
        tell(domain, Err(error.take().unwrap_or(Error::Unavailable)), sender);
    }
}

/// Answers those about whom there is a decision, and gives back the others.
fn answer(
    domain: &Domain,
    outcomes: Vec<Option<Result<Stored, Error>>>,
    asked: Vec<Asked>,
    senders: Vec<Sender>,
) -> Vec<Waiting> {
    let mut undecided = Vec::new();
    for ((outcome, asked), sender) in outcomes.into_iter().zip(asked).zip(senders) {
        match outcome {
            Some(outcome) => tell(domain, outcome, sender),
            None => undecided.push(Waiting { asked, sender }),
        }
    }
    undecided
}

fn tell(domain: &Domain, outcome: Result<Stored, Error>, sender: Sender) {
    let Sender { since, done, _owed } = sender;
    if let Ok(Stored { row, repeated: false }) = &outcome {
        domain.limits.message.tell(&(RoomId(row.room_id), UserId(row.user_id)));
        match timeline::event(row.clone(), &Readers::default()) {
            Ok(event) => domain.bus.committed(RoomId(row.room_id), Arc::new(event)),
            Err(error) => tracing::error!(?error, "a stored message can't be told"),
        }
        domain.metrics.sent(since.elapsed());
    }
    // Whoever asked may be gone; the message is stored all the same.
    done.send(outcome).ok();
    domain.metrics.unqueued(Queue::Outbox, 1);
}

/// One transaction: looks where everyone stands, decides about each message in turn, stores what is accepted. There is no decision about a
/// message for a room that another has locked.
async fn store(
    domain: &Domain,
    asked: &[Asked],
    wait: Wait,
) -> store::Result<Vec<Option<Result<Stored, Error>>>> {
    let (batch, standings) = domain.store.begin_batch(asked, wait).await?;
    let mut decisions = Decisions::new(domain);
    let decided =
        |(asked, standing): (&Asked, &Standing)| (!standing.held).then(|| decisions.decide(asked, standing));
    let outcomes: Vec<_> = asked.iter().zip(&standings).map(decided).collect();
    if decisions.accepted.is_empty() {
        return Ok(outcomes);
    }
    if let Err(error) = batch.commit(&decisions.accepted, decisions.now).await {
        decisions.give_back();
        return Err(error);
    }
    Ok(outcomes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::outbox::Owed;
    use std::io;
    use tokio::{sync::oneshot, time::Instant};

    #[test]
    fn what_may_be_at_fault_is_tried_by_itself_and_a_database_out_of_reach_is_not_asked_again() {
        let rooms = [Uuid::now_v7(), Uuid::now_v7()];
        let batch = [0, 1, 1, 0].map(|room| {
            let (id, user, content) = (Uuid::now_v7(), Uuid::now_v7(), "hello".to_owned());
            let asked = Asked { room: rooms[room], user, id, client_message_id: None, content };
            Waiting {
                asked,
                sender: Sender { since: Instant::now(), done: oneshot::channel().0, _owed: Owed::default() },
            }
        });
        let ids: Vec<_> = batch.iter().map(|waiting| waiting.asked.id).collect();
        let lost = || io::Error::from(io::ErrorKind::TimedOut).into();
        assert!(suspected(&store::Error::OutOfReach(lost())).is_none());
        assert!(suspected(&store::Error::Database(lost())).is_none());
        let asked: Vec<_> = batch.iter().map(|waiting| waiting.asked.clone()).collect();
        let how = |error: store::Error, asked: &[Asked], attempt| match next(&error, asked, attempt) {
            Some(Next::Whole) => "whole",
            Some(Next::Parts(by)) if by(&asked[0]) == asked[0].room => "by room",
            Some(Next::Parts(_)) => "singly",
            None => "not",
        };
        let deadlock = || store::Error::Retry(lost());
        assert_eq!(how(deadlock(), &asked, Attempt::First), "whole");
        assert_eq!(how(deadlock(), &asked, Attempt::Again), "by room");
        assert_eq!(how(deadlock(), &asked[1..3], Attempt::First), "whole", "of one room");
        assert_eq!(how(deadlock(), &asked[1..3], Attempt::Again), "not");
        assert_eq!(how(store::Error::Duplicate, &asked, Attempt::First), "singly");
        assert_eq!(how(store::Error::Duplicate, &asked[..1], Attempt::First), "not");
        assert_eq!(how(store::Error::OutOfReach(lost()), &asked, Attempt::First), "not");
        assert_eq!(how(store::Error::Busy, &asked, Attempt::First), "not");
        let parts = |parts: Vec<Vec<Waiting>>| -> Vec<Vec<Uuid>> {
            parts.iter().map(|part| part.iter().map(|waiting| waiting.asked.id).collect()).collect()
        };
        let by_room = split(batch.into_iter(), suspected(&store::Error::Retry(lost())).unwrap());
        let batch = by_room.into_iter().flatten();
        let singly = split(batch, suspected(&store::Error::Duplicate).unwrap());
        assert_eq!(parts(singly), [[ids[0]], [ids[3]], [ids[1]], [ids[2]]]);
    }
}
