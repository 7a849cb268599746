//! `doctor`: each step between here and the server, and which of them fails.

use crate::{
    Account, Context, Failure, Output, environment,
    output::note,
    safe_text::safe_line,
    server::{self, Trouble},
};
use chrono::{DateTime, Utc};
use parlor_client::{
    Error,
    protocol::{Nothing, VERSION, service::About, users::GetMe},
};
use serde::Serialize;
use std::io::{self, IsTerminal as _};

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
    // What goes well at a second try only is what is looked for.
    let account = context.account().await.map(Account::without_retries);
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
        let addresses = match server::resolve(server).await {
            Ok(addresses) => addresses,
            Err(failure) => return self.tell("dns", Err(failure)),
        };
        let list: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
        self.tell("dns", Ok(list.join(", ")))?;
        let connected = server::connect(&addresses).await;
        let is_open = connected.is_ok();
        let connected = connected.map(|address| address.to_string());
        self.tell("tcp", connected.map_err(|cause| server::unreachable(&cause)))?;
        if !is_open {
            return Ok(());
        }
        let about = match server::about(server).await {
            Err(Failure::Client(error)) => Err(Failure::Client(server::or_other_scheme(server, error).await)),
            about => about,
        };
        if server.starts_with("https:") {
            // The same request; a certificate that is not trusted stands in its failure.
            let tls = about.as_ref().map(|_| "the certificate is trusted".to_owned());
            self.tell("tls", tls.map_err(|failure| Failure::Client(Error::Unreachable(failure.message()))))?;
        }
        self.tell("version", about.and_then(versions))?;
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
        #[allow(clippy::disallowed_methods, reason = "this machine's clock is what is looked at")]
        let now = Utc::now();
        self.tell("clock", skew(date.as_deref(), now))
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

/// What speaks there and here. Another first number of the contract's version is another contract.
fn versions(about: About) -> Result<String, Failure> {
    let About { name, version, protocol } = about;
    let words = format!("{name} {version}, protocol {protocol} (here {VERSION})");
    match Trouble::of_versions(&protocol) {
        None => Ok(words),
        Some(trouble) => {
            let detail = format!("{words}. {}", trouble.words());
            Err(Failure::Client(Error::Unintelligible { what: "a first question", detail }))
        }
    }
}

/// How far this machine's clock is from the server's, which tells its own in whole seconds.
fn skew(date: Option<&str>, now: DateTime<Utc>) -> Result<String, Failure> {
    let Some(date) = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok()) else {
        return Ok("the server does not tell the time".to_owned());
    };
    let ahead = now.signed_duration_since(date).num_seconds();
    let way = if ahead > 0 { "ahead of" } else { "behind" };
    let by = in_words(ahead.unsigned_abs());
    match ahead.abs() {
        0..=1 => Ok("the same as the server's".to_owned()),
        2..=SKEW => Ok(format!(
            "{by} {way} the server's, which does no harm yet: let this machine set its clock by itself (NTP) before it is more than {SKEW} s"
        )),
        _ => Err(Failure::Unexpected(format!(
            "this machine's clock is {by} {way} the server's: set right whichever is wrong (here it is {} UTC, there {} UTC)",
            now.format("%Y-%m-%d %H:%M:%S"),
            date.format("%Y-%m-%d %H:%M:%S"),
        ))),
    }
}

/// A time in its two largest units: `2 h 5 min`.
fn in_words(seconds: u64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut left = seconds;
    let parts = units.into_iter().map(|(unit, name)| {
        let count = left / unit;
        left %= unit;
        (count, name)
    });
    let parts = parts.collect::<Vec<_>>().into_iter().skip_while(|(count, _)| *count == 0).take(2);
    let parts = parts.filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}"));
    parts.collect::<Vec<_>>().join(" ")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_differs_says_by_how_much_and_which_way() {
        let here = "2026-11-22T10:31:00Z".parse::<DateTime<Utc>>().unwrap();
        let of = |date: &str| match skew(Some(date), here) {
            Ok(words) => (true, words),
            Err(failure) => (false, failure.message()),
        };
        for (there, is_well, says) in [
            ("Sun, 22 Nov 2026 10:30:59 GMT", true, "the same as the server's"),
            ("Sun, 22 Nov 2026 10:30:30 GMT", true, "30 s ahead of the server's, which does no harm yet"),
            ("Sun, 22 Nov 2026 10:31:20 GMT", true, "20 s behind the server's"),
            ("Sun, 22 Nov 2026 10:30:58 GMT", true, "let this machine set its clock by itself (NTP)"),
            ("Sun, 22 Nov 2026 10:30:29 GMT", false, "clock is 31 s ahead of the server's: set right"),
            ("Sun, 22 Nov 2026 12:36:40 GMT", false, "clock is 2 h 5 min behind the server's: set right"),
            (
                "Fri, 20 Nov 2026 10:31:00 GMT",
                false,
                "(here it is 2026-11-22 10:31:00 UTC, there 2026-11-20 10:31:00 UTC)",
            ),
            ("Fri, 20 Nov 2026 10:31:00 GMT", false, "clock is 2 d ahead of"),
        ] {
            let (well, words) = of(there);
            assert!(well == is_well && words.contains(says), "{there}: {words}");
        }
        for unknown in [None, Some("yesterday")] {
            assert_eq!(skew(unknown, here).unwrap(), "the server does not tell the time");
        }
    }

    #[test]
    fn another_contract_is_a_failure_that_says_which_side_is_too_old() {
        let about = |protocol: &str| About {
            name: "Parlor".to_owned(),
            version: "9".to_owned(),
            protocol: protocol.to_owned(),
        };
        assert!(versions(about("1.99.0")).is_ok());
        for (protocol, says) in [("2.0.0", "This parlor is too old"), ("0.9.0", "The server is too old")] {
            let failure = versions(about(protocol)).unwrap_err().message();
            assert!(failure.contains(says) && failure.contains(protocol), "{failure}");
        }
    }
}
