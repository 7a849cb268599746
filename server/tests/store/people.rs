//! People, rooms and messages to try the queries on.

use chrono::{DateTime, TimeDelta, Utc};
use parlor_server::store::{
    Error, Tx, members, receipts, rooms,
    timeline::{self, Kind, NewEntry},
    users,
};
use uuid::Uuid;

/// A moment, so many seconds after a fixed one, with microseconds that have to survive.
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_755_000_000 + seconds, 0).unwrap() + TimeDelta::microseconds(123_456)
}

/// A user of this name.
pub async fn user(tx: &mut Tx, name: &str) -> Uuid {
    try_user(tx, name).await.unwrap()
}

/// A user of this name, if there can be one.
pub async fn try_user(tx: &mut Tx, name: &str) -> Result<Uuid, Error> {
    let user = users::NewUser {
        id: Uuid::now_v7(),
        username: name.to_owned(),
        username_key: name.to_lowercase(),
        email: format!("{name}@Example.com"),
        email_key: format!("{}@example.com", name.to_lowercase()),
        password_hash: "$argon2id$".to_owned(),
        created_at: at(0),
    };
    users::insert(tx, &user).await?;
    Ok(user.id)
}

/// A room with its owner and its first entry, as the domain makes it.
pub async fn room(tx: &mut Tx, owner: Uuid, name: &str, is_private: bool) -> Uuid {
    let room = rooms::NewRoom {
        id: Uuid::now_v7(),
        name: name.to_owned(),
        name_key: name.to_lowercase(),
        description: None,
        is_private,
        created_by: owner,
        created_at: at(0),
    };
    rooms::insert(tx, &room).await.unwrap();
    entry(tx, room.id, owner, Kind::RoomCreated, "{}").await;
    join(tx, room.id, owner, 1).await;
    room.id
}

/// Makes the user a member.
pub async fn join(tx: &mut Tx, room: Uuid, user: Uuid, role: i64) -> Uuid {
    let member =
        members::NewMember { id: Uuid::now_v7(), room_id: room, user_id: user, role, joined_at: at(role) };
    members::insert(tx, &member).await.unwrap();
    let seq = entry(tx, room, user, Kind::MemberJoined, "").await.seq;
    receipts::begin(tx, room, user, seq).await.unwrap();
    member.id
}

/// The membership.
pub async fn member(tx: &mut Tx, room: Uuid, user: Uuid) -> Option<members::MemberRow> {
    let members = members::page(tx, room, None, 1000).await.unwrap();
    members.into_iter().find(|row| row.user_id == user)
}

/// Writes a message.
pub async fn message(tx: &mut Tx, room: Uuid, user: Uuid, content: &str) -> NewEntry {
    entry(tx, room, user, Kind::Message, content).await
}

async fn entry(tx: &mut Tx, room: Uuid, user: Uuid, kind: Kind, content: &str) -> NewEntry {
    let messages = i64::from(kind == Kind::Message);
    let members = i64::from(kind == Kind::MemberJoined);
    let seq = rooms::advance(tx, room, 1, messages, members, at(1)).await.unwrap().unwrap();
    let entry = NewEntry {
        room_id: room,
        seq,
        kind: kind.number(),
        id: Uuid::now_v7(),
        user_id: user,
        client_message_id: None,
        content: Some(content.to_owned()),
        created_at: at(seq),
    };
    timeline::insert(tx, &entry).await.unwrap();
    entry
}
