//! `login`, `logout`, `whoami`.

use crate::{
    Account, Context, Failure, Output, Signals,
    arguments::Login,
    output::note,
    profile::Keeping,
    safe_text::safe_line,
    server::{self, client_of},
    terminal::{ask, ask_unseen, is_somebody_there, read_line},
};
use parlor_client::{
    Client,
    protocol::{
        Nothing,
        sessions::{ListSessions, RevokeSession, SessionPath},
        text::{Email, NewPassword, Refusal},
        users::GetMe,
    },
};
use reqwest::Url;

/// Where a server of one's own listens when nothing is said.
pub(crate) const USUAL_SERVER: &str = "http://127.0.0.1:5000";

/// Signs in, and keeps the session. At Ctrl-C the terminal shows again what is typed.
pub(crate) async fn login(login: Login, context: &Context) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    tokio::select! {
        done = sign_in(login, context) => done,
        signal = signals.next() => Err(signal),
    }
}

async fn sign_in(login: Login, context: &Context) -> Result<(), Failure> {
    let Login { register, server, email, username, password_stdin, keeping } = login;
    let profile = &context.profile;
    let may_ask = context.may_ask;
    let kept = || profile.read().ok().map(|kept| kept.server);
    let server = match server.or_else(|| context.server()).or_else(kept) {
        Some(server) => server,
        None if is_somebody_there(may_ask) => {
            let answer = ask(may_ask, &format!("server [{USUAL_SERVER}]"), "its URL").await?;
            if answer.trim().is_empty() { USUAL_SERVER.to_owned() } else { answer.trim().to_owned() }
        }
        None => USUAL_SERVER.to_owned(),
    };
    let server = with_scheme(&server);
    // Nobody is asked anything for a server that there can't be, or a session that can't be kept.
    client_of(&server).build()?;
    profile.can_keep()?;
    if let Some(host) = in_clear(&server) {
        note(&format!("the password and all that is said go to {host} unencrypted"));
    }
    let username = match username {
        None if register => {
            Some(asked("username", async || ask(may_ask, "username", "--username").await).await?)
        }
        username => username,
    };
    let email = match email {
        None if register => {
            let email: Email =
                asked("e-mail address", async || ask(may_ask, "e-mail address", "--email").await).await?;
            parsed("e-mail address", email.into_string())?
        }
        None => asked("e-mail address", async || ask(may_ask, "e-mail address", "--email").await).await?,
        Some(email) => email,
    };
    let password = async |question: &str| ask_unseen(may_ask, question, "it with --password-stdin").await;
    let store = profile.new_store(&server, keeping)?;
    let advice = (keeping == Keeping::Auto && store.is_file()).then(|| {
        let place = store.place();
        format!("the session is kept in {place}, which only you can read: no secret service answers (--insecure-storage: don't ask for one)")
    });
    let client = client_of(&server).session_store(store).build()?;
    let user = if let Some(username) = username {
        let email = parsed("e-mail address", email.into_string())?;
        let password =
            if password_stdin { parsed("password", read_line().await?)? } else { twice(password).await? };
        client.register(username, email, password).await
    } else {
        let password = if password_stdin { read_line().await? } else { password("password").await? };
        client.sign_in(email, parsed("password", password)?).await
    };
    let user = match user {
        Ok(user) => user,
        Err(error) => return Err(server::or_other_scheme(&server, error).await.into()),
    };
    note(&format!("signed in to {server}"));
    if let Some(advice) = advice {
        note(&advice);
    }
    if is_somebody_there(may_ask) {
        note("`parlor` alone opens the chat, `parlor --help` tells the rest");
    }
    context.output.show(&user, |user| user.username.to_string())
}

