//! What the examples in the SDK's docs run on, in the lines that their readers do not see: each has a server of its own, where
//! ada (`ada@example.com`, `four unlikely words`) has made a room, "The kitchen", and said in it: "Is anybody here?"

use crate::{TestServer, people::at, within};
use parlor_client::{
    Client, Session, Socket,
    live::{Live, Room},
};
use parlor_protocol::{
    Nothing,
    ids::RoomId,
    messages::{NewMessage, SendMessage},
    rooms::{CreateRoom, NewRoom},
};
use serde_json::json;
use std::{error::Error, time::Duration};
use tokio::runtime::Runtime;

/// An example that has not ended by then never will.
const ENDS_WITHIN: Duration = Duration::from_mins(1);

/// What the lines of an example come to. They may fail with `?`.
type Outcome = Result<(), Box<dyn Error>>;

/// Runs an example with the URL of the server, and the room.
pub fn with_url(example: impl AsyncFnOnce(String, RoomId) -> Outcome) {
    run(async || {
        let (server, _, room_id) = stage().await?;
        example(server.url(), room_id).await
    });
}

/// Runs an example with ada's client, and the room.
pub fn with_client(example: impl AsyncFnOnce(Client, RoomId) -> Outcome) {
    run(async || {
        let (_server, client, room_id) = stage().await?;
        example(client, room_id).await
    });
}

/// Runs an example with a socket of ada's, and the room.
pub fn with_socket(example: impl AsyncFnOnce(Socket, RoomId) -> Outcome) {
    with_client(async |client, room_id| example(client.connect().await?, room_id).await);
}

/// Runs an example with ada's connection that lasts, and the room.
pub fn with_live(example: impl AsyncFnOnce(Live, RoomId) -> Outcome) {
    with_client(async |client, room_id| example(client.live().start().await?, room_id).await);
}

/// Runs an example with the room as ada's lasting connection has it.
pub fn with_room(example: impl AsyncFnOnce(Room) -> Outcome) {
    with_live(async |live, room_id| example(live.room(room_id)).await);
}

/// Runs an example with a lasting connection that is none: there is no server. And some room.
pub fn with_offline(example: impl AsyncFnOnce(Live, RoomId) -> Outcome) {
    run(async || {
        let client = Client::new("http://127.0.0.1:1")?;
        let (at, room_id) = ("2099-08-21T10:16:10.123Z", "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90");
        let ada = json!({ "id": room_id, "username": "ada", "email": "ada@example.com", "createdAt": at, "updatedAt": at });
        let session = json!({ "user": ada, "token": "t", "refreshToken": "r", "expiresAt": at });
        client.resume(serde_json::from_value::<Session>(session)?);
        example(client.live().start().await?, room_id.parse()?).await
    });
}

fn run(example: impl AsyncFnOnce() -> Outcome) {
    let runtime = Runtime::new().unwrap();
    let outcome = runtime.block_on(within(ENDS_WITHIN, "the example to end", Box::pin(example())));
    // What it has left running ends with it, and is not waited for.
    runtime.shutdown_background();
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

async fn stage() -> Result<(TestServer, Client, RoomId), Box<dyn Error>> {
    let server = TestServer::start().await;
    let client = Client::new(&server.url())?;
    client.register("ada".parse()?, "ada@example.com".parse()?, "four unlikely words".parse()?).await?;
    let room = NewRoom { name: "The kitchen".parse()?, description: None, is_private: None };
    let room = client.call::<CreateRoom>(Nothing, Nothing, room).await?;
    let message = NewMessage { content: "Is anybody here?".parse()?, client_message_id: None };
    client.call::<SendMessage>(at(room.id), Nothing, message).await?;
    Ok((server, client, room.id))
}
