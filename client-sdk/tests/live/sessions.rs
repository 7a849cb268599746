//! Tokens that end, sessions that are revoked, and where they are kept.

use crate::{client_of, contents, is_online, live_of, sent, until};
use futures_util::TryStreamExt as _;
use parlor_client::{
    Client, Error, FileSession, SessionStore as _, Wire,
    live::{ConnectionState, Event},
    protocol::{
        ErrorType, Nothing,
        sessions::{ListSessions, LogOut},
        users::GetMe,
    },
};
use parlor_tests::{ServerProcess, TestServer, people::PASSWORD, soon};
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    time::{Duration, Instant},
};

#[tokio::test]
async fn a_call_with_a_token_that_has_ended_gets_the_next_one_by_itself() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let client = client_of(&ada, server.socket).await;
    let before = client.session().unwrap();
    server.turn_clock(3601);
    let calls = (0..20).map(|_| client.call::<GetMe>(Nothing, Nothing, Nothing));
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer.unwrap().id, ada.id());
    }
    let after = client.session().unwrap();
    assert_ne!(before.token, after.token);
    // One renewal for all: the server still knows the session.
    assert_eq!(client.call::<GetMe>(Nothing, Nothing, Nothing).await.unwrap().id, ada.id());
    client.refresh().await.unwrap();
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends_and_the_socket_lives_on() {
    let server = TestServer::start_with(|config| config.token_lifetime = Duration::from_secs(8)).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let (live, mut events) = live_of(&ada, server.socket).await;
    let first = live.client().session().unwrap();
    live.room(room.id).follow(None).await.unwrap();
    is_online(&live).await;
    let by_hand = ada.client.another();
    by_hand.resume(first.clone());
    // The server tells when a token has ended; until then there is nothing to wait for.
    while by_hand.call::<GetMe>(Nothing, Nothing, Nothing).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_ne!(live.client().session().unwrap().token, first.token);
    live.room(room.id).send("still here").await.unwrap();
    let pick = |event| match event {
        Event::Connection(state @ ConnectionState::Offline { .. }) => panic!("{state:?}"),
        Event::Entry(entry) => Some(entry),
        _ => None,
    };
    until(&mut events, "the message", pick).await;
}

#[tokio::test]
async fn a_connection_whose_token_ended_meanwhile_comes_back_with_the_next_one() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let (live, mut events) = live_of(&ada, server.socket).await;
    live.room(room.id).follow(None).await.unwrap();
    // This machine's clock doesn't know: the server cuts the socket, and refuses the token.
    server.turn_clock(3601);
    crate::is_offline(&live).await;
    is_online(&live).await;
    live.room(room.id).send("back").await.unwrap();
    assert_eq!(contents(&mut events, 1).await, ["back"]);
}

#[tokio::test]
async fn a_message_that_is_sent_with_a_token_that_has_ended_is_stored_all_the_same() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let (live, mut events) = live_of(&ada, server.socket).await;
    is_online(&live).await;
    // This machine's clock doesn't know.
    server.turn_clock(3601);
    let said: Vec<_> = (0..5).map(|n| n.to_string()).collect();
    for content in &said {
        live.room(room.id).send(content).queue().await.unwrap();
    }
    for content in &said {
        assert_eq!(sent(&mut events).await.content, *content);
    }
    let stored: Vec<_> = live.room(room.id).history(None, 50).try_collect().await.unwrap();
    assert_eq!(stored.into_iter().rev().map(|message| message.content).collect::<Vec<_>>(), said);
}

#[tokio::test]
async fn a_revoked_session_is_told_and_ends_the_connection() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let (live, mut events) = live_of(&ada, server.socket).await;
    is_online(&live).await;
    let room = ada.creates_room("kitchen").await;
    // Without the client's knowledge.
    let elsewhere = live.client().another();
    elsewhere.resume(live.client().session().unwrap());
    elsewhere.call::<LogOut>(Nothing, Nothing, Nothing).await.unwrap();
    let pick = |event| matches!(event, Event::Connection(ConnectionState::SignedOut)).then_some(());
    until(&mut events, "the end", pick).await;
    assert!(events.next().await.is_none());
    assert_eq!(live.client().session(), None);
    // Also for who begins to listen now.
    let mut late = live.events();
    let last = soon("the end", late.next()).await;
    assert!(matches!(last, Some(Event::Connection(ConnectionState::SignedOut))), "{last:?}");
    assert!(late.next().await.is_none());
    assert!(matches!(live.room(room.id).send("late").await, Err(Error::SignedOut)));
    assert!(matches!(live.client().live().start().await, Err(Error::SignedOut)));
}

