//! Faults: crashes, stalls, storms and bad input, against the built server as a process of its own. The promises of the contract
//! hold through each of them.
//!
//! As they stand these take seconds; `tests/campaign` runs them whole.
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod bad_events;
mod bad_frames;
mod bad_requests;
mod chatter;
mod chatterer;
mod clients;
mod deletion;
mod deploy;
mod frames_by_hand;
mod handshakes;
mod joins;
mod kills;
mod leaves;
mod logins;
mod order;
mod stalled_pages;
mod stalls;
mod tails;
