//! What is asked of a connection by its handles, at moments that do not suit it.

use super::*;
use crate::{DisconnectReason, Error};
use parlor_protocol::{
    ErrorType,
    members::{GetRoomUsers, GetRoomUsersPayload},
};
use std::time::Duration;
use tokio::time::Instant;

fn mark(seq: i64) -> Mark {
    Mark { epoch: ID.parse().unwrap(), seq }
}

/// From where to where nothing is told.
async fn gap(events: &mut Events) -> (Mark, Mark) {
    let pick = |event| match event {
        Event::Resync { from, to, .. } => Some((from, to)),
        _ => None,
    };
    until(events, "the gap", pick).await
}

async fn is_signed_out(events: &mut Events) {
    let is = |event| matches!(event, Event::Connection(ConnectionState::SignedOut)).then_some(());
    until(events, "the end", is).await;
}

#[tokio::test(start_paused = true)]
async fn who_follows_since_a_mark_while_another_begins_to_follow_from_now_on_gets_all_since_the_mark() {
    let (mut server, live, mut events) = start().await;
    let mut caller = server.accepts().await;
    is_online(&mut events).await;
    let room = live.room(ID.parse().unwrap());
    let subscribing = async {
        let now = caller.hears("join_room").await;
        assert_eq!(now["after"], Value::Null);
        caller.acknowledges(&now, subscription(5, 5));
        let since = caller.hears("join_room").await;
        assert_eq!(since["after"], 3);
        caller.acknowledges(&since, subscription(3, 5));
    };
    let (now, since, ()) = tokio::join!(room.follow(None), room.follow(Some(mark(3))), subscribing);
    assert_eq!((now.unwrap(), since.unwrap()), (mark(5), mark(5)));
    assert_eq!(entries(&mut events, 2).await, [4, 5]);
}

#[cfg(feature = "timeline")]
#[tokio::test(start_paused = true)]
async fn who_follows_since_before_what_others_were_told_is_told_of_the_gap() {
    use crate::live::Follower;
    use uuid::Uuid;

    let (_server, caller, live, mut events) = following().await;
    caller.says("receive_message", message(4));
    assert_eq!(entries(&mut events, 1).await, [4]);
    let room = live.room(ID.parse().unwrap());
    let other = || Follower::Timeline(Uuid::now_v7());
    // Where nothing is missing after what was told, or before what is still to come.
    let (again, caller_again) = (other(), Follower::Caller);
    let complete =
        [(again, None), (again, Some(mark(2))), (other(), Some(mark(4))), (caller_again, Some(mark(4)))];
    for (follower, since) in complete {
        assert_eq!(room.follow_as(follower, since).await.unwrap(), mark(4));
    }
    caller.says("receive_message", message(5));
    assert_eq!(entries(&mut events, 1).await, [5]);
    assert_eq!(room.follow_as(other(), Some(mark(2))).await.unwrap(), mark(5));
    assert_eq!(gap(&mut events).await, (mark(2), mark(5)));
}

