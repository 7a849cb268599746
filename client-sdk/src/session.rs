//! Signing in and out, and the tokens that a client holds.

use crate::{Client, Error, SessionStore};
use parlor_protocol::{
    Nothing,
    sessions::{LogIn, LogOut, Login, NewAccount, Refresh, RefreshSession, Register, SignedIn},
    text::{AccessToken, Email, LoginEmail, NewPassword, Password, RefreshToken, Username},
    time::Timestamp,
    users::User,
};
use serde::{Deserialize, Serialize};
use std::{io, time::Duration};
use tokio::{task::spawn_blocking, time::Instant};

/// So long before its end a token is renewed, or a quarter of its life.
const AHEAD: Duration = Duration::from_mins(1);

/// A signed-in account: what is needed to go on later, in this process or in another.
///
/// ```
/// use parlor_client::{Client, Session};
///
/// let kept = r#"{
///     "user": {
///         "id": "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90", "username": "ada", "email": "ada@example.com",
///         "createdAt": "2025-08-21T10:16:10.123Z", "updatedAt": "2025-08-21T10:16:10.123Z"
///     },
///     "token": "an-access-token", "refreshToken": "a-refresh-token", "expiresAt": "2025-08-21T11:16:10.123Z"
/// }"#;
/// let session: Session = serde_json::from_str(kept).unwrap();
/// // What is printed gives nothing away.
/// assert!(!format!("{session:?}").contains("a-refresh-token"));
/// let client = Client::new("http://127.0.0.1:5000")?;
/// client.resume(session.clone());
/// assert_eq!(client.session(), Some(session));
/// # Ok::<(), parlor_client::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Whose session it is, as of signing in.
    pub user: User,
    /// The access token.
    pub token: AccessToken,
    /// Gets the next tokens; keep it secret.
    pub refresh_token: RefreshToken,
    /// When the access token ends.
    pub expires_at: Timestamp,
}

/// A session, and when its access token should be renewed.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) session: Session,
    /// `None` when no clock at hand can tell.
    due: Option<Instant>,
    /// It was handed to this client, whoever's session the store has.
    is_handed: bool,
}

impl Held {
    /// One that was kept; it may have ended meanwhile. `now` is in milliseconds since 1970.
    pub(crate) fn resumed(session: Session, now: i64) -> Self {
        Self { due: Some(due_in(session.remaining(now))), session, is_handed: false }
    }

    /// One that comes from elsewhere than the store.
    pub(crate) fn handed(session: Session, now: i64) -> Self {
        Self { is_handed: true, ..Self::resumed(session, now) }
    }

    /// One that has just begun. If it has ended already, the clock is wrong: then the server's refusal tells when to renew.
    fn begun(session: Session, now: i64) -> Self {
        let remaining = session.remaining(now);
        Self { due: (!remaining.is_zero()).then(|| due_in(remaining)), session, is_handed: false }
    }

    /// How long until it should be renewed.
    pub(crate) fn renew_in(&self) -> Option<Duration> {
        self.due.map(|due| due.saturating_duration_since(Instant::now()))
    }
}

fn due_in(remaining: Duration) -> Instant {
    Instant::now() + remaining - AHEAD.min(remaining / 4)
}

impl Session {
    /// How long its access token is still good.
    fn remaining(&self, now: i64) -> Duration {
        Duration::from_millis(u64::try_from(self.expires_at.as_millis().saturating_sub(now)).unwrap_or(0))
    }
}

impl From<SignedIn> for Session {
    fn from(SignedIn { user, token, refresh_token, expires_at }: SignedIn) -> Self {
        Self { user, token, refresh_token, expires_at }
    }
}

impl Client {
    /// Makes an account, holds its session and keeps it in the session store.
    ///
    /// ```
    /// # parlor_tests::docs::with_url(async |url, room_id| {
    /// let client = parlor_client::Client::new(&url)?;
    /// let email = "bob@example.com".parse()?;
    /// let me = client.register("bob".parse()?, email, "four unlikely words".parse()?).await?;
    /// assert_eq!(client.session().map(|session| session.user), Some(me));
    /// # Ok(()) });
    /// ```
    pub async fn register(
        &self,
        username: Username,
        email: Email,
        password: NewPassword,
    ) -> Result<User, Error> {
        let account = NewAccount { username, email, password };
        self.begin(self.call::<Register>(Nothing, Nothing, account).await?).await
    }

