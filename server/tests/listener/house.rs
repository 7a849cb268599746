//! A listener with a small REST router and one namespace, and clients that are as rude as a test needs.

use axum::{
    Extension, Router,
    body::Bytes,
    routing::{get, post},
};
use futures_util::{SinkExt, StreamExt};
use parlor_server::{
    config::{Config, Deadlines},
    http::{
        front::{ClientAddress, Front},
        listener::{self, Closing, ConnRef, Connections, Engine, ListenerSettings},
    },
    observe::Metrics,
};
use socketioxide::{SocketIo, extract::SocketRef, socket::Sid};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{Notify, mpsc},
    task::JoinHandle,
    time::{Instant, timeout},
};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};
use tokio_util::sync::CancellationToken;

/// No event of a test is waited for longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) type Socket = WebSocketStream<TcpStream>;

pub(crate) struct House {
    pub(crate) address: SocketAddr,
    pub(crate) connections: Connections,
    pub(crate) metrics: Metrics,
    pub(crate) engine: Engine,
    pub(crate) io: SocketIo,
    pub(crate) stop: CancellationToken,
    pub(crate) serving: JoinHandle<()>,
    /// Lets `GET /held` answer.
    pub(crate) release: Arc<Notify>,
    joined: mpsc::UnboundedReceiver<Sid>,
    left: mpsc::UnboundedReceiver<Sid>,
}

pub(crate) fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Deadlines that a test can wait for; those that it does not mean are long.
pub(crate) fn settings(change: impl FnOnce(&mut Deadlines)) -> ListenerSettings {
    let mut settings = ListenerSettings::from(&Config::default());
    settings.deadlines = Deadlines { ping: PATIENCE, pong: PATIENCE, ..settings.deadlines };
    change(&mut settings.deadlines);
    settings
}

