//! Who may connect, and what happens when they do and when they go.

use super::{
    Realtime,
    inbox::Intake,
    sockets::{Live, Peer},
    typing,
};
use crate::domain::{Error, sessions};
use parlor_protocol::text::AccessToken;
use serde_json::Value;
use socketioxide::{
    extract::{SocketRef, TryData},
    handler::ConnectHandler,
};
use std::{fmt, sync::Arc};

/// The words that existing clients know (they come as `connect_error`).
const REFUSED: &str = "Invalid or expired token";

/// Why a handshake was refused; a client gets it as the message of `connect_error`.
#[derive(Debug)]
enum Refusal {
    Token,
    TooManySockets,
    Unavailable,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => REFUSED,
            Self::TooManySockets => "Too many sockets of this user; close one and try again",
            Self::Unavailable => "Not available right now; try again",
        })
    }
}

/// Lets signed-in clients connect.
pub(super) fn install(realtime: &Realtime) {
    let (checking, connecting) = (realtime.clone(), realtime.clone());
    let check = move |socket: SocketRef, TryData(auth): TryData<Value>| {
        let realtime = checking.clone();
        async move { admit(&realtime, &socket, auth.ok().as_ref()).await }
    };
    let connect = move |socket: SocketRef| {
        connected(&connecting, &socket);
        std::future::ready(())
    };
    realtime.io.ns("/", connect.with(check));
}

async fn admit(realtime: &Realtime, socket: &SocketRef, auth: Option<&Value>) -> Result<(), Refusal> {
    let token = token(socket, auth).ok_or(Refusal::Token)?;
    let known = match sessions::authenticate(&realtime.domain, &token).await {
        Ok(known) => known,
        Err(Error::Unavailable | Error::Defect(_)) => return Err(Refusal::Unavailable),
        Err(_) => return Err(Refusal::Token),
    };
    let seat =
        realtime.seats.take(known.caller.user, realtime.sockets_per_user).ok_or(Refusal::TooManySockets)?;
    let peer = Arc::new(Peer::new(known.caller, known.username, known.expires_at, seat));
    socket.on_fallback(Intake::new(realtime.clone(), peer.clone()));
    socket.extensions.insert(peer);
    Ok(())
}

/// From `auth: { token }` (a `Bearer ` before it is forgiven), or from the `Authorization` header.
fn token(socket: &SocketRef, auth: Option<&Value>) -> Option<AccessToken> {
    let given = auth.and_then(|auth| auth.get("token")).and_then(Value::as_str);
    let header = || socket.req_parts().headers.get("authorization")?.to_str().ok();
    let text = given.or_else(header)?;
    let text = text
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map_or(text, |(_, token)| token);
    text.trim().parse().ok()
}

fn connected(realtime: &Realtime, socket: &SocketRef) {
    let Some(peer) = socket.extensions.remove::<Arc<Peer>>() else { return };
    let live = Live { socket: socket.clone(), peer };
    (realtime.transport.bind)(socket);
    let leaving = realtime.clone();
    socket.on_disconnect(move |socket: SocketRef| {
        disconnected(&leaving, &socket);
        std::future::ready(())
    });
    let welcome = realtime.sockets.add(&live);
    realtime.domain.presence.arrive(live.peer.user, realtime.domain.clock.now());
    // A client that goes during its handshake may be gone before `on_disconnect` stood, or before it was registered. The
    // library then still calls us, and says in one of these two ways that it is gone.
    if !socket.connected() || realtime.io.get_socket(socket.id).is_none() {
        return disconnected(realtime, socket);
    }
    live.peer.inbox.open(realtime, &live);
    if !welcome {
        realtime.end(&live, "This session has ended; sign in again");
    }
}

fn disconnected(realtime: &Realtime, socket: &SocketRef) {
    let Some(live) = realtime.sockets.remove(socket.id) else { return };
    realtime.domain.presence.depart(live.peer.user, realtime.domain.clock.now());
    let rooms = std::mem::take(&mut *live.peer.rooms());
    for room in rooms {
        realtime.pumps.disconnected(room, socket.id);
    }
    typing::end(realtime, &live);
}
