//! What is no request that can be read. Hyper refuses it by itself, with a bare head, and asks nobody; that answer is known by
//! its look when it is written, and another is written in its place.

use hyper::StatusCode;
use std::io::IoSlice;

/// Bytes. Hyper's own answers are shorter, and ours longer.
const LONGEST: usize = 256;

/// The status, if this is an answer of hyper's own: a head alone, without the id that all of ours have. No body of ours looks
/// like it, since JSON holds no bare line ends.
pub(super) fn refused(written: &[IoSlice<'_>]) -> Option<StatusCode> {
    if written.iter().map(|part| part.len()).sum::<usize>() > LONGEST {
        return None;
    }
    let written: Vec<u8> = written.iter().flat_map(|part| part.iter().copied()).collect();
    let head = str::from_utf8(&written).ok()?;
    let status = head.strip_prefix("HTTP/1.1 ").or_else(|| head.strip_prefix("HTTP/1.0 "))?.get(..3)?;
    let is_bare = head.ends_with("\r\n\r\n") && !head.contains(parlor_protocol::REQUEST_ID_HEADER);
    (is_bare && status.starts_with('4')).then(|| status.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(parts: &[&str]) -> Option<u16> {
        let parts: Vec<_> = parts.iter().map(|part| IoSlice::new(part.as_bytes())).collect();
        refused(&parts).map(|status| status.as_u16())
    }

    #[test]
    fn hypers_own_refusals_are_told_from_everything_else() {
        let bare =
            "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(status(&[bare]), Some(431));
        assert_eq!(status(&[&bare[..20], "", &bare[20..]]), Some(431));
        assert_eq!(status(&["HTTP/1.0 400 Bad Request\r\ncontent-length: 0\r\n\r\n"]), Some(400));
        for other in [
            "",
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\nx-request-id: 1\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}",
            "{\"content\":\"HTTP/1.1 400 Bad Request\"}",
        ] {
            assert_eq!(status(&[other]), None, "{other}");
        }
        assert_eq!(status(&[bare, &"x".repeat(LONGEST)]), None);
    }
}
