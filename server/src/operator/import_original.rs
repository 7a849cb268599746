//! `import-original`: moves the database of the original server, a MySQL, into an empty one of Parlor's.
//!
//! One transaction: either all of it is there in the end, or nothing.

mod accounts;
mod ids;
mod report;
mod rooms;
mod source;
mod target;
mod texts;

use super::{Asked, Failure, Subcommand, unserved::nobody_serves};
use chrono::{DateTime, Utc};
use clap::{Arg, ArgAction, Command, value_parser};
use futures_util::TryStreamExt;
use parlor_server::{
    clock::Clock,
    config::DatabaseUrl,
    store::{
        Store, copy, history,
        original::{self, Original, OriginalError, moment},
    },
};
use report::{Finding, Report};
use source::Source;
use std::{path::PathBuf, pin::pin};
use target::Target;

pub(super) const SUBCOMMAND: Subcommand =
    Subcommand { command, run: |asked| Box::pin(async move { run(&asked).await }) };

fn command() -> Command {
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    Command::new("import-original")
        .about("Move the original Node server's MySQL database into Parlor's, which must be empty")
        .after_help(
            "Stop the original first, and start no server on Parlor's database before this has ended. The original's database is only \
             read. The report tells everything that is not as it was; it holds names, addresses and texts, but no password, hash or code.",
        )
        .arg(Arg::new("ORIGINAL").required(true).help("Its database: mysql://user:password@host/database; or -, to read that from standard input"))
        .arg(flag("dry-run", "Read and report everything; write nothing, and don't look at Parlor's database"))
        .arg(
            Arg::new("report")
                .long("report")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Write the report there and not to standard output"),
        )
        .arg(flag("json", "The report in JSON, an object a line"))
}

impl From<OriginalError> for Failure {
    fn from(error: OriginalError) -> Self {
        Self::new(error)
    }
}

/// Reads times; none is later than now.
#[derive(Clone, Copy, Debug)]
struct Moments {
    now: DateTime<Utc>,
}

impl Moments {
    fn known(self, text: Option<&str>) -> Option<DateTime<Utc>> {
        moment(text).filter(|at| *at <= self.now)
    }

    /// The time of a row; `instead` if that is none. It goes into ids, so it may not be another in every run.
    fn read(
        self,
        what: &'static str,
        id: &str,
        text: Option<&str>,
        instead: DateTime<Utc>,
        report: &mut Report,
    ) -> DateTime<Utc> {
        self.known(text).unwrap_or_else(|| {
            let why = "it is missing, no time, or in the future";
            report.found(Finding { what, id, from: text, to: Some(&instead.to_rfc3339()), why });
            instead
        })
    }
}

async fn run(asked: &Asked) -> Result<(), Failure> {
    let url = asked.arguments.get_one::<String>("ORIGINAL").map_or("", String::as_str);
    let url = if url == "-" { super::line_of_input("The original's database")? } else { url.to_owned() };
    let refused = |message| Failure { message, status: super::USAGE };
    let url = match url.parse() {
        Ok(DatabaseUrl::MySql(url)) => url,
        Ok(_) => {
            return Err(refused(
                "the original's database is a MySQL: mysql://user:password@host/database".to_owned(),
            ));
        }
        Err(why) => return Err(refused(format!("the original's database {why}"))),
    };
    let is_dry = asked.arguments.get_flag("dry-run");
    let file = asked.arguments.get_one::<PathBuf>("report");
    let store = if is_dry { None } else { Some(open_empty(asked).await?) };
    let mut original = Original::open(&url).await?;
    let mut report = Report::open(file.map(PathBuf::as_path), asked.arguments.get_flag("json"))?;
    let (outcome, end) = match move_all(&mut original, store.as_ref(), &mut report).await {
        Err(failure) => (Err(failure), "It failed: nothing was written."),
        Ok(target) => match (target.commit().await, is_dry) {
            (Ok(()), true) => (Ok(()), "A dry run: nothing was written."),
            (Ok(()), false) => (Ok(()), "Everything was moved."),
            (Err(failure), _) => (
                Err(failure),
                "It failed at the last step: `parlor-server user list` tells whether anything was written.",
            ),
        },
    };
    if let Some(store) = store {
        store.close().await;
    }
    report.says(end);
    outcome?;
    report.is_whole().map_err(|Failure { message, .. }| Failure::new(format_args!("{end} But {message}")))?;
    if file.is_some() {
        super::say(end);
    }
    Ok(())
}

/// Parlor's database, which nobody has used yet.
async fn open_empty(asked: &Asked) -> Result<Store, Failure> {
    if let DatabaseUrl::MySql(target) = asked.settings().url
        && original::is_here(&target).await?
    {
        return Err(Failure::new(
            "Parlor's database is the original's own: give Parlor one of its own with --database-url",
        ));
    }
    let store = Store::open_to_import(&asked.settings()).await?;
    match is_to_be_filled(&store).await {
        Ok(()) => Ok(store),
        Err(failure) => {
            store.close().await;
            Err(failure)
        }
    }
}

async fn is_to_be_filled(store: &Store) -> Result<(), Failure> {
    let mut tx = store.read().await?;
    if !history::is_empty(&mut tx).await? || copy::progress(&mut tx).await?.is_some() {
        return Err(not_empty());
    }
    drop(tx);
    nobody_serves(store).await
}

fn not_empty() -> Failure {
    Failure::new("Parlor's database has accounts already: the original can be moved into an empty one only")
}

async fn move_all(
    original: &mut Original,
    store: Option<&Store>,
    report: &mut Report,
) -> Result<Target, Failure> {
    let moments = Moments { now: Clock::default().now_utc() };
    let mut source = Source::read(original, moments, report).await?;
    let mut messages = pin!(original.messages()?);
    // The database sorts before it gives the first. Parlor's transaction begins after that, since it may not rest for long.
    let mut next = messages.try_next().await?;
    let mut target = match store {
        Some(store) => Target::begin(store).await?,
        None => Target::nowhere(),
    };
    target.rooms(&mut source).await?;
    while let Some(message) = next {
        source.message(&message, moments, report)?;
        target.entries(&mut source.entries, false).await?;
        next = messages.try_next().await?;
    }
    source.finish();
    target.entries(&mut source.entries, true).await?;
    target.finish(&source).await?;
    report.counts(&source.counts());
    report.is_whole()?;
    Ok(target)
}
