//! `login`, `logout`, `whoami`, `status`, `profile`.

use super::{Command, command, flag, missing, one, option, program, required};
use crate::profile::Keeping;
use clap::{Arg, ArgMatches, Command as Clap, error::ErrorKind};
use parlor_client::protocol::text::{LoginEmail, Username};

/// How to sign in; what is missing is asked for.
pub(crate) struct Login {
    pub(crate) register: bool,
    pub(crate) server: Option<String>,
    pub(crate) email: Option<LoginEmail>,
    pub(crate) username: Option<Username>,
    pub(crate) password_stdin: bool,
    pub(crate) keeping: Keeping,
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
            .arg(Arg::new("url").value_name("URL").help("The server; the same as --server"))
            .arg(flag("register", "Make the account first"))
            .arg(option("email", "EMAIL", "The account's address").value_parser(str::parse::<LoginEmail>))
            .arg(
                option("username", "NAME", "The new account's name")
                    .value_parser(str::parse::<Username>)
                    .requires("register"),
            )
            .arg(flag("password-stdin", "Read the password from standard input"))
            .arg(
                flag("insecure-storage", "Keep the session in a file, without the desktop's secret service")
                    .conflicts_with("require-keyring"),
            )
            .arg(flag("require-keyring", "Keep the session in the secret service, or don't sign in")),
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
            server: match server(given) {
                Ok(server) => server,
                Err(error) => return Some(Err(error)),
            },
            email: one(given, "email"),
            username: one(given, "username"),
            password_stdin: given.get_flag("password-stdin"),
            keeping: match (given.get_flag("insecure-storage"), given.get_flag("require-keyring")) {
                (true, _) => Keeping::File,
                (_, true) => Keeping::Keyring,
                _ => Keeping::Auto,
            },
        }),
        "logout" => Command::Logout { all_devices: given.get_flag("all-devices") },
        "whoami" => Command::WhoAmI,
        "status" => Command::Status,
        "profile" => return Some(profile(given).map(Command::Profile)),
        _ => return None,
    }))
}

/// The server that stands without a flag. Whoever types a name there, or an e-mail address, hears which flag takes it.
fn server(given: &ArgMatches) -> Result<Option<String>, clap::Error> {
    let Some(url) = one::<String>(given, "url") else { return Ok(None) };
    let is_host = url == "localhost" || url.contains(['.', ':', '/']);
    let words = if url.contains('@') && !url.contains("://") {
        let registers = if given.get_flag("register") { " --register" } else { "" };
        format!(
            "{url} is an e-mail address, and the server is wanted there: parlor login{registers} --email {url}"
        )
    } else if is_host && given.contains_id("server") {
        format!("the server is named twice, as {url} and with --server: leave one of them out")
    } else if is_host {
        return Ok(Some(url));
    } else if given.get_flag("register") {
        format!(
            "--register takes no name, and {url} stands where the server is wanted. To make the account {url}: parlor login --register --username {url}. If {url} is the server: parlor login --register https://{url}"
        )
    } else {
        format!(
            "{url} stands where the server is wanted. An account is named by its e-mail address, with --email. If {url} is the server: parlor login https://{url}"
        )
    };
    let mut program = program();
    program.build();
    let login = program.find_subcommand_mut("login");
    Err(login.map_or_else(|| missing(&words), |login| login.error(ErrorKind::ValueValidation, &words)))
}

fn profile(given: &ArgMatches) -> Result<ProfileCommand, clap::Error> {
    Ok(match given.subcommand() {
        Some(("list", _)) => ProfileCommand::List,
        Some(("use", given)) => ProfileCommand::Use(required(given, "name")?),
        Some(("remove", given)) => ProfileCommand::Remove(required(given, "name")?),
        _ => return Err(missing("what about profiles?")),
    })
}
