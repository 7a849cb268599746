//! Access tokens (signed, short-lived) and refresh tokens (opaque, rotating).
//!
//! A spent refresh token has one successor, an HMAC of it under a key of ours: a lost reply can be given again, and yet only hashes
//! are at rest. Rules: RFC 8725, RFC 9068, RFC 9700.

use super::Error;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::DateTime;
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use parlor_protocol::{
    ids::{SessionId, UserId},
    text::{AccessToken, RefreshToken, Username},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{fmt, time::Duration};
use uuid::Uuid;

/// Who signs, and for whom.
const ISSUER: &str = "parlor";
/// Says that it is an access token, so that no other token under the same key passes for one (RFC 9068).
const TYPE: &str = "at+jwt";

/// Signs and reads tokens.
pub struct Tokens {
    signing: EncodingKey,
    reading: DecodingKey,
    validation: Validation,
    chain_key: [u8; 32],
    access_lifetime: Duration,
    refresh_lifetime: Duration,
}

/// What an access token says. `id` and `username` are for clients that read their own token.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    sid: SessionId,
    jti: Uuid,
    iat: i64,
    exp: i64,
    id: UserId,
    username: Username,
}

/// What a good access token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Whose token it is.
    pub user: UserId,
    /// Of which session.
    pub session: SessionId,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Tokens {
    /// Tokens under keys made from `secret`.
    pub fn new(secret: &[u8], access_lifetime: Duration, refresh_lifetime: Duration) -> Result<Self, Error> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        validation.leeway = 0;
        // The end is compared with our own clock.
        validation.validate_exp = false;
        Ok(Self {
            signing: EncodingKey::from_secret(secret),
            reading: DecodingKey::from_secret(secret),
            validation,
            chain_key: hmac(secret, b"parlor refresh tokens")?,
            access_lifetime,
            refresh_lifetime,
        })
    }

    /// A fresh access token, and when it ends.
    pub fn issue(
        &self,
        user: UserId,
        username: Username,
        session: SessionId,
        now: Timestamp,
    ) -> Result<(AccessToken, Timestamp), Error> {
        // Whole seconds, rounded up: a token lives at least as long as was promised.
        let lifetime = i64::try_from(self.access_lifetime.as_millis()).unwrap_or(i64::MAX);
        let exp = now.as_millis().saturating_add(lifetime).saturating_add(999) / 1000;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            sub: user,
            sid: session,
            jti: Uuid::now_v7(),
            iat: now.as_millis() / 1000,
            exp,
            id: user,
            username,
        };
        let header = Header { typ: Some(TYPE.to_owned()), ..Header::new(Algorithm::HS256) };
        let token = jsonwebtoken::encode(&header, &claims, &self.signing)
            .map_err(|error| Error::Defect(format!("can't sign a token: {error}")))?;
        let token = AccessToken::try_from(token).map_err(|why| Error::Defect(format!("a token {why}")))?;
        let expires_at =
            moment(exp).ok_or_else(|| Error::Defect("the token lifetime is out of range".to_owned()))?;
        Ok((token, expires_at))
    }

    /// What `token` says, if it is one of ours and has not ended.
    pub fn read(&self, token: &str, now: Timestamp) -> Option<Access> {
        let token = jsonwebtoken::decode::<Claims>(token, &self.reading, &self.validation).ok()?;
        let typed = token.header.typ.is_some_and(|typ| typ.eq_ignore_ascii_case(TYPE));
        let claims = token.claims;
        let expires_at = moment(claims.exp)?;
        let good = typed && token.header.crit.is_none() && claims.id == claims.sub && now < expires_at;
        good.then_some(Access { user: claims.sub, session: claims.sid, expires_at })
    }

    /// When a session that is used now ends unless it is used again.
    pub fn session_end(&self, now: Timestamp) -> DateTime<chrono::Utc> {
        let lifetime = chrono::TimeDelta::from_std(self.refresh_lifetime).unwrap_or(chrono::TimeDelta::MAX);
        now.to_utc().checked_add_signed(lifetime).unwrap_or(DateTime::<chrono::Utc>::MAX_UTC)
    }

    /// The first refresh token of a session: 256 random bits.
    pub fn first_refresh() -> Result<RefreshToken, Error> {
        refresh(random::<32>()?)
    }

    /// The one successor of a refresh token.
    pub fn successor(&self, spent: &RefreshToken) -> Result<RefreshToken, Error> {
        refresh(hmac(&self.chain_key, spent.as_str().as_bytes())?)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(hidden)")
    }
}

/// How a secret of at least 128 random bits stands at rest; so many need no slow hash.
pub fn at_rest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// So many random bytes from the operating system.
pub fn random<const BYTES: usize>() -> Result<[u8; BYTES], Error> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| Error::Defect(format!("no random numbers: {error}")))?;
    Ok(bytes)
}

