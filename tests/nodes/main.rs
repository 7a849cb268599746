//! Several nodes of one database: nobody notices at which of them anybody is. Run by `tests/services`, which starts the databases and
//! Redis.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "that is how a test fails, in its helping functions too"
)]

mod behind_nginx;
mod campaign;
mod cluster;
mod cut_off;
mod encrypted;
mod limits;
mod locked;
mod out_of_sight;
mod presence;
mod start_up;
mod talk;
mod unjoined;
mod without_bus;
