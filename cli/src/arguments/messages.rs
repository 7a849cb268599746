//! `send`, `tail`, `history`, `read`, `events`, `outbox`.

use super::{
    Command, NO_NUMBER, command, count, flag, from_one, missing, one, option, required, room, several,
};
use clap::{Arg, ArgAction, ArgMatches, Command as Clap, value_parser};
use parlor_client::protocol::{ids::MessageId, text::ClientMessageId};
use regex::Regex;
use std::{num::NonZeroU64, path::PathBuf};

const CURSOR_HELP: &str = "\
A later run with the same FILE goes on where this one ended: it prints what came meanwhile, and nothing twice.

FILE is replaced after each message. SIGTERM and Ctrl-C wait for the message that is being printed, so nothing is lost or \
doubled. After kill -9 the same holds if standard output is a regular file, appended to with >>. A pipe can't be asked what \
it took: there the last message before a kill -9 may come a second time, never be missing. What the server no longer has \
is told on standard error.";

const EXEC_HELP: &str = "\
The command runs in sh, once for each message and one after the other, with the message as --json prints it on its standard \
input. When it fails, tail ends with 1, and the cursor stays before that message: a later run tries it again.";

/// What to send.
pub(crate) struct Message {
    pub(crate) room: String,
    /// `None`: standard input.
    pub(crate) text: Option<String>,
    pub(crate) id: Option<ClientMessageId>,
    /// Each line of standard input is a message.
    pub(crate) lines: bool,
    /// Leave it in the outbox.
    pub(crate) no_wait: bool,
}

/// What to print of rooms.
pub(crate) struct Tail {
    pub(crate) rooms: Vec<String>,
    /// Every room that one is a member of.
    pub(crate) all: bool,
    /// How many messages of before.
    pub(crate) before: u64,
    /// After how many messages to end.
    pub(crate) count: Option<NonZeroU64>,
    pub(crate) until_match: Option<Regex>,
    /// The command that takes each message.
    pub(crate) exec: Option<String>,
    pub(crate) cursor: Option<PathBuf>,
}

/// Which messages of a room.
pub(crate) struct History {
    pub(crate) room: String,
    pub(crate) count: u64,
    pub(crate) before: Option<i64>,
}

/// Up to where one has read.
pub(crate) struct Read {
    pub(crate) room: String,
    /// `None`: everything.
    pub(crate) message: Option<MessageId>,
}

/// Which events to print.
pub(crate) struct Watch {
    /// None: every room that one is a member of.
    pub(crate) rooms: Vec<String>,
    pub(crate) count: Option<NonZeroU64>,
}

pub(crate) enum OutboxCommand {
    List,
    /// Sends what waits, or one message of it.
    Retry(Option<ClientMessageId>),
    Drop(ClientMessageId),
}

/// A place in a room's log.
fn seq(text: &str) -> Result<i64, &'static str> {
    i64::try_from(from_one(text)?.get()).map_err(|_| NO_NUMBER)
}

