//! `send`: one message, once, however often the connection is lost.

use crate::{Account, Failure, Output, arguments, output::note, rooms};
use parlor_client::protocol::{
    Nothing,
    messages::{Message, NewMessage, SendMessage},
    rooms::RoomPath,
    text::{ClientMessageId, MessageContent},
};
use std::{
    io::{self, Read as _},
    time::Duration,
};
use tokio::{
    task::spawn_blocking,
    time::{Instant, sleep},
};
use uuid::Uuid;

/// More than any message has: 4,000 characters of at most 4 bytes.
const LARGEST_INPUT: u64 = 64 * 1024;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Sends a message, and prints its id once it is stored.
pub(crate) async fn send(
    account: &Account,
    message: arguments::Message,
    output: Output,
) -> Result<(), Failure> {
    let arguments::Message { room, text, id, patience } = message;
    let text = match text {
        Some(text) => text,
        None => standard_input().await?,
    };
    let content: MessageContent =
        text.try_into().map_err(|refusal| Failure::Usage(format!("the message {refusal}")))?;
    let id = match id {
        Some(id) => id,
        None => own_id()?,
    };
    let until = Instant::now() + patience;
    let room_id = insist(until, || rooms::find(account, &room, |room| room.membership.is_some())).await?;
    let new = NewMessage { content, client_message_id: Some(id) };
    // The same id each time: whether a lost try was stored or not, this is one message.
    let sent: Message =
        insist(until, || account.call::<SendMessage>(RoomPath { room_id }, Nothing, new.clone())).await?;
    output.show(&sent, |sent| sent.id.to_string())
}

/// Does it again, after ever longer pauses, as long as it may still go well and there is time.
async fn insist<T>(
    until: Instant,
    mut attempt: impl AsyncFnMut() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut pause = FIRST_PAUSE;
    loop {
        let failure = match attempt().await {
            Err(failure) if failure.may_pass() => failure,
            done => return done,
        };
        let next = Instant::now() + pause;
        if next >= until {
            return Err(failure);
        }
        if pause == FIRST_PAUSE {
            note("the connection is lost; trying again");
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn standard_input() -> Result<String, Failure> {
    let read = spawn_blocking(|| {
        let mut bytes = Vec::new();
        io::stdin().lock().take(LARGEST_INPUT).read_to_end(&mut bytes).map(|_| bytes)
    });
    let read = read.await.unwrap_or_else(|panicked| Err(io::Error::other(panicked)));
    let bytes = read.map_err(|cause| Failure::io("reading standard input", &cause))?;
    let mut text =
        String::from_utf8(bytes).map_err(|_| Failure::Usage("the message must be UTF-8".to_owned()))?;
    // The end of the last line is the shell's, not the message's.
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    Ok(text)
}

fn own_id() -> Result<ClientMessageId, Failure> {
    let id = Uuid::now_v7().to_string().try_into();
    id.map_err(|refusal| Failure::Unexpected(format!("the message's own id {refusal}")))
}
