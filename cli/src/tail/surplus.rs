//! What a run of `tail` that was killed had printed into a file, and not noted in its cursor any more.

use super::cursor::{Extent, Printing};
use crate::output::note;
use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    iter::once,
};

/// More than any message takes; whoever wrote more than this between was not `tail`.
const MOST: u64 = 256 * 1024;

/// How much of a line is in the file already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Printed {
    /// All of it.
    Whole,
    /// So many bytes, at the end of the file: the rest is missing.
    Part(usize),
    Nothing,
}

/// How much standard output, `now`, has of a line that was being printed.
pub(super) fn printed(printing: &Printing, now: Extent) -> Printed {
    let before = printing.output;
    let Some(more) = now.length.checked_sub(before.length).filter(|_| before.is_same_file(now)) else {
        return Printed::Nothing;
    };
    match read(before.length, more) {
        Some(bytes) if more <= MOST => found(printing.line.as_bytes(), &bytes),
        _ => {
            note("the output file was written to since: a message may stand in it twice");
            Printed::Nothing
        }
    }
}

/// Whether the last line of standard output has no end.
pub(super) fn lacks_an_end(now: Extent) -> bool {
    let last = now.length.checked_sub(1).and_then(|before| read(before, 1));
    last.is_some_and(|last| last != b"\n")
}

/// Looks for the line among the lines that stand there: others may write into the file too.
fn found(line: &[u8], bytes: &[u8]) -> Printed {
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    let lines = || once(0).chain(ends.clone().map(|(end, _)| end + 1)).map(|start| &bytes[start..]);
    if lines().any(|from| from.starts_with(line)) {
        return Printed::Whole;
    }
    let part = lines().find(|from| !from.is_empty() && line.starts_with(from));
    part.map_or(Printed::Nothing, |part| Printed::Part(part.len()))
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

    const LINE: &[u8] = b"12:00 ada: one\n    two\n";

    #[test]
    fn a_line_is_found_whole_or_torn_wherever_it_was_torn() {
        assert_eq!(found(LINE, LINE), Printed::Whole);
        assert_eq!(found(LINE, b""), Printed::Nothing);
        for length in 1..LINE.len() {
            assert_eq!(found(LINE, &LINE[..length]), Printed::Part(length));
        }
    }

    #[test]
    fn what_others_wrote_before_and_after_it_is_not_taken_for_it() {
        let between = |before: &[u8], part: &[u8], after: &[u8]| found(LINE, &[before, part, after].concat());
        assert_eq!(between(b"parlor: connecting again\n", LINE, b"parlor: another\n"), Printed::Whole);
        assert_eq!(between(b"parlor: connecting again\n", &LINE[..9], b""), Printed::Part(9));
        assert_eq!(between(b"", &LINE[..9], b"parlor: another\n"), Printed::Nothing);
        assert_eq!(between(b"another's ", LINE, b""), Printed::Nothing);
    }
}
