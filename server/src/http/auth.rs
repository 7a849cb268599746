//! Who calls: what an endpoint's `auth` yields, so that a handler can't be written without it.

use crate::domain::{Caller, Domain, Error, sessions};
use axum::http::{HeaderMap, header::AUTHORIZATION};
use parlor_protocol::{Auth, Bearer, Public};

/// What stands before an endpoint.
pub trait Gate: Auth {
    /// Whom a handler learns of.
    type Caller: std::fmt::Debug + Send + 'static;

    /// Lets a call in, or not.
    fn admit(
        domain: &Domain,
        headers: &HeaderMap,
    ) -> impl Future<Output = Result<Self::Caller, Error>> + Send;
}

impl Gate for Public {
    type Caller = ();

    async fn admit(_: &Domain, _: &HeaderMap) -> Result<(), Error> {
        Ok(())
    }
}

impl Gate for Bearer {
    type Caller = Caller;

    async fn admit(domain: &Domain, headers: &HeaderMap) -> Result<Caller, Error> {
        let token =
            bearer(headers).ok_or(Error::Unauthenticated("Send a token: `Authorization: Bearer <token>`"))?;
        let token = token.parse().map_err(|_| sessions::BAD_TOKEN)?;
        Ok(sessions::authenticate(domain, &token).await?.caller)
    }
}

/// The one bearer token; `None` when there is none, or more than one header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (scheme, token) = all.next()?.to_str().ok()?.split_once(' ')?;
    (all.next().is_none() && scheme.eq_ignore_ascii_case("bearer")).then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_header_of_the_bearer_scheme_is_a_token() {
        let read = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, value.parse().unwrap());
            }
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(read(&["Bearer abc"]), Some("abc".to_owned()));
        assert_eq!(read(&["bearer  abc"]), Some("abc".to_owned()));
        for none in [&[] as &[_], &["abc"], &["Basic abc"], &["Bearer"], &["Bearer abc", "Bearer abc"]] {
            assert_eq!(read(none), None, "{none:?}");
        }
    }
}
