//! What an operator does beside serving: subcommands that act on the database of the usual settings.
//!
//! To add one: write a file under `operator/` that has a [`Subcommand`], and name it in [`SUBCOMMANDS`].
//!
//! What was asked for goes to standard output, all else to standard error. A failure is one message there, with exit status 1.

mod import_original;
mod migrate;

use clap::{ArgMatches, Command};
use futures_util::future::BoxFuture;
use parlor_server::{
    Config,
    store::{OpenError, Store, StoreSettings},
};
use std::{
    fmt::Display,
    io::{self, Write},
};

const SUBCOMMANDS: &[Subcommand] = &[migrate::SUBCOMMAND, import_original::SUBCOMMAND];

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
pub(crate) async fn run(name: &str, arguments: ArgMatches, config: Config) -> Result<(), Failure> {
    if config.demo {
        return Err(Failure::new("The demo's database is gone when the demo ends: leave out --demo."));
    }
    match SUBCOMMANDS.iter().find(|subcommand| (subcommand.command)().get_name() == name) {
        Some(subcommand) => (subcommand.run)(Asked { config, arguments }).await,
        None => Err(Failure::new(format!("{name}: there is no such subcommand"))),
    }
}

/// Prints a line of what was asked for. Whoever closes the pipe has read enough.
fn say(text: impl Display) {
    writeln!(io::stdout(), "{text}").ok();
}
