//! Readers that ask for large pages of history and never read them.

use futures_util::{StreamExt as _, stream};
use parlor_tests::{
    Person, ServerProcess,
    scale::{scale, server, shown},
    soon,
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::Instant,
};

/// Content that takes as many bytes as there are: a page of 200 has 3.2 MB.
const CHARACTERS: usize = 4000;

#[tokio::test(flavor = "multi_thread")]
async fn stalled_readers_of_large_pages_take_no_more_than_their_share_of_memory() {
    let readers = scale(60, 300);
    let server = server().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("archive").await;
    let mut socket = ada.raw_socket().await;
    let content = "🎉".repeat(CHARACTERS);
    for _ in 0..200 {
        let ack = socket.ask("send_message", &json!({ "roomId": room.id, "content": content })).await;
        assert_eq!(ack["ok"], true, "{ack}");
    }
    let page = format!("/api/v1/rooms/{}/messages?limit=200", room.id);
    let (alone, length) = healthy(&ada, &page).await;
    assert!(length > 3_000_000, "{length}");
    let before = memory(&server);
    let stalled: Vec<TcpStream> =
        stream::iter(0..readers).map(|_| stall(&server, &ada, &page)).buffer_unordered(4).collect().await;
    let after = memory(&server);
    let (beside, again) = healthy(&ada, &page).await;
    assert_eq!(again, length, "who reads gets the whole page");
    let taken = after.saturating_sub(before) / 1024;
    shown(&format!(
        "{readers} stalled readers of a page of {length} bytes take {taken} MiB; a healthy one needs {beside:?} beside them, {alone:?} alone"
    ));
    assert!(taken < 150, "{taken} MiB");
    drop(stalled);
}

/// Asks for the page and reads no more than its first byte.
async fn stall(server: &ServerProcess, person: &Person, page: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(server.socket).await.unwrap();
    let token = person.token();
    let request = format!("GET {page} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(soon("the page to begin", stream.read_u8()).await.unwrap(), b'H');
    stream
}

/// How long the page takes a healthy reader, and its size.
async fn healthy(person: &Person, page: &str) -> (std::time::Duration, usize) {
    let asked = Instant::now();
    let reply = person.get(page).await;
    reply.data(200);
    (asked.elapsed(), reply.text.len())
}

/// Resident KiB of the server.
fn memory(server: &ServerProcess) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
