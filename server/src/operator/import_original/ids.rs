//! Ids: what is a UUID stays; anything else, such as a message's number, gets a UUID that follows from it, the same in every run.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use uuid::{Builder, Uuid};

/// The id that a row of `table` gets whose own is `text`: of version 8, with the time of the row in front as in version 7, so that
/// ids sort by it, and behind it SHA-256 of `parlor import-original`, the table and the text, with a NUL between each.
pub(super) fn made(table: &str, text: &str, at: DateTime<Utc>) -> Uuid {
    let hash = Sha256::digest(format!("parlor import-original\0{table}\0{text}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
    bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// The UUID that `text` is. The two that stand for the ends of all ids are none of a row.
fn own(text: &str) -> Option<Uuid> {
    let id = if text.len() == 36 { Uuid::try_parse(text).ok()? } else { return None };
    (id != Uuid::nil() && id != Uuid::max()).then_some(id)
}

/// The ids of a table's rows.
pub(super) struct Ids {
    table: &'static str,
    known: HashMap<String, Uuid>,
    taken: HashSet<Uuid>,
}

impl Ids {
    pub(super) fn new(table: &'static str) -> Self {
        Self { table, known: HashMap::new(), taken: HashSet::new() }
    }

    /// Gives a row its id, and says whether that is another than its own.
    pub(super) fn give(&mut self, text: &str, at: DateTime<Utc>) -> (Uuid, bool) {
        let (id, is_other) = self.give_unnamed(text, at);
        self.known.insert(text.to_owned(), id);
        (id, is_other)
    }

    /// The same for a row that no other refers to.
    pub(super) fn give_unnamed(&mut self, text: &str, at: DateTime<Utc>) -> (Uuid, bool) {
        match own(text).filter(|id| self.taken.insert(*id)) {
            Some(id) => (id, false),
            None => (made(self.table, text, at), true),
        }
    }

    /// The id of the row that another refers to.
    pub(super) fn find(&self, text: &str) -> Option<Uuid> {
        // A reference may be written in other letters than what it refers to.
        self.known.get(text).copied().or_else(|| own(text).filter(|id| self.taken.contains(id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_stays_and_a_number_gets_one_that_follows_from_it_and_sorts_by_time() {
        let at = |second: i64| DateTime::from_timestamp(1_755_771_370 + second, 0).unwrap();
        let mut ids = Ids::new("messages");
        let kept = "3F2504E0-4f89-41d3-9a0c-0305e82c3301";
        assert_eq!(ids.give(kept, at(0)), (Uuid::try_parse(kept).unwrap(), false));
        assert_eq!(ids.find(&kept.to_lowercase()), Uuid::try_parse(kept).ok(), "whatever its letters");
        // Fixed: a later version of this program must give the same.
        let first = ids.give("17", at(0));
        assert_eq!((first.0.to_string().as_str(), first.1), ("0198cc20-fa10-873e-be73-c001a7c59229", true));
        assert!(first.0 < ids.give("9", at(1)).0, "by time, not by number");
        assert_ne!(made("messages", "17", at(0)), made("users", "17", at(0)));
        assert_eq!((ids.find("17"), ids.find("18")), (Some(first.0), None));
    }

    #[test]
    fn no_two_rows_get_one_id() {
        let at = DateTime::from_timestamp(0, 0).unwrap();
        let mut ids = Ids::new("rooms");
        let text = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
        let (first, second) = (ids.give(text, at), ids.give(&text.to_uppercase(), at));
        assert!(!first.1 && second.1 && first.0 != second.0);
        assert_eq!(ids.find(&text.to_uppercase()), Some(second.0));
        for end in [Uuid::nil(), Uuid::max()] {
            assert!(ids.give(&end.to_string(), at).1, "{end}");
        }
        assert!(ids.give(&Uuid::try_parse(text).unwrap().simple().to_string(), at).1);
    }
}
