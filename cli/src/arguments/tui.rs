//! `tui`, which is also what is done without a command.

use super::{Command, command, flag, one, option};
use crate::tui::Theme;
use clap::{Arg, ArgMatches, Command as Clap};

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

pub(super) fn commands() -> [Clap; 1] {
    [command("tui", "Show the rooms on the whole terminal, as parlor does without a command")
        .arg(Arg::new("room").value_name("ROOM").help("The room to begin with, by its name or id"))
        .arg(flag("plain", "Add lines instead of drawing, for screen readers"))
        .arg(option("theme", "THEME", "The colours; NO_COLOR is none").value_parser(Theme::NAMES))
        .arg(flag("ascii", "Draw with ASCII's characters alone"))]
}

pub(super) fn read(name: &str, given: &ArgMatches) -> Option<Result<Command, clap::Error>> {
    let tui = || Tui {
        room: one(given, "room"),
        plain: given.get_flag("plain"),
        theme: one(given, "theme"),
        ascii: given.get_flag("ascii"),
    };
    (name == "tui").then(|| Ok(Command::Tui(tui())))
}
