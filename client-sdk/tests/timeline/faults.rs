//! What is missed, in every way, is in the list or shown as a gap.

use crate::{View, client_of, is_offline, is_online, live_of};
use parlor_client::{
    live::{Event, Live},
    protocol::rooms::Room,
    timeline::Kind,
};
use parlor_tests::{Person, ServerProcess, TestServer, proxy::FaultProxy, soon};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use std::fs;

/// The network goes, so much is said, and the network comes back.
async fn misses(
    live: &Live,
    proxy: &FaultProxy,
    person: &Person,
    room: &Room,
    said: impl Iterator<Item = String>,
) {
    proxy.change(|network| network.stalled = true);
    proxy.reset();
    is_offline(live).await;
    for content in said {
        person.posts(room, &content).await;
    }
    proxy.heal();
    proxy.reset();
    live.reconnect_now().await;
}

#[tokio::test]
async fn what_is_said_while_the_network_is_gone_is_in_its_place() {
    let server = TestServer::start().await;
    let proxy = FaultProxy::start(server.socket).await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let live = live_of(&ada, proxy.address()).await;
    let mut view = View::open(&live, &room).await;
    let mut entries = 4;
    for round in 0..4 {
        misses(&live, &proxy, &bob, &room, (0..70).map(|n| format!("{round}.{n}"))).await;
        for n in 0..5 {
            bob.posts(&room, &format!("{round}.{n}.live")).await;
        }
        entries += 75;
        view.comes("all of it", |view| view.items.len() == entries).await;
        is_online(&live).await;
    }
    assert_eq!(view.gap(), None);
    view.equals_the_log(&ada, &room).await;
}

#[tokio::test]
async fn a_gap_that_is_too_long_is_shown_and_filled_on_demand() {
    let server = TestServer::start().await;
    let proxy = FaultProxy::start(server.socket).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let live = client_of(&ada, proxy.address()).await.live().longest_gap(Some(100)).start().await.unwrap();
    let mut view = View::open(&live, &room).await;
    misses(&live, &proxy, &ada, &room, (0..700).map(|n| n.to_string())).await;
    view.comes("the gap, and the newest page", |view| view.items.len() == 3 + 1 + 50).await;
    let gap = view.gap().unwrap();
    assert!(view.text().starts_with("^ made +ada [gap] 650 651 "), "{}", view.text());
    view.timeline.fill(&gap).await.unwrap();
    view.comes("a page of the gap", |view| view.items.len() == 3 + 1 + 100).await;
    ada.posts(&room, "live").await;
    view.comes("a live one", |view| view.contents().last().is_some_and(|last| last == "live")).await;
    while let Some(gap) = view.gap() {
        view.timeline.fill(&gap).await.unwrap();
        view.changes().await;
    }
    view.equals_the_log(&ada, &room).await;
    // There is no such gap any more.
    view.timeline.fill(&gap).await.unwrap();
}

#[tokio::test]
async fn events_that_were_dropped_leave_no_hole() {
    let server = TestServer::start().await;
    let proxy = FaultProxy::start(server.socket).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let live = client_of(&ada, proxy.address()).await.live().events_capacity(8).start().await.unwrap();
    let mut view = View::open(&live, &room).await;
    let mut events = live.events();
    misses(&live, &proxy, &ada, &room, (0..8).map(|n| n.to_string())).await;
    view.shows("^ made +ada 0 1 2 3 4 5 6 7").await;
    let mut missed = 0;
    is_online(&live).await;
    ada.posts(&room, "last").await;
    loop {
        match soon("the events", events.next()).await.unwrap() {
            Event::Missed(count) => missed += count,
            Event::Entry(entry) if entry.seq == 11 => break,
            _ => {}
        }
    }
    assert!(missed > 0, "the test misses nothing");
    view.shows("^ made +ada 0 1 2 3 4 5 6 7 last").await;
    view.equals_the_log(&ada, &room).await;
}

