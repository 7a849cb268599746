//! What the SDK tells, as messages of the model.

use super::{
    link::State,
    message::{Message, Refused},
    runner::words,
    safe::Safe,
};
use parlor_client::{
    ServerMessage,
    live::{ConnectionState, Event, Live, Unfollowed},
    protocol::{ids::UserId, presence::Presence, timeline::Happening},
};

/// The messages that an event becomes.
pub(crate) fn messages(event: Event, live: &Live, me: UserId) -> Vec<Message> {
    match event {
        Event::Connection(state) => link(state).map(Message::Link).into_iter().collect(),
        Event::Entry(entry) => {
            let (room, seq) = (entry.room_id, entry.seq);
            match &entry.happening {
                Happening::Message { message } => {
                    vec![Message::Arrived { room, seq, counts: message.user_id != me }]
                }
                _ => vec![Message::Arrived { room, seq, counts: false }, Message::Stale(room)],
            }
        }
        Event::Resync { room_id, .. } => vec![Message::Stale(room_id)],
        Event::Unfollowed { room_id, why } => {
            let why = match why {
                Unfollowed::NoMember => "you are no longer a member.".to_owned(),
                Unfollowed::Deleted => "the room was deleted.".to_owned(),
                Unfollowed::Refused(error) => error.to_string(),
                _ => "the server no longer tells of it.".to_owned(),
            };
            vec![Message::RoomGone(room_id, Safe::line(&why))]
        }
        Event::Queued(message) | Event::TakenBack(message) => {
            vec![Message::Waiting(live.outbox().len()), Message::Settled(message.client_message_id)]
        }
        Event::Sent(_) => vec![Message::Waiting(live.outbox().len())],
        Event::SendFailed { message, error } => {
            let why = words(&error);
            let parlor_client::live::Queued { room_id: room, content: text, client_message_id: id } =
                *message;
            vec![Message::Waiting(live.outbox().len()), Message::Refused(Refused { room, id, text }, why)]
        }
        Event::Missed(_) => vec![Message::AllStale],
        Event::Signal(signal) => heard(signal, me).into_iter().collect(),
        _ => Vec::new(),
    }
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
