//! Rooms over REST.

use super::call::Call;
use crate::domain::{Error, rooms};
use parlor_protocol::{
    Nothing,
    page::Page,
    rooms::{ChangeRoom, CreateRoom, DeleteRoom, GetRoom, ListRooms, Room},
};

pub(super) async fn create(call: Call<CreateRoom>) -> Result<Room, Error> {
    rooms::create(&call.domain, &call.caller, call.body).await
}

pub(super) async fn list(call: Call<ListRooms>) -> Result<Page<Vec<Room>>, Error> {
    rooms::list(&call.domain, &call.caller, call.query).await
}

pub(super) async fn get(call: Call<GetRoom>) -> Result<Room, Error> {
    rooms::get(&call.domain, &call.caller, call.path.room_id).await
}

pub(super) async fn change(call: Call<ChangeRoom>) -> Result<Room, Error> {
    rooms::change(&call.domain, &call.caller, call.path.room_id, call.body).await
}

pub(super) async fn delete(call: Call<DeleteRoom>) -> Result<Nothing, Error> {
    rooms::delete(&call.domain, &call.caller, call.path.room_id).await.map(|()| Nothing)
}
