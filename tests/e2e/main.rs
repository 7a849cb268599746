//! Everything that the contract promises, seen from outside. A name such as `s1_…` or `h10_…` is a fault of the original
//! server that must not come back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

mod invites;
mod members;
mod rooms;
mod sessions;
mod sockets_of_sessions;
mod tokens;
mod users;
