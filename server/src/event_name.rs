//! Names of events that are written with escapes, past a library that cannot read them.
//!
//! Socket.IO's parser borrows an event's name from its frame, and takes one with an escape (`"fr\u00fch"`, as Python's clients
//! write it) for no event: it ends the session. So on the way in, the escapes of a name are veiled, byte for byte, since a
//! WebSocket's frames have announced their length; and whoever takes the event from the library unveils its name.

use std::borrow::Cow;

/// In the place of the backslash. A name may contain it as it stands; no event's does.
const VEIL: u8 = 0x7f;

/// What must not follow it as it stands, and what does: a quote would end the name, and a backslash begin another escape.
const VEILED: [(u8, u8); 2] = [(b'"', b'\''), (b'\\', b'|')];

/// Where a packet's reading stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Veil {
    /// Before the 4 of a message.
    #[default]
    Start,
    /// Before the 2 of an event.
    Kind,
    /// Before its array: a namespace and an ack id may stand here.
    Head,
    /// In the array, before the name.
    Array,
    /// In the name.
    Name,
    /// After a backslash in the name.
    Escape,
    /// What comes now is as it was.
    Rest,
}

impl Veil {
    /// What stands for the packet's next byte.
    pub(crate) fn pass(&mut self, byte: u8) -> u8 {
        let (next, passed) = match (*self, byte) {
            (Self::Start, b'4') => (Self::Kind, byte),
            (Self::Kind, b'2') => (Self::Head, byte),
            (Self::Head, b'[') => (Self::Array, byte),
            (Self::Array, b'"') | (Self::Escape, _) => {
                let escaped = VEILED.iter().find(|(plain, _)| *self == Self::Escape && *plain == byte);
                (Self::Name, escaped.map_or(byte, |(_, veiled)| *veiled))
            }
            (Self::Name, b'\\') => (Self::Escape, VEIL),
            (before @ Self::Head, _) | (before @ Self::Array, b' ' | b'\t' | b'\r' | b'\n') => (before, byte),
            (Self::Name, any) if any != b'"' => (Self::Name, byte),
            _ => (Self::Rest, byte),
        };
        *self = next;
        passed
    }
}

/// The name as it was sent; as it stands if it was none that JSON has.
pub(crate) fn unveil(name: &str) -> Cow<'_, str> {
    if !name.as_bytes().contains(&VEIL) {
        return Cow::Borrowed(name);
    }
    let mut json = String::from('"');
    let mut veiled = false;
    for char in name.chars() {
        let plain = VEILED.iter().find(|(_, stands)| veiled && char == char::from(*stands));
        veiled = !veiled && char == char::from(VEIL);
        json.push(if veiled { '\\' } else { plain.map_or(char, |(plain, _)| char::from(*plain)) });
    }
    json.push('"');
    serde_json::from_str(&json).map_or(Cow::Borrowed(name), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the parser gets, and the name that comes out of it.
    fn passed(packet: &str) -> (String, Option<String>) {
        let mut veil = Veil::default();
        let bytes: Vec<u8> = packet.bytes().map(|byte| veil.pass(byte)).collect();
        let text = String::from_utf8(bytes).unwrap();
        let name = text.find('[').and_then(|at| {
            // Borrowed, as the library reads it.
            let (name, _): (&str, serde_json::Value) = serde_json::from_str(&text[at..]).ok()?;
            Some(unveil(name).into_owned())
        });
        (text, name)
    }

    #[test]
    fn a_name_with_escapes_is_read_without_and_comes_out_as_it_was() {
        for (sent, name) in [
            (r#"421["typ\u0069ng",{}]"#, "typing"),
            (r#"42["fr\u00fch",{}]"#, "früh"),
            (r#"42/room,12[ "a\nb",{}]"#, "a\nb"),
            (r#"42["it\"s",{}]"#, "it\"s"),
            (r#"42["\\",{}]"#, "\\"),
            (r#"42["\\\"\\\\",{}]"#, "\\\"\\\\"),
            (r#"42["\ud83d\ude00\u007f",{}]"#, "\u{1f600}\u{7f}"),
        ] {
            let (passed, came) = passed(sent);
            assert_eq!((passed.len(), came.as_deref()), (sent.len(), Some(name)), "{sent}");
        }
    }

    #[test]
    fn a_name_that_json_does_not_have_is_still_a_name() {
        for (sent, name) in [
            (r#"42["\ud800",{}]"#, "\u{7f}ud800"),
            (r#"42["\q",{}]"#, "\u{7f}q"),
            ("42[\"a\u{7f}b\",{}]", "a\u{8}"),
            ("42[\"\u{7f}\",{}]", "\u{7f}"),
        ] {
            assert_eq!(passed(sent).1.as_deref(), Some(name), "{sent}");
        }
    }

    #[test]
    fn nothing_else_is_touched() {
        for packet in [
            r#"42["typing",{"a":"\n\u0069\"","b\"":1},"\\"]"#,
            r#"431["a\nb"]"#,
            r#"40{"token":"a\nb"}"#,
            r#"4{"a\"b"}"#,
            r#"42{"a\"b":1}"#,
            r#"42[["a\nb"]]"#,
            r"\\\",
            "",
        ] {
            assert_eq!(passed(packet).0, packet);
        }
    }
}
