//! Signs in, follows a room, says hello, and prints what is said there, across lost connections and restarts of the server:
//!
//! ```text
//! cargo run -p parlor-client --example quickstart -- http://127.0.0.1:5000 ada@example.com 'her password' <room id>
//! ```

use parlor_client::{Client, live::Event, protocol::timeline::Happening};
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, server, email, password, room] = arguments.as_slice() else {
        return Err("give a server's URL, an e-mail address, a password and a room's id".into());
    };
    let client = Client::new(server)?;
    client.sign_in(email.parse()?, password.parse()?).await?;
    let live = client.live().start().await?;
    let mut events = live.events();
    let room = live.room(room.parse()?);
    room.follow(None).await?;
    room.send("Hello!").await?;
    while let Some(event) = events.next().await {
        if let Event::Entry(entry) = event
            && let Happening::Message { message } = entry.happening
        {
            println!("{}: {}", message.username, message.content);
        }
    }
    Ok(())
}
