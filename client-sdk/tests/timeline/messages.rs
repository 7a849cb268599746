//! Messages of one's own, from the local echo to the entry.

use crate::{View, client_of, is_online, live_of};
use parlor_client::{
    Error,
    live::{Event, FileOutbox, OutboxStore as _, Queued, Waiting},
    protocol::text::ClientMessageId,
    timeline::{Item, Key, Kind, Sending},
};
use parlor_server::config::Rate;
use parlor_tests::{ServerProcess, TestServer, proxy::FaultProxy, soon};
use std::time::Duration;

fn local(view: &View) -> Vec<(&str, &Sending, ClientMessageId)> {
    let local = |item: &Item| match (&item.key, &item.kind) {
        (Key::Local(id), Kind::Local { .. }) => Some(id.clone()),
        _ => None,
    };
    let items = view.items.iter();
    let items = items.filter_map(|item| match &item.kind {
        Kind::Local { message, sending } => Some((&*message.content, sending, local(item)?)),
        _ => None,
    });
    items.collect()
}

#[tokio::test]
async fn a_message_is_shown_at_once_and_becomes_its_entry_in_one_change() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let live = live_of(&ada, server.socket).await;
    let mut view = View::open(&live, &room).await;
    for round in 0..20 {
        let pending = view.timeline.send("hello").await.unwrap();
        let id = pending.message().client_message_id.clone();
        let mut seen = Vec::new();
        view.comes("the entry", |view| {
            seen.push(
                (3 + round..view.items.len())
                    .map(|at| crate::word(&view.items[at]))
                    .collect::<Vec<_>>()
                    .join(" "),
            );
            seen.last().unwrap() == "hello"
        })
        .await;
        seen.dedup();
        let begin = usize::from(seen[0].is_empty());
        assert_eq!(seen[begin..], ["…hello", "hello"], "never both, never none");
        let stored = soon("the answer", pending.sent()).await.unwrap();
        assert_eq!(stored.client_message_id, Some(id));
        assert_eq!(view.items.back().unwrap().key, Key::Entry(stored.seq));
    }
    view.equals_the_log(&ada, &room).await;
}

#[tokio::test]
async fn what_is_sent_offline_waits_in_order_and_arrives_among_what_others_said() {
    let server = TestServer::start().await;
    let proxy = FaultProxy::start(server.socket).await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let live = live_of(&ada, proxy.address()).await;
    let mut view = View::open(&live, &room).await;
    proxy.change(|network| network.stalled = true);
    proxy.reset();
    crate::is_offline(&live).await;
    view.timeline.send("one").await.unwrap();
    live.room(room.id).send("two").queue().await.unwrap();
    bob.posts(&room, "meanwhile").await;
    view.shows("^ made +ada +bob …one …two").await;
    assert!(matches!(local(&view)[..], [(_, Sending::Queued, _), (_, Sending::Queued, _)]));
    proxy.heal();
    proxy.reset();
    live.reconnect_now().await;
    view.comes("both", |view| view.items.len() == 7 && local(view).is_empty()).await;
    let mut said = view.contents();
    said.retain(|content| content != "meanwhile");
    assert_eq!(said, ["one", "two"]);
    view.equals_the_log(&ada, &room).await;
}

#[tokio::test]
async fn what_waited_before_the_timeline_was_opened_is_shown() {
    let mut server = ServerProcess::start(&[("PARLOR_LIMIT_MESSAGE", "off")]).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let folder = tempfile::tempdir().unwrap();
    let outbox = FileOutbox::at(folder.path().join("outbox.json"));
    let client = client_of(&ada, server.socket).await;
    server.kill().await;
    let live = client.live().outbox(outbox.clone()).start().await.unwrap();
    live.room(room.id).send("from before").queue().await.unwrap();
    live.shutdown(Duration::ZERO).await;
    let live = client.live().outbox(outbox).start().await.unwrap();
    live.room(room.id).send("from elsewhere").queue().await.unwrap();
    let opening = tokio::spawn({
        let (live, room) = (live.clone(), room.clone());
        async move { View::open(&live, &room).await.timeline }
    });
    server.start_again().await;
    live.reconnect_now().await;
    let mut view = View::of(soon("the timeline", opening).await.unwrap());
    view.shows("^ made +ada from before from elsewhere").await;
    view.equals_the_log(&ada, &room).await;
}

#[tokio::test]
async fn what_has_waited_for_too_long_is_shown_and_sent_or_taken_away_when_somebody_says_so() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let folder = tempfile::tempdir().unwrap();
    let outbox = FileOutbox::at(folder.path().join("outbox.json"));
    let client = client_of(&ada, server.socket).await;
    let message = |content: &str| Queued {
        room_id: room.id,
        content: content.to_owned(),
        client_message_id: content.parse().unwrap(),
        queued_at: serde_json::from_str(r#""2025-08-21T10:16:10.123Z""#).unwrap(),
    };
    let messages = vec![message("one"), message("two")];
    outbox.save(&Waiting { user_id: Some(ada.id()), messages }).unwrap();
    let live = client.live().outbox(outbox.clone()).hold_older_than(Duration::ZERO).start().await.unwrap();
    let mut view = View::open(&live, &room).await;
    view.shows("^ made +ada ?one ?two").await;
    view.timeline.send("new").await.unwrap();
    view.shows("^ made +ada new ?one ?two").await;
    view.timeline.discard(&"one".parse().unwrap());
    view.timeline.retry(&"two".parse().unwrap()).await.unwrap();
    view.shows("^ made +ada new two").await;
    view.equals_the_log(&ada, &room).await;
    assert_eq!(live.shutdown(Duration::from_secs(10)).await, []);
    assert_eq!(outbox.load().unwrap().messages, []);
}

