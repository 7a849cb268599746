//! `outbox`: messages that wait in the profile's outbox to be sent.

use crate::{
    Account, Failure, Output,
    arguments::OutboxCommand,
    files,
    output::note,
    safe_text::safe_line,
    send::{Limit, deliver},
};
use parlor_client::{
    live::{FileOutbox, OutboxStore as _, Queued, Waiting},
    protocol::{ids::RoomId, text::ClientMessageId},
};
use std::{fs::File, io, time::Duration};
use tokio::{task::spawn_blocking, time::timeout};

/// Does what is asked with the outbox.
pub(crate) async fn run(
    account: &Account,
    command: OutboxCommand,
    patience: Duration,
    output: Output,
) -> Result<(), Failure> {
    let mut outbox = Outbox::open(account, patience).await?;
    match command {
        OutboxCommand::List => {
            for message in &outbox.waiting.messages {
                output.show(message, in_words)?;
            }
            Ok(())
        }
        OutboxCommand::Retry(id) => {
            if let Some(id) = &id {
                outbox.find(id)?;
            }
            let mut refusal = None;
            for message in outbox.waiting.messages.clone() {
                if id.as_ref().is_some_and(|id| *id != message.client_message_id) {
                    continue;
                }
                match deliver(account, &message, patience, Limit::Delays).await {
                    Ok(sent) => {
                        outbox.remove(&message.client_message_id)?;
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
        OutboxCommand::Drop(id) => {
            outbox.find(&id)?;
            outbox.remove(&id)
        }
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
        let file = account.profile.outbox_file();
        let failed = |cause: &io::Error| Failure::io(&format!("the outbox {}", file.display()), cause);
        let lock = files::lock_of(&file).map_err(|cause| failed(&cause))?;
        let locking = spawn_blocking(move || lock.lock().map(|()| lock));
        let lock = timeout(patience, locking).await.map_err(|_| {
            Failure::TimedOut(format!("another parlor has the outbox {} in use", file.display()))
        })?;
        let lock = lock.unwrap_or_else(|panicked| Err(io::Error::other(panicked)));
        let lock = lock.map_err(|cause| failed(&cause))?;
        let store = FileOutbox::at(&file);
        let mut waiting = store.load().map_err(|cause| failed(&cause))?;
        if !waiting.messages.is_empty() && waiting.user_id != Some(account.user.id) {
            return Err(Failure::Usage(format!(
                "{} holds messages of another account: use a profile for each account",
                file.display()
            )));
        }
        waiting.user_id = Some(account.user.id);
        Ok(Self { store, waiting, _lock: lock })
    }

    /// Sends what waits in a room, oldest first. What is refused stays, and is told.
    pub(crate) async fn send_waiting(
        account: &Account,
        room_id: RoomId,
        patience: Duration,
    ) -> Result<(), Failure> {
        if !account.profile.outbox_file().exists() {
            return Ok(());
        }
        let mut outbox = Self::open(account, patience).await?;
        let waiting: Vec<Queued> =
            outbox.waiting.messages.iter().filter(|message| message.room_id == room_id).cloned().collect();
        for message in waiting {
            match deliver(account, &message, patience, Limit::Delays).await {
                Ok(_) => outbox.remove(&message.client_message_id)?,
                Err(failure) if failure.is_about_one_message() => refuse(&message, &failure),
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }

    /// Adds a message; the same once more changes nothing.
    pub(crate) fn push(&mut self, message: Queued) -> Result<(), Failure> {
        let is_known = |other: &Queued| {
            (other.room_id, &other.client_message_id) == (message.room_id, &message.client_message_id)
        };
        if !self.waiting.messages.iter().any(is_known) {
            self.waiting.messages.push(message);
            self.save()?;
        }
        Ok(())
    }

    fn find(&self, id: &ClientMessageId) -> Result<&Queued, Failure> {
        let found = self.waiting.messages.iter().find(|message| message.client_message_id == *id);
        found.ok_or_else(|| Failure::Refused(format!("no message {id} waits in the outbox")))
    }

    fn remove(&mut self, id: &ClientMessageId) -> Result<(), Failure> {
        self.waiting.messages.retain(|message| message.client_message_id != *id);
        self.save()
    }

    fn save(&self) -> Result<(), Failure> {
        self.store.save(&self.waiting).map_err(|cause| Failure::io("writing the outbox", &cause))
    }
}

fn refuse(message: &Queued, failure: &Failure) {
    let id = &message.client_message_id;
    note(&format!("{id} stays in the outbox: {}; `parlor outbox drop {id}` forgets it", failure.message()));
}

fn in_words(message: &Queued) -> String {
    format!("{}  {}  {}", message.client_message_id, message.room_id, safe_line(&message.content))
}
