//! What a room says, from a position on: each message once, in order, across lost connections.

use crate::{Account, Failure, output::note};
use parlor_client::{
    Error, ServerMessage, Socket,
    protocol::{
        Nothing,
        ids::{Epoch, RoomId},
        members::{Passage, Stay},
        messages::Message,
        page::{Position, TimelineLimit},
        rooms::RoomPath,
        subscriptions::{JoinRoomEvent, JoinRoomPayload, Subscription},
        timeline::{Happening, ListEvents, TimelineEvent, TimelineQuery},
    },
};
use std::{collections::VecDeque, time::Duration};
use tokio::time::sleep;
use uuid::Uuid;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The live end of a room's timeline.
pub(crate) struct Feed<'a> {
    account: &'a Account,
    room_id: RoomId,
    socket: Socket,
    epoch: Epoch,
    /// Everything up to here was handed out, or is in `ready`.
    seq: i64,
    ready: VecDeque<Message>,
}

impl<'a> Feed<'a> {
    /// Listens to a room from now on.
    pub(crate) async fn open(account: &'a Account, room_id: RoomId) -> Result<Self, Failure> {
        let (socket, now) = subscribe(account, JoinRoomPayload { room_id, after: None, epoch: None }).await?;
        Ok(Self { account, room_id, socket, epoch: now.epoch, seq: now.last_seq, ready: VecDeque::new() })
    }

    /// The position from which on it listens.
    pub(crate) fn seq(&self) -> i64 {
        self.seq
    }

    /// The next message. When the connection is lost, what came meanwhile is fetched.
    pub(crate) async fn next(&mut self) -> Result<Message, Failure> {
        loop {
            if let Some(message) = self.ready.pop_front() {
                return Ok(message);
            }
            match self.socket.next().await {
                Some(ServerMessage::ReceiveMessage(message)) => self.take(*message),
                Some(ServerMessage::RoomDeleted(gone)) if gone.room_id == self.room_id => {
                    return Err(Failure::Refused("the room was deleted".to_owned()));
                }
                Some(ServerMessage::UserLeft(left)) if self.is_own_end(&left) => {
                    return Err(Failure::Refused("you are no longer a member of the room".to_owned()));
                }
                Some(ServerMessage::Disconnected(reason)) => {
                    note(&format!("{reason}; connecting again"));
                    self.come_back().await?;
                }
                None => self.come_back().await?,
                Some(_) => {}
            }
        }
    }

    fn is_own_end(&self, left: &Passage) -> bool {
        left.room_id == self.room_id && left.user_id == self.account.user.id && left.stay == Stay::Permanent
    }

    fn take(&mut self, message: Message) {
        if message.room_id == self.room_id && message.seq > self.seq {
            self.seq = message.seq;
            self.ready.push_back(message);
        }
    }

    async fn come_back(&mut self) -> Result<(), Failure> {
        let mut pause = FIRST_PAUSE;
        loop {
            // Anywhere up to the bound, so that many clients of a server that comes back don't come all at once.
            sleep(pause.mul_f64(chance())).await;
            match self.catch_up().await {
                Err(failure) if failure.may_pass() || is_refused_for_now(&failure) => {}
                done => return done,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn catch_up(&mut self) -> Result<(), Failure> {
        let wanted = JoinRoomPayload {
            room_id: self.room_id,
            after: Position::new(self.seq),
            epoch: Some(self.epoch),
        };
        let (socket, back) = subscribe(self.account, wanted).await?;
        self.socket = socket;
        if back.reset {
            note(
                "the room's history was replaced on the server: what came since the connection was lost is not shown",
            );
            (self.epoch, self.seq) = (back.epoch, back.last_seq);
            return Ok(());
        }
        self.take_all(back.events);
        while self.seq < back.last_seq {
            let query = TimelineQuery { after: Position::new(self.seq), limit: TimelineLimit::new(500) };
            let path = RoomPath { room_id: self.room_id };
            let rest = self.account.call::<ListEvents>(path, query, Nothing).await?;
            if rest.events.is_empty() {
                break;
            }
            self.take_all(rest.events);
        }
        Ok(())
    }

    fn take_all(&mut self, events: Vec<TimelineEvent>) {
        for TimelineEvent { seq, happening, .. } in events {
            if let Happening::Message { message } = happening {
                self.take(*message);
            }
            self.seq = self.seq.max(seq);
        }
    }
}

async fn subscribe(account: &Account, wanted: JoinRoomPayload) -> Result<(Socket, Subscription), Failure> {
    let socket = account.connect().await?;
    let subscription = socket.emit::<JoinRoomEvent>(wanted).await?;
    Ok((socket, subscription))
}

/// Too many connections, or a server that is going down: neither lasts.
fn is_refused_for_now(failure: &Failure) -> bool {
    matches!(failure, Failure::Client(Error::ConnectRefused(_)))
}

/// A number from 0 to 1, out of the random part of an id.
fn chance() -> f64 {
    let random = Uuid::now_v7().as_u128() & u128::from(u32::MAX);
    u32::try_from(random).map_or(1.0, |random| f64::from(random) / f64::from(u32::MAX))
}
