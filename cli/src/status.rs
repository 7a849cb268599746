//! `status`: the server, the session, and the way between them.

use crate::{Account, Failure, Output, safe_text::safe_line, server};
use parlor_client::protocol::{Nothing, time::Timestamp, users::GetMe};
use serde::Serialize;
use std::time::Instant;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    server: String,
    version: String,
    protocol: String,
    username: String,
    /// When the access token ends; it is renewed by itself. `null` for one of the environment.
    expires_at: Option<Timestamp>,
    /// Where the session is kept; `null` when it is not.
    session: Option<String>,
    round_trip_ms: u64,
}

/// Prints how all of it is.
pub(crate) async fn status(account: &Account, output: Output) -> Result<(), Failure> {
    let about = server::about(&account.server).await?;
    // The first call may renew the session, and opens the connection.
    account.call::<GetMe>(Nothing, Nothing, Nothing).await?;
    let asked = Instant::now();
    let me = account.call::<GetMe>(Nothing, Nothing, Nothing).await?;
    let round_trip_ms = u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX);
    let status = Status {
        server: account.server.clone(),
        version: about.version,
        protocol: about.protocol,
        username: me.username.into_string(),
        expires_at: account.client.session().map(|session| session.expires_at).filter(|_| account.is_kept),
        session: account.is_kept.then(|| account.profile.file().display().to_string()),
        round_trip_ms,
    };
    output.show(&status, |status| {
        let kept = status.session.as_deref().unwrap_or("nowhere: it is of PARLOR_TOKEN");
        let until = status.expires_at.map_or("unknown".to_owned(), |until| until.to_string());
        format!(
            "server      {} (Parlor {}, protocol {})\nuser        {}\ntoken until {until}\nkept in     {}\nround trip  {} ms",
            safe_line(&status.server),
            safe_line(&status.version),
            safe_line(&status.protocol),
            safe_line(&status.username),
            safe_line(kept),
            status.round_trip_ms,
        )
    })
}
