//! Read marks, over a socket.

use super::events::Call;
use crate::domain::{Error, receipts, subscriptions};
use parlor_protocol::receipts::{LastRead, MessageRead, ReadMark};

/// Moves the reader's cursor up to a message.
pub(super) async fn read(call: Call<MessageRead>) -> Result<LastRead, Error> {
    let Call { realtime, caller, payload, .. } = call;
    let room = payload.room_id;
    subscriptions::check_member(&realtime.domain, &caller, room)
        .await
        .map_err(crate::domain::policy::as_on_sockets)?;
    let mark = ReadMark { message_id: Some(payload.message_id), seq: None };
    let cursor = receipts::mark_read(&realtime.domain, &caller, room, mark).await?;
    Ok(LastRead { last_read_seq: cursor.last_read_seq })
}
