//! The file that a session is kept in, readable by its owner only.

use crate::Failure;
use parlor_client::{
    Session,
    protocol::{
        text::{AccessToken, RefreshToken},
        time::Timestamp,
        users::User,
    },
};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};
use tokio::task::spawn_blocking;

/// Where a session is kept.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    file: PathBuf,
}

/// What the file says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Kept {
    /// The server's base URL.
    pub(crate) server: String,
    user: User,
    token: AccessToken,
    refresh_token: RefreshToken,
    expires_at: Timestamp,
}

impl Kept {
    /// A session of this server.
    pub(crate) fn new(server: String, session: Session) -> Self {
        let Session { user, token, refresh_token, expires_at } = session;
        Self { server, user, token, refresh_token, expires_at }
    }

    /// The session itself.
    pub(crate) fn session(self) -> Session {
        let Self { user, token, refresh_token, expires_at, .. } = self;
        Session { user, token, refresh_token, expires_at }
    }
}

impl Profile {
    /// The profile in this file, which need not be there yet.
    pub(crate) fn at(file: PathBuf) -> Self {
        Self { file }
    }

    /// The session that is kept.
    pub(crate) fn read(&self) -> Result<Kept, Failure> {
        let text = fs::read(&self.file).map_err(|cause| match cause.kind() {
            ErrorKind::NotFound => Failure::SignedOut("you are not signed in".to_owned()),
            _ => self.failed("reading", &cause),
        })?;
        serde_json::from_slice(&text).map_err(|cause| {
            let file = self.file.display();
            Failure::Usage(format!(
                "{file} is not a session ({cause}): remove it, or name another with --profile"
            ))
        })
    }

    /// Keeps a session instead of the one before; a crash leaves one of both, whole.
    pub(crate) fn write(&self, kept: &Kept) -> Result<(), Failure> {
        let text = serde_json::to_vec_pretty(kept)
            .map_err(|cause| Failure::Unexpected(format!("writing JSON: {cause}")))?;
        let next = self.beside(&format!("{}.new", std::process::id()));
        let written = self.make_folder().and_then(|()| {
            // A leftover of a process that had the same id.
            fs::remove_file(&next).or_else(unless_absent)?;
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&next)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&next, &self.file)
        });
        written.map_err(|cause| self.failed("writing", &cause))
    }

    /// Forgets the session.
    pub(crate) fn remove(&self) -> Result<(), Failure> {
        let removed = fs::remove_file(&self.file).or_else(unless_absent);
        fs::remove_file(self.beside("lock"))
            .or_else(unless_absent)
            .and(removed)
            .map_err(|cause| self.failed("removing", &cause))
    }

    /// The turn to change the session, among all processes that share it; it ends when the file is dropped.
    pub(crate) async fn turn(&self) -> Result<File, Failure> {
        let lock = self.beside("lock");
        let locked = spawn_blocking(move || {
            let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(lock)?;
            file.lock().map(|()| file)
        });
        let locked = locked.await.unwrap_or_else(|panicked| Err(io::Error::other(panicked)));
        locked.map_err(|cause| self.failed("locking", &cause))
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.file.clone().into_os_string();
        name.push(".");
        name.push(ending);
        name.into()
    }

    fn make_folder(&self) -> io::Result<()> {
        match self.file.parent() {
            Some(folder) if folder != Path::new("") => {
                DirBuilder::new().recursive(true).mode(0o700).create(folder)
            }
            _ => Ok(()),
        }
    }

    fn failed(&self, doing: &str, cause: &io::Error) -> Failure {
        Failure::io(&format!("{doing} {}", self.file.display()), cause)
    }
}

fn unless_absent(cause: io::Error) -> io::Result<()> {
    if cause.kind() == ErrorKind::NotFound { Ok(()) } else { Err(cause) }
}
