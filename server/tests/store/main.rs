//! Does every query mean the same on every database?
//!
//! Each test runs on SQLite, PostgreSQL and MariaDB or MySQL, each time on a fresh database. The servers are named by
//! `PARLOR_TEST_POSTGRES_URL` and `PARLOR_TEST_MYSQL_URL`, whose users may make databases; `tests/run` starts and names them.

#![allow(unreachable_pub, reason = "the modules of a test are seen by nobody else")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "that is how a test fails, in its helping functions too"
)]

mod batch;
mod bounded;
mod complete;
mod copy;
mod damage;
mod encrypted;
mod fresh;
mod held;
mod history;
mod invites;
mod lossy;
mod mariadb;
mod members;
mod messages;
mod nodes;
mod open;
mod original;
mod people;
mod plans;
mod receipts;
mod rooms;
mod schema;
mod sessions;
mod statements;
mod timeline;
mod transactions;
mod traps;
mod users;
