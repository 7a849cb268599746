//! Texts that can't hold a wrong value: each is checked where it is decoded, in REST, socket and client alike.

#[cfg(feature = "schema")]
mod patterns;

#[cfg(feature = "schema")]
use patterns::{EMAIL, NOT_BLANK, VISIBLE};
use serde::{Deserialize, Deserializer, Serialize, de};
use std::{fmt, str::FromStr};
use unicode_normalization::UnicodeNormalization;

/// Why a text was refused: a phrase that follows the field's name.
pub type Refusal = &'static str;

macro_rules! texts {
    ($($(#[doc = $doc:literal])* $name:ident $(($secret:ident))? { $($rule:ident: $value:expr),* } = $check:expr;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, PartialEq, Eq, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        #[cfg(feature = "schema")]
        text_shape!($name, [$($doc)*], $($rule: $value),*);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text itself, owned.
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Refusal;
            fn try_from(text: String) -> Result<Self, Refusal> {
                let check: fn(String) -> Result<String, Refusal> = $check;
                check(text).map(Self)
            }
        }

        impl FromStr for $name {
            type Err = Refusal;
            fn from_str(text: &str) -> Result<Self, Refusal> {
                Self::try_from(text.to_owned())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::try_from(String::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }

        texts!(@show $name $($secret)?);
    )*};
    (@show $name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
    (@show $name:ident secret) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(hidden)"))
            }
        }
    };
}

