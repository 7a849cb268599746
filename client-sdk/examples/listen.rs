//! Signs in, listens to a room, says hello, and prints what is said there:
//!
//! ```text
//! cargo run -p parlor-client --example listen -- http://127.0.0.1:5000 ada@example.com 'her password' <room id>
//! ```

use parlor_client::{
    Client, ServerMessage,
    protocol::{
        messages::{SendMessageEvent, SendMessagePayload},
        subscriptions::{JoinRoomEvent, JoinRoomPayload},
    },
};
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [server, email, password, room] = arguments.as_slice() else {
        return Err("give a server's URL, an e-mail address, a password and a room's id".into());
    };
    let room_id = room.parse()?;
    let client = Client::new(server)?;
    let me = client.sign_in(email.parse()?, password.parse()?).await?;

    let mut socket = client.connect().await?;
    let joined = socket.emit::<JoinRoomEvent>(JoinRoomPayload { room_id, after: None, epoch: None }).await?;
    println!("{} listens from entry {} on", me.username, joined.last_seq);

    let content = "Hello!".parse()?;
    socket.emit::<SendMessageEvent>(SendMessagePayload { room_id, content, client_message_id: None }).await?;

    while let Some(message) = socket.next().await {
        match message {
            ServerMessage::ReceiveMessage(message) => println!("{}: {}", message.username, message.content),
            ServerMessage::Disconnected(reason) => println!("{reason}"),
            other => println!("{other:?}"),
        }
    }
    Ok(())
}
