//! Frames and requests that only a hand writes: each is handled or costs its sender the connection, and nobody else anything.

use crate::bad_frames::pair_works;
use parlor_tests::{
    Person, RawSocket, Reply, ServerProcess,
    scale::{server, shown},
    soon,
};
use reqwest::Method;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const TEXT: u8 = 0x81;
const PING: u8 = 0x89;
const CLOSE: u8 = 0x88;
/// Text that goes on.
const FIRST: u8 = 0x01;
const NEXT: u8 = 0x00;
const LAST: u8 = 0x80;

/// An event that is answered whatever else is true.
const ASKS: &str = "421[\"no_such_event\",{}]";

/// A frame from a client; its mask is zeros.
fn frame(first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    written(first, 0x80, payload.as_ref())
}

fn written(first: u8, masked: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match u16::try_from(payload.len()) {
        Ok(short) if short < 126 => frame.push(masked + short.to_be_bytes()[1]),
        Ok(length) => {
            frame.push(masked + 126);
            frame.extend(length.to_be_bytes());
        }
        Err(_) => {
            frame.push(masked + 127);
            frame.extend((payload.len() as u64).to_be_bytes());
        }
    }
    if masked != 0 {
        frame.extend([0; 4]);
    }
    frame.extend(payload);
    frame
}

/// A WebSocket without a library.
struct ByHand {
    stream: TcpStream,
    read: Vec<u8>,
    /// The head of the answer to its handshake.
    head: String,
}

