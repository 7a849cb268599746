//! The events, by their names.

use super::{After, Before, Change, Fate, Wire};
use parlor_protocol::ErrorType;

const fn changed(notes: &'static [&'static str], wire: &'static [Wire]) -> Fate {
    Fate::Changed(Change { notes, wire })
}

const NO_MEMBER: &str = "You are not a member of this room; join it first";

/// Each declared event.
pub const EVENTS: &[(&str, Fate)] = &[
    ("authenticate", Fate::New),
    (
        "join_room",
        Fate::Same(
            "`after` and `epoch` ask for what came since; the acknowledgement brings it. `roomId` is one id, never a list.",
        ),
    ),
    (
        "leave_room",
        changed(
            &[
                "Who is not a member gets `NOT_AUTHORIZED`, and nobody is told (was: any stranger could have the room told `user_left`).",
            ],
            &[],
        ),
    ),
    (
        "send_message",
        changed(
            &[
                "A blank message is `VALIDATION` (was: no answer). So is one of more than 4,000 characters.",
                "`messageType` is ignored.",
                "What is refused costs nothing of the 5 messages in 10 s; `RATE_LIMIT` says in `retryAfterMs` how long to wait.",
            ],
            &[Wire {
                case: "a blank message",
                before: Before::Nothing,
                after: After::Error(ErrorType::Validation, "content must not be blank"),
            }],
        ),
    ),
    (
        "message_read",
        changed(
            &[
                "`messageId` is a UUID (was: a number).",
                "It marks that message and all before it as read, for the one who sent the event.",
                "The message must be of `roomId`, else `NOT_FOUND`; who is not a member gets `NOT_AUTHORIZED` (was: anybody, any room).",
            ],
            &[Wire {
                case: "not a member",
                before: Before::Nothing,
                after: After::Error(ErrorType::NotAuthorized, NO_MEMBER),
            }],
        ),
    ),
    (
        "typing",
        changed(
            &[
                "Members only; `isTyping` is `true` or `false`, and nothing else.",
                "The server ends it after 6 s of silence and at a disconnect; one repeat a second passes.",
            ],
            &[],
        ),
    ),
    ("get_room_users", changed(&["Members only (was: anybody who knew the room's id)."], &[])),
    (
        "error",
        changed(
            &[
                "Every failure has a `type` (was: some had only a `message`), and names the `event` that failed. The words of `message` \
are others: match on `type`.",
                "A client that gives an acknowledgement callback gets its failures there, and none here.",
                "What can't be read, or is no known event, is `VALIDATION` (was: silence, or the end of the server).",
            ],
            &[Wire {
                case: "too many messages",
                before: Before::Event(r#"{"type":"RATE_LIMIT","message":"Too many messages, slow down."}"#),
                after: After::Error(ErrorType::RateLimit, "Too often; try again in 3 s"),
            }],
        ),
    ),
    ("server_restart", Fate::New),
    ("room_updated", Fate::New),
    ("room_deleted", Fate::New),
    (
        "user_joined",
        changed(
            &[
                "`type` tells a beginning membership (`permanent`) from a visit (`temporary`).",
                "A visit is told once, for the first socket of a user (was: at each `join_room`), and only in rooms of up to 200 members.",
                "A permanent one has `username` and `name`, which are the same, and `seq`.",
            ],
            &[Wire {
                case: "somebody becomes a member",
                before: Before::Event(
                    r#"{"userId":"018f3c1e-7b5a-4c4e-9a51-3f2b8c6d7e90","name":"ada","type":"joined","timestamp":"2025-08-21T10:16:10.123Z","roomId":"018f3c1e-7b5a-4c4e-9a51-3f2b8c6d7e91"}"#,
                ),
                after: After::Payload,
            }],
        ),
    ),
    (
        "user_left",
        changed(
            &[
                "A visit's end is told when the last socket of a user sends `leave_room`, and only in rooms of up to 200 members.",
                "A permanent one has `seq`, and `name` beside `username`.",
            ],
            &[],
        ),
    ),
    ("room_users", Fate::Same("Up to 1,000 members, in the order in which they joined.")),
    ("room_joined", Fate::Same("`lastSeq` and `epoch` are new. `message` is in other words.")),
    (
        "receive_message",
        changed(
            &[
                "`id` is a UUID (was: a number).",
                "`status`, `seq`, `clientMessageId`, `updatedAt` and `sender` are new, so that a message is the same live and in history.",
                "Every subscriber gets each message once, in the order of `seq`.",
            ],
            &[Wire {
                case: "a message",
                before: Before::Event(
                    r#"{"id":42,"roomId":"018f3c1e-7b5a-4c4e-9a51-3f2b8c6d7e91","userId":"018f3c1e-7b5a-4c4e-9a51-3f2b8c6d7e90","username":"ada","content":"Hello, world","createdAt":"2025-08-21T10:16:10.123Z","timestamp":"2025-08-21T10:16:10.456Z"}"#,
                ),
                after: After::Payload,
            }],
        ),
    ),
    (
        "messages_read",
        changed(
            &[
                "`readAt` is sent (was: documented, but missing), and `lastReadSeq`.",
                "It comes at most once a second for a user in a room; in rooms of more than 200 members, to that user's own sockets.",
            ],
            &[Wire {
                case: "somebody reads",
                before: Before::Event(
                    r#"{"userId":"018f3c1e-7b5a-4c4e-9a51-3f2b8c6d7e90","username":"ada","roomId":"018f3c1e-7b5a-4c4e-9a51-3f2b8c6d7e91"}"#,
                ),
                after: After::Payload,
            }],
        ),
    ),
    (
        "message_status_updated",
        changed(
            &[
                "It names the newest message that became read: apply it to every message up to its `seq`.",
                "`messageId` is a UUID (was: a number); `roomId` and `seq` are new.",
            ],
            &[Wire {
                case: "messages became read",
                before: Before::Event(
                    r#"{"messageId":42,"status":"read","readerId":"018f3c1e-7b5a-4c4e-9a51-3f2b8c6d7e90","timestamp":"2025-08-21T10:16:10.123Z"}"#,
                ),
                after: After::Payload,
            }],
        ),
    ),
    ("user_typing", Fate::Same("Its end comes by itself, even when the other side is cut off.")),
    (
        "user_status",
        changed(
            &[
                "It goes to those who share a room with the user (was: to everybody).",
                "One is online from the first socket until 5 s after the last one (was: until any one of them closed).",
            ],
            &[],
        ),
    ),
];

/// A refused handshake, which is no event of ours.
pub const REFUSED_HANDSHAKE: Fate = Fate::Same(
    "The message is still `Invalid or expired token`. For another reason than the token it begins with the error type, such as \
`RATE_LIMIT` or `UNAVAILABLE`.",
);
