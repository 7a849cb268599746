//! Where requests go.

use crate::{SOON, signed_in};
use parlor_client::{
    Client, Error,
    protocol::{Nothing, users::GetMe},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// The first line of what the next caller asks, and the caller.
async fn asked(listener: &TcpListener) -> (String, TcpStream) {
    let (mut caller, _) = timeout(SOON, listener.accept()).await.unwrap().unwrap();
    let mut request = vec![0; 4096];
    let length = timeout(SOON, caller.read(&mut request)).await.unwrap().unwrap();
    let request = String::from_utf8_lossy(&request[..length]).into_owned();
    (request.lines().next().unwrap_or_default().to_owned(), caller)
}

#[tokio::test]
async fn a_server_below_a_path_is_asked_there_also_by_sockets() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap();
    for (base, below) in [("", ""), ("/", ""), ("/chat", "/chat"), ("/chat/", "/chat")] {
        let client = signed_in(Client::builder(&format!("http://{host}{base}")).retries(0), "good");
        // It hangs up on everybody.
        let line = async || asked(&listener).await.0;
        let (answer, line_of_call) = tokio::join!(client.call::<GetMe>(Nothing, Nothing, Nothing), line());
        assert!(answer.is_err());
        assert_eq!(line_of_call, format!("GET {below}/api/v1/users/me HTTP/1.1"));
        let (socket, line) = tokio::join!(client.connect(), line());
        assert!(socket.is_err());
        assert!(line.starts_with(&format!("GET {below}/socket.io/?")), "{line}");
    }
}

#[tokio::test]
async fn a_server_that_has_moved_is_not_followed_with_what_is_secret() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    for status in ["301 Moved Permanently", "307 Temporary Redirect"] {
        let moved = async {
            let (_, mut caller) = asked(&listener).await;
            let answer = format!(
                "HTTP/1.1 {status}\r\nlocation: http://127.0.0.1:1/api/v1/auth/login\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            );
            caller.write_all(answer.as_bytes()).await.unwrap();
        };
        let signing_in =
            client.sign_in("ada@example.com".parse().unwrap(), "four unlikely words".parse().unwrap());
        let (answer, ()) = tokio::join!(signing_in, moved);
        let error = answer.unwrap_err();
        assert!(matches!(error, Error::BadUrl(_)) && !error.is_retryable(), "{error:?}");
        assert!(error.to_string().contains("http://127.0.0.1:1/"), "{error}");
    }
}