texts! {
    /// A user's name: 3 to 30 of `[A-Za-z0-9]`; unique without regard to case.
    Username { least: 3, most: Some(30), pattern: Some("^[A-Za-z0-9]+$"), example: "ada" } = |text| match text.len() {
        3..=30 if text.bytes().all(|b| b.is_ascii_alphanumeric()) => Ok(text),
        _ => Err("must be 3 to 30 letters or digits"),
    };

    /// An e-mail address: one `@`, no blanks, a dot in the domain, at most 254 characters; unique without regard to case.
    Email { least: 3, most: Some(254), pattern: Some(EMAIL), example: "ada@example.com" } = |text| if is_email(&text) { Ok(text) } else { Err("must be an e-mail address such as ada@example.com") };

    /// A password to be set: 8 to 128 characters, kept in NFC.
    NewPassword(secret) { least: 8, most: Some(128), format: Some("password"), example: "correct horse battery" } = |text| {
        let text: String = text.nfc().collect();
        match text.chars().count() {
            8..=128 => Ok(text),
            _ => Err("must be 8 to 128 characters"),
        }
    };

    /// A password as it is typed at a login: 1 to 128 characters, so that old short ones still work.
    Password(secret) { least: 1, most: Some(128), format: Some("password"), example: "correct horse battery" } = |text| {
        let text: String = text.nfc().collect();
        match text.chars().count() {
            1..=128 => Ok(text),
            _ => Err("must be 1 to 128 characters"),
        }
    };

    /// An e-mail address as it is typed at a login: 1 to 254 characters, of whatever form.
    LoginEmail { least: 1, most: Some(254), example: "ada@example.com" } = |text| match text.chars().count() {
        1..=254 => Ok(text),
        _ => Err("must be 1 to 254 characters"),
    };

    /// A signed access token.
    AccessToken(secret) { least: 1, most: Some(4096), pattern: Some("^[!-~]+$"), example: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl" } = |text| bounded(text, 4096, "must be a token");

    /// A refresh token: opaque, given out once.
    RefreshToken(secret) { least: 1, most: Some(256), pattern: Some("^[!-~]+$"), example: "cmVmcmVzaA" } = |text| bounded(text, 256, "must be a refresh token");

    /// The secret part of an invite's link.
    InviteCode(secret) { least: 1, most: Some(128), pattern: Some("^[A-Za-z0-9_-]+$"), example: "q7Zc2mVx0bT4" } = |text| match text.len() {
        1..=128 if is_plain(&text) => Ok(text),
        _ => Err("must be an invite code: 1 to 128 letters, digits, '_' or '-'"),
    };

    /// A room's name: 3 to 64 characters after trimming, without control, bidirectional or invisible ones; kept in NFC.
    RoomName { least: 3, pattern: Some(VISIBLE), example: "general" } = |text| {
        let text: String = text.trim().nfc().collect();
        match text.chars().count() {
            3..=64 if !text.chars().any(is_unprintable) => Ok(text),
            3..=64 => Err("must not have control or invisible characters"),
            _ => Err("must be 3 to 64 characters"),
        }
    };

    /// What a room is about: at most 500 characters, no U+0000.
    Description { most: Some(500), pattern: Some("^[^\\x00]*$"), example: "Whatever fits nowhere else" } = |text| match text.chars().count() {
        0..=500 if !text.contains('\0') => Ok(text),
        0..=500 => Err("must not have a U+0000"),
        _ => Err("must be at most 500 characters"),
    };

    /// What a message says: 1 to 4,000 Unicode characters, not blank, no U+0000; kept as it was sent.
    MessageContent { least: 1, most: Some(4000), pattern: Some(NOT_BLANK), example: "Hello, world" } = |text| {
        if text.trim().is_empty() {
            Err("must not be blank")
        } else if text.contains('\0') {
            Err("must not have a U+0000")
        } else if text.len() > 4 * MESSAGE_CHARACTERS || text.chars().count() > MESSAGE_CHARACTERS {
            Err("must be at most 4000 characters")
        } else {
            Ok(text)
        }
    };

    /// The sender's own id of a message: 1 to 64 of `[A-Za-z0-9_-]`. With it a retry is safe, for ever.
    ClientMessageId { least: 1, most: Some(64), pattern: Some("^[A-Za-z0-9_-]+$"), example: "c-1" } = |text| match text.len() {
        1..=64 if is_plain(&text) => Ok(text),
        _ => Err("must be 1 to 64 letters, digits, '_' or '-'"),
    };

    /// An id by which a client tells its socket events apart: 1 to 64 characters.
    RequestId { least: 1, most: Some(64), example: "7" } = |text| match text.chars().count() {
        1..=64 => Ok(text),
        _ => Err("must be 1 to 64 characters"),
    };

    /// What to search for: at most 64 characters.
    SearchText { most: Some(64), pattern: Some("^[^\\x00]*$"), example: "ge" } = |text| match text.chars().count() {
        0..=64 if !text.contains('\0') => Ok(text),
        _ => Err("must be at most 64 characters without U+0000"),
    };
}

/// The longest message, in Unicode characters.
pub const MESSAGE_CHARACTERS: usize = 4000;

impl Username {
    /// The form under which a name is unique.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl Email {
    /// The form under which an address is unique.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl LoginEmail {
    /// The form under which an address is unique.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

fn bounded(text: String, most: usize, refusal: Refusal) -> Result<String, Refusal> {
    if (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(text)
    } else {
        Err(refusal)
    }
}

/// What needs no escape in a URL.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    text.chars().count() <= 254
        && text.to_lowercase().chars().count() <= 254
        && (1..=64).contains(&local.chars().count())
        && !local.contains('@')
        && !text.chars().any(|c| c.is_whitespace() || is_unprintable(c) || "<>(),;:\\\"[]".contains(c))
        && domain.contains('.')
        && domain
            .split('.')
            .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
}

/// Control characters, and those that turn the direction of text or can't be seen: they make one name look like another.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Whatever is taken is kept in one form: taken again it is the same, and it is the same on the wire.
    #[track_caller]
    fn is_kept<T>(text: &str) -> Result<(), TestCaseError>
    where
        T: FromStr<Err = Refusal> + Serialize + serde::de::DeserializeOwned + PartialEq + fmt::Debug,
    {
        let decoded = serde_json::from_value::<T>(text.into());
        match text.parse::<T>() {
            Err(refusal) => {
                prop_assert_eq!(decoded.map_err(|error| error.to_string()), Err(refusal.to_owned()));
            }
            Ok(taken) => {
                let wire = serde_json::to_value(&taken).map_err(|e| TestCaseError::fail(e.to_string()))?;
                let again = wire.as_str().unwrap_or_default().parse::<T>();
                prop_assert_eq!(again.as_ref(), Ok(&taken), "{}", wire);
                prop_assert_eq!(decoded.ok(), Some(taken));
            }
        }
        Ok(())
    }

    /// Texts near the limits, of letters that are joined, turned or not seen, as well as any at all.
    fn texts() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            "[A-Za-z0-9_-]{0,70}",
            "[a-zA-ZÀ-ž]{1,8}@[a-z-]{1,8}\\.[a-z]{1,4}",
            "[ \\t\u{85}\u{2000}-\u{200f}]{0,3}[aeÅ가\u{300}-\u{304}\u{345}ﬁ\u{1f600}]{0,70}[ \u{3000}\u{feff}]{0,2}",
            "[aé🎉]{3990,4010}",
            "[\\x00-\\x20a]{0,9}",
        ]
    }

    proptest! {
        #[test]
        fn whatever_text_is_taken_is_kept_in_one_form(text in texts()) {
            is_kept::<Username>(&text)?;
            is_kept::<Email>(&text)?;
            is_kept::<LoginEmail>(&text)?;
            is_kept::<NewPassword>(&text)?;
            is_kept::<Password>(&text)?;
            is_kept::<AccessToken>(&text)?;
            is_kept::<RefreshToken>(&text)?;
            is_kept::<InviteCode>(&text)?;
            is_kept::<RoomName>(&text)?;
            is_kept::<Description>(&text)?;
            is_kept::<MessageContent>(&text)?;
            is_kept::<ClientMessageId>(&text)?;
            is_kept::<RequestId>(&text)?;
            is_kept::<SearchText>(&text)?;
        }

        #[test]
        fn a_message_is_never_changed(text in texts()) {
            let kept = text.parse::<MessageContent>().map(MessageContent::into_string);
            let fits = (1..=MESSAGE_CHARACTERS).contains(&text.chars().count());
            prop_assert_eq!(kept.is_ok(), fits && !text.trim().is_empty() && !text.contains('\0'));
            prop_assert!(kept.is_err() || kept == Ok(text));
        }

        #[test]
        fn a_password_is_one_however_its_letters_are_composed(text in "[aé\u{1e69}ñ한]{4,40}") {
            let apart: String = text.nfd().collect();
            prop_assert_eq!(apart.parse::<NewPassword>(), text.parse::<NewPassword>());
            prop_assert_eq!(apart.parse::<Password>(), text.parse::<Password>());
        }

        #[test]
        fn an_account_is_one_in_whatever_case_it_is_typed(name in "[A-Za-z0-9]{3,30}") {
            let key = |text: &str| text.parse::<Username>().map(|name| name.key());
            prop_assert_eq!(key(&name.to_ascii_uppercase()), key(&name.to_ascii_lowercase()));
            let (new, typed) = (format!("{name}@Example.com"), format!("{}@eXAMPLE.com", name.to_uppercase()));
            prop_assert_eq!(
                new.parse::<Email>().map(|email| email.key()),
                typed.parse::<LoginEmail>().map(|email| email.key())
            );
        }
    }

    fn refused<T: FromStr>(text: &str) -> bool {
        text.parse::<T>().is_err()
    }

    #[test]
    fn a_message_has_1_to_4000_characters_and_is_not_blank() {
        assert!(!refused::<MessageContent>("a"));
        assert!(!refused::<MessageContent>(&"🎉".repeat(4000)));
        assert!(refused::<MessageContent>(&"a".repeat(4001)));
        for blank in ["", " ", "\n\t ", "\u{a0}", "a\0b"] {
            assert!(refused::<MessageContent>(blank), "{blank:?}");
        }
        assert_eq!(
            "  kept as sent\r\n".parse::<MessageContent>().map(MessageContent::into_string),
            Ok("  kept as sent\r\n".into())
        );
    }

    #[test]
    fn a_username_is_3_to_30_ascii_letters_or_digits() {
        assert!(!refused::<Username>("Ada"));
        assert!(!refused::<Username>(&"a".repeat(30)));
        for wrong in ["", "ab", &"a".repeat(31), "a b", "ada_", "аda", "ada\n"] {
            assert!(refused::<Username>(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn an_email_has_one_at_and_a_domain_with_a_dot() {
        for right in ["ada@example.com", "a.b+c@sub.example.co", "ÄDA@exämple.de"] {
            assert!(!refused::<Email>(right), "{right}");
        }
        for wrong in [
            "",
            "ada",
            "ada@",
            "@example.com",
            "a@b@example.com",
            "ada@example",
            "a da@example.com",
            "ada@.com",
            "ada@example..com",
            "<ada@example.com>",
        ] {
            assert!(refused::<Email>(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_room_name_is_trimmed_normalised_and_printable() {
        assert_eq!(
            "  Café \u{0301} ☕ ".parse::<RoomName>().map(RoomName::into_string),
            Ok("Café \u{0301} ☕".into())
        );
        assert_eq!("Cafe\u{301}".parse::<RoomName>().map(RoomName::into_string), Ok("Café".into()));
        for wrong in ["ab", "  a  ", &"a".repeat(65), "a\nbc", "abc\u{202e}", "ab\u{200b}c"] {
            assert!(refused::<RoomName>(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let password: NewPassword = "correct horse".parse().unwrap_or_else(|e| panic!("{e}"));
        assert!(!format!("{password:?}").contains("horse"));
    }
}
