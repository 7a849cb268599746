//! What goes wrong on a connection, and what comes of it, with a server that does what it is told and no network.
//!
//! The clock is paused: it leaps to the next deadline as soon as nobody has anything to do.

mod handles;

use crate::{
    ServerMessage,
    live::{ConnectionState, Event, Events, Live, Mark},
    transport::scripted::{Caller, ID, Server, soon},
};
use parlor_protocol::sessions::{Authenticate, AuthenticateEvent};
use serde_json::{Value, json};

async fn start() -> (Server, Live, Events) {
    let (server, client) = Server::start();
    let live = client.live().start().await.unwrap();
    let events = live.events();
    (server, live, events)
}

/// The next event of which `pick` makes something.
async fn until<T>(events: &mut Events, what: &str, mut pick: impl FnMut(Event) -> Option<T>) -> T {
    let picked = async {
        loop {
            let event = events.next().await.unwrap_or_else(|| panic!("the events ended before {what}"));
            if let Some(picked) = pick(event) {
                return picked;
            }
        }
    };
    soon(what, picked).await
}

async fn is_online(events: &mut Events) {
    let is = |event| matches!(event, Event::Connection(ConnectionState::Online)).then_some(());
    until(events, "the connection", is).await;
}

/// Why the connection ends next.
async fn is_offline(events: &mut Events) -> String {
    let pick = |event| match event {
        Event::Connection(ConnectionState::Offline { reason, .. }) => Some(reason),
        _ => None,
    };
    until(events, "the end of the connection", pick).await
}

/// The numbers of the next so many entries.
async fn entries(events: &mut Events, count: usize) -> Vec<i64> {
    let mut seqs = Vec::new();
    while seqs.len() < count {
        let pick = |event| match event {
            Event::Entry(entry) => Some(entry.seq),
            Event::Resync { .. } | Event::Missed(_) | Event::Unfollowed { .. } => panic!("{event:?}"),
            _ => None,
        };
        seqs.push(until(events, "an entry", pick).await);
    }
    seqs
}

/// A message as the server has stored it.
fn message(seq: i64) -> Value {
    let at = "2025-08-21T10:16:10.123Z";
    json!({ "id": ID, "roomId": ID, "userId": ID, "username": "ada", "content": "hello", "status": "delivered", "seq": seq,
        "clientMessageId": null, "createdAt": at, "updatedAt": at, "timestamp": at, "sender": { "id": ID, "username": "ada" } })
}

/// The answer to who listens to a room since an entry: what was missed, up to the room's last.
fn subscription(since: i64, last: i64) -> Value {
    let entry = |seq| {
        json!({ "seq": seq, "roomId": ID, "timestamp": "2025-08-21T10:16:10.123Z", "type": "message",
            "message": message(seq) })
    };
    let events: Vec<_> = (since + 1..=last).map(entry).collect();
    json!({ "roomId": ID, "epoch": ID, "lastSeq": last, "events": events, "complete": true, "reset": false })
}

/// Somebody who follows a room from entry 3 on, which is its last.
async fn following() -> (Server, Caller, Live, Events) {
    let (mut server, live, mut events) = start().await;
    let mut caller = server.accepts().await;
    let room = live.room(ID.parse().unwrap());
    let from = Mark { epoch: ID.parse().unwrap(), seq: 3 };
    let subscribing = async {
        let wanted = caller.hears("join_room").await;
        assert_eq!(wanted["after"], 3);
        caller.acknowledges(&wanted, subscription(3, 3));
    };
    let (followed, ()) = tokio::join!(room.follow(Some(from)), subscribing);
    assert_eq!(followed.unwrap(), from);
    is_online(&mut events).await;
    (server, caller, live, events)
}

