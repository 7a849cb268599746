//! Hashes of the original server: bcrypt. They are taken as they are until their account's first login, which makes them Argon2id.

use super::{Error, Verdict, defect};
use bcrypt::HashParts;

/// A costlier one would hold up a thread for many seconds at each guess.
pub const MOST_COST: u32 = 15;
const LEAST_COST: u32 = 4;

/// The cost of a bcrypt hash, as a power of two; `None` for what is none, or one that is too costly to be taken.
pub fn cost(hash: &str) -> Option<u32> {
    // `2x` marks hashes of a faulty implementation, which no other can check.
    if hash.starts_with("$2x$") {
        return None;
    }
    let cost = hash.parse::<HashParts>().ok()?.get_cost();
    (LEAST_COST..=MOST_COST).contains(&cost).then_some(cost)
}

/// Checks `password` against a bcrypt hash. As in the original, only its first 72 bytes count.
pub(super) fn check(password: &str, hash: &str) -> Result<Verdict, Error> {
    let right = bcrypt::verify(password, hash).map_err(defect)?;
    Ok(if right { Verdict::Right { outdated: true } } else { Verdict::Wrong })
}

/// Works on until as much has been done as for a hash of the cost `whole`, of which a hash of the cost `done` has taken its part.
pub(super) fn spend(password: &str, done: Option<u32>, whole: Option<u32>) -> Result<(), Error> {
    let Some(whole) = whole else { return Ok(()) };
    match done {
        None => work(password, whole),
        // Each cost is twice the one below: with one more of its own and one of each between, the work is that of the whole.
        Some(done) => (done..whole).try_for_each(|cost| work(password, cost)),
    }
}

fn work(password: &str, cost: u32) -> Result<(), Error> {
    bcrypt::hash_with_salt(password, cost, [0; 16]).map(drop).map_err(defect)
}

#[cfg(test)]
mod tests {
    use super::{super::Passwords, *};
    use std::time::{Duration, Instant};

    /// Made by `bcryptjs`, with which the original hashes.
    const SHORT: &str = "$2b$04$CMhMdYcXbuKTr97mlVZ9m.BEa6ZdJcTPbfEvRofQllJvKIHqFSlTO";
    const ACCENTS: &str = "$2b$04$uRuIaGzGUMolj9TngQxUbOjOEbr6C0pvzLa65HJwedWB9xHCbzARm";
    const LONG: &str = "$2b$04$zUtOqlU8m2eoJ8jDH4n.U.iD6vwc9.JLV86OVBo9NCUruKu.RAbgy";
    const RIGHT: Verdict = Verdict::Right { outdated: true };

    async fn verdict(passwords: &Passwords, password: &str, hash: Option<&str>) -> Verdict {
        let verdict = passwords.verify(&password.parse().unwrap(), hash.map(str::to_owned)).await;
        verdict.unwrap_or_else(|error| panic!("{error:?}"))
    }

    #[tokio::test]
    async fn a_hash_of_the_original_is_opened_by_its_password_alone_and_is_outdated() {
        let passwords = Passwords::new().unwrap_or_else(|error| panic!("{error:?}"));
        for (right, hash) in [("letmein1", SHORT), ("pässwörd ☕", ACCENTS)] {
            assert_eq!(verdict(&passwords, right, Some(hash)).await, RIGHT);
            assert_eq!(verdict(&passwords, right, Some(&hash.replace("$2b$", "$2a$"))).await, RIGHT);
            assert_eq!(verdict(&passwords, &format!("{right} "), Some(hash)).await, Verdict::Wrong);
        }
    }

    #[tokio::test]
    async fn only_for_hashes_of_the_original_what_comes_after_72_bytes_does_not_count() {
        let passwords = Passwords::new().unwrap_or_else(|error| panic!("{error:?}"));
        let (one, two) = (format!("{}tail one", "x".repeat(72)), format!("{}tail two", "x".repeat(72)));
        assert_eq!(verdict(&passwords, &one, Some(LONG)).await, RIGHT);
        assert_eq!(verdict(&passwords, &two, Some(LONG)).await, RIGHT);
        assert_eq!(verdict(&passwords, &two[1..72], Some(LONG)).await, Verdict::Wrong);
        let ours = passwords.hash(one).await.unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(verdict(&passwords, &two, Some(&ours)).await, Verdict::Wrong);
    }

    #[test]
    fn what_is_no_bcrypt_or_costs_too_much_has_no_cost() {
        assert_eq!(cost(SHORT), Some(4));
        for other in [
            "",
            "letmein1",
            "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA",
            &SHORT.replace("$2b$", "$2x$"),
            &SHORT.replace("$04$", "$31$"),
            &SHORT.replace("$04$", "$03$"),
            &SHORT[1..],
        ] {
            assert_eq!(cost(other), None, "{other}");
        }
    }

    async fn time(passwords: &Passwords, hash: Option<&str>) -> Duration {
        let began = Instant::now();
        assert_eq!(verdict(passwords, "not it", hash).await, Verdict::Wrong);
        began.elapsed()
    }

    #[tokio::test]
    async fn a_wrong_guess_costs_as_much_whatever_hash_there_is_if_any() {
        // The costliest takes so long beside the rest that a kind which leaves it out is seen on any machine.
        let passwords =
            Passwords::new().unwrap_or_else(|error| panic!("{error:?}")).beside_original(Some(12));
        let hash = |cost| bcrypt::hash_with_salt("password", cost, [7; 16]).unwrap().to_string();
        let argon2 = passwords.hash("password".to_owned()).await.unwrap_or_else(|error| panic!("{error:?}"));
        let hashes = [None, Some(argon2), Some(hash(12)), Some(hash(10))];
        let mut least = [Duration::MAX; 4];
        // What else the machine does only adds to a time, so it is the least of several that counts, and soon they are alike.
        for _ in 0..20 {
            for (least, hash) in least.iter_mut().zip(&hashes) {
                *least = time(&passwords, hash.as_deref()).await.min(*least);
            }
            if least.iter().max().unwrap() < &(*least.iter().min().unwrap() * 3 / 2) {
                return;
            }
        }
        panic!("{least:?}");
    }
}
