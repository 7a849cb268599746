//! Who has read what.

use crate::{View, live_of};
use parlor_client::{protocol::messages::MessageStatus, timeline::Kind};
use parlor_tests::{TestServer, proxy::FaultProxy, soon};

/// How many have read each message.
fn readers(view: &View) -> Vec<u32> {
    let readers = view.items.iter().filter_map(|item| match &item.kind {
        Kind::Message { message, read_by } => {
            assert_eq!(*read_by > 0, message.status == MessageStatus::Read);
            Some(*read_by)
        }
        _ => None,
    });
    readers.collect()
}

#[tokio::test]
async fn readers_are_counted_as_they_read() {
    let server = TestServer::start().await;
    let [ada, bob, eve] = server.people(["ada", "bob", "eve"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    eve.joins(&room).await;
    let first = ada.posts(&room, "one").await;
    bob.marks_read(&room, Some(first.seq)).await;
    ada.posts(&room, "two").await;
    let live = live_of(&ada, server.socket).await;
    let mut view = View::open(&live, &room).await;
    assert_eq!(readers(&view), [1, 0], "what was read before");
    eve.posts(&room, "three").await;
    eve.marks_read(&room, None).await;
    view.comes("one reader", |view| readers(view) == [1, 1, 0]).await;
    bob.marks_read(&room, None).await;
    view.comes("the other", |view| readers(view) == [2, 2, 1]).await;
    ada.posts(&room, "four").await;
    view.comes("a message that nobody has read", |view| readers(view) == [2, 2, 1, 0]).await;
}

#[tokio::test]
async fn what_was_read_while_the_network_was_gone_is_known_afterwards() {
    let server = TestServer::start().await;
    let proxy = FaultProxy::start(server.socket).await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let live = live_of(&ada, proxy.address()).await;
    let mut view = View::open(&live, &room).await;
    ada.posts(&room, "one").await;
    view.comes("the message", |view| readers(view) == [0]).await;
    proxy.change(|network| network.stalled = true);
    proxy.reset();
    crate::is_offline(&live).await;
    bob.marks_read(&room, None).await;
    proxy.heal();
    proxy.reset();
    live.reconnect_now().await;
    view.comes("the reader", |view| readers(view) == [1]).await;
}

#[tokio::test]
async fn ones_own_cursor_moves_to_the_newest_entry_once() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    bob.posts(&room, "one").await;
    let live = live_of(&ada, server.socket).await;
    let mut view = View::open(&live, &room).await;
    view.timeline.mark_read().await.unwrap();
    view.comes("the mark", |view| readers(view) == [1]).await;
    let membership = ada.sees(&room).await.membership.unwrap();
    assert_eq!((membership.unread_count, membership.last_read_seq), (0, 4));
    bob.posts(&room, "two").await;
    view.comes("the second message", |view| readers(view) == [1, 0]).await;
    soon("the mark", view.timeline.mark_read()).await.unwrap();
    assert_eq!(ada.sees(&room).await.membership.unwrap().last_read_seq, 5);
}
