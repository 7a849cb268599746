//! Signing up, in and out; renewing a session; who a token stands for.

use super::{
    Caller, Domain, Error,
    limits::{self, Try},
    passwords::{self, Verdict},
    timeline::username,
    tokens::{Tokens, at_rest},
    users,
};
use crate::{
    bus::PersonSignal,
    store::{
        self,
        sessions::{LiveSession, NewSession, RefreshRow},
        users::{NewUser, UserRow},
    },
};
use chrono::TimeDelta;
use parlor_protocol::{
    ids::{SessionId, UserId},
    sessions::{Login, NewAccount, Refresh, Session, SignedIn, Tokens as NextTokens},
    text::{AccessToken, Password, Username},
    time::Timestamp,
};
use std::{
    collections::HashSet,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

/// A spent refresh token answers its successor for so long, whatever has become of that: lost replies and racing tabs.
const GRACE: TimeDelta = TimeDelta::seconds(10);
/// `lastSeenAt` is kept to the minute: one write a minute and session.
const TOUCH_AFTER: TimeDelta = TimeDelta::seconds(60);
/// How often ended sessions are looked for.
const PURGE_EVERY: Duration = Duration::from_hours(1);
/// So many sessions are forgotten in one transaction.
const PURGED_AT_ONCE: i64 = 100;
/// Between two such transactions.
const PURGE_REST: Duration = Duration::from_millis(500);
/// For so long an ended session is still told from one that never was, in the database if not to anybody.
const KEPT_AFTER_END: TimeDelta = TimeDelta::days(7);
/// One has so many sessions; a further one takes the place of the one that was unused for longest.
const MOST_SESSIONS: i64 = 100;
/// How much of a client's own name is kept, in characters.
const USER_AGENT: usize = 256;

const SESSION_OVER: Error = Error::Unauthenticated("Your session has ended; sign in again");
const BAD_LOGIN: Error = Error::Unauthenticated("Invalid login credentials");
/// What is said of a token that is forged, expired or revoked.
pub const BAD_TOKEN: Error = Error::Unauthenticated("Invalid or expired token");

/// From where someone signs in.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The address, if it is known.
    pub address: Option<IpAddr>,
    /// What the client calls itself.
    pub user_agent: Option<String>,
}

impl Origin {
    /// The address under which attempts are counted.
    pub(super) fn counted(&self) -> IpAddr {
        limits::counted(self.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)))
    }
}

/// Whom a good access token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    /// The account and its session.
    pub caller: Caller,
    /// The account's name as it is now.
    pub username: Username,
    /// When the token ends.
    pub expires_at: Timestamp,
}

/// Makes an account and signs in to it.
pub async fn register(domain: &Domain, origin: Origin, new: NewAccount) -> Result<SignedIn, Error> {
    passwords::refuse_weak("password", &new.password, &new.username, &new.email)?;
    domain.limits.register.take(origin.counted()).map_err(|retry_after| Error::TooOften { retry_after })?;
    let (name_key, email_key) = (new.username.key(), new.email.key());
    // Looked at first without a transaction: who is too late need not cost a hash.
    users::check_free(&mut domain.store.read().await?, None, Some(&name_key), Some(&email_key)).await?;
    let password_hash = domain.passwords.hash(new.password.into_string()).await?;
    let now = domain.clock.now();
    let user = NewUser {
        id: UserId::generate().0,
        username: new.username.into_string(),
        username_key: name_key,
        email: new.email.into_string(),
        email_key,
        password_hash,
        created_at: now.to_utc(),
    };
    let mut tx = domain.store.write().await?;
    users::check_free(&mut tx, None, Some(&user.username_key), Some(&user.email_key)).await?;
    match store::users::insert(&mut tx, &user).await {
        Err(store::Error::Duplicate) => return Err(users::TAKEN),
        other => other?,
    }
    let row = store::users::by_id(&mut tx, user.id)
        .await?
        .ok_or_else(|| Error::Defect("no new account".to_owned()))?;
    sign_in(domain, tx, row, origin, now).await
}

