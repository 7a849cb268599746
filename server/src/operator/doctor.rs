//! `doctor`: looks at everything that a server stands on, and says what to do about what is not as it should be.

use super::{Asked, Failure, Subcommand, json_flag, now, say, say_json};
use crate::healthcheck;
use clap::Command;
use parlor_server::{
    Config,
    bus::Relay,
    config::BusUrl,
    store::{self, DatabaseUrl, OpenError, Store, StoreSettings},
};
use serde_json::json;
use std::{
    fs, io,
    net::{SocketAddr, TcpListener},
    os::unix::fs::PermissionsExt,
    path::Path,
};

pub(super) const SUBCOMMAND: Subcommand =
    Subcommand { command, run: |asked| Box::pin(async move { run(&asked).await }) };

/// In bytes: with less, writes are about to fail.
const DISK_FULL: u64 = 64 << 20;
/// In bytes: with less, one had better look after it.
const DISK_LOW: u64 = 1 << 30;
/// In milliseconds: entries of different nodes are timed by different clocks.
const CLOCK: i64 = 2000;

fn command() -> Command {
    Command::new("doctor")
        .about("Look at what a server stands on: settings, folder, database, clock, bus, ports, disk")
        .arg(json_flag())
        .after_help("It changes nothing, and can be asked while the server runs. It exits with 1 if a line says `fail`.")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Ok,
    Warn,
    Fail,
}

/// What was found out about one thing.
struct Finding {
    about: &'static str,
    verdict: Verdict,
    says: String,
}

#[derive(Default)]
struct Report(Vec<Finding>);

impl Report {
    fn ok(&mut self, about: &'static str, says: impl Into<String>) {
        self.0.push(Finding { about, verdict: Verdict::Ok, says: says.into() });
    }

    fn warn(&mut self, about: &'static str, says: impl Into<String>) {
        self.0.push(Finding { about, verdict: Verdict::Warn, says: says.into() });
    }

    fn fail(&mut self, about: &'static str, says: impl Into<String>) {
        self.0.push(Finding { about, verdict: Verdict::Fail, says: says.into() });
    }
}

async fn run(asked: &Asked) -> Result<(), Failure> {
    let config = &asked.config;
    let mut report = Report::default();
    settings(&mut report, asked);
    folder(&mut report, config);
    let store = database(&mut report, asked).await;
    bus(&mut report, config, store.as_ref()).await;
    if let Some(store) = store {
        store.close().await;
    }
    port(&mut report, "port", "PARLOR_LISTEN", config.listen).await;
    if let Some(address) = config.metrics_listen {
        port(&mut report, "metrics port", "PARLOR_METRICS_LISTEN", address).await;
    }
    disk(&mut report, config);
    for Finding { about, verdict, says } in &report.0 {
        let verdict = match verdict {
            Verdict::Ok => "ok",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
        };
        if asked.arguments.get_flag("json") {
            say_json(&json!({ "about": about, "verdict": verdict, "says": says }))?;
        } else {
            say(format_args!("{verdict:<5} {about:<13} {says}"));
        }
    }
    match report.0.iter().filter(|finding| finding.verdict == Verdict::Fail).count() {
        0 => Ok(()),
        1 => Err(Failure::new("One thing has to be put right.")),
        several => Err(Failure::new(format_args!("{several} things have to be put right."))),
    }
}

fn settings(report: &mut Report, asked: &Asked) {
    const ABOUT: &str = "settings";
    for warning in &asked.warnings {
        report.warn(ABOUT, warning);
    }
    match asked.config.check().and_then(|()| asked.config.served().map(drop)) {
        Ok(()) => report.ok(ABOUT, "they go together"),
        Err(error) => report.fail(ABOUT, error.to_string()),
    }
}

