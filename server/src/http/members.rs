//! Memberships over REST.

use super::call::Call;
use crate::domain::{Error, members};
use parlor_protocol::{
    Nothing,
    members::{
        JoinRoom, JoinedRoom, LeaveRoom, ListMembers, ListRoomsOfUser, MemberList, RemoveMember, RoomOfUser,
    },
    page::Page,
};

pub(super) async fn join(call: Call<JoinRoom>) -> Result<JoinedRoom, Error> {
    members::join(&call.domain, &call.caller, call.path.room_id).await.map(|room| JoinedRoom { room })
}

pub(super) async fn leave(call: Call<LeaveRoom>) -> Result<Nothing, Error> {
    members::leave(&call.domain, &call.caller, call.path.room_id).await.map(|()| Nothing)
}

pub(super) async fn list(call: Call<ListMembers>) -> Result<Page<MemberList>, Error> {
    members::list(&call.domain, &call.caller, call.path.room_id, call.query).await
}

pub(super) async fn remove(call: Call<RemoveMember>) -> Result<Nothing, Error> {
    members::remove(&call.domain, &call.caller, call.path.room_id, call.path.user_id).await.map(|()| Nothing)
}

pub(super) async fn rooms_of(call: Call<ListRoomsOfUser>) -> Result<Vec<RoomOfUser>, Error> {
    members::rooms_of(&call.domain, &call.caller, call.path.user_id).await
}
