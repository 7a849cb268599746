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
pub(super) fn read(args: &[OsString], subcommands: &[Command]) -> Result<(Task, Vec<Given>), ConfigError> {
    let matches = match command(subcommands).try_get_matches_from(args) {
        Ok(matches) => matches,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            return Ok((Task::Print(error.to_string()), Vec::new()));
        }
        Err(error) => return Err(refused(&error, &Place::of(args, subcommands))),
    };
    match matches.subcommand() {
        Some((TABLE, _)) => Ok((Task::Print(markdown()), Vec::new())),
        // Flags may stand before and behind the subcommand; both are in its matches.
        Some((HEALTHCHECK, matches)) => Ok((Task::Healthcheck, given(matches))),
        Some((name, matches)) => Ok((Task::Operator(name.to_owned(), matches.clone()), given(matches))),
        None => Ok((Task::Serve, given(&matches))),
    }
}

fn command(subcommands: &[Command]) -> Command {
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
        .subcommands(subcommands)
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

/// Where on the command line something was refused: in which of the caller's subcommands, and what can stand there.
struct Place {
    /// The subcommand's names, such as `user list`; empty outside of any.
    path: String,
    /// The subcommands that there are.
    subcommands: Vec<String>,
    /// The flags that there are beside those of the settings.
    flags: Vec<String>,
}

impl Place {
    fn of(args: &[OsString], subcommands: &[Command]) -> Self {
        let mut place = Self { path: String::new(), subcommands: Vec::new(), flags: Vec::new() };
        let mut known: Vec<&Command> = subcommands.iter().collect();
        place.subcommands.extend(known.iter().map(|command| command.get_name().to_owned()));
        place.subcommands.extend([HEALTHCHECK, TABLE].map(str::to_owned));
        for arg in args.iter().skip(1).filter_map(|arg| arg.to_str()) {
            let Some(command) = known.iter().find(|command| command.get_name() == arg) else { continue };
            if !place.path.is_empty() {
                place.path.push(' ');
            }
            place.path.push_str(arg);
            place.flags.extend(command.get_arguments().filter_map(|arg| arg.get_long()).map(str::to_owned));
            known = command.get_subcommands().collect();
            place.subcommands = known.iter().map(|command| command.get_name().to_owned()).collect();
        }
        place
    }

    fn help(&self) -> String {
        format!("`parlor-server {} --help` tells what it takes.", self.path)
    }
}

/// In our own words where it is about a name, so that a mistake reads the same from every place.
fn refused(error: &clap::Error, place: &Place) -> ConfigError {
    let context = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let argument = context(ContextKind::InvalidArg);
            match argument.strip_prefix("--") {
                Some(name) => {
                    let flags = SETTINGS.iter().map(Setting::flag).chain(place.flags.iter().cloned());
                    let flags: Vec<String> = flags.collect();
                    let meant = nearest(name, flags.iter().map(String::as_str));
                    unknown(&Origin::Flag(name.to_owned()), meant.map(|flag| format!("--{flag}")))
                }
                None => no_such_task(&argument, place),
            }
        }
        ErrorKind::InvalidSubcommand => no_such_task(&context(ContextKind::InvalidSubcommand), place),
        ErrorKind::MissingSubcommand => {
            let Place { path, subcommands, .. } = place;
            ConfigError(format!("{path}: say what to do. Allowed: {}.", subcommands.join(", ")))
        }
        ErrorKind::MissingRequiredArgument => ConfigError(format!(
            "{}: {} is missing. {}",
            place.path,
            context(ContextKind::InvalidArg),
            place.help()
        )),
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

fn no_such_task(name: &str, place: &Place) -> ConfigError {
    let Place { path, subcommands, .. } = place;
    if subcommands.is_empty() {
        return ConfigError(format!("{path}: {name:?} is one argument too many. {}", place.help()));
    }
    let meant = nearest(name, subcommands.iter().map(String::as_str));
    let meant = meant.map(|task| format!(" Did you mean {task}?")).unwrap_or_default();
    let allowed = subcommands.join(", ");
    let serve = if path.is_empty() { ", or none to serve" } else { "" };
    ConfigError(format!("{name:?}: there is no such subcommand.{meant} Allowed: {allowed}{serve}."))
}
