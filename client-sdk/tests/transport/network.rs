//! Faults of the network, and servers that do what a good one does not.

use crate::{SOON, a_server, a_server_that_accepts_after, client, impatient, saying};
use futures_util::{SinkExt as _, StreamExt as _};
use parlor_client::{DisconnectReason, Error, ServerMessage, Socket, protocol::messages::SendMessageEvent};
use parlor_tests::proxy::FaultProxy;
use std::time::Duration;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_tungstenite::WebSocketStream;

const PATIENCE: Duration = Duration::from_millis(500);

#[tokio::test]
async fn an_event_right_after_connecting_is_answered_also_over_a_slow_network() {
    // A server that accepts at once would have accepted before the event is there.
    let (server, _) = a_server_that_accepts_after(|| sleep(Duration::from_millis(100))).await;
    let proxy = FaultProxy::start(server).await;
    for latency in [0, 100] {
        proxy.change(|network| network.latency = Duration::from_millis(latency));
        for n in 0..3 {
            let socket = client(proxy.address(), "good").connect().await.unwrap();
            let emitted =
                timeout(SOON, socket.emit::<SendMessageEvent>(saying(&n.to_string()))).await.unwrap();
            assert_eq!(emitted.unwrap().content, n.to_string());
        }
    }
}

/// Emits three hundred messages at once, and answers how many were answered: each of them with its own words.
async fn answered_of_three_hundred(socket: &Socket) -> usize {
    let mut emits = JoinSet::new();
    for n in 0..300 {
        let emitter = socket.emitter();
        emits.spawn(async move { (n, emitter.emit::<SendMessageEvent>(saying(&n.to_string())).await) });
    }
    let mut answered = 0;
    while let Some(one) = timeout(SOON, emits.join_next()).await.unwrap() {
        match one.unwrap() {
            (n, Ok(message)) => {
                assert_eq!(message.content, n.to_string());
                answered += 1;
            }
            (_, Err(Error::Disconnected(DisconnectReason::Lost(_)))) => {}
            (n, Err(error)) => panic!("{n}: {error:?}"),
        }
    }
    answered
}

#[tokio::test]
async fn three_hundred_emits_at_once_each_get_their_own_answer() {
    let proxy = FaultProxy::start(a_server().await).await;
    let socket = client(proxy.address(), "good").connect().await.unwrap();
    assert_eq!(answered_of_three_hundred(&socket).await, 300);
}

#[tokio::test]
async fn of_three_hundred_emits_over_a_network_that_cuts_each_gets_its_own_answer_or_none() {
    let proxy = FaultProxy::start(a_server().await).await;
    let socket = client(proxy.address(), "good").connect().await.unwrap();
    // Some are answered within this; nowhere near all.
    proxy.cut_after(20_000);
    let answered = answered_of_three_hundred(&socket).await;
    assert!((1..300).contains(&answered), "{answered}");
}

#[tokio::test]
async fn an_answer_that_never_comes_ends_the_connection() {
    let proxy = FaultProxy::start(a_server().await).await;
    for silent in ["never answer", "answer another"] {
        let mut socket = impatient(proxy.address(), PATIENCE).connect().await.unwrap();
        let lost = timeout(SOON, socket.emit::<SendMessageEvent>(saying(silent))).await.unwrap();
        assert!(matches!(lost, Err(Error::NoAnswer { what: "send_message", .. })), "{lost:?}");
        let end = timeout(SOON, socket.next()).await.unwrap();
        assert_eq!(end, Some(ServerMessage::Disconnected(DisconnectReason::NoAnswer)));
        assert_eq!(socket.next().await, None);
        let late = socket.emit::<SendMessageEvent>(saying("late")).await;
        assert!(matches!(late, Err(Error::Disconnected(DisconnectReason::NoAnswer))), "{late:?}");
    }
}

#[tokio::test]
async fn a_connection_that_is_reset_fails_what_waits_and_says_so() {
    let proxy = FaultProxy::start(a_server().await).await;
    let mut socket = client(proxy.address(), "good").connect().await.unwrap();
    let emitter = socket.emitter();
    // One is on the wire, and one waits for its turn.
    let waiting = ["tell and never answer", "behind it"].map(|content| {
        let emitter = emitter.clone();
        async move { emitter.emit::<SendMessageEvent>(saying(content)).await }
    });
    let waiting = tokio::spawn(futures_util::future::join_all(waiting));
    let told = timeout(SOON, socket.next()).await.unwrap();
    assert!(matches!(told, Some(ServerMessage::ReceiveMessage(_))), "{told:?}");
    proxy.reset();
    let end = timeout(SOON, socket.next()).await.unwrap();
    assert!(matches!(end, Some(ServerMessage::Disconnected(DisconnectReason::Lost(_)))), "{end:?}");
    for failed in timeout(SOON, waiting).await.unwrap().unwrap() {
        assert!(matches!(failed, Err(Error::Disconnected(DisconnectReason::Lost(_)))), "{failed:?}");
    }
    let late = emitter.emit::<SendMessageEvent>(saying("late")).await;
    assert!(matches!(late, Err(Error::Disconnected(DisconnectReason::Lost(_)))), "{late:?}");
}

