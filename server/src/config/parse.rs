//! From text to values; `None` is a text that is not allowed.

use super::{BusUrl, DatabaseUrl, LogFormat, Origins, Rate};
use ipnet::IpNet;
use parlor_protocol::BASE_PATH;
use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};
use tracing_subscriber::filter::{EnvFilter, LevelFilter};

const DAY: u64 = 24 * 3600;

/// The networks from which a hosted platform's own proxy calls: private, shared, link-local and this machine.
const PRIVATE: [&str; 9] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "127.0.0.0/8",
    "fc00::/7",
    "fe80::/10",
    "::1/128",
];

pub(super) fn address(text: &str) -> Option<SocketAddr> {
    match text.strip_prefix("localhost:") {
        Some(port) => Some(SocketAddr::from(([127, 0, 0, 1], port.parse().ok()?))),
        None => text.parse().ok(),
    }
}

pub(super) fn folder(text: &str) -> Option<PathBuf> {
    (!text.is_empty()).then(|| PathBuf::from(text))
}

pub(super) fn bus(text: &str) -> Option<BusUrl> {
    text.parse().ok()
}

pub(super) fn database(text: &str) -> Option<DatabaseUrl> {
    text.parse().ok()
}

/// A key of HS256 is as long as its hash at least, and not one out of a guide.
pub(super) fn secret(text: &str) -> Option<String> {
    (text.len() >= 32 && !is_guessable(text)).then(|| text.to_owned())
}

fn is_guessable(secret: &str) -> bool {
    // What stands in guides and sample files; no random base64 holds one of these by chance.
    const SAMPLES: [&str; 17] = [
        "12345678",
        "01234567",
        "abcdefgh",
        "secretkey",
        "jwtsecret",
        "yoursecret",
        "mysecret",
        "supersecret",
        "topsecret",
        "secretthat",
        "stringsecret",
        "bitsecret",
        "changeme",
        "changethis",
        "replaceme",
        "placeholder",
        "password",
    ];
    let letters: String =
        secret.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let bytes = secret.as_bytes();
    let repeats = (1..=bytes.len() / 2).any(|period| bytes[period..] == bytes[..bytes.len() - period]);
    repeats || SAMPLES.iter().any(|sample| letters.contains(sample))
}

/// Without the path below which REST is, which the original's `BASE_URL` ended with.
pub(super) fn public_url(text: &str) -> Option<String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let bad = rest.is_empty()
        || rest.starts_with('/')
        || rest.contains(['?', '#', '@'])
        || rest.contains(|c: char| c.is_whitespace() || c.is_control());
    let url = text.trim_end_matches('/');
    (!bad).then(|| url.strip_suffix(BASE_PATH).unwrap_or(url).to_owned())
}

pub(super) fn origins(text: &str) -> Option<Origins> {
    if text.trim() == "*" {
        return Some(Origins::Any);
    }
    list(text).map(origin).collect::<Option<Vec<_>>>().filter(|list| !list.is_empty()).map(Origins::List)
}

/// As a browser sends it: lower case, without the scheme's own port.
fn origin(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    let (scheme, host) = text.split_once("://")?;
    let host = host.strip_suffix('/').unwrap_or(host);
    let bad = scheme.is_empty()
        || host.is_empty()
        || host.contains(['/', '?', '#', '@', '*'])
        || host.contains(|c: char| c.is_whitespace() || c.is_control());
    let host = match scheme {
        "https" => host.strip_suffix(":443").unwrap_or(host),
        "http" => host.strip_suffix(":80").unwrap_or(host),
        _ => host,
    };
    (!bad).then(|| format!("{scheme}://{host}"))
}

/// The origin of what is under this URL.
pub(super) fn origin_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    origin(&format!("{scheme}://{}", rest.split('/').next().unwrap_or_default()))
}

pub(super) fn proxies(text: &str) -> Option<Vec<IpNet>> {
    match text.trim() {
        "none" => Some(Vec::new()),
        "private" => PRIVATE.iter().map(|net| net.parse().ok()).collect(),
        text => list(text).map(network).collect::<Option<Vec<_>>>().filter(|list| !list.is_empty()),
    }
}

fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// `1h`, `7d`, `90 minutes`, `3600` (seconds).
pub(super) fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let count: u64 = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim_start().to_ascii_lowercase().as_str() {
        "ms" => return Some(Duration::from_millis(count)),
        "" | "s" | "sec" | "secs" | "second" | "seconds" => 1,
        "m" | "min" | "mins" | "minute" | "minutes" => 60,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600,
        "d" | "day" | "days" => DAY,
        "w" | "week" | "weeks" => 7 * DAY,
        "y" | "yr" | "yrs" | "year" | "years" => 365 * DAY,
        _ => return None,
    };
    count.checked_mul(unit).map(Duration::from_secs)
}

/// Ten years at most, so that it can be added to any time.
pub(super) fn lifetime(text: &str) -> Option<Duration> {
    duration(text).filter(|life| (1..=3650 * DAY).contains(&life.as_secs()))
}

/// Long enough to be met, short enough to mean something.
pub(super) fn deadline(text: &str) -> Option<Duration> {
    duration(text)
        .filter(|deadline| (Duration::from_millis(100)..=Duration::from_hours(1)).contains(deadline))
}

pub(super) fn rate(text: &str) -> Option<Rate> {
    let (count, per) = text.split_once('/')?;
    let per = duration(per).filter(|per| (1..=DAY).contains(&per.as_secs()))?;
    Some(Rate { count: number(count.trim())?, per })
}

pub(super) fn number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number| *number > 0)
}

pub(super) fn switch(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

pub(super) fn log_format(text: &str) -> Option<LogFormat> {
    match text {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    }
}

/// A lone word would be the name of a module, at every level: far more often it is a level that is misspelt.
pub(super) fn log(text: &str) -> Option<String> {
    let lone = list(text).filter(|item| !item.contains(['=', '[']));
    let levels = lone.map(str::parse::<LevelFilter>).collect::<Result<Vec<_>, _>>();
    (levels.is_ok() && EnvFilter::builder().parse(text).is_ok()).then(|| text.to_owned())
}

pub(super) fn is_off(text: &str) -> bool {
    text.eq_ignore_ascii_case("off")
}
