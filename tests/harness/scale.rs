//! How much of a fault is tried, and without which limits.

use crate::ServerProcess;

/// `few` in the tests that run always, `whole` in the campaign.
#[allow(clippy::disallowed_methods, reason = "the one switch of these tests")]
pub fn scale<T>(few: T, whole: T) -> T {
    if std::env::var_os("PARLOR_TEST_CAMPAIGN").is_some() { whole } else { few }
}

/// How many seconds something lasts: `few` in the tests that run always, `whole` in the campaign, and as many as
/// `PARLOR_TEST_CAMPAIGN` says if it is a number of two digits or more.
#[allow(clippy::disallowed_methods, reason = "the same switch")]
pub fn seconds(few: u64, whole: u64) -> u64 {
    let said = std::env::var("PARLOR_TEST_CAMPAIGN").ok().and_then(|said| said.parse().ok());
    said.filter(|seconds| *seconds >= 10).unwrap_or_else(|| scale(few, whole))
}

/// Limits that stand in the way of load; each is tested where it belongs.
pub const OFF: [(&str, &str); 8] = [
    ("PARLOR_LIMIT_MESSAGE", "off"),
    ("PARLOR_LIMIT_REGISTER", "off"),
    ("PARLOR_LIMIT_LOGIN", "off"),
    ("PARLOR_LIMIT_LOGIN_ADDRESS", "off"),
    ("PARLOR_LIMIT_EVENTS", "off"),
    ("PARLOR_LIMIT_CONNECTIONS_PER_ADDRESS", "off"),
    ("PARLOR_LIMIT_SOCKETS_PER_USER", "off"),
    ("PARLOR_LOG", "warn"),
];

/// A server without those limits.
pub async fn server() -> ServerProcess {
    ServerProcess::start(&OFF).await
}

/// Says what was shown, with its figures.
#[allow(clippy::print_stdout, reason = "the campaign's table is made of these lines")]
pub fn shown(what: &str) {
    println!("SHOWN {what}");
}
