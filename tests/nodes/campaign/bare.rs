//! What a server tells, taken down as it stands: by sockets for which nobody catches up, puts in order or drops what must not come, as a
//! live connection of the SDK does.

use super::{
    actor::World,
    history::{Bare, Names, Place, Row, Seen, What, Who},
    house::NODES,
};
use parlor_client::{ServerMessage, Socket};
use parlor_protocol::{
    ids::RoomId,
    subscriptions::{JoinRoomEvent, JoinRoomPayload},
};
use parlor_tests::dice::Dice;
use std::sync::Arc;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

/// How long a socket lasts, in milliseconds, unless its node ends it before that.
const LIFE: std::ops::Range<u64> = 500..6000;

/// Between two sockets, in milliseconds.
const PAUSE: std::ops::Range<u64> = 0..1000;

/// Listens to all rooms of one person, by one socket after the other at any node, until it is to be quiet.
pub(super) async fn listens(
    who: Who,
    world: Arc<World>,
    names: Names,
    seed: u64,
    quiet: watch::Receiver<bool>,
) {
    let mut dice = Dice::new(seed);
    let mut socket_number = 0;
    while !*quiet.borrow() {
        socket_number += 1;
        let node = usize::try_from(dice.roll(0..NODES as u64)).unwrap();
        let client = world.people[who].by(&world.nodes.all[node].address).client;
        // The node may be dead at this moment.
        if let Ok(socket) = client.connect().await {
            let ears = Ears { who, socket: socket_number, world: &world, names: &names };
            // How it ends doesn't matter: what it has told by then does.
            timeout(dice.millis(LIFE), ears.hear(socket)).await.ok();
        }
        sleep(dice.millis(PAUSE)).await;
    }
}

struct Ears<'a> {
    who: Who,
    socket: u32,
    world: &'a World,
    names: &'a Names,
}

impl Ears<'_> {
    async fn hear(&self, mut socket: Socket) {
        let emitter = socket.emitter();
        let subscribing = async {
            for room_id in self.world.rooms.iter().copied() {
                // Refused where they are no member.
                emitter
                    .emit::<JoinRoomEvent>(JoinRoomPayload { room_id, after: None, epoch: None })
                    .await
                    .ok();
            }
        };
        let hearing = async {
            while let Some(message) = socket.next().await {
                self.note(&message);
            }
        };
        tokio::join!(subscribing, hearing);
    }

    fn note(&self, message: &ServerMessage) {
        match message {
            ServerMessage::RoomJoined(joined) => self.heard(joined.room_id, Bare::From(joined.last_seq)),
            ServerMessage::ReceiveMessage(message) => self.told(message.room_id, self.names.said(message)),
            ServerMessage::UserJoined(passage) => {
                let what = What::Joined(self.names.who(passage.user_id));
                // Someone who only looks in has no place in the timeline.
                if let Some(seq) = passage.seq {
                    self.told(passage.room_id, Row { seq, what });
                }
            }
            ServerMessage::UserLeft(passage) => {
                let what = What::Left(self.names.who(passage.user_id));
                if let Some(seq) = passage.seq {
                    self.told(passage.room_id, Row { seq, what });
                }
            }
            ServerMessage::RoomUpdated(update) => {
                self.told(update.room_id, Row { seq: update.seq, what: What::Other });
            }
            _ => {}
        }
    }

    fn told(&self, room: RoomId, row: Row) {
        self.heard(room, Bare::Entry(row));
    }

    fn heard(&self, room: RoomId, heard: Bare) {
        let room: Place = self.world.rooms.iter().position(|id| *id == room).unwrap();
        self.world.recorder.saw(self.who, Seen::Bare { socket: self.socket, room, heard });
    }
}
