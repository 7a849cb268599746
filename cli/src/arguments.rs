//! The commands and their flags.
//!
//! | to read about | look in |
//! | --- | --- |
//! | signing in and out, profiles | `arguments/sessions.rs` |
//! | rooms | `arguments/rooms.rs` |
//! | sending, reading and following messages | `arguments/messages.rs` |
//! | the rooms on a screen | `arguments/tui.rs` |
//! | the program itself: configuration, completions, manual | `arguments/program.rs` |

mod messages;
mod program;
mod rooms;
mod sessions;
mod tui;

pub(crate) use messages::{History, Message, OutboxCommand, Read, Tail, Watch};
pub(crate) use program::ConfigCommand;
pub(crate) use rooms::{Invitation, RoomCommand};
pub(crate) use sessions::{Login, ProfileCommand};
pub(crate) use tui::Tui;

use crate::{config, output::Color};
use clap::{Arg, ArgAction, ArgMatches, Command as Clap, error::ErrorKind, value_parser};
use clap_complete::Shell;
use std::{
    env::args_os,
    io::{self, IsTerminal as _},
    num::NonZeroU64,
    path::PathBuf,
    sync::LazyLock,
    time::Duration,
};

const AFTER_HELP: &str = "\
Data goes to standard output, all else to standard error. With --json each line is an object, of the contract where it is the server's.

Exit status:
    0  done, also when nobody reads the output any more
    1  unexpected
    2  usage: an argument, an input or the configuration is wrong
    3  not signed in, or the session has ended
    4  refused by the server
    5  no connection
    6  timed out
    7  too often
  130  Ctrl-C
  143  SIGTERM

Environment:
  PARLOR_SERVER      the server to sign in to
  PARLOR_TOKEN       an access token to use instead of a session
  PARLOR_PROFILE     the profile
  PARLOR_CONFIG_DIR  the folder of config.toml
  PARLOR_PLAIN       1: lines instead of a screen, as for TERM=dumb
  NO_COLOR           no colours
  CLICOLOR_FORCE     1: colours also where no terminal is
  VISUAL, EDITOR     what texts are edited with";

/// What was asked for.
pub(crate) struct Arguments {
    pub(crate) command: Command,
    pub(crate) globals: Globals,
}

/// What every command takes.
#[derive(Clone, Debug)]
pub(crate) struct Globals {
    /// A profile's name, or the file of its session.
    pub(crate) profile: Option<String>,
    pub(crate) server: Option<String>,
    /// One object of the contract a line.
    pub(crate) json: bool,
    pub(crate) color: Option<Color>,
    /// Nobody is to be asked.
    pub(crate) no_input: bool,
    /// How much is told: 0 failures only, 1 what one should know, 2 more.
    pub(crate) told: u8,
    pub(crate) timeout: Option<Duration>,
}

pub(crate) enum Command {
    Login(Login),
    Logout { all_devices: bool },
    WhoAmI,
    Status,
    Profile(ProfileCommand),
    Rooms(RoomCommand),
    Send(Message),
    Tail(Tail),
    History(History),
    Read(Read),
    Events(Watch),
    Outbox(OutboxCommand),
    Config(ConfigCommand),
    Doctor,
    Completions(Shell),
    Man { folder: Option<PathBuf> },
    Tui(Tui),
}

/// Reads the program's arguments.
pub(crate) fn read() -> Result<Arguments, clap::Error> {
    // Without a command the rooms are shown, where there is a screen.
    let on_screen = io::stdout().is_terminal();
    let matches = program().arg_required_else_help(!on_screen).try_get_matches()?;
    let command = match matches.subcommand() {
        Some((name, given)) => sessions::read(name, given)
            .or_else(|| rooms::read(name, given))
            .or_else(|| messages::read(name, given))
            .or_else(|| tui::read(name, given))
            .or_else(|| program::read(name, given)),
        None if on_screen => Some(Ok(Command::Tui(Tui::default()))),
        None => None,
    };
    let told = if matches.get_flag("quiet") { 0 } else { 1 + u8::from(matches.get_flag("verbose")) };
    let globals = Globals {
        profile: one(&matches, "profile"),
        server: one(&matches, "server"),
        json: matches.get_flag("json"),
        color: one(&matches, "color"),
        no_input: matches.get_flag("no-input"),
        told,
        timeout: one(&matches, "timeout"),
    };
    Ok(Arguments { command: command.ok_or_else(|| missing("which command?"))??, globals })
}

