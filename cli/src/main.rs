//! `parlor`, the terminal client of Parlor: a chat on the terminal, and commands for scripts, with data on standard output and all
//! else on standard error.
//!
//! | to read about | look in |
//! | --- | --- |
//! | the commands and their flags | `arguments.rs` |
//! | what flags, environment and configuration come to | `context.rs`, `environment.rs`, `config.rs` |
//! | the session, and where it is kept | `account.rs`, `profile.rs` |
//! | a command | the file of its name; `login.rs` has `logout` and `whoami`, `history.rs` has `read`, `manual.rs` has `completions` and `man` |
//! | what goes wrong, and the exit status | `failure.rs`, `signals.rs` |
//! | what is printed, and how text from others is made harmless | `output.rs`, `message.rs`, `safe_text.rs` |
//! | the way to a server, and what it says of itself | `server.rs` |
//! | what is asked of a person | `terminal.rs` |
//! | the rooms on the whole terminal | `tui.rs` |

mod account;
mod arguments;
mod config;
mod context;
mod doctor;
mod environment;
mod events;
mod failure;
mod files;
mod history;
mod login;
mod manual;
mod message;
mod outbox;
mod output;
mod profile;
mod profiles;
mod rooms;
mod safe_text;
mod send;
mod server;
mod signals;
mod status;
mod tail;
mod terminal;
mod tui;

use account::Account;
use arguments::{Arguments, Command};
use config::Config;
use context::Context;
use failure::Failure;
use output::Output;
use signals::Signals;
use std::process::ExitCode;
use tokio::{runtime::Runtime, time::timeout};

fn main() -> ExitCode {
    let arguments = match arguments::read() {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() && arguments::wants_json() => {
            let failure = Failure::Usage(arguments::in_a_sentence(&error));
            failure.report(true);
            return failure.exit_code();
        }
        Err(error) => {
            // Help goes to standard output with 0, a mistake to standard error with 2; a closed one changes neither.
            error.print().ok();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let json = arguments.globals.json;
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

async fn run(Arguments { command, globals }: Arguments) -> Result<(), Failure> {
    output::tell(globals.told, globals.json);
    let color = globals.color.unwrap_or(output::Color::Auto).is_wanted();
    let output = Output { json: globals.json, color };
    // What works whatever the configuration says.
    let command = match command {
        Command::Config(command) => return config::run(command, output),
        Command::Completions(shell) => return manual::completions(shell),
        Command::Man { folder } => return manual::man(folder),
        command => command,
    };
    let named = globals.timeout;
    let context = Context::new(globals, Config::load()?)?;
    // `send` and `tail` keep the time themselves: what they have begun they bring to an end.
    let limit = match command {
        Command::Send(_) | Command::Tail(_) | Command::Tui(_) => None,
        // A person may be typing: what holds for all commands is not meant for that.
        Command::Login(_) => named,
        _ => context.timeout,
    };
    match limit {
        Some(time) => timeout(time, Box::pin(one(command, &context)))
            .await
            .unwrap_or_else(|_| Err(Failure::TimedOut(format!("it took longer than {time:?}")))),
        None => Box::pin(one(command, &context)).await,
    }
}

async fn one(command: Command, context: &Context) -> Result<(), Failure> {
    let output = context.output;
    let patience = context.timeout.unwrap_or(send::PATIENCE);
    match command {
        Command::Login(login) => login::login(login, context).await,
        Command::Logout { all_devices } => login::logout(&context.account().await?, all_devices).await,
        Command::WhoAmI => login::who_am_i(&context.account().await?, output).await,
        Command::Status => status::status(&context.account().await?, output).await,
        Command::Profile(command) => profiles::run(command, context).await,
        Command::Rooms(command) => rooms::run(&context.account().await?, command, output).await,
        Command::Send(message) => {
            send::send(&context.account().await?.without_retries(), message, context.timeout, output).await
        }
        Command::Tail(wanted) => {
            let signals = Signals::listen()?;
            tail::tail(&context.account().await?, wanted, output, signals, context.timeout).await
        }
        Command::History(wanted) => history::history(&context.account().await?, wanted, output).await,
        Command::Read(wanted) => history::read(&context.account().await?, wanted, output).await,
        Command::Events(wanted) => events::events(context, wanted).await,
        Command::Outbox(command) => {
            outbox::run(&context.account().await?.without_retries(), command, patience, output).await
        }
        Command::Doctor => doctor::doctor(context).await,
        // It is by far the largest.
        Command::Tui(wanted) => Box::pin(tui::run(wanted, context)).await,
        // These need no account, see above.
        Command::Config(command) => config::run(command, output),
        Command::Completions(shell) => manual::completions(shell),
        Command::Man { folder } => manual::man(folder),
    }
}
