//! Sends each line of standard input to a room, also when the server can't be reached: what was not sent within 5 s waits in a file
//! for the next run, and is sent once, however often the program ends in between:
//!
//! ```text
//! make 2>&1 | cargo run -p parlor-client --example offline_queue -- http://127.0.0.1:5000 ada@example.com 'her password' <room id> <folder>
//! ```

use parlor_client::{Client, FileSession, live::FileOutbox};
use std::{error::Error, io, path::Path, time::Duration};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, server, email, password, room, folder] = arguments.as_slice() else {
        return Err("give a server's URL, an e-mail address, a password, a room's id and a folder".into());
    };
    let folder = Path::new(folder);
    let client =
        Client::builder(server).session_store(FileSession::at(folder.join("session.json"))).build()?;
    // The first run needs the server; then the session is kept as well.
    if client.session().is_none() {
        client.sign_in(email.parse()?, password.parse()?).await?;
    }
    let live = client.live().outbox(FileOutbox::at(folder.join("outbox.json"))).start().await?;
    let room = live.room(room.parse()?);
    for line in io::stdin().lines() {
        // When this answers, the message is on disk.
        room.send(line?).queue().await?;
    }
    let left = live.shutdown(Duration::from_secs(5)).await;
    println!("{} left for the next run", left.len());
    Ok(())
}
