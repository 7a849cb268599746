//! Renewing a socket.

use super::events::Call;
use crate::domain::{Error, sessions};
use parlor_protocol::sessions::{AuthenticateEvent, Renewed};

/// Renews the socket with a fresh token of the same user; a failure changes nothing.
pub(super) async fn authenticate(call: Call<AuthenticateEvent>) -> Result<Renewed, Error> {
    let Call { realtime, live, caller, payload } = call;
    let fresh = sessions::authenticate(&realtime.domain, &payload.token).await?;
    if fresh.caller.user != caller.user {
        return Err(Error::Unauthenticated("This token belongs to another user; connect anew with it"));
    }
    if !realtime.sockets.renew(&live, fresh.caller.session, fresh.expires_at) {
        return Err(Error::Unauthenticated("This session has ended; sign in again"));
    }
    Ok(Renewed { expires_at: fresh.expires_at })
}
