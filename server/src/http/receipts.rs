//! Read cursors over REST.

use super::call::Call;
use crate::domain::{Error, receipts};
use parlor_protocol::receipts::{MarkRead, ReadCursor};

pub(super) async fn mark_read(call: Call<MarkRead>) -> Result<ReadCursor, Error> {
    receipts::mark_read(&call.domain, &call.caller, call.path.room_id, call.body).await
}
