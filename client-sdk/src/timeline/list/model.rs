//! The list against a model: whatever happens in whatever order, a plain list to which the changes are applied is the list
//! itself, without a silent hole, and in the end it is what the server has.

use super::*;
use futures_util::{FutureExt as _, Stream, StreamExt as _};
use parlor_protocol::ids::RoomId;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::pin::Pin;

pub(super) const ROOM: &str = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90";
pub(super) const ME: &str = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e91";
pub(super) const OTHER: &str = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e92";

#[derive(Clone, Debug)]
enum Act {
    /// So many entries by somebody else.
    Said(u16),
    /// The next live entries arrive.
    Arrive(u16),
    /// The next live entries are lost on the way.
    Lost(u16),
    /// The room is followed again.
    Follow,
    /// The connection tells of a gap.
    Skip,
    /// Word of an earlier skip comes late.
    SkipLate,
    /// The history is put back by so many entries.
    PutBack(u16),
    Send,
    /// The server stores what waits first.
    Store,
    /// The server refuses what waits first.
    Refuse,
    /// An answer arrives.
    Answer,
    /// What failed first is sent again.
    Retry,
    /// What failed first is taken away.
    Discard,
    /// A range is asked for.
    Ask(Ask),
    /// What was asked for arrives.
    Load,
    /// Somebody reads up to a share of all.
    Read(bool, u8),
}

#[derive(Clone, Copy, Debug)]
enum Ask {
    Older,
    Gap,
    Wanted,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let few = prop_oneof![4 => 0..4_u16, 1 => 0..700_u16];
    let act = prop_oneof![
        3 => few.clone().prop_map(Act::Said),
        3 => few.clone().prop_map(Act::Arrive),
        1 => few.clone().prop_map(Act::Lost),
        1 => Just(Act::Follow),
        1 => Just(Act::Skip),
        1 => Just(Act::SkipLate),
        1 => few.prop_map(Act::PutBack),
        3 => Just(Act::Send),
        3 => Just(Act::Store),
        1 => Just(Act::Refuse),
        3 => Just(Act::Answer),
        1 => Just(Act::Retry),
        1 => Just(Act::Discard),
        3 => prop_oneof![Just(Ask::Older), Just(Ask::Gap), Just(Ask::Wanted)].prop_map(Act::Ask),
        3 => Just(Act::Load),
        2 => any::<(bool, u8)>().prop_map(|(mine, share)| Act::Read(mine, share)),
    ];
    proptest::collection::vec(act, 1..60)
}

struct World {
    list: List,
    changes: Pin<Box<dyn Stream<Item = Vec<eyeball_im::VectorDiff<Item>>>>>,
    plain: Vector<Item>,
    log: Vec<Value>,
    epoch: Epoch,
    /// Up to here live entries were told, or lost.
    told: usize,
    /// The last skip.
    last_skip: Option<(Mark, Mark)>,
    waiting: Vec<Queued>,
    failed: Vec<Queued>,
    answers: Vec<Change>,
    asked: Option<Range>,
    sent: u32,
}

pub(super) fn of(text: &str) -> UserId {
    text.parse().unwrap()
}

pub(super) fn entry(seq: usize, author: &str, id: Option<&ClientMessageId>) -> Value {
    let at = "2025-08-21T10:16:10.123Z";
    let message = json!({ "id": ROOM, "roomId": ROOM, "userId": author, "username": "ada", "content": "words",
        "status": "delivered", "seq": seq, "clientMessageId": id, "createdAt": at, "updatedAt": at, "timestamp": at,
        "sender": { "id": author, "username": "ada" } });
    json!({ "seq": seq, "roomId": ROOM, "timestamp": at, "type": "message", "message": message })
}

/// What of an item can change.
fn face(item: &Item) -> (&Key, u32, &'static str) {
    match &item.kind {
        Kind::Message { read_by, .. } => (&item.key, *read_by, "stored"),
        Kind::Local { sending: Sending::Failed(_), .. } => (&item.key, 0, "failed"),
        Kind::Local { sending: Sending::UnderWay, .. } => (&item.key, 0, "under way"),
        _ => (&item.key, 0, ""),
    }
}

