//! Clients that write all the time and keep what they hear, and what they are held to in the end.

use parlor_client::{
    Client, ServerMessage,
    live::{ConnectionState, Event, Events, Live},
    timeline::{Key, Kind, Timeline},
};
use parlor_protocol::{
    ids::RoomId,
    messages::Message,
    rooms::Room,
    timeline::{Happening, TimelineEvent},
};
use parlor_tests::{Person, ServerProcess, dice::Dice, people::PASSWORD, proxy::FaultProxy, within};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinHandle, time::sleep};

/// A client that writes all the time, and keeps what it hears.
pub(crate) struct Chatterer {
    pub(crate) person: Person,
    live: Live,
    /// The same once more, as a list that keeps itself.
    lists: HashMap<RoomId, Timeline>,
    pub(crate) proxy: Arc<FaultProxy>,
    writing: Option<JoinHandle<Vec<Message>>>,
    hearing: JoinHandle<Heard>,
    number: usize,
}

#[derive(Default)]
struct Heard {
    timelines: HashMap<RoomId, Vec<TimelineEvent>>,
    lost: usize,
    /// How often it was told that its server goes down in order.
    told: usize,
}

impl Chatterer {
    pub(crate) async fn start(
        number: usize,
        person: &Person,
        server: &ServerProcess,
        rooms: Arc<Vec<RoomId>>,
        quiet: watch::Receiver<bool>,
    ) -> Self {
        let proxy = Arc::new(FaultProxy::start(server.socket).await);
        let url = format!("http://{}", proxy.address());
        let client = Client::builder(&url).answer_within(Duration::from_secs(3)).build().unwrap();
        client.sign_in(person.user.email.parse().unwrap(), PASSWORD.parse().unwrap()).await.unwrap();
        let live = client.live().longest_gap(None).events_capacity(100_000).start().await.unwrap();
        let hearing = tokio::spawn(hear(live.events(), number));
        let mut lists = HashMap::new();
        for room in &*rooms {
            live.room(*room).follow(None).await.unwrap();
            lists.insert(*room, live.room(*room).timeline().await.unwrap());
        }
        let writing = Some(tokio::spawn(write(live.clone(), rooms, Dice::new(100 + number as u64), quiet)));
        Self { person: person.clone(), live, lists, proxy, writing, hearing, number }
    }

    /// Cuts, stalls and slows its connection, every second or so.
    pub(crate) fn is_disturbed(&self, mut quiet: watch::Receiver<bool>) -> JoinHandle<()> {
        let (proxy, mut dice) = (self.proxy.clone(), Dice::new(200 + self.number as u64));
        tokio::spawn(async move {
            while !*quiet.borrow_and_update() {
                match dice.roll(0..4) {
                    0 => proxy.reset(),
                    1 => proxy.cut_after(dice.roll(0..20_000)),
                    2 => proxy.change(|network| network.latency = Duration::from_millis(50)),
                    _ => proxy.change(|network| network.stalled = true),
                }
                sleep(dice.millis(1000..5000)).await;
                proxy.heal();
                sleep(dice.millis(0..1000)).await;
            }
            proxy.reset();
        })
    }

    async fn writing(&mut self) -> Vec<Message> {
        self.writing.take().unwrap().await.unwrap()
    }

    /// Waits until it has heard all of these, holds it to them, and answers how often its connection was lost, and how often it was told
    /// of that before.
    async fn has_heard(self, timelines: &HashMap<RoomId, Vec<TimelineEvent>>) -> (usize, usize) {
        let ends: HashMap<_, _> =
            timelines.iter().map(|(room, entries)| (*room, entries.last().unwrap().seq)).collect();
        for (room, end) in &ends {
            let caught_up = async {
                while self.live.room(*room).follow(None).await.unwrap().seq < *end {
                    sleep(Duration::from_millis(20)).await;
                }
            };
            within(Duration::from_mins(1), "the end of the timeline", caught_up).await;
        }
        for (room, entries) in timelines {
            self.shows(*room, entries).await;
        }
        drop(self.live.shutdown(Duration::ZERO).await);
        let heard = self.hearing.await.unwrap();
        for (room, entries) in timelines {
            let heard: Vec<_> = heard.timelines[room].iter().collect();
            let first = heard.first().unwrap().seq;
            let expected: Vec<_> = entries.iter().filter(|entry| entry.seq >= first).collect();
            assert_eq!(seqs(&heard), seqs(&expected), "client {} in {room}", self.number);
            for (heard, expected) in heard.iter().zip(expected) {
                assert_eq!(said(heard), said(expected), "client {}", self.number);
            }
        }
        (heard.lost, heard.told)
    }
}

