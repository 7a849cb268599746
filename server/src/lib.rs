//! The server of Parlor.

pub mod bus;
pub mod clock;
pub mod config;
pub mod domain;
pub mod http;
pub mod realtime;
pub mod store;
