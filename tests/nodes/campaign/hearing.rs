//! What comes to a person by a live connection, taken down as it comes.

use super::history::{Names, Place, Recorder, Seen, Who};
use parlor_client::{
    ServerMessage,
    live::{ConnectionState, Event, Events, Mark},
};
use parlor_protocol::{
    event::ServerEvent,
    ids::{Epoch, RoomId},
    members::{UserJoined, UserLeft},
    presence::Presence,
    receipts::{MessageStatusUpdated, MessagesRead},
    typing::UserTyping,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use tokio::sync::watch;

/// Where somebody is in their rooms.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// Up to where they have heard each, across all connections.
    pub(crate) marks: BTreeMap<Place, Mark>,
    /// Which ones this connection follows.
    pub(crate) following: BTreeSet<Place>,
}

/// Takes down what one person hears.
#[derive(Clone)]
pub(crate) struct Ears {
    pub(crate) who: Who,
    pub(crate) recorder: Recorder,
    pub(crate) names: Names,
    pub(crate) rooms: Arc<Vec<RoomId>>,
    pub(crate) epoch: Epoch,
    pub(crate) places: Arc<watch::Sender<Places>>,
}

impl Ears {
    pub(crate) async fn hear(self, mut events: Events) {
        let mut up = false;
        while let Some(event) = events.next().await {
            match event {
                Event::Entry(entry) => {
                    let (room, seq) = (self.place(entry.room_id), entry.seq);
                    self.saw(Seen::Heard { room, row: self.names.row(&entry) });
                    self.places.send_modify(|places| {
                        let mark = places.marks.entry(room).or_insert(Mark { epoch: self.epoch, seq });
                        mark.seq = mark.seq.max(seq);
                    });
                }
                Event::Unfollowed { room_id, .. } => {
                    let room = self.place(room_id);
                    self.places.send_modify(|places| {
                        places.following.remove(&room);
                    });
                }
                Event::Resync { room_id, .. } => self.saw(Seen::Gap { room: self.place(room_id) }),
                Event::Missed(count) => panic!("{count} events came faster than they were taken down"),
                Event::Connection(state) => {
                    let is_up = matches!(state, ConnectionState::CatchingUp | ConnectionState::Online);
                    if std::mem::replace(&mut up, is_up) != is_up {
                        self.saw(Seen::Line { up });
                    }
                }
                Event::Signal(signal) => self.signal(signal),
                _ => {}
            }
        }
    }

    fn signal(&self, signal: ServerMessage) {
        if let Some((room_id, event)) = aside(&signal) {
            self.saw(Seen::Aside { room: self.place(room_id), event, socket: None });
        }
        match signal {
            ServerMessage::MessagesRead(read) => self.saw(Seen::Cursor {
                room: self.place(read.room_id),
                of: self.names.who(read.user_id),
                seq: read.last_read_seq,
            }),
            ServerMessage::UserStatus(notice) => self.saw(Seen::Status {
                of: self.names.who(notice.user_id),
                online: notice.status == Presence::Online,
            }),
            ServerMessage::Unknown { name, payload } => panic!("{name} {payload} is none of the contract's"),
            _ => {}
        }
    }

    fn place(&self, id: RoomId) -> Place {
        self.rooms.iter().position(|room| *room == id).unwrap()
    }

    fn saw(&self, seen: Seen) {
        self.recorder.saw(self.who, seen);
    }
}

/// The room of which this tells something that nobody keeps, and the event's name: who types, looks in, or has read how far.
pub(super) fn aside(message: &ServerMessage) -> Option<(RoomId, &'static str)> {
    Some(match message {
        ServerMessage::UserTyping(notice) => (notice.room_id, UserTyping::NAME),
        ServerMessage::MessagesRead(receipt) => (receipt.room_id, MessagesRead::NAME),
        ServerMessage::MessageStatusUpdated(update) => (update.room_id, MessageStatusUpdated::NAME),
        ServerMessage::UserJoined(passage) if passage.seq.is_none() => (passage.room_id, UserJoined::NAME),
        ServerMessage::UserLeft(passage) if passage.seq.is_none() => (passage.room_id, UserLeft::NAME),
        _ => return None,
    })
}
