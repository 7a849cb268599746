//! Small texts: doc comments, names, and JSON as it is committed.

use parlor_protocol::Limit;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A doc comment as one paragraph.
pub fn paragraph(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first sentence of a doc comment, without its full stop.
pub fn summary(doc: &str) -> String {
    let text = paragraph(doc);
    let end = text.find(". ").unwrap_or(text.len());
    text[..end].trim_end_matches('.').to_owned()
}

/// A limit in two sentences.
pub fn limit(limit: Limit) -> String {
    let (what, setting, error) = (paragraph(limit.what()), limit.setting(), limit.error());
    let past = if Limit::OF_CONNECTIONS.contains(&limit) {
        "a connection is closed, and a session of Socket.IO is refused with"
    } else {
        "comes"
    };
    format!("{what} By default {} (`{setting}`); past it {past} `{error}`.", limit.in_words())
}

/// Limits as the documents carry them, for programs.
pub fn limits(limits: &[Limit]) -> Value {
    let told = |limit: &Limit| {
        let what = paragraph(limit.what());
        json!({"setting": limit.setting(), "default": limit.default(), "error": limit.error(), "description": what})
    };
    limits.iter().map(told).collect()
}

/// `SendMessage` as an operation's id: `sendMessage`.
pub fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    let first = chars.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}

/// `receive_message` as a type's name: `ReceiveMessage`.
pub fn pascal(name: &str) -> String {
    let parts = name.split('_').map(|part| {
        let mut chars = part.chars();
        chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect::<String>()
    });
    parts.collect()
}

/// A path with its names as they stand on the wire: `{roomId}`.
pub fn path(path: &str) -> String {
    let mut text = String::new();
    for (index, part) in path.split(['{', '}']).enumerate() {
        if index % 2 == 0 {
            text.push_str(part);
        } else {
            // Writing to a String cannot fail.
            write!(text, "{{{}}}", parlor_protocol::request::camel_case(part)).ok();
        }
    }
    text
}

/// JSON with its names in order, whatever else is built beside it: a feature of `serde_json` would keep another order.
pub fn json(mut value: Value) -> String {
    value.sort_all_objects();
    let mut text = String::new();
    for c in serde_json::to_string_pretty(&value).unwrap_or_default().chars() {
        if is_tag(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                write!(text, "\\u{unit:04x}").ok();
            }
        } else {
            text.push(c);
        }
    }
    text.push('\n');
    text
}

/// A character that no editor shows: patterns name them, and they are written as escapes.
fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0000}'..='\u{e007f}')
}
