//! Passwords: Argon2id on a bounded number of threads, and the refusal of those that everybody tries first.

use super::Error;
use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::{Error as HashError, phc::PasswordHash},
};
use parlor_protocol::text::{Email, NewPassword, Password, Username};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// OWASP's first choice: 19 MiB, two passes, one lane.
const PARAMS: (u32, u32, u32) = (19 * 1024, 2, 1);
/// So many may wait beside those that are being hashed; the next one is told to come back.
const QUEUE: usize = 32;
/// How many bytes a hash and its salt have.
const HASH_BYTES: usize = 32;
const SALT_BYTES: usize = 16;

/// Hashes and checks passwords.
#[derive(Debug)]
pub struct Passwords {
    params: Params,
    /// One per core: each hash holds 19 MiB while it runs.
    running: Arc<Semaphore>,
    places: Arc<Semaphore>,
    /// What a password is checked against when there is no such account, so that this takes as long.
    nobody: String,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is another password, or there is no such account.
    Wrong,
    /// It is the password.
    Right {
        /// Whether its hash was made with less than today's parameters.
        outdated: bool,
    },
}

impl Passwords {
    /// A pool of as many hashers as there are cores.
    pub fn new() -> Result<Self, Error> {
        let (memory, passes, lanes) = PARAMS;
        let params = Params::new(memory, passes, lanes, Some(HASH_BYTES)).map_err(defect)?;
        let nobody = format!(
            "$argon2id$v=19$m={memory},t={passes},p={lanes}${}${}",
            unpadded(&super::tokens::random::<SALT_BYTES>()?),
            unpadded(&super::tokens::random::<HASH_BYTES>()?),
        );
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            params,
            running: Arc::new(Semaphore::new(cores)),
            places: Arc::new(Semaphore::new(cores + QUEUE)),
            nobody,
        })
    }

    /// The hash of `password` as it is kept: a PHC string.
    pub async fn hash(&self, password: String) -> Result<String, Error> {
        let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone());
        self.run(move || {
            let hash: PasswordHash = hasher.hash_password(password.as_bytes()).map_err(defect)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Checks `password` against the `hash` of an account; against nobody's when there is none, at the same cost.
    pub async fn verify(&self, password: &Password, hash: Option<String>) -> Result<Verdict, Error> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        let password = password.as_str().to_owned();
        let wanted = self.params.clone();
        let verdict = self.run(move || check(&password, &hash, &wanted)).await?;
        Ok(if known { verdict } else { Verdict::Wrong })
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| Error::Unavailable)?;
        let turn = self.running.clone().acquire_owned().await.map_err(|_| Error::Unavailable)?;
        // The permits go with the work: it can't be stopped once it runs, even if the caller has gone.
        let permits: [OwnedSemaphorePermit; 2] = [place, turn];
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permits);
            result
        })
        .await
        .map_err(|error| Error::Defect(format!("hashing a password: {error}")))?
    }
}

fn check(password: &str, hash: &str, wanted: &Params) -> Result<Verdict, Error> {
    let hash = PasswordHash::new(hash).map_err(defect)?;
    let params = Params::try_from(&hash).map_err(defect)?;
    let outdated = hash.algorithm.as_str() != Algorithm::Argon2id.as_str()
        || params.m_cost() < wanted.m_cost()
        || params.t_cost() < wanted.t_cost();
    match Argon2::default().verify_password(password.as_bytes(), &hash) {
        Ok(()) => Ok(Verdict::Right { outdated }),
        Err(HashError::PasswordInvalid) => Ok(Verdict::Wrong),
        Err(error) => Err(defect(error)),
    }
}

fn unpadded(bytes: &[u8]) -> String {
    use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
    BASE64_STANDARD_NO_PAD.encode(bytes)
}

fn defect(error: impl std::fmt::Display) -> Error {
    Error::Defect(format!("a password hash: {error}"))
}

