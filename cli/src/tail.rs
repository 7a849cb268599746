//! `tail`: the newest messages of rooms, and those that come.
//!
//! | to read about | look in |
//! | --- | --- |
//! | what comes next, in order and without gaps | `tail/source.rs` |
//! | where it goes | `tail/sink.rs` |
//! | how a later run knows where to go on | `tail/cursor.rs` |
//! | what a run that was killed had printed all the same | `tail/surplus.rs` |

mod cursor;
mod sink;
mod source;
mod surplus;

use crate::{
    Account, Failure, Output, Signals,
    arguments::Tail,
    history::newest,
    output::note,
    rooms::{self, is_joined},
};
use parlor_client::{
    live::Mark,
    protocol::{ids::RoomId, messages::Message, rooms::Room},
};
use regex::Regex;
use sink::Sink;
use source::{Source, Step};
use std::{collections::HashMap, num::NonZeroU64, time::Duration};
use tokio::time::{Instant, sleep_until, timeout};

/// How long a line that is being written, or a command that runs, may take to end after a signal.
const GRACE: Duration = Duration::from_secs(5);

/// Prints messages until as many as wanted have come, the wanted one has, or nobody reads them.
pub(crate) async fn tail(
    account: &Account,
    wanted: Tail,
    output: Output,
    signals: Signals,
    patience: Option<Duration>,
) -> Result<(), Failure> {
    let Tail { rooms, all, before, count, until_match, exec, cursor } = wanted;
    let mut sink = Sink::new(output, exec, cursor)?;
    let mut stop = Stop { signals, until: patience.map(|patience| Instant::now() + patience) };
    let wanted = Wanted { left: count.map(NonZeroU64::get), until_match };
    let ended = async {
        stop.after(sink.resume()).await?;
        let rooms = stop.unless(chosen(account, &rooms, all)).await?;
        let (source, history) = stop.unless(begin(account, &rooms, before, &mut sink)).await?;
        follow(source, history, &rooms, wanted, &mut sink, &mut stop).await
    };
    let ended = ended.await;
    ended.and(sink.close())
}

/// What ends it from outside.
struct Stop {
    signals: Signals,
    until: Option<Instant>,
}

impl Stop {
    /// Does something, unless it is to end before that is done.
    async fn unless<T>(&mut self, doing: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        tokio::select! {
            done = doing => done,
            signal = self.signals.next() => Err(signal),
            () = sleep_until(self.until.unwrap_or_else(Instant::now)), if self.until.is_some() => {
                Err(Failure::TimedOut("what was waited for did not come in time".to_owned()))
            }
        }
    }

    /// Does something to its end, even if it is to end meanwhile.
    async fn after<T>(&mut self, doing: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        tokio::pin!(doing);
        tokio::select! {
            done = &mut doing => done,
            signal = self.signals.next() => {
                // Whether it went well matters no more.
                timeout(GRACE, doing).await.ok();
                Err(signal)
            }
        }
    }
}

/// When there is enough.
struct Wanted {
    left: Option<u64>,
    until_match: Option<Regex>,
}

impl Wanted {
    /// Whether this was the last one.
    fn is_done_with(&mut self, message: &Message) -> bool {
        self.left = self.left.map(|left| left - 1);
        let matches = |wanted: &Regex| wanted.is_match(&message.content);
        self.left == Some(0) || self.until_match.as_ref().is_some_and(matches)
    }
}

async fn chosen(account: &Account, named: &[String], all: bool) -> Result<Vec<Room>, Failure> {
    if all {
        let rooms = rooms::all(account).await?;
        return Ok(rooms.into_iter().filter(is_joined).collect());
    }
    let mut rooms: Vec<Room> = Vec::new();
    for name in named {
        let room = rooms::find_room(account, name, is_joined).await?;
        if rooms.iter().all(|other| other.id != room.id) {
            rooms.push(room);
        }
    }
    Ok(rooms)
}

