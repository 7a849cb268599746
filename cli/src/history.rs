//! `history` and `read`: what has been said in a room, and up to where one has read it.

use crate::{
    Account, Failure, Output,
    arguments::{History, Read},
    message::in_words,
    output::{in_json, print},
    rooms::{self, is_joined},
};
use parlor_client::protocol::{
    Nothing,
    ids::RoomId,
    messages::{HistoryQuery, ListMessages, Message},
    page::{PageLimit, Position},
    receipts::{MarkRead, ReadMark},
    rooms::RoomPath,
};

/// Prints a room's newest messages, or those before a position, oldest first.
pub(crate) async fn history(account: &Account, wanted: History, output: Output) -> Result<(), Failure> {
    let room_id = rooms::find(account, &wanted.room, is_joined).await?;
    for message in newest(account, room_id, wanted.before, wanted.count).await? {
        print(&if output.json { in_json(&message)? } else { in_words(&message, None, output.color) })?;
    }
    Ok(())
}

/// So many messages before a `seq`, or the newest ones, oldest first.
pub(crate) async fn newest(
    account: &Account,
    room_id: RoomId,
    before: Option<i64>,
    count: u64,
) -> Result<Vec<Message>, Failure> {
    let mut pages = Vec::new();
    let mut next = Some(before.and_then(Position::new));
    let mut left = count;
    while let Some(before) = next.filter(|_| left > 0) {
        let limit = PageLimit::new(u32::try_from(left).unwrap_or(u32::MAX));
        let query = HistoryQuery { before, after: None, page: None, limit };
        let part = account.call::<ListMessages>(RoomPath { room_id }, query, Nothing).await?;
        left = left.saturating_sub(part.messages.len() as u64);
        next = part.pagination.next_before.and_then(Position::new).map(Some);
        pages.push(part.messages);
    }
    Ok(pages.into_iter().rev().flatten().collect())
}

/// Moves one's read cursor, and prints where it stands.
pub(crate) async fn read(account: &Account, wanted: Read, output: Output) -> Result<(), Failure> {
    let room_id = rooms::find(account, &wanted.room, is_joined).await?;
    let mark = ReadMark { message_id: wanted.message, seq: None };
    let cursor = account.call::<MarkRead>(RoomPath { room_id }, Nothing, mark).await?;
    output.show(&cursor, |cursor| cursor.last_read_seq.to_string())
}
