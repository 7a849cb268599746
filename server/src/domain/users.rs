//! Accounts, and what others see of them.

use super::{
    Caller, Domain, Error,
    passwords::{self, Passwords, Verdict},
    rooms,
    sessions::{self, Guess, Origin},
    timeline::username,
};
use crate::{
    bus::PersonSignal,
    store::{self, Store, users::UserRow},
};
use chrono::{DateTime, Utc};
use parlor_protocol::{
    FieldError,
    ids::{SessionId, UserId},
    page::{Cursor, Page},
    text::{Email, NewPassword, Password, Username},
    time::Timestamp,
    users::{User, UserChanges, UserProfile, UserSearch, UserSummary},
};
use serde_json::{Map, Value};
use uuid::Uuid;

/// How many accounts a page has unless it is asked for more or fewer.
const PAGE: i64 = 50;

/// What the later of two gets who want the same name or address.
pub(super) const TAKEN: Error = Error::Conflict("This username or e-mail address is taken; choose another");

const NO_PASSWORD: &str = "is required to change the e-mail address or the password";

const GONE: Error = Error::Unauthenticated("This account is gone; sign up again");

/// The caller's own account.
pub async fn me(domain: &Domain, caller: &Caller) -> Result<User, Error> {
    user(store::users::by_id(&mut domain.store.read().await?, caller.user.0).await?.ok_or(GONE)?)
}

/// Changes the caller's own account. With a new password, every other session ends.
pub async fn change_me(
    domain: &Domain,
    caller: &Caller,
    origin: Origin,
    changes: UserChanges,
) -> Result<User, Error> {
    let row = store::users::by_id(&mut domain.store.read().await?, caller.user.0).await?.ok_or(GONE)?;
    let email = changes.email.filter(|email| email.as_str() != row.email);
    let asked_name = changes.username;
    if let Some(key) = asked_name.as_ref().map(Username::key) {
        // Looked at first: who asks for a name that is taken need not cost a hash. Not so an address, of which nobody else may know.
        check_free(&mut domain.store.read().await?, Some(row.id), Some(&key), None).await?;
    }
    let name = asked_name.clone().map_or_else(|| username(&row.username), Ok)?;
    let wanted_email = email.as_ref().map_or(row.email.as_str(), |email| email.as_str());
    let is_guarded = email.is_some() || changes.new_password.is_some();
    let weak =
        changes.new_password.as_ref().and_then(|new| passwords::refusal(new, Some(&name), wanted_email));
    let faults: Vec<_> = (is_guarded && changes.current_password.is_none())
        .then(|| FieldError::new("currentPassword", NO_PASSWORD))
        .into_iter()
        .chain(weak.map(|why| FieldError::new("newPassword", why)))
        .collect();
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let mut guess = None;
    if let Some(given) = changes.current_password.filter(|_| is_guarded) {
        guess = Some(check_password(domain, &origin, &row, &given).await?);
    }
    let password_hash = match changes.new_password {
        None => None,
        Some(new) => Some(domain.passwords.hash(new.into_string()).await?),
    };
    // Until here it has held its place: the second hash is part of what it costs.
    drop(guess);
    let now = domain.clock.now();
    let mut tx = domain.store.write().await?;
    store::users::lock(&mut tx, caller.user.0).await?;
    let checked = row.password_hash;
    let row = store::users::by_id(&mut tx, caller.user.0).await?.ok_or(GONE)?;
    if row.password_hash != checked {
        return Err(Error::Forbidden(
            "The password was changed a moment ago; give the new one as currentPassword",
        ));
    }
    // What was not asked for stays as it is now, not as it was before the hashing.
    let wanted_name = asked_name.map_or_else(|| username(&row.username), Ok)?;
    let (name_key, email_key) =
        (wanted_name.key(), email.as_ref().map_or_else(|| row.email_key.clone(), Email::key));
    check_free(&mut tx, Some(row.id), Some(&name_key), Some(&email_key)).await?;
    let renamed = wanted_name.as_str() != row.username;
    if !renamed && email.is_none() && password_hash.is_none() {
        return user(row);
    }
    let changed = UserRow {
        username: wanted_name.as_str().to_owned(),
        username_key: name_key,
        email: email.map_or_else(|| row.email.clone(), Email::into_string),
        email_key,
        password_hash: password_hash.clone().unwrap_or(row.password_hash),
        updated_at: now.to_utc(),
        ..row
    };
    match store::users::update(&mut tx, &changed).await {
        Err(store::Error::Duplicate) => return Err(TAKEN),
        other => other?,
    }
    let mut ended = Vec::new();
    if password_hash.is_some() {
        ended = store::sessions::revoke_others(&mut tx, changed.id, caller.session.0, now.to_utc()).await?;
    }
    tx.commit().await?;
    for session in ended.into_iter().map(SessionId) {
        domain.bus.person(PersonSignal::SessionRevoked { session });
    }
    if renamed {
        domain.bus.person(PersonSignal::Renamed { user: caller.user, username: wanted_name });
    }
    user(changed)
}

