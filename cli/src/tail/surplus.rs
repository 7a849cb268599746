//! What a run of `tail` that was killed had printed into a file, and not noted in its cursor any more.

use super::cursor::Extent;
use crate::output::note;
use parlor_client::protocol::ids::MessageId;
use serde::Deserialize;
use std::{
    collections::HashSet,
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
};

/// More than any message takes; whoever wrote more than this between was not `tail`.
const MOST: u64 = 256 * 1024;

/// How much of a line is in the file already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Printed {
    /// All of it.
    Whole,
    /// So many bytes: the rest is missing.
    Part(usize),
    /// Nothing. With `true`, another line before it has no end.
    Nothing(bool),
}

/// Bytes at the end of the file that the cursor does not know of.
#[derive(Debug, Default)]
pub(super) struct Surplus {
    /// The messages of its whole lines, when they are JSON: a message may have changed its status since.
    ids: HashSet<MessageId>,
    /// What is left of it.
    rest: Vec<u8>,
}

#[derive(Deserialize)]
struct Line {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    id: MessageId,
}

impl Surplus {
    /// What standard output, `now`, has more than the cursor knew.
    pub(super) fn of(known: Option<Extent>, now: Option<Extent>) -> Self {
        let (Some(known), Some(now)) = (known, now) else { return Self::default() };
        if !known.is_same_file(now) || now.length <= known.length {
            return Self::default();
        }
        let more = now.length - known.length;
        match read(known.length, more) {
            Some(bytes) if more <= MOST => Self::in_bytes(bytes),
            _ => {
                note("the output file was written to since: a message may stand in it twice");
                Self::default()
            }
        }
    }

    fn in_bytes(bytes: Vec<u8>) -> Self {
        let mut surplus = Self { ids: HashSet::new(), rest: bytes };
        while let Some(end) = surplus.rest.iter().position(|byte| *byte == b'\n') {
            let Ok(line) = serde_json::from_slice::<Line>(&surplus.rest[..end]) else { break };
            surplus.ids.insert(line.data.id);
            surplus.rest.drain(..=end);
        }
        surplus
    }

    /// Whether the message, which `line` (with its end) shows, is there already.
    pub(super) fn has(&mut self, id: MessageId, line: &[u8]) -> Printed {
        if self.ids.remove(&id) {
            return Printed::Whole;
        }
        if self.rest.starts_with(line) {
            self.rest.drain(..line.len());
            return Printed::Whole;
        }
        let rest = std::mem::take(&mut self.rest);
        if rest.is_empty() {
            Printed::Nothing(false)
        } else if line.starts_with(&rest) {
            Printed::Part(rest.len())
        } else {
            Printed::Nothing(!rest.ends_with(b"\n"))
        }
    }
}

/// Standard output may be open for writing only: it is opened anew.
fn read(from: u64, length: u64) -> Option<Vec<u8>> {
    let mut file = File::open("/dev/stdout").ok()?;
    file.seek(SeekFrom::Start(from)).ok()?;
    let mut bytes = Vec::new();
    file.take(length.min(MOST)).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: MessageId, status: &str) -> Vec<u8> {
        format!("{{\"event\":\"receive_message\",\"data\":{{\"id\":\"{id}\",\"status\":\"{status}\"}}}}\n")
            .into()
    }

    #[test]
    fn a_whole_line_is_known_by_its_message_even_if_that_was_read_since() {
        let [first, second] = [MessageId::generate(), MessageId::generate()];
        let mut surplus = Surplus::in_bytes([line(first, "delivered"), line(second, "delivered")].concat());
        assert_eq!(surplus.has(second, &line(second, "read")), Printed::Whole);
        assert_eq!(surplus.has(first, &line(first, "delivered")), Printed::Whole);
        assert_eq!(surplus.has(first, &line(first, "delivered")), Printed::Nothing(false));
    }

    #[test]
    fn a_torn_line_is_finished_and_another_is_ended_first() {
        let [first, second] = [MessageId::generate(), MessageId::generate()];
        let torn = || Surplus::in_bytes(line(first, "delivered")[..80].to_vec());
        assert_eq!(torn().has(first, &line(first, "delivered")), Printed::Part(80));
        assert_eq!(torn().has(second, &line(second, "delivered")), Printed::Nothing(true));
    }

    #[test]
    fn lines_for_people_are_known_by_their_bytes() {
        let id = MessageId::generate();
        let mut surplus = Surplus::in_bytes(b"12:00 ada: one\n    two\n12:01 ada: th".to_vec());
        assert_eq!(surplus.has(id, b"12:00 ada: one\n    two\n"), Printed::Whole);
        assert_eq!(surplus.has(id, b"12:01 ada: three\n"), Printed::Part(13));
        let mut of_another = Surplus::in_bytes(b"a line of another\n".to_vec());
        assert_eq!(of_another.has(id, b"12:00 ada: one\n"), Printed::Nothing(false));
    }
}
