//! What the tests of the user interface have in common: a desk with a clock that stands still, and rooms as the server tells them.

use super::{
    clock::{Now, Zone},
    entry::{Entry, Me},
    link::State,
    look::{Look, Theme},
    message::{Effect, Message, Refused},
    model::{Model, Page},
    rooms::Listed,
    safe::Safe,
    sign_in::SignInForm,
    timeline::{Members, Person},
    update::update,
};
use chrono::{DateTime, FixedOffset};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use parlor_client::{
    Error,
    live::Queued,
    protocol::ids::{RoomId, UserId},
    timeline::{Item, Key, Kind, Sending},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// Sunday, 22 November 2026, 10:31 in UTC.
pub(crate) const MOMENT: i64 = 1_795_343_460;
pub(crate) const MINUTE: i64 = 60;
pub(crate) const DAY: i64 = 24 * 60 * MINUTE;

/// A person at the terminal.
pub(crate) struct Desk {
    pub(crate) model: Model,
    up: Duration,
}

impl Desk {
    /// At the form to sign in.
    pub(crate) fn new(size: (u16, u16), look: Look) -> Self {
        let zone = Zone::Fixed(FixedOffset::east_opt(0).unwrap());
        let form = SignInForm::new("http://127.0.0.1:5000", "", look.glyphs.mask);
        let model = Model::new(now(Duration::ZERO), zone, look, size, Page::SignIn(Box::new(form)));
        Self { model, up: Duration::ZERO }
    }

    /// Ada is signed in and connected, and is in two rooms, of which the kitchen is open.
    pub(crate) fn in_the_kitchen(size: (u16, u16)) -> Self {
        let mut desk = Self::new(size, look());
        desk.arrive();
        desk
    }

    /// As [`Self::in_the_kitchen`], from the form on.
    pub(crate) fn arrive(&mut self) {
        self.tell(Message::SignedIn(ada()));
        self.tell(Message::Link(State::Online));
        self.tell(Message::Rooms(vec![listed(1, "kitchen", 0), listed(2, "garden", 0)]));
        self.tell(Message::Key(KeyEvent::new(KeyCode::F(1), KeyModifiers::NONE)));
        self.press(KeyCode::Esc);
        if self.model.room.as_ref().is_none_or(|room| room.id != room_id(1)) {
            self.go_to(1);
        }
        self.tell(Message::Opened(room_id(1), parlor_client::timeline::Vector::new()));
    }

    /// Goes to a room with the switcher.
    pub(crate) fn go_to(&mut self, number: u8) -> Vec<Effect> {
        let name = self.model.rooms.get(room_id(number)).unwrap().name.to_string();
        self.hold(KeyModifiers::CONTROL, 'k');
        self.write(&name);
        self.press(KeyCode::Enter)
    }

    /// A message comes in.
    pub(crate) fn tell(&mut self, message: Message) -> Vec<Effect> {
        update(&mut self.model, message, now(self.up))
    }

    /// So much time passes, and the clock is looked at.
    pub(crate) fn wait(&mut self, time: Duration) -> Vec<Effect> {
        self.up += time;
        self.tell(Message::Tick)
    }

    /// A key.
    pub(crate) fn press(&mut self, code: KeyCode) -> Vec<Effect> {
        self.tell(Message::Key(KeyEvent::new(code, KeyModifiers::NONE)))
    }

    /// A letter with Ctrl or Alt.
    pub(crate) fn hold(&mut self, held: KeyModifiers, letter: char) -> Vec<Effect> {
        self.tell(Message::Key(KeyEvent::new(KeyCode::Char(letter), held)))
    }

    /// Letter by letter.
    pub(crate) fn write(&mut self, text: &str) -> Vec<Effect> {
        text.chars().flat_map(|letter| self.press(KeyCode::Char(letter))).collect()
    }

    /// These are the open room's entries now.
    pub(crate) fn show(&mut self, entries: Vec<Arc<Entry>>) -> Vec<Effect> {
        let room = self.model.room.as_ref().unwrap().id;
        self.tell(Message::Opened(room, entries.into_iter().collect()))
    }

    /// One more at the end.
    pub(crate) fn add(&mut self, entry: Arc<Entry>) -> Vec<Effect> {
        let room = self.model.room.as_ref().unwrap().id;
        let change = parlor_client::timeline::VectorDiff::PushBack { value: entry };
        self.tell(Message::Changed(room, vec![change]))
    }

    /// What the lower edge says.
    pub(crate) fn told(&self) -> String {
        self.model.told.as_ref().map(|(text, _)| text.to_string()).unwrap_or_default()
    }
}

pub(crate) fn look() -> Look {
    Look::new(Theme::Terminal, false)
}

fn now(up: Duration) -> Now {
    Now { up, utc: DateTime::from_timestamp(MOMENT, 0).unwrap() + up }
}

pub(crate) fn room_id(number: u8) -> RoomId {
    format!("01900000-0000-7000-8000-0000000000{number:02x}").parse().unwrap()
}

pub(crate) fn user_id(name: &str) -> UserId {
    let number = name.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    format!("01900000-0000-7000-9000-0000{number:08x}").parse().unwrap()
}

/// Who sits at the desk.
pub(crate) fn ada() -> Me {
    Me {
        id: user_id("Ada"),
        name: Safe::line("Ada"),
        server: Safe::line("localhost"),
        address: "http://localhost".to_owned(),
        email: "ada@example.com".to_owned(),
    }
}

fn room_json(number: u8, name: &str, membership: serde_json::Value) -> serde_json::Value {
    json!({
        "id": room_id(number), "name": name, "description": null, "isPrivate": false,
        "createdBy": user_id("Grace"), "createdAt": "2026-11-01T00:00:00.000Z", "updatedAt": "2026-11-01T00:00:00.000Z",
        "creator": { "id": user_id("Grace"), "username": "Grace" }, "memberCount": 3, "lastSeq": 100,
        "membership": membership,
    })
}

/// A room of one's own with so much unread; the server has counted up to 100.
pub(crate) fn listed(number: u8, name: &str, unread: u64) -> Listed {
    let read = 100 - i64::try_from(unread).unwrap();
    let membership = json!({
        "role": "member", "lastReadSeq": read, "unreadCount": unread, "joinedAt": "2026-11-01T00:00:00.000Z",
    });
    Listed::of(&serde_json::from_value(room_json(number, name, membership)).unwrap())
}

/// A room that one could join.
pub(crate) fn public(number: u8, name: &str) -> Listed {
    Listed::of(&serde_json::from_value(room_json(number, name, json!(null))).unwrap())
}

/// A stored message, so many seconds before the moment.
pub(crate) fn message(seq: i64, by: &str, text: &str, ago: i64) -> Arc<Entry> {
    read_message(seq, by, text, ago, 0)
}

/// One that so many have read.
pub(crate) fn read_message(seq: i64, by: &str, text: &str, ago: i64, read_by: u32) -> Arc<Entry> {
    let at = DateTime::from_timestamp(MOMENT - ago, 0).unwrap();
    let at = at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let message = json!({
        "id": format!("01900000-0000-7000-a000-{seq:012x}"), "roomId": room_id(1), "userId": user_id(by), "username": by,
        "content": text, "status": "delivered", "seq": seq, "clientMessageId": null,
        "createdAt": at, "updatedAt": at, "timestamp": at, "sender": { "id": user_id(by), "username": by },
    });
    let message = serde_json::from_value(message).unwrap();
    Entry::of(Item { key: Key::Entry(seq), kind: Kind::Message { message, read_by } }, &ada())
}

/// One's own message on its way.
pub(crate) fn local(id: &str, text: &str, sending: Sending) -> Arc<Entry> {
    written(id, text, sending, 0)
}

/// One that was written so many seconds before the moment.
pub(crate) fn written(id: &str, text: &str, sending: Sending, ago: i64) -> Arc<Entry> {
    let id: parlor_client::protocol::text::ClientMessageId = id.parse().unwrap();
    let message = Queued {
        room_id: room_id(1),
        content: text.to_owned(),
        client_message_id: id.clone(),
        queued_at: Some(DateTime::from_timestamp(MOMENT - ago, 0).unwrap().into()),
    };
    Entry::of(Item { key: Key::Local(id), kind: Kind::Local { message, sending } }, &ada())
}

/// One that was refused.
pub(crate) fn refused(id: &str, text: &str) -> Arc<Entry> {
    local(id, text, Sending::Failed(Error::Input("you are not a member".to_owned())))
}

/// The server refuses a message.
pub(crate) fn no(room: u8, id: &str, text: &str) -> Message {
    let refused = Refused { room: room_id(room), id: id.parse().unwrap(), text: text.to_owned() };
    Message::Refused(refused, Safe::line("no"))
}

/// Where the room begins.
pub(crate) fn beginning() -> Arc<Entry> {
    Entry::of(Item { key: Key::Beginning, kind: Kind::Beginning }, &ada())
}

/// Where something is missing.
pub(crate) fn gap(after: i64) -> Arc<Entry> {
    Entry::of(Item { key: Key::Gap(after), kind: Kind::Gap }, &ada())
}

/// So many messages of Grace, one a minute, up to `last`.
pub(crate) fn many(count: i64, last: i64) -> Vec<Arc<Entry>> {
    let of = |seq: i64| message(seq, "Grace", &format!("message {seq}"), (last - seq) * 10 * MINUTE);
    (last - count + 1..=last).map(of).collect()
}

/// Who is in the kitchen.
pub(crate) fn members() -> Members {
    let person = |name: &str, is_online| Person { id: user_id(name), name: Safe::line(name), is_online };
    Members { total: 3, people: vec![person("Ada", true), person("Grace", true), person("Linus", false)] }
}

/// Somebody types, or not.
pub(crate) fn typing(name: &str, is_typing: bool) -> Message {
    Message::Typing { room: room_id(1), user: user_id(name), name: Safe::line(name), is_typing }
}
