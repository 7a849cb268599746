//! A Socket.IO client that costs little: WebSocket, Engine.IO 4 and Socket.IO 5 by hand, and frames are counted, not parsed.

use serde_json::{Value, json};
use std::{cell::RefCell, io, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// A live event's beginning, up to where a delivery can be told from anything else.
const DELIVERY: &[u8] = b"42[\"receive_message\"";
/// How much is read at once. All sockets share one buffer, so that it stays in the cache.
const CHUNK: usize = 256 * 1024;
/// No answer takes longer on a server that works.
const PATIENCE: Duration = Duration::from_secs(30);

thread_local! {
    static SHARED: RefCell<Vec<u8>> = RefCell::new(vec![0; CHUNK]);
}

/// A signed-in socket.
pub(crate) struct Socket {
    stream: TcpStream,
    /// The beginning of a frame whose end has not come yet.
    rest: Vec<u8>,
    next_ack: u64,
}

/// What one read brought.
#[derive(Default)]
pub(crate) struct Heard {
    /// How many messages were delivered.
    pub(crate) deliveries: u64,
    /// Acknowledgements: their ids.
    pub(crate) acks: Vec<u64>,
    /// Every other text, and acknowledgements again; only with [`Keep::All`].
    pub(crate) texts: Vec<String>,
    /// Whether a heartbeat wants an answer.
    ping: bool,
}

/// What of a read is handed out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Counts and ids of acknowledgements.
    Counts,
    /// The texts as well.
    All,
}

fn broken(what: impl Into<String>) -> io::Error {
    io::Error::other(what.into())
}

impl Socket {
    /// Opens a WebSocket and signs in.
    pub(crate) async fn open(address: SocketAddr, token: &str) -> io::Result<Self> {
        timeout(PATIENCE, Self::try_open(address, token)).await.map_err(|_| broken("no handshake"))?
    }

    async fn try_open(address: SocketAddr, token: &str) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let request = format!(
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        let end = loop {
            if stream.read_buf(&mut head).await? == 0 {
                return Err(broken("closed in the handshake"));
            }
            if let Some(end) = head.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end + 4;
            }
        };
        if !head.starts_with(b"HTTP/1.1 101") {
            return Err(broken(String::from_utf8_lossy(&head[..end])));
        }
        let mut socket = Self { stream, rest: head[end..].to_vec(), next_ack: 0 };
        socket.until(|text| text.starts_with('0')).await?;
        socket.write(&format!("40{}", json!({ "token": token }))).await?;
        let answer = socket.until(|text| text.starts_with("40") || text.starts_with("44")).await?;
        if answer.starts_with("44") { Err(broken(answer)) } else { Ok(socket) }
    }

    /// Sends one text frame. The mask is zero, so that nothing needs to be masked.
    pub(crate) async fn write(&mut self, text: &str) -> io::Result<()> {
        let mut frame = Vec::with_capacity(text.len() + 14);
        frame.push(0x81);
        match u16::try_from(text.len()) {
            Ok(length @ 0..126) => frame.push(0x80 | u8::try_from(length).unwrap_or_default()),
            Ok(length) => {
                frame.push(0x80 | 0x7e);
                frame.extend(length.to_be_bytes());
            }
            Err(_) => {
                frame.push(0x80 | 0x7f);
                frame.extend((text.len() as u64).to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.stream.write_all(&frame).await
    }

    /// Emits an event that wants an acknowledgement, and gives the acknowledgement's id.
    pub(crate) async fn emit(&mut self, event: &str, payload: &Value) -> io::Result<u64> {
        let id = self.next_ack;
        self.next_ack += 1;
        self.write(&format!("42{id}[\"{event}\",{payload}]")).await?;
        Ok(id)
    }

    /// Emits an event and waits for its acknowledgement, which must be a success; what else comes in is dropped.
    pub(crate) async fn ask(&mut self, event: &str, payload: &Value) -> io::Result<Value> {
        let id = self.emit(event, payload).await?;
        let prefix = format!("43{id}[");
        let text = timeout(PATIENCE, self.until(|text| text.starts_with(&prefix))).await;
        let text = text.map_err(|_| broken(format!("no acknowledgement of {event}")))??;
        let ack: Value = serde_json::from_str(&text[prefix.len()..text.len() - 1])?;
        if ack["ok"] == true { Ok(ack["data"].clone()) } else { Err(broken(format!("{event}: {ack}"))) }
    }

    async fn until(&mut self, fits: impl Fn(&str) -> bool) -> io::Result<String> {
        loop {
            let heard = self.hear(Keep::All).await?;
            if let Some(text) = heard.texts.into_iter().find(|text| fits(text)) {
                return Ok(text);
            }
        }
    }

    /// Waits until something comes in; heartbeats are answered.
    pub(crate) async fn hear(&mut self, keep: Keep) -> io::Result<Heard> {
        let mut heard = Heard::default();
        // What came together with the handshake's answer.
        if !self.rest.is_empty() {
            let whole = std::mem::take(&mut self.rest);
            self.take_frames(&whole, keep, &mut heard)?;
        }
        while heard.is_empty() {
            self.stream.readable().await?;
            SHARED.with_borrow_mut(|buffer| {
                let begun = self.rest.len();
                if buffer.len() < begun + CHUNK {
                    buffer.resize(begun + CHUNK, 0);
                }
                buffer[..begun].copy_from_slice(&self.rest);
                match self.stream.try_read(&mut buffer[begun..]) {
                    Ok(0) => Err(broken("closed by the server")),
                    Ok(length) => {
                        self.rest.clear();
                        self.take_frames(&buffer[..begun + length], keep, &mut heard)
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
                    Err(error) => Err(error),
                }
            })?;
        }
        if heard.ping {
            self.write("3").await?;
        }
        Ok(heard)
    }

    fn take_frames(&mut self, mut bytes: &[u8], keep: Keep, heard: &mut Heard) -> io::Result<()> {
        while let Some((opcode, payload, after)) = split_frame(bytes) {
            bytes = after;
            match opcode {
                1 => heard.take(payload, keep),
                8 => return Err(broken("closed by the server")),
                _ => {}
            }
        }
        self.rest.extend_from_slice(bytes);
        Ok(())
    }
}

impl Heard {
    fn is_empty(&self) -> bool {
        self.deliveries == 0 && self.acks.is_empty() && self.texts.is_empty() && !self.ping
    }

    fn take(&mut self, payload: &[u8], keep: Keep) {
        if payload.starts_with(DELIVERY) {
            self.deliveries += 1;
        } else if payload == b"2" {
            self.ping = true;
        } else if payload.starts_with(b"43") {
            let digits = payload[2..].iter().take_while(|byte| byte.is_ascii_digit());
            self.acks.push(digits.fold(0, |id, digit| id * 10 + u64::from(digit - b'0')));
        }
        if keep == Keep::All {
            self.texts.push(String::from_utf8_lossy(payload).into_owned());
        }
    }
}

/// The first whole frame: its opcode and payload, and the bytes after it. A server's frames are not masked.
fn split_frame(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [first, second, ..] = *bytes else { return None };
    let (length, head) = match second & 0x7f {
        126 => (usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)), 4),
        127 => (usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?, 10),
        short => (usize::from(short), 2),
    };
    let payload = bytes.get(head..head + length)?;
    Some((first & 0x0f, payload, &bytes[head + length..]))
}
