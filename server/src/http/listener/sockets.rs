//! Socket.IO's engine, as it is configured here, and how a session without a connection of its own is ended.

use crate::config::Deadlines;
use bytes::Bytes;
use engineioxide::{TransportType, service::NotFoundService, socket::Sid};
use http_body_util::Full;
use hyper::{Request, StatusCode, header};
use parlor_protocol::LARGEST_PAYLOAD;
use socketioxide::{ParserConfig, SocketIo, service::SocketIoService};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tower::ServiceExt;

/// What answers the requests under `PATH`.
pub type Engine = SocketIoService<NotFoundService>;

/// Where Socket.IO is served.
pub(in crate::http) const PATH: &str = "/socket.io";

/// Packets that may wait for a socket. A full queue at ping time counts as a missed heartbeat, and bursts of a few hundred
/// are normal; while it is empty it costs nothing.
const MOST_WAITING: usize = 4096;

/// Bytes. Frames are small, and this is allocated for every idle socket.
const READ_BUFFER: usize = 128;

/// To join the namespace, and to go over from polling to a WebSocket.
const CONNECT: Duration = Duration::from_secs(10);

/// Socket.IO and the engine below it.
pub fn sockets(deadlines: &Deadlines) -> (SocketIo, Engine) {
    let (engine, io) = SocketIo::builder()
        .req_path(PATH)
        .transports([TransportType::Polling, TransportType::Websocket])
        .ping_interval(deadlines.ping)
        .ping_timeout(deadlines.pong)
        .connect_timeout(CONNECT)
        .upgrade_timeout(CONNECT)
        .max_buffer_size(MOST_WAITING)
        .max_payload(LARGEST_PAYLOAD as u64)
        .ws_max_frame_size(LARGEST_PAYLOAD)
        .ws_max_message_size(LARGEST_PAYLOAD)
        .ws_read_buffer_size(READ_BUFFER)
        .with_parser(ParserConfig::common().max_incoming_binaries(0).max_incoming_binary_buf_size(0))
        .build_svc();
    (io, engine)
}

/// Whether a session has joined; among the extensions of the request that opened it.
///
/// The library would let it leave and join again under the same id, perhaps as another user: what is still under way for the
/// first would reach the second.
#[derive(Clone, Debug, Default)]
pub struct Joined(Arc<AtomicBool>);

impl Joined {
    /// Notes that it joins; `false` when it has done so before.
    pub fn first(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

/// Ends the polling session `sid`, as if its client had sent the close packet: the engine has no other way to end one, and
/// there is no connection to cut. `false` when there is no such session, or it is a WebSocket by now.
pub async fn kick(engine: Engine, sid: Sid) -> bool {
    let close = Request::post(format!("{PATH}/?EIO=4&transport=polling&sid={sid}"))
        .header(header::CONTENT_TYPE, "text/plain")
        .body(Full::new(Bytes::from_static(b"1")));
    let Ok(close) = close else { return false };
    engine.oneshot(close).await.is_ok_and(|answer| answer.status() == StatusCode::OK)
}