impl Chatterer {
    /// Waits until its list of a room is at the end, and holds it to the entries: from its first one on each of them once, in order, with
    /// the same words, and nothing else.
    async fn shows(&self, room: RoomId, entries: &[TimelineEvent]) {
        let list = &self.lists[&room];
        let end = Key::Entry(entries.last().unwrap().seq);
        let items = async {
            loop {
                let items = list.subscribe().0;
                if items.last().is_some_and(|item| item.key == end) {
                    return items;
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        let items = within(Duration::from_mins(1), "the end of the list", items).await;
        let shown: Vec<_> = items.iter().filter(|item| item.key != Key::Beginning).collect();
        let expected: Vec<_> =
            entries.iter().skip_while(|entry| Key::Entry(entry.seq) != shown[0].key).collect();
        assert_eq!(shown.len(), expected.len(), "client {} in {room}", self.number);
        for (item, entry) in shown.into_iter().zip(expected) {
            let content = match &item.kind {
                Kind::Message { message, .. } => Some(&*message.content),
                _ => None,
            };
            assert_eq!((&item.key, content), (&Key::Entry(entry.seq), said(entry)), "client {}", self.number);
        }
    }
}

/// So many people, who are members of so many rooms, each with a client at one of these nodes in turn.
pub(crate) async fn settle_in(
    nodes: &[&ServerProcess],
    (clients, rooms): (usize, usize),
    quiet: &watch::Sender<bool>,
) -> (Vec<Person>, Vec<Room>, Vec<Chatterer>) {
    let people = nodes[0].crowd(clients).await;
    let mut made = Vec::new();
    for number in 0..rooms {
        made.push(people[0].creates_room(&format!("room {number}")).await);
    }
    for person in &people[1..] {
        for room in &made {
            person.joins(room).await;
        }
    }
    let ids = Arc::new(made.iter().map(|room| room.id).collect::<Vec<_>>());
    let mut all = Vec::new();
    for (number, person) in people.iter().enumerate() {
        let node = nodes[number % nodes.len()];
        all.push(Chatterer::start(number, person, node, ids.clone(), quiet.subscribe()).await);
    }
    (people, made, all)
}

/// When all of them have become quiet: each message was acknowledged and is stored once, and every timeline is the database's. Answers
/// how many messages there are, how often connections were lost, and how often each client at least was told of that before.
pub(crate) async fn hold_what_is_stored(
    mut clients: Vec<Chatterer>,
    reader: &Person,
    rooms: &[Room],
) -> (usize, usize, usize) {
    let mut timelines: HashMap<RoomId, Vec<TimelineEvent>> = HashMap::new();
    let mut sent = 0;
    for client in &mut clients {
        // What is still on its way arrives now.
        let messages = within(Duration::from_mins(2), "the last messages", client.writing()).await;
        for message in &messages {
            assert_eq!(message.user_id, client.person.id());
        }
        sent += messages.len();
    }
    for room in rooms {
        timelines.insert(room.id, reader.timeline(room).await.events);
    }
    let mut stored = HashMap::new();
    for entry in timelines.values().flatten() {
        if let Happening::Message { message } = &entry.happening {
            let id = message.client_message_id.clone().unwrap();
            assert_eq!(stored.insert(id.to_string(), entry.seq), None, "doubled: {message:?}");
        }
    }
    assert_eq!(stored.len(), sent, "each message was acknowledged, and is stored once");
    let (mut all_lost, mut least_told) = (0, usize::MAX);
    for client in clients {
        let (lost, told) = client.has_heard(&timelines).await;
        all_lost += lost;
        least_told = least_told.min(told);
    }
    (sent, all_lost, least_told)
}

async fn hear(mut events: Events, number: usize) -> Heard {
    let mut heard = Heard::default();
    while let Some(event) = events.next().await {
        match event {
            Event::Entry(entry) => heard.timelines.entry(entry.room_id).or_default().push(*entry),
            Event::Connection(ConnectionState::Offline { .. }) => heard.lost += 1,
            Event::Signal(ServerMessage::ServerRestart(_)) => heard.told += 1,
            Event::Resync { .. } | Event::Missed(_) | Event::Unfollowed { .. } | Event::SendFailed { .. } => {
                panic!("client {number}: {event:?}");
            }
            _ => {}
        }
    }
    heard
}

/// Queues messages, a few unanswered at a time, until it is to be quiet and all are stored.
async fn write(
    live: Live,
    rooms: Arc<Vec<RoomId>>,
    mut dice: Dice,
    quiet: watch::Receiver<bool>,
) -> Vec<Message> {
    let (mut pending, mut sent) = (Vec::new(), Vec::new());
    while !*quiet.borrow() {
        let room = rooms[usize::try_from(dice.roll(0..rooms.len() as u64)).unwrap()];
        pending.push(live.room(room).send(format!("{:x}", dice.roll(0..u64::MAX))).queue().await.unwrap());
        if pending.len() >= 20 {
            sent.push(pending.remove(0).sent().await.unwrap());
        }
        sleep(dice.millis(0..60)).await;
    }
    for pending in pending {
        sent.push(pending.sent().await.unwrap());
    }
    sent
}

fn seqs(entries: &[&TimelineEvent]) -> Vec<i64> {
    entries.iter().map(|entry| entry.seq).collect()
}

fn said(entry: &TimelineEvent) -> Option<&str> {
    match &entry.happening {
        Happening::Message { message } => Some(&message.content),
        _ => None,
    }
}
