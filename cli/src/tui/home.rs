//! What is kept between runs, beside the profile's session: messages that wait, and drafts.

use super::message::Drafts;
use crate::{
    Failure,
    profile::{Kept, Profile},
};
use parlor_client::{Client, Error, Session, SessionStore, live::FileOutbox};
use std::{
    ffi::OsString,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::PathBuf,
};

/// The profile's files.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    file: PathBuf,
}

impl Home {
    /// Beside the session's file.
    pub(crate) fn at(file: PathBuf) -> Self {
        Self { file }
    }

    /// The server and the session that are kept, if any are.
    pub(crate) fn session(&self) -> Result<Option<(String, Session)>, Failure> {
        match Profile::at(self.file.clone()).read() {
            Ok(kept) => Ok(Some((kept.server.clone(), kept.session()))),
            Err(Failure::SignedOut(_)) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// A client of this server that keeps its session here.
    pub(crate) fn client(&self, server: &str) -> Result<Client, Error> {
        let store = Store { home: self.clone(), server: server.to_owned() };
        Client::builder(server).session_store(store).build()
    }

    /// Where messages wait.
    pub(crate) fn outbox(&self) -> FileOutbox {
        FileOutbox::at(self.beside(".outbox"))
    }

    /// The drafts that are kept. None, if they can't be read: a draft is not worth a refusal to start.
    pub(crate) fn drafts(&self) -> Drafts {
        let kept = fs::read(self.beside(".drafts")).ok();
        kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Keeps these drafts, readable by their owner alone; the file is replaced whole.
    pub(crate) fn keep(&self, drafts: &Drafts) -> io::Result<()> {
        let (path, new) = (self.beside(".drafts"), self.beside(&format!(".drafts.{}", std::process::id())));
        if drafts.is_empty() {
            return fs::remove_file(path).or_else(unless_absent);
        }
        fs::remove_file(&new).or_else(unless_absent)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(&serde_json::to_vec_pretty(drafts)?)?;
        fs::rename(new, path)
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.file.file_name().map_or_else(OsString::new, OsString::from);
        name.push(ending);
        self.file.with_file_name(name)
    }
}

fn unless_absent(cause: io::Error) -> io::Result<()> {
    if cause.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(cause) }
}

/// Keeps a session in the profile's file.
#[derive(Debug)]
struct Store {
    home: Home,
    server: String,
}

impl SessionStore for Store {
    fn load(&self) -> io::Result<Option<Session>> {
        let kept = self.home.session().map_err(|failure| io::Error::other(format!("{failure:?}")))?;
        Ok(kept.filter(|(server, _)| *server == self.server).map(|(_, session)| session))
    }

    fn save(&self, session: &Session) -> io::Result<()> {
        let kept = Kept::new(self.server.clone(), session.clone());
        Profile::at(self.home.file.clone())
            .write(&kept)
            .map_err(|failure| io::Error::other(format!("{failure:?}")))
    }

    fn clear(&self) -> io::Result<()> {
        fs::remove_file(&self.home.file).or_else(unless_absent)
    }
}
