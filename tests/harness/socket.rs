//! A Socket.IO client of nothing but frames: for malformed ones, for stalls, and for load at little cost.

use crate::{DEADLINE, declared, documented, soon};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    time::Duration,
};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

/// How a new session by a WebSocket is asked for.
const QUERY: &str = "EIO=4&transport=websocket";

/// What came.
#[derive(Clone, Debug, PartialEq)]
pub enum Packet {
    /// An event, with its first argument.
    Event(String, Value),
    /// The answer to the event with this ack id.
    Ack(u64, Value),
    /// The namespace has accepted.
    Connect(Value),
    /// The namespace has refused.
    ConnectError(Value),
    /// The namespace has ended it.
    Disconnect,
    /// The connection has ended.
    Closed,
    /// Anything else, as it came.
    Other(String),
}

/// A connection. Heartbeats are answered while something is waited for, and only then.
pub struct RawSocket {
    stream: WebSocketStream<TcpStream>,
    next_ack: u64,
    /// Events that came while something else was waited for.
    pub heard: VecDeque<(String, Value)>,
    /// Acknowledgements that came while something else was waited for: they may overtake each other.
    answers: HashMap<u64, Value>,
    /// The events that want an acknowledgement: name and payload, as they were sent.
    asked: HashMap<u64, String>,
}

impl RawSocket {
    /// A WebSocket with an open Engine.IO session, and no namespace.
    pub async fn open(server: SocketAddr) -> Self {
        Self::open_with(server, QUERY).await
    }

    /// The same, asked for with another query.
    pub async fn open_with(server: SocketAddr, query: &str) -> Self {
        let mut socket = Self::dial(server, query, None, None).await;
        let open = socket.frame().await.unwrap();
        assert!(open.starts_with('0'), "{open}");
        socket
    }

    /// The same with a small receive buffer, so that the server soon notices when nothing is read.
    pub async fn open_narrow(server: SocketAddr) -> Self {
        let mut socket = Self::dial(server, QUERY, Some(4096), None).await;
        assert!(socket.frame().await.unwrap().starts_with('0'));
        socket
    }

    async fn dial(
        server: SocketAddr,
        query: &str,
        receive_buffer: Option<u32>,
        authorization: Option<&str>,
    ) -> Self {
        let dialled = async {
            let socket = TcpSocket::new_v4().unwrap();
            if let Some(bytes) = receive_buffer {
                socket.set_recv_buffer_size(bytes).unwrap();
            }
            let stream = socket.connect(server).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let url = format!("ws://{server}/socket.io/?{query}");
            let mut request = url.into_client_request().unwrap();
            if let Some(authorization) = authorization {
                request.headers_mut().insert("authorization", authorization.parse().unwrap());
            }
            client_async(request, stream).await.unwrap().0
        };
        let stream = soon("a WebSocket", dialled).await;
        Self { stream, next_ack: 0, heard: VecDeque::new(), answers: HashMap::new(), asked: HashMap::new() }
    }

    /// A connected socket of this token's user.
    pub async fn connect(server: SocketAddr, token: &str) -> Self {
        Self::try_connect(server, &json!({ "token": token }))
            .await
            .unwrap_or_else(|refusal| panic!("{refusal}"))
    }

    /// A connected socket with a small receive buffer.
    pub async fn connect_narrow(server: SocketAddr, token: &str) -> Self {
        let socket = Self::open_narrow(server).await;
        socket.enter(&json!({ "token": token })).await.unwrap_or_else(|refusal| panic!("{refusal}"))
    }

    /// A connected socket, or the words of the refusal.
    pub async fn try_connect(server: SocketAddr, auth: &Value) -> Result<Self, String> {
        Self::open(server).await.enter(auth).await
    }

    /// A socket whose token stands in the `Authorization` header, or the words of the refusal.
    pub async fn try_connect_with_header(server: SocketAddr, authorization: &str) -> Result<Self, String> {
        let mut socket = Self::dial(server, QUERY, None, Some(authorization)).await;
        assert!(socket.frame().await.unwrap().starts_with('0'));
        socket.enter(&json!({})).await
    }

    async fn enter(mut self, auth: &Value) -> Result<Self, String> {
        self.send(&format!("40{auth}")).await;
        loop {
            match self.next().await {
                Packet::Connect(_) => return Ok(self),
                Packet::ConnectError(refusal) => {
                    return Err(refusal["message"].as_str().unwrap_or_default().to_owned());
                }
                Packet::Event(name, payload) => self.heard.push_back((name, payload)),
                other => return Err(format!("{other:?}")),
            }
        }
    }

    /// Sends a frame of text as it stands. A connection that is gone is no failure here.
    pub async fn send(&mut self, frame: &str) {
        self.notes(frame);
        let _gone = soon("a frame to be taken", self.stream.send(Message::text(frame))).await.is_err();
    }

    /// Sends a frame of bytes as it stands.
    pub async fn send_bytes(&mut self, frame: Vec<u8>) {
        let _gone = soon("a frame to be taken", self.stream.send(Message::binary(frame))).await.is_err();
    }

    /// Puts frames on the wire together.
    pub async fn send_all(&mut self, frames: impl IntoIterator<Item = String>) {
        for frame in frames {
            self.notes(&frame);
            soon("a frame to be taken", self.stream.feed(Message::text(frame))).await.unwrap();
        }
        soon("frames to be taken", self.stream.flush()).await.unwrap();
    }

    /// Emits an event without asking for an acknowledgement.
    pub async fn emit(&mut self, name: &str, payload: &Value) {
        self.send(&format!("42{}", json!([name, payload]))).await;
    }

