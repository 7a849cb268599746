//! The settings: those of the original by their names, and all of ours.

use super::{Change, Fate};

/// The table in it is printed by the server, and held equal to it by a test.
const README: &str = include_str!("../../../README.md");

const fn changed(notes: &'static [&'static str]) -> Fate {
    Fate::Changed(Change { notes, wire: &[] })
}

/// The original's settings. Each is understood, under the name that it had.
pub const SETTINGS: &[(&str, Fate)] = &[
    (
        "PORT",
        changed(&[
            "It means all addresses, as before. Without it only this machine is served, on port 5000 (was: all addresses).",
        ]),
    ),
    (
        "DB_URL",
        changed(&[
            "It need not be set: without it there is a SQLite database in the data folder.",
            "Give a database of its own, never the original's: the tables have other columns under the same names.",
        ]),
    ),
    (
        "JWT_SECRET",
        changed(&[
            "It has at least 32 bytes that nobody can guess, or the server does not start. Without it one is made and kept.",
            "Tokens of the original are not valid, not even with its secret: a token belongs to a session.",
        ]),
    ),
    (
        "JWT_EXPIRES_IN",
        Fate::Same("`1h`, `1hr`, `7d`, `3600`. `POST /api/v1/auth/refresh` goes on from there."),
    ),
    (
        "BASE_URL",
        Fate::Same(
            "The URL under which people reach the server, with or without `/api/v1`. Invite links begin with it.",
        ),
    ),
];

/// One of our settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The environment variable.
    pub name: String,
    /// Other names of it, in backticks.
    pub aliases: Vec<String>,
    /// Its flag, in backticks.
    pub flag: String,
    /// What it is unless set.
    pub default: String,
    /// What it is for.
    pub meaning: String,
}

/// Every setting that there is.
pub fn variables() -> Vec<Variable> {
    let table =
        README.split("<!-- settings -->").nth(1).and_then(|rest| rest.split("<!-- /settings -->").next());
    let rows = table.unwrap_or_default().lines().filter(|line| line.starts_with("| `"));
    rows.filter_map(variable).collect()
}

/// A line of the table: variable, flag, default, what is allowed, meaning.
fn variable(line: &str) -> Option<Variable> {
    let cells: Vec<&str> = line.trim_matches(['|', ' ']).split(" | ").collect();
    let [names, flag, default, _allowed, meaning] = cells.as_slice() else { return None };
    let mut names =
        names.split('`').enumerate().filter(|(at, _)| at % 2 == 1).map(|(_, name)| name.to_owned());
    Some(Variable {
        name: names.next()?,
        aliases: names.collect(),
        flag: (*flag).to_owned(),
        default: (*default).to_owned(),
        meaning: (*meaning).to_owned(),
    })
}