/// What else is wrong with changes that are refused as they are: an answer lists everything.
pub fn faults_of_changes(body: &Map<String, Value>) -> Vec<FieldError> {
    let has = |field: &str| body.get(field).is_some_and(|value| !value.is_null());
    let is_missing = (has("email") || has("newPassword")) && !has("currentPassword");
    let missing = is_missing.then(|| FieldError::new("currentPassword", NO_PASSWORD));
    missing.into_iter().chain(passwords::fault(body, "newPassword")).collect()
}

/// Whoever found an open screen shall not be able to guess at leisure: this counts as a login.
async fn check_password<'d>(
    domain: &'d Domain,
    origin: &Origin,
    row: &UserRow,
    given: &Password,
) -> Result<Guess<'d>, Error> {
    let guess = sessions::guess(domain, origin, row.email_key.clone()).await?;
    match domain.passwords.verify(given, Some(row.password_hash.clone())).await? {
        Verdict::Wrong => {
            guess.was_wrong();
            Err(Error::Forbidden("The current password is wrong; check it and try again"))
        }
        Verdict::Right { .. } => Ok(guess),
    }
}

/// Accounts by the beginning of their name, in the order of names.
pub async fn search(domain: &Domain, search: UserSearch) -> Result<Page<Vec<UserSummary>>, Error> {
    let limit = search.limit.map_or(PAGE, |limit| i64::from(limit.get()));
    let after = search.cursor.as_ref().map(name_of_cursor).transpose()?;
    let prefix = search.q.map(|q| q.as_str().to_ascii_lowercase()).unwrap_or_default();
    // Names have letters and digits only, so anything else begins none of them.
    if !prefix.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Ok(Page { data: Vec::new(), next_cursor: None });
    }
    let mut tx = domain.store.read().await?;
    let mut rows = store::users::search(&mut tx, &prefix, after.as_deref(), limit + 1).await?;
    let next_cursor = rooms::cut(&mut rows, limit, |row| row.username_key.clone());
    let summary = |row: store::users::UserName| {
        Ok(UserSummary { id: UserId(row.id), username: username(&row.username)? })
    };
    Ok(Page { data: rows.into_iter().map(summary).collect::<Result<_, Error>>()?, next_cursor })
}

/// The key of the name after which a search goes on.
fn name_of_cursor(cursor: &Cursor) -> Result<String, Error> {
    let name = cursor.as_str().parse::<Username>().map(|name| name.key());
    name.ok().filter(|key| key == cursor.as_str()).ok_or_else(rooms::bad_cursor)
}

/// What the caller may know of an account: its presence only if they share a room, or it is their own.
pub async fn profile(domain: &Domain, caller: &Caller, id: UserId) -> Result<UserProfile, Error> {
    let mut tx = domain.store.read().await?;
    let row = store::users::by_id(&mut tx, id.0)
        .await?
        .ok_or(Error::NotFound("There is no such user; look for them by name"))?;
    let known = id == caller.user || store::members::share(&mut tx, caller.user.0, id.0).await?;
    Ok(UserProfile {
        id,
        username: username(&row.username)?,
        is_online: known && domain.presence.is_online(id),
        last_seen_at: row.last_seen_at.filter(|_| known).map(Timestamp::from),
        created_at: Timestamp::from(row.created_at),
    })
}

