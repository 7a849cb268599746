//! Answers what is said in a room, each message once, however often it is started again: its session and its place in the room are
//! kept in a folder.
//!
//! ```text
//! cargo run -p parlor-client --example echo_bot -- http://127.0.0.1:5000 bot@example.com 'its password' <room id> <folder>
//! ```

use parlor_client::{
    Client, FileSession,
    live::{Event, FileOutbox, Mark},
    protocol::timeline::Happening,
};
use std::{error::Error, fs, path::Path};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, server, email, password, room, folder] = arguments.as_slice() else {
        return Err("give a server's URL, an e-mail address, a password, a room's id and a folder".into());
    };
    let folder = Path::new(folder);
    let client =
        Client::builder(server).session_store(FileSession::at(folder.join("session.json"))).build()?;
    if client.session().is_none() {
        client.sign_in(email.parse()?, password.parse()?).await?;
    }
    let me = client.session().ok_or("no session")?.user.id;
    let outbox = FileOutbox::at(folder.join("outbox.json"));
    let live = client.live().outbox(outbox).longest_gap(None).events_capacity(65_536).start().await?;
    let mut events = live.events();
    let room = live.room(room.parse()?);

    let place = folder.join("place.json");
    let before = fs::read(&place).ok().map(|bytes| serde_json::from_slice::<Mark>(&bytes)).transpose()?;
    let mut mark = room.follow(before).await?;
    if before.is_none() {
        keep(&place, &mark)?;
    }
    println!("echoing");
    while let Some(event) = events.next().await {
        match event {
            Event::Entry(entry) => {
                mark.seq = entry.seq;
                if let Happening::Message { message } = entry.happening
                    && message.user_id != me
                {
                    // An id made of the message's own: after a crash between the two lines below it is sent again, and stored once.
                    let id = format!("echo-{}", message.id);
                    room.send(format!("You said: {}", message.content))
                        .client_message_id(&id)
                        .queue()
                        .await?;
                }
                keep(&place, &mark)?;
            }
            // So much was said meanwhile that nobody waits for an answer.
            Event::Resync { to, .. } => mark = to,
            Event::Missed(_) => {
                return Err("too much at once; the next run goes on from the last answer".into());
            }
            Event::Connection(state) => eprintln!("{state:?}"),
            _ => {}
        }
    }
    Ok(())
}

/// Whole or not at all, whenever the bot is killed.
fn keep(place: &Path, mark: &Mark) -> Result<(), Box<dyn Error>> {
    let new = place.with_extension("new");
    fs::write(&new, serde_json::to_vec(mark)?)?;
    Ok(fs::rename(new, place)?)
}
