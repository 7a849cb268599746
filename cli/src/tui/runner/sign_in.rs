//! Signing in, and going on with the session that is kept.

use super::{Signed, connect, words};
use crate::{
    login::with_scheme,
    tui::{entry::Me, home::Home, message::SignIn, safe::Safe},
};
use parlor_client::{Client, Error, protocol::text::Refusal};

/// Signs in, or makes the account first.
pub(crate) async fn sign_in(home: &Home, wanted: SignIn) -> Result<Signed, Safe> {
    let SignIn { server, register, email, password } = wanted;
    let server = with_scheme(&server);
    let failed = |error: Error| words(&error);
    let client = home.client(&server).await.map_err(failed)?;
    let user = if let Some(name) = register {
        let (name, email) = (parsed("name", name)?, parsed("e-mail address", email)?);
        client.register(name, email, parsed("password", password)?).await.map_err(failed)?
    } else {
        let email = parsed("e-mail address", email)?;
        client.sign_in(email, parsed("password", password)?).await.map_err(failed)?
    };
    begin(home, client, &server, user.email).await.map_err(failed)
}

/// Connects with the session that the client holds.
pub(crate) async fn begin(home: &Home, client: Client, server: &str, email: String) -> Result<Signed, Error> {
    let user = client.session().ok_or(Error::SignedOut)?.user;
    let (live, in_memory) = connect(home, &client).await?;
    let host = server.split_once("://").map_or(server, |(_, host)| host).trim_end_matches('/');
    let me = Me {
        id: user.id,
        name: Safe::line(user.username.as_str()),
        server: Safe::line(host),
        address: server.to_owned(),
        email,
    };
    Ok(Signed { live, me, in_memory })
}

fn parsed<T: TryFrom<String, Error = Refusal>>(what: &str, text: String) -> Result<T, Safe> {
    T::try_from(text).map_err(|refusal| Safe::line(&format!("The {what} {refusal}.")))
}