#[tokio::test]
async fn a_network_that_swallows_the_handshake_is_given_up() {
    let proxy = FaultProxy::start(a_server().await).await;
    proxy.change(|network| network.stalled = true);
    let given_up = timeout(SOON, impatient(proxy.address(), PATIENCE).connect()).await.unwrap();
    assert!(matches!(given_up, Err(Error::NoAnswer { what: "connect", .. })), "{given_up:?}");
}

#[tokio::test]
async fn a_network_that_swallows_answers_ends_the_connection() {
    let proxy = FaultProxy::start(a_server().await).await;
    let mut socket = impatient(proxy.address(), PATIENCE).connect().await.unwrap();
    proxy.change(|network| network.stalled = true);
    // What the proxy waits for already still passes.
    let swallowed = loop {
        let emitted = timeout(SOON, socket.emit::<SendMessageEvent>(saying("hello"))).await.unwrap();
        if emitted.is_err() {
            break emitted;
        }
    };
    assert!(matches!(swallowed, Err(Error::NoAnswer { what: "send_message", .. })), "{swallowed:?}");
    let end = timeout(SOON, socket.next()).await.unwrap();
    assert_eq!(end, Some(ServerMessage::Disconnected(DisconnectReason::NoAnswer)));
}

#[tokio::test]
async fn a_connection_that_is_half_open_is_noticed_though_nothing_is_sent() {
    let proxy = FaultProxy::start(a_server().await).await;
    let mut socket = impatient(proxy.address(), PATIENCE).connect().await.unwrap();
    proxy.change(|network| network.stalled = true);
    let end = timeout(SOON, socket.next()).await.unwrap();
    assert_eq!(end, Some(ServerMessage::Disconnected(DisconnectReason::NoAnswer)));
}

#[tokio::test]
async fn a_network_that_cuts_in_the_middle_of_a_frame_ends_the_connection() {
    let proxy = FaultProxy::start(a_server().await).await;
    for bytes in [1, 20, 90, 150] {
        let socket = impatient(proxy.address(), PATIENCE).connect().await.unwrap();
        proxy.cut_after(bytes);
        let cut = timeout(SOON, socket.emit::<SendMessageEvent>(saying("hello"))).await.unwrap();
        assert!(matches!(cut, Err(Error::Disconnected(DisconnectReason::Lost(_)))), "{bytes}: {cut:?}");
        proxy.heal();
    }
}

/// Accepts one client as a server does.
pub(crate) async fn accept(listener: &TcpListener) -> WebSocketStream<TcpStream> {
    answer(listener, r#"40{"sid":"b"}"#).await
}

/// Opens the connection of one client, and answers its handshake.
async fn answer(listener: &TcpListener, answer: &str) -> WebSocketStream<TcpStream> {
    let (stream, _) = listener.accept().await.unwrap();
    let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
    let open = r#"0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":65536}"#;
    socket.send(open.into()).await.unwrap();
    while !socket.next().await.unwrap().unwrap().to_text().unwrap().starts_with("40") {}
    socket.send(answer.into()).await.unwrap();
    socket
}

/// What the client still sends until its connection has ended, by itself: the server goes on with its heartbeats.
async fn last_words(mut socket: WebSocketStream<TcpStream>) -> Vec<String> {
    let mut heard = Vec::new();
    let ends = async {
        while socket.send("2".into()).await.is_ok() {
            match timeout(Duration::from_millis(20), socket.next()).await {
                Ok(Some(Ok(frame))) => heard.push(frame.to_text().unwrap().to_owned()),
                Ok(_) => return,
                Err(_) => {}
            }
        }
    };
    assert!(timeout(SOON, ends).await.is_ok(), "it is still there: {:?}", heard.len());
    heard
}

#[tokio::test]
async fn a_connection_that_is_refused_ends_though_the_server_would_keep_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = FaultProxy::start(listener.local_addr().unwrap()).await;
    for (token, refusal) in [("good", r#"44{"message":"Not now"}"#), ("bad", r#"44{"message":"Not you"}"#)] {
        let client = client(proxy.address(), token);
        let (refused, socket) =
            timeout(SOON, async { tokio::join!(client.connect(), answer(&listener, refusal)) })
                .await
                .unwrap();
        let Err(Error::ConnectRefused(words)) = refused else { panic!("{refused:?}") };
        assert!(refusal.contains(&words), "{words}");
        // No goodbye to who has not let it in.
        let words = last_words(socket).await;
        assert!(words.iter().all(|frame| frame == "3"), "{words:?}");
    }
}

#[tokio::test]
async fn a_connection_that_the_server_disconnects_ends_though_the_server_would_keep_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = FaultProxy::start(listener.local_addr().unwrap()).await;
    let client = client(proxy.address(), "good");
    let (socket, server) =
        timeout(SOON, async { tokio::join!(client.connect(), accept(&listener)) }).await.unwrap();
    let (mut socket, mut server) = (socket.unwrap(), server);
    server.send("41".into()).await.unwrap();
    let end = timeout(SOON, socket.next()).await.unwrap();
    assert_eq!(end, Some(ServerMessage::Disconnected(DisconnectReason::ByServer)));
    // Whoever holds the socket holds no connection any more.
    last_words(server).await;
    drop(socket);
}

