//! A message in one line: for people, or as the event that brings it.

use crate::{
    Failure, Output,
    output::in_json,
    safe_text::{safe_line, safe_text},
};
use chrono::Local;
use parlor_client::protocol::{
    ServerEvent as _,
    messages::{Message, ReceiveMessage},
    time::Timestamp,
};
use serde::Serialize;

/// The event that brings a message, as `--json` prints it.
#[derive(Serialize)]
pub(crate) struct Received<'a> {
    event: &'static str,
    data: &'a Message,
}

impl<'a> Received<'a> {
    pub(crate) fn new(data: &'a Message) -> Self {
        Self { event: ReceiveMessage::NAME, data }
    }
}

/// A message of a stream, safe to show. `room` is its room's name, where there are several.
pub(crate) fn in_line(message: &Message, room: Option<&str>, output: Output) -> Result<String, Failure> {
    if output.json { in_json(&Received::new(message)) } else { Ok(in_words(message, room, output.color)) }
}

/// A time for people, where they are.
pub(crate) fn minute(at: Timestamp) -> String {
    at.to_utc().with_timezone(&Local).format("%Y-%m-%d %H:%M").to_string()
}

/// A message for people, safe to show.
pub(crate) fn in_words(message: &Message, room: Option<&str>, color: bool) -> String {
    let time = minute(message.created_at);
    let room = room.map(|room| format!("[{}] ", safe_line(room))).unwrap_or_default();
    let name = safe_line(message.username.as_str());
    // What follows the first line is set in, so that it can't be taken for another's message.
    let content = safe_text(&message.content).replace('\n', "\n    ");
    if color {
        format!("\u{1b}[2m{time}\u{1b}[0m {room}\u{1b}[1m{name}\u{1b}[0m: {content}")
    } else {
        format!("{time} {room}{name}: {content}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_client::protocol::ids::MessageId;
    use serde_json::json;

    #[test]
    fn neither_the_room_nor_the_content_commands_the_terminal_or_looks_like_another_line() {
        let (id, time) = (MessageId::generate(), "2025-08-21T10:16:10.123Z");
        let message: Message = serde_json::from_value(json!({ "id": id, "roomId": id, "userId": id,
            "username": "eve", "content": "a\u{1b}[2J\nroot: b", "status": "delivered", "seq": 1,
            "clientMessageId": null, "createdAt": time, "updatedAt": time, "timestamp": time,
            "sender": { "id": id, "username": "eve" } }))
        .unwrap();
        let line = in_words(&message, Some("kit\u{9b}1m\n\u{202e}chen"), false);
        assert!(line.ends_with(" [kit1m \u{fffd}chen] eve: a[2J\n    root: b"), "{line:?}");
        let colored = in_words(&message, None, true);
        assert_eq!(colored.matches('\u{1b}').count(), 4, "{colored:?}");
    }
}