    /// Signs in, holds the session and keeps it in the session store.
    ///
    /// ```
    /// # parlor_tests::docs::with_url(async |url, room_id| {
    /// let client = parlor_client::Client::new(&url)?;
    /// let me = client.sign_in("ada@example.com".parse()?, "four unlikely words".parse()?).await?;
    /// assert_eq!(me.username.as_str(), "ada");
    /// # Ok(()) });
    /// ```
    pub async fn sign_in(&self, email: LoginEmail, password: Password) -> Result<User, Error> {
        self.begin(self.call::<LogIn>(Nothing, Nothing, Login { email, password }).await?).await
    }

    /// Gets the next tokens of the held session, and keeps them. Whoever else asks meanwhile gets the same ones, in this process and,
    /// with a [`SessionStore`] that locks, in others. A session that is [resumed](Self::resume) meanwhile stays, and is the answer. A
    /// socket that is open keeps its old token until `authenticate`.
    ///
    /// ```
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// let before = client.session().ok_or("not signed in")?;
    /// let session = client.refresh().await?;
    /// assert_ne!(session.token, before.token);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// The server's `UNAUTHENTICATED` when the session has ended for good; [`Error::SignedOut`] without one, or when another process
    /// has signed in as somebody else with the same store. [`Error::Store`] when the store could not be locked or read, and then
    /// nothing has changed; or when it did not take the next tokens, which are held all the same: [`session`](Self::session) tells
    /// which of both.
    pub async fn refresh(&self) -> Result<Session, Error> {
        let mut session = self.session().ok_or(Error::SignedOut)?;
        let _turn = self.inner.refreshing.lock().await;
        self.session_after(&mut session).await
    }

    /// [`refresh`](Self::refresh), by whoever has the turn. `session` becomes the one whose refresh token is spent: the store may
    /// have a newer one.
    async fn session_after(&self, session: &mut Session) -> Result<Session, Error> {
        let held = self.inner.held()?;
        // Whoever waited for another's refresh takes its result: a second one would only rotate again.
        if held.session.refresh_token != session.refresh_token {
            return Ok(held.session);
        }
        let _lock = self.in_store("locking", SessionStore::lock).await?;
        if let Some(kept) = self.in_store("reading", SessionStore::load).await? {
            let is_theirs = kept.user.id != session.user.id;
            if is_theirs && !held.is_handed {
                // Another process has signed in as somebody else: what is kept is theirs.
                return Err(Error::SignedOut);
            }
            // Another process has renewed it: an older refresh token would end the session for everybody.
            let is_newer =
                kept.refresh_token != session.refresh_token && kept.expires_at >= session.expires_at;
            if is_newer && !is_theirs {
                let now = self.inner.clock.now();
                let next = Held::resumed(kept.clone(), now);
                if let Some(other) = self.inner.replace(&session.refresh_token, Some(next)) {
                    return Ok(other);
                }
                if kept.remaining(now) > Duration::ZERO {
                    return Ok(kept);
                }
                *session = kept;
            }
        }
        let spending = Refresh { refresh_token: session.refresh_token.clone() };
        let tokens = self.call::<RefreshSession>(Nothing, Nothing, spending).await?;
        let next = Session {
            user: session.user.clone(),
            token: tokens.token,
            refresh_token: tokens.refresh_token,
            expires_at: tokens.expires_at,
        };
        let begun = Held::begun(next.clone(), self.inner.clock.now());
        if let Some(other) = self.inner.replace(&session.refresh_token, Some(begun)) {
            return Ok(other);
        }
        self.keep(next.clone()).await?;
        Ok(next)
    }

    /// Ends the held session on the server and forgets it. One that has ended already is forgotten too; without the server's answer
    /// it stays, and [`forget`](Self::forget) leaves it to end by itself.
    ///
    /// ```
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// client.sign_out().await?;
    /// assert!(client.session().is_none());
    /// # Ok(()) });
    /// ```
    pub async fn sign_out(&self) -> Result<(), Error> {
        let before = self.session().ok_or(Error::SignedOut)?;
        let had_ended = match self.call::<LogOut>(Nothing, Nothing, Nothing).await {
            Ok(_) => false,
            Err(error) if matches!(error, Error::SignedOut) || error.status() == Some(401) => true,
            Err(error) => return Err(error),
        };
        let _turn = self.inner.refreshing.lock().await;
        // It may have been renewed for the call; somebody else's was resumed meanwhile.
        let Some(ended) = self.session().filter(|held| held.user.id == before.user.id) else { return Ok(()) };
        self.inner.replace(&ended.refresh_token, None);
        // Another process may have renewed the one that ends here; or signed in again after one that had ended.
        let is_meant = move |kept: &Session| {
            if had_ended { kept.refresh_token == ended.refresh_token } else { kept.user.id == ended.user.id }
        };
        self.clear_if(is_meant).await
    }

