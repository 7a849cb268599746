//! `import`: reads what `export` has written into an empty database.
//!
//! The whole file is checked before anything is written. Rows are written in transactions that also note how far they reach, so that an
//! import that was cut off goes on where it stopped; until its end no server starts on the database. At its end everything is read back,
//! and the database gets an epoch of its own.

use super::{
    Asked, Failure, Subcommand, remark,
    stream::{AT_ONCE, FORMAT, Header, Sum, Sums, Trailer, each_row, hex, line, told},
    unserved::nobody_serves,
};
use clap::{Arg, Command, value_parser};
use parlor_server::{
    domain::passwords::original,
    store::{
        self, Store,
        copy::{self, Progress, Row, Table},
        history,
    },
};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};
use uuid::Uuid;

pub(super) const SUBCOMMAND: Subcommand =
    Subcommand { command, run: |asked| Box::pin(async move { run(&asked).await }) };

/// More than the longest row takes, whatever has to be escaped in it.
const LONGEST: u64 = 1 << 20;

fn command() -> Command {
    Command::new("import")
        .about("Read an export into an empty database; no server may run on it meanwhile")
        .arg(
            Arg::new("FILE")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help("What `parlor-server export` has written"),
        )
        .after_help(
            "The file is checked whole before anything is written. An import that was cut off goes on where it stopped, with the \
             same file; until it has come to its end, no server starts on the database.",
        )
}

async fn run(asked: &Asked) -> Result<(), Failure> {
    let Some(path) = asked.arguments.get_one::<PathBuf>("FILE") else {
        return Err(Failure::new("FILE is missing"));
    };
    let mut lines = Lines::open(path)?;
    let checked = lines.check()?;
    asked.config.make_data_dir().map_err(Failure::new)?;
    let store = Store::open_to_import(&asked.settings()).await?;
    let imported = import(&store, &mut lines, &checked).await;
    store.close().await;
    imported?;
    remark(format_args!("Imported {}.", told(&checked.sums)));
    Ok(())
}

async fn import(store: &Store, lines: &mut Lines<'_>, checked: &Checked) -> Result<(), Failure> {
    nobody_serves(store).await?;
    let mut done = begin(store, lines.path, checked).await?;
    lines.go_on_after(&done)?;
    let mut is_whole = false;
    while !is_whole {
        let mut tx = store.write().await?;
        let mut next = done.clone();
        for _ in 0..AT_ONCE {
            match lines.next()? {
                Line::Row(row) => {
                    copy::insert(&mut tx, &row).await.map_err(|error| refused(lines, &error))?;
                    (next.bytes, next.lines) = (lines.at, lines.number);
                }
                Line::Trailer(_) => {
                    is_whole = true;
                    break;
                }
            }
        }
        if next != done && !copy::advance(&mut tx, &done, &next).await? {
            return Err(Failure::new("Another import goes on with this one: let it come to its end."));
        }
        tx.commit().await?;
        done = next;
    }
    let found = each_row(store, |_| Ok(())).await?;
    if let Some(difference) = difference(&checked.kept, &found) {
        return Err(Failure::new(format_args!(
            "What is in the database is not what is in the file: {difference}. Somebody else has written to it; begin anew with \
             an empty database."
        )));
    }
    let mut tx = store.write().await?;
    if let Some(cost) = checked.original_cost {
        history::keep_original_cost(&mut tx, cost).await?;
    }
    copy::finish(&mut tx, Uuid::now_v7()).await?;
    Ok(tx.commit().await?)
}

fn refused(lines: &Lines<'_>, error: &store::Error) -> Failure {
    Failure::new(format_args!(
        "{}, line {}: the database refuses this row: {error}.",
        lines.path.display(),
        lines.number,
    ))
}

/// Begins an import, or finds where it stopped.
async fn begin(store: &Store, path: &Path, checked: &Checked) -> Result<Progress, Failure> {
    let mut tx = store.write().await?;
    if let Some(begun) = copy::progress(&mut tx).await? {
        if begun.file == checked.file {
            remark(format_args!("It goes on after line {}.", begun.lines));
            return Ok(begun);
        }
        return Err(Failure::new(format_args!(
            "The database holds a part of another file, {}, and {} is not the same: import that one to its end, or begin anew \
             with an empty database.",
            begun.name,
            path.display()
        )));
    }
    if !copy::page(&mut tx, Table::User, None, 1).await?.is_empty() {
        return Err(Failure::new(
            "The database is not empty, and an import replaces nothing: name an empty one with --database-url or --data-dir.",
        ));
    }
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let begun = Progress { file: checked.file.clone(), bytes: checked.first_row, lines: 1, name };
    match copy::begin(&mut tx, &begun).await {
        Err(store::Error::Duplicate) => {
            return Err(Failure::new("Another import has begun a moment ago: let it come to its end."));
        }
        begun => begun?,
    }
    tx.commit().await?;
    Ok(begun)
}

/// A file that is whole.
struct Checked {
    /// Its SHA-256.
    file: String,
    /// At which byte the first row begins.
    first_row: u64,
    /// Of its lines.
    sums: BTreeMap<String, Sum>,
    /// Of the lines that its rows have once they are in a database: an older version's rows lack the columns that came later.
    kept: BTreeMap<String, Sum>,
    /// The highest cost of the original server's password hashes in it.
    original_cost: Option<u32>,
}

