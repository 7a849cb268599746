//! Settings and the task from the command line.

use super::{
    ConfigError,
    given::{Given, Origin, Task, unknown},
    markdown,
    settings::{Kind, SETTINGS, Setting, nearest},
};
use clap::{Arg, ArgAction, ArgMatches, Command, error::ContextKind, error::ErrorKind};
use std::ffi::OsString;

const HEALTHCHECK: &str = "healthcheck";
const TABLE: &str = "settings";

/// What to do, and the flags that were given.
pub(super) fn read(args: &[OsString]) -> Result<(Task, Vec<Given>), ConfigError> {
    let matches = match command().try_get_matches_from(args) {
        Ok(matches) => matches,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            return Ok((Task::Print(error.to_string()), Vec::new()));
        }
        Err(error) => return Err(refused(&error)),
    };
    match matches.subcommand() {
        Some((TABLE, _)) => Ok((Task::Print(markdown()), Vec::new())),
        // Flags may stand before and behind the subcommand; both are in its matches.
        Some((_, matches)) => Ok((Task::Healthcheck, given(matches))),
        None => Ok((Task::Serve, given(&matches))),
    }
}

fn command() -> Command {
    Command::new("parlor-server")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A chat server. Without a subcommand it serves; nothing has to be set.")
        .after_help(
            "A flag wins over its variable, a variable over the file, the file over the default.\n\
             SIGTERM and SIGINT stop the server in order; a second one stops it at once.",
        )
        .subcommand(
            Command::new(HEALTHCHECK)
                .about("Ask the server on this machine whether it is ready; exit 0 or 1"),
        )
        .subcommand(Command::new(TABLE).about("Print the table of settings, as Markdown"))
        .args(SETTINGS.iter().map(arg))
}

fn arg(setting: &'static Setting) -> Arg {
    let variables: Vec<String> = std::iter::once(setting.variable())
        .chain(setting.aliases.iter().map(|&alias| alias.to_owned()))
        .collect();
    let default = setting.default.trim_matches(['(', ')']);
    let help = format!(
        "{} Allowed: {}. [default: {default}] [{}]",
        setting.doc,
        setting.allowed,
        variables.join(", ")
    );
    let arg = Arg::new(setting.name)
        .long(setting.flag())
        .value_name("VALUE")
        .help(help.replace('`', ""))
        .help_heading(setting.key().0.map_or("Settings", |section| match section {
            "limits" => "Limits",
            _ => "Deadlines",
        }))
        .action(ArgAction::Set)
        .global(true);
    match setting.kind {
        Kind::Switch => arg.num_args(0..=1).require_equals(true).default_missing_value("true"),
        _ => arg.num_args(1).allow_hyphen_values(false),
    }
}

fn given(matches: &ArgMatches) -> Vec<Given> {
    let text = |setting: &Setting| matches.get_one::<String>(setting.name).cloned();
    SETTINGS
        .iter()
        .filter_map(|setting| {
            Some(Given { setting, text: text(setting)?, origin: Origin::Flag(setting.flag()) })
        })
        .collect()
}

/// In our own words where it is about a name, so that a mistake reads the same from every place.
fn refused(error: &clap::Error) -> ConfigError {
    let context = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let argument = context(ContextKind::InvalidArg);
            match argument.strip_prefix("--") {
                Some(name) => {
                    let flags: Vec<String> = SETTINGS.iter().map(Setting::flag).collect();
                    let meant = nearest(name, flags.iter().map(String::as_str));
                    unknown(&Origin::Flag(name.to_owned()), meant.map(|flag| format!("--{flag}")))
                }
                None => no_such_task(&argument),
            }
        }
        ErrorKind::InvalidSubcommand => no_such_task(&context(ContextKind::InvalidSubcommand)),
        ErrorKind::InvalidValue | ErrorKind::NoEquals => {
            let argument = context(ContextKind::InvalidArg);
            let flag = argument.split([' ', '=', '[']).next().unwrap_or_default();
            let setting = SETTINGS.iter().find(|setting| flag.strip_prefix("--") == Some(&setting.flag()));
            let allowed = setting.map_or("a value", |setting| setting.allowed);
            ConfigError(format!("flag {flag}: it needs a value. Allowed: {allowed}."))
        }
        _ => {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            ConfigError(format!("{}.", line.trim_start_matches("error: ").trim_end_matches('.')))
        }
    }
}

fn no_such_task(name: &str) -> ConfigError {
    let meant = nearest(name, [HEALTHCHECK, TABLE]).map(|task| format!(" Did you mean {task}?"));
    let meant = meant.unwrap_or_default();
    ConfigError(format!(
        "{name:?}: there is no such subcommand.{meant} Allowed: {HEALTHCHECK}, {TABLE}, or none to serve."
    ))
}