/// Follows the rooms from where the cursor left them. Of those that it does not know, the newest messages come first.
async fn begin(
    account: &Account,
    rooms: &[Room],
    before: u64,
    sink: &mut Sink,
) -> Result<(Source, Vec<(Message, Mark)>), Failure> {
    let mut source = Source::open(account).await?;
    let mut histories = Vec::new();
    for room in rooms {
        let known = sink.mark(room.id);
        // First the live end, then what stands before it: between both nothing is missed, and nothing is doubled.
        let mark = source.follow(room.id, known).await?;
        if known.is_some() {
            continue;
        }
        let messages = newest(account, room.id, Some(mark.seq + 1), before).await?;
        // A run that is killed before it has printed these prints the same ones again.
        let start = messages.first().map_or(mark.seq, |first| first.seq - 1);
        sink.passed(room.id, Mark { seq: start, ..mark })?;
        histories
            .push(messages.into_iter().map(|message| (Mark { seq: message.seq, ..mark }, message)).collect());
    }
    Ok((source, by_time(histories)))
}

/// Puts the messages of several rooms in the order of time, but never those of one room in another order than theirs: the server's
/// clock may have been set back, and a cursor that has passed a message must have passed those before it.
fn by_time(histories: Vec<Vec<(Mark, Message)>>) -> Vec<(Message, Mark)> {
    let mut all = Vec::new();
    for history in histories {
        let mut latest = None;
        for (mark, message) in history {
            latest = latest.max(Some(message.created_at));
            all.push((latest, message, mark));
        }
    }
    all.sort_by_key(|(latest, ..)| *latest);
    all.into_iter().map(|(_, message, mark)| (message, mark)).collect()
}

async fn follow(
    mut source: Source,
    history: Vec<(Message, Mark)>,
    rooms: &[Room],
    mut wanted: Wanted,
    sink: &mut Sink,
    stop: &mut Stop,
) -> Result<(), Failure> {
    let several = rooms.len() > 1;
    let names: HashMap<RoomId, &str> =
        rooms.iter().filter(|_| several).map(|room| (room.id, room.name.as_str())).collect();
    let mut history = history.into_iter();
    loop {
        let (message, mark) = match history.next() {
            Some(next) => next,
            None => match stop.unless(source.next()).await? {
                Step::Message(message, mark) => (*message, mark),
                Step::Passed(room_id, mark) => {
                    sink.passed(room_id, mark)?;
                    continue;
                }
                Step::Ended(_, why) if source.rooms() == 0 => return Err(Failure::Refused(why.to_owned())),
                Step::Ended(room_id, why) => {
                    note(&format!("{}: {why}", names.get(&room_id).unwrap_or(&"")));
                    continue;
                }
            },
        };
        stop.after(sink.take(&message, mark, names.get(&message.room_id).copied())).await?;
        if wanted.is_done_with(&message) {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_client::protocol::ids::{Epoch, MessageId};
    use serde_json::json;

    fn history(room_id: RoomId, minutes: &[u8]) -> Vec<(Mark, Message)> {
        let id = MessageId::generate();
        let said = |(seq, minute): (usize, &u8)| {
            let time = format!("2025-08-21T10:{minute:02}:00.000Z");
            let message = json!({ "id": id, "roomId": room_id, "userId": id, "username": "ada", "content": "",
                "status": "delivered", "seq": seq, "clientMessageId": null, "createdAt": time, "updatedAt": time,
                "timestamp": time, "sender": { "id": id, "username": "ada" } });
            let mark = Mark { epoch: Epoch::generate(), seq: i64::try_from(seq).unwrap() };
            (mark, serde_json::from_value(message).unwrap())
        };
        minutes.iter().enumerate().map(said).collect()
    }

    #[test]
    fn rooms_are_put_in_the_order_of_time_and_none_in_another_than_its_own() {
        let [one, other] = [RoomId::generate(), RoomId::generate()];
        // The clock was set back after the second message of the first room.
        let merged = by_time(vec![history(one, &[10, 30, 15, 40]), history(other, &[20, 35])]);
        let order: Vec<_> = merged.iter().map(|(message, mark)| (message.room_id, mark.seq)).collect();
        assert_eq!(order, [(one, 0), (other, 0), (one, 1), (one, 2), (other, 1), (one, 3)]);
    }
}