#[tokio::test]
async fn a_session_in_a_file_goes_on_in_the_next_run() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("session.json");
    let client = || {
        let builder = Client::builder(&server.url()).session_store(FileSession::at(&path));
        builder.build().unwrap()
    };
    let first = client();
    assert_eq!(first.session(), None);
    first.sign_in(ada.user.email.parse().unwrap(), PASSWORD.parse().unwrap()).await.unwrap();
    let mode = || path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    // As a copy of it may be.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(FileSession::at(&path).load().unwrap().is_some());
    assert_eq!(mode(), 0o600);
    let second = client();
    assert_eq!(second.session(), first.session());
    // Both renew the same session, as two processes would.
    let (one, other) = tokio::join!(first.refresh(), second.refresh());
    assert_eq!(one.unwrap(), other.unwrap());
    let sessions = second.call::<ListSessions>(Nothing, Nothing, Nothing).await.unwrap();
    assert_eq!(sessions.len(), 2, "ada's own, and this one");
    second.sign_out().await.unwrap();
    assert_eq!(client().session(), None);
    let ended = first.call::<GetMe>(Nothing, Nothing, Nothing).await.unwrap_err();
    assert_eq!(ended.kind(), Some(ErrorType::Unauthenticated));
    assert_eq!(first.session(), None, "an ended session is forgotten");
}

#[tokio::test]
async fn a_broken_session_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("session.json");
    std::fs::write(&path, "{").unwrap();
    let refused = Client::builder("http://127.0.0.1:1").session_store(FileSession::at(&path)).build();
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains(path.to_str().unwrap()), "{refused}");
}

#[tokio::test]
async fn a_server_that_is_busy_ends_no_session() {
    let mut server = ServerProcess::start(&[("PARLOR_TOKEN_LIFETIME", "1s")]).await;
    let [ada] = server.people(["ada"]).await;
    let client = client_of(&ada, server.socket).await;
    server.kill().await;
    let refused = client.refresh().await.unwrap_err();
    assert!(matches!(refused, Error::Unreachable(_)), "{refused:?}");
    assert!(client.session().is_some());
    server.start_again().await;
    assert_eq!(client.call::<GetMe>(Nothing, Nothing, Nothing).await.unwrap().id, ada.id());
}

#[tokio::test]
async fn who_slept_through_renewals_of_another_process_goes_on_from_the_last_one() {
    let server = TestServer::start_with(|config| config.token_lifetime = Duration::from_secs(1)).await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    // So that every access token has ended, by the clients' clock, when it is looked at.
    server.turn_clock(-3600);
    let folder = tempfile::tempdir().unwrap();
    let store = FileSession::at(folder.path().join("session.json"));
    let client = || Client::builder(&server.url()).session_store(store.clone()).build().unwrap();
    let sleeper = client();
    sleeper.sign_in(ada.user.email.parse().unwrap(), PASSWORD.parse().unwrap()).await.unwrap();
    let other = client();
    let first = other.refresh().await.unwrap();
    // Its successor is used as well: the sleeper's own token would now be taken for a stolen one.
    server.turn_clock(60);
    let second = other.refresh().await.unwrap();
    assert_ne!(first.refresh_token, second.refresh_token);
    server.turn_clock(60);
    assert_eq!(sleeper.call::<GetMe>(Nothing, Nothing, Nothing).await.unwrap().id, ada.id());
    assert_eq!(other.call::<GetMe>(Nothing, Nothing, Nothing).await.unwrap().id, ada.id());

    // Somebody else signs in with the same file: it stays theirs.
    client().sign_in(bob.user.email.parse().unwrap(), PASSWORD.parse().unwrap()).await.unwrap();
    let kept = client().session();
    server.turn_clock(60);
    assert!(sleeper.call::<GetMe>(Nothing, Nothing, Nothing).await.is_err());
    assert_eq!(client().session(), kept);
}

#[tokio::test]
async fn a_token_that_can_t_be_renewed_is_not_tried_over_and_over() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    // By this machine's clock the token has ended; by the server's it has not.
    server.turn_clock(-7200);
    let session = client_of(&ada, server.socket).await.session().unwrap();
    // Calls go nowhere; the socket does.
    let nowhere = reqwest::Proxy::all("http://127.0.0.1:1").unwrap();
    let http = reqwest::Client::builder().proxy(nowhere).build().unwrap();
    let (told, mut tries) = tokio::sync::mpsc::unbounded_channel();
    let client = Client::builder(&server.url()).http_client(http).watched(move |wire| {
        if let Wire::Sent { event: "authenticate", .. } = wire {
            // The test may be over.
            told.send(Instant::now()).ok();
        }
    });
    let client = client.build().unwrap();
    client.resume(session);
    let live = client.live().start().await.unwrap();
    is_online(&live).await;
    let first = soon("a first try", tries.recv()).await.unwrap();
    soon("a second try", tries.recv()).await.unwrap();
    let third = soon("a third try", tries.recv()).await.unwrap();
    assert!(third - first >= Duration::from_millis(1900), "{:?}", third - first);
}

#[tokio::test]
async fn the_list_of_sessions_tells_which_program_each_is_of() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let usual = concat!("parlor-client/", env!("CARGO_PKG_VERSION"));
    let bot = Client::builder(&server.url()).user_agent("kitchen-bot/1.2").build().unwrap();
    bot.sign_in(ada.user.email.parse().unwrap(), PASSWORD.parse().unwrap()).await.unwrap();
    let sessions = bot.call::<ListSessions>(Nothing, Nothing, Nothing).await.unwrap();
    let of = |is_current| {
        let mut found = sessions.iter().filter(move |session| session.current == is_current);
        found.next().unwrap().user_agent.as_deref()
    };
    assert_eq!((of(true), of(false)), (Some("kitchen-bot/1.2"), Some(usual)));
}
