//! The way to a server, and what it says of itself to anybody.

use crate::{Failure, failure::in_seconds};
use parlor_client::{
    Client, ClientBuilder, Error,
    protocol::{
        self, Success, VERSION,
        service::{About, Health},
    },
};
use reqwest::{Response, Url, header::DATE};
use serde::de::DeserializeOwned;
use std::{
    cmp::Ordering,
    io::{self, ErrorKind},
    iter::successors,
    net::{SocketAddr, UdpSocket},
    time::Duration,
};
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};

/// What this program calls itself.
const USER_AGENT: &str = concat!("parlor/", env!("CARGO_PKG_VERSION"));
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a name may take to be looked up, and an address to take a connection.
const A_STEP: Duration = Duration::from_secs(5);

/// Sets up a client of this server. It may be one to which all goes in clear: `login` says so.
pub(crate) fn client_of(server: &str) -> ClientBuilder {
    Client::builder(server).user_agent(USER_AGENT).insecure_http(true)
}

/// What keeps a client from its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    NoNetwork,
    /// Nobody knows the server's name.
    NoName,
    /// There is no way to its address.
    NoWay,
    /// Nothing listens at its address.
    Refused,
    /// Nothing comes back.
    Silent,
    /// It speaks a later version of the contract, which this program does not know.
    TooOldHere,
    /// It speaks a version of before.
    TooOldThere,
}

impl Trouble {
    /// What is wrong, as the beginning of a sentence: short, as what follows matters too.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::NoNetwork => "No network",
            Self::NoName => "Server name unknown",
            Self::NoWay => "Server unreachable",
            Self::Refused => "Server is down",
            Self::Silent => "Server is silent",
            Self::TooOldHere => "This parlor is too old, update it",
            Self::TooOldThere => "The server is too old",
        }
    }

    /// Looks for it on the way to this server. What it does not know is none.
    pub(crate) async fn on_the_way_to(server: &str) -> Option<Self> {
        let (host, port) = host_and_port(server).ok()?;
        let addresses = match timeout(A_STEP, lookup_host((host, port))).await {
            Ok(Ok(addresses)) => addresses.collect::<Vec<_>>(),
            Ok(Err(cause)) => {
                let of_lookup = || Self::of_lookup(&cause.to_string(), has_way_out);
                return Some(Self::of(&cause).unwrap_or_else(of_lookup));
            }
            // Nobody answers who could be asked for a name.
            Err(_) => return Some(Self::NoNetwork),
        };
        match connect(&addresses).await {
            Ok(_) => {}
            Err(cause) => return Self::of(&cause),
        }
        match about(server).await {
            Ok(about) => Self::of_versions(&about.protocol),
            Err(Failure::Client(Error::NoAnswer { .. })) => Some(Self::Silent),
            Err(_) => None,
        }
    }

    fn of(cause: &io::Error) -> Option<Self> {
        Some(match cause.kind() {
            ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => Self::NoNetwork,
            ErrorKind::HostUnreachable => Self::NoWay,
            ErrorKind::ConnectionRefused => Self::Refused,
            ErrorKind::TimedOut => Self::Silent,
            _ => return None,
        })
    }

    /// Of a name that could not be looked up. The machine tells it in words alone: those of glibc and musl are known, which this program
    /// hears untranslated; with any other it counts whether there `is_way_out`.
    fn of_lookup(words: &str, is_way_out: impl FnOnce() -> bool) -> Self {
        let says = |any: &[&str]| any.iter().any(|part| words.contains(part));
        if says(&["Temporary failure in name resolution", "Try again"]) {
            Self::NoNetwork
        } else if says(&["Name or service not known", "No address associated", "Name does not resolve"])
            || is_way_out()
        {
            Self::NoName
        } else {
            Self::NoNetwork
        }
    }

    /// With a server that speaks this version: only the first number counts.
    pub(crate) fn of_versions(there: &str) -> Option<Self> {
        let first = |version: &str| version.split('.').next()?.parse::<u64>().ok();
        match first(there)?.cmp(&first(VERSION)?) {
            Ordering::Greater => Some(Self::TooOldHere),
            Ordering::Less => Some(Self::TooOldThere),
            Ordering::Equal => None,
        }
    }
}

