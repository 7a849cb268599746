//! Passwords: Argon2id on a bounded number of threads, and the refusal of those that everybody tries first.

mod hashers;
pub mod original;

use super::Error;
use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, PasswordHash},
};
use hashers::Hashers;
use parlor_protocol::{
    FieldError,
    text::{Email, NewPassword, Password, Username},
};
use serde_json::{Map, Value};
use std::sync::Arc;
use tokio::sync::{Semaphore, oneshot};

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
    hashers: Hashers,
    places: Arc<Semaphore>,
    /// What a password is checked against when there is no such account, so that this takes as long.
    nobody: String,
    /// The highest cost of the original server's hashes, if there are any.
    original_cost: Option<u32>,
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
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            params,
            hashers: Hashers::start(cores).map_err(defect)?,
            places: Arc::new(Semaphore::new(cores + QUEUE)),
            nobody: unusable()?,
            original_cost: None,
        })
    }

    /// With so costly hashes of the original server among the accounts: a wrong guess then takes as long as one of each kind.
    #[must_use]
    pub fn beside_original(mut self, cost: Option<u32>) -> Self {
        self.original_cost = cost;
        self
    }

    /// The hash of `password` as it is kept: a PHC string.
    pub async fn hash(&self, password: String) -> Result<String, Error> {
        let params = self.params.clone();
        self.run(move |memory| {
            let salt = super::tokens::random::<SALT_BYTES>()?;
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            let hash = derive(&argon2, password.as_bytes(), &salt, HASH_BYTES, memory)?;
            Ok(phc(&salt, hash.as_ref()))
        })
        .await
    }

    /// Checks `password` against the `hash` of an account; against nobody's when there is none, at the same cost.
    pub async fn verify(&self, password: &Password, hash: Option<String>) -> Result<Verdict, Error> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        let password = password.as_str().to_owned();
        let (wanted, nobody, costliest) = (self.params.clone(), self.nobody.clone(), self.original_cost);
        let verdict = self
            .run(move |memory| {
                let cost = original::cost(&hash);
                let verdict = match cost {
                    Some(_) => original::check(&password, &hash)?,
                    None => check(&password, &hash, &wanted, memory)?,
                };
                if verdict == Verdict::Wrong {
                    // Whoever guesses must not learn by the time which kind of hash there is, if any.
                    if cost.is_some() {
                        check(&password, &nobody, &wanted, memory)?;
                    }
                    original::spend(&password, cost, costliest)?;
                }
                Ok(verdict)
            })
            .await?;
        Ok(if known { verdict } else { Verdict::Wrong })
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Vec<Block>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| Error::Unavailable)?;
        let (done, result) = oneshot::channel();
        self.hashers.give(Box::new(move |memory| {
            // The place goes with the work: it can't be stopped once it runs, even if the caller has gone.
            done.send(work(memory)).ok();
            drop(place);
        }));
        result.await.map_err(|_| Error::Defect("a password's hashing broke off".to_owned()))?
    }
}

fn check(password: &str, hash: &str, wanted: &Params, memory: &mut Vec<Block>) -> Result<Verdict, Error> {
    let kept = PasswordHash::new(hash).map_err(defect)?;
    let (Some(salt), Some(expected)) = (&kept.salt, &kept.hash) else {
        return Err(defect("it has no salt or no hash"));
    };
    let params = Params::try_from(&kept).map_err(defect)?;
    let algorithm = Algorithm::try_from(kept.algorithm.as_str()).map_err(defect)?;
    let version = kept.version.map_or(Ok(Version::V0x13), Version::try_from).map_err(defect)?;
    let outdated = algorithm != Algorithm::Argon2id
        || params.m_cost() < wanted.m_cost()
        || params.t_cost() < wanted.t_cost();
    let argon2 = Argon2::new(algorithm, version, params);
    let found = derive(&argon2, password.as_bytes(), salt.as_ref(), expected.as_ref().len(), memory)?;
    // `Output` compares in constant time.
    Ok(if found == *expected { Verdict::Right { outdated } } else { Verdict::Wrong })
}

/// In memory that is used again and again: a fresh 19 MiB for each hash would fragment the allocator's.
fn derive(
    argon2: &Argon2<'_>,
    password: &[u8],
    salt: &[u8],
    bytes: usize,
    memory: &mut Vec<Block>,
) -> Result<Output, Error> {
    let blocks = argon2.params().block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::new());
    }
    let mut hash = vec![0; bytes];
    argon2
        .hash_password_into_with_memory(password, salt, &mut hash, &mut memory[..blocks])
        .map_err(defect)?;
    Output::new(&hash).map_err(defect)
}

/// The hash of no password.
pub fn unusable() -> Result<String, Error> {
    Ok(phc(&super::tokens::random::<SALT_BYTES>()?, &super::tokens::random::<HASH_BYTES>()?))
}

/// The form in which a hash is kept (the PHC string format).
fn phc(salt: &[u8], hash: &[u8]) -> String {
    let (memory, passes, lanes) = PARAMS;
    format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${}${}", unpadded(salt), unpadded(hash))
}

fn unpadded(bytes: &[u8]) -> String {
    use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
    BASE64_STANDARD_NO_PAD.encode(bytes)
}

fn defect(error: impl std::fmt::Display) -> Error {
    Error::Defect(format!("a password hash: {error}"))
}

/// A password that nobody guesses, for an account whose owner has none.
pub fn made() -> Result<NewPassword, Error> {
    const BYTES: usize = 15;
    let text = super::tokens::text(&super::tokens::random::<BYTES>()?);
    text.parse().map_err(|refusal| Error::Defect(format!("a password that was made: {refusal}")))
}

/// Why `password` is refused for this account, if it is: it is one of the 100,000 most common, or little more than the account's own
/// name or ours.
pub fn refusal(password: &NewPassword, username: Option<&Username>, email: &str) -> Option<&'static str> {
    let password = password.as_str();
    let lowered = password.to_lowercase();
    if passwords::analyzer::is_common_password(password) || passwords::analyzer::is_common_password(&lowered)
    {
        return Some("is one of the most common passwords; choose one that nobody else thinks of");
    }
    let email = email.to_lowercase();
    let local = email.rsplit_once('@').map_or(email.as_str(), |(local, _)| local);
    let name = username.map(Username::key).unwrap_or_default();
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

/// The same of the field `field` of a body that is refused as it is: an answer lists everything that is wrong with one.
pub fn fault(body: &Map<String, Value>, field: &str) -> Option<FieldError> {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let username = text("username").and_then(|name| name.parse().ok());
    let why = refusal(&text(field)?.parse().ok()?, username.as_ref(), text("email").unwrap_or_default())?;
    Some(FieldError::new(field, why))
}

/// [`refusal`] as a failure of the field `field`.
pub fn refuse_weak(
    field: &str,
    password: &NewPassword,
    username: &Username,
    email: &Email,
) -> Result<(), Error> {
    refusal(password, Some(username), email.as_str()).map_or(Ok(()), |why| Err(Error::invalid(field, why)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::PasswordHasher;

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
            refusal(&password.parse().unwrap(), Some(&username), "Lovelace.Ada@example.com").is_some()
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
