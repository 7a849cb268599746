//! Who has read how far, as far as this side has heard of it.

use super::Kind;
use parlor_protocol::{
    ids::UserId,
    messages::{Message, MessageStatus},
};
use std::collections::HashMap;

/// The read cursors that are known: those that have moved meanwhile.
#[derive(Debug, Default)]
pub(super) struct Readers(HashMap<UserId, i64>);

impl Readers {
    /// Up to where somebody has read, as far as is known.
    pub(super) fn read_by(&self, reader: UserId) -> i64 {
        self.0.get(&reader).copied().unwrap_or_default()
    }

    /// A cursor moved; answers where it was, unless it was there already.
    pub(super) fn moves(&mut self, reader: UserId, seq: i64) -> Option<i64> {
        let cursor = self.0.entry(reader).or_default();
        let before = *cursor;
        *cursor = before.max(seq);
        (before < seq).then_some(before)
    }

    /// A message, of which so many readers were known before.
    pub(super) fn of(&self, message: &Message, known: u32) -> Kind {
        let readers =
            self.0.iter().filter(|(reader, seq)| **reader != message.user_id && **seq >= message.seq);
        let readers = u32::try_from(readers.count()).unwrap_or(u32::MAX);
        // The server tells that somebody has read it, and not who.
        let told = u32::from(message.status == MessageStatus::Read);
        let read_by = readers.max(told).max(known);
        let status = if read_by > 0 { MessageStatus::Read } else { message.status };
        Kind::Message { message: Box::new(Message { status, ..message.clone() }), read_by }
    }
}
