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

/// What the next caller asks, and the caller.
async fn asked(listener: &TcpListener) -> (String, TcpStream) {
    let (mut caller, _) = timeout(SOON, listener.accept()).await.unwrap().unwrap();
    let mut request = vec![0; 4096];
    let length = timeout(SOON, caller.read(&mut request)).await.unwrap().unwrap();
    (String::from_utf8_lossy(&request[..length]).into_owned(), caller)
}

fn first_line(request: &str) -> String {
    request.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_server_below_a_path_is_asked_there_also_by_sockets() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap();
    for (base, below) in [("", ""), ("/", ""), ("/chat", "/chat"), ("/chat/", "/chat")] {
        let client = signed_in(Client::builder(&format!("http://{host}{base}")).retries(0), "good");
        // It hangs up on everybody.
        let line = async || first_line(&asked(&listener).await.0);
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

#[tokio::test]
async fn calls_and_sockets_say_which_program_asks() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let builder = || Client::builder(&url).retries(0);
    let http = reqwest::Client::builder().user_agent("another/1").build().unwrap();
    let usual = concat!("parlor-client/", env!("CARGO_PKG_VERSION"));
    for (builder, says) in [
        (builder(), usual),
        (builder().user_agent("kitchen-bot/1.2 (ada)"), "kitchen-bot/1.2 (ada)"),
        (builder().http_client(http).user_agent("kitchen-bot/1.2"), "kitchen-bot/1.2"),
    ] {
        let client = signed_in(builder, "good");
        // It hangs up on everybody.
        let header = async || {
            let request = asked(&listener).await.0;
            let headers = request.lines().filter_map(|line| line.split_once(": "));
            let mut named = headers.filter(|(name, _)| name.eq_ignore_ascii_case("user-agent"));
            named.next().map(|(_, value)| value.to_owned())
        };
        let (answer, said) = tokio::join!(client.call::<GetMe>(Nothing, Nothing, Nothing), header());
        assert!(answer.is_err());
        assert_eq!(said.as_deref(), Some(says));
        let (socket, said) = tokio::join!(client.connect(), header());
        assert!(socket.is_err());
        assert_eq!(said.as_deref(), Some(says));
    }
    for bad in ["kitchen\nbot", "küche"] {
        let refused = builder().user_agent(bad).build().unwrap_err();
        assert!(matches!(refused, Error::Input(_)), "{bad}: {refused:?}");
    }
}
