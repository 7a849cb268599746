//! What the SDK tells, as messages of the model.

use super::{
    entry::Me,
    link::State,
    message::{Message, Refused, Voice},
    runner::words,
    safe::Safe,
};
use parlor_client::{
    Error, ServerMessage,
    live::{ConnectionState, Event, Live, Unfollowed},
    protocol::{ids::UserId, presence::Presence, timeline::Happening},
};

/// The messages that an event becomes.
pub(crate) fn messages(event: Event, live: &Live, me: &Me) -> Vec<Message> {
    match event {
        Event::Connection(state) => link(state).map(Message::Link).into_iter().collect(),
        Event::Entry(entry) => {
            let (room, seq) = (entry.room_id, entry.seq);
            match &entry.happening {
                Happening::Message { message } => {
                    let by = || Safe::line(message.username.as_str());
                    let voice = match message.user_id != me.id {
                        false => Voice::Own,
                        true if names(&message.content, &me.name) => Voice::ToMe(by()),
                        true => Voice::Another(by()),
                    };
                    vec![Message::Arrived { room, seq, voice }]
                }
                _ => vec![Message::Arrived { room, seq, voice: Voice::Own }, Message::Stale(room)],
            }
        }
        Event::Resync { room_id, .. } => vec![Message::Stale(room_id)],
        Event::Unfollowed { room_id, why } => {
            let why = match why {
                Unfollowed::NoMember => "you are no longer a member.".to_owned(),
                Unfollowed::Deleted => "the room was deleted.".to_owned(),
                Unfollowed::Refused(error) => words(&Error::Api { error, request_id: None }).to_string(),
                _ => "the server no longer tells of it.".to_owned(),
            };
            vec![Message::RoomGone(room_id, Safe::line(&why))]
        }
        Event::Queued(message) | Event::TakenBack(message) => {
            let settled = Message::Settled(message.client_message_id);
            outbox(live).into_iter().chain([settled]).collect()
        }
        Event::Sent(_) => outbox(live).into(),
        Event::SendFailed { message, error } => {
            let why = words(&error);
            let refused =
                Refused { room: message.room_id, id: message.client_message_id, text: message.content };
            outbox(live).into_iter().chain([Message::Refused(refused, why)]).collect()
        }
        Event::Missed(_) => vec![Message::AllStale],
        Event::Signal(signal) => heard(signal, me.id).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// How the outbox stands.
pub(super) fn outbox(live: &Live) -> [Message; 2] {
    let held = live.held();
    let waiting = live.outbox().len().saturating_sub(held.len());
    [Message::Waiting(waiting), Message::Held(held.into_iter().map(|message| message.room_id).collect())]
}

/// Whether a text has `@name` in it, and not as the beginning of a longer name.
fn names(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_lowercase(), format!("@{}", name.to_lowercase()));
    text.match_indices(&name).any(|(at, found)| {
        let after = &text[at + found.len()..];
        !after.starts_with(char::is_alphanumeric) && !text[..at].ends_with(char::is_alphanumeric)
    })
}

fn link(state: ConnectionState) -> Option<State> {
    Some(match state {
        ConnectionState::Connecting { attempt } => State::Connecting { attempt },
        ConnectionState::CatchingUp => State::CatchingUp,
        ConnectionState::Online => State::Online,
        ConnectionState::Offline { attempt, retry_in, reason } => {
            State::Offline { attempt, retry_in, reason: Safe::line(&reason) }
        }
        ConnectionState::SignedOut => State::SignedOut,
        _ => return None,
    })
}

fn heard(signal: ServerMessage, me: UserId) -> Option<Message> {
    Some(match signal {
        ServerMessage::MessagesRead(receipt) if receipt.user_id == me => {
            Message::ReadTo { room: receipt.room_id, seq: receipt.last_read_seq }
        }
        ServerMessage::UserTyping(typing) => Message::Typing {
            room: typing.room_id,
            user: typing.user_id,
            name: Safe::line(typing.username.as_str()),
            is_typing: typing.is_typing,
        },
        ServerMessage::UserStatus(status) => {
            Message::Presence { user: status.user_id, is_online: status.status == Presence::Online }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_named_is_named_as_a_whole_and_however_it_is_written() {
        for (text, is) in [
            ("@Ada can you look at it?", true),
            ("and you, @ada?", true),
            ("(@ADA)", true),
            ("@adam", false),
            ("mail@ada.example", false),
            ("Ada", false),
            ("@adam, @ada", true),
        ] {
            assert_eq!(names(text, "Ada"), is, "{text}");
        }
    }
}
