//! `events`: what the server sends, as it comes over the wire.

use crate::{
    Context, Failure,
    arguments::Watch,
    output::{in_json, note, print},
    rooms::{self, is_joined},
};
use parlor_client::{Wire, live::ConnectionState};
use serde::Serialize;
use serde_json::Value;
use std::{
    num::NonZeroU64,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::mpsc;

/// How many events may wait to be printed before further ones are left out.
const WAITING: usize = 10_000;

#[derive(Serialize)]
struct Received {
    event: String,
    data: Value,
}

/// Prints events until as many as wanted have come, or nobody reads them.
pub(crate) async fn events(context: &Context, wanted: Watch) -> Result<(), Failure> {
    let Watch { rooms: named, count } = wanted;
    let (sender, mut events) = mpsc::channel(WAITING);
    let left_out = Arc::new(AtomicU64::new(0));
    let counted = left_out.clone();
    let account = context.watched_account(move |wire| {
        if let Wire::Received { event, payload } = wire {
            let received = Received { event: event.to_owned(), data: payload.clone() };
            if sender.try_send(received).is_err() {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    let account = account.await?;
    let mut ids = Vec::new();
    for name in &named {
        ids.push(rooms::find(&account, name, is_joined).await?);
    }
    if named.is_empty() {
        let joined = rooms::all(&account).await?.into_iter().filter(is_joined);
        ids.extend(joined.map(|room| room.id));
    }
    let live = account.live().await?;
    let mut connection = live.connection();
    for room_id in ids {
        live.room(room_id).follow(None).await?;
    }
    let mut left = count.map(NonZeroU64::get);
    while left != Some(0) {
        let received = tokio::select! {
            biased;
            Some(received) = events.recv() => received,
            _ = connection.wait_for(ConnectionState::is_over) => {
                return Err(Failure::SignedOut("your session has ended".to_owned()));
            }
        };
        let missing = left_out.swap(0, Ordering::Relaxed);
        if missing > 0 {
            note(&format!("{missing} events were left out: they come faster than they are read"));
        }
        print(&in_json(&received)?)?;
        left = left.map(|left| left - 1);
    }
    Ok(())
}
