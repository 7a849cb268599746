//! What rooms say, from a mark on: each message once, in the order of its room, whatever happens to the connection.

use crate::{
    Account, Failure,
    failure::in_seconds,
    output::{detail, note},
};
use parlor_client::{
    Client, Error,
    live::{ConnectionState, Event, Events, Live, Mark, Unfollowed},
    protocol::{
        ErrorType, Nothing,
        ids::RoomId,
        messages::Message,
        page::{Position, TimelineLimit},
        rooms::RoomPath,
        timeline::{Happening, ListEvents, TimelineEvent, TimelineQuery},
    },
};
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};
use tokio::{sync::watch, time::sleep};

const PAGE: u32 = 500;
/// Before a page that could not be had is asked for again.
const PAUSE: Duration = Duration::from_secs(1);

/// What comes next.
#[derive(Debug)]
pub(super) enum Step {
    /// A message, and its room's place after it.
    Message(Box<Message>, Mark),
    /// The room's place, where there was no message.
    Passed(RoomId, Mark),
    /// Nothing of this room comes any more, for this reason.
    Ended(RoomId, &'static str),
}

/// The followed rooms.
pub(super) struct Source {
    client: Client,
    live: Live,
    events: Events,
    /// Up to where each room was handed out, or is in `ready`.
    rooms: HashMap<RoomId, Mark>,
    ready: VecDeque<Step>,
    /// Rooms of which entries are missing: up to a `seq`, or to the room's end.
    gaps: VecDeque<(RoomId, Option<i64>)>,
}

impl Source {
    pub(super) async fn open(account: &Account) -> Result<Self, Failure> {
        let live = account.live().await?;
        tokio::spawn(tell_how_it_is(live.connection()));
        let (client, events) = (account.client.clone(), live.events());
        Ok(Self {
            client,
            live,
            events,
            rooms: HashMap::new(),
            ready: VecDeque::new(),
            gaps: VecDeque::new(),
        })
    }

    /// Follows a room from a mark on, or from now on; answers from where.
    pub(super) async fn follow(&mut self, room_id: RoomId, since: Option<Mark>) -> Result<Mark, Failure> {
        let now = self.live.room(room_id).follow(since).await.map_err(|error| self.why(error))?;
        Ok(*self.rooms.entry(room_id).or_insert(since.unwrap_or(now)))
    }

    /// How many rooms are followed.
    pub(super) fn rooms(&self) -> usize {
        self.rooms.len()
    }

    /// What comes next.
    pub(super) async fn next(&mut self) -> Result<Step, Failure> {
        loop {
            if let Some(step) = self.ready.pop_front() {
                return Ok(step);
            }
            if let Some((room_id, upto)) = self.gaps.pop_front() {
                self.fill(room_id, upto).await?;
                continue;
            }
            match self.events.next().await {
                Some(Event::Entry(entry)) => self.take(*entry),
                Some(Event::Resync { room_id, from, to }) => self.resync(room_id, from, to),
                Some(Event::Missed(_)) => {
                    detail("more comes than is printed: fetching what was left out");
                    self.gaps.extend(self.rooms.keys().map(|room_id| (*room_id, None)));
                }
                Some(Event::Unfollowed { room_id, why }) => self.end(room_id, in_words(&why)),
                Some(_) => {}
                None => return Err(self.why(Error::SignedOut)),
            }
        }
    }

    fn take(&mut self, entry: TimelineEvent) {
        let TimelineEvent { room_id, seq, happening, .. } = entry;
        let Some(mark) = self.rooms.get_mut(&room_id) else { return };
        if seq <= mark.seq {
            return;
        }
        if seq > mark.seq + 1 {
            self.gaps.push_back((room_id, Some(seq)));
            return;
        }
        mark.seq = seq;
        self.ready.push_back(match happening {
            Happening::Message { message } => Step::Message(message, *mark),
            _ => Step::Passed(room_id, *mark),
        });
    }

    /// The live entries go on after `to`. When they do so further back than here, what lies between was fetched meanwhile, unless
    /// the history has become shorter.
    fn resync(&mut self, room_id: RoomId, from: Mark, to: Mark) {
        let Some(mark) = self.rooms.get(&room_id) else { return };
        if mark.epoch != to.epoch || to.seq < from.seq {
            self.replaced(room_id, to);
        } else if mark.seq < to.seq {
            self.gaps.push_back((room_id, Some(to.seq)));
        }
    }

    /// The server has another history than the one that was followed.
    fn replaced(&mut self, room_id: RoomId, to: Mark) {
        note(&format!(
            "the history of room {room_id} was replaced on the server: what came between is not shown; \
             `parlor history {room_id}` shows what is there"
        ));
        self.rooms.insert(room_id, to);
        self.ready.push_back(Step::Passed(room_id, to));
    }

    /// Fetches a page of what is missing; the rest of it is still missing then.
    async fn fill(&mut self, room_id: RoomId, upto: Option<i64>) -> Result<(), Failure> {
        let Some(mark) = self.rooms.get(&room_id).copied() else { return Ok(()) };
        if upto.is_some_and(|upto| mark.seq >= upto) {
            return Ok(());
        }
        let query = TimelineQuery { after: Position::new(mark.seq), limit: TimelineLimit::new(PAGE) };
        match self.client.call::<ListEvents>(RoomPath { room_id }, query, Nothing).await {
            Ok(page) if page.epoch != mark.epoch => {
                self.replaced(room_id, Mark { epoch: page.epoch, seq: page.last_seq });
            }
            Ok(page) => {
                if page.has_more {
                    self.gaps.push_front((room_id, upto));
                }
                page.events.into_iter().for_each(|entry| self.take(entry));
            }
            Err(error) if matches!(error.kind(), Some(ErrorType::NotAuthorized | ErrorType::NotFound)) => {
                self.end(room_id, in_words(&Unfollowed::NoMember));
            }
            Err(error) if error.is_retryable() => {
                sleep(error.retry_after().unwrap_or(PAUSE)).await;
                self.gaps.push_front((room_id, upto));
            }
            Err(error) => return Err(self.why(error)),
        }
        Ok(())
    }

    fn end(&mut self, room_id: RoomId, why: &'static str) {
        if self.rooms.remove(&room_id).is_some() {
            self.ready.push_back(Step::Ended(room_id, why));
        }
    }

    /// What is over because the session is, is told so.
    fn why(&self, error: Error) -> Failure {
        match (&*self.live.connection().borrow(), error) {
            (ConnectionState::SignedOut, _) => Failure::SignedOut("your session has ended".to_owned()),
            (_, error) => error.into(),
        }
    }
}

fn in_words(why: &Unfollowed) -> &'static str {
    match why {
        Unfollowed::Deleted => "the room was deleted",
        _ => "you are no longer a member of the room",
    }
}

/// Tells whoever watches when the connection is lost, and when it is back.
async fn tell_how_it_is(mut connection: watch::Receiver<ConnectionState>) {
    let mut is_lost = false;
    loop {
        match &*connection.borrow_and_update() {
            ConnectionState::Offline { reason, .. } if !is_lost => {
                is_lost = true;
                note(&format!("{reason}; connecting again"));
            }
            ConnectionState::Offline { reason, retry_in, .. } => {
                detail(&format!("{reason}; trying again in {}", in_seconds(*retry_in)));
            }
            ConnectionState::Online if is_lost => {
                is_lost = false;
                detail("connected again");
            }
            _ => {}
        }
        if connection.changed().await.is_err() {
            return;
        }
    }
}