/// Whether there is a route to anywhere. Connecting this kind of socket sends nothing; the addresses are those of examples.
fn has_way_out() -> bool {
    let is_way = |own: &str, there: &str| UdpSocket::bind(own).is_ok_and(|from| from.connect(there).is_ok());
    is_way("0.0.0.0:0", "192.0.2.1:9") || is_way("[::]:0", "[2001:db8::1]:9")
}

/// The addresses of a server.
pub(crate) async fn resolve(server: &str) -> Result<Vec<SocketAddr>, Failure> {
    let found = timeout(A_STEP, lookup_host(host_and_port(server)?)).await;
    let late =
        |_| Failure::TimedOut(format!("nobody tells the address of {server} within {}", in_seconds(A_STEP)));
    found.map_err(late)?.map(Iterator::collect).map_err(|cause| unreachable(&cause))
}

fn host_and_port(server: &str) -> Result<(String, u16), Failure> {
    let bad = |why: String| Failure::Client(Error::BadUrl(format!("{server}: {why}")));
    let url = Url::parse(server).map_err(|cause| bad(cause.to_string()))?;
    let host = url.host_str().ok_or_else(|| bad("it has no host".to_owned()))?.trim_matches(['[', ']']);
    let port = url.port_or_known_default().ok_or_else(|| bad("it has no port".to_owned()))?;
    Ok((host.to_owned(), port))
}

/// The first of these addresses that takes a connection.
pub(crate) async fn connect(addresses: &[SocketAddr]) -> io::Result<SocketAddr> {
    let mut failure = io::Error::other("the name has no address");
    for address in addresses {
        match timeout(A_STEP, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Ok(*address),
            Ok(Err(cause)) => failure = cause,
            Err(_) => failure = ErrorKind::TimedOut.into(),
        }
    }
    Err(failure)
}

/// Its name and versions.
pub(crate) async fn about(server: &str) -> Result<About, Failure> {
    json(get(server, "").await?).await
}

/// The same failure, unless a server answers at this URL with the other scheme: then it says so.
pub(crate) async fn or_other_scheme(server: &str, error: Error) -> Error {
    if !matches!(error, Error::Unreachable(_) | Error::Unintelligible { .. }) {
        return error;
    }
    let other = match server.split_once("://") {
        Some(("https", rest)) => format!("http://{rest}"),
        Some(("http", rest)) => format!("https://{rest}"),
        _ => return error,
    };
    // Where nobody listens no scheme helps.
    let is_open = match resolve(&other).await {
        Ok(addresses) => connect(&addresses).await.is_ok(),
        Err(_) => false,
    };
    if is_open && about(&other).await.is_ok() {
        return Error::Unreachable(format!("it answers at {other} and not at {server}"));
    }
    error
}

/// Whether it is ready, and the time that it says it is.
pub(crate) async fn ready(server: &str) -> Result<(Health, Option<String>), Failure> {
    let answer = get(server, "health/ready").await?;
    let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok()).map(str::to_owned);
    Ok((json(answer).await?, date))
}

async fn get(server: &str, path: &str) -> Result<Response, Failure> {
    let client = reqwest::Client::builder().user_agent(USER_AGENT).timeout(PATIENCE);
    let client = client.build().map_err(|cause| failed(&cause))?;
    let url = format!("{}/{path}", server.trim_end_matches('/'));
    client.get(url).send().await.map_err(|cause| failed(&cause))
}

async fn json<T: DeserializeOwned>(answer: Response) -> Result<T, Failure> {
    let status = answer.status();
    let bytes = answer.bytes().await.map_err(|cause| failed(&cause))?;
    let refused = serde_json::from_slice::<protocol::Failure>(&bytes);
    if let (false, Ok(refused)) = (status.is_success(), refused) {
        let request_id = Some(refused.request_id.clone());
        return Err(Failure::Client(Error::Api { error: refused.into(), request_id }));
    }
    match serde_json::from_slice::<Success<T>>(&bytes) {
        Ok(answer) => Ok(answer.data),
        Err(cause) => {
            let detail = format!("{cause} (status {status}): is it a Parlor server?");
            Err(Failure::Client(Error::Unintelligible { what: "a first question", detail }))
        }
    }
}

