//! `rooms`.

use super::{Command, command, flag, missing, one, option, required, room, time};
use clap::{Arg, ArgMatches, Command as Clap, value_parser};
use parlor_client::protocol::{
    invites::Lifetime,
    page::Count,
    rooms::NewRoom,
    text::{Description, InviteCode, RoomName},
};

pub(crate) enum RoomCommand {
    List {
        unread: bool,
    },
    Info(String),
    Create(NewRoom),
    Join(String),
    /// Join by an invite.
    Accept(InviteCode),
    Leave(String),
    Members(String),
    Invite(Invitation),
}

/// An invite to be made.
pub(crate) struct Invitation {
    pub(crate) room: String,
    pub(crate) expires_in_seconds: Option<Lifetime>,
    pub(crate) max_uses: Option<Count>,
}

pub(super) fn commands() -> [Clap; 1] {
    [command("rooms", "List, make, join and leave rooms")
        .subcommand(
            command("list", "List the rooms that you can see, newest first; the same as `rooms` alone")
                .arg(flag("unread", "Only those with unread messages")),
        )
        .subcommand(command("info", "Print what there is to know of a room").arg(room()))
        .subcommand(
            command("create", "Make a room, and print its id")
                .arg(
                    Arg::new("name")
                        .value_name("NAME")
                        .required(true)
                        .help("Its name")
                        .value_parser(str::parse::<RoomName>),
                )
                .arg(flag("private", "Only invited people see it"))
                .arg(
                    option("description", "TEXT", "What it is about").value_parser(str::parse::<Description>),
                ),
        )
        .subcommand(
            command("join", "Become a member of a room, and print its id")
                .arg(room().required(false).required_unless_present("invite"))
                .arg(
                    option("invite", "CODE", "The invite to a private room")
                        .value_parser(str::parse::<InviteCode>)
                        .conflicts_with("room"),
                ),
        )
        .subcommand(command("leave", "End your membership").arg(room()))
        .subcommand(command("members", "List who belongs to a room").arg(room()))
        .subcommand(
            command("invite", "Make an invite to a private room, and print its code")
                .arg(room())
                .arg(option("expires", "TIME", "For how long, such as 2h or 7d").value_parser(lifetime))
                .arg(option("uses", "N", "For how many people").value_parser(value_parser!(i64).range(1..))),
        )]
}

pub(super) fn read(name: &str, given: &ArgMatches) -> Option<Result<Command, clap::Error>> {
    (name == "rooms").then(|| command_of(given).map(Command::Rooms))
}

fn command_of(given: &ArgMatches) -> Result<RoomCommand, clap::Error> {
    Ok(match given.subcommand() {
        None => RoomCommand::List { unread: false },
        Some(("list", given)) => RoomCommand::List { unread: given.get_flag("unread") },
        Some(("info", given)) => RoomCommand::Info(required(given, "room")?),
        Some(("create", given)) => RoomCommand::Create(NewRoom {
            name: required(given, "name")?,
            description: one(given, "description"),
            is_private: given.get_flag("private").then_some(true),
        }),
        Some(("join", given)) => match one(given, "invite") {
            Some(code) => RoomCommand::Accept(code),
            None => RoomCommand::Join(required(given, "room")?),
        },
        Some(("leave", given)) => RoomCommand::Leave(required(given, "room")?),
        Some(("members", given)) => RoomCommand::Members(required(given, "room")?),
        Some(("invite", given)) => RoomCommand::Invite(Invitation {
            room: required(given, "room")?,
            expires_in_seconds: one(given, "expires"),
            max_uses: one::<i64>(given, "uses").and_then(Count::new),
        }),
        _ => return Err(missing("what about rooms?")),
    })
}

fn lifetime(text: &str) -> Result<Lifetime, String> {
    let seconds = i64::try_from(time(text)?.as_secs()).ok();
    seconds
        .and_then(Lifetime::new)
        .ok_or_else(|| "must be a second at least, and ten years at most".to_owned())
}
