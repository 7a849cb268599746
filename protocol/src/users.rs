//! Accounts, and what others see of them.

use crate::{
    ids::UserId,
    page::{Cursor, PageLimit},
    text::{Email, NewPassword, Password, SearchText, Username},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// An account as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The account's id.
    pub id: UserId,
    /// The name that others see.
    pub username: Username,
    /// The address to sign in with.
    #[cfg_attr(feature = "schema", schema(example = "ada@example.com"))]
    pub email: String,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// An account as others see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
pub struct UserSummary {
    /// The account's id.
    pub id: UserId,
    /// Its name.
    pub username: Username,
}

/// What others may know of an account. Presence is only for those who share a room with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct UserProfile {
    /// The account's id.
    pub id: UserId,
    /// Its name.
    pub username: Username,
    /// Whether it has a live socket; `false` unless the caller shares a room with it.
    pub is_online: bool,
    /// When its last socket went; `null` unless the caller shares a room with it.
    #[cfg_attr(feature = "schema", schema(required))]
    pub last_seen_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

request! {
    /// Which account.
    pub struct UserPath {
        /// The account's id.
        pub user_id: UserId,
    }

    /// What to change of one's own account. An e-mail or password change needs `currentPassword`.
    pub struct UserChanges {
        /// A new name.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub username: Option<Username>,
        /// A new e-mail address.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub email: Option<Email>,
        /// The password as it is now.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub current_password: Option<Password>,
        /// The password as it shall be; every other session ends.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub new_password: Option<NewPassword>,
    }

    /// Whom to look for.
    pub struct UserSearch {
        /// How the name begins, without regard to case.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub q: Option<SearchText>,
        /// Where to go on.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub cursor: Option<Cursor>,
        /// How many; 50 unless given.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub limit: Option<PageLimit>,
    }
}

endpoints! {
    /// One's own account.
    GetMe = GET "/users/me" {
        auth: Bearer, response: OK User,
        says: "Your account",
        errors: [],
    }
    /// Change one's own account.
    ChangeMe = PATCH "/users/me" {
        auth: Bearer, body: UserChanges, response: OK User,
        says: "Account changed",
        errors: [NotAuthorized, Conflict, RateLimit],
        limits: [Login],
    }
    /// Look for accounts by the beginning of their name, in the order of names.
    SearchUsers = GET "/users" {
        auth: Bearer, query: UserSearch, page: Vec<UserSummary>,
        says: "Users",
        errors: [],
    }
    /// What others may know of an account.
    GetUser = GET "/users/{user_id}" {
        auth: Bearer, path: UserPath, response: OK UserProfile,
        says: "User",
        errors: [NotFound],
    }
}
