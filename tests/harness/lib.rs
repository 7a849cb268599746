//! What the end-to-end tests stand on: servers, people, raw sockets, a bad network.
//!
//! | to get | look in |
//! | --- | --- |
//! | a server in this process, or the built binary as one that can be killed | [`server`], [`process`] |
//! | people with accounts, their rooms and calls | [`people`] |
//! | what a person's socket hears | [`seat`] |
//! | requests and frames that no well-behaved client sends | [`rest`], [`socket`] |
//! | a slow, stalled or broken connection | [`proxy`] |
//! | a database of one's own, and what is in it | [`databases`] |
//! | which failures an endpoint or an event declares | [`declared`] |
//! | what the documents say of a payload | [`documented`] |
//! | what the examples in the SDK's docs run on | [`docs`] |
//! | chance that can be had again | [`dice`] |
//! | how much of a fault is tried, and what was shown | [`scale`] |
//!
//! Nothing here sleeps to let something happen: a test waits for the event itself, under [`DEADLINE`].

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a harness that can't go on fails the test that uses it"
)]

pub mod databases;
pub mod declared;
pub mod dice;
pub mod docs;
pub mod documented;
pub mod people;
pub mod process;
pub mod proxy;
pub mod rest;
pub mod scale;
pub mod seat;
pub mod server;
pub mod socket;

pub use people::Person;
pub use process::ServerProcess;
pub use rest::Reply;
pub use seat::Seat;
pub use server::TestServer;
pub use socket::{Packet, RawSocket};

use std::{fmt::Display, time::Duration};

/// How long whatever is waited for may take.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// Waits for `what` under the deadline.
pub async fn soon<T>(what: impl Display, waiting: impl Future<Output = T>) -> T {
    within(DEADLINE, what, waiting).await
}

/// Waits for `what`, at most so long.
pub async fn within<T>(time: Duration, what: impl Display, waiting: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(time, waiting).await;
    waited.unwrap_or_else(|_| panic!("waited {time:?} for {what}"))
}
