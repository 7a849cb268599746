//! Accounts over REST.

use super::call::Call;
use crate::domain::{Error, users};
use parlor_protocol::{
    page::Page,
    users::{ChangeMe, GetMe, GetUser, SearchUsers, User, UserProfile, UserSummary},
};

pub(super) async fn me(call: Call<GetMe>) -> Result<User, Error> {
    users::me(&call.domain, &call.caller).await
}

pub(super) async fn change_me(call: Call<ChangeMe>) -> Result<User, Error> {
    users::change_me(&call.domain, &call.caller, call.origin, call.body).await
}

pub(super) async fn search(call: Call<SearchUsers>) -> Result<Page<Vec<UserSummary>>, Error> {
    users::search(&call.domain, call.query).await
}

pub(super) async fn profile(call: Call<GetUser>) -> Result<UserProfile, Error> {
    users::profile(&call.domain, &call.caller, call.path.user_id).await
}
