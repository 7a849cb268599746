//! What a server tells, taken down as it stands: by sockets for which nobody catches up, puts in order or drops what must not come, as a
//! live connection of the SDK does.

use super::{
    actor::{Actor, World},
    hearing::aside,
    history::{Bare, Names, Place, Row, Seen, What, Who},
    house::NODES,
};
use futures_util::future::join_all;
use parlor_client::{Client, Emitter, Error, ServerMessage, Socket};
use parlor_protocol::{
    ids::RoomId,
    subscriptions::{JoinRoomEvent, JoinRoomPayload},
    typing::{Typing, TypingPayload},
};
use parlor_tests::{dice::Dice, within};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

/// How long a socket lasts, in milliseconds, unless its node ends it before that.
const LIFE: std::ops::Range<u64> = 500..6000;

/// Between two sockets, in milliseconds.
const PAUSE: std::ops::Range<u64> = 0..1000;

/// Between two times that somebody types, in milliseconds.
const TYPING: std::ops::Range<u64> = 0..2000;

/// Listens and types in all rooms of one person, by one socket after the other at any node, until it is to be quiet.
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
            let (life, typing) = (dice.millis(LIFE), ears.types(socket.emitter(), &mut dice));
            // How it ends doesn't matter: what it has told by then does.
            timeout(life, async { tokio::join!(ears.hear(socket), typing) }).await.ok();
        }
        sleep(dice.millis(PAUSE)).await;
    }
}

/// The number of everybody's last socket.
const LAST: u32 = u32::MAX;

/// Subscribes a bare socket of everybody to their rooms, has the owner say something in each room, and waits until all of them were told,
/// at most so long; the checker says who was not. Answers where the last words of each room stand.
pub(super) async fn last_words(world: &World, owner: &mut Actor, most: Duration) -> BTreeMap<Place, i64> {
    let names = owner.ears.names.clone();
    let listeners = join_all((0..world.people.len()).map(async |who| {
        let client = world.people[who].by(&world.nodes.all[who % NODES].address).client;
        let socket = async {
            loop {
                match subscribed(world, who, &client).await {
                    Ok(socket) => return socket,
                    Err(_cause) => sleep(Duration::from_millis(100)).await,
                }
            }
        };
        (who, within(most, "a socket that is subscribed", socket).await)
    }))
    .await;
    let mut words = BTreeMap::new();
    for room in 0..world.rooms.len() {
        let said = async {
            loop {
                if let Some(seq) = owner.posts(room).await {
                    return seq;
                }
            }
        };
        words.insert(room, within(most, "the owner's last words to be taken", said).await);
    }
    join_all(listeners.into_iter().map(async |(who, mut socket)| {
        let ears = Ears { who, socket: LAST, world, names: &names };
        let mut wanted = BTreeSet::new();
        for (room, seq) in &words {
            if *world.memberships[*room][who].lock().await {
                wanted.insert((world.rooms[*room], *seq));
            }
        }
        let hearing = async {
            while !wanted.is_empty() {
                let Some(message) = socket.next().await else { return };
                ears.note(&message);
                if let ServerMessage::ReceiveMessage(message) = &message {
                    wanted.remove(&(message.room_id, message.seq));
                }
            }
        };
        timeout(most, hearing).await.ok();
    }))
    .await;
    words
}

/// A socket that is subscribed to all rooms of which its person is a member.
async fn subscribed(world: &World, who: Who, client: &Client) -> Result<Socket, Error> {
    let socket = client.connect().await?;
    for (room, room_id) in world.rooms.iter().copied().enumerate() {
        if *world.memberships[room][who].lock().await {
            let payload = JoinRoomPayload { room_id, after: None, epoch: None };
            socket.emit::<JoinRoomEvent>(payload).await?;
        }
    }
    Ok(socket)
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

    /// Types in one room and another, so that there is something that nobody keeps to be told of each.
    async fn types(&self, emitter: Emitter, dice: &mut Dice) {
        loop {
            sleep(dice.millis(TYPING)).await;
            let room = usize::try_from(dice.roll(0..self.world.rooms.len() as u64)).unwrap();
            let payload = TypingPayload { room_id: self.world.rooms[room], is_typing: true };
            // Refused where they are no member.
            if let Err(Error::Disconnected(_)) = emitter.emit::<Typing>(payload).await {
                return;
            }
        }
    }

    fn note(&self, message: &ServerMessage) {
        if let Some((room_id, event)) = aside(message) {
            let (room, socket) = (self.place(room_id), Some(self.socket));
            self.world.recorder.saw(self.who, Seen::Aside { room, event, socket });
        }
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

    fn place(&self, id: RoomId) -> Place {
        self.world.rooms.iter().position(|room| *room == id).unwrap()
    }

    fn heard(&self, room: RoomId, heard: Bare) {
        let room = self.place(room);
        self.world.recorder.saw(self.who, Seen::Bare { socket: self.socket, room, heard });
    }
}
