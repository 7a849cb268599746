//! The draft of a room when several chats of one profile write in it: each changes what is its own, and leaves the others' lines.

use super::update::writing::before;
use std::ops::Range;

/// What is kept of a room when a chat that had written `was` has written `now`.
pub(super) fn merged(kept: &str, was: &str, now: &str) -> String {
    if let Some(own) = whole_lines(kept, was) {
        let (above, below) = (&kept[..own.start], &kept[own.end..]);
        let parts =
            [above.strip_suffix('\n').unwrap_or(above), now, below.strip_prefix('\n').unwrap_or(below)];
        return parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
    }
    // Another chat has put its own in its place, or has taken it away. The same words twice may be of two chats.
    if now.is_empty() {
        kept.to_owned()
    } else if kept.is_empty() {
        now.to_owned()
    } else {
        before(kept, now)
    }
}

/// Where a text stands in another one, as lines of it.
fn whole_lines(text: &str, part: &str) -> Option<Range<usize>> {
    let is_whole = |range: &Range<usize>| {
        let (above, below) = (&text[..range.start], &text[range.end..]);
        (above.is_empty() || above.ends_with('\n')) && (below.is_empty() || below.starts_with('\n'))
    };
    let mut found = text.match_indices(part).map(|(at, part)| at..at + part.len());
    found.find(is_whole).filter(|_| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_chat_changes_its_own_lines() {
        for (kept, was, now, wanted) in [
            ("", "", "a", "a"),
            ("a", "a", "ab", "ab"),
            ("a", "a", "", ""),
            // Another one has written there.
            ("b", "", "a", "b\na"),
            ("b\na", "a", "ac", "b\nac"),
            ("b\na\nc", "a", "", "b\nc"),
            ("a\nb", "a", "", "b"),
            ("b", "a", "ab", "b\nab"),
            ("b", "a", "", "b"),
            // It is part of a longer word there.
            ("ab", "a", "ac", "ab\nac"),
            ("xa\na", "a", "b", "xa\nb"),
            // It is another one's.
            ("a\nb", "", "b", "a\nb\nb"),
        ] {
            assert_eq!(merged(kept, was, now), wanted, "{kept:?}: {was:?} to {now:?}");
        }
    }

    fn count(text: &str, line: &str) -> usize {
        text.lines().filter(|other| *other == line).count()
    }

    proptest! {
        #[test]
        fn no_line_that_a_chat_has_is_lost(turns in proptest::collection::vec((0..3_usize, "[ab\n]{0,6}"), 1..12)) {
            let (mut kept, mut chats) = (String::new(), [const { String::new() }; 3]);
            for (which, now) in turns {
                kept = merged(&kept, &chats[which], &now);
                chats[which] = now;
                for line in chats.iter().flat_map(|text| text.lines()).filter(|line| !line.is_empty()) {
                    let wanted: usize = chats.iter().map(|text| count(text, line)).sum();
                    prop_assert!(count(&kept, line) >= wanted, "{kept:?} for {chats:?}");
                }
            }
        }
    }
}
