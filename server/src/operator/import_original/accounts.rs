//! Accounts: who keeps name and address, who gets others, and whose password is taken.

use super::{
    super::Failure,
    Moments,
    ids::Ids,
    report::{Finding, Report},
    texts::{Addresses, Names},
};
use chrono::{DateTime, Utc};
use parlor_server::{
    domain::passwords::{original, unusable},
    store::{original::OriginalUser, users::NewUser},
};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// The accounts, and what the rest refers to.
pub(super) struct Accounts {
    ids: Ids,
    names: Names,
    addresses: Addresses,
    usernames: HashMap<Uuid, String>,
    /// When the oldest was made: the time of a row that has none.
    pub(super) oldest: DateTime<Utc>,
    /// The accounts to be made, each with the time of its last change.
    pub(super) new: Vec<(NewUser, DateTime<Utc>)>,
    /// The highest cost of their passwords' hashes.
    pub(super) cost: Option<u32>,
    /// Those in the place of missing ones.
    gone: HashSet<Uuid>,
}

impl Accounts {
    /// The accounts of these rows. Who was there first keeps a name or an address that several have.
    pub(super) fn of(rows: &[OriginalUser], moments: Moments, report: &mut Report) -> Result<Self, Failure> {
        let oldest = rows.iter().filter_map(|row| moments.known(row.created_at.as_deref()));
        let mut accounts = Self {
            ids: Ids::new("users"),
            names: Names::default(),
            addresses: Addresses::default(),
            usernames: HashMap::new(),
            oldest: oldest.min().unwrap_or(DateTime::UNIX_EPOCH),
            new: Vec::new(),
            cost: None,
            gone: HashSet::new(),
        };
        // First what stays: nobody loses a name because another's is made like it.
        let kept: Vec<_> = rows
            .iter()
            .map(|row| {
                let name = row.username.as_deref().and_then(|name| accounts.names.keep(name));
                (name, row.email.as_deref().and_then(|email| accounts.addresses.keep(email)))
            })
            .collect();
        for (row, (name, address)) in rows.iter().zip(kept) {
            accounts.add(row, name, address, moments, report)?;
        }
        Ok(accounts)
    }

    fn add(
        &mut self,
        row: &OriginalUser,
        name: Option<String>,
        address: Option<String>,
        moments: Moments,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let of = Finding { id: &row.id, ..Finding::default() };
        let created_at = row.created_at.as_deref();
        let created_at = moments.read("account's time", &row.id, created_at, self.oldest, report);
        let updated_at = moments.known(row.updated_at.as_deref()).unwrap_or(created_at);
        let (id, is_other) = self.ids.give(&row.id, created_at);
        if is_other {
            let to = id.to_string();
            let why = "an account's id is a UUID here";
            report.found(Finding { what: "account id", from: Some(&row.id), to: Some(&to), why, ..of });
        }
        let username = name.unwrap_or_else(|| {
            let from = row.username.as_deref();
            let found = self.names.find(from.unwrap_or_default());
            let why = "a name has 3 to 30 letters or digits, and is one account's without regard to case";
            report.found(Finding { what: "username", from, to: Some(&found), why, ..of });
            found
        });
        let email = address.unwrap_or_else(|| {
            let from = row.email.as_deref();
            let found = self.addresses.find(&username);
            let why = "it is no address, or an older account's without regard to case: tell its owner to sign in with the new one, and to change it then";
            report.found(Finding { what: "e-mail", from, to: Some(&found), why, ..of });
            found
        });
        let hash = row.password.as_deref().filter(|hash| original::cost(hash).is_some());
        let password_hash = if let Some(hash) = hash {
            self.cost = self.cost.max(original::cost(hash));
            hash.to_owned()
        } else {
            let why = "there is no bcrypt hash of an allowed cost: nobody can sign in until it is reset";
            report.found(Finding { what: "password", why, ..of });
            no_password()?
        };
        self.insert(id, username, email, password_hash, created_at, updated_at);
        Ok(())
    }

    fn insert(
        &mut self,
        id: Uuid,
        username: String,
        email: String,
        password_hash: String,
        created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    ) {
        self.usernames.insert(id, username.clone());
        let (username_key, email_key) = (username.to_ascii_lowercase(), email.to_lowercase());
        let user = NewUser { id, username, username_key, email, email_key, password_hash, created_at };
        self.new.push((user, updated_at));
    }

    /// The account that another row refers to, if it is not missing.
    pub(super) fn find(&self, text: &str) -> Option<Uuid> {
        self.ids.find(text).filter(|id| !self.gone.contains(id))
    }

    /// The same; where it is missing, one in its place, with a password that nobody knows.
    pub(super) fn find_or_make(
        &mut self,
        text: Option<&str>,
        at: DateTime<Utc>,
        report: &mut Report,
    ) -> Result<Uuid, Failure> {
        let text = text.unwrap_or("(none)");
        if let Some(id) = self.ids.find(text) {
            return Ok(id);
        }
        let (id, _) = self.ids.give(text, at);
        self.gone.insert(id);
        let username = self.names.find(&format!("gone{}", self.gone.len()));
        let email = self.addresses.find(&username);
        let why = "it is named, but not there: one to which nobody can sign in takes its place";
        report.found(Finding { what: "missing account", id: text, from: None, to: Some(&username), why });
        self.insert(id, username, email, no_password()?, at, at);
        Ok(id)
    }

    /// The name of an account that was found.
    pub(super) fn username(&self, id: Uuid) -> &str {
        self.usernames.get(&id).map_or("", String::as_str)
    }
}

fn no_password() -> Result<String, Failure> {
    unusable().map_err(|error| Failure::new(format_args!("a password can't be made: {error:?}")))
}
