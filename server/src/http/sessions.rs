//! Signing up, in and out over REST.

use super::call::Call;
use crate::domain::{Error, sessions};
use parlor_protocol::{
    Nothing,
    sessions::{
        ListSessions, LogIn, LogOut, RefreshSession, Register, RevokeSession, Session, SignedIn, Tokens,
    },
};

pub(super) async fn register(call: Call<Register>) -> Result<SignedIn, Error> {
    sessions::register(&call.domain, call.origin, call.body).await
}

pub(super) async fn log_in(call: Call<LogIn>) -> Result<SignedIn, Error> {
    sessions::log_in(&call.domain, call.origin, call.body).await
}

pub(super) async fn refresh(call: Call<RefreshSession>) -> Result<Tokens, Error> {
    sessions::refresh(&call.domain, call.body).await
}

pub(super) async fn log_out(call: Call<LogOut>) -> Result<Nothing, Error> {
    sessions::log_out(&call.domain, &call.caller).await.map(|()| Nothing)
}

pub(super) async fn list(call: Call<ListSessions>) -> Result<Vec<Session>, Error> {
    sessions::list(&call.domain, &call.caller).await
}

pub(super) async fn revoke(call: Call<RevokeSession>) -> Result<Nothing, Error> {
    sessions::revoke(&call.domain, &call.caller, call.path.session_id).await.map(|()| Nothing)
}
