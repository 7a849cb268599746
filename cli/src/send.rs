//! `send`: each message once, however often the connection is lost.

use crate::{
    Account, Failure, Output, arguments,
    outbox::Outbox,
    output::note,
    rooms::{self, is_joined},
};
use parlor_client::{
    live::Queued,
    protocol::{
        Nothing,
        messages::{Message, NewMessage, SendMessage},
        rooms::RoomPath,
        text::{ClientMessageId, MessageContent},
    },
};
use std::{
    io::{self, BufRead as _, IsTerminal as _, Read as _},
    time::Duration,
};
use tokio::{
    task::spawn_blocking,
    time::{Instant, sleep, timeout},
};
use uuid::Uuid;

/// How long a message is tried again, unless `--timeout` says otherwise.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// More than any message has: 4,000 characters of at most 4 bytes.
const LARGEST_INPUT: u64 = 64 * 1024;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Sends what is given, and prints the ids under which it is stored.
pub(crate) async fn send(
    account: &Account,
    message: arguments::Message,
    limit: Option<Duration>,
    output: Output,
) -> Result<(), Failure> {
    let patience = limit.unwrap_or(PATIENCE);
    let arguments::Message { room, text, id, lines, no_wait } = message;
    let mut sender = Sender { account, room, no_wait, patience, limit, output, has_begun: false };
    if lines {
        return sender.send_lines(id).await;
    }
    let text = if let Some(text) = text {
        text
    } else {
        if io::stdin().is_terminal() {
            note("write the message, and end it with Ctrl-D on a line of its own");
        }
        standard_input().await?
    };
    sender.send(content(text, "the message")?, id, Limit::Refuses).await
}

/// What a limit on sending means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// It is a failure.
    Refuses,
    /// It is waited for.
    Delays,
}

struct Sender<'a> {
    account: &'a Account,
    room: String,
    no_wait: bool,
    patience: Duration,
    /// After how long a message is given up in any case.
    limit: Option<Duration>,
    output: Output,
    /// Whether what waits of earlier has been sent.
    has_begun: bool,
}

impl Sender<'_> {
    /// Sends each line of standard input as it comes.
    async fn send_lines(&mut self, id: Option<ClientMessageId>) -> Result<(), Failure> {
        let mut number = 0_u64;
        while let Some(line) = next_line(number + 1).await? {
            number += 1;
            if line.trim().is_empty() {
                continue;
            }
            let id = id.as_ref().map(|id| format!("{id}-{number}").try_into()).transpose();
            let id = id.map_err(|refusal| Failure::Usage(format!("the id of line {number} {refusal}")))?;
            let content = content(line, &format!("line {number}"))?;
            self.send(content, id, Limit::Delays).await?;
        }
        Ok(())
    }

    async fn send(
        &mut self,
        content: MessageContent,
        id: Option<ClientMessageId>,
        limit: Limit,
    ) -> Result<(), Failure> {
        let id = id.map_or_else(own_id, Ok)?;
        let Some(time) = self.limit else { return self.send_under(content, id, limit).await };
        let late = Failure::TimedOut(format!(
            "it took longer than {time:?}, and the message may be stored: with --id {id} it is there once, however often you send it"
        ));
        timeout(time, self.send_under(content, id, limit)).await.unwrap_or(Err(late))
    }

    async fn send_under(
        &mut self,
        content: MessageContent,
        client_message_id: ClientMessageId,
        limit: Limit,
    ) -> Result<(), Failure> {
        let room = self.room.clone();
        let until = Instant::now() + self.patience;
        let find = || rooms::find(self.account, &room, is_joined);
        let room_id = insist(until, Limit::Refuses, find).await?;
        // Once is enough.
        self.room = room_id.to_string();
        let queued_at = Some(self.account.client.now());
        let message = Queued { room_id, content: content.into_string(), client_message_id, queued_at };
        if self.no_wait {
            let mut outbox = Outbox::open(self.account, self.patience).await?;
            outbox.push(message.clone())?;
            return self.output.show(&message, |message| message.client_message_id.to_string());
        }
        if !self.has_begun {
            // Nothing overtakes what was said before in this room.
            Outbox::send_waiting(self.account, room_id, self.patience).await?;
            self.has_begun = true;
        }
        let sent = deliver(self.account, &message, self.patience, limit).await?;
        self.output.show(&sent, |sent| sent.id.to_string())
    }
}