/// Signs in. A wrong password and an unknown address are one and the same, in words and in time.
pub async fn log_in(domain: &Domain, origin: Origin, login: Login) -> Result<SignedIn, Error> {
    let email_key = login.email.key();
    let guess = guess(domain, &origin, email_key.clone()).await?;
    let known = know(domain, &email_key, &login.password).await;
    if matches!(known, Err(Error::Unauthenticated(_))) {
        guess.was_wrong();
    } else {
        // Only wrong guesses count, so that an office behind one address can come to work in the morning.
        drop(guess);
    }
    let (row, outdated) = known?;
    domain.limits.sign_in.take(UserId(row.id)).map_err(|retry_after| Error::TooOften { retry_after })?;
    let rehashed =
        if outdated { Some(domain.passwords.hash(login.password.into_string()).await?) } else { None };
    let now = domain.clock.now();
    let mut tx = domain.store.write().await?;
    store::users::lock(&mut tx, row.id).await?;
    // The password may have been changed, or the account disabled, while this one was checked.
    let checked = row.password_hash;
    let row = store::users::by_id(&mut tx, row.id)
        .await?
        .filter(|row| row.password_hash == checked && row.disabled_at.is_none())
        .ok_or(BAD_LOGIN)?;
    if let Some(hash) = rehashed {
        store::users::set_password_hash(&mut tx, row.id, &hash).await?;
    }
    sign_in(domain, tx, row, origin, now).await
}

/// A guess at a password, of an account and from an address; nobody else makes as many at once while it lasts.
pub(super) struct Guess<'d> {
    of_account: Try<'d, (String, IpAddr)>,
    of_address: Try<'d, IpAddr>,
}

impl Guess<'_> {
    pub(super) fn was_wrong(self) {
        self.of_account.was_wrong();
        self.of_address.was_wrong();
    }
}

/// Begins a guess as soon as there is a place for it.
pub(super) async fn guess<'d>(
    domain: &'d Domain,
    origin: &Origin,
    email_key: String,
) -> Result<Guess<'d>, Error> {
    let too_often = |retry_after| Error::TooOften { retry_after };
    let address = origin.counted();
    // The account's first: those who wait for it must not hold the address's places meanwhile.
    let of_account = domain.limits.login.begin((email_key, address)).await.map_err(too_often)?;
    let of_address = domain.limits.login_address.begin(address).await.map_err(too_often)?;
    Ok(Guess { of_account, of_address })
}

/// The account with this address and password, and whether its hash was made with less than today's parameters.
async fn know(domain: &Domain, email_key: &str, password: &Password) -> Result<(UserRow, bool), Error> {
    let row = store::users::by_email_key(&mut domain.store.read().await?, email_key).await?;
    // Whoever is kept out hears what somebody without an account hears, and as late.
    let row = row.filter(|row| row.disabled_at.is_none());
    let hash = row.as_ref().map(|row| row.password_hash.clone());
    match (row, domain.passwords.verify(password, hash).await?) {
        (Some(row), Verdict::Right { outdated }) => Ok((row, outdated)),
        _ => Err(BAD_LOGIN),
    }
}

async fn sign_in(
    domain: &Domain,
    mut tx: store::Tx,
    row: UserRow,
    origin: Origin,
    now: Timestamp,
) -> Result<SignedIn, Error> {
    let session = SessionId::generate();
    let user = users::user(row)?;
    let (token, expires_at) = domain.tokens.issue(user.id, user.username.clone(), session, now)?;
    let refresh_token = Tokens::first_refresh()?;
    let new = NewSession {
        id: session.0,
        user_id: user.id.0,
        user_agent: origin.user_agent.map(|name| printable(&name)),
        created_at: now.to_utc(),
        expires_at: domain.tokens.session_end(now),
    };
    store::sessions::insert(&mut tx, &new).await?;
    store::sessions::insert_refresh(&mut tx, &at_rest(refresh_token.as_str()), session.0, now.to_utc())
        .await?;
    let ended =
        store::sessions::end_surplus(&mut tx, user.id.0, session.0, MOST_SESSIONS, now.to_utc()).await?;
    tx.commit().await?;
    for session in ended.into_iter().map(SessionId) {
        domain.bus.person(PersonSignal::SessionRevoked { session });
    }
    Ok(SignedIn { user, token, refresh_token, expires_at })
}

