//! The connection that lasts, against a real server over a network that fails.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

mod connecting;
mod examples;
mod following;
mod paging;
mod sending;
mod sessions;
mod stores;

use parlor_client::{
    Client,
    live::{ConnectionState, Event, Events, Live, Queued},
    protocol::{
        messages::Message,
        timeline::{Happening, TimelineEvent},
    },
};
use parlor_tests::{Person, people::PASSWORD, soon};
use std::net::SocketAddr;

/// Somebody's client of their own, over this address.
async fn client_of(person: &Person, address: SocketAddr) -> Client {
    let client = Client::new(&format!("http://{address}")).unwrap();
    client.sign_in(person.user.email.parse().unwrap(), PASSWORD.parse().unwrap()).await.unwrap();
    client
}

/// Somebody's lasting connection over this address.
async fn live_of(person: &Person, address: SocketAddr) -> (Live, Events) {
    let live = client_of(person, address).await.live().start().await.unwrap();
    let events = live.events();
    (live, events)
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

async fn entry(events: &mut Events) -> TimelineEvent {
    until(events, "an entry", |event| match event {
        Event::Entry(entry) => Some(*entry),
        Event::Resync { .. } | Event::Missed(_) | Event::Unfollowed { .. } => panic!("{event:?}"),
        _ => None,
    })
    .await
}

/// What the next so many messages say; whatever entries come between have to be in order as well.
async fn contents(events: &mut Events, count: usize) -> Vec<String> {
    let (mut contents, mut last) = (Vec::new(), None);
    while contents.len() < count {
        let entry = entry(events).await;
        assert!(last.is_none_or(|last| entry.seq == last + 1), "{} after {last:?}", entry.seq);
        last = Some(entry.seq);
        if let Happening::Message { message } = entry.happening {
            contents.push(message.content);
        }
    }
    contents
}

async fn sent(events: &mut Events) -> Message {
    let pick = |event| match event {
        Event::Sent(message) => Some(*message),
        _ => None,
    };
    until(events, "a sent message", pick).await
}

/// Waits for a state, from now on.
async fn comes(live: &Live, what: &str, is: impl FnMut(&ConnectionState) -> bool) {
    soon(what, live.connection().wait_for(is)).await.unwrap();
}

async fn is_online(live: &Live) {
    comes(live, "the connection", |state| *state == ConnectionState::Online).await;
}

async fn is_offline(live: &Live) {
    comes(live, "the end of the connection", |state| matches!(state, ConnectionState::Offline { .. })).await;
}

fn content_of(queued: &Queued) -> &str {
    &queued.content
}
