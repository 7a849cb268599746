//! A profile: one account's session, kept in the desktop's secret service or in a file that only its owner reads, and its outbox
//! beside that.

use crate::{
    Failure, environment,
    files::{self, Safe},
    output::detail,
};
use parlor_client::{KeyringSession, Session, SessionStore, protocol::text::Username};
use serde::{Deserialize, Serialize};
use std::{
    any::Any,
    ffi::OsStr,
    fs,
    io::{self, ErrorKind},
    path::{self, Path, PathBuf},
};
use uuid::Uuid;

/// The profile that is used when none is named.
pub(crate) const USUAL: &str = "default";
const LONGEST_NAME: usize = 32;
const MESSAGE: &str = ".message-";

/// Where a session is kept.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    /// `None` when its file was named instead.
    pub(crate) name: Option<String>,
    file: PathBuf,
}

/// What the file says: which server gave the session, and the session itself (the contract's answer to a login), unless that is in
/// the secret service.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The server's base URL.
    pub(crate) server: String,
    /// Whether the secret service has the session.
    #[serde(default, skip_serializing_if = "is_false")]
    keyring: bool,
    /// Whose session the secret service has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    username: Option<Username>,
    #[serde(flatten)]
    session: Option<Session>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_false(yes: &bool) -> bool {
    !yes
}

/// Where a new session is to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeping {
    /// In the secret service if there is one, else in the file.
    Auto,
    File,
    Keyring,
}

impl Kept {
    /// Whose session it is.
    pub(crate) fn username(&self) -> Option<&Username> {
        self.username.as_ref().or_else(|| Some(&self.session.as_ref()?.user.username))
    }
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
            Err(cause) => {
                let cause = files::unreadable(&folder, cause);
                return Err(Failure::io(&format!("reading {}", folder.display()), &cause));
            }
        }
        names.sort_unstable();
        let mut profiles = Vec::new();
        for profile in names.iter().filter_map(|name| Self::of(name).ok()) {
            if profile.is_there()? {
                profiles.push(profile);
            }
        }
        Ok(profiles)
    }

    /// Whether something is kept under it.
    pub(crate) fn is_there(&self) -> Result<bool, Failure> {
        let found = self.file.try_exists();
        found.map_err(|cause| self.failed("looking for", &files::unreadable(&self.file, cause)))
    }

    /// The file of its session.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// The file of the messages that wait to be sent.
    pub(crate) fn outbox_file(&self) -> PathBuf {
        files::beside(&self.file, ".outbox")
    }

    /// The file of the messages that are not yet written to their end.
    pub(crate) fn drafts_file(&self) -> PathBuf {
        files::beside(&self.file, ".drafts")
    }

    /// A new file for a message that another program edits: one that is there already may have a text in it that is nowhere else.
    pub(crate) fn message_file(&self) -> PathBuf {
        files::beside(&self.file, &format!("{MESSAGE}{}.md", Uuid::now_v7()))
    }

    /// The files of messages that another program edits, or has left there.
    fn message_files(&self) -> io::Result<Vec<PathBuf>> {
        let start = files::beside(&self.file, MESSAGE);
        let (Some(folder), Some(start)) = (start.parent(), start.file_name()) else { return Ok(Vec::new()) };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let mut found = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().map(OsStr::as_encoded_bytes).unwrap_or_default();
            if name.starts_with(start.as_encoded_bytes()) && name.ends_with(b".md") {
                found.push(path);
            }
        }
        Ok(found)
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

    /// Where the session is that is kept. It may block.
    pub(crate) fn store(&self, kept: &Kept) -> Result<ProfileStore, Failure> {
        let keyring = if kept.keyring { Some(self.keyring()?) } else { None };
        Ok(ProfileStore { file: self.file.clone(), server: kept.server.clone(), keyring })
    }

    /// Where a new session of `server` is to be kept. It may block.
    pub(crate) fn new_store(&self, server: &str, keeping: Keeping) -> Result<ProfileStore, Failure> {
        let keyring = match keeping {
            Keeping::File => None,
            Keeping::Keyring => Some(self.keyring()?),
            Keeping::Auto => match self.keyring() {
                Ok(keyring) => Some(keyring),
                Err(failure) => {
                    detail(&failure.message());
                    None
                }
            },
        };
        Ok(ProfileStore { file: self.file.clone(), server: server.to_owned(), keyring })
    }

    /// Whether a session can be kept here: a new one that can't would go on at the server, with nobody who has it.
    pub(crate) fn can_keep(&self) -> Result<(), Failure> {
        files::lock_of(&self.file).map(drop).map_err(|cause| self.failed("the session", &cause))
    }

    fn keyring(&self) -> Result<KeyringSession, Failure> {
        // The lock beside the file needs its folder.
        self.can_keep()?;
        let file = path::absolute(&self.file).unwrap_or_else(|_| self.file.clone());
        KeyringSession::open("parlor", &file.to_string_lossy(), &self.file)
            .map_err(|cause| Failure::Unexpected(cause.to_string()))
    }

    /// Forgets the session, what waits to be sent, and what is half written.
    pub(crate) fn remove(&self) -> Result<(), Failure> {
        let lock = files::beside(&self.file, ".lock");
        let files = [self.file.clone(), lock, self.outbox_file(), self.drafts_file()];
        let locks = [self.outbox_file(), self.drafts_file()].map(|file| files::beside(&file, ".lock"));
        let messages = self.message_files().map_err(|cause| self.failed("looking beside", &cause))?;
        for file in &files {
            files::sweep(file).map_err(|cause| self.failed("looking beside", &cause))?;
        }
        for file in files.iter().chain(&locks).chain(&messages) {
            files::remove(file).map_err(|cause| self.failed("removing", &cause))?;
        }
        Ok(())
    }

    fn failed(&self, doing: &str, cause: &io::Error) -> Failure {
        Failure::io(&format!("{doing} {}", self.file.display()), cause)
    }
}

