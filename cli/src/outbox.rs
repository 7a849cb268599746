//! `outbox`: messages that wait in the profile's outbox to be sent.

use crate::{
    Account, Failure, Output,
    arguments::OutboxCommand,
    files,
    message::minute,
    output::note,
    safe_text::safe_line,
    send::{Limit, deliver},
};
use parlor_client::{
    live::{FileOutbox, OutboxStore as _, Queued, Waiting},
    protocol::{ids::RoomId, text::ClientMessageId},
};
use std::{
    fs::{File, TryLockError},
    io::{self, ErrorKind},
    path::Path,
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// What was written longer ago may be out of place by now: it is not sent unasked.
pub(crate) const TOO_OLD: Duration = Duration::from_hours(24);

/// How soon one looks again whether an outbox is free.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Does what is asked with the outbox.
pub(crate) async fn run(
    account: &Account,
    command: OutboxCommand,
    patience: Duration,
    output: Output,
) -> Result<(), Failure> {
    match command {
        OutboxCommand::List => {
            // The chat may have it open: the file is whole at any moment.
            let (_, waiting) = waiting_of(account)?;
            waiting.messages.iter().try_for_each(|message| output.show(message, in_words))
        }
        OutboxCommand::Retry(id) => retry(account, id.as_ref(), patience, output).await,
        OutboxCommand::Drop(id) => {
            let mut outbox = Outbox::open(account, patience).await?;
            let message = outbox.find(&id)?.clone();
            outbox.remove(&message)
        }
    }
}

/// Sends what waits, or the one message of this id.
async fn retry(
    account: &Account,
    id: Option<&ClientMessageId>,
    patience: Duration,
    output: Output,
) -> Result<(), Failure> {
    let mut outbox = Outbox::open(account, patience).await?;
    let wanted = match id {
        Some(id) => vec![outbox.find(id)?.clone()],
        None => outbox.waiting.messages.clone(),
    };
    let mut refusal = None;
    for message in wanted {
        match deliver(account, &message, patience, Limit::Delays).await {
            Ok(sent) => {
                outbox.remove(&message)?;
                output.show(&sent, |sent| sent.id.to_string())?;
            }
            Err(failure) if failure.is_about_one_message() => {
                refuse(&message, &failure);
                refusal.get_or_insert(failure);
            }
            Err(failure) => return Err(failure),
        }
    }
    refusal.map_or(Ok(()), Err)
}

/// What waits in the outbox of this account.
fn waiting_of(account: &Account) -> Result<(FileOutbox, Waiting), Failure> {
    let file = account.profile.outbox_file();
    let store = FileOutbox::at(&file);
    let waiting = store.load().map_err(|cause| unreadable(&file, &cause))?;
    if !waiting.messages.is_empty() && waiting.user_id != Some(account.user.id) {
        return Err(Failure::Usage(format!(
            "{} holds messages of another account: use a profile for each account",
            file.display()
        )));
    }
    Ok((store, waiting))
}

/// Waiting until another process has done with the outbox.
struct Queue {
    until: Instant,
    is_told: bool,
}

impl Queue {
    fn new(patience: Duration) -> Self {
        Self { until: Instant::now() + patience, is_told: false }
    }

    /// Waits for a moment, unless the patience is at its end.
    async fn waits(&mut self, account: &Account) -> Result<(), Failure> {
        if Instant::now() >= self.until {
            let file = account.profile.outbox_file();
            let told = format!("another parlor has the outbox {} in use; is the chat open?", file.display());
            return Err(Failure::TimedOut(told));
        }
        if !self.is_told {
            note("another parlor has the outbox in use; waiting for it");
            self.is_told = true;
        }
        sleep(LOOK_AGAIN).await;
        Ok(())
    }
}

/// The outbox of a profile, which nobody else changes meanwhile. Its file is the one of [`FileOutbox`].
pub(crate) struct Outbox {
    store: FileOutbox,
    waiting: Waiting,
    _lock: File,
}

impl Outbox {
    /// Opens the outbox as soon as no other process has it.
    pub(crate) async fn open(account: &Account, patience: Duration) -> Result<Self, Failure> {
        let mut queue = Queue::new(patience);
        loop {
            match Self::open_if_free(account)? {
                Some(outbox) => return Ok(outbox),
                None => queue.waits(account).await?,
            }
        }
    }

    /// `None`: another process has it.
    fn open_if_free(account: &Account) -> Result<Option<Self>, Failure> {
        let file = account.profile.outbox_file();
        let failed = |cause: &io::Error| Failure::io(&format!("the outbox {}", file.display()), cause);
        let lock = files::lock_of(&file).map_err(|cause| failed(&cause))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(cause)) => return Err(failed(&cause)),
        }
        let (store, mut waiting) = waiting_of(account)?;
        waiting.user_id = Some(account.user.id);
        Ok(Some(Self { store, waiting, _lock: lock }))
    }

    /// Sends what waits in a room, oldest first. What is refused stays, and so does what is too old; both are told.
    pub(crate) async fn send_waiting(
        account: &Account,
        room_id: RoomId,
        patience: Duration,
    ) -> Result<(), Failure> {
        let file = account.profile.outbox_file();
        let mut queue = Queue::new(patience);
        // Another program, such as the chat, may have the outbox for long: it is needed only for what waits here, and that one may
        // send it meanwhile.
        let mut outbox = loop {
            let waiting = FileOutbox::at(&file).load();
            let waiting = waiting.map_err(|cause| unreadable(&file, &cause))?;
            if !waiting.messages.iter().any(|message| message.room_id == room_id) {
                return Ok(());
            }
            match Self::open_if_free(account)? {
                Some(outbox) => break outbox,
                None => queue.waits(account).await?,
            }
        };
        let waiting: Vec<Queued> =
            outbox.waiting.messages.iter().filter(|message| message.room_id == room_id).cloned().collect();
        for message in waiting {
            if message.is_older_than(TOO_OLD, account.client.now()) {
                let id = &message.client_message_id;
                note(&format!(
                    "{id} stays in the outbox: it has waited for over a day; `parlor outbox retry {id}` sends it, `parlor outbox drop {id}` forgets it"
                ));
                continue;
            }
            match deliver(account, &message, patience, Limit::Delays).await {
                Ok(_) => outbox.remove(&message)?,
                Err(failure) if failure.is_about_one_message() => refuse(&message, &failure),
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }

    /// Adds a message; the same once more changes nothing.
    pub(crate) fn push(&mut self, message: Queued) -> Result<(), Failure> {
        match self.waiting.messages.iter().find(|other| is_same(other, &message)) {
            Some(other) if other.content != message.content => Err(Failure::NotKept(format!(
                "another message waits under the id {}; use a new one",
                message.client_message_id
            ))),
            Some(_) => Ok(()),
            None => {
                self.waiting.messages.push(message);
                self.save()
            }
        }
    }

    /// The one message with this id, which names a message within its room.
    fn find(&self, id: &ClientMessageId) -> Result<&Queued, Failure> {
        let mut found = self.waiting.messages.iter().filter(|message| message.client_message_id == *id);
        match (found.next(), found.next()) {
            (Some(message), None) => Ok(message),
            (None, _) => Err(Failure::NotKept(format!("no message {id} waits in the outbox"))),
            (Some(_), Some(_)) => Err(Failure::Usage(format!(
                "messages {id} wait for several rooms: `parlor send ROOM` sends those of one room, `parlor outbox retry` all"
            ))),
        }
    }

    fn remove(&mut self, message: &Queued) -> Result<(), Failure> {
        self.waiting.messages.retain(|other| !is_same(other, message));
        self.save()
    }

    fn save(&self) -> Result<(), Failure> {
        self.store.save(&self.waiting).map_err(|cause| Failure::io("writing the outbox", &cause))
    }
}

fn unreadable(file: &Path, cause: &io::Error) -> Failure {
    match cause.kind() {
        // The cause names the file.
        ErrorKind::InvalidData => Failure::Usage(format!(
            "this is not an outbox: {cause}; put it aside to go on without what waits in it"
        )),
        _ => Failure::io(&format!("the outbox {}", file.display()), cause),
    }
}

fn is_same(one: &Queued, other: &Queued) -> bool {
    (one.room_id, &one.client_message_id) == (other.room_id, &other.client_message_id)
}

fn refuse(message: &Queued, failure: &Failure) {
    let id = &message.client_message_id;
    note(&format!("{id} stays in the outbox: {}; `parlor outbox drop {id}` forgets it", failure.message()));
}

fn in_words(message: &Queued) -> String {
    let Queued { client_message_id: id, room_id, content, queued_at } = message;
    let since = queued_at.map_or_else(|| "-".to_owned(), minute);
    format!("{id}  {room_id}  {since}  {}", safe_line(content))
}
