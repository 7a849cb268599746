//! The accept loop: HTTP/1 over connections that have deadlines, a place in the caps, and a kill switch.
//!
//! Not `axum::serve`: it has no header deadline, and a peer that stops reading would hold its socket for ever.

mod caps;
mod conn;
mod connections;
mod frames;
mod guarded;
mod sockets;
mod unreadable;
mod upgrade;

pub use conn::{ConnHandle, ConnRef};
pub use connections::{Connections, Counts};
pub use sockets::{Engine, Joined, kick, sockets};

pub(in crate::http) use caps::{Caps, Place, Reached};
pub(in crate::http) use conn::{Conn, Phase};
pub(in crate::http) use frames::{MOST_PACKETS, posted};
pub(in crate::http) use sockets::PATH;
pub(in crate::http) use upgrade::{accepts, upgrade};

use crate::{
    config::{Config, Deadlines, Origins},
    http::front::Front,
};
use guarded::Guarded;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use ipnet::IpNet;
use socket2::SockRef;
use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// After an error that is not the peer's (no file descriptor left), accepting rests so long.
const REST: Duration = Duration::from_millis(50);

/// Bytes of a request's head; hyper answers 431 to more.
const LARGEST_HEAD: usize = 16 * 1024;

/// Headers of a request; hyper answers 431 to more.
const MOST_HEADERS: usize = 64;

/// Bytes; the kernel doubles it. Linux calls a socket writable only when a third of its send buffer is free: with the
/// autotuned one (up to 4 MiB) the write deadline cuts slow readers that read all the time; below 64 KiB bursts suffer.
const SEND_BUFFER: usize = 64 * 1024;

/// How much longer than the write deadline the kernel waits for a peer that acknowledges nothing.
const UNANSWERED: Duration = Duration::from_secs(1);

/// What the listener and the front go by.
#[derive(Clone, Debug)]
pub struct ListenerSettings {
    /// After how long a connection that does not go on is cut.
    pub deadlines: Deadlines,
    /// Open connections.
    pub connections: Option<u32>,
    /// Open connections from an address; for IPv6, from a /64. Trusted proxies have no such bound. Sessions of Socket.IO are
    /// bound by both numbers once more, by the address of the client.
    pub connections_per_address: Option<u32>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Which web pages may call.
    pub origins: Origins,
    /// How long requests that are under way may take at shutdown.
    pub grace: Duration,
}

impl From<&Config> for ListenerSettings {
    fn from(config: &Config) -> Self {
        Self {
            deadlines: config.deadlines,
            connections: config.limits.connections,
            connections_per_address: config.limits.connections_per_address,
            trusted_proxies: config.trusted_proxies.clone(),
            origins: config.origins(),
            grace: Duration::from_secs(5),
        }
    }
}

/// When a listener stops.
#[derive(Clone, Debug, Default)]
pub struct Closing {
    /// No connection is accepted any more.
    pub doors: CancellationToken,
    /// Idle connections end at once, and the others when their request is answered, at the latest after the grace.
    pub talks: CancellationToken,
}

/// Serves `front` until both ends of `closing` have come. Sockets are not waited for: cut them with
/// [`Connections::kill_sockets`].
pub async fn serve(listener: TcpListener, settings: ListenerSettings, front: Front, closing: Closing) {
    let mut http = http1::Builder::new();
    // The guarded stream holds the header deadline: hyper's own does not tell a slow head from an idle connection.
    http.header_read_timeout(None).max_headers(MOST_HEADERS).max_buf_size(LARGEST_HEAD).keep_alive(true);
    let caps = Caps::new(settings.connections, settings.connections_per_address, settings.trusted_proxies);
    let tasks = TaskTracker::new();
    loop {
        let (stream, peer) = tokio::select! {
            biased;
            () = closing.doors.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(REST).await;
                    continue;
                }
            },
        };
        let Ok(place) = caps.enter(peer.ip()) else {
            front.connections().refused();
            reset(&stream);
            continue;
        };
        tune(&stream, settings.deadlines.write);
        let conn = front.connections().open();
        let io = TokioIo::new(Guarded::new(stream, conn.clone(), place, front.clone()));
        tasks.spawn(converse(
            http.clone(),
            io,
            conn,
            peer,
            front.clone(),
            closing.talks.clone(),
            settings.grace,
        ));
    }
    drop(listener);
    tasks.close();
    tasks.wait().await;
}

/// Answers the requests of one connection.
async fn converse(
    http: http1::Builder,
    io: TokioIo<Guarded>,
    conn: Arc<Conn>,
    peer: SocketAddr,
    front: Front,
    stop: CancellationToken,
    grace: Duration,
) {
    let answer = service_fn(move |request| {
        let (front, conn) = (front.clone(), conn.clone());
        async move { Ok::<_, Infallible>(front.answer(&conn, peer.ip(), request).await) }
    });
    let mut connection = pin!(http.serve_connection(io, answer).with_upgrades());
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            match timeout(grace, connection).await {
                Ok(ended) => ended,
                Err(_late) => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %peer, "connection ended");
    }
}

/// Closes with RST, which costs neither side anything more.
fn reset(stream: &TcpStream) {
    if let Err(error) = SockRef::from(stream).set_linger(Some(Duration::ZERO)) {
        tracing::debug!(%error, "cannot reset a connection");
    }
}

fn tune(stream: &TcpStream, write: Duration) {
    let socket = SockRef::from(stream);
    let tuned = socket.set_tcp_nodelay(true).and_then(|()| socket.set_send_buffer_size(SEND_BUFFER));
    // A peer that is gone without a word keeps its connection only so long. Who is there and takes nothing is cut before
    // that by the write deadline, which resets the connection; the kernel would drop it without a word.
    let gone = write + UNANSWERED;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let tuned = tuned.and_then(|()| socket.set_tcp_user_timeout(Some(gone)));
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _unused_here = gone;
    if let Err(error) = tuned {
        tracing::debug!(%error, "cannot tune a connection");
    }
}
