//! A socket lives as long as its session and its token.

use parlor_client::{DisconnectReason, ServerMessage};
use parlor_protocol::{
    ErrorType, Nothing,
    sessions::{Authenticate, AuthenticateEvent, ListSessions, RevokeSession, SessionPath},
    text::AccessToken,
};
use parlor_server::{bus::PersonSignal, store};
use parlor_tests::{Packet, Person, RawSocket, Reply, Seat, TestServer, people::PASSWORD, soon, within};
use reqwest::Method;
use serde_json::json;
use std::{net::SocketAddr, time::Duration};

/// How long a cut may take: the contract's 2 s, and a little for the machine.
const CUT: Duration = Duration::from_millis(2500);

async fn is_cut(seat: &mut Seat) {
    let failure = within(
        CUT,
        "the `error`",
        seat.hears(|message| match message {
            ServerMessage::Error(failure) => Some((**failure).clone()),
            _ => None,
        }),
    )
    .await;
    assert_eq!(failure.error.kind, ErrorType::Unauthenticated);
    let reason = within(CUT, "the cut", seat.hears_the_end()).await;
    assert_eq!(reason, DisconnectReason::ByServer);
}

async fn goes_on(seat: &Seat, person: &Person) {
    let token = person.client.session().unwrap().token;
    seat.emits::<AuthenticateEvent>(Authenticate { token }).await.unwrap();
}

#[tokio::test]
async fn s9_a_logout_cuts_the_sockets_of_that_session_and_no_other() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let elsewhere = ada.on_another_device().await;
    let (mut first, mut second) = (ada.sits_down().await, ada.sits_down().await);
    let other = elsewhere.sits_down().await;
    ada.client.sign_out().await.unwrap();
    is_cut(&mut first).await;
    is_cut(&mut second).await;
    goes_on(&other, &elsewhere).await;
}

#[tokio::test]
async fn a_revoked_session_has_its_sockets_cut_down_to_the_connection() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let elsewhere = ada.on_another_device().await;
    let mut socket = ada.raw_socket().await;
    let sessions = elsewhere.client.call::<ListSessions>(Nothing, Nothing, Nothing).await.unwrap();
    let session_id = sessions.iter().find(|session| !session.current).unwrap().id;
    elsewhere.client.call::<RevokeSession>(SessionPath { session_id }, Nothing, Nothing).await.unwrap();
    let error = within(CUT, "the `error`", socket.hear("error")).await;
    assert_eq!(error["type"], "UNAUTHENTICATED");
    assert_eq!(within(CUT, "the disconnect", socket.next()).await, Packet::Disconnect);
    within(CUT, "the close", socket.hear_the_end()).await;
}

#[tokio::test]
async fn a_password_change_cuts_every_other_session() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let elsewhere = ada.on_another_device().await;
    let (here, mut there) = (ada.sits_down().await, elsewhere.sits_down().await);
    let change = json!({ "currentPassword": PASSWORD, "newPassword": "another horse, another staple" });
    let reply = parlor_tests::Reply::to(ada.request(Method::PATCH, "/api/v1/users/me").json(&change)).await;
    reply.data(200);
    is_cut(&mut there).await;
    goes_on(&here, &ada).await;
}

#[tokio::test]
async fn s9_a_socket_is_cut_when_its_token_expires() {
    let server = TestServer::start_with(|config| config.token_lifetime = Duration::from_mins(10)).await;
    let [ada] = server.people(["ada"]).await;
    let mut seat = ada.sits_down().await;
    server.turn_clock(500);
    goes_on(&seat, &ada).await;
    server.turn_clock(101);
    is_cut(&mut seat).await;
}

#[tokio::test]
async fn a_socket_that_sends_a_fresh_token_lives_on() {
    let server = TestServer::start_with(|config| config.token_lifetime = Duration::from_mins(10)).await;
    let [ada] = server.people(["ada"]).await;
    let (mut left_alone, renewed) = (ada.sits_down().await, ada.sits_down().await);
    server.turn_clock(400);
    let token = ada.client.refresh().await.unwrap();
    let until =
        renewed.emits::<AuthenticateEvent>(Authenticate { token: token.token.clone() }).await.unwrap();
    assert_eq!(until.expires_at, token.expires_at);
    server.turn_clock(300);
    is_cut(&mut left_alone).await;
    // `goes_on` asks with the token that is held, so the socket is still here.
    goes_on(&renewed, &ada).await;
}

#[tokio::test]
async fn a_token_of_another_user_or_none_renews_nothing_and_changes_nothing() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    let mut seat = ada.subscribes(&room).await;
    for token in [bob.token().parse().unwrap(), "nonsense".parse::<AccessToken>().unwrap()] {
        let refused = seat.emits::<AuthenticateEvent>(Authenticate { token }).await.unwrap_err();
        assert_eq!(refused.kind(), Some(ErrorType::Unauthenticated), "{refused}");
    }
    seat.says(&room, "still here").await;
    assert_eq!(seat.hears_message().await.username.as_str(), "ada");
}

#[tokio::test]
async fn a_renewed_socket_belongs_to_the_session_of_its_new_token() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let elsewhere = ada.on_another_device().await;
    let mut seat = ada.sits_down().await;
    goes_on(&seat, &elsewhere).await;
    ada.client.sign_out().await.unwrap();
    goes_on(&seat, &elsewhere).await;
    elsewhere.client.sign_out().await.unwrap();
    is_cut(&mut seat).await;
}

