//! What waits to be sent, as it is kept between runs of a program.

use crate::{live::Queued, store};
use parlor_protocol::ids::UserId;
use serde::{Deserialize, Serialize};
use std::{any::Any, fmt, fs, io, path::PathBuf};

/// What waits, as it is kept between runs.
///
/// ```
/// use parlor_client::live::Waiting;
///
/// let nothing = Waiting::default();
/// assert!(nothing.user_id.is_none() && nothing.messages.is_empty());
/// assert_eq!(serde_json::from_str::<Waiting>(r#"{"userId":null,"messages":[]}"#)?, nothing);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// Whose messages these are.
    pub user_id: Option<UserId>,
    /// Oldest first.
    pub messages: Vec<Queued>,
}

/// Keeps what waits to be sent between runs of a program. Calls come one at a time, from threads on which they may block.
///
/// ```
/// use parlor_client::live::{OutboxStore, Waiting};
/// use std::{io, sync::Mutex};
///
/// /// For tests: keeps it as long as the program runs.
/// #[derive(Debug, Default)]
/// struct InMemory(Mutex<Waiting>);
///
/// impl OutboxStore for InMemory {
///     fn load(&self) -> io::Result<Waiting> {
///         Ok(self.0.lock().unwrap().clone())
///     }
///     fn save(&self, waiting: &Waiting) -> io::Result<()> {
///         *self.0.lock().unwrap() = waiting.clone();
///         Ok(())
///     }
/// }
/// ```
pub trait OutboxStore: fmt::Debug + Send + Sync + 'static {
    /// What is kept.
    fn load(&self) -> io::Result<Waiting>;

    /// Keeps `waiting` instead.
    fn save(&self, waiting: &Waiting) -> io::Result<()>;

    /// Keeps others from using it until the answer is dropped; an error when somebody does. A store that only one
    /// [`Live`](crate::live::Live) can reach needs no lock.
    fn lock(&self) -> io::Result<Box<dyn Any + Send + Sync>> {
        Ok(Box::new(()))
    }
}

/// Keeps the outbox in a JSON file that only its owner can read (0600). One [`Live`](crate::live::Live) at a time has it: a second
/// one, also in another process, is refused.
///
/// ```
/// use parlor_client::live::{FileOutbox, OutboxStore as _, Waiting};
///
/// let folder = tempfile::tempdir()?;
/// let outbox = FileOutbox::at(folder.path().join("bot.outbox.json"));
/// let turn = outbox.lock()?;
/// assert_eq!(outbox.load()?, Waiting::default(), "a file that is not there yet is an empty outbox");
/// assert!(outbox.lock().is_err(), "somebody has it");
/// drop(turn);
/// assert!(outbox.lock().is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct FileOutbox {
    path: PathBuf,
}

impl FileOutbox {
    /// In the file `path`; its folder must exist.
    ///
    /// ```
    /// use parlor_client::live::FileOutbox;
    ///
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// # let folder = tempfile::tempdir()?;
    /// let outbox = FileOutbox::at(folder.path().join("bot.outbox.json"));
    /// let live = client.live().outbox(outbox).start().await?;
    /// # Ok(()) });
    /// ```
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl OutboxStore for FileOutbox {
    fn load(&self) -> io::Result<Waiting> {
        match fs::read(&self.path) {
            Ok(bytes) => store::parse(&self.path, &bytes),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(Waiting::default()),
            Err(cause) => Err(cause),
        }
    }

    fn save(&self, waiting: &Waiting) -> io::Result<()> {
        store::replace(&self.path, &serde_json::to_vec_pretty(waiting)?)
    }

    /// A lock on a file beside it.
    fn lock(&self) -> io::Result<Box<dyn Any + Send + Sync>> {
        let lock = store::lock_file(&self.path)?;
        match lock.try_lock() {
            Ok(()) => Ok(Box::new(lock)),
            Err(fs::TryLockError::WouldBlock) => Err(io::Error::new(
                io::ErrorKind::ResourceBusy,
                format!("{} is in use by another connection", self.path.display()),
            )),
            Err(fs::TryLockError::Error(cause)) => Err(cause),
        }
    }
}