/// Gives the next tokens of a session for its refresh token.
pub async fn refresh(domain: &Domain, asked: Refresh) -> Result<NextTokens, Error> {
    let now = domain.clock.now();
    let sent = at_rest(asked.refresh_token.as_str());
    let mut tx = domain.store.write().await?;
    let row = store::sessions::refresh(&mut tx, &sent).await?.ok_or(SESSION_OVER)?;
    if row.session_revoked_at.is_some() || row.session_expires_at <= now.to_utc() {
        return Err(SESSION_OVER);
    }
    let next = domain.tokens.successor(&asked.refresh_token)?;
    let next_hash = at_rest(next.as_str());
    let (user, session) = (UserId(row.user_id), SessionId(row.session_id));
    let spent_now = row.spent_at.is_none()
        && store::sessions::spend_refresh(&mut tx, &sent, &next_hash, now.to_utc()).await?;
    if spent_now {
        store::sessions::insert_refresh(&mut tx, &next_hash, session.0, now.to_utc()).await?;
        store::sessions::extend(&mut tx, session.0, domain.tokens.session_end(now)).await?;
    } else {
        // It was spent before, perhaps a moment ago by a racing tab.
        let row = store::sessions::refresh(&mut tx, &sent).await?.ok_or(SESSION_OVER)?;
        match standing_of_spent(&mut tx, &row, &next_hash, now).await? {
            Spent::AnswerAgain => {}
            Spent::OtherSecret => return Err(SESSION_OVER),
            Spent::Stolen => {
                store::sessions::revoke(&mut tx, user.0, session.0, now.to_utc()).await?;
                tx.commit().await?;
                tracing::warn!(%session, "a refresh token was used again after its successor: the session is over");
                domain.bus.person(PersonSignal::SessionRevoked { session });
                return Err(SESSION_OVER);
            }
        }
    }
    // A node that does not know yet that there are disabled accounts may have let somebody in.
    let row = store::users::by_id(&mut tx, user.0).await?.filter(|row| row.disabled_at.is_none());
    let row = row.ok_or(SESSION_OVER)?;
    let (token, expires_at) = domain.tokens.issue(user, username(&row.username)?, session, now)?;
    tx.commit().await?;
    Ok(NextTokens { token, refresh_token: next, expires_at })
}

/// What to do about a refresh token that was spent before.
enum Spent {
    /// The reply was lost, or two tabs raced: the same successor again.
    AnswerAgain,
    /// The successor was made under a secret that we no longer have.
    OtherSecret,
    /// Someone else has gone on with it.
    Stolen,
}

async fn standing_of_spent(
    tx: &mut store::Tx,
    row: &RefreshRow,
    next_hash: &[u8],
    now: Timestamp,
) -> Result<Spent, Error> {
    if row.successor.as_deref() != Some(next_hash) {
        return Ok(Spent::OtherSecret);
    }
    if row.spent_at.is_some_and(|at| now.to_utc() - at < GRACE) {
        return Ok(Spent::AnswerAgain);
    }
    let successor = store::sessions::refresh(tx, next_hash).await?;
    let used = successor.is_none_or(|successor| successor.spent_at.is_some());
    Ok(if used { Spent::Stolen } else { Spent::AnswerAgain })
}

/// Whom `token` stands for, if it is good and its session goes on.
pub async fn authenticate(domain: &Domain, token: &AccessToken) -> Result<Authenticated, Error> {
    let now = domain.clock.now();
    let access = domain.tokens.read(token.as_str(), now).ok_or(BAD_TOKEN)?;
    let live = store::sessions::live(&mut domain.store.read().await?, access.session.0, now.to_utc()).await?;
    let live = live.filter(|live| live.user_id == access.user.0).ok_or(BAD_TOKEN)?;
    touch(domain, access.session, &live, now).await;
    Ok(Authenticated {
        caller: Caller { user: access.user, session: access.session },
        username: username(&live.username)?,
        expires_at: access.expires_at,
    })
}

