//! `login`, `logout`, `whoami`, `status`, `profile`.

use super::{Command, command, flag, missing, one, option, required};
use clap::{Arg, ArgMatches, Command as Clap};
use parlor_client::protocol::text::{LoginEmail, Username};

/// How to sign in; what is missing is asked for.
pub(crate) struct Login {
    pub(crate) register: bool,
    pub(crate) server: Option<String>,
    pub(crate) email: Option<LoginEmail>,
    pub(crate) username: Option<Username>,
    pub(crate) password_stdin: bool,
}

pub(crate) enum ProfileCommand {
    List,
    Use(String),
    Remove(String),
}

pub(super) fn commands() -> [Clap; 5] {
    let name = || Arg::new("name").value_name("PROFILE").required(true).help("The profile's name");
    [
        command("login", "Sign in, and keep the session")
            .arg(
                Arg::new("url")
                    .value_name("URL")
                    .help("The server; the same as --server")
                    .conflicts_with("server"),
            )
            .arg(flag("register", "Make the account first"))
            .arg(option("email", "EMAIL", "The account's address").value_parser(str::parse::<LoginEmail>))
            .arg(
                option("username", "NAME", "The new account's name")
                    .value_parser(str::parse::<Username>)
                    .requires("register"),
            )
            .arg(flag("password-stdin", "Read the password from standard input")),
        command("logout", "End the session")
            .arg(flag("all-devices", "End all other sessions of the account too")),
        command("whoami", "Print who is signed in, and where"),
        command("status", "Print how the server, the session and the way between them are"),
        command("profile", "List, choose and remove profiles")
            .subcommand_required(true)
            .subcommand(command("list", "List the profiles; * is the one in use"))
            .subcommand(command("use", "Use this profile from now on").arg(name()))
            .subcommand(command("remove", "End a profile's session, and forget it").arg(name())),
    ]
}

pub(super) fn read(name: &str, given: &ArgMatches) -> Option<Result<Command, clap::Error>> {
    Some(Ok(match name {
        "login" => Command::Login(Login {
            register: given.get_flag("register"),
            server: one(given, "url"),
            email: one(given, "email"),
            username: one(given, "username"),
            password_stdin: given.get_flag("password-stdin"),
        }),
        "logout" => Command::Logout { all_devices: given.get_flag("all-devices") },
        "whoami" => Command::WhoAmI,
        "status" => Command::Status,
        "profile" => return Some(profile(given).map(Command::Profile)),
        _ => return None,
    }))
}

fn profile(given: &ArgMatches) -> Result<ProfileCommand, clap::Error> {
    Ok(match given.subcommand() {
        Some(("list", _)) => ProfileCommand::List,
        Some(("use", given)) => ProfileCommand::Use(required(given, "name")?),
        Some(("remove", given)) => ProfileCommand::Remove(required(given, "name")?),
        _ => return Err(missing("what about profiles?")),
    })
}
