use crate::house::{House, PATIENCE, all, millis, settings};
use parlor_server::http::listener;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

#[tokio::test]
async fn a_request_under_way_is_answered_and_the_others_end_at_once() {
    let house = House::open(settings(|_| ())).await;
    let mut silent = house.connect().await;
    let mut idle = house.connect().await;
    idle.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut read = Vec::new();
    while !read.ends_with(b"here") {
        idle.read_buf(&mut read).await.unwrap();
    }
    let mut held = house.connect().await;
    held.write_all(b"GET /held HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(timeout(millis(100), held.read_u8()).await.is_err());
    house.stop.cancel();
    let start = Instant::now();
    assert_eq!((all(&mut silent).await, all(&mut idle).await), (String::new(), String::new()));
    assert!(start.elapsed() < millis(1000), "{:?}", start.elapsed());
    assert!(TcpStream::connect(house.address).await.is_err());
    assert!(!house.serving.is_finished());
    house.release.notify_one();
    assert!(all(&mut held).await.starts_with("HTTP/1.1 200 "));
    timeout(PATIENCE, house.serving).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_request_that_does_not_end_is_dropped_after_the_grace() {
    let mut hasty = settings(|_| ());
    hasty.grace = millis(300);
    let house = House::open(hasty).await;
    let mut held = house.connect().await;
    held.write_all(b"GET /held HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(timeout(millis(100), held.read_u8()).await.is_err());
    house.stop.cancel();
    timeout(millis(2000), house.serving).await.unwrap().unwrap();
    assert_eq!(all(&mut held).await, "");
}

#[tokio::test]
async fn all_sockets_end_at_shutdown_stuck_idle_or_polling() {
    let mut house = House::open(settings(|deadlines| deadlines.write = PATIENCE)).await;
    let mut sockets = Vec::new();
    for _ in 0..10 {
        sockets.push(house.socket().await);
    }
    house.flood(200).await;
    for _ in 0..20 {
        sockets.push(house.socket().await);
    }
    let polling = [house.polling().await, house.polling().await, house.polling().await];
    let start = Instant::now();
    house.stop.cancel();
    house.connections.kill_sockets();
    for sid in polling {
        assert!(listener::kick(house.engine.clone(), sid).await);
    }
    for _ in 0..33 {
        house.left().await;
    }
    assert!(start.elapsed() < millis(1000), "{:?}", start.elapsed());
    house.is_empty().await;
    assert!(house.io.sockets().is_empty());
    timeout(PATIENCE, house.serving).await.unwrap().unwrap();
}
