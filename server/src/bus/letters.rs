//! What nodes tell each other.

use super::{PersonSignal, RoomSignal};
use parlor_protocol::{
    ids::{RoomId, SessionId, UserId},
    receipts::{Receipt, StatusUpdate},
    text::Username,
    time::Timestamp,
    timeline::TimelineEvent,
    typing::TypingNotice,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{net::IpAddr, sync::Arc};
use uuid::Uuid;

/// Letters of one node, sent together. Without any it is a sign of life.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Post {
    /// Which process wrote them; it has no need to read them.
    pub(super) from: Uuid,
    /// What it says.
    pub(super) letters: Vec<Letter>,
}

impl Post {
    /// Reads a post; letters that only a newer version knows are left out.
    pub(super) fn read(text: &str) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        struct Envelope {
            from: Uuid,
            letters: Vec<Box<RawValue>>,
        }
        let Envelope { from, letters } = serde_json::from_str(text)?;
        let letters = letters.iter().filter_map(|letter| serde_json::from_str(letter.get()).ok()).collect();
        Ok(Self { from, letters })
    }
}

/// One thing that a node tells the others. Entries, presence and ended
/// sessions that are lost on the way are found by the poll of the database; the rest is not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Letter {
    /// This entry is in the log.
    Committed {
        /// The entry.
        entry: Arc<TimelineEvent>,
    },
    /// The log reaches up to here: the entry itself was too large to be carried.
    Head {
        /// Which room's.
        room: RoomId,
        /// Up to where.
        seq: i64,
    },
    /// Someone types, or no longer.
    Typing {
        /// What to tell.
        notice: TypingNotice,
        /// The socket that said so.
        from: String,
    },
    /// A read cursor moved.
    Receipt {
        /// What to tell.
        receipt: Receipt,
        /// Whether the whole room is told.
        to_room: bool,
    },
    /// Messages became read.
    StatusUpdate {
        /// What to tell.
        update: StatusUpdate,
    },
    /// A room is gone.
    Deleted {
        /// Which one.
        room: RoomId,
        /// When it went.
        timestamp: Timestamp,
    },
    /// A session has ended.
    SessionRevoked {
        /// Which one.
        session: SessionId,
    },
    /// An account has another name now.
    Renamed {
        /// The account.
        user: UserId,
        /// Its name.
        username: Username,
    },
    /// People came to a node, and went.
    Presence {
        /// Which node.
        node: Uuid,
        /// The number of this change there.
        changes: i64,
        /// Who came.
        came: Vec<UserId>,
        /// Who went.
        gone: Vec<UserId>,
    },
    /// One more towards a limit.
    Counted {
        /// Which one.
        one: Counted,
    },
}

/// One more towards a limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Counted {
    /// A message of a user in a room.
    Message {
        /// Where.
        room: RoomId,
        /// Whose.
        user: UserId,
    },
    /// A registration from an address.
    Register {
        /// Which one.
        address: IpAddr,
    },
    /// A wrong password for an account from an address.
    Login {
        /// The key of its e-mail address.
        account: String,
        /// From where.
        address: IpAddr,
    },
    /// A right password for an account.
    SignIn {
        /// Which one.
        user: UserId,
    },
    /// A wrong password from an address.
    LoginAddress {
        /// Which one.
        address: IpAddr,
    },
    /// An invite made by a user.
    Invite {
        /// Which one.
        user: UserId,
    },
    /// A wrong invite code from an address.
    InviteTry {
        /// Which one.
        address: IpAddr,
    },
}

/// What a letter means to the node that reads it.
pub(super) enum Heard {
    Committed(Arc<TimelineEvent>),
    Head(RoomId, i64),
    Room(RoomId, RoomSignal),
    Person(PersonSignal),
}

impl Letter {
    /// The letter about a signal, if it concerns other nodes.
    pub(super) fn of_room(room: RoomId, signal: &RoomSignal) -> Option<Self> {
        Some(match signal {
            RoomSignal::Typing { notice, from, .. } => {
                Self::Typing { notice: notice.clone(), from: from.clone() }
            }
            RoomSignal::Receipt { receipt, to_room } => {
                Self::Receipt { receipt: receipt.clone(), to_room: *to_room }
            }
            RoomSignal::StatusUpdate(update) => Self::StatusUpdate { update: *update },
            RoomSignal::Deleted { timestamp } => Self::Deleted { room, timestamp: *timestamp },
            RoomSignal::Committed(_) | RoomSignal::Grown | RoomSignal::Passed { .. } => return None,
        })
    }

    /// The letter about a signal, if it concerns other nodes.
    pub(super) fn of_person(signal: &PersonSignal) -> Option<Self> {
        Some(match signal {
            PersonSignal::SessionRevoked { session } => Self::SessionRevoked { session: *session },
            PersonSignal::Renamed { user, username } => {
                Self::Renamed { user: *user, username: username.clone() }
            }
            // Each node tells its own sockets.
            PersonSignal::Elsewhere { .. } | PersonSignal::Counted(_) | PersonSignal::Status { .. } => {
                return None;
            }
        })
    }

    /// The same letter in few bytes, if there is such a one.
    pub(super) fn shortened(&self) -> Option<Self> {
        match self {
            Self::Committed { entry } => Some(Self::Head { room: entry.room_id, seq: entry.seq }),
            _ => None,
        }
    }

    pub(super) fn heard(self) -> Heard {
        match self {
            Self::Committed { entry } => Heard::Committed(entry),
            Self::Head { room, seq } => Heard::Head(room, seq),
            // Whether that socket listens to the room is known where it is.
            Self::Typing { notice, from } => {
                Heard::Room(notice.room_id, RoomSignal::Typing { notice, from, listening: false })
            }
            Self::Receipt { receipt, to_room } => {
                Heard::Room(receipt.room_id, RoomSignal::Receipt { receipt, to_room })
            }
            Self::StatusUpdate { update } => Heard::Room(update.room_id, RoomSignal::StatusUpdate(update)),
            Self::Deleted { room, timestamp } => Heard::Room(room, RoomSignal::Deleted { timestamp }),
            Self::SessionRevoked { session } => Heard::Person(PersonSignal::SessionRevoked { session }),
            Self::Renamed { user, username } => Heard::Person(PersonSignal::Renamed { user, username }),
            Self::Presence { node, changes, came, gone } => {
                Heard::Person(PersonSignal::Elsewhere { node, changes, came, gone })
            }
            Self::Counted { one } => Heard::Person(PersonSignal::Counted(one)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_of_a_later_version_keeps_none_of_the_others_from_being_read() {
        let (from, room) = (Uuid::now_v7(), RoomId::generate());
        let letters =
            vec![Letter::Head { room, seq: 7 }, Letter::SessionRevoked { session: SessionId::generate() }];
        let post = Post { from, letters };
        let mut text = serde_json::to_value(&post).unwrap();
        let later = serde_json::json!([{ "type": "later" }, { "type": "counted", "one": { "of": "later" } }]);
        text["letters"].as_array_mut().unwrap().extend(later.as_array().unwrap().clone());
        assert_eq!(Post::read(&text.to_string()).unwrap(), post);
    }
}