impl ByHand {
    async fn open(server: &ServerProcess, query: &str) -> Self {
        let mut stream = TcpStream::connect(server.socket).await.unwrap();
        let request = format!(
            "GET /socket.io/?EIO=4&transport=websocket{query} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut read = Vec::new();
        let end = loop {
            assert_ne!(soon("a handshake", stream.read_buf(&mut read)).await.unwrap(), 0);
            if let Some(at) = read.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let head = String::from_utf8(read.drain(..end).collect()).unwrap();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        Self { stream, read, head: head.to_ascii_lowercase() }
    }

    /// A socket in the namespace.
    async fn connect(server: &ServerProcess, token: &str) -> Self {
        let mut socket = Self::open(server, "").await;
        assert!(socket.text().await.unwrap().starts_with('0'));
        socket.send(&frame(TEXT, format!("40{}", json!({ "token": token })))).await;
        while !socket.text().await.unwrap().starts_with("40") {}
        socket
    }

    /// Whether all of it was taken: the server may have had enough before.
    async fn send(&mut self, bytes: &[u8]) -> bool {
        soon("the bytes to be taken", self.stream.write_all(bytes)).await.is_ok()
    }

    /// The next text; `None` at the end.
    async fn text(&mut self) -> Option<String> {
        loop {
            while let Some((first, payload)) = self.parsed() {
                match first & 0x0f {
                    1 => return Some(String::from_utf8(payload).unwrap()),
                    8 => return None,
                    _ => {}
                }
            }
            let read = soon("a frame or the end", self.stream.read_buf(&mut self.read)).await;
            if read.is_ok_and(|read| read > 0) {
                continue;
            }
            return None;
        }
    }

    fn parsed(&mut self) -> Option<(u8, Vec<u8>)> {
        let (first, short) = (*self.read.first()?, *self.read.get(1)?);
        let (start, length) = match short {
            126 => (4, usize::from(u16::from_be_bytes(self.read.get(2..4)?.try_into().unwrap()))),
            127 => {
                (10, usize::try_from(u64::from_be_bytes(self.read.get(2..10)?.try_into().unwrap())).unwrap())
            }
            short => (2, usize::from(short)),
        };
        let payload = self.read.get(start..start + length)?.to_vec();
        self.read.drain(..start + length);
        Some((first, payload))
    }

    /// Waits for the answer to [`ASKS`]; `false` when the connection ends first.
    async fn is_answered(&mut self) -> bool {
        while let Some(text) = self.text().await {
            if text.starts_with("431[") {
                return true;
            }
        }
        false
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Handled,
    Closed,
    Either,
}

/// What is sent, and how it ends. Whatever is handled is followed by a question that must be answered.
fn cases() -> Vec<(&'static str, Vec<u8>, End)> {
    let many = |count: usize, one: Vec<u8>| one.repeat(count);
    let (start, middle, end) = (&ASKS[..4], &ASKS[4..9], &ASKS[9..]);
    vec![
        ("nothing", vec![], End::Handled),
        (
            "an event in three fragments with a ping between",
            [frame(FIRST, start), frame(PING, "x"), frame(NEXT, middle), frame(LAST, end)].concat(),
            End::Handled,
        ),
        (
            "a thousand empty fragments",
            [frame(FIRST, "3"), many(1000, frame(NEXT, "")), frame(LAST, "")].concat(),
            End::Either,
        ),
        ("10,000 small packets at once", many(10_000, frame(TEXT, "3")), End::Handled),
        ("10,000 pings", many(10_000, frame(PING, "x")), End::Either),
        ("an unmasked frame", written(TEXT, 0, ASKS.as_bytes()), End::Closed),
        ("a compressed frame", frame(TEXT | 0x40, ASKS), End::Closed),
        ("the second reserved bit", frame(TEXT | 0x20, ASKS), End::Closed),
        ("the third reserved bit", frame(TEXT | 0x10, ASKS), End::Closed),
        ("a reserved kind of data", frame(0x83, "x"), End::Closed),
        ("a reserved kind of control", frame(0x8b, "x"), End::Closed),
        ("a ping of 126 bytes", frame(PING, "x".repeat(126)), End::Closed),
        ("a ping in fragments", [frame(0x09, "x"), frame(LAST, "x")].concat(), End::Closed),
        ("a continuation of nothing", frame(LAST, ASKS), End::Closed),
        ("a text within a text", [frame(FIRST, "42"), frame(TEXT, ASKS)].concat(), End::Closed),
        ("a text that is no UTF-8", frame(TEXT, b"42[\"\xff\"]"), End::Closed),
        ("a binary frame", frame(0x82, ASKS), End::Closed),
        ("2^63 bytes announced", [&[TEXT, 0xff, 0x80][..], &[0; 11]].concat(), End::Closed),
        (
            "fragments of more than 64 KiB together",
            [frame(FIRST, "42[\"x\",\""), many(70, frame(NEXT, "x".repeat(1000))), frame(LAST, "\"]")]
                .concat(),
            End::Closed,
        ),
        ("a close of one byte", frame(CLOSE, "x"), End::Closed),
        ("a close for no reason there is", frame(CLOSE, 999_u16.to_be_bytes()), End::Closed),
        ("a close and something after it", [frame(CLOSE, ""), frame(TEXT, ASKS)].concat(), End::Closed),
        ("half a frame and the end", frame(TEXT, ASKS)[..9].to_vec(), End::Either),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_frame_written_by_hand_harms_anybody_but_its_sender() {
    let server = server().await;
    let [ada, bob, eve] = server.people(["ada", "bob", "eve"]).await;
    let room = ada.creates_room("by hand").await;
    bob.joins(&room).await;
    let (mut from, mut to) = (ada.raw_socket().await, bob.raw_socket().await);
    to.join(room.id).await;
    let cases = cases();
    for (what, bytes, end) in &cases {
        let mut socket = ByHand::connect(&server, &eve.token()).await;
        assert!(!socket.head.contains("sec-websocket-extensions"), "{}", socket.head);
        let mut taken = socket.send(bytes).await;
        if *end != End::Closed {
            taken &= socket.send(&frame(TEXT, ASKS)).await;
        }
        pair_works(&mut from, &mut to, &json!(room.id), what).await;
        match end {
            End::Handled => assert!(taken && socket.is_answered().await, "{what} is handled"),
            End::Closed => assert!(!socket.is_answered().await, "{what} ends the connection"),
            // Unless it waits for the rest.
            End::Either => drop(socket),
        }
    }
    shown(&format!(
        "{} kinds of frames written by hand: handled, or the end of their sender alone",
        cases.len()
    ));
}

/// A session by polling, in the namespace.
pub(crate) struct Polling<'a> {
    person: &'a Person,
    sid: String,
}

impl<'a> Polling<'a> {
    pub(crate) async fn connect(person: &'a Person) -> Self {
        let opened = person.server.get("/socket.io/?EIO=4&transport=polling").await;
        let sid = opened.text.split("\"sid\":\"").nth(1).unwrap()[..16].to_owned();
        let polling = Self { person, sid };
        assert_eq!(polling.post(format!("40{}", json!({ "token": person.token() }))).await.status, 200);
        // Until nothing waits: the namespace's word and the first heartbeat have come.
        let (mut joined, mut pinged) = (false, false);
        while !(joined && pinged) {
            for packet in polling.poll().await.text.split('\u{1e}') {
                joined |= packet.starts_with("40");
                pinged |= packet == "2";
            }
        }
        polling
    }

    fn path(&self) -> String {
        format!("/socket.io/?EIO=4&transport=polling&sid={}", self.sid)
    }

    pub(crate) async fn poll(&self) -> Reply {
        self.person.server.get(&self.path()).await
    }

    pub(crate) async fn post(&self, packet: String) -> Reply {
        let request = self.person.server.request(Method::POST, &self.path());
        Reply::to(request.header("content-type", "text/plain").body(packet)).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn polling_out_of_turn_harms_nobody_but_its_session() {
    let server = server().await;
    let [ada, bob, eve] = server.people(["ada", "bob", "eve"]).await;
    let room = ada.creates_room("in turn").await;
    bob.joins(&room).await;
    let (mut from, mut to) = (ada.raw_socket().await, bob.raw_socket().await);
    to.join(room.id).await;

    let session = Polling::connect(&eve).await;
    let (one, other) = tokio::join!(session.poll(), session.poll());
    assert!(one.status == 400 || other.status == 400, "{one:?} {other:?}");
    assert_eq!(session.poll().await.status, 400, "the session is over");
    pair_works(&mut from, &mut to, &json!(room.id), "two polls at once").await;

    let session = Polling::connect(&eve).await;
    let mut socket = ByHand::open(&server, &format!("&sid={}", session.sid)).await;
    socket.send(&frame(TEXT, "2probe")).await;
    assert_eq!(socket.text().await.as_deref(), Some("3probe"));
    let posted = session.post(ASKS.to_owned()).await;
    assert!((200..500).contains(&posted.status), "{posted:?}");
    pair_works(&mut from, &mut to, &json!(room.id), "a post during the upgrade").await;
    socket.send(&frame(TEXT, "5")).await;
    // What was posted is answered on the new way, or the session has ended with it.
    assert_eq!(socket.is_answered().await, posted.status == 200);
    assert_ne!(session.post(ASKS.to_owned()).await.status, 200, "the old way is closed");
    pair_works(&mut from, &mut to, &json!(room.id), "a post after the upgrade").await;
    drop(RawSocket::open(server.socket).await);
}
