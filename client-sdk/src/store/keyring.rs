//! A session in the desktop's secret service.

use super::{SessionStore, lock_file, parse};
use crate::Session;
use keyring::{Entry, Error};
use std::{
    any::Any,
    fmt,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

/// How long the secret service may take to be there.
const THERE_WITHIN: Duration = Duration::from_secs(2);

/// Keeps the session in the desktop's secret service: the Secret Service on Linux, the keychain on macOS, the credential manager on
/// Windows. Several processes may share it.
///
/// ```no_run
/// use parlor_client::{Client, FileSession, KeyringSession};
///
/// let client = Client::builder("http://127.0.0.1:5000");
/// let client = match KeyringSession::open("parlor-bot", "ada@example.com", "bot.session") {
///     Ok(store) => client.session_store(store),
///     // A machine without a desktop.
///     Err(_) => client.session_store(FileSession::at("bot.session.json")),
/// };
/// let client = client.build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct KeyringSession {
    entry: Arc<Entry>,
    /// Locked while the session is renewed; nothing is written to it.
    turn: PathBuf,
}

impl KeyringSession {
    /// Under this name and account. `turn` is a file beside which a lock is made, so that no two processes renew the session at
    /// once: its folder must exist, and those who share the session must name the same file. This may block for 2 s.
    ///
    /// ```no_run
    /// use parlor_client::{Client, KeyringSession};
    ///
    /// let session = KeyringSession::open("parlor-bot", "ada@example.com", "bot.session")?;
    /// let client = Client::builder("http://127.0.0.1:5000").session_store(session).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When there is no secret service, or it does not answer within 2 s. None is started.
    pub fn open(name: &str, account: &str, turn: impl Into<PathBuf>) -> io::Result<Self> {
        let (answer, there) = mpsc::channel();
        // In a thread of its own: it can't be called off.
        thread::spawn(move || answer.send(Entry::store_status().as_ref().err().map(ToString::to_string)));
        let none = |kind, why: &dyn fmt::Display| io::Error::new(kind, format!("no secret service: {why}"));
        match there.recv_timeout(THERE_WITHIN) {
            Ok(None) => {}
            Ok(Some(cause)) => return Err(none(ErrorKind::NotFound, &cause)),
            Err(_) => return Err(none(ErrorKind::TimedOut, &"it does not answer")),
        }
        let entry = Entry::new(name, account).map_err(|cause| failed(&cause))?;
        Ok(Self { entry: Arc::new(entry), turn: turn.into() })
    }

    /// Asks in a thread of its own: what is below may wait in a way that a task must not.
    fn ask<T: Send>(&self, ask: impl FnOnce(&Entry) -> keyring::Result<T> + Send) -> io::Result<Option<T>> {
        let answer = thread::scope(|scope| scope.spawn(|| ask(&self.entry)).join());
        match answer.unwrap_or_else(|_| Err(Error::Invalid("thread".to_owned(), "it panicked".to_owned()))) {
            Ok(answer) => Ok(Some(answer)),
            Err(Error::NoEntry) => Ok(None),
            Err(cause) => Err(failed(&cause)),
        }
    }
}

impl fmt::Debug for KeyringSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyringSession").field("turn", &self.turn).finish_non_exhaustive()
    }
}

impl SessionStore for KeyringSession {
    fn load(&self) -> io::Result<Option<Session>> {
        let kept = self.ask(Entry::get_password)?;
        kept.map(|kept| parse(Path::new("the secret service"), kept.as_bytes())).transpose()
    }

    fn save(&self, session: &Session) -> io::Result<()> {
        let session = serde_json::to_string(session)?;
        self.ask(|entry| entry.set_password(&session)).map(drop)
    }

    fn clear(&self) -> io::Result<()> {
        self.ask(Entry::delete_credential).map(drop)
    }

