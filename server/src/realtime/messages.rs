//! Messages, over a socket.

use super::{Realtime, events::Call};
use crate::domain::{
    Error,
    messages::{self, Draft},
    outbox::{Owed, Stored, Taken},
};
use parlor_protocol::messages::{Message, SendMessageEvent};
use tokio::sync::oneshot;

/// Queues a message at once, in order; its answer comes when it is on disk.
pub(super) fn send(
    call: Call<SendMessageEvent>,
) -> Result<(impl Future<Output = Result<Message, Error>> + Send + 'static, Owed), Error> {
    let Call { realtime, caller, payload, .. } = call;
    let draft = Draft {
        room: payload.room_id,
        content: payload.content,
        client_message_id: payload.client_message_id,
    };
    let Taken { stored, owed } = messages::enqueue(&realtime.domain, &caller, draft)?;
    Ok((finish(realtime, stored), owed))
}

async fn finish(
    realtime: Realtime,
    stored: oneshot::Receiver<Result<Stored, Error>>,
) -> Result<Message, Error> {
    messages::finish(&realtime.domain, stored)
        .await
        .map(|sent| sent.message)
        .map_err(crate::domain::policy::as_on_sockets)
}
