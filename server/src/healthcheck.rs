//! Asks a running server whether it is ready, for containers that have no curl.

use parlor_server::config::reachable;
use std::{io, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time,
};

const WITHIN: Duration = Duration::from_secs(5);

/// Whether the server that listens there answers that it is ready; otherwise why not.
pub(crate) async fn ready(listen: SocketAddr) -> Result<(), String> {
    ask(reachable(listen), WITHIN).await
}

async fn ask(address: SocketAddr, within: Duration) -> Result<(), String> {
    match time::timeout(within, status(address)).await {
        Ok(Ok(status)) if status == "200" => Ok(()),
        Ok(Ok(status)) => Err(format!("The server on {address} is not ready: it answered {status}.")),
        Ok(Err(error)) => Err(format!("The server on {address} cannot be reached: {error}.")),
        Err(_) => Err(format!("The server on {address} did not answer within {within:?}.")),
    }
}

async fn status(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /health/ready HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut start = [0; "HTTP/1.1 200".len()];
    stream.read_exact(&mut start).await?;
    match String::from_utf8_lossy(&start).split_once(' ') {
        Some(("HTTP/1.1", status)) => Ok(status.to_owned()),
        _ => Err(io::Error::other("it does not speak HTTP/1.1")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
    use tokio::{net::TcpListener, task::JoinHandle};

    /// A server that answers one request with this, and gives back the request.
    async fn answering(answer: &'static str) -> (SocketAddr, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 1024];
            let length = stream.read(&mut request).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        (address, served)
    }

    #[tokio::test]
    async fn a_ready_server_is_found_ready_also_where_it_listens_everywhere() {
        for everywhere in [IpAddr::from(Ipv4Addr::UNSPECIFIED), Ipv6Addr::UNSPECIFIED.into()] {
            let (address, served) = answering("HTTP/1.1 200 OK\r\n\r\n").await;
            assert_eq!(ready(SocketAddr::new(everywhere, address.port())).await, Ok(()));
            assert!(served.await.unwrap().starts_with("GET /health/ready HTTP/1.1\r\nhost: 127.0.0.1:"));
        }
    }

    #[tokio::test]
    async fn a_server_that_is_not_ready_or_not_there_or_no_http_is_told_apart() {
        let (address, _) = answering("HTTP/1.1 503 Service Unavailable\r\n\r\n").await;
        assert!(ready(address).await.unwrap_err().contains("it answered 503"));
        let (address, _) = answering("220 mail.example.com ESMTP").await;
        assert!(ready(address).await.unwrap_err().contains("does not speak HTTP/1.1"));
        assert!(ready(address).await.unwrap_err().contains("cannot be reached"));
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let answer = ask(listener.local_addr().unwrap(), Duration::from_millis(50)).await;
        assert!(answer.unwrap_err().ends_with("did not answer within 50ms."));
    }
}
