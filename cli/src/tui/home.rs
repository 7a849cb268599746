//! What is kept between runs, beside the profile's session: messages that wait, and drafts.

use super::message::Drafts;
use crate::{
    files::{self, Safe},
    profile::{Keeping, Profile},
};
use parlor_client::{Client, Error, live::FileOutbox, protocol::ids::UserId};
use serde::{Deserialize, Serialize};
use std::{io, path::PathBuf};
use tokio::task::spawn_blocking;

/// The profile's files.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    profile: Profile,
}

/// What the file of the drafts says.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    /// Whose they are.
    user: Option<UserId>,
    drafts: Drafts,
}

impl Home {
    /// Of this profile.
    pub(crate) fn of(profile: Profile) -> Self {
        Self { profile }
    }

    /// A client of this server that keeps its session in the secret service, or in the profile's file where there is none.
    pub(crate) async fn client(&self, server: &str) -> Result<Client, Error> {
        let (profile, of) = (self.profile.clone(), server.to_owned());
        let found = spawn_blocking(move || {
            let keyring = profile.new_store(&of, Keeping::Keyring);
            keyring.or_else(|_none| profile.new_store(&of, Keeping::File))
        });
        let store = found.await.map_err(|cause| Error::Store(cause.to_string()))?;
        let store = store.map_err(|failure| Error::Store(failure.message()))?;
        Client::builder(server).session_store(store).build()
    }

    /// Where messages wait.
    pub(crate) fn outbox(&self) -> FileOutbox {
        FileOutbox::at(self.profile.outbox_file())
    }

    /// The drafts of this user. None, if they can't be read: a draft is not worth a refusal to start.
    pub(crate) fn drafts(&self, user: UserId) -> Drafts {
        let bytes = files::read(&self.file()).ok().flatten().unwrap_or_default();
        let kept: Kept = serde_json::from_slice(&bytes).unwrap_or_default();
        if kept.user == Some(user) { kept.drafts } else { Drafts::new() }
    }

    /// Keeps the drafts of this user instead of those before.
    pub(crate) fn keep(&self, user: UserId, drafts: Drafts) -> io::Result<()> {
        if drafts.is_empty() {
            return files::remove(&self.file());
        }
        let bytes = serde_json::to_vec_pretty(&Kept { user: Some(user), drafts })?;
        files::replace(&self.file(), &bytes, Safe::FromKills)
    }

    fn file(&self) -> PathBuf {
        self.profile.drafts_file()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::testing::{room_id, user_id};
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn drafts_are_their_owners_alone_and_another_accounts_are_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("session.json");
        let home = Home::of(Profile::of(file.to_str().unwrap()).unwrap());
        let drafts = Drafts::from([(room_id(1), "half a thought".to_owned())]);
        home.keep(user_id("Ada"), drafts.clone()).unwrap();
        assert_eq!(home.drafts(user_id("Ada")), drafts);
        assert_eq!(home.drafts(user_id("Grace")), Drafts::new());
        assert_eq!(home.file().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        home.keep(user_id("Ada"), Drafts::new()).unwrap();
        assert!(!home.file().exists());
    }
}
