//! The account that is signed in: calls and sockets whose access token is renewed when it has ended.

use crate::{
    Failure,
    profile::{Kept, Profile},
};
use parlor_client::{
    Client, Error, Socket,
    protocol::{Endpoint, ErrorType, Nothing, sessions::LogOut, users::User},
};

/// How the contract refuses a handshake whose token is not, or no longer, good.
const BAD_TOKEN: &str = "Invalid or expired token";
/// How often a call renews: what another process has just written may have ended as well.
const RENEWALS: usize = 2;

/// A session that goes on, in memory and in its file.
pub(crate) struct Account {
    pub(crate) server: String,
    pub(crate) user: User,
    client: Client,
    profile: Profile,
}

impl Account {
    /// The account of the session that is kept.
    pub(crate) fn open(profile: Profile) -> Result<Self, Failure> {
        let kept = profile.read()?;
        let client = Client::builder(&kept.server).renews(false).build()?;
        let server = kept.server.clone();
        let session = kept.session();
        let user = session.user.clone();
        client.resume(session);
        Ok(Self { server, user, client, profile })
    }

    /// Calls an endpoint.
    pub(crate) async fn call<E>(
        &self,
        path: E::Path,
        query: E::Query,
        body: E::Body,
    ) -> Result<E::Response, Failure>
    where
        E: Endpoint<Path: Clone, Query: Clone, Body: Clone>,
    {
        for _ in 0..RENEWALS {
            match self.client.call::<E>(path.clone(), query.clone(), body.clone()).await {
                Err(error) if error.kind() == Some(ErrorType::Unauthenticated) => self.renew().await?,
                answer => return Ok(answer?),
            }
        }
        Ok(self.client.call::<E>(path, query, body).await?)
    }

    /// Opens a socket.
    pub(crate) async fn connect(&self) -> Result<Socket, Failure> {
        for _ in 0..RENEWALS {
            match self.client.connect().await {
                Err(Error::ConnectRefused(words)) if words == BAD_TOKEN => self.renew().await?,
                socket => return Ok(socket?),
            }
        }
        Ok(self.client.connect().await?)
    }

    /// Ends the session on the server, and forgets it.
    pub(crate) async fn sign_out(self) -> Result<(), Failure> {
        match self.call::<LogOut>(Nothing, Nothing, Nothing).await {
            // It had ended before.
            Ok(_) | Err(Failure::SignedOut(_)) => self.profile.remove(),
            Err(failure) => Err(failure),
        }
    }

    /// Takes the next tokens: those that another process has got, or the server's.
    async fn renew(&self) -> Result<(), Failure> {
        let _turn = self.profile.turn().await?;
        let kept = self.profile.read()?.session();
        let held = self.client.session().ok_or(Error::SignedOut)?;
        if kept.user.id != held.user.id {
            return Err(Failure::SignedOut("somebody else has signed in with this profile".to_owned()));
        }
        if kept.refresh_token != held.refresh_token {
            self.client.resume(kept);
            return Ok(());
        }
        match self.client.refresh().await {
            Ok(next) => self.profile.write(&Kept::new(self.server.clone(), next)),
            Err(error) if error.kind() == Some(ErrorType::Unauthenticated) => {
                Err(Failure::SignedOut("your session has ended".to_owned()))
            }
            Err(error) => Err(error.into()),
        }
    }
}