pub(super) fn read(entry: &Value) -> TimelineEvent {
    serde_json::from_value(entry.clone()).unwrap()
}

impl World {
    fn new() -> Self {
        let mut list = List::new(of(ME));
        let epoch = Epoch::generate();
        let log = vec![entry(1, OTHER, None)];
        list.goes_on_at(Mark { epoch, seq: 1 });
        let (plain, changes) = list.subscribe().into_values_and_batched_stream();
        let (waiting, failed, answers) = Default::default();
        let (told, last_skip, asked, sent) = (1, None, None, 0);
        let changes = Box::pin(changes);
        Self { list, changes, plain, log, epoch, told, last_skip, waiting, failed, answers, asked, sent }
    }

    fn mark(&self) -> Mark {
        Mark { epoch: self.epoch, seq: i64::try_from(self.told).unwrap() }
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Said(count) => {
                for _ in 0..count {
                    self.log.push(entry(self.log.len() + 1, OTHER, None));
                }
            }
            Act::Arrive(count) => {
                for _ in 0..usize::from(count).min(self.log.len() - self.told) {
                    self.list.entry(read(&self.log[self.told]));
                    self.told += 1;
                }
            }
            Act::Lost(count) => self.told = (self.told + usize::from(count)).min(self.log.len()),
            Act::Follow => self.list.goes_on_at(self.mark()),
            Act::Skip => {
                let from = self.mark();
                self.told = self.log.len();
                self.last_skip = Some((from, self.mark()));
                self.list.skips_to(from, self.mark());
            }
            Act::SkipLate => {
                if let Some((from, to)) = self.last_skip.filter(|(_, to)| to.epoch == self.epoch) {
                    self.list.skips_to(from, to);
                }
            }
            Act::PutBack(count) => {
                // The connection of the old history has ended: its answers have come.
                while !self.answers.is_empty() {
                    self.act(Act::Answer);
                }
                let from = self.mark();
                self.log.truncate(self.log.len().saturating_sub(usize::from(count)).max(1));
                (self.epoch, self.told) = (Epoch::generate(), self.log.len());
                self.list.skips_to(from, self.mark());
            }
            Act::Send => {
                self.sent += 1;
                let client_message_id = self.sent.to_string().parse().unwrap();
                let room_id: RoomId = ROOM.parse().unwrap();
                self.queue(Queued {
                    room_id,
                    content: "words".to_owned(),
                    client_message_id,
                    queued_at: None,
                });
            }
            Act::Store if !self.waiting.is_empty() => {
                let message = self.waiting.remove(0);
                self.log.push(entry(self.log.len() + 1, ME, Some(&message.client_message_id)));
                let Happening::Message { message } = read(&self.log[self.log.len() - 1]).happening else {
                    return;
                };
                self.answers.push(Change::Stored(message));
            }
            Act::Refuse if !self.waiting.is_empty() => {
                let message = self.waiting.remove(0);
                let error = crate::Error::Input("no".to_owned());
                self.answers.push(Change::Refused(message, error));
            }
            Act::Answer if !self.answers.is_empty() => {
                let answer = self.answers.remove(0);
                if let Change::Refused(message, _) = &answer {
                    self.failed.push(message.clone());
                }
                self.list.local(answer);
            }
            Act::Retry if !self.failed.is_empty() => {
                let message = self.failed.remove(0);
                self.queue(message);
            }
            Act::Discard if !self.failed.is_empty() => {
                let message = self.failed.remove(0);
                self.list.local(Change::TakenBack(message.client_message_id));
            }
            Act::Ask(ask) => {
                let gap = self.list.known.gaps.keys().next().copied();
                self.asked = match ask {
                    Ask::Older => self.list.older(),
                    Ask::Gap => gap.and_then(|gap| self.list.of_gap(gap)),
                    Ask::Wanted => self.list.wanted(),
                };
            }
            Act::Load => {
                // An answer of another history is none.
                if let Some(range) = self.asked.take().filter(|range| range.epoch == self.epoch) {
                    let (after, to) =
                        (usize::try_from(range.after).unwrap(), usize::try_from(range.to).unwrap());
                    self.list.loaded(range, self.log[after..to].iter().map(read).collect());
                }
            }
            Act::Read(mine, share) => {
                let seq = self.log.len() * usize::from(share) / 255;
                let reader = of(if mine { ME } else { OTHER });
                self.list.read(reader, i64::try_from(seq).unwrap());
            }
            Act::Store | Act::Refuse | Act::Answer | Act::Retry | Act::Discard => {}
        }
        self.is_whole();
    }

    fn queue(&mut self, message: Queued) {
        self.waiting.push(message.clone());
        self.list.local(Change::Queued(message.clone()));
        self.list.local(Change::UnderWay(message.client_message_id, true));
    }

    fn keys(&self) -> Vec<Key> {
        self.plain.iter().map(|item| item.key.clone()).collect()
    }

    fn is_whole(&mut self) {
        while let Some(Some(changes)) = self.changes.next().now_or_never() {
            for change in changes {
                change.apply(&mut self.plain);
            }
        }
        assert!(self.plain.iter().map(face).eq(self.list.items.iter().map(face)));
        let keys = self.keys();
        for pair in keys.windows(2) {
            assert!(rank(&pair[0]) <= rank(&pair[1]), "{pair:?}");
            match pair {
                [Key::Entry(before), Key::Entry(seq)] => assert_eq!(*seq, before + 1),
                [Key::Entry(before), Key::Gap(after)] => assert_eq!(before, after),
                [Key::Beginning, Key::Entry(seq)] => assert_eq!(*seq, 1),
                _ => {}
            }
        }
        let ids = self.plain.iter().filter_map(|item| match &item.kind {
            Kind::Local { message, .. } => Some(message.client_message_id.clone()),
            Kind::Message { message, .. } => message.client_message_id.clone(),
            _ => None,
        });
        let ids: Vec<_> = ids.collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "a message twice: {keys:?}");
    }

    /// Everything that is under way arrives, and everything is loaded.
    fn comes_to_rest(&mut self) {
        while !self.answers.is_empty() {
            self.act(Act::Answer);
        }
        for act in [Act::Arrive(u16::MAX), Act::Follow] {
            self.act(act);
        }
        // A page at a time: more turns than pages are turns for nothing.
        for _ in 0..=self.log.len() / 40 + 100 {
            let missing = [Ask::Wanted, Ask::Gap, Ask::Older].into_iter().find(|ask| {
                self.act(Act::Ask(*ask));
                self.asked.is_some()
            });
            match missing {
                Some(_) => self.act(Act::Load),
                None => break,
            }
        }
        let mut wanted = vec![Key::Beginning];
        wanted.extend((1..=self.log.len()).map(|seq| Key::Entry(i64::try_from(seq).unwrap())));
        let mut keys = self.keys();
        let local = keys.split_off(wanted.len().min(keys.len()));
        assert_eq!(keys, wanted);
        let waiting = self.failed.iter().chain(&self.waiting).map(|message| &message.client_message_id);
        let (mut local, mut waiting): (Vec<_>, Vec<_>) =
            (local, waiting.map(|id| Key::Local(id.clone())).collect());
        local.sort_by_key(|key| format!("{key:?}"));
        waiting.sort_by_key(|key| format!("{key:?}"));
        assert_eq!(local, waiting);
    }
}

proptest! {
    // Some of them are rooms of thousands.
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn the_changes_make_the_list_and_the_list_becomes_the_log(acts in acts()) {
        let mut world = World::new();
        for act in acts {
            world.act(act);
        }
        world.comes_to_rest();
    }
}

#[test]
fn word_of_a_skip_that_comes_late_changes_nothing() {
    let mut world = World::new();
    let from = world.mark();
    world.act(Act::Said(20));
    world.act(Act::Arrive(20));
    world.is_whole();
    let before = world.keys();
    world.list.skips_to(from, Mark { seq: from.seq + 5, ..from });
    world.is_whole();
    assert_eq!(world.keys(), before);
}
