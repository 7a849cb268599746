//! `config`, `doctor`, `completions`, `man`.

use super::{Command, command, missing, one, option, required};
use clap::{Arg, ArgMatches, Command as Clap, value_parser};
use clap_complete::Shell;
use std::path::PathBuf;

pub(crate) enum ConfigCommand {
    Path,
    Get(String),
    Set { key: String, value: String },
    Edit,
    Keys,
    Check,
}

pub(super) fn commands() -> [Clap; 4] {
    let key = || Arg::new("key").value_name("KEY").required(true).help("The key");
    [
        command("config", "Look at the configuration, and change it")
            .subcommand_required(true)
            .subcommand(command("path", "Print where the file is"))
            .subcommand(command("get", "Print the value of a key").arg(key()))
            .subcommand(
                command("set", "Set a key in the file")
                    .arg(key())
                    .arg(Arg::new("value").value_name("VALUE").required(true).help("Its value")),
            )
            .subcommand(command("edit", "Open the file in $EDITOR, and check it then"))
            .subcommand(command("keys", "List the keys, what they may be and what they mean"))
            .subcommand(command("check", "Say whether the file is right")),
        command("doctor", "Try each step between here and the server, and say which fails"),
        command("completions", "Print the completions for a shell").arg(
            Arg::new("shell")
                .value_name("SHELL")
                .required(true)
                .help("The shell")
                .value_parser(value_parser!(Shell)),
        ),
        command("man", "Print the manual page").arg(
            option("dir", "DIR", "Write a page for each command into this folder instead")
                .value_parser(value_parser!(PathBuf)),
        ),
    ]
}

pub(super) fn read(name: &str, given: &ArgMatches) -> Option<Result<Command, clap::Error>> {
    Some(match name {
        "config" => config(given).map(Command::Config),
        "doctor" => Ok(Command::Doctor),
        "completions" => required(given, "shell").map(Command::Completions),
        "man" => Ok(Command::Man { folder: one(given, "dir") }),
        _ => return None,
    })
}

fn config(given: &ArgMatches) -> Result<ConfigCommand, clap::Error> {
    Ok(match given.subcommand() {
        Some(("path", _)) => ConfigCommand::Path,
        Some(("get", given)) => ConfigCommand::Get(required(given, "key")?),
        Some(("set", given)) => {
            ConfigCommand::Set { key: required(given, "key")?, value: required(given, "value")? }
        }
        Some(("edit", _)) => ConfigCommand::Edit,
        Some(("keys", _)) => ConfigCommand::Keys,
        Some(("check", _)) => ConfigCommand::Check,
        _ => return Err(missing("what about the configuration?")),
    })
}
