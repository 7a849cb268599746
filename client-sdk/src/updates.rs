//! What the server sends over a socket, as one type.

use crate::DisconnectReason;
use parlor_protocol::{
    ServerEvent,
    event::{ErrorEvent, ServerRestart},
    members::{RoomUsers, UserJoined, UserLeft},
    messages::ReceiveMessage,
    presence::UserStatus,
    receipts::{MessageStatusUpdated, MessagesRead},
    rooms::{RoomDeleted, RoomUpdated},
    subscriptions::RoomJoined,
    typing::UserTyping,
};
use serde_json::Value;

macro_rules! server_messages {
    ($($(#[$doc:meta])* $variant:ident = $event:ty;)*) => {
        /// One thing that the server sent, or the end of the connection.
        ///
        /// ```
        /// use parlor_client::{DisconnectReason, ServerMessage};
        ///
        /// fn line(message: &ServerMessage) -> Option<String> {
        ///     match message {
        ///         ServerMessage::ReceiveMessage(message) => Some(format!("{}: {}", message.username, message.content)),
        ///         ServerMessage::UserTyping(typing) if typing.is_typing => Some(format!("{} is typing", typing.username)),
        ///         ServerMessage::Disconnected(reason) => Some(format!("over: {reason}")),
        ///         _ => None,
        ///     }
        /// }
        ///
        /// let end = ServerMessage::Disconnected(DisconnectReason::ByServer);
        /// assert_eq!(line(&end).as_deref(), Some("over: the server ended it"));
        /// // An event of a later version is none that can be matched, and no error.
        /// let later = ServerMessage::Unknown { name: "reaction_added".to_owned(), payload: 5.into() };
        /// assert_eq!(line(&later), None);
        /// ```
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum ServerMessage {
            $($(#[$doc])* $variant(Box<<$event as ServerEvent>::Payload>),)*
            /// An event that came after this version, or one whose payload is not the contract's.
            Unknown {
                /// The event's name.
                name: String,
                /// Its argument.
                payload: Value,
            },
            /// The connection has ended; nothing comes after this.
            Disconnected(DisconnectReason),
        }

        impl ServerMessage {
            /// The names of the events that have a variant.
            ///
            /// ```
            /// use parlor_client::ServerMessage;
            ///
            /// assert!(ServerMessage::NAMES.contains(&"receive_message"));
            /// ```
            pub const NAMES: &'static [&'static str] = &[$(<$event as ServerEvent>::NAME),*];

            pub(crate) fn decode(name: &str, payload: Value) -> Self {
                match name {
                    $(<$event as ServerEvent>::NAME => match serde_json::from_value(payload.clone()) {
                        Ok(payload) => Self::$variant(Box::new(payload)),
                        Err(cause) => {
                            tracing::warn!(event = name, %cause, "an event's payload is not the contract's");
                            Self::Unknown { name: name.to_owned(), payload }
                        }
                    },)*
                    _ => Self::Unknown { name: name.to_owned(), payload },
                }
            }
        }
    };
}

server_messages! {
    /// A message of a room that this socket is subscribed to.
    ReceiveMessage = ReceiveMessage;
    /// Messages became read.
    MessageStatusUpdated = MessageStatusUpdated;
    /// A read cursor moved.
    MessagesRead = MessagesRead;
    /// Someone became a member, or their first socket subscribed.
    UserJoined = UserJoined;
    /// Someone's membership ended, or their last socket sent `leave_room`.
    UserLeft = UserLeft;
    /// Someone is typing, or no longer.
    UserTyping = UserTyping;
    /// Someone came online or went offline.
    UserStatus = UserStatus;
    /// This socket is subscribed to a room now.
    RoomJoined = RoomJoined;
    /// The answer to `get_room_users`.
    RoomUsers = RoomUsers;
    /// A room's name or description changed.
    RoomUpdated = RoomUpdated;
    /// A room is gone.
    RoomDeleted = RoomDeleted;
    /// The server is going down in order.
    ServerRestart = ServerRestart;
    /// An event sent without an acknowledgement failed, or the session has ended.
    Error = ErrorEvent;
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_protocol::{ClientEvent, EventVisitor, visit_events};
    use serde_json::json;

    #[test]
    fn every_server_event_of_the_contract_has_a_variant() {
        struct Names(Vec<&'static str>);
        impl EventVisitor for Names {
            fn client<E: ClientEvent>(&mut self) {}
            fn server<E: ServerEvent>(&mut self) {
                self.0.push(E::NAME);
            }
        }
        let mut declared = Names(Vec::new());
        visit_events(&mut declared);
        declared.0.sort_unstable();
        let mut known = ServerMessage::NAMES.to_vec();
        known.sort_unstable();
        assert_eq!(known, declared.0);
    }

    #[test]
    fn what_is_not_known_is_shown_as_it_came() {
        let payload = json!({ "later": true });
        for name in ["a_later_event", "receive_message"] {
            let message = ServerMessage::decode(name, payload.clone());
            assert_eq!(message, ServerMessage::Unknown { name: name.to_owned(), payload: payload.clone() });
        }
    }
}