/// Notes that the session is in use. That this fails is no reason to refuse anybody.
async fn touch(domain: &Domain, session: SessionId, live: &LiveSession, now: Timestamp) {
    if now.to_utc() - live.last_seen_at < TOUCH_AFTER {
        return;
    }
    let touched: Result<(), store::Error> = async {
        let mut tx = domain.store.write().await?;
        store::sessions::touch(&mut tx, session.0, now.to_utc()).await?;
        tx.commit().await
    }
    .await;
    if let Err(error) = touched {
        tracing::warn!(%error, %session, "can't note that a session is in use");
    }
}

/// Ends the caller's session and cuts its sockets.
pub async fn log_out(domain: &Domain, caller: &Caller) -> Result<(), Error> {
    end(domain, caller, caller.session).await.map(|_| ())
}

/// Where the caller is signed in, newest first.
pub async fn list(domain: &Domain, caller: &Caller) -> Result<Vec<Session>, Error> {
    let mut tx = domain.store.read().await?;
    let rows = store::sessions::list(&mut tx, caller.user.0, domain.clock.now_utc()).await?;
    let session = |row: store::sessions::SessionRow| Session {
        id: SessionId(row.id),
        created_at: Timestamp::from(row.created_at),
        last_seen_at: Timestamp::from(row.last_seen_at),
        user_agent: row.user_agent,
        current: row.id == caller.session.0,
    };
    Ok(rows.into_iter().map(session).collect())
}

/// Those of these sessions that have ended.
pub async fn ended(domain: &Domain, sessions: &[SessionId]) -> Result<Vec<SessionId>, Error> {
    let ids: Vec<_> = sessions.iter().map(|session| session.0).collect();
    let mut tx = domain.store.reserved().read().await?;
    let going_on: HashSet<_> =
        store::sessions::going_on(&mut tx, &ids, domain.clock.now_utc()).await?.into_iter().collect();
    Ok(sessions.iter().copied().filter(|session| !going_on.contains(&session.0)).collect())
}

/// Ends one of the caller's sessions and cuts its sockets.
pub async fn revoke(domain: &Domain, caller: &Caller, session: SessionId) -> Result<(), Error> {
    if end(domain, caller, session).await? {
        Ok(())
    } else {
        Err(Error::NotFound("You have no such session; /auth/sessions lists those that you have"))
    }
}

async fn end(domain: &Domain, caller: &Caller, session: SessionId) -> Result<bool, Error> {
    let mut tx = domain.store.write().await?;
    let ended = store::sessions::revoke(&mut tx, caller.user.0, session.0, domain.clock.now_utc()).await?;
    tx.commit().await?;
    if ended {
        domain.bus.person(PersonSignal::SessionRevoked { session });
    }
    Ok(ended)
}

/// Forgets sessions that ended long ago, until the process ends. To be run once.
pub async fn purge(domain: Arc<Domain>) {
    let mut pace = tokio::time::interval(PURGE_EVERY);
    loop {
        pace.tick().await;
        let purged: Result<u64, store::Error> = async {
            let mut tx = domain.store.write().await?;
            let purged =
                store::sessions::purge(&mut tx, domain.clock.now_utc() - KEPT_AFTER_END, PURGED_AT_ONCE)
                    .await?;
            tx.commit().await?;
            Ok(purged)
        }
        .await;
        match purged {
            Ok(0) => {}
            Ok(sessions) => {
                tracing::info!(sessions, "forgot sessions that had ended");
                // There may be more: the writer is left to others for a moment.
                pace.reset_after(PURGE_REST);
            }
            Err(error) => tracing::warn!(%error, "can't forget sessions that have ended"),
        }
    }
}

/// What a client calls itself, as it can be shown: bounded, and on one line.
fn printable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(USER_AGENT).collect()
}
