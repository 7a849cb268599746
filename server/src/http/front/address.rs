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
        // Several lines are one list. What cannot be read ends the walk: whoever wrote it may have written all beyond it.
        let mut hops = headers
            .get_all("x-forwarded-for")
            .iter()
            .rev()
            .flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        while is_trusted(&client) {
            let Some(address) = hops.next().and_then(parse) else { break };
            client = address;
        }
        Self(client)
    }
}

/// Some proxies add the port, or write an IPv6 address in brackets.
fn parse(hop: &[u8]) -> Option<IpAddr> {
    let hop = str::from_utf8(hop).ok()?.trim();
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse().or_else(|_| hop.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let lines: Vec<_> = forwarded.iter().map(|line| line.as_bytes()).collect();
        client_of_bytes(peer, &lines)
    }

    fn client_of_bytes(peer: &str, forwarded: &[&[u8]]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_bytes(line).unwrap());
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
        assert_eq!(client("10.0.0.1", &["[2001:db8::1]"]), "2001:db8::1");
        assert_eq!(client("10.0.0.1", &["192.0.2.1, [fd00::2]:80", "10.0.0.2:4711"]), "192.0.2.1");
    }

    #[test]
    fn the_lines_of_a_doubled_header_are_one_list() {
        assert_eq!(client("10.0.0.1", &["198.51.100.7", "192.0.2.1", "10.0.0.2"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &["192.0.2.1", "10.0.0.3, 10.0.0.2"]), "192.0.2.1");
        assert_eq!(client("192.0.2.9", &["192.0.2.1", "10.0.0.2"]), "192.0.2.9");
    }

    #[test]
    fn nothing_beyond_a_word_that_cannot_be_read_is_believed() {
        for garbage in [&b"\xff\xfe"[..], b"unknown", b"", b"1.2.3", b"[::1", b"10.0.0.2:port", b"_hidden"] {
            let same_line = [&b"192.0.2.1, "[..], garbage, b", 10.0.0.3"].concat();
            assert_eq!(client_of_bytes("10.0.0.1", &[&same_line]), "10.0.0.3", "{garbage:?}");
            let lines = [&b"192.0.2.1"[..], garbage, b"10.0.0.3"];
            assert_eq!(client_of_bytes("10.0.0.1", &lines), "10.0.0.3", "{garbage:?}");
            assert_eq!(client_of_bytes("10.0.0.1", &lines[..2]), "10.0.0.1", "{garbage:?}");
        }
    }

    #[test]
    fn the_last_trusted_word_counts_when_there_is_no_stranger() {
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["unknown, 10.0.0.3"]), "10.0.0.3");
        assert_eq!(client("10.0.0.1", &["10.0.0.4,10.0.0.3"]), "10.0.0.4");
        assert_eq!(client("fd00::1", &["[fd00::3]:1", "10.0.0.4", "fd00::2"]), "fd00::3");
    }
}
