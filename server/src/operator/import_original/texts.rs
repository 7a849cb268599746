//! Texts that the original allowed and the contract does not, and what becomes of each.

use parlor_protocol::text::{Description, Email, MESSAGE_CHARACTERS, MessageContent, RoomName, Username};
use std::collections::HashSet;
use unicode_normalization::UnicodeNormalization;

/// The names that are given to accounts; each is given once, without regard to case.
#[derive(Default)]
pub(super) struct Names(HashSet<String>);

const NAME_CHARACTERS: usize = 30;

impl Names {
    /// The name as it is, if it is allowed and free.
    pub(super) fn keep(&mut self, text: &str) -> Option<String> {
        let name: Username = text.parse().ok()?;
        self.0.insert(name.key()).then(|| name.into_string())
    }

    /// A free name that is like `text`: its letters without their accents, and a number behind it if need be.
    pub(super) fn find(&mut self, text: &str) -> String {
        let plain: String = text.nfkd().filter(char::is_ascii_alphanumeric).take(NAME_CHARACTERS).collect();
        let base = if plain.len() < 3 { format!("user{plain}") } else { plain };
        let numbered = |number: u64| {
            let number = if number == 1 { String::new() } else { number.to_string() };
            let kept = base.len().min(NAME_CHARACTERS - number.len());
            format!("{}{number}", &base[..kept])
        };
        // There are fewer accounts than numbers.
        (1..).map(numbered).find_map(|name| self.keep(&name)).unwrap_or(base)
    }
}

/// The addresses that are given to accounts; each is given once, without regard to case.
#[derive(Default)]
pub(super) struct Addresses(HashSet<String>);

impl Addresses {
    /// The address as it is, if it is one and is free.
    pub(super) fn keep(&mut self, text: &str) -> Option<String> {
        let address: Email = text.parse().ok()?;
        self.0.insert(address.key()).then(|| address.into_string())
    }

    /// The address of an account that can't have its own. Its domain can never belong to anybody (RFC 2606): under whatever address
    /// that might, a stranger could one day be sent what opens the account.
    pub(super) fn find(&mut self, username: &str) -> String {
        let numbered = |number: u64| match number {
            1 => format!("{username}@imported.invalid"),
            _ => format!("{username}-{number}@imported.invalid"),
        };
        (1..).map(numbered).find_map(|address| self.keep(&address)).unwrap_or_default()
    }
}

/// An allowed name for a room, as like its own as can be.
pub(super) fn room_name(text: &str) -> String {
    if let Ok(name) = text.parse::<RoomName>() {
        return name.into_string();
    }
    let is_allowed = |c: &char| format!("aaa{c}aaa").parse::<RoomName>().is_ok();
    let plain: String = text.nfc().filter(is_allowed).collect();
    let cut: String = plain.trim().chars().take(64).collect();
    let padded = format!("Room {cut}");
    [cut, padded]
        .iter()
        .find_map(|name| name.parse::<RoomName>().ok())
        .map_or_else(|| "Room".to_owned(), RoomName::into_string)
}

/// What a room is about, cut to what is allowed.
pub(super) fn description(text: &str) -> String {
    let plain = text.replace('\0', "\u{fffd}");
    if plain.parse::<Description>().is_ok() {
        return plain;
    }
    plain.chars().take(499).chain(['…']).collect()
}

/// How much is looked back for a place between two words.
const LOOKED_BACK: usize = 400;

/// What a message says in as many messages as that takes, none if it is blank. Nothing but blank stretches is left out, and in
/// place of each U+0000 stands U+FFFD.
pub(super) fn messages(text: &str) -> Vec<String> {
    let plain = text.replace('\0', "\u{fffd}");
    let mut parts = Vec::new();
    let mut rest = plain.as_str();
    while let Some((end, _)) = rest.char_indices().nth(MESSAGE_CHARACTERS) {
        let window = &rest[..end];
        let between = window.char_indices().rev().take(LOOKED_BACK).find(|(_, c)| c.is_whitespace());
        let at = between.map_or(end, |(at, c)| at + c.len_utf8());
        parts.push(rest[..at].to_owned());
        rest = &rest[at..];
    }
    parts.push(rest.to_owned());
    parts.retain(|part| part.parse::<MessageContent>().is_ok());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_or_not_allowed_becomes_a_free_one() {
        let mut names = Names::default();
        assert_eq!(names.keep("Ada"), Some("Ada".into()));
        for (taken, found) in [
            ("ada", "ada2"),
            ("ADA", "ADA3"),
            ("ada!", "ada4"),
            ("José María", "JoseMaria"),
            ("jo", "userjo"),
            ("", "user"),
            ("名前", "user2"),
            (&"a".repeat(300), &"a".repeat(30)),
            (&"A".repeat(31), &format!("{}2", "A".repeat(29))),
        ] {
            assert_eq!(names.keep(taken), None, "{taken}");
            assert_eq!(names.find(taken), found);
        }
    }

    #[test]
    fn an_address_that_is_taken_or_none_becomes_one_that_nobody_can_own() {
        let mut addresses = Addresses::default();
        assert_eq!(addresses.keep("Ada@Example.com"), Some("Ada@Example.com".into()));
        assert_eq!(addresses.keep("ada@example.COM"), None);
        assert_eq!(addresses.keep("ada@localhost"), None);
        assert_eq!(addresses.find("ada2"), "ada2@imported.invalid");
        assert_eq!(addresses.find("ADA2"), "ADA2-2@imported.invalid");
    }

    #[test]
    fn a_room_keeps_as_much_of_its_name_as_is_allowed() {
        for (given, name) in [
            (" General ", "General"),
            ("ab", "Room ab"),
            ("", "Room"),
            ("\u{202e}evil\nname", "evilname"),
            (&"x".repeat(65), &"x".repeat(64)),
        ] {
            assert_eq!(room_name(given), name);
        }
        assert_eq!(description("short\0"), "short\u{fffd}");
        assert_eq!(description(&"é".repeat(501)).chars().count(), 500);
    }

    #[test]
    fn a_message_is_split_between_words_and_loses_none() {
        assert_eq!(messages(" as it is \n"), [" as it is \n"]);
        assert_eq!(messages("a\0b"), ["a\u{fffd}b"]);
        assert!(messages("").is_empty() && messages(" \n\t").is_empty());
        assert_eq!(messages(&"🎉".repeat(4000)).len(), 1);
        let words = "four ".repeat(2001);
        let parts = messages(&words);
        assert_eq!((parts.concat(), parts.len()), (words, 3));
        assert!(parts.iter().all(|part| part.ends_with(' ') && part.parse::<MessageContent>().is_ok()));
        let unbroken = "é".repeat(9001);
        let parts = messages(&unbroken);
        assert_eq!((parts.concat(), parts.len()), (unbroken, 3));
        let gap = format!("a{}b", " ".repeat(9000));
        assert_eq!(messages(&gap).iter().map(|part| part.trim()).collect::<Vec<_>>(), ["a", "b"]);
    }
}