#[tokio::test]
async fn s9_an_event_of_a_revoked_session_is_refused_even_before_the_cut() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let mut seat = bob.subscribes(&room).await;
    let mut raw = ada.raw_socket().await;
    ada.client.sign_out().await.unwrap();
    let say = json!({ "roomId": room.id, "content": "from the grave" });
    raw.emit("send_message", &say).await;
    raw.hear_the_end().await;
    bob.posts(&room, "alive").await;
    assert_eq!(seat.hears_message().await.content, "alive");
}

#[tokio::test]
async fn a_token_whose_session_is_revoked_at_this_moment_renews_nothing() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let elsewhere = ada.on_another_device().await;
    let sessions = elsewhere.client.call::<ListSessions>(Nothing, Nothing, Nothing).await.unwrap();
    let session = sessions.iter().find(|session| session.current).unwrap().id;
    let seat = ada.sits_down().await;
    // The word of it has come, though the token was checked just before.
    server.server().domain().bus.person(PersonSignal::SessionRevoked { session });
    let token = elsewhere.client.session().unwrap().token;
    let refused = seat.emits::<AuthenticateEvent>(Authenticate { token }).await.unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorType::Unauthenticated), "{refused}");
    goes_on(&seat, &ada).await;
}

#[tokio::test]
async fn a_connection_joins_once_so_that_nothing_of_one_user_reaches_the_next() {
    let server = TestServer::start_with(|config| config.limits.sockets_per_user = Some(2)).await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    for _ in 0..4 {
        let mut socket = ada.raw_socket().await;
        socket.join(room.id).await;
        socket.send("41").await;
        socket.send(&format!("40{}", json!({ "token": bob.token() }))).await;
        within(CUT, "the cut", socket.hear_the_end()).await;
        assert!(socket.heard.iter().all(|(name, _)| name == "room_joined"), "{:?}", socket.heard);
    }
    // The seats of those who left are free.
    let _first = ada.raw_socket().await;
    let _second = bob.raw_socket().await;
}

#[tokio::test]
async fn who_leaves_the_namespace_is_cut_also_if_they_join_again_in_the_same_breath() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let again = format!("40{}", json!({ "token": ada.token() }));
    for frames in [vec!["41".to_owned()], vec!["41".to_owned(), again]] {
        let mut socket = ada.raw_socket().await;
        socket.send_all(frames).await;
        within(CUT, "the cut", socket.hear_the_end()).await;
    }
}

#[tokio::test]
async fn a_connection_that_was_refused_may_try_again() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let mut socket = RawSocket::open(server.socket).await;
    socket.send(&format!("40{}", json!({ "token": "no token" }))).await;
    assert!(matches!(socket.next().await, Packet::ConnectError(_)));
    socket.send(&format!("40{}", json!({ "token": ada.token() }))).await;
    assert!(matches!(socket.next().await, Packet::Connect(_)));
}

#[tokio::test]
async fn what_a_gone_socket_had_queued_ends_with_its_session() {
    let server = TestServer::start_with(|config| {
        config.metrics_listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    })
    .await;
    let operator = server.server().metrics_address().unwrap();
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let message = ada.posts(&room, "in time").await;
    let sessions = ada.client.call::<ListSessions>(Nothing, Nothing, Nothing).await.unwrap();
    let domain = server.server().domain();
    let mut socket = ada.raw_socket().await;
    // While the cursor is held, the first event waits for it, and the second for the first.
    let mut holding = domain.store.write().await.unwrap();
    store::receipts::lock(&mut holding, room.id.0, ada.id().0).await.unwrap();
    socket.emit("message_read", &json!({ "roomId": room.id, "messageId": message.id })).await;
    socket.emit("send_message", &json!({ "roomId": room.id, "content": "too late" })).await;
    socket.send("41").await;
    soon("the socket to be gone", socket.hear_the_end()).await;
    let inbox = async |depth: usize| {
        let line = format!("parlor_queue_depth{{queue=\"inbox\"}} {depth}");
        let figures = || Reply::to(reqwest::Client::new().get(format!("http://{operator}/metrics")));
        soon(&line, async { while !figures().await.text.contains(&line) {} }).await;
    };
    inbox(1).await;
    domain.bus.person(PersonSignal::SessionRevoked { session: sessions[0].id });
    drop(holding);
    inbox(0).await;
    // Messages are written in the order in which they were taken: had the second event been served, it would stand before this.
    let after = ada.posts(&room, "after all").await;
    assert_eq!(ada.history(&room).await.messages, [message, after]);
}

#[tokio::test]
async fn however_its_query_is_spelt_a_websocket_can_be_cut() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    for query in ["EIO=4=&transport=websocket", "EIO=4&transport=websocket=", "EIO=4=3&transport=websocket=x"]
    {
        let ada = ada.on_another_device().await;
        let mut socket = RawSocket::open_with(server.socket, query).await;
        socket.send(&format!("40{}", json!({ "token": ada.token() }))).await;
        assert!(matches!(socket.next().await, Packet::Connect(_)));
        ada.client.sign_out().await.unwrap();
        within(CUT, "the cut", socket.hear_the_end()).await;
    }
}
