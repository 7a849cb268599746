//! The account that is signed in. The client library renews its session, and keeps it in the profile's file.

use crate::{Failure, environment, output::note, profile::Profile, server::client_of};
use chrono::DateTime;
use parlor_client::{
    Client, Error, Session, Wire,
    live::Live,
    protocol::{
        Endpoint, Nothing,
        ids::UserId,
        sessions::LogOut,
        text::{AccessToken, RefreshToken, Refusal, Username},
        users::{GetMe, User},
    },
};

/// A token of the environment has no refresh token: this one is refused, and so the session ends with its token.
const NO_REFRESH_TOKEN: &str = "none";

/// A signed-in client.
pub(crate) struct Account {
    pub(crate) server: String,
    pub(crate) client: Client,
    pub(crate) profile: Profile,
    pub(crate) user: User,
    /// Where its session is kept, in words; `None` for a token of the environment.
    pub(crate) place: Option<String>,
}

impl Account {
    /// The account of `PARLOR_TOKEN`, or of the session that is kept.
    pub(crate) async fn open(profile: Profile, server: Option<String>) -> Result<Self, Failure> {
        Self::watched(profile, server, |_| {}).await
    }

    /// The same; `look` sees what goes over the wire.
    pub(crate) async fn watched(
        profile: Profile,
        server: Option<String>,
        look: impl Fn(Wire<'_>) + Send + Sync + 'static,
    ) -> Result<Self, Failure> {
        if let Some(token) = environment::token() {
            return Self::of_token(profile, server, token, look).await;
        }
        let account = Self::of_profile(profile, look)?;
        match server {
            Some(server) if server != account.server => Err(Failure::Usage(format!(
                "this profile is signed in to {}: name another with --profile, or sign in anew",
                account.server
            ))),
            _ => Ok(account),
        }
    }

    /// The account of the session that a profile keeps.
    pub(crate) fn kept(profile: Profile) -> Result<Self, Failure> {
        Self::of_profile(profile, |_| {})
    }

    fn of_profile(
        profile: Profile,
        look: impl Fn(Wire<'_>) + Send + Sync + 'static,
    ) -> Result<Self, Failure> {
        let kept = profile.read()?;
        let store = profile.store(&kept)?;
        let place = Some(store.place());
        let client = client_of(&kept.server).session_store(store).watched(look).build()?;
        let session = client.session().ok_or(Error::SignedOut)?;
        Ok(Self { server: kept.server, client, profile, user: session.user, place })
    }

    async fn of_token(
        profile: Profile,
        server: Option<String>,
        token: String,
        look: impl Fn(Wire<'_>) + Send + Sync + 'static,
    ) -> Result<Self, Failure> {
        let kept = || profile.read().ok().map(|kept| kept.server);
        let server = server.or_else(environment::server).or_else(kept).ok_or_else(|| {
            Failure::Usage("PARLOR_TOKEN needs a server: give --server or PARLOR_SERVER".to_owned())
        })?;
        let token: AccessToken =
            token.try_into().map_err(|refusal| Failure::Usage(format!("PARLOR_TOKEN {refusal}")))?;
        let client = client_of(&server).watched(look).build()?;
        // Whose token it is, only the server knows.
        let nobody = Username::try_from("nobody".to_owned()).map_err(unexpected)?;
        let refresh_token = RefreshToken::try_from(NO_REFRESH_TOKEN.to_owned()).map_err(unexpected)?;
        let (long_ago, one_day) =
            (DateTime::UNIX_EPOCH.into(), DateTime::from_timestamp_nanos(i64::MAX).into());
        let user = User {
            id: UserId::generate(),
            username: nobody,
            email: String::new(),
            created_at: long_ago,
            updated_at: long_ago,
        };
        let session = Session { user, token, refresh_token, expires_at: one_day };
        client.resume(session.clone());
        let account = Self { server, client, profile, user: session.user.clone(), place: None };
        let user = account.call::<GetMe>(Nothing, Nothing, Nothing).await?;
        account.client.resume(Session { user: user.clone(), ..session });
        Ok(Self { user, ..account })
    }

    /// The same, whose calls are tried once: for whoever tries again themselves, and counts the time.
    pub(crate) fn without_retries(self) -> Self {
        Self { client: self.client.with_retries(0), ..self }
    }

    /// Calls an endpoint.
    pub(crate) async fn call<E: Endpoint>(
        &self,
        path: E::Path,
        query: E::Query,
        body: E::Body,
    ) -> Result<E::Response, Failure> {
        self.client.call::<E>(path, query, body).await.map_err(|error| self.signed_out(error))
    }

    /// A connection that lasts.
    pub(crate) async fn live(&self) -> Result<Live, Failure> {
        Ok(self.client.live().start().await?)
    }

    /// The server takes the session's tokens no more.
    fn signed_out(&self, error: Error) -> Failure {
        let is_over = match &error {
            // It has ended, and only what is kept of it could not be removed.
            Error::Store(why) => {
                let is_over = self.client.session().is_none();
                if is_over {
                    note(why);
                }
                is_over
            }
            error => error.status() == Some(401),
        };
        if is_over { Failure::SignedOut("your session has ended".to_owned()) } else { error.into() }
    }

    /// Ends the session on the server, and forgets it.
    pub(crate) async fn sign_out(&self) -> Result<(), Failure> {
        match self.call::<LogOut>(Nothing, Nothing, Nothing).await {
            // It had ended before.
            Ok(_) | Err(Failure::SignedOut(_)) => Ok(self.client.forget().await?),
            Err(failure) => Err(failure),
        }
    }
}

fn unexpected(refusal: Refusal) -> Failure {
    Failure::Unexpected(format!("what stands for a session {refusal}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_client::SessionStore;
    use parlor_tests::TestServer;
    use std::io;

    /// It stands in a folder in which nothing can be written.
    #[derive(Debug)]
    struct Stuck(Session);

    impl SessionStore for Stuck {
        fn load(&self) -> io::Result<Option<Session>> {
            Ok(Some(self.0.clone()))
        }

        fn save(&self, _: &Session) -> io::Result<()> {
            Err(io::ErrorKind::PermissionDenied.into())
        }

        fn clear(&self) -> io::Result<()> {
            Err(io::ErrorKind::PermissionDenied.into())
        }
    }

    #[tokio::test]
    async fn a_session_that_has_ended_is_over_also_where_it_cannot_be_removed() {
        let server = TestServer::start().await;
        let [ada] = server.people(["ada"]).await;
        let session = ada.client.session().unwrap();
        let client = Client::builder(&server.url()).session_store(Stuck(session)).build().unwrap();
        let user = client.session().unwrap().user;
        let profile = Profile::of("./nowhere.json").unwrap();
        let account = Account { server: server.url(), client, profile, user, place: None };
        assert!(account.call::<GetMe>(Nothing, Nothing, Nothing).await.is_ok());
        ada.client.sign_out().await.unwrap();
        let failure = account.call::<GetMe>(Nothing, Nothing, Nothing).await.unwrap_err();
        assert!(matches!(failure, Failure::SignedOut(_)), "{failure:?}");
        // One that is not kept, and has not ended, is another matter.
        let [bob] = server.people(["bob"]).await;
        let stuck = Stuck(bob.client.session().unwrap());
        let client = Client::builder(&server.url()).session_store(stuck).build().unwrap();
        assert!(matches!(client.refresh().await, Err(Error::Store(_))));
        let account = Account { client, ..account };
        let failure = account.signed_out(Error::Store("a full disk".to_owned()));
        assert!(matches!(failure, Failure::Client(Error::Store(_))), "{failure:?}");
    }
}
