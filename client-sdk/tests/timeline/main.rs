//! The list of a room, against a real server over a network that fails.

#![cfg(feature = "timeline")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

mod endings;
mod entries;
mod faults;
mod marks;
mod messages;

use futures_util::{Stream, StreamExt as _};
use parlor_client::{
    Client,
    live::{ConnectionState, Live},
    protocol::{rooms::Room, timeline::Happening},
    timeline::{Item, Key, Kind, Sending, Timeline, Vector, VectorDiff},
};
use parlor_tests::{Person, people::PASSWORD, soon};
use std::{collections::HashSet, net::SocketAddr, pin::Pin};

/// Somebody's client of their own, over this address.
async fn client_of(person: &Person, address: SocketAddr) -> Client {
    let client = Client::new(&format!("http://{address}")).unwrap();
    client.sign_in(person.user.email.parse().unwrap(), PASSWORD.parse().unwrap()).await.unwrap();
    client
}

/// Somebody's lasting connection over this address.
async fn live_of(person: &Person, address: SocketAddr) -> Live {
    client_of(person, address).await.live().start().await.unwrap()
}

async fn is_online(live: &Live) {
    let mut connection = live.connection();
    soon("the connection", connection.wait_for(|state| *state == ConnectionState::Online)).await.unwrap();
}

async fn is_offline(live: &Live) {
    let mut connection = live.connection();
    let offline = connection.wait_for(|state| matches!(state, ConnectionState::Offline { .. }));
    soon("the end of the connection", offline).await.unwrap();
}

/// What somebody sees: a plain list to which the changes are applied.
struct View {
    timeline: Timeline,
    items: Vector<Item>,
    changes: Pin<Box<dyn Stream<Item = Vec<VectorDiff<Item>>>>>,
}

impl View {
    async fn open(live: &Live, room: &Room) -> Self {
        Self::of(soon("the timeline", live.room(room.id).timeline()).await.unwrap())
    }

    fn of(timeline: Timeline) -> Self {
        let (items, changes) = timeline.subscribe();
        Self { timeline, items, changes: Box::pin(changes) }
    }

    /// The next batch of changes, applied; the list is whole after each.
    async fn changes(&mut self) {
        for change in self.changes.next().await.unwrap() {
            change.apply(&mut self.items);
        }
        self.is_whole();
    }

    fn is_whole(&self) {
        let mut seen = HashSet::new();
        assert!(self.items.iter().all(|item| seen.insert(item.key.clone())), "a key twice: {}", self.text());
        let rank = |item: &Item| match item.key {
            Key::Beginning => (0, 0),
            Key::Entry(seq) => (seq, 0),
            Key::Gap(after) => (after, 1),
            Key::Local(_) => (i64::MAX, 0),
        };
        let ranks: Vec<_> = self.items.iter().map(rank).collect();
        assert!(ranks.is_sorted(), "out of order: {}", self.text());
        let mut before: Option<&Item> = None;
        for item in self.items.iter().filter(|item| !matches!(item.key, Key::Local(_))) {
            match (before.map(|before| &before.key), &item.key) {
                (Some(Key::Entry(before)), Key::Entry(seq)) => assert_eq!(*seq, before + 1, "a silent hole"),
                (Some(Key::Entry(before)), Key::Gap(after)) => assert_eq!(after, before, "a silent hole"),
                (Some(Key::Beginning), Key::Entry(seq)) => assert_eq!(*seq, 1, "a silent hole"),
                _ => {}
            }
            before = Some(item);
        }
    }

    /// Waits until the list, in a word an item, is this.
    async fn shows(&mut self, wanted: &str) {
        self.comes(&format!("“{wanted}”"), |view| view.text() == wanted).await;
    }

    async fn comes(&mut self, what: &str, mut is: impl FnMut(&Self) -> bool) {
        while !is(self) {
            let shown = format!("{what}; shown is {}", self.text());
            soon(shown, self.changes()).await;
        }
    }

    fn text(&self) -> String {
        self.items.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    fn contents(&self) -> Vec<String> {
        let content = |item: &Item| match &item.kind {
            Kind::Message { message, .. } => Some(message.content.clone()),
            _ => None,
        };
        self.items.iter().filter_map(content).collect()
    }

    fn gap(&self) -> Option<Key> {
        self.items.iter().find(|item| matches!(item.kind, Kind::Gap)).map(|item| item.key.clone())
    }

    /// Every entry of the room, and nothing else, as `person` gets it over REST.
    async fn equals_the_log(&self, person: &Person, room: &Room) {
        let log = person.timeline(room).await.events;
        let shown: Vec<_> = self.items.iter().filter(|item| item.key != Key::Beginning).collect();
        assert_eq!(shown.len(), log.len(), "{}", self.text());
        for (item, entry) in shown.into_iter().zip(log) {
            assert_eq!(item.key, Key::Entry(entry.seq));
            match (&item.kind, entry.happening) {
                (Kind::Message { message, .. }, Happening::Message { message: stored }) => {
                    assert_eq!(*message, stored);
                }
                (Kind::MemberJoined { who, .. }, Happening::MemberJoined(stored))
                | (Kind::MemberLeft { who, .. }, Happening::MemberLeft(stored)) => assert_eq!(*who, stored),
                (Kind::RoomCreated { room, .. }, Happening::RoomCreated { room: stored })
                | (Kind::RoomUpdated { room, .. }, Happening::RoomUpdated { room: stored }) => {
                    assert_eq!((&room.id, &room.name), (&stored.id, &stored.name));
                }
                (shown, stored) => panic!("{shown:?} for {stored:?}"),
            }
        }
    }
}

fn word(item: &Item) -> String {
    match &item.kind {
        Kind::Beginning => "^".to_owned(),
        Kind::Gap => "[gap]".to_owned(),
        Kind::Message { message, .. } => message.content.clone(),
        Kind::Local { message, sending: Sending::Failed(_) } => format!("!{}", message.content),
        Kind::Local { message, sending: Sending::Held } => format!("?{}", message.content),
        Kind::Local { message, .. } => format!("…{}", message.content),
        Kind::MemberJoined { who, .. } => format!("+{}", who.username),
        Kind::MemberLeft { who, .. } => format!("-{}", who.username),
        Kind::RoomCreated { .. } => "made".to_owned(),
        Kind::RoomUpdated { room, .. } => format!("={}", room.name),
        other => panic!("{other:?}"),
    }
}