#[tokio::test]
async fn a_refusal_after_the_server_has_accepted_ends_the_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = FaultProxy::start(listener.local_addr().unwrap()).await;
    let client = client(proxy.address(), "good");
    let (socket, server) =
        timeout(SOON, async { tokio::join!(client.connect(), accept(&listener)) }).await.unwrap();
    let (mut socket, mut server) = (socket.unwrap(), server);
    server.send(r#"44{"message":"Not any more"}"#.into()).await.unwrap();
    let end = timeout(SOON, socket.next()).await.unwrap();
    assert_eq!(end, Some(ServerMessage::Disconnected(DisconnectReason::ByServer)));
    let late = socket.emit::<SendMessageEvent>(saying("late")).await;
    assert!(matches!(late, Err(Error::Disconnected(DisconnectReason::ByServer))), "{late:?}");
    last_words(server).await;
}

#[tokio::test]
async fn a_caller_who_takes_nothing_holds_up_no_heartbeat() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let mut socket = accept(&listener).await;
        for n in 0..50 {
            socket.send(format!(r#"42["later",{n}]"#).into()).await.unwrap();
            socket.send("2".into()).await.unwrap();
            while socket.next().await.unwrap().unwrap().to_text().unwrap() != "3" {}
        }
        socket
    });
    let mut socket = client(address, "good").connect().await.unwrap();
    let _open = timeout(SOON, server).await.unwrap().unwrap();
    for n in 0..50 {
        let event = timeout(SOON, socket.next()).await.unwrap();
        assert_eq!(event, Some(ServerMessage::Unknown { name: "later".to_owned(), payload: n.into() }));
    }
}

#[tokio::test]
async fn an_event_without_an_argument_harms_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let mut socket = accept(&listener).await;
        for frame in [r#"42["bare"]"#, r#"42["later",1]"#] {
            socket.send(frame.into()).await.unwrap();
        }
        socket
    });
    let mut socket = client(address, "good").connect().await.unwrap();
    let _open = timeout(SOON, server).await.unwrap().unwrap();
    let bare = timeout(SOON, socket.next()).await.unwrap();
    assert!(matches!(bare, Some(ServerMessage::Unknown { .. })), "{bare:?}");
    let next = timeout(SOON, socket.next()).await.unwrap();
    assert_eq!(next, Some(ServerMessage::Unknown { name: "later".to_owned(), payload: 1.into() }));
}

#[tokio::test]
async fn a_clean_end_of_the_websocket_is_noticed_on_a_quiet_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = impatient(listener.local_addr().unwrap(), Duration::from_millis(300));
    let goodbye = tokio::spawn(async move {
        let mut socket = accept(&listener).await;
        socket.close(None).await.unwrap();
        while socket.next().await.is_some_and(|frame| frame.is_ok()) {}
    });
    let mut socket = client.connect().await.unwrap();
    goodbye.await.unwrap();
    let end = timeout(SOON, socket.next()).await.unwrap();
    assert!(matches!(end, Some(ServerMessage::Disconnected(DisconnectReason::Lost(_)))), "{end:?}");
}
