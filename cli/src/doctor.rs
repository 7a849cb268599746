//! `doctor`: each step between here and the server, and which of them fails.

use crate::{Account, Context, Failure, Output, environment, output::note, safe_text::safe_line, server};
use chrono::{DateTime, Utc};
use parlor_client::{
    Error,
    protocol::{Nothing, users::GetMe},
};
use reqwest::Url;
use serde::Serialize;
use std::{
    io::{self, IsTerminal as _},
    net::SocketAddr,
    time::Duration,
};
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(5);
/// A clock that differs by more makes tokens seem to have ended.
const SKEW: i64 = 30;

#[derive(Serialize)]
struct Checked {
    step: &'static str,
    ok: bool,
    detail: String,
}

/// Prints how each step went; the first that failed is the failure of all.
pub(crate) async fn doctor(context: &Context) -> Result<(), Failure> {
    let mut report = Report { output: context.output, failure: None };
    report.tell("terminal", Ok(terminal()))?;
    let account = context.account().await;
    let server = match &account {
        Ok(account) => Some(account.server.clone()),
        Err(_) => context.server(),
    };
    if let Some(server) = server {
        report.way_to(&server).await?;
    } else {
        note("no server is named: sign in, or give --server");
    }
    match account {
        Ok(account) => report.session(&account).await?,
        Err(failure) => report.tell("session", Err(failure))?,
    }
    report.failure.map_or(Ok(()), Err)
}

struct Report {
    output: Output,
    failure: Option<Failure>,
}

impl Report {
    /// Prints how a step went.
    fn tell(&mut self, step: &'static str, went: Result<String, Failure>) -> Result<(), Failure> {
        let (ok, detail) = match went {
            Ok(detail) => (true, detail),
            Err(failure) => {
                let detail = failure.message();
                self.failure.get_or_insert(failure);
                (false, detail)
            }
        };
        self.output.show(&Checked { step, ok, detail }, |Checked { step, ok, detail }| {
            format!("{:<7} {step:<9} {}", if *ok { "ok" } else { "FAILED" }, safe_line(detail))
        })
    }

    async fn way_to(&mut self, server: &str) -> Result<(), Failure> {
        let addresses = match resolve(server).await {
            Ok(addresses) => addresses,
            Err(failure) => return self.tell("dns", Err(failure)),
        };
        let list: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
        self.tell("dns", Ok(list.join(", ")))?;
        let connected = connect(&addresses).await;
        let is_open = connected.is_ok();
        self.tell("tcp", connected)?;
        if !is_open {
            return Ok(());
        }
        let about = server::about(server).await;
        if server.starts_with("https:") {
            // The same request; a certificate that is not trusted stands in its failure.
            let tls = about.as_ref().map(|_| "the certificate is trusted".to_owned());
            self.tell("tls", tls.map_err(|failure| Failure::Client(Error::Unreachable(failure.message()))))?;
        }
        let own = parlor_client::protocol::VERSION;
        self.tell(
            "version",
            about.map(|about| {
                format!("{} {}, protocol {} (here {own})", about.name, about.version, about.protocol)
            }),
        )?;
        let (health, date) = match server::ready(server).await {
            Ok(ready) => ready,
            Err(failure) => return self.tell("health", Err(failure)),
        };
        let is_ready = health.status == "ok";
        let health = if is_ready {
            Ok(health.status)
        } else {
            Err(Failure::Client(Error::Unreachable(health.status)))
        };
        self.tell("health", health)?;
        self.tell("clock", skew(date.as_deref()))
    }

    async fn session(&mut self, account: &Account) -> Result<(), Failure> {
        let me = account.call::<GetMe>(Nothing, Nothing, Nothing).await;
        let is_signed_in = me.is_ok();
        self.tell(
            "session",
            me.map(|me| {
                let until = account.client.session().map(|session| session.expires_at.to_string());
                format!("{}, token until {}", me.username, until.unwrap_or_default())
            }),
        )?;
        if !is_signed_in {
            return Ok(());
        }
        let socket = account.client.connect().await;
        self.tell("websocket", socket.map(|_| "the server took the token".to_owned()).map_err(Failure::from))
    }
}

async fn resolve(server: &str) -> Result<Vec<SocketAddr>, Failure> {
    let bad = |why: String| Failure::Client(Error::BadUrl(format!("{server}: {why}")));
    let url = Url::parse(server).map_err(|cause| bad(cause.to_string()))?;
    let host = url.host_str().ok_or_else(|| bad("it has no host".to_owned()))?.trim_matches(['[', ']']);
    let port = url.port_or_known_default().ok_or_else(|| bad("it has no port".to_owned()))?;
    let found =
        timeout(PATIENCE, lookup_host((host, port))).await.map_err(|_| late("looking up the name"))?;
    Ok(found.map_err(|cause| unreachable(&cause))?.collect())
}

/// The first address that takes a connection.
async fn connect(addresses: &[SocketAddr]) -> Result<String, Failure> {
    let mut failure = unreachable(&io::Error::other("the name has no address"));
    for address in addresses {
        match timeout(PATIENCE, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Ok(address.to_string()),
            Ok(Err(cause)) => failure = unreachable(&cause),
            Err(_) => failure = late("connecting"),
        }
    }
    Err(failure)
}

/// How far the server's clock is ahead of this machine's.
#[allow(clippy::disallowed_methods, reason = "this machine's clock is what is looked at")]
fn skew(date: Option<&str>) -> Result<String, Failure> {
    let Some(date) = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok()) else {
        return Ok("the server does not tell the time".to_owned());
    };
    let ahead = date.signed_duration_since(Utc::now()).num_seconds();
    if ahead.abs() <= SKEW {
        return Ok(format!("within {SKEW} s of the server's"));
    }
    Err(Failure::Unexpected(format!("this machine's clock differs from the server's by {} s", ahead.abs())))
}

fn terminal() -> String {
    let kind = environment::terminal().unwrap_or_else(|| "unknown".to_owned());
    let locale = environment::locale().unwrap_or_else(|| "C".to_owned());
    let is = |yes: bool| if yes { "a terminal" } else { "no terminal" };
    format!(
        "{kind}, {locale}; standard input is {}, output {}{}",
        is(io::stdin().is_terminal()),
        is(io::stdout().is_terminal()),
        if environment::no_color() { "; NO_COLOR is set" } else { "" }
    )
}

fn late(what: &'static str) -> Failure {
    Failure::Client(Error::NoAnswer { what, after: PATIENCE })
}

fn unreachable(cause: &io::Error) -> Failure {
    Failure::Client(Error::Unreachable(cause.to_string()))
}
