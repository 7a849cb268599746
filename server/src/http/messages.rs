//! Messages over REST.

use super::{call::Call, reply::Reply};
use crate::domain::{
    Error,
    messages::{self, Draft},
};
use axum::http::StatusCode;
use parlor_protocol::messages::{History, ListMessages, Message, SendMessage};

/// A message that had been sent before is no creation.
pub(super) async fn send(call: Call<SendMessage>) -> Result<Reply<Message>, Error> {
    let draft = Draft {
        room: call.path.room_id,
        content: call.body.content,
        client_message_id: call.body.client_message_id,
    };
    let sent = messages::send(&call.domain, &call.caller, draft).await?;
    Ok(if sent.repeated { Reply::with_status(sent.message, StatusCode::OK) } else { sent.message.into() })
}

pub(super) async fn history(call: Call<ListMessages>) -> Result<History, Error> {
    messages::history(&call.domain, &call.caller, call.path.room_id, call.query).await
}
