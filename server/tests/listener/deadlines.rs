use crate::house::{House, PATIENCE, all, drip, millis, settings, text};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

/// Not before the deadline, and not long after it; the machine may be busy.
fn assert_about(took: Duration, deadline: Duration) {
    assert!(took >= deadline && took < deadline + millis(1500), "{took:?}, not {deadline:?}");
}

/// Reads the answer of `GET /`, and leaves the connection open.
async fn answered(stream: &mut TcpStream) {
    let mut read = Vec::new();
    while !read.ends_with(b"here") {
        assert_ne!(timeout(PATIENCE, stream.read_buf(&mut read)).await.unwrap().unwrap(), 0);
    }
}

#[tokio::test]
async fn a_head_that_drips_is_cut_at_its_deadline() {
    let house = House::open(settings(|deadlines| deadlines.header = millis(400))).await;
    let stream = house.connect().await;
    assert_about(drip(stream, b"x-slow: a\r\n", millis(20)).await, millis(400));
    house.is_empty().await;
    assert_eq!(house.connections.counts().late, 1);
}

#[tokio::test]
async fn a_second_head_that_drips_is_cut_too() {
    let house = House::open(settings(|deadlines| deadlines.header = millis(400))).await;
    let mut stream = house.connect().await;
    stream.write_all(REQUEST).await.unwrap();
    answered(&mut stream).await;
    assert_about(drip(stream, b"x-slow: a\r\n", millis(20)).await, millis(400));
    house.is_empty().await;
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_cut() {
    let house = House::open(settings(|deadlines| deadlines.header = millis(400))).await;
    let start = Instant::now();
    assert_eq!(all(&mut house.connect().await).await, "");
    assert_about(start.elapsed(), millis(400));
    house.is_empty().await;
}

#[tokio::test]
async fn an_idle_connection_has_a_deadline_of_its_own() {
    let short = settings(|deadlines| (deadlines.header, deadlines.idle) = (millis(300), millis(3000)));
    let house = House::open(short).await;
    let mut stream = house.connect().await;
    stream.write_all(REQUEST).await.unwrap();
    answered(&mut stream).await;
    let start = Instant::now();
    // Longer than a head may take: it lives on, and so does the next request.
    assert!(timeout(millis(600), stream.read_u8()).await.is_err());
    assert!(start.elapsed() < millis(3000), "the machine is too busy to tell");
    let start = Instant::now();
    stream.write_all(REQUEST).await.unwrap();
    answered(&mut stream).await;
    assert_eq!(all(&mut stream).await, "");
    assert_about(start.elapsed(), millis(3000));
    house.is_empty().await;
}

#[tokio::test]
async fn a_body_that_drips_is_told_so_and_cut() {
    let house = House::open(settings(|deadlines| deadlines.body = millis(400))).await;
    for target in ["/echo", "/socket.io/?EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAA"] {
        let mut stream = house.connect().await;
        let head = format!("POST {target} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let start = Instant::now();
        let answer = all(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("in time"), "{answer}");
        assert_about(start.elapsed(), millis(400));

        let mut stream = house.connect().await;
        stream.write_all(head.as_bytes()).await.unwrap();
        assert_about(drip(stream, b"x", millis(20)).await, millis(400));
    }
    house.is_empty().await;
}

#[tokio::test]
async fn a_slow_answer_is_no_idle_connection() {
    let short = settings(|deadlines| (deadlines.header, deadlines.idle) = (millis(200), millis(200)));
    let house = House::open(short).await;
    let mut stream = house.connect().await;
    stream.write_all(b"GET /held HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    assert!(timeout(millis(700), stream.read_u8()).await.is_err());
    house.release.notify_one();
    assert!(all(&mut stream).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_reader_that_stops_is_cut_while_its_neighbour_gets_everything() {
    let mut house = House::open(settings(|deadlines| deadlines.write = millis(500))).await;
    let (stuck, stuck_sid) = house.socket().await;
    let (mut neighbour, _) = house.socket().await;
    let reading = tokio::spawn(async move {
        let mut got = 0;
        while got < 500 {
            got += usize::from(text(&mut neighbour).await.expect("the neighbour lives").starts_with("42"));
        }
        neighbour
    });
    let start = Instant::now();
    house.flood(500).await;
    assert_eq!(house.left().await, stuck_sid);
    assert!(start.elapsed() >= millis(450), "{:?}", start.elapsed());
    let neighbour = timeout(PATIENCE, reading).await.unwrap().unwrap();
    assert_eq!(house.connections.counts().stuck, 1);
    drop((stuck, neighbour));
    house.is_empty().await;
}

#[tokio::test]
async fn a_large_answer_reaches_a_slow_reader() {
    let house = House::open(settings(|deadlines| deadlines.write = millis(400))).await;
    let mut stream = house.slow().await;
    stream.write_all(b"GET /large HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let start = Instant::now();
    let (mut read, mut piece) = (0, vec![0; 16 * 1024]);
    loop {
        let got = timeout(PATIENCE, stream.read(&mut piece)).await.unwrap().unwrap();
        if got == 0 {
            break;
        }
        read += got;
        tokio::time::sleep(millis(5)).await;
    }
    assert!(read > 1 << 20, "only {read} bytes");
    assert!(start.elapsed() > millis(800), "too fast to tell: {:?}", start.elapsed());
    house.is_empty().await;
}