/// The lines of a file.
struct Lines<'p> {
    path: &'p Path,
    file: BufReader<File>,
    hash: Sha256,
    line: Vec<u8>,
    /// Of the last line that was read; the first is 1.
    number: u64,
    /// Where it ends.
    at: u64,
}

/// What a line says; the first one is read by itself.
enum Line {
    Row(Row),
    Trailer(Trailer),
}

impl<'p> Lines<'p> {
    fn open(path: &'p Path) -> Result<Self, Failure> {
        let file = File::open(path)
            .map_err(|error| Failure::new(format_args!("{} cannot be read: {error}.", path.display())))?;
        if !file.metadata().is_ok_and(|found| found.is_file()) {
            return Err(Failure::new(format_args!(
                "{} is no file, and an export is read several times: write it to one, and name that.",
                path.display()
            )));
        }
        let file = BufReader::with_capacity(1 << 20, file);
        Ok(Self { path, file, hash: Sha256::new(), line: Vec::new(), number: 0, at: 0 })
    }

    /// A failure of the line that was read last.
    fn bad(&self, what: impl std::fmt::Display) -> Failure {
        Failure::new(format_args!("{}, line {}: {what}", self.path.display(), self.number))
    }

    /// Reads the next line, up to its end; `false` when there is none.
    fn read(&mut self) -> Result<bool, Failure> {
        self.line.clear();
        self.number += 1;
        let read = (&mut self.file).take(LONGEST).read_until(b'\n', &mut self.line);
        let read = read.map_err(|error| self.bad(format_args!("it cannot be read: {error}.")))?;
        self.at += read as u64;
        self.hash.update(&self.line);
        match self.line.last() {
            None => Ok(false),
            Some(b'\n') => Ok(true),
            Some(_) if read as u64 == LONGEST => Err(self.bad("it is too long for any row of an export.")),
            Some(_) => Err(self.bad("the file is cut off in the midst of it; export again.")),
        }
    }

    /// What the next line says.
    fn next(&mut self) -> Result<Line, Failure> {
        if !self.read()? {
            return Err(self.bad("the file ends before its last line; it was cut off, so export again."));
        }
        let said = if self.line.starts_with(b"{\"tables\":") {
            serde_json::from_slice(&self.line).map(Line::Trailer)
        } else {
            serde_json::from_slice(&self.line).map(Line::Row)
        };
        said.map_err(|error| self.bad(format_args!("this is no row of an export: {error}.")))
    }

    /// Reads the file to its end, and refuses one that is not as it was written.
    fn check(&mut self) -> Result<Checked, Failure> {
        let header = self.read()?.then(|| serde_json::from_slice::<Header>(&self.line).ok()).flatten();
        match header.filter(|header| header.parlor == Header::EXPORT) {
            None => return Err(self.bad("this is not the beginning of an export of Parlor.")),
            Some(header) if header.format != FORMAT => {
                return Err(self.bad(format_args!(
                    "an export of format {} (Parlor {}); this version reads format {FORMAT}.",
                    header.format, header.version
                )));
            }
            Some(header) if header.schema > store::schema_version() => {
                return Err(self.bad(format_args!(
                    "an export of a newer version of Parlor ({}, with change {} of the tables, unknown here); use that version or a \
                     newer one.",
                    header.version, header.schema
                )));
            }
            Some(_) => {}
        }
        let first_row = self.at;
        let (mut sums, mut kept) = (Sums::new(), Sums::new());
        let mut last: Option<(Table, Vec<u8>)> = None;
        let mut original_cost = None;
        let trailer = loop {
            match self.next()? {
                Line::Row(row) => {
                    let place = Some((row.table(), row.key()));
                    if place <= last {
                        return Err(self.bad("this row is out of order, or is there twice."));
                    }
                    last = place;
                    sums.add(row.table(), &self.line);
                    kept.add(row.table(), &line(&row)?);
                    if let Row::User(user) = &row {
                        original_cost = original_cost.max(original::cost(user.password_hash()));
                    }
                }
                Line::Trailer(trailer) => break trailer,
            }
        };
        let (sums, kept) = (sums.done(), kept.done());
        if let Some(difference) = difference(&trailer.tables, &sums) {
            return Err(self.bad(format_args!("the file is not as it was written: {difference}.")));
        }
        if self.read()? {
            return Err(self.bad("there must be nothing after the end of the export."));
        }
        Ok(Checked { file: hex(&self.hash.finalize_reset()), first_row, sums, kept, original_cost })
    }

    /// Goes to where an import stopped.
    fn go_on_after(&mut self, done: &Progress) -> Result<(), Failure> {
        self.number = done.lines;
        self.at = done.bytes;
        match self.file.seek(SeekFrom::Start(done.bytes)) {
            Ok(_) => Ok(()),
            Err(error) => Err(self.bad(format_args!("it cannot be read: {error}."))),
        }
    }
}

/// In which table what is there is not what was said, if in any.
fn difference(said: &BTreeMap<String, Sum>, found: &BTreeMap<String, Sum>) -> Option<String> {
    let tables = said.keys().chain(found.keys());
    let other = tables.into_iter().find(|table| said.get(*table) != found.get(*table))?;
    let rows = |sums: &BTreeMap<String, Sum>| sums.get(other).map_or(0, |sum| sum.rows);
    Some(match (rows(said), rows(found)) {
        (said, found) if said == found => format!("{other}: a row differs (the hashes are not the same)"),
        (said, found) => format!("{other}: {found} rows instead of {said}"),
    })
}
