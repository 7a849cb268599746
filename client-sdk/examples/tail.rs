//! Prints a room's newest messages, and then those that come, one line each, across lost connections and restarts of the server:
//!
//! ```text
//! cargo run -p parlor-client --example tail -- http://127.0.0.1:5000 ada@example.com 'her password' <room id> <how many>
//! ```

use futures_util::{StreamExt as _, TryStreamExt as _};
use parlor_client::{
    Client,
    live::Event,
    protocol::{messages::Message, timeline::Happening},
};
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, server, email, password, room, count] = arguments.as_slice() else {
        return Err("give a server's URL, an e-mail address, a password, a room's id and a number".into());
    };
    let client = Client::new(server)?;
    client.sign_in(email.parse()?, password.parse()?).await?;
    let live = client.live().longest_gap(None).events_capacity(65_536).start().await?;
    let mut events = live.events();
    let room = live.room(room.parse()?);
    // Followed first: what comes while the newest ones are fetched is told as an event, not lost.
    let mark = room.follow(None).await?;
    let newest = room.history(Some(mark.seq + 1), 200).take(count.parse()?);
    let newest: Vec<_> = newest.try_collect().await?;
    newest.iter().rev().for_each(print);
    while let Some(event) = events.next().await {
        match event {
            Event::Entry(entry) if entry.room_id == room.id() && entry.seq > mark.seq => {
                if let Happening::Message { message } = entry.happening {
                    print(&message);
                }
            }
            Event::Resync { .. } | Event::Missed(_) => eprintln!("more was said than is printed here"),
            Event::Unfollowed { why, .. } => return Err(format!("the room is gone: {why:?}").into()),
            _ => {}
        }
    }
    Ok(())
}

fn print(message: &Message) {
    println!("{} {}: {}", message.seq, message.username, message.content);
}