impl House {
    pub(crate) async fn open(settings: ListenerSettings) -> Self {
        let connections = Connections::default();
        let (io, engine) = listener::sockets(&settings.deadlines);
        let (joins, joined) = mpsc::unbounded_channel();
        let (leaves, left) = mpsc::unbounded_channel();
        let known = connections.clone();
        io.ns("/", move |socket: SocketRef| {
            if let Some(conn) = socket.req_parts().extensions.get::<ConnRef>() {
                known.bind(socket.id, conn);
            }
            socket.join("all");
            let leaves = leaves.clone();
            socket.on_disconnect(move |socket: SocketRef| {
                leaves.send(socket.id).ok();
                std::future::ready(())
            });
            joins.send(socket.id).ok();
            std::future::ready(())
        });
        let release = Arc::new(Notify::new());
        let held = release.clone();
        let rest = Router::new()
            .route("/", get(|| async { "here" }))
            .route(
                "/whoami",
                get(|Extension(client): Extension<ClientAddress>| async move { client.0.to_string() }),
            )
            .route("/echo", post(|body: Bytes| async move { body }))
            .route("/large", get(|| async { "x".repeat(1 << 20) }))
            .route("/panic", get(async || -> &'static str { panic!("a defect") }))
            .route("/held", get(async move || held.notified().await));
        let metrics = Metrics::on();
        let front = Front::new(rest, engine.clone(), connections.clone(), &settings, metrics.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let serving = tokio::spawn(listener::serve(
            listener,
            settings,
            front,
            Closing { doors: stop.clone(), talks: stop.clone() },
        ));
        Self { address, connections, metrics, engine, io, stop, serving, release, joined, left }
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends `request` as it is, and reads until the server closes.
    pub(crate) async fn ask(&self, request: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        all(&mut stream).await
    }

    /// A request without a body, after which the server closes.
    pub(crate) async fn request(&self, method: &str, target: &str, headers: &str) -> String {
        self.ask(&format!("{method} {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n"))
            .await
    }

    pub(crate) async fn post(&self, target: &str, body: &str) -> String {
        let length = body.len();
        let head =
            format!("POST {target} HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\nconnection: close");
        self.ask(&format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}")).await
    }

    /// A WebSocket in the namespace.
    pub(crate) async fn socket(&mut self) -> (Socket, Sid) {
        let socket = self.socket_at("/socket.io/?EIO=4&transport=websocket").await;
        self.join(socket).await
    }

    pub(crate) async fn socket_at(&self, target: &str) -> Socket {
        client_async(format!("ws://{}{target}", self.address), self.slow().await).await.unwrap().0
    }

    /// A connection whose kernel takes little while it does not read.
    pub(crate) async fn slow(&self) -> TcpStream {
        let tcp = TcpSocket::new_v4().unwrap();
        tcp.set_recv_buffer_size(4096).unwrap();
        tcp.connect(self.address).await.unwrap()
    }

    async fn join(&mut self, mut socket: Socket) -> (Socket, Sid) {
        assert!(text(&mut socket).await.unwrap().starts_with('0'));
        socket.send(Message::text("40")).await.unwrap();
        while !text(&mut socket).await.unwrap().starts_with("40") {}
        (socket, self.joined().await)
    }

    pub(crate) async fn joined(&mut self) -> Sid {
        timeout(PATIENCE, self.joined.recv()).await.expect("a socket joins").unwrap()
    }

    pub(crate) async fn left(&mut self) -> Sid {
        timeout(PATIENCE, self.left.recv()).await.expect("a socket leaves").unwrap()
    }

    /// A polling session in the namespace, for which nothing waits: its first heartbeat has come.
    pub(crate) async fn polling(&mut self) -> Sid {
        let opened = self.request("GET", "/socket.io/?EIO=4&transport=polling", "").await;
        let sid: Sid = opened.split("\"sid\":\"").nth(1).unwrap()[..16].parse().unwrap();
        let target = poll(sid);
        assert!(self.post(&target, "40").await.contains("200 OK"));
        assert_eq!(self.joined().await, sid);
        let (mut joined, mut pinged) = (false, false);
        while !(joined && pinged) {
            let answer = self.request("GET", &target, "").await;
            for packet in answer.split("\r\n\r\n").nth(1).unwrap().split('\u{1e}') {
                joined |= packet.starts_with("40");
                pinged |= packet == "2";
            }
        }
        sid
    }

    /// Waits until no connection and no binding is left.
    pub(crate) async fn is_empty(&self) {
        let empty = async {
            loop {
                let counts = self.connections.counts();
                if (counts.open, counts.sockets, counts.bound) == (0, 0, 0) {
                    break;
                }
                tokio::time::sleep(millis(2)).await;
            }
        };
        assert!(timeout(PATIENCE, empty).await.is_ok(), "left over: {:?}", self.connections);
    }

    /// Emits until every socket that does not read has more waiting than the kernel takes.
    pub(crate) async fn flood(&self, count: usize) {
        let filler = "x".repeat(4000);
        for _ in 0..count {
            self.io.to("all").emit("filler", &filler).await.ok();
            tokio::task::yield_now().await;
        }
    }
}

pub(crate) fn poll(sid: Sid) -> String {
    format!("/socket.io/?EIO=4&transport=polling&sid={sid}")
}

/// The next text frame that is no heartbeat; `None` when the connection is over.
pub(crate) async fn text(socket: &mut Socket) -> Option<String> {
    loop {
        match timeout(PATIENCE, socket.next()).await.expect("a frame or the end") {
            Some(Ok(Message::Text(text))) if text.as_str() != "2" => return Some(text.to_string()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
            Some(Ok(_)) => {}
        }
    }
}

/// Everything until the server closes, however it does.
pub(crate) async fn all(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let end = timeout(PATIENCE, stream.read_to_end(&mut read)).await.expect("the server closes");
    end.ok();
    String::from_utf8_lossy(&read).into_owned()
}

/// Writes `bytes` one by one, one every `pause`, until the server closes; says after how long.
pub(crate) async fn drip(stream: TcpStream, bytes: &[u8], pause: Duration) -> Duration {
    let start = Instant::now();
    let (mut reader, mut writer) = stream.into_split();
    let dripping = async {
        for byte in bytes.iter().cycle() {
            if writer.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(pause).await;
        }
    };
    let mut rest = Vec::new();
    tokio::select! {
        () = dripping => {}
        _ = reader.read_to_end(&mut rest) => {}
        () = tokio::time::sleep(PATIENCE) => panic!("the server does not close"),
    }
    start.elapsed()
}