/// Whether failures are to be told as JSON, also that of the arguments themselves.
pub(crate) fn wants_json() -> bool {
    args_os().skip(1).take_while(|argument| argument != "--").any(|argument| argument == "--json")
}

/// What is wrong with the arguments, without the usage and the tips for people.
pub(crate) fn in_a_sentence(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    first.strip_prefix("error: ").unwrap_or(first).trim().to_owned()
}

/// Which version this is, and of which contract.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    format!("{} (protocol {})", env!("CARGO_PKG_VERSION"), parlor_client::protocol::VERSION)
});

/// All that can be asked for.
pub(crate) fn program() -> Clap {
    let colors = |text: &str| config::color(text).ok_or("must be auto, always or never");
    Clap::new("parlor")
        .version(VERSION.as_str())
        .about("Talks to a Parlor chat server; without a command, on the whole terminal")
        .after_help(AFTER_HELP)
        .args([
            option("profile", "NAME", "The profile; with a / or . in it, the file of a session").global(true),
            option("server", "URL", "The server, such as http://127.0.0.1:5000").global(true),
            flag("json", "Print one JSON object a line, of the contract where it is the server's")
                .global(true),
            option("color", "WHEN", "auto, always or never").value_parser(colors).global(true),
            flag("no-input", "Ask nothing, even with a terminal").global(true),
            flag("quiet", "Tell failures only").short('q').conflicts_with("verbose").global(true),
            flag("verbose", "Tell more").short('v').global(true),
            option("timeout", "TIME", "End with 6 after so long, such as 30s or 5m")
                .value_parser(time)
                .global(true),
        ])
        .subcommands(sessions::commands())
        .subcommands(rooms::commands())
        .subcommands(messages::commands())
        .subcommands(tui::commands())
        .subcommands(program::commands())
}

/// `500ms`, `30s`, `5m`, `2h`, `7d`; a plain number is seconds.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let number: Option<u64> = digits.parse().ok();
    let time = number.and_then(|number| match &text[digits.len()..] {
        "ms" => Some(Duration::from_millis(number)),
        "" | "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3600).map(Duration::from_secs),
        "d" => number.checked_mul(86_400).map(Duration::from_secs),
        _ => None,
    });
    let longest = Duration::from_hours(3653 * 24);
    time.filter(|time| !time.is_zero() && *time <= longest)
        .ok_or_else(|| "must be a time such as 500ms, 30s, 5m, 2h or 7d".to_owned())
}

const NO_NUMBER: &str = "must be a whole number from 1 up";

/// How many, or the number of something.
fn from_one(text: &str) -> Result<NonZeroU64, &'static str> {
    text.parse().map_err(|_| NO_NUMBER)
}

fn command(name: &'static str, about: &'static str) -> Clap {
    Clap::new(name).about(about)
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).help(help).action(ArgAction::SetTrue)
}

fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

fn room() -> Arg {
    Arg::new("room").value_name("ROOM").required(true).help("The room's name or id")
}

fn count(name: &'static str, help: &'static str) -> Arg {
    option(name, "N", help).value_parser(value_parser!(u64))
}

fn one<T: Clone + Send + Sync + 'static>(given: &ArgMatches, name: &str) -> Option<T> {
    given.get_one::<T>(name).cloned()
}

fn several(given: &ArgMatches, name: &str) -> Vec<String> {
    given.get_many::<String>(name).into_iter().flatten().cloned().collect()
}

fn required<T: Clone + Send + Sync + 'static>(given: &ArgMatches, name: &str) -> Result<T, clap::Error> {
    one(given, name).ok_or_else(|| program().error(ErrorKind::MissingRequiredArgument, name))
}

fn missing(words: &str) -> clap::Error {
    program().error(ErrorKind::MissingSubcommand, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declaration_is_sound() {
        program().debug_assert();
    }

    #[test]
    fn a_time_has_a_unit_or_is_in_seconds() {
        for (text, millis) in
            [("500ms", 500), ("30", 30_000), ("30s", 30_000), ("5m", 300_000), ("1d", 86_400_000)]
        {
            assert_eq!(time(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for wrong in
            ["", "s", "-1s", "1.5s", "1 s", "1w", "99999999999999999999s", "18446744073709551615d", "1µs"]
        {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
