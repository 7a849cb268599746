//! A profile: one account's session, kept in a file that only its owner reads, and its outbox beside it.

use crate::{
    Failure, environment,
    files::{self, Safe},
};
use parlor_client::{Session, SessionStore};
use serde::{Deserialize, Serialize};
use std::{
    any::Any,
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

/// The profile that is used when none is named.
pub(crate) const USUAL: &str = "default";
const LONGEST_NAME: usize = 32;

/// Where a session is kept.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    /// `None` when its file was named instead.
    pub(crate) name: Option<String>,
    file: PathBuf,
}

/// What the file says: the contract's answer to a login, and which server gave it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The server's base URL.
    pub(crate) server: String,
    #[serde(flatten)]
    pub(crate) session: Session,
}

impl Profile {
    /// The profile of this name, or with the session in this file: a name has neither `/` nor `.` in it.
    pub(crate) fn of(named: &str) -> Result<Self, Failure> {
        if named.contains(['/', '.']) {
            return Ok(Self { name: None, file: named.into() });
        }
        let is_plain = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
        if named.is_empty() || named.len() > LONGEST_NAME || !named.chars().all(is_plain) {
            return Err(Failure::Usage(format!(
                "a profile's name has 1 to {LONGEST_NAME} of A-Z, a-z, 0-9, _ and -; a file has a / in it"
            )));
        }
        let folder = environment::state_folder()?;
        let file = match named {
            USUAL => folder.join("session.json"),
            name => folder.join(format!("profiles/{name}.json")),
        };
        Ok(Self { name: Some(named.to_owned()), file })
    }

    /// Every profile that is there.
    pub(crate) fn all() -> Result<Vec<Self>, Failure> {
        let folder = environment::state_folder()?.join("profiles");
        let mut names = vec![USUAL.to_owned()];
        match fs::read_dir(&folder) {
            Ok(entries) => {
                let files = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
                names.extend(files.filter_map(|name| Some(name.strip_suffix(".json")?.to_owned())));
            }
            Err(cause) if cause.kind() == ErrorKind::NotFound => {}
            Err(cause) => return Err(Failure::io(&format!("reading {}", folder.display()), &cause)),
        }
        names.sort_unstable();
        let profiles = names.iter().filter_map(|name| Self::of(name).ok());
        Ok(profiles.filter(|profile| profile.file.exists()).collect())
    }

    /// The file of its session.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// The file of the messages that wait to be sent.
    pub(crate) fn outbox_file(&self) -> PathBuf {
        files::beside(&self.file, ".outbox")
    }

    /// The session that is kept.
    pub(crate) fn read(&self) -> Result<Kept, Failure> {
        let bytes = files::read(&self.file).map_err(|cause| self.failed("reading", &cause))?;
        let bytes = bytes.ok_or_else(|| Failure::SignedOut("you are not signed in".to_owned()))?;
        serde_json::from_slice(&bytes).map_err(|cause| {
            let file = self.file.display();
            Failure::Usage(format!(
                "{file} is not a session ({cause}): remove it, or name another with --profile"
            ))
        })
    }

    /// Keeps the sessions of a client of `server`.
    pub(crate) fn store(&self, server: &str) -> ProfileStore {
        ProfileStore { file: self.file.clone(), server: server.to_owned() }
    }

    /// Forgets the session and what waits to be sent.
    pub(crate) fn remove(&self) -> Result<(), Failure> {
        let files = [self.file.clone(), files::beside(&self.file, ".lock"), self.outbox_file()];
        let lock = files::beside(&self.outbox_file(), ".lock");
        for file in files.iter().chain([&lock]) {
            files::remove(file).map_err(|cause| self.failed("removing", &cause))?;
        }
        Ok(())
    }

    fn failed(&self, doing: &str, cause: &io::Error) -> Failure {
        Failure::io(&format!("{doing} {}", self.file.display()), cause)
    }
}

/// A profile's file as the client library keeps a session in it.
#[derive(Debug)]
pub(crate) struct ProfileStore {
    file: PathBuf,
    server: String,
}

impl SessionStore for ProfileStore {
    fn load(&self) -> io::Result<Option<Session>> {
        let Some(bytes) = files::read(&self.file)? else { return Ok(None) };
        let kept: Kept = serde_json::from_slice(&bytes)?;
        Ok((kept.server == self.server).then_some(kept.session))
    }

    fn save(&self, session: &Session) -> io::Result<()> {
        let kept = Kept { server: self.server.clone(), session: session.clone() };
        files::replace(&self.file, &serde_json::to_vec_pretty(&kept)?, Safe::FromPowerCuts)
    }

    fn clear(&self) -> io::Result<()> {
        files::remove(&self.file)
    }

    /// A lock on a file beside it.
    fn lock(&self) -> io::Result<Box<dyn Any + Send>> {
        let lock = files::lock_of(&self.file)?;
        lock.lock()?;
        Ok(Box::new(lock))
    }
}
