//! Who asks.

use hyper::HeaderMap;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// Whose request it is: the peer's address, or the one that a trusted proxy gives. Among the extensions of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// Walks `X-Forwarded-For` from the right, as far as trust goes: what is left of the first stranger is the
    /// stranger's own word.
    pub(super) fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
        let mut client = peer.to_canonical();
        let lines: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
        let mut hops =
            lines.into_iter().rev().filter_map(|line| line.to_str().ok()).flat_map(|line| line.rsplit(','));
        while is_trusted(&client) {
            let Some(address) = hops.next().and_then(parse) else { break };
            client = address;
        }
        Self(client)
    }
}

/// Some proxies add the port.
fn parse(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let address = hop.parse().or_else(|_| hop.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    fn client(peer: &str, forwarded: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_static(line));
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        ClientAddress::of(peer.parse().unwrap(), &headers, &trusted).0.to_string()
    }

    #[test]
    fn a_stranger_cannot_choose_its_address() {
        assert_eq!(client("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &["198.51.100.7, 192.0.2.1"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &["198.51.100.7", "192.0.2.1, 10.0.0.2"]), "192.0.2.1");
    }

    #[test]
    fn a_proxy_speaks_for_its_client() {
        assert_eq!(client("10.0.0.1", &["192.0.2.1"]), "192.0.2.1");
        assert_eq!(client("::ffff:10.0.0.1", &["2001:db8::1"]), "2001:db8::1");
        assert_eq!(client("fd00::1", &["[2001:db8::1]:4711"]), "2001:db8::1");
        assert_eq!(client("10.0.0.1", &["192.0.2.1:4711 "]), "192.0.2.1");
    }

    #[test]
    fn the_last_trusted_word_counts_when_there_is_no_stranger() {
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["unknown, 10.0.0.3"]), "10.0.0.3");
        assert_eq!(client("10.0.0.1", &["10.0.0.4,10.0.0.3"]), "10.0.0.4");
    }
}
