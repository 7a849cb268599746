//! The task behind a live connection: connects again and again, keeps each followed room's place, renews the token.

mod asked;
#[cfg(test)]
mod cases;

use super::{
    ConnectionState, Event, Unfollowed,
    backoff::Backoff,
    command::Command,
    connection::{Connection, Done, End, lost_by},
    event::entry,
    followed::{CaughtUp, Followed, Next, catch_up},
    outbox::Line,
};
use crate::{Client, DisconnectReason, Error, ServerMessage, Socket};
use futures_util::{FutureExt as _, StreamExt as _};
use parlor_protocol::{
    ErrorType,
    ids::RoomId,
    receipts::Receipt,
    timeline::{Happening, TimelineEvent, Who},
};
use std::{collections::HashMap, mem::take, time::Duration};
use tokio::{
    sync::{broadcast, mpsc, watch},
    time::{Instant, sleep, sleep_until},
};

/// A connection that lasted so long was a good one: the next failure is a first one.
const GOOD: Duration = Duration::from_secs(10);

pub(super) struct Supervisor {
    client: Client,
    commands: mpsc::Receiver<Command>,
    longest_gap: u64,
    line: watch::Sender<Line>,
    state: watch::Sender<ConnectionState>,
    events: broadcast::Sender<Event>,
    rooms: HashMap<RoomId, Followed>,
    connections: u64,
    turns: u64,
    /// The next try is to follow at once, should this one fail.
    is_hurried: bool,
}

impl Supervisor {
    pub(super) fn new(
        client: Client,
        commands: mpsc::Receiver<Command>,
        longest_gap: u64,
        line: watch::Sender<Line>,
        state: watch::Sender<ConnectionState>,
        events: broadcast::Sender<Event>,
    ) -> Self {
        Self {
            client,
            commands,
            longest_gap,
            line,
            state,
            events,
            rooms: HashMap::new(),
            connections: 0,
            turns: 0,
            is_hurried: false,
        }
    }

    /// Keeps the connection until nobody needs it, or the session ends.
    pub(super) async fn run(mut self) {
        let mut backoff = Backoff::default();
        let last = loop {
            let attempt = backoff.tries() + 1;
            self.is(ConnectionState::Connecting { attempt });
            let end = match self.connect().await {
                Ok(socket) => {
                    self.is_hurried = false;
                    let began = Instant::now();
                    let end = self.serve(socket).await;
                    if began.elapsed() >= GOOD {
                        backoff = Backoff::default();
                    }
                    end
                }
                Err(end) => end,
            };
            self.line.send_replace(None);
            match end {
                End::Stop => break ConnectionState::Stopped,
                End::SignedOut => break ConnectionState::SignedOut,
                End::Lost { reason, come_back_in } => {
                    let pause = backoff.next().max(come_back_in.unwrap_or_default());
                    let retry_in = if take(&mut self.is_hurried) { Duration::ZERO } else { pause };
                    self.is(ConnectionState::Offline { attempt, retry_in, reason });
                    if self.pause(retry_in).await {
                        break ConnectionState::Stopped;
                    }
                }
            }
        };
        self.is(last);
    }

    /// Connects, and hears commands meanwhile.
    async fn connect(&mut self) -> Result<Socket, End> {
        let client = self.client.clone();
        let mut opening = client.connect().boxed();
        loop {
            tokio::select! {
                opened = &mut opening => return opened.map_err(|error| lost_by(&error)),
                command = self.commands.recv() => {
                    // This try may hang in a network that has gone meanwhile.
                    self.is_hurried |= matches!(command, Some(Command::ReconnectNow));
                    if self.hear(command) {
                        return Err(End::Stop);
                    }
                }
            }
        }
    }

