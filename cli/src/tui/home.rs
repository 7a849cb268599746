//! What is kept between runs, beside the profile's session: messages that wait, and drafts.

use super::{message::Drafts, update::writing::before};
use crate::{
    files::{self, Safe},
    profile::{Keeping, Profile},
};
use parlor_client::{
    Client, Error,
    live::{FileOutbox, Queued},
    protocol::ids::UserId,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt::Display, io, path::PathBuf};
use tokio::task::spawn_blocking;

/// The profile's files.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    profile: Profile,
}

/// What the file of the drafts says.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    /// Of each user who has had the profile.
    #[serde(default)]
    users: BTreeMap<UserId, Drafts>,
    /// Whose `drafts` are, in a file of when there was one user only.
    #[serde(default, skip_serializing)]
    user: Option<UserId>,
    #[serde(default, skip_serializing)]
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

    /// The drafts of this user.
    pub(crate) fn drafts(&self, user: UserId) -> io::Result<Drafts> {
        Ok(self.read()?.remove(&user).unwrap_or_default())
    }

    /// Everybody's drafts. An error says which file to move away.
    fn read(&self) -> io::Result<BTreeMap<UserId, Drafts>> {
        let file = self.file();
        let failed = |cause: &dyn Display| {
            io::Error::other(format!("{} can't be read ({cause}): move it away", file.display()))
        };
        let bytes = files::read(&file).map_err(|cause| failed(&cause))?.unwrap_or_default();
        // A power cut may leave an empty file.
        if bytes.is_empty() {
            return Ok(BTreeMap::new());
        }
        let Kept { mut users, user, drafts } =
            serde_json::from_slice(&bytes).map_err(|cause| failed(&cause))?;
        if let Some(user) = user {
            users.entry(user).or_insert(drafts);
        }
        Ok(users)
    }

    /// Keeps what has changed in the drafts of this user. Those of other rooms stay: another chat of the profile may write them.
    pub(crate) fn keep(&self, user: UserId, before: &Drafts, now: &Drafts) -> io::Result<()> {
        if before == now {
            return Ok(());
        }
        self.change(user, |kept| {
            for room in before.keys().chain(now.keys()) {
                match (before.get(room), now.get(room)) {
                    (one, other) if one == other => {}
                    (_, None) => drop(kept.remove(room)),
                    (_, Some(draft)) => drop(kept.insert(*room, draft.clone())),
                }
            }
        })
    }

    /// Keeps the texts of messages that were not sent, before what is written in their rooms.
    pub(crate) fn keep_unsent(&self, user: UserId, messages: &[Queued]) -> io::Result<()> {
        if messages.is_empty() {
            return Ok(());
        }
        self.change(user, |kept| {
            for message in messages.iter().rev() {
                let draft = kept.entry(message.room_id).or_default();
                *draft = before(&message.content, draft);
            }
        })
    }

    /// Writes a message into a file of its own, for another program.
    pub(crate) fn write_message(&self, text: &str) -> io::Result<PathBuf> {
        let file = self.profile.message_file();
        files::replace(&file, text.as_bytes(), Safe::FromKills)?;
        Ok(file)
    }

    fn change(&self, user: UserId, change: impl FnOnce(&mut Drafts)) -> io::Result<()> {
        let lock = files::lock_of(&self.file())?;
        lock.lock()?;
        // What can't be read is not written over.
        let mut users = self.read()?;
        change(users.entry(user).or_default());
        users.retain(|_, drafts| !drafts.is_empty());
        if users.is_empty() {
            return files::remove(&self.file());
        }
        let bytes = serde_json::to_vec_pretty(&Kept { users, ..Kept::default() })?;
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
    use std::{fs, os::unix::fs::PermissionsExt as _};

    #[test]
    fn drafts_are_their_owners_alone_and_another_accounts_are_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("session.json");
        let home = Home::of(Profile::of(file.to_str().unwrap()).unwrap());
        let drafts = Drafts::from([(room_id(1), "half a thought".to_owned())]);
        home.keep(user_id("Ada"), &Drafts::new(), &drafts).unwrap();
        assert_eq!(home.drafts(user_id("Ada")).unwrap(), drafts);
        assert_eq!(home.drafts(user_id("Grace")).unwrap(), Drafts::new());
        assert_eq!(home.file().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        home.keep(user_id("Ada"), &drafts, &Drafts::new()).unwrap();
        assert!(!home.file().exists());
    }

    #[test]
    fn two_chats_of_a_profile_keep_the_drafts_of_both() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("session.json");
        let home = Home::of(Profile::of(file.to_str().unwrap()).unwrap());
        let (ada, nothing) = (user_id("Ada"), Drafts::new());
        let draft = |room, text: &str| Drafts::from([(room_id(room), text.to_owned())]);
        home.keep(ada, &nothing, &draft(1, "of the one")).unwrap();
        home.keep(ada, &nothing, &draft(2, "of the other")).unwrap();
        let message = |text: &str, id: &str| Queued {
            room_id: room_id(1),
            content: text.to_owned(),
            client_message_id: id.parse().unwrap(),
        };
        home.keep_unsent(ada, &[message("first", "1"), message("second", "2")]).unwrap();
        let kept = home.drafts(ada).unwrap();
        assert_eq!(
            (kept[&room_id(1)].as_str(), kept[&room_id(2)].as_str()),
            ("first\nsecond\nof the one", "of the other")
        );
        home.keep(ada, &draft(2, "of the other"), &nothing).unwrap();
        assert_eq!(home.drafts(ada).unwrap().len(), 1);
    }

    #[test]
    fn two_accounts_of_a_profile_keep_the_drafts_of_both() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("session.json");
        let home = Home::of(Profile::of(file.to_str().unwrap()).unwrap());
        let [ada, grace] = ["Ada", "Grace"].map(user_id);
        let draft = |text: &str| Drafts::from([(room_id(1), text.to_owned())]);
        // As it was written when there was one user only.
        let old = serde_json::json!({ "user": ada, "drafts": draft("of Ada") });
        fs::write(home.file(), old.to_string()).unwrap();
        home.keep(grace, &Drafts::new(), &draft("of Grace")).unwrap();
        assert_eq!(home.drafts(ada).unwrap(), draft("of Ada"));
        home.keep(grace, &draft("of Grace"), &Drafts::new()).unwrap();
        assert_eq!(home.drafts(ada).unwrap(), draft("of Ada"));
    }

    #[test]
    fn what_cannot_be_read_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("session.json");
        let home = Home::of(Profile::of(file.to_str().unwrap()).unwrap());
        fs::write(home.file(), "{\"users\": ").unwrap();
        let draft = Drafts::from([(room_id(1), "half".to_owned())]);
        let error = home.keep(user_id("Ada"), &Drafts::new(), &draft).unwrap_err();
        assert!(error.to_string().contains("session.json.drafts can't be read"), "{error}");
        assert_eq!(fs::read_to_string(home.file()).unwrap(), "{\"users\": ");
    }
}
