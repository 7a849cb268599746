//! `user`: who has an account, a new password for somebody, and keeping somebody out.

use super::{Asked, Failure, Subcommand, json_flag, remark, say, say_json};
use clap::{Arg, ArgAction, ArgMatches, Command};
use parlor_server::{
    domain::{passwords::Passwords, users},
    store::{self, Store, users::UserRow},
};
use serde_json::json;
use std::io::{self, Write as _};

pub(super) const SUBCOMMAND: Subcommand =
    Subcommand { command, run: |asked| Box::pin(async move { run(&asked).await }) };

/// So many accounts are read at once.
const PAGE: i64 = 500;

fn command() -> Command {
    let who = || Arg::new("WHO").required(true).help("A name, an e-mail address or an id");
    Command::new("user")
        .about("List accounts, give one a new password, keep one out or let it in again")
        .subcommand_required(true)
        .subcommand(Command::new("list").about("Print every account").arg(json_flag()))
        .subcommand(
            Command::new("reset-password")
                .about("Give an account a new password, made and printed here, and end its sessions")
                .arg(who())
                .arg(
                    Arg::new("stdin")
                        .long("stdin")
                        .action(ArgAction::SetTrue)
                        .help("Take the first line of standard input for the password"),
                ),
        )
        .subcommand(
            Command::new("disable")
                .about("Keep somebody out: end their sessions and refuse their password")
                .arg(who()),
        )
        .subcommand(Command::new("enable").about("Let somebody sign in again").arg(who()))
}

async fn run(asked: &Asked) -> Result<(), Failure> {
    let store = asked.store_beside().await?;
    let done = match asked.arguments.subcommand() {
        Some(("list", arguments)) => list(&store, arguments.get_flag("json")).await,
        Some(("reset-password", arguments)) => reset_password(&store, arguments).await,
        Some(("disable", arguments)) => disable(&store, arguments).await,
        Some(("enable", arguments)) => enable(&store, arguments).await,
        _ => Err(Failure::new("user: say what to do")),
    };
    store.close().await;
    done
}

async fn list(store: &Store, in_json: bool) -> Result<(), Failure> {
    let mut last = String::new();
    loop {
        let rows = store::users::page(&mut store.read().await?, &last, PAGE).await?;
        for row in &rows {
            if in_json {
                say_json(&json!({
                    "id": row.id, "username": row.username, "email": row.email, "createdAt": row.created_at,
                    "lastSeenAt": row.last_seen_at, "disabledAt": row.disabled_at,
                }))?;
            } else {
                let disabled = if row.disabled_at.is_some() { "  disabled" } else { "" };
                say(format_args!("{}  {:<30}  {}{disabled}", row.id, row.username, row.email));
            }
        }
        match rows.into_iter().next_back() {
            Some(row) => last = row.username_key,
            None => return Ok(()),
        }
    }
}

/// The account that is meant.
async fn find(store: &Store, arguments: &ArgMatches) -> Result<UserRow, Failure> {
    let who = arguments.get_one::<String>("WHO").map_or("", String::as_str);
    users::find(store, who).await?.ok_or_else(|| {
        Failure::new(format_args!(
            "There is no account {who:?}: give a name, an e-mail address or an id that `parlor-server user list` prints."
        ))
    })
}

async fn reset_password(store: &Store, arguments: &ArgMatches) -> Result<(), Failure> {
    let row = find(store, arguments).await?;
    let given = if arguments.get_flag("stdin") { Some(super::line_of_input("The password")?) } else { None };
    let passwords = Passwords::new()?;
    let (ended, made) = users::reset_password(store, &passwords, super::now(), &row, given).await?;
    remark(format_args!("{} has a new password; {ended} sessions were ended.", row.username));
    if row.disabled_at.is_some() {
        remark("The account is disabled all the same; `parlor-server user enable` lets it in again.");
    }
    if let Some(password) = made {
        // Nobody else knows it.
        writeln!(io::stdout(), "{}", password.as_str()).map_err(|error| {
            Failure::new(format_args!(
                "The new password cannot be printed ({error}): run this again for another one."
            ))
        })?;
    }
    Ok(())
}

async fn disable(store: &Store, arguments: &ArgMatches) -> Result<(), Failure> {
    let row = find(store, arguments).await?;
    let ended = users::disable(store, super::now(), row.id).await?;
    remark(format_args!("{} cannot sign in any more; {ended} sessions were ended.", row.username));
    Ok(())
}

async fn enable(store: &Store, arguments: &ArgMatches) -> Result<(), Failure> {
    let row = find(store, arguments).await?;
    users::enable(store, row.id).await?;
    remark(format_args!("{} can sign in.", row.username));
    Ok(())
}