/// The account that an operator means by a name, an e-mail address or an id.
pub async fn find(store: &Store, who: &str) -> Result<Option<UserRow>, Error> {
    let mut tx = store.read().await?;
    if let Ok(id) = who.parse::<Uuid>() {
        return Ok(store::users::by_id(&mut tx, id).await?);
    }
    if let Ok(email) = who.parse::<Email>() {
        return Ok(store::users::by_email_key(&mut tx, &email.key()).await?);
    }
    let Ok(name) = who.parse::<Username>() else { return Ok(None) };
    match store::users::username_owner(&mut tx, &name.key()).await? {
        Some(id) => Ok(store::users::by_id(&mut tx, id).await?),
        None => Ok(None),
    }
}

/// Keeps an account out, for an operator: ends its sessions, whose sockets its servers cut within two seconds. Says how many.
pub async fn disable(store: &Store, now: DateTime<Utc>, id: Uuid) -> Result<usize, Error> {
    let mut tx = store.write().await?;
    store::users::lock(&mut tx, id).await?;
    store::users::set_disabled(&mut tx, id, Some(now)).await?;
    let ended = end_all(&mut tx, id, now).await?;
    tx.commit().await?;
    Ok(ended)
}

/// Lets an account sign in again.
pub async fn enable(store: &Store, id: Uuid) -> Result<(), Error> {
    let mut tx = store.write().await?;
    store::users::lock(&mut tx, id).await?;
    store::users::set_disabled(&mut tx, id, None).await?;
    Ok(tx.commit().await?)
}

/// Gives an account another password, for an operator: the given one, or one that is made here and returned. Ends its sessions, and
/// says how many.
pub async fn reset_password(
    store: &Store,
    hasher: &Passwords,
    now: DateTime<Utc>,
    row: &UserRow,
    given: Option<String>,
) -> Result<(usize, Option<NewPassword>), Error> {
    let made = if given.is_none() { Some(passwords::made()?) } else { None };
    let new = match (given, &made) {
        (Some(given), _) => {
            given.parse::<NewPassword>().map_err(|refusal| Error::invalid("password", refusal))?
        }
        (None, Some(made)) => made.clone(),
        (None, None) => return Err(Error::Defect("no password".to_owned())),
    };
    if let Some(why) = passwords::refusal(&new, Some(&username(&row.username)?), &row.email) {
        return Err(Error::invalid("password", why));
    }
    let hash = hasher.hash(new.into_string()).await?;
    let mut tx = store.write().await?;
    store::users::lock(&mut tx, row.id).await?;
    store::users::set_password_hash(&mut tx, row.id, &hash).await?;
    let ended = end_all(&mut tx, row.id, now).await?;
    tx.commit().await?;
    Ok((ended, made))
}

async fn end_all(tx: &mut store::Tx, user: Uuid, now: DateTime<Utc>) -> Result<usize, Error> {
    // No session has this id, so none is kept.
    Ok(store::sessions::revoke_others(tx, user, Uuid::nil(), now).await?.len())
}

/// Refuses a name or an address that another account has.
pub(super) async fn check_free(
    tx: &mut store::Tx,
    own: Option<Uuid>,
    name_key: Option<&str>,
    email_key: Option<&str>,
) -> Result<(), Error> {
    if let Some(key) = name_key {
        let owner = store::users::username_owner(tx, key).await?;
        if owner.is_some() && owner != own {
            return Err(Error::Conflict("This username is taken; choose another"));
        }
    }
    if let Some(key) = email_key {
        let owner = store::users::email_owner(tx, key).await?;
        if owner.is_some() && owner != own {
            return Err(Error::Conflict("This e-mail address is taken; sign in, or choose another"));
        }
    }
    Ok(())
}

/// What a row means to the account's own user.
pub(super) fn user(row: UserRow) -> Result<User, Error> {
    Ok(User {
        id: UserId(row.id),
        username: username(&row.username)?,
        email: row.email,
        created_at: Timestamp::from(row.created_at),
        updated_at: Timestamp::from(row.updated_at),
    })
}
