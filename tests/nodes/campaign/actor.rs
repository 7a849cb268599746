//! A person who does one thing after the other, by a client of the SDK, over one node or another, and takes down what they ask and what
//! they get.

mod sending;

use super::{
    asking::{failed, surely},
    hearing::{Ears, Places},
    history::{Act, End, Place, Recorder, Who},
    house::{NODES, Nodes},
};
use parlor_client::{
    Client,
    live::{ConnectionState, Event, Live},
};
use parlor_protocol::{
    Nothing,
    ids::RoomId,
    members::{GetRoomUsers, GetRoomUsersPayload, JoinRoom, LeaveRoom, MemberPath, RemoveMember},
    messages::{HistoryQuery, ListMessages},
    page::{Limit, Number},
    users::{GetUser, UserPath},
};
use parlor_tests::{Person, dice::Dice, people::at, proxy::FaultProxy, within};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Mutex, watch},
    task::{JoinHandle, JoinSet},
    time::sleep,
};

/// Between two things that a person does, at most, in milliseconds.
const PAUSE: u64 = 400;

/// So long somebody waits for what they have sent before they do something else.
const PATIENCE: Duration = Duration::from_secs(5);

/// Everybody is a member of this room, and stays.
pub(crate) const HALL: Place = 0;

/// Who made the rooms, and can't leave them.
pub(crate) const OWNER: Who = 0;

/// Who is a member where; locked while that is being changed.
pub(crate) type Memberships = Vec<Vec<Mutex<bool>>>;

/// What all people of a campaign have in common.
pub(crate) struct World {
    pub(crate) nodes: Arc<Nodes>,
    pub(crate) people: Vec<Person>,
    pub(crate) rooms: Arc<Vec<RoomId>>,
    pub(crate) memberships: Memberships,
    pub(crate) recorder: Recorder,
}

pub(crate) struct Actor {
    pub(crate) who: Who,
    pub(crate) home: usize,
    pub(crate) ears: Ears,
    world: Arc<World>,
    dice: Dice,
    /// To the node where it is at home.
    way: FaultProxy,
    life: Option<Life>,
    lives: u32,
    /// What it has said: where, under which client id, and what.
    said: Vec<(Place, String, String)>,
    /// Calls whose ends are still to be taken down.
    under_way: JoinSet<()>,
}

/// From one start of a live connection to its end.
struct Life {
    live: Live,
    hearing: JoinHandle<()>,
}

impl Actor {
    pub(crate) async fn new(who: Who, world: &Arc<World>, ears: Ears, seed: u64) -> Self {
        let home = who % NODES;
        let way = FaultProxy::start(world.nodes.all[home].address.socket).await;
        let (world, dice) = (world.clone(), Dice::new(seed));
        let (life, said, under_way) = (None, Vec::new(), JoinSet::new());
        Self { who, home, ears, world, dice, way, life, lives: 0, said, under_way }
    }

    /// Does one thing after the other until it is to be quiet.
    pub(crate) async fn acts(mut self, quiet: watch::Receiver<bool>) -> Self {
        while !*quiet.borrow() {
            self.comes_back().await;
            self.follows();
            self.does_something().await;
            // People think.
            sleep(self.dice.millis(0..PAUSE)).await;
        }
        self
    }

    async fn does_something(&mut self) {
        let room = self.any(self.world.rooms.len());
        match self.dice.roll(0..100) {
            0..30 => drop(self.queues(room).await),
            30..40 => {
                if let Some(sent) = self.queues(room).await {
                    tokio::time::timeout(PATIENCE, sent).await.ok();
                }
            }
            40..48 => self.sends_again().await,
            48..56 => _ = self.posts(room).await,
            56..64 => self.reads(room).await,
            64..70 => self.types(room).await,
            70..75 => self.looks_back(room).await,
            75..82 => self.catches_up(room),
            82..90 => self.comes_or_goes(room).await,
            90..94 => self.way.reset(),
            94..97 => self.moves().await,
            _ => {
                self.goes().await;
                sleep(self.dice.millis(0..4000)).await;
            }
        }
    }

    /// Connects, unless it has a live connection; one that can't come back by its node turns to another.
    pub(crate) async fn comes_back(&mut self) {
        if let Some(life) = &self.life {
            let is_off = matches!(&*life.live.connection().borrow(), ConnectionState::Offline { .. });
            if is_off && self.dice.roll(0..4) == 0 {
                self.moves().await;
            }
            return;
        }
        let client = Client::builder(&format!("http://{}", self.way.address()));
        let client = client.answer_within(Duration::from_secs(5)).build().unwrap();
        client.resume(self.person().client.session().unwrap());
        let live = client.live().longest_gap(None).events_capacity(200_000).start().await.unwrap();
        let hearing = tokio::spawn(self.ears.clone().hear(live.events()));
        self.lives += 1;
        self.life = Some(Life { live, hearing });
    }

