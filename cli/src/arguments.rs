//! The commands and their flags.

use crate::tui::Theme;
use clap::{Arg, ArgAction, ArgMatches, value_parser};
use parlor_client::protocol::{
    rooms::NewRoom,
    text::{ClientMessageId, Description, LoginEmail, RoomName, Username},
};
use std::{
    io::{self, IsTerminal as _},
    num::NonZeroU64,
    path::PathBuf,
    time::Duration,
};

const AFTER_HELP: &str = "\
Exit status: 0 done (also when nobody reads the output any more), 1 unexpected, 2 usage, 3 not signed in,
4 refused by the server, 5 no connection, 6 timed out, 7 too often.
Environment: PARLOR_SERVER (the server to sign in to), PARLOR_PROFILE (the session's file).";

/// What was asked for.
pub(crate) struct Arguments {
    pub(crate) command: Command,
    /// The file of the session, when it is not the usual one.
    pub(crate) profile: Option<PathBuf>,
    /// One object of the contract a line.
    pub(crate) json: bool,
}

pub(crate) enum Command {
    Login(Login),
    Logout,
    WhoAmI,
    ListRooms,
    CreateRoom(NewRoom),
    /// The room's name or id.
    JoinRoom(String),
    Send(Message),
    Tail(Tail),
    Tui(Tui),
}

/// How to show the rooms.
#[derive(Default)]
pub(crate) struct Tui {
    /// The room to begin with.
    pub(crate) room: Option<String>,
    /// Lines rather than a screen.
    pub(crate) plain: bool,
    pub(crate) theme: Option<String>,
    pub(crate) ascii: bool,
}

/// How to sign in; what is missing is asked for.
pub(crate) struct Login {
    pub(crate) register: bool,
    pub(crate) server: Option<String>,
    pub(crate) email: Option<LoginEmail>,
    pub(crate) username: Option<Username>,
    pub(crate) password_stdin: bool,
}

/// What to send.
pub(crate) struct Message {
    pub(crate) room: String,
    /// `None`: standard input.
    pub(crate) text: Option<String>,
    pub(crate) id: Option<ClientMessageId>,
    /// How long a lost connection is tried again.
    pub(crate) patience: Duration,
}

/// What to print of a room.
pub(crate) struct Tail {
    pub(crate) room: String,
    /// How many messages of before.
    pub(crate) before: u64,
    /// After how many messages to end.
    pub(crate) count: Option<NonZeroU64>,
}

/// Reads the program's arguments.
pub(crate) fn read() -> Result<Arguments, clap::Error> {
    let matches = program().try_get_matches()?;
    let (profile, json) = (one(&matches, "profile"), matches.get_flag("json"));
    let command = match matches.subcommand() {
        Some(("login", given)) => Command::Login(Login {
            register: given.get_flag("register"),
            server: one(given, "server"),
            email: one(given, "email"),
            username: one(given, "username"),
            password_stdin: given.get_flag("password-stdin"),
        }),
        Some(("logout", _)) => Command::Logout,
        Some(("whoami", _)) => Command::WhoAmI,
        Some(("rooms", rooms)) => match rooms.subcommand() {
            Some(("create", given)) => Command::CreateRoom(NewRoom {
                name: required(given, "name")?,
                description: one(given, "description"),
                is_private: given.get_flag("private").then_some(true),
            }),
            Some(("join", given)) => Command::JoinRoom(required(given, "room")?),
            _ => Command::ListRooms,
        },
        Some(("send", given)) => Command::Send(Message {
            room: required(given, "room")?,
            text: one::<String>(given, "text").filter(|text| text != "-"),
            id: one(given, "id"),
            patience: Duration::from_secs(required(given, "timeout")?),
        }),
        Some(("tail", given)) => Command::Tail(Tail {
            room: required(given, "room")?,
            before: required(given, "before")?,
            count: one(given, "count"),
        }),
        Some(("tui", given)) => Command::Tui(Tui {
            room: one(given, "room"),
            plain: given.get_flag("plain"),
            theme: one(given, "theme"),
            ascii: given.get_flag("ascii"),
        }),
        // Without a command the rooms are shown, where there is a screen.
        None if io::stdout().is_terminal() => Command::Tui(Tui::default()),
        _ => {
            let mut program = program();
            let help = program.render_help();
            return Err(program.error(clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand, help));
        }
    };
    Ok(Arguments { command, profile, json })
}

fn program() -> clap::Command {
    let command = |name: &'static str, about: &'static str| clap::Command::new(name).about(about);
    let room = || Arg::new("room").value_name("ROOM").required(true).help("The room's name or id");
    clap::Command::new("parlor")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Talks to a Parlor chat server")
        .after_help(AFTER_HELP)
        .arg(
            option("profile", "FILE", "The session's file").value_parser(value_parser!(PathBuf)).global(true),
        )
        .arg(flag("json", "Print one JSON object of the contract a line").global(true))
        .subcommand(
            command("login", "Sign in, and keep the session")
                .arg(flag("register", "Make the account first"))
                .arg(option("server", "URL", "The server, such as http://127.0.0.1:5000"))
                .arg(option("email", "EMAIL", "The account's address").value_parser(str::parse::<LoginEmail>))
                .arg(
                    option("username", "NAME", "The new account's name")
                        .value_parser(str::parse::<Username>)
                        .requires("register"),
                )
                .arg(flag("password-stdin", "Read the password from standard input")),
        )
        .subcommand(
            command("tui", "Show the rooms on the whole terminal, as parlor does without a command")
                .arg(Arg::new("room").value_name("ROOM").help("The room to begin with, by its name or id"))
                .arg(flag("plain", "Add lines instead of drawing, for screen readers (also PARLOR_PLAIN=1)"))
                .arg(option("theme", "THEME", "The colours").value_parser(Theme::NAMES))
                .arg(flag("ascii", "Draw with ASCII's characters alone")),
        )
        .subcommand(command("logout", "End the session"))
        .subcommand(command("whoami", "Print who is signed in, and where"))
        .subcommand(
            command("rooms", "List, make and join rooms")
                .subcommand_required(true)
                .subcommand(command("list", "List the rooms that you can see, newest first"))
                .subcommand(
                    command("create", "Make a room, and print its id")
                        .arg(
                            Arg::new("name")
                                .value_name("NAME")
                                .required(true)
                                .value_parser(str::parse::<RoomName>),
                        )
                        .arg(flag("private", "Only invited people see it"))
                        .arg(
                            option("description", "TEXT", "What it is about")
                                .value_parser(str::parse::<Description>),
                        ),
                )
                .subcommand(command("join", "Become a member of a room, and print its id").arg(room())),
        )
        .subcommand(
            command("send", "Send a message, and print its id once it is stored")
                .arg(room())
                .arg(
                    Arg::new("text")
                        .value_name("TEXT")
                        .help("What to say; standard input without it, or for -"),
                )
                .arg(
                    option("id", "KEY", "The message's own id: sent twice, it is one message")
                        .value_parser(str::parse::<ClientMessageId>),
                )
                .arg(
                    option("timeout", "SECONDS", "How long a lost connection is tried again")
                        .default_value("30")
                        .value_parser(value_parser!(u64).range(..=86_400)),
                ),
        )
        .subcommand(
            command("tail", "Print a room's messages as they come")
                .arg(room())
                .arg(
                    option("before", "N", "How many messages of before to print first")
                        .short('n')
                        .default_value("10")
                        .value_parser(value_parser!(u64)),
                )
                .arg(
                    option("count", "N", "End after so many messages")
                        .value_parser(value_parser!(NonZeroU64)),
                ),
        )
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).help(help).action(ArgAction::SetTrue)
}

fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

fn one<T: Clone + Send + Sync + 'static>(given: &ArgMatches, name: &str) -> Option<T> {
    given.get_one::<T>(name).cloned()
}

fn required<T: Clone + Send + Sync + 'static>(given: &ArgMatches, name: &str) -> Result<T, clap::Error> {
    one(given, name).ok_or_else(|| program().error(clap::error::ErrorKind::MissingRequiredArgument, name))
}