#[tokio::test(start_paused = true)]
async fn who_follows_again_since_before_what_was_told_is_told_of_the_gap() {
    let (_server, caller, live, mut events) = following().await;
    caller.says("receive_message", message(4));
    assert_eq!(entries(&mut events, 1).await, [4]);
    let room = live.room(ID.parse().unwrap());
    for since in [3, 2] {
        assert_eq!(room.follow(Some(mark(since))).await.unwrap(), mark(4));
        assert_eq!(gap(&mut events).await, (mark(since), mark(4)));
    }
    assert_eq!(room.follow(Some(mark(4))).await.unwrap(), mark(4));
    caller.says("receive_message", message(5));
    assert_eq!(entries(&mut events, 1).await, [5]);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_room_that_is_deleted_meanwhile_is_told_so() {
    let (mut server, live, mut events) = start().await;
    let mut caller = server.accepts().await;
    is_online(&mut events).await;
    let room = live.room(ID.parse().unwrap());
    let deleting = async {
        caller.hears("join_room").await;
        caller.says("room_deleted", json!({ "roomId": ID, "timestamp": "2025-08-21T10:16:10.123Z" }));
    };
    let (followed, ()) = tokio::join!(room.follow(None), deleting);
    assert_eq!(followed.unwrap_err().kind(), Some(ErrorType::NotFound));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_asked_too_often_and_does_not_say_when_is_left_alone_for_a_while() {
    let (mut server, live, mut events) = start().await;
    let mut caller = server.accepts().await;
    is_online(&mut events).await;
    let room = live.room(ID.parse().unwrap());
    let began = Instant::now();
    let refusing = async {
        for _ in 0..5 {
            let wanted = caller.hears("join_room").await;
            caller.rejects(&wanted, json!({ "type": "RATE_LIMIT", "message": "Too often" }));
        }
        let wanted = caller.hears("join_room").await;
        caller.acknowledges(&wanted, subscription(3, 3));
    };
    let (followed, ()) = tokio::join!(room.follow(None), refusing);
    assert_eq!(followed.unwrap(), mark(3));
    assert!(began.elapsed() > Duration::from_millis(10), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_has_woken_up_finds_out_whether_its_connection_still_lives() {
    let (mut server, mut caller, live, mut events) = following().await;
    let began = Instant::now();
    live.reconnect_now().await;
    let probe = caller.hears("authenticate").await;
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    caller.acknowledges(&probe, json!({ "expiresAt": "2099-08-21T10:16:10.123Z" }));
    assert_eq!(*live.connection().borrow(), ConnectionState::Online);

    live.reconnect_now().await;
    caller.hears("authenticate").await;
    let reason = is_offline(&mut events).await;
    assert!(reason.contains("not answered in time"), "{reason}");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    let _caller = server.accepts().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_renews_nothing_by_itself_renews_no_socket() {
    let (mut server, client) = Server::start();
    let mut session = client.session().unwrap();
    session.expires_at = serde_json::from_value(json!("2025-08-21T10:16:10.123Z")).unwrap();
    client.resume(session);
    let live = client.live().start().await.unwrap();
    let mut events = live.events();
    let mut caller = server.accepts().await;
    is_online(&mut events).await;
    let began = Instant::now();
    // Whether it still lives is asked all the same.
    caller.hears("authenticate").await;
    assert!(began.elapsed() > Duration::from_secs(20), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_renews_nothing_by_itself_asks_once_whether_its_connection_still_lives() {
    let (_server, mut caller, live, _events) = following().await;
    live.reconnect_now().await;
    let probe = caller.hears("authenticate").await;
    caller.rejects(&probe, json!({ "type": "UNAVAILABLE", "message": "Not now" }));
    let began = Instant::now();
    // The next one is the silent connection's.
    caller.hears("authenticate").await;
    assert!(began.elapsed() > Duration::from_secs(20), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_fails_because_the_session_has_ended_says_so() {
    let (mut server, live, mut events) = start().await;
    let mut caller = server.accepts().await;
    is_online(&mut events).await;
    let room = live.room(ID.parse().unwrap());
    let pending = room.send("before").queue().await.unwrap();
    caller.hears("send_message").await;
    live.client().forget().await.unwrap();
    caller.breaks();
    is_signed_out(&mut events).await;
    let asked = GetRoomUsersPayload { room_id: room.id() };
    let failures = [
        pending.sent().await.unwrap_err(),
        room.send("after").await.unwrap_err(),
        room.follow(None).await.unwrap_err(),
        room.unfollow().await.unwrap_err(),
        room.typing(true).await.unwrap_err(),
        live.emit::<GetRoomUsers>(asked).await.unwrap_err(),
    ];
    for failure in failures {
        assert!(matches!(failure, Error::SignedOut), "{failure:?}");
    }
    // What waits is kept for who signs in, and nobody waits for it.
    let began = Instant::now();
    let left = live.shutdown(Duration::from_mins(1)).await;
    assert_eq!(left.iter().map(|left| &*left.content).collect::<Vec<_>>(), ["before", "after"]);
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn without_a_connection_an_event_is_worth_another_try_only_if_there_may_be_one() {
    let (mut server, live, mut events) = start().await;
    server.is_called().await.refuses("Not now");
    is_offline(&mut events).await;
    let room = live.room(ID.parse().unwrap());
    let early = room.typing(true).await.unwrap_err();
    assert!(matches!(early, Error::Unreachable(_)) && early.is_retryable(), "{early:?}");
    live.clone().shutdown(Duration::ZERO).await;
    let late = room.typing(true).await.unwrap_err();
    assert!(matches!(late, Error::Disconnected(DisconnectReason::ByClient)), "{late:?}");
    assert!(!late.is_retryable(), "whoever tries until it goes well would never end");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_a_failure_elsewhere_cuts_off_is_worth_another_try() {
    let (mut server, live, mut events) = start().await;
    let mut caller = server.accepts().await;
    is_online(&mut events).await;
    let room = live.room(ID.parse().unwrap());
    let following = tokio::spawn({
        let room = room.clone();
        async move { room.follow(None).await }
    });
    let wanted = caller.hears("join_room").await;
    let asked = live.emit::<GetRoomUsers>(GetRoomUsersPayload { room_id: room.id() });
    let refusing = async { caller.rejects(&wanted, json!({ "type": "UNAVAILABLE", "message": "Not now" })) };
    let (answer, ()) = tokio::join!(asked, refusing);
    let error = answer.unwrap_err();
    let is_lost =
        matches!(&error, Error::Disconnected(DisconnectReason::Lost(why)) if why.contains("Not now"));
    assert!(is_lost && error.is_retryable(), "{error:?}");
    following.abort();
}