/// A profile as the client library keeps a session in it.
#[derive(Debug)]
pub(crate) struct ProfileStore {
    file: PathBuf,
    server: String,
    keyring: Option<KeyringSession>,
}

impl ProfileStore {
    /// Whether it keeps the session in its file.
    pub(crate) fn is_file(&self) -> bool {
        self.keyring.is_none()
    }

    /// Where it keeps the session, in words.
    pub(crate) fn place(&self) -> String {
        match self.keyring {
            Some(_) => "the secret service".to_owned(),
            None => self.file.display().to_string(),
        }
    }
}

impl SessionStore for ProfileStore {
    fn load(&self) -> io::Result<Option<Session>> {
        let Some(bytes) = files::read(&self.file)? else { return Ok(None) };
        let kept: Kept = serde_json::from_slice(&bytes)?;
        if kept.server != self.server {
            return Ok(None);
        }
        match &self.keyring {
            Some(keyring) if kept.keyring => keyring.load(),
            _ => Ok(kept.session),
        }
    }

    fn save(&self, session: &Session) -> io::Result<()> {
        let mut kept = Kept { server: self.server.clone(), keyring: false, username: None, session: None };
        match &self.keyring {
            Some(keyring) => {
                keyring.save(session)?;
                kept.keyring = true;
                kept.username = Some(session.user.username.clone());
            }
            None => kept.session = Some(session.clone()),
        }
        files::replace(&self.file, &serde_json::to_vec_pretty(&kept)?, Safe::FromPowerCuts)
    }

    fn clear(&self) -> io::Result<()> {
        if let Some(keyring) = &self.keyring {
            keyring.clear()?;
        }
        files::remove(&self.file)
    }

    /// A lock on a file beside it.
    fn lock(&self) -> io::Result<Box<dyn Any + Send>> {
        let lock = files::lock_of(&self.file)?;
        lock.lock()?;
        Ok(Box::new(lock))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_profile_that_is_removed_stays() {
        let folder = tempfile::tempdir().unwrap();
        let of = |name: &str| Profile::of(folder.path().join(name).to_str().unwrap()).unwrap();
        let (profile, other) = (of("work.json"), of("home.json"));
        let others = other.message_file();
        // Of a program that was killed while it kept a session.
        let half = files::beside(profile.file(), &format!(".{}.new", Uuid::now_v7()));
        for file in [profile.file(), &profile.drafts_file(), &profile.message_file(), &half, &others] {
            fs::write(file, "a text").unwrap();
        }
        profile.remove().unwrap();
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(left, [others]);
    }
}
