//! The server of Parlor: a chat backend that speaks REST and Socket.IO.
//!
//! To embed it: `Server::start(Config::default()).await`, and later `server.stop().await`.
//!
//! | to read about | look in |
//! | --- | --- |
//! | how the parts are joined, and taken down | [`app`] |
//! | settings | [`config`] |
//! | `--demo` | [`demo`] |
//! | who asked over REST; the connection layer | [`http`] |
//! | who asked over a socket; sending to sockets | [`realtime`] |
//! | what is allowed | [`domain`] |
//! | what is kept | [`store`] |
//! | how a commit reaches those who show it | [`bus`] |
//! | logs and metrics | [`observe`] |
//!
//! To add an endpoint: declare it in `protocol`, write one short function in `http/<noun>.rs` and the rule in
//! `domain/<noun>.rs`, and mount it in [`http::routes()`]. To add an event: the same in `realtime/<noun>.rs` and
//! [`realtime::table`].

pub mod app;
pub mod bus;
pub mod clock;
pub mod config;
pub mod demo;
pub mod domain;
mod event_name;
pub mod http;
pub mod observe;
pub mod realtime;
pub mod store;

pub use app::{Server, StartError};
pub use config::Config;