    /// Waits before the next try; whether it is the end.
    async fn pause(&mut self, pause: Duration) -> bool {
        let pause = sleep(pause);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => return false,
                command = self.commands.recv() => {
                    if matches!(command, Some(Command::ReconnectNow)) {
                        return false;
                    }
                    if self.hear(command) {
                        return true;
                    }
                }
            }
        }
    }

    /// Serves a connection until it ends.
    async fn serve(&mut self, mut socket: Socket) -> End {
        let mut connection = Connection::new(&socket, &self.client);
        for room_id in self.rooms.keys().copied().collect::<Vec<_>>() {
            self.subscribe(room_id, &connection);
        }
        self.connections += 1;
        self.line.send_replace(Some((self.connections, connection.emitter.clone())));
        self.is(ConnectionState::CatchingUp);
        loop {
            if *self.state.borrow() == ConnectionState::CatchingUp
                && self.rooms.values().all(Followed::is_live)
            {
                self.is(ConnectionState::Online);
            }
            let due = connection.renewal;
            tokio::select! {
                message = socket.next() => match message {
                    Some(ServerMessage::Disconnected(reason)) => return connection.ended(&reason),
                    Some(message) => self.take(message, &mut connection),
                    None => return connection.ended(&DisconnectReason::ByClient),
                },
                Some(done) = connection.tasks.next() => if let Some(end) = self.finish(done, &mut connection) {
                    connection.emitter.end(end.reason());
                    return end;
                },
                command = self.commands.recv() => if self.obey(command, &mut connection) {
                    socket.close();
                    return End::Stop;
                },
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    connection.renew(self.client.clone());
                }
            }
        }
    }

    fn subscribe(&mut self, room_id: RoomId, connection: &Connection) {
        let Some(room) = self.rooms.get_mut(&room_id) else { return };
        self.turns += 1;
        let turn = self.turns;
        room.begin(turn);
        let (client, emitter) = (self.client.clone(), connection.emitter.clone());
        let catching_up = catch_up(client, emitter, room_id, room.mark, self.longest_gap);
        connection
            .tasks
            .push(async move { Done::CaughtUp { room_id, turn, outcome: catching_up.await } }.boxed());
    }

    /// Takes what the server sends.
    fn take(&mut self, message: ServerMessage, connection: &mut Connection) {
        match message {
            ServerMessage::RoomDeleted(gone) => {
                self.unfollowed(gone.room_id, Unfollowed::Deleted);
                self.tell(Event::Signal(ServerMessage::RoomDeleted(gone)));
            }
            ServerMessage::ServerRestart(restart) => {
                connection.come_back_in = Some(Duration::from_millis(restart.reconnect_after_ms));
                self.tell(Event::Signal(ServerMessage::ServerRestart(restart)));
            }
            ServerMessage::MessagesRead(receipt) if self.is_old(&receipt) => {}
            message => match entry(message) {
                Ok(entry) => self.take_entry(entry, connection),
                Err(signal) => self.tell(Event::Signal(signal)),
            },
        }
    }

    /// Whether it was told that somebody has read as far as this, or further.
    fn is_old(&mut self, receipt: &Receipt) -> bool {
        let room = self.rooms.get_mut(&receipt.room_id);
        room.is_some_and(|room| !room.reads(receipt.user_id, receipt.last_read_seq))
    }

    fn take_entry(&mut self, entry: TimelineEvent, connection: &Connection) {
        let room_id = entry.room_id;
        let Some(room) = self.rooms.get_mut(&room_id) else { return };
        match room.take(entry) {
            Next::Tell(entry) => {
                let is_own_end = self.is_own_end(&entry);
                self.tell(Event::Entry(entry));
                if is_own_end {
                    self.unfollowed(room_id, Unfollowed::NoMember);
                }
            }
            Next::Nothing => {}
            Next::Gap => {
                tracing::warn!(room = %room_id, "an entry is missing; fetching it");
                self.subscribe(room_id, connection);
            }
        }
    }

    fn is_own_end(&self, entry: &TimelineEvent) -> bool {
        matches!(&entry.happening, Happening::MemberLeft(who) if self.is_me(who))
    }

    fn is_own_beginning(&self, entry: &TimelineEvent) -> bool {
        matches!(&entry.happening, Happening::MemberJoined(who) if self.is_me(who))
    }

    fn is_me(&self, who: &Who) -> bool {
        self.client.session().is_some_and(|session| session.user.id == who.user_id)
    }

    /// Goes on after something that was under way; or it is the end of the connection.
    fn finish(&mut self, done: Done, connection: &mut Connection) -> Option<End> {
        match done {
            // Nobody may wait.
            Done::Left(done) => done.send(()).unwrap_or_default(),
            Done::Renewed(Ok(())) => connection.renewed(&self.client),
            Done::Renewed(Err(Error::SignedOut)) => return Some(End::SignedOut),
            Done::Renewed(Err(error)) => {
                tracing::debug!(%error, "the socket's token was not renewed; trying again");
                connection.renew_again(&self.client);
            }
            Done::CaughtUp { room_id, turn, outcome } => {
                let room = self.rooms.get_mut(&room_id).filter(|room| room.turn == turn)?;
                match outcome {
                    Ok(caught_up) => self.caught_up(room_id, caught_up, connection),
                    Err(Error::SignedOut) => return Some(End::SignedOut),
                    Err(error) => {
                        if let Some(refusal) = error.refusal().filter(|refusal| is_final(refusal.kind)) {
                            for waiting in room.waiting.drain(..) {
                                waiting.send(Err(error.clone())).ok();
                            }
                            self.unfollowed(room_id, Unfollowed::Refused(refusal));
                            return None;
                        }
                        // The next connection tries again.
                        return Some(End::Lost {
                            reason: error.to_string(),
                            come_back_in: error.retry_after(),
                        });
                    }
                }
            }
        }
        None
    }

    fn caught_up(&mut self, room_id: RoomId, caught_up: CaughtUp, connection: &Connection) {
        let Some(room) = self.rooms.get_mut(&room_id) else { return };
        let told = room.caught_up(caught_up);
        if let Some(mark) = room.mark {
            for waiting in room.waiting.drain(..) {
                waiting.send(Ok(mark)).ok();
            }
        }
        if let Some((from, to)) = told.gap {
            self.tell(Event::Resync { room_id, from, to });
        }
        let is_own = |entry: &&TimelineEvent| self.is_own_end(entry) || self.is_own_beginning(entry);
        let has_ended = told.entries.iter().rfind(is_own).is_some_and(|entry| self.is_own_end(entry));
        for entry in told.entries {
            self.tell(Event::Entry(Box::new(entry)));
        }
        if has_ended {
            self.unfollowed(room_id, Unfollowed::NoMember);
        } else if told.is_broken {
            self.subscribe(room_id, connection);
        }
    }

    fn unfollowed(&mut self, room_id: RoomId, why: Unfollowed) {
        let Some(room) = self.rooms.remove(&room_id) else { return };
        for waiting in room.waiting {
            // Nobody may wait.
            waiting.send(Err(why.clone().error())).ok();
        }
        self.tell(Event::Unfollowed { room_id, why });
    }

    fn is(&self, state: ConnectionState) {
        self.state.send_replace(state.clone());
        self.tell(Event::Connection(state));
    }

    fn tell(&self, event: Event) {
        // Nobody may listen.
        self.events.send(event).ok();
    }
}

/// Whether a room that is refused so is not worth another try.
fn is_final(kind: ErrorType) -> bool {
    !matches!(kind, ErrorType::Unavailable | ErrorType::RateLimit | ErrorType::Unauthenticated)
}
