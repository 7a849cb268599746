//! Who belongs to a room, over a socket.

use super::events::Call;
use crate::domain::{Error, policy, presence};
use parlor_protocol::members::{GetRoomUsers, RoomUserList, RoomUsers};

/// Answers with the members and their presence, as `room_users` too.
pub(super) async fn list(call: Call<GetRoomUsers>) -> Result<RoomUserList, Error> {
    let Call { realtime, live, caller, payload } = call;
    let list = presence::room_users(&realtime.domain, &caller, payload.room_id)
        .await
        .map_err(policy::as_on_sockets)?;
    realtime.tell::<RoomUsers>(&live, &list);
    Ok(list)
}
