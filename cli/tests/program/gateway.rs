//! A gateway before the server, which answers for it while it is away.

use crate::shell::Shell;
use parlor_tests::TestServer;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

const AWAY: &[u8] =
    b"HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\ncontent-length: 19\r\n\r\n<html>Oh no!</html>";

/// Passes connections on, unless it is told to answer so many itself.
async fn gateway(server: SocketAddr) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let refusals = Arc::new(AtomicUsize::new(0));
    let left = refusals.clone();
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let is_away =
                left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
            tokio::spawn(async move {
                if is_away {
                    // Closing it unread would take the answer back.
                    assert!(client.read(&mut [0; 4096]).await.unwrap() > 0);
                    client.write_all(AWAY).await.unwrap();
                } else {
                    let mut server = TcpStream::connect(server).await.unwrap();
                    copy_bidirectional(&mut client, &mut server).await.ok();
                }
            });
        }
    });
    (address, refusals)
}

#[tokio::test]
async fn a_message_waits_until_the_server_behind_a_gateway_is_back() {
    let server = TestServer::start().await;
    let (address, refusals) = gateway(server.socket).await;
    let ada = Shell::of("ada", &format!("http://{address}")).await;
    let room = ada.run(&["rooms", "create", "kitchen"]).await.out;
    refusals.store(3, Ordering::SeqCst);
    let sent = ada.run(&["send", room.trim(), "hello"]).await;
    assert_eq!(sent.lines().len(), 1);
    assert!(sent.err.contains("trying again"), "{sent:?}");
    assert_eq!(refusals.load(Ordering::SeqCst), 0);
    assert_eq!(ada.run(&["history", room.trim()]).await.lines().len(), 1);

    refusals.store(1000, Ordering::SeqCst);
    let away = ada.run(&["send", room.trim(), "hello?", "--timeout", "1s"]).await;
    assert_eq!(away.failed(), 5);
    assert!(away.err.contains("502 Bad Gateway"), "{away:?}");
}
