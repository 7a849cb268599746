//! Entries: in order, page by page.

use crate::{View, live_of};
use futures_util::{StreamExt as _, stream};
use parlor_client::{
    protocol::{
        Nothing,
        rooms::{ChangeRoom, RoomChanges, RoomPath},
    },
    timeline::{Key, VectorDiff},
};
use parlor_tests::{Person, TestServer, soon};
use std::time::Instant;

/// So many messages, in any order.
async fn chatter(person: &Person, room: &parlor_client::protocol::rooms::Room, count: usize) {
    stream::iter(0..count)
        .for_each_concurrent(8, async |n| {
            person.posts(room, &n.to_string()).await;
        })
        .await;
}

#[tokio::test]
async fn entries_come_in_order_and_the_list_begins_where_the_room_does() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    ada.posts(&room, "one").await;
    let live = live_of(&ada, server.socket).await;
    let mut view = View::open(&live, &room).await;
    assert_eq!(view.text(), "^ made +ada one");
    assert!(!view.timeline.load_older().await.unwrap());
    bob.joins(&room).await;
    bob.posts(&room, "two").await;
    let name = Some("cellar".parse().unwrap());
    let changes = RoomChanges { name, description: None };
    ada.client.call::<ChangeRoom>(RoomPath { room_id: room.id }, Nothing, changes).await.unwrap();
    bob.leaves(&room).await;
    view.shows("^ made +ada one +bob two =cellar -bob").await;
    view.equals_the_log(&ada, &room).await;
}

#[tokio::test]
async fn what_is_said_in_another_room_is_in_none_but_that() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let [kitchen, hall] = [ada.creates_room("kitchen").await, ada.creates_room("hall").await];
    let live = live_of(&ada, server.socket).await;
    let mut views = [View::open(&live, &kitchen).await, View::open(&live, &hall).await];
    for n in 0..3 {
        ada.posts(&hall, &format!("of the hall {n}")).await;
        views[0].timeline.send(format!("of the kitchen {n}")).await.unwrap();
    }
    let [kitchens, halls] = &mut views;
    kitchens.shows("^ made +ada of the kitchen 0 of the kitchen 1 of the kitchen 2").await;
    halls.shows("^ made +ada of the hall 0 of the hall 1 of the hall 2").await;
    kitchens.equals_the_log(&ada, &kitchen).await;
    halls.equals_the_log(&ada, &hall).await;
}

#[tokio::test]
async fn older_pages_are_loaded_one_by_one_up_to_the_beginning() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    chatter(&ada, &room, 168).await;
    let live = live_of(&ada, server.socket).await;
    let mut view = View::open(&live, &room).await;
    assert_eq!(
        view.items.front().map(|item| item.key.clone()),
        Some(Key::Entry(121)),
        "the newest 50 of 170"
    );
    // What comes meanwhile is none of the page.
    let (more, _) = tokio::join!(view.timeline.load_older(), ada.posts(&room, "live"));
    assert!(more.unwrap());
    view.comes("the second page and the live one", |view| view.items.len() == 101).await;
    // Two at once are two pages, and not the same twice.
    let (one, other) = tokio::join!(view.timeline.load_older(), view.timeline.load_older());
    assert_eq!((one.unwrap(), other.unwrap()), (true, false));
    view.comes("the beginning", |view| view.items.len() == 172).await;
    assert!(!view.timeline.load_older().await.unwrap());
    view.equals_the_log(&ada, &room).await;
}

#[tokio::test]
async fn a_room_with_ten_thousand_entries_opens_with_one_page_and_loads_the_rest_in_time() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    chatter(&ada, &room, 9_998).await;
    let live = live_of(&ada, server.socket).await;
    crate::is_online(&live).await;
    let began = Instant::now();
    let mut view = View::open(&live, &room).await;
    let opened = began.elapsed();
    assert_eq!(view.items.len(), 50);
    let mut pages = Vec::new();
    loop {
        let began = Instant::now();
        let more = view.timeline.load_older().await.unwrap();
        pages.push(began.elapsed());
        if !more {
            break;
        }
    }
    view.comes("all of it", |view| view.items.len() == 10_001).await;
    view.equals_the_log(&ada, &room).await;
    let (first, last) = (&pages[..50], &pages[pages.len() - 50..]);
    let (first, last) = (first.iter().min().unwrap(), last.iter().min().unwrap());
    println!("opened in {opened:?}; a page in {first:?} at first, {last:?} at last");
    assert!(*last < *first * 4, "a page takes longer the more there are: {first:?}, {last:?}");
}

#[tokio::test]
async fn a_subscriber_that_takes_nothing_gets_the_whole_list_at_last() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let live = live_of(&ada, server.socket).await;
    let mut eager = View::open(&live, &room).await;
    let mut lazy = View::of(eager.timeline.clone());
    for n in 0..200 {
        ada.posts(&room, &n.to_string()).await;
    }
    eager.comes("all", |view| view.items.len() == 203).await;
    let changes = soon("the changes", lazy.changes.next()).await.unwrap();
    assert!(matches!(&changes[..], [VectorDiff::Reset { values }] if values.len() == 203), "{changes:?}");
    lazy.timeline.send("on it goes").await.unwrap();
    for change in changes {
        change.apply(&mut lazy.items);
    }
    lazy.comes("a further one", |view| view.items.len() == 204).await;
}