#[tokio::test]
async fn a_refused_message_stays_until_it_is_sent_again_with_the_same_id() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let live = live_of(&ada, server.socket).await;
    let mut view = View::open(&live, &room).await;
    let kitchen = live.room(room.id);
    kitchen.send("taken").client_message_id("one").await.unwrap();
    // The server has other words under this id.
    kitchen.send("refused").client_message_id("one").queue().await.unwrap();
    view.timeline.send("later").await.unwrap();
    view.shows("^ made +ada taken later !refused").await;
    let id: ClientMessageId = "one".parse().unwrap();
    assert!(matches!(&local(&view)[..], [(_, Sending::Failed(Error::Api { .. }), failed)] if *failed == id));
    // It stays for the next who looks.
    let mut next = View::open(&live, &room).await;
    assert_eq!(next.text(), view.text());
    view.timeline.retry(&id).await.unwrap();
    view.comes("the second try", |view| matches!(local(view)[..], [(_, Sending::UnderWay, _)])).await;
    view.shows("^ made +ada taken later !refused").await;
    view.timeline.discard(&id);
    view.shows("^ made +ada taken later").await;
    next.shows("^ made +ada taken later").await;
    let gone = view.timeline.retry(&id).await;
    assert!(matches!(gone, Err(Error::Input(_))), "{gone:?}");
}

#[tokio::test]
async fn a_retry_that_goes_well_takes_the_place_of_the_failure() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let live = live_of(&bob, server.socket).await;
    let view = View::open(&live, &room).await;
    ada.removes(&bob, &room).await;
    soon("the end", view.timeline.ended().wait_for(Option::is_some)).await.unwrap();
    view.timeline.send("late").await.unwrap();
    bob.joins(&room).await;
    // Of a timeline that has ended the messages on their way are shown; the next one has them, too.
    let mut view = View::open(&live, &room).await;
    view.comes("the outcome", |view| !view.text().contains('…')).await;
    if let [(_, Sending::Failed(_), id)] = &local(&view)[..] {
        view.timeline.retry(id).await.unwrap();
    }
    view.shows("^ made +ada +bob -bob +bob late").await;
    view.equals_the_log(&bob, &room).await;
}

#[tokio::test]
async fn a_waiting_message_is_taken_back() {
    let server = TestServer::start().await;
    let proxy = FaultProxy::start(server.socket).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let live = live_of(&ada, proxy.address()).await;
    let mut view = View::open(&live, &room).await;
    let mut events = live.events();
    proxy.change(|network| network.stalled = true);
    proxy.reset();
    crate::is_offline(&live).await;
    let mut pending = Vec::new();
    for content in ["one", "two", "three", "four"] {
        pending.push(view.timeline.send(content).await.unwrap());
    }
    let ids: Vec<_> = pending.iter().map(|pending| pending.message().client_message_id.clone()).collect();
    view.shows("^ made +ada …one …two …three …four").await;
    // The first one is with the worker already, the last one is not.
    assert!(live.drop_queued(&ids[0]).await.unwrap());
    assert!(!live.drop_queued(&ids[0]).await.unwrap());
    view.timeline.discard(&ids[3]);
    view.shows("^ made +ada …two …three").await;
    assert_eq!(live.outbox().len(), 2);
    let taken_back = soon("the answer", pending.remove(0).sent()).await;
    assert!(matches!(taken_back, Err(Error::Input(_))), "{taken_back:?}");
    let told = async {
        loop {
            if let Event::TakenBack(message) = events.next().await.unwrap() {
                return message.content;
            }
        }
    };
    assert_eq!(soon("the event", told).await, "one");
    proxy.heal();
    proxy.reset();
    live.reconnect_now().await;
    is_online(&live).await;
    view.shows("^ made +ada two three").await;
    view.equals_the_log(&ada, &room).await;
}

#[tokio::test]
async fn a_limit_makes_the_rest_wait_in_order() {
    let limit = Some(Rate { count: 2, per: Duration::from_millis(500) });
    let server = TestServer::start_with(|config| config.limits.message = limit).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let live = live_of(&ada, server.socket).await;
    let mut view = View::open(&live, &room).await;
    for content in ["one", "two", "three", "four", "five"] {
        view.timeline.send(content).await.unwrap();
    }
    view.shows("^ made +ada one two …three …four …five").await;
    view.shows("^ made +ada one two three four five").await;
}