    /// An access token that is good for a while; the one that is held, if this client renews none by itself.
    pub(crate) async fn fresh_token(&self) -> Result<AccessToken, Error> {
        let held = self.inner.held()?;
        let session = &held.session;
        if !self.inner.manner.renews || held.renew_in().is_none_or(|left| !left.is_zero()) {
            return Ok(held.session.token);
        }
        match self.renew(&session.token).await {
            Ok(next) => Ok(next.token),
            Err(Error::SignedOut) => Err(Error::SignedOut),
            // The clocks may differ, or the server be busy: whether the old one is still good is the server's to say.
            Err(error) => {
                tracing::debug!(%error, "no fresh token; going on with the old one");
                Ok(held.session.token)
            }
        }
    }

    /// How long until the access token should be renewed, if that is known, and this client does it by itself.
    pub(crate) fn renew_in(&self) -> Option<Duration> {
        if self.inner.manner.renews { self.inner.held().ok()?.renew_in() } else { None }
    }

    /// The session after the one with `token`, or another that was resumed meanwhile; [`Error::SignedOut`] when there is none any
    /// more, and then it is forgotten.
    pub(crate) async fn renew(&self, token: &AccessToken) -> Result<Session, Error> {
        let mut session = self.session().ok_or(Error::SignedOut)?;
        if session.token != *token {
            return Ok(session);
        }
        // Held until the refused session is forgotten: the next one must not be taken for it.
        let _turn = self.inner.refreshing.lock().await;
        // Boxed: a call may renew, and a renewal is a call.
        match Box::pin(self.session_after(&mut session)).await {
            Err(error) if error.status() == Some(401) => {
                self.forget_refused(&session.refresh_token).await?.ok_or(Error::SignedOut)
            }
            Err(Error::Store(cause)) => match self.session().filter(|next| next.token != *token) {
                // They are good all the same.
                Some(next) => {
                    tracing::error!(
                        cause,
                        "the next tokens could not be kept: the next run may have to sign in"
                    );
                    Ok(next)
                }
                None => Err(Error::Store(cause)),
            },
            next => next,
        }
    }

    /// Forgets the session whose refresh token was refused, here and in the store. Another that has taken its place stays in either;
    /// answers the one that is held.
    async fn forget_refused(&self, refused: &RefreshToken) -> Result<Option<Session>, Error> {
        let other = self.inner.replace(refused, None);
        let refused = refused.clone();
        self.clear_if(move |kept| kept.refresh_token == refused).await.map(|()| other)
    }

    /// Clears the store, if what it has now is the session that is meant.
    async fn clear_if(&self, is_meant: impl FnOnce(&Session) -> bool + Send + 'static) -> Result<(), Error> {
        let _lock = self.in_store("locking", SessionStore::lock).await?;
        let clearing = move |store: &dyn SessionStore| match store.load()? {
            Some(kept) if is_meant(&kept) => store.clear(),
            _ => Ok(()),
        };
        self.in_store("clearing", clearing).await
    }

    async fn begin(&self, signed_in: SignedIn) -> Result<User, Error> {
        let session = Session::from(signed_in);
        let user = session.user.clone();
        // A renewal that is under way belongs to the session before.
        let _turn = self.inner.refreshing.lock().await;
        self.inner.hold(Some(Held::begun(session.clone(), self.inner.clock.now())));
        self.keep(session).await?;
        Ok(user)
    }

    async fn keep(&self, session: Session) -> Result<(), Error> {
        self.in_store("writing", move |store| store.save(&session)).await
    }

    /// Asks the session store, which may block.
    pub(crate) async fn in_store<T: Send + 'static>(
        &self,
        doing: &'static str,
        ask: impl FnOnce(&dyn SessionStore) -> io::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let store = self.inner.store.clone();
        let answer = spawn_blocking(move || ask(&*store)).await;
        let answer = answer.unwrap_or_else(|panicked| Err(io::Error::other(panicked)));
        answer.map_err(|cause| Error::store(doing, &cause))
    }
}