#[tokio::test]
async fn the_newest_entry_is_not_missed_when_what_came_after_it_took_its_place() {
    let server = TestServer::start().await;
    let proxy = FaultProxy::start(server.socket).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    // One event is kept: the word of the entry is followed at once by that of the connection.
    let live = client_of(&ada, proxy.address()).await.live().events_capacity(1).start().await.unwrap();
    let mut view = View::open(&live, &room).await;
    misses(&live, &proxy, &ada, &room, std::iter::once("unheard".to_owned())).await;
    view.shows("^ made +ada unheard").await;
    view.equals_the_log(&ada, &room).await;
}

#[tokio::test]
async fn a_history_that_was_put_back_is_loaded_anew() {
    let mut server = ServerProcess::start(&[("PARLOR_LIMIT_MESSAGE", "off")]).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    ada.posts(&room, "before").await;
    // Her session is in the backup.
    let client = client_of(&ada, server.socket).await;
    server.terminate().await;
    let file = server.data_dir().join("parlor.db");
    let backup = fs::read(&file).unwrap();
    server.start_again().await;
    let live = client.live().start().await.unwrap();
    let mut view = View::open(&live, &room).await;
    ada.posts(&room, "lost").await;
    ada.posts(&room, "lost as well").await;
    view.shows("^ made +ada before lost lost as well").await;
    server.terminate().await;
    fs::write(&file, backup).unwrap();
    for ending in ["db-wal", "db-shm"] {
        fs::remove_file(file.with_extension(ending)).ok();
    }
    // As whoever puts a backup in its place does.
    let options = SqliteConnectOptions::new().filename(&file);
    let mut database = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query("DELETE FROM meta WHERE name = 'epoch'").execute(&mut database).await.unwrap();
    database.close().await.unwrap();
    server.start_again().await;
    live.reconnect_now().await;
    view.shows("^ made +ada before").await;
    view.timeline.send("after").await.unwrap();
    view.shows("^ made +ada before after").await;
    view.equals_the_log(&ada, &room).await;
    assert!(view.items.iter().all(|item| !matches!(item.kind, Kind::Gap)));
}

#[tokio::test]
async fn four_clients_over_a_network_that_fails_all_end_with_the_log() {
    let server = TestServer::start().await;
    let people = server.people(["ada", "bob", "eve", "dan"]).await;
    let room = people[0].creates_room("kitchen").await;
    let mut views = Vec::new();
    for person in &people {
        if person.id() != people[0].id() {
            person.joins(&room).await;
        }
        let proxy = FaultProxy::start(server.socket).await;
        let live = live_of(person, proxy.address()).await;
        views.push((View::open(&live, &room).await, live, proxy));
    }
    let mut said = Vec::new();
    for round in 0_usize..60 {
        let (view, live, proxy) = &views[round % 4];
        said.push(format!("{round}"));
        view.timeline.send(format!("{round}")).await.unwrap();
        match round % 7 {
            2 => proxy.cut_after(u64::try_from(round * 13).unwrap()),
            4 => proxy.reset(),
            5 => {
                proxy.heal();
                live.reconnect_now().await;
            }
            _ => {}
        }
    }
    for (_, live, proxy) in &views {
        proxy.heal();
        proxy.reset();
        live.reconnect_now().await;
    }
    for (view, ..) in &mut views {
        view.comes("every message", |view| view.contents().len() == said.len()).await;
    }
    said.sort();
    for ((view, ..), person) in views.iter_mut().zip(&people) {
        view.comes("no gap", |view| view.gap().is_none()).await;
        let mut contents = view.contents();
        contents.sort();
        assert_eq!(contents, said);
        while view.timeline.load_older().await.unwrap() {}
        view.comes("the beginning", |view| matches!(view.items[0].kind, Kind::Beginning)).await;
        view.equals_the_log(person, &room).await;
    }
}
