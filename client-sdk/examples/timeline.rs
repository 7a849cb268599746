//! Prints a room as it changes: the whole list after each change. Lines of standard input are sent:
//!
//! ```text
//! cargo run -p parlor-client --features timeline --example timeline -- http://127.0.0.1:5000 ada@example.com 'her password' <room id>
//! ```

use futures_util::StreamExt as _;
use parlor_client::{
    Client,
    timeline::{Item, Kind, Sending},
};
use std::{error::Error, io, pin::pin, thread};
use tokio::sync::mpsc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, server, email, password, room] = arguments.as_slice() else {
        return Err("give a server's URL, an e-mail address, a password and a room's id".into());
    };
    let client = Client::new(server)?;
    client.sign_in(email.parse()?, password.parse()?).await?;
    let live = client.live().start().await?;
    let timeline = live.room(room.parse()?).timeline().await?;
    let (mut items, changes) = timeline.subscribe();
    let (mut changes, mut lines, mut ended) = (pin!(changes), lines(), timeline.ended());
    loop {
        println!("{}", items.iter().map(text).collect::<Vec<_>>().join(" | "));
        tokio::select! {
            changed = changes.next() => {
                changed.into_iter().flatten().for_each(|change| change.apply(&mut items));
            }
            Some(line) = lines.recv() => drop(timeline.send(line).await?),
            why = ended.wait_for(Option::is_some) => return Err(format!("the end: {:?}", *why?).into()),
        }
    }
}

/// Lines of standard input, read where waiting for them stops nothing else.
fn lines() -> mpsc::UnboundedReceiver<String> {
    let (sender, lines) = mpsc::unbounded_channel();
    thread::spawn(move || io::stdin().lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    lines
}

fn text(item: &Item) -> String {
    match &item.kind {
        Kind::Beginning => "the beginning".to_owned(),
        Kind::Gap => "…".to_owned(),
        Kind::Message { message, read_by } => {
            format!("{}: {} (read by {read_by})", message.username, message.content)
        }
        Kind::Local { message, sending: Sending::Failed(error) } => format!("{}: {error}", message.content),
        Kind::Local { message, .. } => format!("{}: on its way", message.content),
        Kind::MemberJoined { who, .. } => format!("{} joined", who.username),
        Kind::MemberLeft { who, .. } => format!("{} left", who.username),
        Kind::RoomCreated { room, .. } | Kind::RoomUpdated { room, .. } => {
            format!("the room is {}", room.name)
        }
        _ => "something newer than this program".to_owned(),
    }
}
