//! Who may connect, and what happens when they do and when they go.

use super::{
    Realtime,
    inbox::Intake,
    sockets::{Live, Peer},
    typing,
};
use crate::domain::{Error, sessions};
use parlor_protocol::{ErrorType, text::AccessToken};
use serde_json::Value;
use socketioxide::{
    extract::{SocketRef, TryData},
    handler::ConnectHandler,
    socket::DisconnectReason,
};
use std::{fmt, sync::Arc};

/// Why a client is not admitted. It gets this as the message of `connect_error`, of which the library lets us choose nothing
/// else: so a reason that clients of the original don't know begins with its error type.
#[derive(Clone, Copy, Debug)]
enum NotAdmitted {
    Token,
    TooManySockets,
    Unavailable,
    /// It has joined before.
    Again,
}

impl NotAdmitted {
    fn kind(self) -> ErrorType {
        match self {
            Self::Token => ErrorType::Unauthenticated,
            Self::TooManySockets => ErrorType::RateLimit,
            Self::Again => ErrorType::NotAuthorized,
            Self::Unavailable => ErrorType::Unavailable,
        }
    }
}

impl fmt::Display for NotAdmitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The words that existing clients know.
            Self::Token => f.write_str("Invalid or expired token"),
            Self::TooManySockets => {
                write!(f, "{}: you have too many connections open; close one and try again", self.kind())
            }
            Self::Again => {
                write!(f, "{}: a connection joins once; open another one", self.kind())
            }
            Self::Unavailable => {
                write!(f, "{}: the server can't take you in right now; try again in a moment", self.kind())
            }
        }
    }
}

/// Lets signed-in clients connect.
pub(super) fn install(realtime: &Realtime) {
    let (checking, connecting) = (realtime.clone(), realtime.clone());
    let check = move |socket: SocketRef, TryData(auth): TryData<Value>| {
        let realtime = checking.clone();
        async move {
            let admitted = admit(&realtime, &socket, auth.ok().as_ref()).await;
            admitted.inspect_err(|why| realtime.domain.metrics.failed(why.kind()))
        }
    };
    let connect = move |socket: SocketRef| {
        connected(&connecting, &socket);
        std::future::ready(())
    };
    realtime.io.ns("/", connect.with(check));
}

async fn admit(realtime: &Realtime, socket: &SocketRef, auth: Option<&Value>) -> Result<(), NotAdmitted> {
    let token = token(socket, auth).ok_or(NotAdmitted::Token)?;
    let known = match sessions::authenticate(&realtime.domain, &token).await {
        Ok(known) => known,
        Err(Error::Unavailable) => return Err(NotAdmitted::Unavailable),
        Err(Error::Defect(cause)) => {
            tracing::error!(cause, "a handshake failed by a defect");
            return Err(NotAdmitted::Unavailable);
        }
        Err(_) => return Err(NotAdmitted::Token),
    };
    let seat = realtime
        .seats
        .take(known.caller.user, realtime.sockets_per_user)
        .ok_or(NotAdmitted::TooManySockets)?;
    if !(realtime.transport.joins_first)(socket) {
        // A client whose connection ends comes back by itself, over a new one.
        (realtime.transport.cut)(socket.id)();
        return Err(NotAdmitted::Again);
    }
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
    socket.on_disconnect(move |socket: SocketRef, reason: DisconnectReason| {
        disconnected(&leaving, &socket);
        if matches!(reason, DisconnectReason::ClientNSDisconnect) {
            // There is no other namespace, and it joins no second time.
            (leaving.transport.cut)(socket.id)();
        }
        std::future::ready(())
    });
    // Before it can be found to be gone: who arrives later than they depart would stay for ever.
    realtime.domain.presence.arrive(live.peer.user, realtime.domain.clock.now());
    let welcome = realtime.sockets.add(&live);
    // A client that goes during its handshake may be gone before `on_disconnect` stood, or before it was registered. The
    // library then still calls us, and says in one of these two ways that it is gone.
    if !socket.connected() || realtime.io.get_socket(socket.id).is_none() {
        live.peer.inbox.clear(realtime);
        return disconnected(realtime, socket);
    }
    if !welcome {
        realtime.end(&live, "This session has ended; sign in again");
    }
    live.peer.inbox.open(realtime, &live);
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