    /// Emits an event that wants an acknowledgement, and gives back the ack id.
    pub async fn emit_with_ack(&mut self, name: &str, payload: &Value) -> u64 {
        self.next_ack += 1;
        self.send(&format!("42{}{}", self.next_ack, json!([name, payload]))).await;
        self.next_ack
    }

    /// Emits an event and waits for its acknowledgement.
    pub async fn ask(&mut self, name: &str, payload: &Value) -> Value {
        let id = self.emit_with_ack(name, payload).await;
        self.answer(id).await
    }

    /// Waits for the acknowledgement with this id.
    pub async fn answer(&mut self, id: u64) -> Value {
        self.try_answer(id).await.unwrap_or_else(|| panic!("the connection ended before ack {id}"))
    }

    /// Waits for the acknowledgement with this id, or `None` when the connection ends first.
    pub async fn try_answer(&mut self, id: u64) -> Option<Value> {
        loop {
            if let Some(ack) = self.answers.remove(&id) {
                return Some(ack);
            }
            match self.next().await {
                Packet::Ack(id, ack) => drop(self.answers.insert(id, ack)),
                Packet::Event(name, payload) => self.heard.push_back((name, payload)),
                Packet::Disconnect | Packet::Closed => return None,
                _ => {}
            }
        }
    }

    /// Subscribes to a room.
    pub async fn join(&mut self, room: parlor_protocol::ids::RoomId) {
        let ack = self.ask("join_room", &json!({ "roomId": room })).await;
        assert_eq!(ack["ok"], true, "{ack}");
    }

    /// Waits for an event of this name, and passes over others.
    pub async fn hear(&mut self, name: &str) -> Value {
        while let Some((heard, payload)) = self.heard.pop_front() {
            if heard == name {
                return payload;
            }
        }
        loop {
            match self.next().await {
                Packet::Event(heard, payload) if heard == name => return payload,
                Packet::Ack(id, ack) => drop(self.answers.insert(id, ack)),
                Packet::Event(..) => {}
                other => panic!("waited for {name}, got {other:?}"),
            }
        }
    }

    /// Waits for the end of the connection, and passes over what comes before it.
    pub async fn hear_the_end(&mut self) {
        while self.next().await != Packet::Closed {}
    }

    /// What comes next on the wire; heartbeats are answered on the way.
    pub async fn next(&mut self) -> Packet {
        self.next_within(DEADLINE).await.unwrap_or_else(|| panic!("waited {DEADLINE:?} for a packet"))
    }

    /// What comes next on the wire within this time.
    pub async fn next_within(&mut self, time: Duration) -> Option<Packet> {
        timeout(time, async {
            loop {
                match self.frame().await.as_deref() {
                    None => return Packet::Closed,
                    Some("2") => self.send("3").await,
                    Some("6") => {}
                    Some(frame) => {
                        let packet = packet(frame);
                        self.check(&packet);
                        return packet;
                    }
                }
            }
        })
        .await
        .ok()
    }

    /// Keeps which event an acknowledgement will belong to.
    fn notes(&mut self, frame: &str) {
        let Some(event) = frame.strip_prefix("42") else { return };
        let id = event.bytes().take_while(u8::is_ascii_digit).count();
        if let Ok(ack) = event[..id].parse() {
            self.asked.insert(ack, event[id..].to_owned());
        }
    }

    /// Fails if something came that is not as it is declared, or if something was accepted that is not.
    fn check(&mut self, packet: &Packet) {
        let seen = match packet {
            Packet::Ack(id, ack) => {
                let Some((name, sent)) = self.asked.remove(id).and_then(|asked| arguments(&asked)) else {
                    return;
                };
                if let Some(failure) = ack["error"]["type"].as_str() {
                    declared::check_event(&name, failure);
                }
                documented::answered(&name, ack).and_then(|()| documented::accepted(&name, sent, ack))
            }
            Packet::Event(name, payload) => {
                if let ("error", Some(event), Some(failure)) =
                    (name.as_str(), payload["event"].as_str(), payload["type"].as_str())
                {
                    declared::check_event(event, failure);
                }
                documented::heard(name, payload)
            }
            _ => return,
        };
        seen.unwrap_or_else(|fault| panic!("{fault}"));
    }

    /// The next frame, or `None` at the end.
    async fn frame(&mut self) -> Option<String> {
        loop {
            match self.stream.next().await? {
                Ok(Message::Text(text)) => return Some(text.to_string()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }
}

/// The name of an event and its first argument.
fn arguments(event: &str) -> Option<(String, Value)> {
    let mut arguments = serde_json::from_str::<Vec<Value>>(event).ok()?.into_iter();
    let name = arguments.next()?.as_str()?.to_owned();
    Some((name, arguments.next().unwrap_or_default()))
}

fn packet(frame: &str) -> Packet {
    let parsed = match frame.as_bytes() {
        [b'4', b'0', ..] => Some(Packet::Connect(serde_json::from_str(&frame[2..]).unwrap_or_default())),
        [b'4', b'1', ..] => Some(Packet::Disconnect),
        [b'4', b'2', ..] => arguments(&frame[2..]).map(|(name, payload)| Packet::Event(name, payload)),
        [b'4', b'3', ..] => frame.find('[').and_then(|at| {
            let arguments: Vec<Value> = serde_json::from_str(&frame[at..]).ok()?;
            Some(Packet::Ack(frame[2..at].parse().ok()?, arguments.into_iter().next()?))
        }),
        [b'4', b'4', ..] => Some(Packet::ConnectError(serde_json::from_str(&frame[2..]).unwrap_or_default())),
        b"1" => Some(Packet::Closed),
        _ => None,
    };
    parsed.unwrap_or_else(|| Packet::Other(frame.to_owned()))
}
