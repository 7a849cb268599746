//! Who types, over a socket.

use super::events::Call;
use crate::{
    bus::RoomSignal,
    domain::{Error, subscriptions},
};
use parlor_protocol::{
    Nothing,
    typing::{Typing, TypingNotice},
};

/// Tells the room that one types, or no longer.
pub(super) async fn typing(call: Call<Typing>) -> Result<Nothing, Error> {
    let Call { realtime, live, caller, payload } = call;
    // Whoever listens is a member: the pump takes a socket out when its user leaves.
    if !live.peer.listens_to(payload.room_id) {
        subscriptions::check_member(&realtime.domain, &caller, payload.room_id)
            .await
            .map_err(crate::domain::policy::as_on_sockets)?;
    }
    let notice = TypingNotice {
        user_id: caller.user,
        username: live.peer.username(),
        room_id: payload.room_id,
        is_typing: payload.is_typing,
        timestamp: realtime.domain.clock.now(),
    };
    realtime
        .domain
        .bus
        .room(payload.room_id, RoomSignal::Typing { notice, from: live.socket.id.to_string() });
    Ok(Nothing)
}
