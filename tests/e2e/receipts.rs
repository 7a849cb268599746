//! Read cursors, and what others are told of them.

use parlor_client::ServerMessage;
use parlor_protocol::{
    ErrorType,
    messages::MessageStatus,
    receipts::{MessageRead, MessageReadPayload, Receipt, StatusUpdate},
    rooms::Room,
};
use parlor_tests::{Person, Seat, TestServer};
use serde_json::json;

async fn hears_receipt(seat: &mut Seat) -> Receipt {
    seat.hears(|message| match message {
        ServerMessage::MessagesRead(receipt) => Some((**receipt).clone()),
        _ => None,
    })
    .await
}

async fn hears_status(seat: &mut Seat) -> StatusUpdate {
    seat.hears(|message| match message {
        ServerMessage::MessageStatusUpdated(update) => Some(**update),
        _ => None,
    })
    .await
}

async fn cursor(person: &Person, room: &Room) -> (i64, i64) {
    let membership = person.sees(room).await.membership.unwrap();
    (membership.last_read_seq, membership.unread_count)
}

#[tokio::test]
async fn h15_a_cursor_counts_the_others_messages_after_it_and_never_moves_back() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    ada.posts(&room, "before bob came").await;
    bob.joins(&room).await;
    assert_eq!(cursor(&bob, &room).await, (4, 0), "it starts at one's own arrival");
    let mut seqs = Vec::new();
    for n in 0..3 {
        seqs.push(ada.posts(&room, &n.to_string()).await.seq);
    }
    bob.posts(&room, "one's own is not unread, and moves nothing").await;
    assert_eq!(cursor(&bob, &room).await, (4, 3));
    assert_eq!(bob.marks_read(&room, Some(seqs[1])).await.last_read_seq, seqs[1]);
    assert_eq!(cursor(&bob, &room).await, (seqs[1], 1));
    let read_at = bob.marks_read(&room, Some(seqs[1])).await.read_at;
    assert_eq!(bob.marks_read(&room, Some(0)).await.last_read_seq, seqs[1], "never back");
    assert_eq!(bob.marks_read(&room, Some(seqs[0])).await.read_at, read_at, "it did not move");
    let all = bob.marks_read(&room, None).await;
    assert_eq!((all.last_read_seq, cursor(&bob, &room).await), (8, (8, 0)));
    assert!(bob.marks_read(&room, Some(1_000_000)).await.last_read_seq <= 8, "never beyond the end");
    assert_eq!(ada.posts(&room, "new").await.seq, 9);
    assert_eq!(cursor(&bob, &room).await.1, 1);
}

#[tokio::test]
async fn both_of_the_originals_paths_mark_as_read() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    for (path, body) in [
        (format!("/api/v1/rooms/{}/messages/read", room.id), json!({})),
        (format!("/api/v1/{}/messages/read", room.id), json!({ "seq": 2 })),
    ] {
        let message = ada.posts(&room, "read me").await;
        let marked = bob.post(&path, &json!({ "messageId": message.id })).await;
        assert_eq!(marked.data(200)["lastReadSeq"], message.seq);
        let again = bob.post(&path, &body).await;
        assert_eq!(again.data(200)["lastReadSeq"], message.seq, "{body}");
        let both = json!({ "messageId": message.id, "seq": 2 });
        bob.post(&path, &both).await.is(ErrorType::Validation);
    }
}

#[tokio::test]
async fn a_message_is_read_once_another_member_has_read_it() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let first = ada.posts(&room, "first").await;
    ada.posts(&room, "second").await;
    ada.marks_read(&room, None).await;
    let statuses = async |person: &Person| -> Vec<MessageStatus> {
        person.history(&room).await.messages.iter().map(|message| message.status).collect()
    };
    assert_eq!(
        statuses(&ada).await,
        [MessageStatus::Delivered, MessageStatus::Delivered],
        "the author's own reading doesn't count"
    );
    bob.marks_read(&room, Some(first.seq)).await;
    assert_eq!(statuses(&ada).await, [MessageStatus::Read, MessageStatus::Delivered]);
    assert_eq!(statuses(&bob).await, [MessageStatus::Read, MessageStatus::Delivered]);
    bob.leaves(&room).await;
    assert_eq!(
        statuses(&ada).await,
        [MessageStatus::Read, MessageStatus::Delivered],
        "a reader who has left still counts"
    );
}

#[tokio::test]
async fn a_newcomer_has_read_nothing_of_what_was_said_before() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    ada.posts(&room, "unread").await;
    bob.joins(&room).await;
    let history = ada.history(&room).await;
    assert_eq!(history.messages[0].status, MessageStatus::Delivered);
}

