//! What an operator does beside serving: subcommands that act on the database of the usual settings.
//!
//! To add one: write a file under `operator/` that has a [`Subcommand`], and name it in [`SUBCOMMANDS`].
//!
//! What was asked for goes to standard output, all else to standard error. A failure is one message there, with exit status 1.

mod backup;
mod doctor;
mod export;
mod import;
mod import_original;
mod migrate;
mod room;
mod stream;
mod unserved;
mod user;

use chrono::{DateTime, Utc};
use clap::{Arg, ArgAction, ArgMatches, Command};
use futures_util::future::BoxFuture;
use parlor_server::{
    Config,
    clock::Clock,
    config::Loaded,
    domain,
    store::{self, OpenError, Store, StoreSettings},
};
use std::{
    fmt::Display,
    io::{self, BufRead as _, Write as _},
};

const SUBCOMMANDS: &[Subcommand] = &[
    export::SUBCOMMAND,
    import::SUBCOMMAND,
    import_original::SUBCOMMAND,
    backup::SUBCOMMAND,
    migrate::SUBCOMMAND,
    user::SUBCOMMAND,
    room::SUBCOMMAND,
    doctor::SUBCOMMAND,
];

/// One thing to do.
struct Subcommand {
    /// Its name, and what it takes beside the settings' flags.
    command: fn() -> Command,
    /// Does it.
    run: fn(Asked) -> BoxFuture<'static, Result<(), Failure>>,
}

/// What it is done with.
struct Asked {
    config: Config,
    /// What is to be said of the settings.
    warnings: Vec<String>,
    arguments: ArgMatches,
}

impl Asked {
    fn settings(&self) -> StoreSettings {
        StoreSettings { url: self.config.database(), accept_data_loss: self.config.accept_data_loss }
    }

    /// The database, for work that a running server need not be stopped for.
    async fn store_beside(&self) -> Result<Store, Failure> {
        Ok(Store::open_beside(&self.settings()).await?)
    }
}

/// Why it was not done.
pub(crate) struct Failure {
    /// For a person; empty when all has been said.
    pub(crate) message: String,
    /// The exit status.
    pub(crate) status: u8,
}

/// What failed.
pub(crate) const FAILED: u8 = 1;
/// The command line is not one that could be meant.
pub(crate) const USAGE: u8 = 2;

impl Failure {
    pub(crate) fn new(message: impl Display) -> Self {
        Self { message: message.to_string(), status: FAILED }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::new(error)
    }
}

/// The subcommands, for the command line.
pub(crate) fn commands() -> Vec<Command> {
    SUBCOMMANDS.iter().map(|subcommand| (subcommand.command)()).collect()
}

/// Does what the subcommand of this name says.
pub(crate) async fn run(name: &str, arguments: &ArgMatches, loaded: &Loaded) -> Result<(), Failure> {
    let (config, warnings) = (loaded.config.clone(), loaded.warnings.clone());
    if config.demo {
        return Err(Failure::new("The demo's database is gone when the demo ends: leave out --demo."));
    }
    match SUBCOMMANDS.iter().find(|subcommand| (subcommand.command)().get_name() == name) {
        Some(subcommand) => (subcommand.run)(Asked { config, warnings, arguments: arguments.clone() }).await,
        None => Err(Failure::new(format!("{name}: there is no such subcommand"))),
    }
}

impl From<domain::Error> for Failure {
    fn from(error: domain::Error) -> Self {
        match error {
            domain::Error::Invalid(fields) => {
                let words = fields.iter().map(|field| format!("{} {}", field.field, field.message));
                Self::new(words.collect::<Vec<_>>().join("; "))
            }
            domain::Error::Unavailable => Self::new("The database is out of reach, or busy: try again."),
            domain::Error::Defect(cause) => Self::new(cause),
            other => Self::new(other.to_api().message),
        }
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Self::new(format_args!("the database failed: {error}"))
    }
}

/// Prints a line of what was asked for. Whoever closes the pipe has read enough.
fn say(text: impl Display) {
    writeln!(io::stdout(), "{text}").ok();
}

/// A line of standard input, for what must not stand among a command's arguments, which all can read.
fn line_of_input(what: &str) -> Result<String, Failure> {
    let mut line = String::new();
    io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Failure::new(format_args!("{what} cannot be read from standard input: {error}.")))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Tells something that was not asked for, and has its place beside it.
fn remark(text: impl Display) {
    writeln!(io::stderr(), "{text}").ok();
}

fn now() -> DateTime<Utc> {
    Clock::default().now_utc()
}

/// For whoever reads it by a program.
fn json_flag() -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print an object of JSON a line")
}

fn say_json(value: &serde_json::Value) -> Result<(), Failure> {
    // Whoever closes the pipe here has not read enough.
    writeln!(io::stdout(), "{value}").map_err(|error| Failure::new(format_args!("Standard output: {error}.")))
}