/// Random bytes as text that fits into URLs.
pub fn text(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn refresh(bytes: [u8; 32]) -> Result<RefreshToken, Error> {
    RefreshToken::try_from(text(&bytes)).map_err(|why| Error::Defect(format!("a refresh token {why}")))
}

fn hmac(key: &[u8], message: &[u8]) -> Result<[u8; 32], Error> {
    let mac = Hmac::<Sha256>::new_from_slice(key);
    let mac = mac.map_err(|error| Error::Defect(format!("a key for refresh tokens: {error}")))?;
    Ok(mac.chain_update(message).finalize().into_bytes().into())
}

fn moment(seconds: i64) -> Option<Timestamp> {
    DateTime::from_timestamp(seconds, 0).map(Timestamp::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const SECRET: &[u8] = b"a secret of at least thirty-two bytes";

    fn tokens() -> Tokens {
        Tokens::new(SECRET, Duration::from_hours(1), Duration::from_hours(24))
            .map_err(|e| format!("{e:?}"))
            .unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        moment(seconds).unwrap()
    }

    fn good_claims() -> Value {
        let user = UserId::generate();
        json!({
            "iss": ISSUER, "aud": ISSUER, "sub": user, "sid": SessionId::generate(), "jti": Uuid::now_v7(),
            "iat": 1_000, "exp": 4_600, "id": user, "username": "ada",
        })
    }

    fn signed(header: &Header, claims: &Value, secret: &[u8]) -> String {
        jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(secret)).unwrap()
    }

    fn good_header() -> Header {
        Header { typ: Some(TYPE.to_owned()), ..Header::new(Algorithm::HS256) }
    }

    #[test]
    fn a_token_is_good_until_the_second_it_ends() {
        let (user, session) = (UserId::generate(), SessionId::generate());
        let (token, expires_at) = tokens()
            .issue(user, "Ada".parse().unwrap(), session, at(1_000))
            .map_err(|e| format!("{e:?}"))
            .unwrap();
        assert_eq!(expires_at, at(4_600));
        let access = Access { user, session, expires_at };
        assert_eq!(tokens().read(token.as_str(), at(1_000)), Some(access));
        assert_eq!(tokens().read(token.as_str(), at(4_599)), Some(access));
        assert_eq!(tokens().read(token.as_str(), at(4_600)), None);
    }

    #[test]
    fn only_our_own_kind_of_token_is_accepted() {
        let read = |token: String| tokens().read(&token, at(2_000));
        assert!(read(signed(&good_header(), &good_claims(), SECRET)).is_some(), "the pattern of those below");

        assert!(
            read(signed(&good_header(), &good_claims(), b"another secret of thirty-two bytes!!")).is_none()
        );
        for algorithm in [Algorithm::HS384, Algorithm::HS512] {
            let header = Header { alg: algorithm, ..good_header() };
            assert!(read(signed(&header, &good_claims(), SECRET)).is_none(), "{algorithm:?}");
        }
        for typ in [None, Some("JWT".to_owned()), Some("rt+jwt".to_owned())] {
            let header = Header { typ, ..good_header() };
            assert!(read(signed(&header, &good_claims(), SECRET)).is_none(), "{:?}", header.typ);
        }
        for claim in ["iss", "aud", "sub", "sid", "jti", "iat", "exp", "id", "username"] {
            let mut claims = good_claims();
            claims.as_object_mut().unwrap().remove(claim);
            assert!(read(signed(&good_header(), &claims, SECRET)).is_none(), "without {claim}");
        }
        for (claim, wrong) in
            [("iss", "somebody"), ("aud", "somebody"), ("id", "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90")]
        {
            let mut claims = good_claims();
            claims[claim] = wrong.into();
            assert!(read(signed(&good_header(), &claims, SECRET)).is_none(), "{claim} of {wrong}");
        }
        let unsigned = {
            let part = |value: Value| text(value.to_string().as_bytes());
            format!("{}.{}.", part(json!({ "alg": "none", "typ": TYPE })), part(good_claims()))
        };
        for wrong in [unsigned, String::new(), "a.b.c".to_owned(), "é".to_owned()] {
            assert!(read(wrong).is_none());
        }
    }

    #[test]
    fn a_refresh_token_has_one_successor_under_one_secret() {
        let first = Tokens::first_refresh().map_err(|e| format!("{e:?}")).unwrap();
        let next = |tokens: Tokens| tokens.successor(&first).map_err(|e| format!("{e:?}")).unwrap();
        let successor = next(tokens());
        assert_eq!(successor, next(tokens()));
        assert_ne!(successor, first);
        assert_ne!(
            successor,
            next(
                Tokens::new(&[7; 32], Duration::ZERO, Duration::ZERO).map_err(|e| format!("{e:?}")).unwrap()
            )
        );
        assert_ne!(first, Tokens::first_refresh().map_err(|e| format!("{e:?}")).unwrap());
    }
}
