//! Opening a room, and telling what changes in it.

use super::{News, words};
use crate::tui::{
    entry::{Entry, Me},
    message::Message,
};
use futures_util::StreamExt as _;
use parlor_client::{
    Error,
    live::{Live, Queued},
    protocol::ids::RoomId,
    timeline::{Item, Key, Kind, Sending, Timeline, VectorDiff},
};
use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::mpsc;

/// Opens a room, and tells its changes.
pub(super) async fn watch(
    live: Live,
    id: RoomId,
    me: Me,
    news: mpsc::Sender<News>,
    slot: Arc<Mutex<Option<Timeline>>>,
) {
    let tell = async |message| news.send(News::Message(message)).await.is_ok();
    let timeline = match open(&live, id, &me, &news).await {
        Ok(timeline) => timeline,
        Err(error) => {
            tell(Message::OpenFailed(id, words(&error))).await;
            return;
        }
    };
    let (items, changes) = timeline.subscribe();
    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(timeline);
    let entries = items.into_iter().map(|item| Entry::of(item, &me)).collect();
    if !tell(Message::Opened(id, entries)).await {
        return;
    }
    let mut changes = pin!(changes);
    while let Some(changed) = changes.next().await {
        let changed: Vec<VectorDiff<Arc<Entry>>> =
            changed.into_iter().map(|change| change.map(|item| Entry::of(item, &me))).collect();
        if !tell(Message::Changed(id, changed)).await {
            return;
        }
    }
}

/// Waits for the room's timeline. There is none without a connection, however long that takes: what one writes meanwhile is told.
async fn open(live: &Live, id: RoomId, me: &Me, news: &mpsc::Sender<News>) -> Result<Timeline, Error> {
    let room = live.room(id);
    let mut opening = pin!(room.timeline());
    // Before what waits is looked at, so that no change of it is missed.
    let mut events = live.events();
    let mut told = Vec::new();
    loop {
        let waiting: Vec<Queued> = live.outbox().into_iter().filter(|queued| queued.room_id == id).collect();
        if waiting != told {
            let entries = waiting.iter().map(|queued| of_queued(queued.clone(), me)).collect();
            // Nobody hears it when the program ends.
            news.send(News::Message(Message::Ahead(id, entries))).await.ok();
            told = waiting;
        }
        tokio::select! {
            opened = &mut opening => return opened,
            event = events.next() => if event.is_none() { return opening.await },
        }
    }
}

fn of_queued(message: Queued, me: &Me) -> Arc<Entry> {
    let key = Key::Local(message.client_message_id.clone());
    Entry::of(Item { key, kind: Kind::Local { message, sending: Sending::Queued } }, me)
}
