//! Who types, over a socket.

use super::{Realtime, events::Call, sockets::Live};
use crate::{
    bus::RoomSignal,
    domain::{Error, policy::as_on_sockets, subscriptions},
};
use parlor_protocol::{
    Nothing,
    ids::RoomId,
    typing::{Typing, TypingNotice},
};

/// Tells the room that one types, or no longer.
pub(super) async fn typing(call: Call<Typing>) -> Result<Nothing, Error> {
    let Call { realtime, live, caller, payload } = call;
    let room = payload.room_id;
    // Whoever listens is a member: the pump takes a socket out when its user leaves.
    let listening = live.peer.listens_to(room);
    if !listening {
        subscriptions::check_member(&realtime.domain, &caller, room).await.map_err(as_on_sockets)?;
    }
    let mut noted = live.peer.typing();
    if payload.is_typing {
        // Whoever disconnects leaves the register first, and then ends what is noted: one of the two sees the other.
        if !realtime.sockets.contains(&live) {
            return Ok(Nothing);
        }
        noted.insert(room);
    } else {
        noted.remove(&room);
    }
    // Told while it is locked, so that the end which a disconnect tells comes after it.
    tell(&realtime, &live, room, payload.is_typing, listening);
    Ok(Nothing)
}

/// A socket that is gone types no longer, not even where it did not listen.
pub(super) fn end(realtime: &Realtime, live: &Live) {
    for room in std::mem::take(&mut *live.peer.typing()) {
        tell(realtime, live, room, false, false);
    }
}

fn tell(realtime: &Realtime, live: &Live, room: RoomId, is_typing: bool, listening: bool) {
    let notice = TypingNotice {
        user_id: live.peer.user,
        username: live.peer.username(),
        room_id: room,
        is_typing,
        timestamp: realtime.domain.clock.now(),
    };
    let from = live.socket.id.to_string();
    realtime.domain.bus.room(room, RoomSignal::Typing { notice, from, listening });
}