    /// Disconnects. What waits to be sent has no known end then.
    pub(crate) async fn goes(&mut self) {
        let Some(life) = self.life.take() else { return };
        within(Duration::from_mins(1), "the connection to end", life.live.shutdown(Duration::ZERO)).await;
        within(Duration::from_mins(1), "the last that was heard", life.hearing).await.unwrap();
        self.ears.places.send_modify(|places| places.following.clear());
    }

    /// Turns to another node, with the same connection of the SDK.
    async fn moves(&mut self) {
        let home = self.any(NODES);
        self.moves_to(home).await;
    }

    pub(crate) async fn moves_to(&mut self, home: usize) {
        self.home = home;
        self.way.lead_to(self.world.nodes.all[home].address.socket);
        let Some(live) = self.life.as_ref().map(|life| life.live.clone()) else { return self.way.reset() };
        // Every state is heard, however soon the next one comes.
        let mut events = live.events();
        let is_up =
            |state: &ConnectionState| matches!(state, ConnectionState::CatchingUp | ConnectionState::Online);
        let was_up = is_up(&live.connection().borrow());
        self.way.reset();
        let feels_it = async {
            while let Some(event) = events.next().await {
                if matches!(event, Event::Connection(state) if !is_up(&state)) {
                    break;
                }
            }
        };
        if was_up {
            within(Duration::from_mins(1), "a connection to be lost", feels_it).await;
        }
        live.reconnect_now().await;
    }

    /// Follows the rooms of which it is a member, each from where it has heard it, or sometimes from now on.
    pub(crate) fn follows(&mut self) {
        let Some(live) = self.life.as_ref().map(|life| life.live.clone()) else { return };
        for room in 0..self.world.rooms.len() {
            let is_followed = self.ears.places.borrow().following.contains(&room);
            // It is being changed at this moment otherwise.
            let is_member = self.world.memberships[room][self.who].try_lock().is_ok_and(|member| *member);
            if is_followed || !is_member {
                continue;
            }
            let anew = self.dice.roll(0..3) == 0;
            let mut since = None;
            self.ears.places.send_modify(|places| {
                places.following.insert(room);
                since = if anew {
                    places.marks.remove(&room).and(None)
                } else {
                    places.marks.get(&room).copied()
                };
            });
            let act = Act::Follow { room, after: since.map(|mark| mark.seq) };
            let (live_room, places) = (live.room(self.world.rooms[room]), self.ears.places.clone());
            self.later(act, async move {
                match live_room.follow(since).await {
                    Ok(mark) => {
                        places.send_modify(|places| {
                            places.marks.entry(room).or_insert(mark);
                        });
                        End::Following(mark.seq)
                    }
                    Err(error) => failed(&error),
                }
            });
        }
    }

    async fn reads(&mut self, room: Place) {
        let Some(life) = &self.life else { return };
        let live_room = life.live.room(self.world.rooms[room]);
        let call = self.world.recorder.asked(self.who, Act::Read { room });
        let end = match live_room.mark_read(None).await {
            Ok(cursor) => End::ReadUpTo(cursor.last_read_seq),
            Err(error) => failed(&error),
        };
        self.world.recorder.ended(self.who, call, end);
    }

    async fn types(&mut self, room: Place) {
        let is_typing = self.dice.roll(0..2) == 0;
        if let Some(life) = &self.life {
            // There may be no connection, and it has no answer.
            life.live.room(self.world.rooms[room]).typing(is_typing).await.ok();
        }
    }

    async fn looks_back(&mut self, room: Place) {
        let before =
            if self.dice.roll(0..2) == 0 { None } else { Number::new(self.dice.roll(1..500).cast_signed()) };
        let limit = Limit::new(u32::try_from(self.dice.roll(1..100)).unwrap());
        let query = HistoryQuery { before, after: None, page: None, limit };
        let (client, path, names) = (self.rest(), at(self.world.rooms[room]), self.ears.names.clone());
        let call = self.world.recorder.asked(self.who, Act::Page { room });
        let end = match client.call::<ListMessages>(path, query, Nothing).await {
            Ok(page) => End::Rows(page.messages.iter().map(|message| names.said(message)).collect()),
            Err(error) => failed(&error),
        };
        self.world.recorder.ended(self.who, call, end);
    }