/// Sends a message until the server has said yes or no, or the patience is at its end.
pub(crate) async fn deliver(
    account: &Account,
    message: &Queued,
    patience: Duration,
    limit: Limit,
) -> Result<Message, Failure> {
    let path = RoomPath { room_id: message.room_id };
    // The same id each time: whether a lost try was stored or not, this is one message.
    let new = NewMessage {
        content: content(message.content.clone(), "the message")?,
        client_message_id: Some(message.client_message_id.clone()),
    };
    insist(Instant::now() + patience, limit, || {
        account.call::<SendMessage>(path.clone(), Nothing, new.clone())
    })
    .await
}

/// Does it again, after ever longer pauses, as long as it may still go well and there is time.
async fn insist<T>(
    until: Instant,
    limit: Limit,
    mut attempt: impl AsyncFnMut() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut pause = FIRST_PAUSE;
    loop {
        let failure = match attempt().await {
            Err(failure) if failure.may_pass() || (limit == Limit::Delays && failure.is_limit()) => failure,
            done => return done,
        };
        let next = Instant::now() + failure.retry_after().unwrap_or_default().max(pause);
        if next >= until {
            return Err(failure);
        }
        if pause == FIRST_PAUSE && !failure.is_limit() {
            note("the connection is lost; trying again");
        }
        sleep(next.saturating_duration_since(Instant::now())).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn content(text: String, what: &str) -> Result<MessageContent, Failure> {
    text.try_into().map_err(|refusal| Failure::Usage(format!("{what} {refusal}")))
}

async fn standard_input() -> Result<String, Failure> {
    let bytes = reading(|| {
        let mut bytes = Vec::new();
        io::stdin().lock().take(LARGEST_INPUT + 1).read_to_end(&mut bytes).map(|_| bytes)
    });
    text_of(bytes.await?, "the message")
}

/// The line of standard input with this number, if there is one.
async fn next_line(number: u64) -> Result<Option<String>, Failure> {
    let bytes = reading(|| {
        let mut bytes = Vec::new();
        io::stdin().lock().take(LARGEST_INPUT + 1).read_until(b'\n', &mut bytes).map(|_| bytes)
    });
    let bytes = bytes.await?;
    if bytes.is_empty() { Ok(None) } else { text_of(bytes, &format!("line {number}")).map(Some) }
}

async fn reading(read: impl FnOnce() -> io::Result<Vec<u8>> + Send + 'static) -> Result<Vec<u8>, Failure> {
    let bytes = spawn_blocking(read).await.unwrap_or_else(|panicked| Err(io::Error::other(panicked)));
    bytes.map_err(|cause| Failure::io("reading standard input", &cause))
}

/// Refuses what was cut off: the rest of it would be another message, or none.
fn text_of(bytes: Vec<u8>, what: &str) -> Result<String, Failure> {
    let wrong = |must: &str| Failure::Usage(format!("{what} must be {must}"));
    if bytes.len() as u64 > LARGEST_INPUT {
        return Err(wrong("at most 4000 characters"));
    }
    let mut text = String::from_utf8(bytes).map_err(|_| wrong("UTF-8"))?;
    // The end of the last line is the shell's, not the message's.
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    Ok(text)
}

fn own_id() -> Result<ClientMessageId, Failure> {
    let id = Uuid::now_v7().to_string().try_into();
    id.map_err(|refusal| Failure::Unexpected(format!("the message's own id {refusal}")))
}