fn folder(report: &mut Report, config: &Config) {
    const ABOUT: &str = "data folder";
    let (folder, shown) = (&config.data_dir, config.data_dir.display());
    if config.database_url.is_some() && config.jwt_secret.is_some() {
        return report.ok(ABOUT, "none is needed: database and secret are elsewhere");
    }
    let mode = match fs::metadata(folder) {
        Ok(found) if found.is_dir() => Some(found.permissions().mode()),
        Ok(_) => return report.fail(ABOUT, format!("{shown} is no folder; PARLOR_DATA_DIR names another")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return report.fail(ABOUT, format!("{shown} can't be looked at: {error}")),
    };
    let place = existing(folder);
    if let Err(error) = tempfile::tempfile_in(place) {
        let shown = place.display();
        return report.fail(
            ABOUT,
            format!("nothing can be written to {shown}: {error}; give it to the server's user, or set PARLOR_DATA_DIR"),
        );
    }
    match mode {
        None => report.ok(ABOUT, format!("{shown} is not there yet; the first start makes it")),
        Some(mode) if mode & 0o077 != 0 => {
            report.warn(
                ABOUT,
                format!("others may look into {shown} (mode {:03o}): chmod 700 {shown}", mode & 0o777),
            );
        }
        Some(_) => report.ok(ABOUT, format!("{shown} is the server's alone")),
    }
    let secret = folder.join("secret");
    if config.jwt_secret.is_none()
        && fs::metadata(&secret).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
    {
        report.warn(ABOUT, format!("others may read the secret: chmod 600 {}", secret.display()));
    }
}

/// The nearest folder that is there: this one, or one that it is to be made in.
fn existing(folder: &Path) -> &Path {
    let there = folder.ancestors().find(|folder| folder.is_dir());
    there.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

async fn database(report: &mut Report, asked: &Asked) -> Option<Store> {
    let url = asked.config.database();
    let strict = StoreSettings { accept_data_loss: false, ..asked.settings() };
    let pending = match Store::pending_changes(&strict).await {
        Err(OpenError::Settings(why)) if asked.config.accept_data_loss => {
            report.warn("database", why);
            Store::pending_changes(&asked.settings()).await
        }
        found => found,
    };
    let pending = match pending {
        Ok(pending) => pending,
        Err(error @ (OpenError::Newer(_) | OpenError::Changed(_))) => {
            report.ok("database", format!("{url} answers"));
            report.fail("tables", error.to_string());
            return None;
        }
        Err(error) => {
            report.fail("database", format!("{url}: {error}"));
            return None;
        }
    };
    if !pending.is_empty() {
        report.ok("database", format!("{url} can be used"));
        report.warn("tables", format!("{} changes are to be made; the next start makes them", pending.len()));
        return None;
    }
    match Store::open_beside(&asked.settings()).await {
        Ok(store) => {
            report.ok("database", format!("{url} answers, and keeps what it has committed"));
            report.ok("tables", format!("they are of this version (change {})", store::schema_version()));
            clock(report, &store).await;
            Some(store)
        }
        Err(error) => {
            report.fail("database", format!("{url}: {error}"));
            None
        }
    }
}

async fn clock(report: &mut Report, store: &Store) {
    const ABOUT: &str = "clock";
    let before = now();
    let there = async { store::nodes::server_time(&mut store.read().await?).await };
    match there.await {
        Ok(None) => report.ok(ABOUT, "the database has no other than this machine's"),
        Ok(Some(there)) => {
            let off = (there - before).num_milliseconds().min((there - now()).num_milliseconds());
            if off.abs() < CLOCK {
                report.ok(ABOUT, format!("{} ms from the database server's", off.abs()));
            } else {
                let seconds = off.abs() / 1000;
                report.warn(
                    ABOUT,
                    format!("{seconds} s from the database server's; messages of several nodes get wrong times: use NTP"),
                );
            }
        }
        Err(error) => report.fail(ABOUT, format!("the database server's can't be read: {error}")),
    }
}

/// Without a bus there should be one server.
async fn without_bus(report: &mut Report, store: &Store) {
    const ABOUT: &str = "bus";
    let nodes = async { store::nodes::list(&mut store.read().await?).await };
    match nodes.await.map(|nodes| nodes.len()) {
        Ok(0 | 1) => report.ok(ABOUT, "off, which is right for one server"),
        Ok(nodes) => report.warn(
            ABOUT,
            format!("off, and {nodes} servers use this database, or did in the last minute: set PARLOR_BUS to the same at each"),
        ),
        Err(error) => report.fail(ABOUT, format!("who else uses the database can't be read: {error}")),
    }
}

async fn bus(report: &mut Report, config: &Config, store: Option<&Store>) {
    const ABOUT: &str = "bus";
    let Some(url) = &config.bus else {
        return match store {
            Some(store) => without_bus(report, store).await,
            None => report.ok(ABOUT, "off"),
        };
    };
    let epoch = store.map(Store::epoch).unwrap_or_default();
    let relay = match Relay::new(url, epoch, &config.database()) {
        Ok((_, relay)) => relay,
        Err(why) => return report.fail(ABOUT, why),
    };
    let name = if *url == BusUrl::Postgres { "PostgreSQL" } else { "Redis" };
    match relay.reach().await {
        Ok(()) => report.ok(ABOUT, format!("{name} answers")),
        Err(why) => {
            report.fail(ABOUT, format!("{name}: {why}; nodes hear of each other late until it is back"));
        }
    }
}

async fn port(report: &mut Report, about: &'static str, setting: &str, address: SocketAddr) {
    match TcpListener::bind(address) {
        Ok(_) => report.ok(about, format!("{address} is free")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            if healthcheck::ready(address).await.is_ok() {
                report.ok(about, format!("a server that is ready listens on {address}"));
            } else {
                report.fail(
                    about,
                    format!("{address} is taken by another program; choose another with {setting}"),
                );
            }
        }
        Err(error) => {
            report.fail(about, format!("can't listen on {address}: {error}; choose another with {setting}"));
        }
    }
}

fn disk(report: &mut Report, config: &Config) {
    const ABOUT: &str = "disk";
    let DatabaseUrl::Sqlite(file) = config.database() else {
        return report.ok(ABOUT, "the data is on the database server's");
    };
    let folder = existing(file.parent().unwrap_or(Path::new("")));
    let shown = folder.display();
    match rustix::fs::statvfs(folder) {
        Ok(found) => {
            let free = found.f_bavail.saturating_mul(found.f_frsize);
            let says = format!("{} MiB are free in {shown}", free >> 20);
            if free < DISK_FULL {
                report.fail(ABOUT, format!("{says}: make room, or messages are refused"));
            } else if free < DISK_LOW {
                report.warn(ABOUT, format!("{says}: see that there is room for what is to come"));
            } else {
                report.ok(ABOUT, says);
            }
        }
        Err(error) => report.fail(ABOUT, format!("the room in {shown} can't be read: {error}")),
    }
}