#[tokio::test(start_paused = true)]
async fn a_refused_handshake_is_told_and_tried_again() {
    let (mut server, _live, mut events) = start().await;
    server.is_called().await.refuses("Not now");
    let reason = is_offline(&mut events).await;
    assert!(reason.contains("Not now"), "{reason}");
    let _caller = server.accepts().await;
    is_online(&mut events).await;
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_is_never_answered_is_given_up_and_left() {
    let (mut server, _live, mut events) = start().await;
    let silent = server.is_called().await;
    let reason = is_offline(&mut events).await;
    assert!(reason.contains("no answer to connect"), "{reason}");
    silent.hears_the_end().await;
    let _caller = server.accepts().await;
    is_online(&mut events).await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_the_handshake_is_the_end_of_the_connection() {
    let (mut server, _live, mut events) = start().await;
    let caller = server.accepts().await;
    is_online(&mut events).await;
    caller.refuses("Not any more");
    is_offline(&mut events).await;
    caller.hears_the_end().await;
    let _caller = server.accepts().await;
    is_online(&mut events).await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_never_answered_goes_over_the_next_connection_with_its_id() {
    let (mut server, live, mut events) = start().await;
    let mut silent = server.accepts().await;
    is_online(&mut events).await;
    let pending = live.room(ID.parse().unwrap()).send("hello").queue().await.unwrap();
    let first = silent.hears("send_message").await;
    let reason = is_offline(&mut events).await;
    assert!(reason.contains("not answered in time"), "{reason}");
    let mut caller = server.accepts().await;
    // An answer to the first connection's event, and so late, is none to the second's.
    silent.acknowledges(&first, message(1));
    silent.hears_the_end().await;
    let second = caller.hears("send_message").await;
    assert_eq!(second["clientMessageId"], first["clientMessageId"]);
    caller.acknowledges(&first, message(2));
    caller.acknowledges(&second, message(3));
    assert_eq!(soon("the message", pending.sent()).await.unwrap().seq, 3);
}

#[tokio::test(start_paused = true)]
async fn what_is_lost_in_the_midst_of_catching_up_is_told_once_and_in_order_by_the_next_connection() {
    let (mut server, caller, _live, mut events) = following().await;
    caller.breaks();
    let mut caller = server.accepts().await;
    assert_eq!(caller.hears("join_room").await["after"], 3);
    // A live entry comes before those it has to wait for; then both go.
    caller.says("receive_message", message(5));
    caller.breaks();
    caller.hears_the_end().await;
    let mut caller = server.accepts().await;
    let wanted = caller.hears("join_room").await;
    assert_eq!(wanted["after"], 3, "what was held back counts as untold");
    caller.says("receive_message", message(7));
    caller.says("receive_message", message(6));
    caller.acknowledges(&wanted, subscription(3, 6));
    caller.says("receive_message", message(8));
    assert_eq!(entries(&mut events, 5).await, [4, 5, 6, 7, 8]);
}

#[tokio::test(start_paused = true)]
async fn a_hole_between_live_entries_is_filled_before_what_comes_after_it_is_told() {
    let (_server, mut caller, _live, mut events) = following().await;
    caller.says("receive_message", message(4));
    caller.says("receive_message", message(6));
    let wanted = caller.hears("join_room").await;
    assert_eq!(wanted["after"], 4);
    caller.acknowledges(&wanted, subscription(4, 6));
    assert_eq!(entries(&mut events, 3).await, [4, 5, 6]);
}

#[tokio::test(start_paused = true)]
async fn a_cursor_that_another_node_knows_less_of_is_told_as_far_as_it_was_known() {
    let receipt = |seq: i64| json!({ "userId": ID, "username": "ada", "roomId": ID, "readAt": "2025-08-21T10:16:10.123Z", "lastReadSeq": seq });
    let (mut server, caller, _live, mut events) = following().await;
    caller.says("messages_read", receipt(3));
    caller.breaks();
    let mut caller = server.accepts().await;
    let wanted = caller.hears("join_room").await;
    caller.acknowledges(&wanted, subscription(3, 3));
    for seq in [2, 3, 4] {
        caller.says("messages_read", receipt(seq));
    }
    for expected in [3, 4] {
        let pick = |event| match event {
            Event::Signal(ServerMessage::MessagesRead(receipt)) => Some(receipt.last_read_seq),
            _ => None,
        };
        assert_eq!(until(&mut events, "a cursor", pick).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_half_open_is_noticed_and_replaced_though_nobody_says_anything() {
    let (mut server, mut silent, _live, mut events) = following().await;
    // It is asked something before it is taken for dead.
    silent.hears("authenticate").await;
    let reason = is_offline(&mut events).await;
    assert!(reason.contains("not answered in time"), "{reason}");
    silent.hears_the_end().await;
    let mut caller = server.accepts().await;
    let wanted = caller.hears("join_room").await;
    caller.acknowledges(&wanted, subscription(3, 4));
    assert_eq!(entries(&mut events, 1).await, [4]);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_connection_that_answers_when_it_is_asked_lasts() {
    let (_server, mut caller, live, _events) = following().await;
    for _ in 0..5 {
        let probe = caller.hears("authenticate").await;
        caller.acknowledges(&probe, json!({ "expiresAt": "2099-08-21T10:16:10.123Z" }));
    }
    assert_eq!(*live.connection().borrow(), ConnectionState::Online);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_connection_is_asked_with_the_newest_token_that_the_server_took() {
    let (_server, mut caller, live, _events) = following().await;
    let renewed = json!({ "expiresAt": "2099-08-21T10:16:10.123Z" });
    for (token, is_taken) in [("first", true), ("second", false), ("third", true)] {
        let renewal = Authenticate { token: token.parse().unwrap() };
        let answering = async {
            let event = caller.hears("authenticate").await;
            assert_eq!(event["token"], token);
            if is_taken {
                caller.acknowledges(&event, renewed.clone());
            } else {
                caller.rejects(&event, json!({ "type": "UNAUTHENTICATED", "message": "Expired" }));
            }
        };
        let (answer, ()) = tokio::join!(live.emit::<AuthenticateEvent>(renewal), answering);
        assert_eq!(answer.is_ok(), is_taken, "{answer:?}");
        let probe = caller.hears("authenticate").await;
        assert_eq!(probe["token"], if token == "third" { "third" } else { "first" });
        caller.acknowledges(&probe, renewed.clone());
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_refused_for_the_sockets_token_goes_over_the_next_connection() {
    let (mut server, live, mut events) = start().await;
    let mut caller = server.accepts().await;
    is_online(&mut events).await;
    let pending = live.room(ID.parse().unwrap()).send("hello").queue().await.unwrap();
    let first = caller.hears("send_message").await;
    // The server leaves the socket as it is.
    caller.rejects(&first, json!({ "type": "UNAUTHENTICATED", "message": "Expired" }));
    let mut next = server.accepts().await;
    caller.hears_the_end().await;
    let second = next.hears("send_message").await;
    assert_eq!(second["clientMessageId"], first["clientMessageId"]);
    next.acknowledges(&second, message(1));
    assert_eq!(soon("the message", pending.sent()).await.unwrap().seq, 1);
}

#[test]
fn who_stops_to_wait_for_a_connection_outside_of_a_runtime_leaves_none_behind() {
    let runtime = || {
        let builder = &mut tokio::runtime::Builder::new_current_thread();
        builder.enable_time().start_paused(true).build().unwrap()
    };
    let (lasting, passing, (mut server, client)) = (runtime(), runtime(), Server::start());
    let mut connecting = Box::pin(client.connect());
    let caller = lasting.block_on(async {
        assert!(futures_util::poll!(&mut connecting).is_pending());
        let caller = server.accepts().await;
        // Until it is open, and only to be taken.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        caller
    });
    drop(connecting);
    lasting.block_on(caller.hears_the_end());

    let mut connecting = Box::pin(client.connect());
    let _caller = passing.block_on(async {
        assert!(futures_util::poll!(&mut connecting).is_pending());
        server.accepts().await
    });
    drop(passing);
    // What was open went with the runtime; there is nothing left to end it with.
    drop(connecting);
}