pub(super) fn commands() -> [Clap; 6] {
    let rooms = |help: &'static str| {
        Arg::new("rooms").value_name("ROOM").num_args(0..).action(ArgAction::Append).help(help)
    };
    let end_after = || option("count", "N", "End after so many").value_parser(from_one);
    let id = || Arg::new("id").value_name("ID").value_parser(str::parse::<ClientMessageId>);
    [
        command("send", "Send a message, and print its id once it is stored")
            .arg(room())
            .arg(
                Arg::new("text")
                    .value_name("TEXT")
                    .num_args(0..)
                    .action(ArgAction::Append)
                    .help("What to say, in as many words as it takes; standard input without it, or for -"),
            )
            .arg(
                option("id", "KEY", "The message's own id: sent twice, it is one message")
                    .long_help(
                        "The message's own id: sent twice, it is one message. With --lines the n-th line has the id KEY-n",
                    )
                    .value_parser(str::parse::<ClientMessageId>),
            )
            .arg(
                flag("lines", "Each line of standard input is a message; blank ones are left out")
                    .conflicts_with("text"),
            )
            .arg(flag("no-wait", "Only leave it in the outbox, for the next send or `outbox retry`, and print its own id")),
        command("tail", "Print the messages of rooms as they come")
            .arg(rooms("The rooms' names or ids").required_unless_present("all"))
            .arg(flag("all", "Every room that you are a member of now").conflicts_with("rooms"))
            .arg(count("before", "How many messages of before to print first").short('n').default_value("10"))
            .arg(end_after())
            .arg(
                option("until-match", "REGEX", "End after the first message in which this is found")
                    .value_parser(Regex::new),
            )
            .arg(option("exec", "CMD", "Run a command for each message instead of printing it").long_help(EXEC_HELP))
            .arg(
                option("cursor", "FILE", "Go on where the last run with this file ended")
                    .long_help(CURSOR_HELP)
                    .value_parser(value_parser!(PathBuf)),
            ),
        command("history", "Print messages of a room, oldest first")
            .arg(room())
            .arg(count("count", "How many").short('n').default_value("50"))
            .arg(option("before", "SEQ", "Only those before this `seq`").value_parser(seq)),
        command("read", "Mark messages as read, and print up to which `seq`")
            .arg(room())
            .arg(
                Arg::new("message")
                    .value_name("ID")
                    .help("Up to this message; without it, all")
                    .value_parser(str::parse::<MessageId>),
            ),
        command("events", "Print every event of the server as JSON, as it comes over the wire")
            .arg(rooms("The rooms' names or ids; without any, all that you are a member of"))
            .arg(end_after()),
        command("outbox", "List, send and drop messages that wait to be sent")
            .subcommand(command("list", "List them, oldest first"))
            .subcommand(
                command("retry", "Send them, and print the ids of those that are stored").arg(id().help("Only this one")),
            )
            .subcommand(command("drop", "Forget one of them").arg(id().required(true).help("Which one"))),
    ]
}

pub(super) fn read(name: &str, given: &ArgMatches) -> Option<Result<Command, clap::Error>> {
    Some(match name {
        "send" => send(given).map(Command::Send),
        "tail" => tail(given).map(Command::Tail),
        "history" => history(given).map(Command::History),
        "read" => {
            required(given, "room").map(|room| Command::Read(Read { room, message: one(given, "message") }))
        }
        "events" => Ok(Command::Events(Watch { rooms: several(given, "rooms"), count: one(given, "count") })),
        "outbox" => outbox(given).map(Command::Outbox),
        _ => return None,
    })
}

fn send(given: &ArgMatches) -> Result<Message, clap::Error> {
    let words = several(given, "text");
    Ok(Message {
        room: required(given, "room")?,
        text: (!words.is_empty() && words != ["-"]).then(|| words.join(" ")),
        id: one(given, "id"),
        lines: given.get_flag("lines"),
        no_wait: given.get_flag("no-wait"),
    })
}

fn tail(given: &ArgMatches) -> Result<Tail, clap::Error> {
    Ok(Tail {
        rooms: several(given, "rooms"),
        all: given.get_flag("all"),
        before: required(given, "before")?,
        count: one(given, "count"),
        until_match: one(given, "until-match"),
        exec: one(given, "exec"),
        cursor: one(given, "cursor"),
    })
}

fn history(given: &ArgMatches) -> Result<History, clap::Error> {
    Ok(History {
        room: required(given, "room")?,
        count: required(given, "count")?,
        before: one(given, "before"),
    })
}

fn outbox(given: &ArgMatches) -> Result<OutboxCommand, clap::Error> {
    Ok(match given.subcommand() {
        None | Some(("list", _)) => OutboxCommand::List,
        Some(("retry", given)) => OutboxCommand::Retry(one(given, "id")),
        Some(("drop", given)) => OutboxCommand::Drop(required(given, "id")?),
        _ => return Err(missing("what about the outbox?")),
    })
}
