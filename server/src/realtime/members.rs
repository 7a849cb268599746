//! Who belongs to a room, over a socket.

use super::events::Call;
use crate::domain::{Error, policy, presence};
use parlor_protocol::members::{GetRoomUsers, RoomUserList, RoomUsers};

/// About how many bytes a member takes in the answer.
const USER: usize = 110;

/// Answers with the members and their presence, as `room_users` too.
pub(super) async fn list(call: Call<GetRoomUsers>) -> Result<RoomUserList, Error> {
    let Call { realtime, live, caller, payload } = call;
    let list = presence::room_users(&realtime.domain, &caller, payload.room_id)
        .await
        .map_err(policy::as_on_sockets)?;
    // Twice: as the event and as the acknowledgement.
    live.peer.inbox.owe(2 * USER * list.users.len());
    realtime.tell::<RoomUsers>(&live, &list);
    Ok(list)
}
