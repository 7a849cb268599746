//! Subscribing to rooms.

use super::{
    events::{Call, Reply},
    pump::Subscribe,
};
use crate::domain::{Error, policy::as_on_sockets, subscriptions};
use parlor_protocol::subscriptions::{JoinRoomEvent, LeaveRoomEvent, LeftRoom};
use tokio::sync::oneshot;

/// A snapshot is taken anew so often when the room moves on faster than it is read.
const TRIES: usize = 8;

/// Subscribes the socket; the pump answers, so that the answer comes before the next live entry.
pub(super) async fn join(call: Call<JoinRoomEvent>, mut reply: Reply) {
    let Call { realtime, live, caller, payload } = call;
    for _ in 0..TRIES {
        // Opened before the snapshot, so that no entry can fall between the two.
        let pump = realtime.pumps.open(&realtime, payload.room_id);
        let start = match subscriptions::starting_point(&realtime.domain, &caller, &payload).await {
            Ok(start) => start,
            Err(error) => return reply.fail(&as_on_sockets(error)),
        };
        let (stale, again) = oneshot::channel();
        pump.subscribe(Subscribe { live: live.clone(), start, reply, stale });
        match again.await {
            Ok(returned) => reply = returned,
            // The pump has answered.
            Err(_) => return,
        }
    }
    reply.fail(&Error::Unavailable);
}

/// Unsubscribes the socket; its user stays a member.
pub(super) async fn leave(call: Call<LeaveRoomEvent>) -> Result<LeftRoom, Error> {
    let Call { realtime, live, caller, payload } = call;
    let room_id = payload.room_id;
    if !realtime.pumps.unsubscribe(room_id, live.socket.id).await {
        subscriptions::check_member(&realtime.domain, &caller, room_id).await.map_err(as_on_sockets)?;
    }
    Ok(LeftRoom { room_id })
}
