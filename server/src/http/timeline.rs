//! A room's timeline over REST.

use super::call::Call;
use crate::domain::{Error, timeline};
use parlor_protocol::timeline::{ListEvents, Timeline};

pub(super) async fn list(call: Call<ListEvents>) -> Result<Timeline, Error> {
    timeline::list(&call.domain, &call.caller, call.path.room_id, call.query).await
}
