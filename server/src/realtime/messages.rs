//! Messages, over a socket.

use super::{Realtime, events::Call};
use crate::domain::{
    Error,
    messages::{self, Draft},
};
use parlor_protocol::messages::{Message, SendMessageEvent};

/// Queues a message at once, in order; its answer comes when it is on disk.
pub(super) fn send(
    call: Call<SendMessageEvent>,
) -> Result<impl Future<Output = Result<Message, Error>> + Send + 'static, Error> {
    let Call { realtime, caller, payload, .. } = call;
    let draft = Draft {
        room: payload.room_id,
        content: payload.content,
        client_message_id: payload.client_message_id,
    };
    let waiting = messages::enqueue(&realtime.domain, &caller, draft)?;
    Ok(finish(realtime, waiting))
}

async fn finish(
    realtime: Realtime,
    waiting: tokio::sync::oneshot::Receiver<Result<crate::domain::outbox::Stored, Error>>,
) -> Result<Message, Error> {
    messages::finish(&realtime.domain, waiting)
        .await
        .map(|sent| sent.message)
        .map_err(crate::domain::policy::as_on_sockets)
}
