//! `tail`: a room's newest messages, and those that come.

use crate::{Account, Failure, Output, arguments::Tail, feed::Feed, rooms, safe_text::safe_line};
use chrono::Local;
use parlor_client::protocol::{
    Nothing,
    ids::RoomId,
    messages::{HistoryQuery, ListMessages, Message},
    page::{PageLimit, Position},
    rooms::RoomPath,
};
use std::num::NonZeroU64;

/// Prints messages until as many as wanted have come, or nobody reads them.
pub(crate) async fn tail(account: &Account, wanted: Tail, output: Output) -> Result<(), Failure> {
    let Tail { room, before, count } = wanted;
    let room_id = rooms::find(account, &room, |room| room.membership.is_some()).await?;
    // First the live end, then what stands before it: between both nothing is missed, and nothing is doubled.
    let mut feed = Feed::open(account, room_id).await?;
    let mut left = count.map(NonZeroU64::get);
    let history = newest(account, room_id, feed.seq(), before).await?;
    let mut history = history.into_iter();
    while left != Some(0) {
        let message = match history.next() {
            Some(message) => message,
            None => feed.next().await?,
        };
        output.show(&message, in_words)?;
        left = left.map(|left| left - 1);
    }
    Ok(())
}

/// So many messages up to a position, oldest first.
async fn newest(account: &Account, room_id: RoomId, upto: i64, count: u64) -> Result<Vec<Message>, Failure> {
    let mut pages = Vec::new();
    let mut before = Position::new(upto + 1);
    let mut left = count;
    while left > 0 && before.is_some() {
        let limit = PageLimit::new(u32::try_from(left).unwrap_or(u32::MAX));
        let query = HistoryQuery { before, after: None, page: None, limit };
        let part = account.call::<ListMessages>(RoomPath { room_id }, query, Nothing).await?;
        left = left.saturating_sub(part.messages.len() as u64);
        before = part.pagination.next_before.and_then(Position::new);
        pages.push(part.messages);
    }
    Ok(pages.into_iter().rev().flatten().collect())
}

fn in_words(message: &Message) -> String {
    let time = message.created_at.to_utc().with_timezone(&Local).format("%Y-%m-%d %H:%M");
    let name = safe_line(message.username.as_str());
    // What follows the first line is set in, so that it can't be taken for another's message.
    let content = message.content.replace('\n', "\n    ");
    format!("{time} {name}: {content}")
}
