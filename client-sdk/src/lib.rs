#![doc = include_str!("../README.md")]
//!
//! # Where things are
//!
//! | to read about | look in |
//! | --- | --- |
//! | REST calls, and opening a socket | [`Client`] (`client.rs`) |
//! | paged lists as streams | [`Client::rooms`] and its neighbours (`paging.rs`) |
//! | which calls are tried again by themselves | [`ClientBuilder::retries`] (`retry.rs`) |
//! | how a client is set up | [`ClientBuilder`] (`builder.rs`) |
//! | signing in and out, tokens, when they end, and where they are kept | [`Session`] (`session.rs`), `clock.rs`, [`SessionStore`] (`store.rs`) |
//! | a connection that comes back by itself, rooms, sending | [`Live`](live::Live), [`Room`](live::Room) (`live.rs`) |
//! | a room as people see it, for user interfaces (feature `timeline`) | [`timeline`] (`timeline.rs`) |
//! | emitting events, and their answers | [`Socket`], [`Emitter`] (`socket.rs`) |
//! | what the server sends | [`ServerMessage`] (`updates.rs`) |
//! | what can go wrong | [`Error`] (`error.rs`) |
//! | what goes over the wire, as it stands there | [`Wire`] (`wire.rs`) |
//! | Socket.IO: what is relied on, and the one file that knows `rust_socketio` | `transport.rs`, `transport/socketio.rs` |
//!
//! A new endpoint or client event needs nothing here: [`Client::call`] and [`Socket::emit`] take whatever
//! [`parlor_protocol`] declares. A new server event gets a line in `updates.rs`; a test fails until it is there.
//!
//! [`Client::live`] is what bots and frontends want. This is the single connection below it:
//!
//! ```
//! use parlor_client::{Client, ServerMessage, protocol::{messages::*, subscriptions::*}};
//!
//! # parlor_tests::docs::with_url(async |url, room_id| {
//! let client = Client::new(&url)?;
//! client.sign_in("ada@example.com".parse()?, "four unlikely words".parse()?).await?;
//! let mut socket = client.connect().await?;
//! socket.emit::<JoinRoomEvent>(JoinRoomPayload { room_id, after: None, epoch: None }).await?;
//! let hello = SendMessagePayload { room_id, content: "Hello!".parse()?, client_message_id: None };
//! socket.emit::<SendMessageEvent>(hello).await?;
//! while let Some(message) = socket.next().await {
//!     if let ServerMessage::ReceiveMessage(message) = message {
//!         println!("{}: {}", message.username, message.content);
//!         break;
//!     }
//! }
//! # Ok(()) });
//! ```

mod ask;
mod builder;
mod client;
mod clock;
mod error;
pub mod live;
mod paging;
mod retry;
mod session;
mod socket;
mod store;
#[cfg(feature = "timeline")]
pub mod timeline;
mod transport;
mod updates;
mod wire;

pub use builder::ClientBuilder;
pub use client::Client;
pub use error::{DisconnectReason, Error};
pub use parlor_protocol as protocol;
pub use session::Session;
pub use socket::{Emitter, Socket};
#[cfg(feature = "keyring")]
pub use store::KeyringSession;
pub use store::{FileSession, SessionStore};
pub use updates::ServerMessage;
pub use wire::Wire;