    /// Fetches all entries after some place, in whichever way, by whichever node.
    fn catches_up(&mut self, room: Place) {
        let mark = self.ears.places.borrow().marks.get(&room).map_or(0, |mark| mark.seq);
        let after = (mark - self.dice.roll(0..300).cast_signed()).max(0);
        let (client, id, names) = (self.rest(), self.world.rooms[room], self.ears.names.clone());
        let by_socket = self.dice.roll(0..2) == 0;
        self.later(Act::CatchUp { room, after }, async move {
            super::asking::catch_up(&client, id, after, by_socket, &names).await
        });
    }

    /// Leaves a room or joins it again; who made the rooms removes somebody instead.
    async fn comes_or_goes(&mut self, room: Place) {
        let (world, path) = (self.world.clone(), at(self.world.rooms[room]));
        let whom = if self.who == OWNER { self.any(world.people.len()) } else { self.who };
        if room == HALL || whom == OWNER {
            return;
        }
        let Ok(mut member) = world.memberships[room][whom].try_lock() else { return };
        let act = match (self.who == OWNER, *member) {
            (true, false) => return,
            (true, true) => Act::Remove { room, whom },
            (false, true) => Act::Leave { room },
            (false, false) => Act::Join { room },
        };
        let call = world.recorder.asked(self.who, act.clone());
        let end = match act {
            Act::Join { .. } => surely::<JoinRoom>(path, || self.rest()).await,
            Act::Leave { .. } => surely::<LeaveRoom>(path, || self.rest()).await,
            _ => {
                let path = MemberPath { room_id: path.room_id, user_id: world.people[whom].id() };
                surely::<RemoveMember>(path, || self.rest()).await
            }
        };
        *member = *member != matches!(end, End::Done);
        world.recorder.ended(self.who, call, end);
    }

    /// Whether another is online, as the node at home says.
    pub(crate) async fn looks_at(&self, other: Who) {
        let client = self.person().by(&self.world.nodes.all[self.home].address).client;
        let path = UserPath { user_id: self.world.people[other].id() };
        let call = self.world.recorder.asked(self.who, Act::Look { at: other });
        let end = match client.call::<GetUser>(path, Nothing, Nothing).await {
            Ok(profile) => End::Online(profile.is_online),
            Err(error) => failed(&error),
        };
        self.world.recorder.ended(self.who, call, end);
    }

    /// Waits until all that it asked has ended, at most so long; the checker says what has not.
    pub(crate) async fn rests(&mut self, most: Duration) {
        self.comes_back().await;
        if let Some(life) = &self.life {
            life.live.reconnect_now().await;
        }
        let all = async {
            while let Some(ended) = self.under_way.join_next().await {
                ended.unwrap();
            }
        };
        tokio::time::timeout(most, all).await.ok();
    }

    /// Waits until its live connection holds, which an answer over it shows.
    pub(crate) async fn is_online(&self) {
        let live = &self.life.as_ref().unwrap().live;
        let room_id = self.world.rooms[HALL];
        let online = async {
            loop {
                let mut connection = live.connection();
                connection.wait_for(|state| *state == ConnectionState::Online).await.unwrap();
                if live.emit::<GetRoomUsers>(GetRoomUsersPayload { room_id }).await.is_ok() {
                    return;
                }
                live.reconnect_now().await;
            }
        };
        within(Duration::from_mins(1), "a connection that holds", online).await;
    }

    /// Waits until it has heard these rooms up to there, at most so long; the checker says what it has not.
    pub(crate) async fn hears_up_to(&mut self, heads: &[(Place, i64)], most: Duration) {
        let has_heard = |places: &Places| {
            heads.iter().all(|(room, head)| places.marks.get(room).is_some_and(|mark| mark.seq >= *head))
        };
        let mut places = self.ears.places.subscribe();
        let hearing = async {
            loop {
                self.follows();
                // A room may have been unfollowed in the meantime, if it was left and joined again.
                let heard = tokio::time::timeout(Duration::from_secs(1), places.wait_for(has_heard)).await;
                if heard.is_ok() {
                    return;
                }
            }
        };
        tokio::time::timeout(most, hearing).await.ok();
    }

    fn later(&mut self, act: Act, run: impl Future<Output = End> + Send + 'static) {
        let call = self.world.recorder.asked(self.who, act);
        let (world, who) = (self.world.clone(), self.who);
        self.under_way.spawn(async move { world.recorder.ended(who, call, run.await) });
    }

    fn person(&self) -> &Person {
        &self.world.people[self.who]
    }

    /// A client of whichever node.
    fn rest(&mut self) -> Client {
        let node = self.any(NODES);
        self.person().by(&self.world.nodes.all[node].address).client
    }

    fn any(&mut self, of: usize) -> usize {
        usize::try_from(self.dice.roll(0..of as u64)).unwrap()
    }
}