    fn lock(&self) -> io::Result<Box<dyn Any + Send>> {
        let lock = lock_file(&self.turn)?;
        lock.lock()?;
        Ok(Box::new(lock))
    }
}

fn failed(cause: &Error) -> io::Error {
    io::Error::other(format!("the secret service: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyring_core::{api::CredentialStoreApi as _, mock};
    use serde_json::json;
    use std::{os::unix::net::UnixListener, process::Command, sync::mpsc, time::Instant};

    /// A session in a secret service that is a part of this process.
    fn in_mock(turn: &Path) -> KeyringSession {
        let store = mock::Store::new().unwrap();
        let inner = store.build("parlor", "ada", None).unwrap();
        KeyringSession { entry: Arc::new(Entry { inner }), turn: turn.to_owned() }
    }

    fn session(token: &str) -> Session {
        let at = "2025-08-21T10:16:10.123Z";
        let id = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90";
        let user = json!({ "id": id, "username": "ada", "email": "ada@example.com", "createdAt": at, "updatedAt": at });
        let kept = json!({ "user": user, "token": token, "refreshToken": "r", "expiresAt": at });
        serde_json::from_value(kept).unwrap()
    }

    #[test]
    fn a_session_is_kept_replaced_and_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let store = in_mock(&folder.path().join("session"));
        assert_eq!(store.load().unwrap(), None);
        store.clear().unwrap();
        for token in ["one", "two"] {
            store.save(&session(token)).unwrap();
            assert_eq!(store.load().unwrap(), Some(session(token)));
        }
        store.clear().unwrap();
        assert_eq!(store.load().unwrap(), None);
        store.entry.set_password("{").unwrap();
        let broken = store.load().unwrap_err().to_string();
        assert!(broken.starts_with("the secret service: "), "{broken}");
    }

    #[test]
    fn a_second_turn_waits_for_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let store = in_mock(&folder.path().join("session"));
        let (other, (told, hears)) = (store.clone(), mpsc::channel());
        let first = store.lock().unwrap();
        let second = thread::spawn(move || {
            let _turn = other.lock().unwrap();
            told.send("second").unwrap();
        });
        assert!(lock_file(&store.turn).unwrap().try_lock().is_err(), "another process may not have it");
        assert!(hears.try_recv().is_err());
        drop(first);
        assert_eq!(hears.recv_timeout(Duration::from_secs(10)), Ok("second"));
        second.join().unwrap();
    }

    /// What a process says in which the session bus is at this address, and how long it took.
    fn opened_with_bus_at(address: &str) -> (String, Duration) {
        let name = "store::keyring::tests::whatever_bus_there_is_opening_ends";
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", name, "--nocapture"]).env("DBUS_SESSION_BUS_ADDRESS", address);
        let began = Instant::now();
        let output = child.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        (String::from_utf8(output.stdout).unwrap(), began.elapsed())
    }

    /// With the bus of this machine, if it has one; the tests below run it with buses of theirs.
    #[test]
    fn whatever_bus_there_is_opening_ends() {
        let began = Instant::now();
        println!("opened: {:?}", KeyringSession::open("parlor", "ada", "session"));
        assert!(began.elapsed() < 3 * THERE_WITHIN, "{:?}", began.elapsed());
    }

    #[test]
    fn without_a_secret_service_it_says_so_and_starts_none() {
        let folder = tempfile::tempdir().unwrap();
        let (said, _) = opened_with_bus_at(&format!("unix:path={}/bus", folder.path().display()));
        assert!(said.contains("opened: Err(Custom { kind: NotFound, error: \"no secret service: "), "{said}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_bus_that_says_nothing_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bus");
        let _silent = UnixListener::bind(&path).unwrap();
        let (said, took) = opened_with_bus_at(&format!("unix:path={}", path.display()));
        assert!(said.contains("opened: Err(Custom { kind: TimedOut, "), "{said}");
        assert!(took >= THERE_WITHIN, "{took:?}");
    }
}
