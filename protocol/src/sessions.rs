//! Signing up, in and out; where one is signed in; renewing a socket.

use crate::{
    Nothing,
    ids::SessionId,
    text::{AccessToken, Email, LoginEmail, NewPassword, Password, RefreshToken, Username},
    time::Timestamp,
    users::User,
};
use serde::{Deserialize, Serialize};

request! {
    /// A new account.
    pub struct NewAccount {
        /// The name that others see.
        pub username: Username,
        /// The address to sign in with; others never see it.
        pub email: Email,
        /// The password.
        pub password: NewPassword,
    }

    /// Who wants to sign in.
    pub struct Login {
        /// The account's e-mail address.
        pub email: LoginEmail,
        /// Its password.
        pub password: Password,
    }

    /// A session that goes on.
    pub struct Refresh {
        /// The newest refresh token of the session.
        pub refresh_token: RefreshToken,
    }

    /// Which session.
    pub struct SessionPath {
        /// The session's id.
        pub session_id: SessionId,
    }

    /// A fresh token for a live socket.
    pub struct Authenticate {
        /// An access token of the same user.
        pub token: AccessToken,
    }
}

/// An account that has just been signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct SignedIn {
    /// Whose session it is.
    pub user: User,
    /// The access token: goes into `Authorization: Bearer` and into the socket's `auth`.
    pub token: AccessToken,
    /// Gets the next tokens from `POST /auth/refresh`; keep it secret.
    pub refresh_token: RefreshToken,
    /// When the access token ends.
    pub expires_at: Timestamp,
}

/// The next tokens of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Tokens {
    /// The access token.
    pub token: AccessToken,
    /// The refresh token; the one that was sent is spent.
    pub refresh_token: RefreshToken,
    /// When the access token ends.
    pub expires_at: Timestamp,
}

/// One place where an account is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The session's id.
    pub id: SessionId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// What the client called itself when it signed in.
    #[cfg_attr(feature = "schema", schema(required, example = "Mozilla/5.0"))]
    pub user_agent: Option<String>,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Until when a renewed socket lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Renewed {
    /// When the new token ends.
    pub expires_at: Timestamp,
}

endpoints! {
    /// Make an account and sign in to it.
    Register = POST "/auth/register" or "/users" {
        auth: Public, body: NewAccount, response: CREATED SignedIn,
        says: "Account created",
        errors: [Conflict, RateLimit],
        limits: [Register],
    }
    /// Sign in. A wrong password and an unknown address get the same answer.
    LogIn = POST "/auth/login" or "/users/login" {
        auth: Public, body: Login, response: OK SignedIn,
        says: "Signed in",
        errors: [Unauthenticated, RateLimit],
        limits: [Login, LoginAddress],
    }
    /// Get the next tokens of a session. A spent token answers the same successor for 10 s, and until that has been
    /// used; from then on it revokes the session.
    RefreshSession = POST "/auth/refresh" {
        auth: Public, body: Refresh, response: OK Tokens,
        says: "Session renewed",
        errors: [Unauthenticated],
    }
    /// End this session and cut its sockets.
    LogOut = POST "/auth/logout" {
        auth: Bearer, response: OK Nothing,
        says: "Signed out",
        errors: [],
    }
    /// Where one is signed in, newest first.
    ListSessions = GET "/auth/sessions" {
        auth: Bearer, response: OK Vec<Session>,
        says: "Your sessions",
        errors: [],
    }
    /// End one of one's own sessions and cut its sockets.
    RevokeSession = DELETE "/auth/sessions/{session_id}" {
        auth: Bearer, path: SessionPath, response: OK Nothing,
        says: "Session ended",
        errors: [NotFound],
    }
}

events! {
    client {
        /// Renew this socket with a fresh access token of the same user; a failure changes nothing.
        AuthenticateEvent = "authenticate" (Authenticate) -> Renewed, errors: [Unauthenticated];
    }
    server {}
}
