//! Everything that the contract promises, seen from outside. A name such as `s1_…` or `h10_…` is a fault of the original
//! server that must not come back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

mod connection;
mod deployment;
mod documents;
mod drain;
mod errors;
mod history;
mod input;
mod invites;
mod large_answers;
mod logins;
mod members;
mod messages;
mod metrics;
mod operation;
mod original;
mod parity;
mod polling;
mod presence;
mod receipts;
mod requests;
mod rooms;
mod sessions;
mod socketio_client;
mod sockets_of_sessions;
mod subscriptions;
mod texts;
mod timeline;
mod tokens;
mod typing;
mod users;
mod web;