fn failed(cause: &reqwest::Error) -> Failure {
    if cause.is_timeout() {
        return Failure::Client(Error::NoAnswer { what: "the request", after: PATIENCE });
    }
    unreachable(cause)
}

pub(crate) fn unreachable(cause: &dyn std::error::Error) -> Failure {
    Failure::Client(Error::Unreachable(with_sources(cause)))
}

/// reqwest's own text names the URL only; the reason stands in its sources.
fn with_sources(error: &dyn std::error::Error) -> String {
    successors(error.source(), |cause| cause.source())
        .fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_tests::TestServer;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    /// A server that answers everything with this.
    async fn answering(body: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                // Who only looks whether somebody listens says nothing.
                if client.read(&mut [0; 4096]).await.is_ok_and(|bytes| bytes > 0) {
                    let head = format!(
                        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                        body.len()
                    );
                    client.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
                }
            }
        });
        format!("http://{address}")
    }

    #[tokio::test]
    async fn what_keeps_a_client_from_its_server_is_found_out() {
        let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        // A label of more than 63 characters is in no name that there can be: nobody is asked for it.
        let nowhere = format!("http://{}.invalid:5000", "x".repeat(64));
        let later = answering(
            r#"{"success":true,"message":"","data":{"name":"Parlor","version":"9","protocol":"2.0.0"}}"#,
        );
        let before = answering(
            r#"{"success":true,"message":"","data":{"name":"Parlor","version":"0","protocol":"0.9.0"}}"#,
        );
        let server = TestServer::start().await;
        for (url, trouble) in [
            (format!("http://{nobody}"), Some(Trouble::Refused)),
            (nowhere, Some(Trouble::NoName)),
            (later.await, Some(Trouble::TooOldHere)),
            (before.await, Some(Trouble::TooOldThere)),
            (answering("Hello").await, None),
            (server.url(), None),
        ] {
            assert_eq!(Trouble::on_the_way_to(&url).await, trouble, "{url}");
        }
    }

    #[tokio::test]
    async fn a_server_with_the_other_scheme_is_named_and_nothing_else_is() {
        let server = TestServer::start().await;
        let plain = server.url();
        let secret = plain.replace("http:", "https:");
        let failed = || Error::Unreachable("no TLS".to_owned());
        let says = or_other_scheme(&secret, failed()).await.to_string();
        assert_eq!(says, format!("the server can't be reached: it answers at {plain} and not at {secret}"));
        // Nothing answers at the other one, or that is not what is wrong.
        assert_eq!(or_other_scheme(&plain, failed()).await.to_string(), failed().to_string());
        assert!(matches!(or_other_scheme(&secret, Error::SignedOut).await, Error::SignedOut));
    }

    #[test]
    fn what_the_machine_says_of_a_connection_is_told_apart() {
        for (kind, trouble) in [
            (ErrorKind::NetworkUnreachable, Some(Trouble::NoNetwork)),
            (ErrorKind::HostUnreachable, Some(Trouble::NoWay)),
            (ErrorKind::NetworkDown, Some(Trouble::NoNetwork)),
            (ErrorKind::ConnectionRefused, Some(Trouble::Refused)),
            (ErrorKind::TimedOut, Some(Trouble::Silent)),
            (ErrorKind::ConnectionReset, None),
        ] {
            assert_eq!(Trouble::of(&kind.into()), trouble, "{kind}");
        }
    }

    #[test]
    fn a_name_that_nobody_can_be_asked_for_is_not_an_unknown_one() {
        for (words, is_way_out, trouble) in [
            (
                "failed to lookup address information: Temporary failure in name resolution",
                true,
                Trouble::NoNetwork,
            ),
            ("failed to lookup address information: Try again", true, Trouble::NoNetwork),
            // A network may be one that leads nowhere else.
            ("failed to lookup address information: Name or service not known", false, Trouble::NoName),
            ("failed to lookup address information: Name does not resolve", false, Trouble::NoName),
            (
                "failed to lookup address information: No address associated with hostname",
                true,
                Trouble::NoName,
            ),
            ("nodename nor servname provided, or not known", true, Trouble::NoName),
            ("nodename nor servname provided, or not known", false, Trouble::NoNetwork),
        ] {
            assert_eq!(Trouble::of_lookup(words, || is_way_out), trouble, "{words}");
        }
    }
}
