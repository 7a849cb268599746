//! Invites over REST.

use super::call::Call;
use crate::domain::{Error, invites};
use parlor_protocol::{
    Nothing,
    invites::{CreateInvite, Invite, JoinByInvite, ListInvites, NewInviteLink, RevokeInvite},
    rooms::Room,
};

pub(super) async fn create(call: Call<CreateInvite>) -> Result<NewInviteLink, Error> {
    invites::create(&call.domain, &call.caller, call.path.room_id, call.body).await
}

pub(super) async fn list(call: Call<ListInvites>) -> Result<Vec<Invite>, Error> {
    invites::list(&call.domain, &call.caller, call.path.room_id).await
}

pub(super) async fn revoke(call: Call<RevokeInvite>) -> Result<Nothing, Error> {
    invites::revoke(&call.domain, &call.caller, call.path.room_id, call.path.invite_id)
        .await
        .map(|()| Nothing)
}

pub(super) async fn join(call: Call<JoinByInvite>) -> Result<Room, Error> {
    invites::join(&call.domain, &call.caller, call.origin.address, call.path.token).await
}
