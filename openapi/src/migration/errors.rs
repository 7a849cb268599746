//! Failures: what was answered, and what is.

use parlor_protocol::ErrorType;

/// Each error type, and whether the original had it.
pub const ERRORS: &[(ErrorType, &str)] = &[
    (ErrorType::Validation, "400, for the first bad field; on sockets silence, or the end of the server"),
    (ErrorType::Unauthenticated, "401 without a token, 403 with a bad one, 404 or 400 for a failed login"),
    (ErrorType::NotAuthorized, "401; on sockets the same name"),
    (ErrorType::NotFound, "404, for an unknown user 500"),
    (ErrorType::MethodNotAllowed, "404"),
    (ErrorType::Conflict, "409, or 500 when two raced"),
    (ErrorType::PayloadTooLarge, "413, above 100 kB"),
    (ErrorType::UnsupportedMediaType, "400, as a missing body"),
    (ErrorType::RateLimit, "on sockets the same name; nothing over REST"),
    (ErrorType::ServerError, "500, with the database's words; on sockets the same name"),
    (ErrorType::Unavailable, "500"),
];

/// The statuses that are others than before: what is asked, before, now.
pub const STATUSES: &[(&str, &str, &str)] = &[
    ("a forged or expired token", "403", "401"),
    ("a member-only path, asked by a stranger to a public room", "401", "403"),
    ("a private room, asked by a stranger", "200 or 401", "404"),
    ("a failed login", "404 or 400", "401"),
    ("leaving a room that one owns", "401", "403"),
    ("an invite to a public room, or by somebody else than the owner", "401", "403"),
    ("an invite's creation", "200", "201"),
    ("an unknown user", "500", "404"),
    ("`page` or `limit` that is no number from 1 up", "500, or accepted", "400"),
    ("registrations or joins that race", "201 for several, or 500", "409 for all but one"),
    ("a path that exists, with another method", "404", "405"),
    ("`GET /users` without a token", "200", "401"),
];
