//! What is kept between runs, beside the profile's session: messages that wait, and drafts.

use super::{drafts::merged, message::Drafts, update::writing::before};
use crate::{
    files::{self, Safe},
    profile::{Keeping, Profile},
    server::client_of,
};
use parlor_client::{
    Client, Error,
    live::{FileOutbox, Queued},
    protocol::ids::UserId,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    io,
    path::PathBuf,
};
use tokio::task::spawn_blocking;

/// The profile's files.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    profile: Profile,
}

/// How the file of the drafts is written. A file of a later version has what this one would lose.
const VERSION: u32 = 1;

/// What the file of the drafts says.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// Files of before there was one have none.
    #[serde(default)]
    version: u32,
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
            profile.can_keep()?;
            let keyring = profile.new_store(&of, Keeping::Keyring);
            keyring.or_else(|_none| profile.new_store(&of, Keeping::File))
        });
        let store = found.await.map_err(|cause| Error::Store(cause.to_string()))?;
        let store = store.map_err(|failure| Error::Store(failure.message()))?;
        client_of(server).session_store(store).build()
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
        let bytes = files::read(&file)
            .map_err(|cause| io::Error::new(cause.kind(), format!("{}: {cause}", file.display())))?
            .unwrap_or_default();
        // A power cut may leave an empty file.
        if bytes.is_empty() {
            return Ok(BTreeMap::new());
        }
        // Before the rest is read: that may be of any form.
        let version =
            serde_json::from_slice::<Value>(&bytes).map_err(|cause| failed(&cause))?["version"].as_u64();
        if version.is_some_and(|version| version > u64::from(VERSION)) {
            return Err(failed(&"a later version of parlor has written it"));
        }
        let Kept { mut users, user, drafts, .. } =
            serde_json::from_slice(&bytes).map_err(|cause| failed(&cause))?;
        if let Some(user) = user {
            users.entry(user).or_insert(drafts);
        }
        Ok(users)
    }

    /// Keeps what has changed in the drafts of this user. The rest stays: another chat of the profile may have written it.
    pub(crate) fn keep(&self, user: UserId, before: &Drafts, now: &Drafts) -> io::Result<()> {
        if before == now {
            return Ok(());
        }
        self.change(user, |kept| {
            for room in before.keys().chain(now.keys()).collect::<BTreeSet<_>>() {
                let of = |drafts: &Drafts| drafts.get(room).cloned().unwrap_or_default();
                let (was, is) = (of(before), of(now));
                if was != is {
                    let draft = merged(&of(kept), &was, &is);
                    kept.insert(*room, draft);
                }
            }
            kept.retain(|_, draft| !draft.is_empty());
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
        let bytes = serde_json::to_vec_pretty(&Kept { version: VERSION, users, ..Kept::default() })?;
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
            queued_at: None,
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
    fn two_chats_that_write_in_one_room_keep_the_drafts_of_both() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("session.json");
        let home = Home::of(Profile::of(file.to_str().unwrap()).unwrap());
        let (ada, nothing) = (user_id("Ada"), Drafts::new());
        let draft = |text: &str| Drafts::from([(room_id(1), text.to_owned())]);
        home.keep(ada, &nothing, &draft("the one")).unwrap();
        home.keep(ada, &nothing, &draft("the other")).unwrap();
        home.keep(ada, &draft("the one"), &draft("the one goes on")).unwrap();
        home.keep(ada, &draft("the other"), &draft("the other, too")).unwrap();
        assert_eq!(home.drafts(ada).unwrap(), draft("the one goes on\nthe other, too"));
        // One of them is sent.
        home.keep(ada, &draft("the one goes on"), &nothing).unwrap();
        assert_eq!(home.drafts(ada).unwrap(), draft("the other, too"));
        home.keep(ada, &draft("the other, too"), &nothing).unwrap();
        assert!(!home.file().exists());
    }

    #[test]
    fn what_cannot_be_read_or_is_of_a_later_version_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("session.json");
        let home = Home::of(Profile::of(file.to_str().unwrap()).unwrap());
        let draft = Drafts::from([(room_id(1), "half".to_owned())]);
        for (text, says) in [
            ("{\"users\": ", "EOF"),
            ("{\"version\": 2, \"users\": [], \"chats\": []}", "a later version of parlor has written it"),
            ("{\"version\": 1, \"users\": {}, \"chats\": []}", "unknown field `chats`"),
        ] {
            fs::write(home.file(), text).unwrap();
            let error = home.keep(user_id("Ada"), &Drafts::new(), &draft).unwrap_err().to_string();
            assert!(error.contains("session.json.drafts can't be read") && error.contains(says), "{error}");
            assert!(error.contains("move it away"), "{error}");
            assert!(home.drafts(user_id("Ada")).is_err());
            assert_eq!(fs::read_to_string(home.file()).unwrap(), text);
        }
    }
}
