//! `parlor`, the terminal client of Parlor, made for scripts: data on standard output, all else on standard error.
//!
//! | to read about | look in |
//! | --- | --- |
//! | the commands and their flags | `arguments.rs` |
//! | what the environment says | `environment.rs` |
//! | the session, where it is kept, and how it is renewed | `profile.rs`, `account.rs` |
//! | a command | `login.rs`, `rooms.rs`, `send.rs`, `tail.rs` (and `feed.rs`, what it listens to) |
//! | what goes wrong, and the exit status | `failure.rs` |
//! | what is printed, and how text from others is made harmless | `output.rs`, `safe_text.rs` |
//! | what is asked of a person | `terminal.rs` |

mod account;
mod arguments;
mod environment;
mod failure;
mod feed;
mod login;
mod output;
mod profile;
mod rooms;
mod safe_text;
mod send;
mod tail;
mod terminal;
mod tui;

use account::Account;
use arguments::{Arguments, Command};
use failure::Failure;
use output::Output;
use profile::Profile;
use std::process::ExitCode;
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    let arguments = match arguments::read() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help goes to standard output with 0, a mistake to standard error with 2; a closed one changes neither.
            error.print().ok();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let json = arguments.json;
    let ended = Runtime::new().map_err(|cause| Failure::io("starting", &cause)).and_then(|runtime| {
        let ended = runtime.block_on(run(arguments));
        // A read of the terminal that nobody waits for any more must not hold up the exit.
        runtime.shutdown_background();
        ended
    });
    match ended {
        Ok(()) | Err(Failure::NobodyReads) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report(json);
            failure.exit_code()
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { command, profile, json } = arguments;
    let file = profile.map_or_else(environment::profile, Ok)?;
    let profile = Profile::at(file.clone());
    let output = Output { json };
    match command {
        Command::Login(login) => login::login(login, profile, output).await,
        Command::Logout => login::logout(Account::open(profile)?).await,
        Command::WhoAmI => login::who_am_i(&Account::open(profile)?, output).await,
        Command::ListRooms => rooms::list(&Account::open(profile)?, output).await,
        Command::CreateRoom(room) => rooms::create(&Account::open(profile)?, room, output).await,
        Command::JoinRoom(room) => rooms::join(&Account::open(profile)?, &room, output).await,
        Command::Send(message) => send::send(&Account::open(profile)?, message, output).await,
        Command::Tui(wanted) => tui::run(wanted, file, login::server(None, &profile)).await,
        Command::Tail(wanted) => tail::tail(&Account::open(profile)?, wanted, output).await,
    }
}