/// Ends the session, and all others if it is to.
pub(crate) async fn logout(account: &Account, all_devices: bool) -> Result<(), Failure> {
    if all_devices {
        let sessions = account.call::<ListSessions>(Nothing, Nothing, Nothing).await?;
        for session in sessions.into_iter().filter(|session| !session.current) {
            let path = SessionPath { session_id: session.id };
            account.call::<RevokeSession>(path, Nothing, Nothing).await?;
        }
    }
    account.sign_out().await?;
    note(&format!("{} is signed out{}", account.user.username, if all_devices { " everywhere" } else { "" }));
    Ok(())
}

/// Prints the account as the server has it.
pub(crate) async fn who_am_i(account: &Account, output: Output) -> Result<(), Failure> {
    let me = account.call::<GetMe>(Nothing, Nothing, Nothing).await?;
    output.show(&me, |me| format!("{} <{}> at {}", me.username, safe_line(&me.email), account.server))
}

/// What is answered, asked for until it can be taken.
async fn asked<T: TryFrom<String, Error = Refusal>>(
    what: &str,
    question: impl AsyncFn() -> Result<String, Failure>,
) -> Result<T, Failure> {
    loop {
        match T::try_from(question().await?) {
            Ok(taken) => return Ok(taken),
            Err(refusal) => note(&format!("the {what} {refusal}")),
        }
    }
}

/// A new password. Nobody sees what they write: only who writes it twice knows that it is what they think.
async fn twice(question: impl AsyncFn(&str) -> Result<String, Failure>) -> Result<NewPassword, Failure> {
    loop {
        let password: NewPassword = asked("password", async || question("password").await).await?;
        if NewPassword::try_from(question("password again").await?).is_ok_and(|again| again == password) {
            return Ok(password);
        }
        note("the two passwords differ: write both anew");
    }
}

fn parsed<T: TryFrom<String, Error = Refusal>>(what: &str, text: String) -> Result<T, Failure> {
    T::try_from(text).map_err(|refusal| Failure::Usage(format!("the {what} {refusal}")))
}

/// `https://` where nothing is said, but for this machine.
pub(crate) fn with_scheme(server: &str) -> String {
    if server.contains("://") {
        return server.to_owned();
    }
    format!("{}://{server}", if is_here(server) { "http" } else { "https" })
}

/// Whether it is this machine, to which a password may go in clear. A name that only begins like one of it is another's.
fn is_here(server: &str) -> bool {
    // As whoever connects to it reads it: the SDK takes no other one in clear by itself.
    Client::builder(&format!("http://{server}")).build().is_ok()
}

/// The other machine to which all goes in clear.
fn in_clear(server: &str) -> Option<String> {
    let url = Url::parse(server).ok().filter(|url| url.scheme() == "http")?;
    let host = url.host_str()?;
    Client::builder(server).build().is_err().then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_needs_no_scheme() {
        assert_eq!(with_scheme("chat.example.com"), "https://chat.example.com");
        for here in ["localhost:5000", "localhost", "127.0.0.1:5000", "127.1.2.3/chat", "[::1]:5000"] {
            assert_eq!(with_scheme(here), format!("http://{here}"));
        }
        for other in [
            "localhost.example.com",
            "127.0.0.1.nip.io",
            "localhost:5000@example.com",
            "localhosts:5000",
            "[::1:5000",
            "10.0.0.1:5000",
        ] {
            assert_eq!(with_scheme(other), format!("https://{other}"));
        }
        assert_eq!(with_scheme("http://chat.example.com"), "http://chat.example.com");
    }

    #[test]
    fn a_server_to_which_all_goes_in_clear_is_known() {
        for hidden in
            ["https://chat.example.com", "http://localhost:5000", "http://127.0.0.1", "http://[::1]:5000"]
        {
            assert_eq!(in_clear(hidden), None, "{hidden}");
        }
        for (server, host) in [
            ("http://chat.example.com:5000/chat", "chat.example.com"),
            ("HTTP://10.0.0.1", "10.0.0.1"),
            ("http://localhost:5000@example.com", "example.com"),
            ("http://[::2]:5000", "[::2]"),
        ] {
            assert_eq!(in_clear(server).as_deref(), Some(host), "{server}");
        }
    }
}