#[tokio::test]
async fn a_cursor_survives_a_leave_and_a_return() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let read = ada.posts(&room, "read").await;
    bob.marks_read(&room, Some(read.seq)).await;
    bob.leaves(&room).await;
    ada.posts(&room, "missed").await;
    bob.joins(&room).await;
    assert_eq!(cursor(&bob, &room).await, (read.seq, 1));
}

#[tokio::test]
async fn a_move_of_a_cursor_is_told_with_the_newest_message_that_became_read() {
    let server = TestServer::start().await;
    let [ada, bob, eve] = server.people(["ada", "bob", "eve"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    eve.joins(&room).await;
    let mut seat = ada.subscribes(&room).await;
    let (reader, late) = (bob.subscribes(&room).await, eve.subscribes(&room).await);
    let mut messages = Vec::new();
    for n in 0..3 {
        messages.push(ada.posts(&room, &n.to_string()).await);
    }
    assert_eq!(reader.reads(&messages[1]).await.last_read_seq, messages[1].seq);
    let (receipt, update) = (hears_receipt(&mut seat).await, hears_status(&mut seat).await);
    assert_eq!(
        (receipt.user_id, receipt.last_read_seq, receipt.room_id),
        (bob.id(), messages[1].seq, room.id)
    );
    assert_eq!((receipt.username.as_str(), update.reader_id), ("bob", bob.id()));
    assert_eq!(
        (update.message_id, update.seq, update.status),
        (messages[1].id, messages[1].seq, MessageStatus::Read)
    );
    late.reads(&messages[0]).await;
    assert_eq!(hears_receipt(&mut seat).await.user_id, eve.id());
    late.reads(&messages[2]).await;
    let update = hears_status(&mut seat).await;
    assert_eq!(
        (update.message_id, update.reader_id),
        (messages[2].id, eve.id()),
        "the first was read already"
    );
}

#[tokio::test]
async fn many_moves_of_a_cursor_are_told_at_most_once_a_second_and_the_last_one_always() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let (mut seat, reader) = (ada.subscribes(&room).await, bob.subscribes(&room).await);
    let mut messages = Vec::new();
    for n in 0..30 {
        messages.push(ada.posts(&room, &n.to_string()).await);
    }
    let began = std::time::Instant::now();
    for message in &messages {
        reader.reads(message).await;
    }
    let mut told = 0;
    loop {
        let receipt = hears_receipt(&mut seat).await;
        told += 1;
        if receipt.last_read_seq == messages[29].seq {
            break;
        }
    }
    let seconds = began.elapsed().as_secs() + 1;
    assert!(told <= seconds + 1, "{told} in {seconds} s");
}

#[tokio::test]
async fn s4_s5_a_stranger_marks_nothing_and_nobody_is_told() {
    let server = TestServer::start().await;
    let [ada, bob, eve] = server.people(["ada", "bob", "eve"]).await;
    let (room, other) = (ada.creates_private_room("cellar").await, ada.creates_room("kitchen").await);
    eve.joins(&other).await;
    bob.accepts(&ada.invites_to(&room).await).await;
    let (secret, open) = (ada.posts(&room, "secret").await, ada.posts(&other, "open").await);
    let mut seat = bob.subscribes(&room).await;
    let stranger = eve.sits_down().await;
    for (room_id, message_id, kind) in [
        (room.id, secret.id, ErrorType::NotAuthorized),
        (other.id, secret.id, ErrorType::NotFound),
        (room.id, open.id, ErrorType::NotAuthorized),
    ] {
        let refused =
            stranger.emits::<MessageRead>(MessageReadPayload { room_id, message_id }).await.unwrap_err();
        assert_eq!(refused.kind(), Some(kind));
    }
    let mut raw = eve.raw_socket().await;
    for id in [json!({}), json!(1), json!([secret.id]), json!(null), json!("' OR 1=1")] {
        let ack = raw.ask("message_read", &json!({ "roomId": other.id, "messageId": id })).await;
        assert_eq!(ack["error"]["type"], "VALIDATION", "{ack}");
    }
    let reply = eve
        .post(&format!("/api/v1/rooms/{}/messages/read", other.id), &json!({ "messageId": secret.id }))
        .await;
    reply.is(ErrorType::NotFound);
    assert_eq!(bob.history(&room).await.messages[0].status, MessageStatus::Delivered);
    let heard = seat.heard().await;
    assert!(
        !heard.iter().any(|heard| matches!(
            heard,
            ServerMessage::MessagesRead(_) | ServerMessage::MessageStatusUpdated(_)
        )),
        "{heard:?}"
    );
}
