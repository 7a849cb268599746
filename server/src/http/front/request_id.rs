//! The id under which a request is found in the log.

use hyper::HeaderMap;
use parlor_protocol::REQUEST_ID_HEADER;
use std::fmt;
use uuid::Uuid;

/// A request's id: the client's own if it is well formed. Among the extensions of every REST request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

impl RequestId {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(REQUEST_ID_HEADER).and_then(|value| value.to_str().ok());
        match given.filter(|id| is_well_formed(id)) {
            Some(id) => Self(id.to_owned()),
            None => Self(Uuid::now_v7().to_string()),
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn is_well_formed(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_id_is_kept_only_when_well_formed() {
        let longest = "x".repeat(64);
        let too_long = "x".repeat(65);
        for (id, kept) in
            [("a.B_9-", true), (&longest, true), (&too_long, false), ("", false), ("a b", false)]
        {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID_HEADER, id.parse().unwrap());
            assert_eq!(RequestId::of(&headers).0 == id, kept, "{id:?}");
        }
    }
}
