//! The terminal client as a script calls it, against a real server.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

mod config;
mod cursors;
mod documents;
mod failures;
mod gateway;
mod history;
mod hostile;
mod interrupts;
mod messages;
mod outbox;
mod pipes;
mod plain;
mod rooms;
mod sessions;
mod shell;
mod tail;
mod unwritable;
