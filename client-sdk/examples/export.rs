//! Prints a room's whole history, newest first, one JSON object a line:
//!
//! ```text
//! cargo run -p parlor-client --example export -- http://127.0.0.1:5000 ada@example.com 'her password' <room id>
//! ```

use futures_util::TryStreamExt as _;
use parlor_client::Client;
use std::{error::Error, pin::pin};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, server, email, password, room] = arguments.as_slice() else {
        return Err("give a server's URL, an e-mail address, a password and a room's id".into());
    };
    let client = Client::new(server)?;
    client.sign_in(email.parse()?, password.parse()?).await?;
    let live = client.live().start().await?;
    let mut history = pin!(live.room(room.parse()?).history(None, 200));
    while let Some(message) = history.try_next().await? {
        println!("{}", serde_json::to_string(&message)?);
    }
    Ok(())
}
