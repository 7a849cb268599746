//! The endpoints, by their operation ids.

use super::{After, Before, Change, Fate, Wire};
use parlor_protocol::ErrorType;

const fn changed(notes: &'static [&'static str], wire: &'static [Wire]) -> Fate {
    Fate::Changed(Change { notes, wire })
}

const STRANGER: &str = "A private room answers 404 to whoever is not a member, as one that does not exist.";

/// What comes where a non-member of a public room was refused.
const MEMBERS_ONLY: Wire = Wire {
    case: "not a member",
    before: Before::Answer(401, r#"{"success":false,"message":"You are not a member of this room"}"#),
    after: After::Failure(ErrorType::NotAuthorized, "You are not a member of this room; join it first"),
};

/// Each declared endpoint.
pub const ENDPOINTS: &[(&str, Fate)] = &[
    (
        "register",
        changed(
            &[
                "A password has 8 to 128 characters (was: at least 6) and is none of the most common ones; what is too weak is \
`VALIDATION`.",
                "The answer has no `password` any more, and `refreshToken` and `expiresAt` beside `token`.",
                "Of registrations that race for a name or an address one succeeds, the others get 409 (was: several accounts, or 500).",
            ],
            &[Wire {
                case: "success",
                before: Before::Answer(
                    201,
                    r#"{"success":true,"message":"user created successfully","data":{"user":{"id":"018f3c1e-7b5a-4c4e-9a51-3f2b8c6d7e90","username":"ada","email":"ada@example.com","password":"","createdAt":"2025-08-21T10:16:10.123Z","updatedAt":"2025-08-21T10:16:10.123Z"},"token":"eyJhbGciOiJIUzI1NiJ9.eyJpZCI6IjEifQ.c2ln"}}"#,
                ),
                after: After::Success,
            }],
        ),
    ),
    (
        "logIn",
        changed(
            &[
                "An unknown address and a wrong password are one and the same 401 (was: 404 and 400).",
                "The answer has no `password` any more, and `refreshToken` and `expiresAt` beside `token`.",
                "Who fails too often gets 429.",
            ],
            &[
                Wire {
                    case: "unknown address",
                    before: Before::Answer(404, r#"{"success":false,"message":"Invalid login credentials"}"#),
                    after: After::Failure(ErrorType::Unauthenticated, "Invalid login credentials"),
                },
                Wire {
                    case: "wrong password",
                    before: Before::Answer(400, r#"{"success":false,"message":"Invalid login credentials"}"#),
                    after: After::Failure(ErrorType::Unauthenticated, "Invalid login credentials"),
                },
            ],
        ),
    ),
    ("refreshSession", Fate::New),
    ("logOut", Fate::New),
    ("listSessions", Fate::New),
    ("revokeSession", Fate::New),
    ("getMe", Fate::New),
    ("changeMe", Fate::New),
    (
        "searchUsers",
        changed(
            &[
                "It needs a token.",
                "It shows ids and names; e-mail addresses are nobody else's.",
                "It comes in pages: go on with `nextCursor`; `q` looks for the beginning of a name.",
            ],
            &[Wire {
                case: "success",
                before: Before::Answer(
                    200,
                    r#"{"success":true,"message":"Users fetched successfully","data":[{"id":"018f3c1e-7b5a-4c4e-9a51-3f2b8c6d7e90","username":"ada","email":"ada@example.com","createdAt":"2025-08-21T10:16:10.123Z","updatedAt":"2025-08-21T10:16:10.123Z"}]}"#,
                ),
                after: After::Success,
            }],
        ),
    ),
    (
        "getUser",
        changed(
            &["It needs a token.", "It shows no e-mail address.", "An unknown id is 404 (was: 500)."],
            &[Wire {
                case: "unknown id",
                before: Before::Answer(500, r#"{"success":false,"message":"User not found"}"#),
                after: After::Failure(ErrorType::NotFound, "There is no such user; look for them by name"),
            }],
        ),
    ),
    (
        "createRoom",
        changed(
            &[
                "`roomMembers` is gone; one's own membership is `data.membership`.",
                "A name may have 64 characters (was: 30).",
            ],
            &[],
        ),
    ),
    (
        "listRooms",
        changed(
            &[
                "Private rooms are listed to their members only (was: to everybody).",
                "Without `limit` up to 1,000 rooms come; with it, pages: go on with `nextCursor`.",
            ],
            &[],
        ),
    ),
    (
        "getRoom",
        changed(&[STRANGER, "`invite` is gone: its code is given out once, by the invite's creation."], &[]),
    ),
    ("changeRoom", Fate::New),
    ("deleteRoom", Fate::New),
    (
        "joinRoom",
        changed(
            &["A private room answers 404 (was: 401)."],
            &[Wire {
                case: "a private room",
                before: Before::Answer(401, r#"{"success":false,"message":"Unable to join room"}"#),
                after: After::Failure(
                    ErrorType::NotFound,
                    "There is no such room, or one sees it only by an invite",
                ),
            }],
        ),
    ),
    (
        "leaveRoom",
        changed(
            &[
                "The owner, who can't leave, gets 403 (was: 401); `DELETE` of the room is there now.",
                "The leaver's sockets hear nothing of the room afterwards (were: still subscribed).",
            ],
            &[Wire {
                case: "the owner leaves",
                before: Before::Answer(
                    401,
                    r#"{"success":false,"message":"You cannot leave the room you created. Delete the room instead!"}"#,
                ),
                after: After::Failure(
                    ErrorType::NotAuthorized,
                    "The owner can't leave the room, only delete it",
                ),
            }],
        ),
    ),
    (
        "listMembers",
        changed(
            &[
                STRANGER,
                "E-mail addresses are gone, the creator's too.",
                "Each member has `isOnline`; with `limit` it comes in pages.",
            ],
            &[],
        ),
    ),
    ("removeMember", Fate::New),
    (
        "listRoomsOfUser",
        changed(
            &[
                "Of another user it lists only rooms that the caller may see.",
                "`room` is the whole room (was: its id and name).",
            ],
            &[],
        ),
    ),
    (
        "createInvite",
        changed(
            &[
                "A success is 201 (was: 200).",
                "Who does not own the room, or a public room, gets 403 (was: 401).",
                "An invite ends after 7 days unless `expiresInSeconds` says otherwise, and can have `maxUses`.",
            ],
            &[Wire {
                case: "success",
                before: Before::Answer(
                    200,
                    r#"{"success":true,"message":"Invite created successfully","data":{"invite":{"id":"018f3c1e-7b5a-4c4e-9a51-3f2b8c6d7e90","roomId":"018f3c1e-7b5a-4c4e-9a51-3f2b8c6d7e91","createdBy":"018f3c1e-7b5a-4c4e-9a51-3f2b8c6d7e92","inviteCode":"9f86d081884c7d659a2feaa0c55ad015","createdAt":"2025-08-21T10:16:10.123Z"},"link":"https://chat.example.com/api/v1/rooms/invites/9f86d081884c7d659a2feaa0c55ad015/join"}}"#,
                ),
                after: After::Success,
            }],
        ),
    ),
    ("listInvites", Fate::New),
    ("revokeInvite", Fate::New),
    ("joinByInvite", Fate::Same("Expired, revoked and used-up codes are the same 404 as unknown ones.")),
    ("sendMessage", Fate::New),
    (
        "listMessages",
        changed(
            &[
                "Who is not a member gets 403 (was: 401); of a private room, 404.",
                "A message's `id` is a UUID (was: a number). It has `username`, `roomId` and `seq` beside `sender`, as live.",
                "`page` and `limit` that are no numbers from 1 up are 400 (was: 500); `limit` is at most 200.",
                "`before` and `after` page by `seq`, which does not shift while messages arrive; `page` works as before.",
            ],
            &[
                Wire {
                    case: "success",
                    before: Before::Answer(
                        200,
                        r#"{"success":true,"data":{"messages":[{"id":42,"userId":"018f3c1e-7b5a-4c4e-9a51-3f2b8c6d7e90","roomId":"018f3c1e-7b5a-4c4e-9a51-3f2b8c6d7e91","content":"Hello, world","status":"delivered","createdAt":"2025-08-21T10:16:10.000Z","updatedAt":"2025-08-21T10:16:10.000Z","sender":{"id":"018f3c1e-7b5a-4c4e-9a51-3f2b8c6d7e90","username":"ada"}}],"pagination":{"currentPage":1,"totalPages":1,"totalMessages":1,"hasNextPage":false,"hasPrevPage":false}}}"#,
                    ),
                    after: After::Success,
                },
                MEMBERS_ONLY,
            ],
        ),
    ),
    (
        "markRead",
        changed(
            &[
                "Who is not a member gets 403 (was: 401); of a private room, 404.",
                "It moves the caller's read cursor, up to `messageId` or `seq` if one is given (was: without effect).",
                "The answer says where the cursor is.",
            ],
            &[
                Wire {
                    case: "success",
                    before: Before::Answer(200, r#"{"success":true,"message":"Messages marked as read"}"#),
                    after: After::Success,
                },
                MEMBERS_ONLY,
            ],
        ),
    ),
    ("listEvents", Fate::New),
];

/// What is outside the base path.
pub const SERVICE: &[(&str, Fate)] = &[
    ("GET /", changed(&["`data` says what runs here, and which version of the contract."], &[])),
    ("GET /health/live", Fate::New),
    ("GET /health/ready", Fate::New),
    ("GET /openapi.json", Fate::New),
    ("GET /asyncapi.json", Fate::New),
    ("GET /docs", Fate::New),
    (
        "GET /socket.io/socket.io.js",
        changed(
            &[
                "It comes out of the folder in `PARLOR_SOCKETIO_CLIENT_DIR`; without one, a 404 says what to do.",
            ],
            &[],
        ),
    ),
];
