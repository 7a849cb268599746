//! Load on a real server, for `tests/bench`: figures that can be compared with an earlier run's.
//!
//! `parlor-load [--json FILE] [--compare FILE] [--server-core N] [--check] [FIGURE…]`
//!
//! With `--check` it fails when a figure misses its goal.
#![allow(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]

mod figures;
mod http;
mod latency;
mod people;
mod report;
mod server;
mod socket;

use report::Report;
use std::{env, io, path::PathBuf};
use tokio::task::LocalSet;

const FIGURES: [&str; 6] = ["start", "sends", "deliveries", "idle", "history", "connects"];

/// What the command line asks for.
struct Wanted {
    json: Option<PathBuf>,
    compare: Option<PathBuf>,
    server_core: usize,
    check: bool,
    figures: Vec<String>,
}

fn wanted(mut arguments: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let mut wanted = Wanted { json: None, compare: None, server_core: 0, check: false, figures: Vec::new() };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--json" => wanted.json = Some(value()?.into()),
            "--compare" => wanted.compare = Some(value()?.into()),
            "--server-core" => wanted.server_core = value()?.parse().map_err(|_| "a core is a number")?,
            "--check" => wanted.check = true,
            figure if FIGURES.contains(&figure) => wanted.figures.push(figure.to_owned()),
            other => return Err(format!("{other}: no such figure; there are {}", FIGURES.join(", "))),
        }
    }
    if wanted.figures.is_empty() {
        wanted.figures = FIGURES.map(str::to_owned).to_vec();
    }
    Ok(wanted)
}

async fn measure(wanted: &Wanted, report: &mut Report) -> io::Result<()> {
    let core = wanted.server_core;
    for figure in &wanted.figures {
        match figure.as_str() {
            "start" => figures::start(core, report).await?,
            "sends" => {
                figures::sends(core, 1, report).await?;
                figures::sends(core, 100, report).await?;
            }
            "deliveries" => {
                figures::deliveries(core, 100, report).await?;
                figures::deliveries(core, 1000, report).await?;
            }
            "idle" => figures::idle(core, report).await?,
            "history" => figures::history(core, report).await?,
            _ => figures::connects(core, report).await?,
        }
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let wanted = wanted(env::args().skip(1)).map_err(io::Error::other)?;
    let mut report = Report::against(wanted.compare.as_deref())?;
    // One thread, and so one core, is all that the load gets; the sockets need no locks then.
    LocalSet::new().run_until(measure(&wanted, &mut report)).await?;
    wanted.json.as_deref().map_or(Ok(()), |path| report.write(path))?;
    match report.missed() {
        missed if wanted.check && !missed.is_empty() => {
            Err(io::Error::other(format!("goals that were missed: {}", missed.join(", "))))
        }
        _ => Ok(()),
    }
}
