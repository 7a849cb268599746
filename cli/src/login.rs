//! `login`, `logout`, `whoami`.

use crate::{
    Account, Failure, Output,
    arguments::Login,
    environment,
    output::note,
    profile::{Kept, Profile},
    terminal::{ask, ask_unseen, read_line},
};
use parlor_client::{
    Client, Error,
    protocol::{Nothing, text::Refusal, users::GetMe},
};
use tokio::signal::ctrl_c;

const USUAL_SERVER: &str = "http://127.0.0.1:5000";

/// Signs in, and keeps the session. At Ctrl-C the terminal shows again what is typed.
pub(crate) async fn login(login: Login, profile: Profile, output: Output) -> Result<(), Failure> {
    tokio::select! {
        done = sign_in(login, profile, output) => done,
        Ok(()) = ctrl_c() => Err(Failure::Interrupted),
    }
}

/// The server to sign in to.
pub(crate) fn server(named: Option<String>, profile: &Profile) -> String {
    let kept = || profile.read().ok().map(|kept| kept.server);
    named.or_else(environment::server).or_else(kept).unwrap_or_else(|| USUAL_SERVER.to_owned())
}

async fn sign_in(login: Login, profile: Profile, output: Output) -> Result<(), Failure> {
    let Login { register, server, email, username, password_stdin } = login;
    let server = self::server(server, &profile);
    let client = Client::new(&server)?;

    let username = match username {
        None if register => Some(parsed("username", ask("username", "--username").await?)?),
        username => username,
    };
    let email = match email {
        None => parsed("e-mail address", ask("e-mail address", "--email").await?)?,
        Some(email) => email,
    };
    let password = if password_stdin {
        read_line().await?
    } else {
        ask_unseen("password", "it with --password-stdin").await?
    };

    let user = match username {
        Some(username) => {
            let email = parsed("e-mail address", email.into_string())?;
            client.register(username, email, parsed("password", password)?).await?
        }
        None => client.sign_in(email, parsed("password", password)?).await?,
    };
    let session = client.session().ok_or(Error::SignedOut)?;
    note(&format!("signed in to {server}"));
    profile.write(&Kept::new(server, session))?;
    output.show(&user, |user| user.username.to_string())
}

/// Ends the session.
pub(crate) async fn logout(account: Account) -> Result<(), Failure> {
    let name = account.user.username.clone();
    account.sign_out().await?;
    note(&format!("{name} is signed out"));
    Ok(())
}

/// Prints the account as the server has it.
pub(crate) async fn who_am_i(account: &Account, output: Output) -> Result<(), Failure> {
    let me = account.call::<GetMe>(Nothing, Nothing, Nothing).await?;
    output.show(&me, |me| format!("{} <{}> at {}", me.username, me.email, account.server))
}

fn parsed<T: TryFrom<String, Error = Refusal>>(what: &str, text: String) -> Result<T, Failure> {
    T::try_from(text).map_err(|refusal| Failure::Usage(format!("the {what} {refusal}")))
}
