//! The terminal client as a script calls it, against a real server.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

mod cursors;
mod documents;
mod messages;
mod rooms;
mod sessions;
mod shell;
mod tail;
