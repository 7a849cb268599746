//! Signing in and out, and the tokens that a client holds.

use crate::{Client, Error};
use parlor_protocol::{
    Nothing,
    sessions::{LogIn, LogOut, Login, NewAccount, Refresh, RefreshSession, Register, SignedIn},
    text::{AccessToken, Email, LoginEmail, NewPassword, Password, RefreshToken, Username},
    time::Timestamp,
    users::User,
};

/// A signed-in account: what is needed to go on later, in this process or in another.
#[derive(Clone, Debug, PartialEq, Eq)]
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

impl From<SignedIn> for Session {
    fn from(SignedIn { user, token, refresh_token, expires_at }: SignedIn) -> Self {
        Self { user, token, refresh_token, expires_at }
    }
}

impl Client {
    /// Makes an account and holds its session.
    pub async fn register(
        &self,
        username: Username,
        email: Email,
        password: NewPassword,
    ) -> Result<User, Error> {
        let account = NewAccount { username, email, password };
        Ok(self.hold(self.call::<Register>(Nothing, Nothing, account).await?))
    }

    /// Signs in and holds the session.
    pub async fn sign_in(&self, email: LoginEmail, password: Password) -> Result<User, Error> {
        Ok(self.hold(self.call::<LogIn>(Nothing, Nothing, Login { email, password }).await?))
    }

    /// Gets the next tokens of the held session. A socket that is open keeps the old one until `authenticate`.
    pub async fn refresh(&self) -> Result<Session, Error> {
        let before = self.session().ok_or(Error::SignedOut)?;
        let _turn = self.refreshing.lock().await;
        let session = self.session().ok_or(Error::SignedOut)?;
        // Whoever waited for another's refresh takes its result: a second one would only rotate again.
        if session.refresh_token != before.refresh_token {
            return Ok(session);
        }
        let refresh_token = session.refresh_token.clone();
        let tokens = self.call::<RefreshSession>(Nothing, Nothing, Refresh { refresh_token }).await?;
        let next = Session {
            user: session.user,
            token: tokens.token,
            refresh_token: tokens.refresh_token,
            expires_at: tokens.expires_at,
        };
        self.resume(next.clone());
        Ok(next)
    }

    /// Ends the held session on the server and forgets it.
    pub async fn sign_out(&self) -> Result<(), Error> {
        self.call::<LogOut>(Nothing, Nothing, Nothing).await?;
        self.forget();
        Ok(())
    }

    fn hold(&self, signed_in: SignedIn) -> User {
        let user = signed_in.user.clone();
        self.resume(signed_in.into());
        user
    }
}