/// Why `password` is refused for this account, if it is: it is one of the 100,000 most common, or little more than the account's own
/// name or ours.
pub fn refusal(password: &NewPassword, username: &Username, email: &str) -> Option<&'static str> {
    let password = password.as_str();
    let lowered = password.to_lowercase();
    if passwords::analyzer::is_common_password(password) || passwords::analyzer::is_common_password(&lowered)
    {
        return Some("is one of the most common passwords");
    }
    let email = email.to_lowercase();
    let local = email.rsplit_once('@').map_or(email.as_str(), |(local, _)| local);
    let name = username.key();
    // `ada-1985!` and `parlor2026` are tried right after the bare words.
    let core = lowered.trim_matches(|c: char| !c.is_alphabetic());
    let bare = |word: &str| {
        lowered == word || (!core.is_empty() && core == word.trim_matches(|c: char| !c.is_alphabetic()))
    };
    [name.as_str(), local, &email, "parlor"]
        .into_iter()
        .any(bare)
        .then_some("must not be your name, your e-mail address or ours")
}

/// [`refusal`] as a failure of the field `field`.
pub fn refuse_weak(
    field: &str,
    password: &NewPassword,
    username: &Username,
    email: &Email,
) -> Result<(), Error> {
    refusal(password, username, email.as_str()).map_or(Ok(()), |why| Err(Error::invalid(field, why)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready<T>(result: Result<T, Error>) -> T {
        result.unwrap_or_else(|error| panic!("{error:?}"))
    }

    #[tokio::test]
    async fn only_the_password_itself_opens_its_hash() {
        let passwords = ready(Passwords::new());
        let hash = ready(passwords.hash("correct horse battery".to_owned()).await);
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let verdict = async |password: &str, hash: Option<String>| {
            ready(passwords.verify(&password.parse().unwrap(), hash).await)
        };
        assert_eq!(
            verdict("correct horse battery", Some(hash.clone())).await,
            Verdict::Right { outdated: false }
        );
        assert_eq!(verdict("correct horse battery ", Some(hash)).await, Verdict::Wrong);
        assert_eq!(verdict("correct horse battery", None).await, Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_hash_of_weaker_parameters_is_outdated() {
        let passwords = ready(Passwords::new());
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, None).unwrap());
        let hash: PasswordHash = weak.hash_password(b"correct horse battery").unwrap();
        let verdict =
            ready(passwords.verify(&"correct horse battery".parse().unwrap(), Some(hash.to_string())).await);
        assert_eq!(verdict, Verdict::Right { outdated: true });
    }

    #[tokio::test]
    async fn past_the_queue_a_hash_is_refused_instead_of_waiting() {
        let passwords = ready(Passwords::new());
        let all = u32::try_from(passwords.places.available_permits()).unwrap();
        let taken = passwords.places.clone().acquire_many_owned(all).await.unwrap();
        assert!(matches!(passwords.hash("x".to_owned()).await, Err(Error::Unavailable)));
        drop(taken);
        ready(passwords.hash("x".to_owned()).await);
    }

    #[test]
    fn common_passwords_and_ones_own_names_are_refused() {
        let refused = |password: &str| {
            let username = "Ada1815".parse().unwrap();
            refusal(&password.parse().unwrap(), &username, "Lovelace.Ada@example.com").is_some()
        };
        for weak in [
            "password",
            "PASSWORD",
            "12345678",
            "qwerty123",
            "iloveyou",
            "ada18150",
            "Ada-1815",
            "lovelace.ada",
            "Lovelace.Ada99",
            "lovelace.ada@example.com",
            "parlor123",
            "!!Parlor!!",
        ] {
            assert!(refused(weak), "{weak}");
        }
        for fine in [
            "correct horse battery",
            "my parlor is blue",
            "ada likes engines",
            "x7#kq9!v",
            "👑👑👑👑👑👑👑👑",
        ] {
            assert!(!refused(fine), "{fine}");
        }
    }
}
