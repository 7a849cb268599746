//! `migrate`: brings the tables up to date, or says whether they are.

use super::{Asked, Failure, Subcommand, say};
use clap::{Arg, ArgAction, Command};
use parlor_server::store::Store;

pub(super) const SUBCOMMAND: Subcommand =
    Subcommand { command, run: |asked| Box::pin(async move { run(&asked).await }) };

/// The exit status of `--check` when the tables are behind.
const BEHIND: u8 = 3;

fn command() -> Command {
    Command::new("migrate").about("Bring the database's tables up to date, as a start does").arg(
        Arg::new("check")
            .long("check")
            .action(ArgAction::SetTrue)
            .help("Change nothing; exit 0 if they are up to date, 3 if a start would change them"),
    )
}

async fn run(asked: &Asked) -> Result<(), Failure> {
    let settings = asked.settings();
    let pending = Store::pending_changes(&settings).await?;
    let names = pending.join(", ");
    if pending.is_empty() {
        say("The tables are up to date.");
    } else if asked.arguments.get_flag("check") {
        say(format_args!("The tables are behind: {} to be made ({names}).", changes(pending.len())));
        return Err(Failure { message: String::new(), status: BEHIND });
    } else {
        asked.config.make_data_dir().map_err(Failure::new)?;
        Store::open(&settings).await?.close().await;
        say(format_args!("The tables are up to date: {} made ({names}).", changes(pending.len())));
    }
    Ok(())
}

fn changes(count: usize) -> String {
    match count {
        1 => "1 change".to_owned(),
        _ => format!("{count} changes"),
    }
}
