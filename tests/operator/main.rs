//! What an operator does with the built program beside serving. Run by `tests/services`, which starts the databases.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "that is how a test fails, in its helping functions too"
)]

mod accounts;
mod backups;
mod checkup;
mod copies;
mod damage;
mod desk;
mod resumed;
