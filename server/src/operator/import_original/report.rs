//! What became of the original's rows: every change one by one, then the counts.

use super::super::Failure;
use serde_json::json;
use std::{
    collections::BTreeMap,
    fs::OpenOptions,
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// Something that is not as it was.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Finding<'a> {
    /// What it is about, such as `username`.
    pub(super) what: &'static str,
    /// The id of the original's row.
    pub(super) id: &'a str,
    /// What was.
    pub(super) from: Option<&'a str>,
    /// What is.
    pub(super) to: Option<&'a str>,
    /// Why, for a person.
    pub(super) why: &'a str,
}

/// Where the findings go, line by line: there may be millions.
pub(super) struct Report {
    out: BufWriter<Box<dyn Write + Send>>,
    is_json: bool,
    found: BTreeMap<&'static str, u64>,
    failed: Option<io::Error>,
}

impl Report {
    /// To the file, for its owner alone since it holds addresses and texts; or to standard output.
    pub(super) fn open(file: Option<&Path>, is_json: bool) -> Result<Self, Failure> {
        let out: Box<dyn Write + Send> = match file {
            None => Box::new(io::stdout()),
            Some(path) => {
                // A file that is there may be read by others, and is not ours to overwrite.
                let is_no_file = path.metadata().is_ok_and(|found| !found.is_file());
                let opened = OpenOptions::new().write(true).create_new(!is_no_file).mode(0o600).open(path);
                Box::new(opened.map_err(|error| {
                    Failure::new(format_args!("the report {} can't be written: {error}", path.display()))
                })?)
            }
        };
        Ok(Self { out: BufWriter::new(out), is_json, found: BTreeMap::new(), failed: None })
    }

    /// Tells one thing.
    pub(super) fn found(&mut self, finding: Finding<'_>) {
        let Finding { what, id, from, to, why } = finding;
        *self.found.entry(what).or_default() += 1;
        let line = if self.is_json {
            json!({ "what": what, "id": id, "from": from, "to": to, "why": why }).to_string()
        } else {
            let was = from.map(|from| format!("; was {from:?}")).unwrap_or_default();
            let is = to.map(|to| format!("; is {to:?}")).unwrap_or_default();
            format!("{what} of {id}: {why}{was}{is}")
        };
        self.line(&line);
    }

    /// Tells the counts: what was read, what was made of it, and how many findings of each kind there were.
    pub(super) fn counts(&mut self, counts: &[(&str, u64)]) {
        if self.is_json {
            let counts: BTreeMap<_, _> = counts.iter().copied().collect();
            self.line(&json!({ "counts": counts, "findings": self.found }).to_string());
            return;
        }
        for (what, count) in counts {
            self.line(&format!("{count:>9} {what}"));
        }
        for (what, count) in self.found.clone() {
            self.line(&format!("{count:>9} findings: {what}"));
        }
    }

    /// Says how it ended, to people.
    pub(super) fn says(&mut self, words: &str) {
        let line = if self.is_json { json!({ "end": words }).to_string() } else { words.to_owned() };
        self.line(&line);
    }

    fn line(&mut self, line: &str) {
        if let Err(error) = writeln!(self.out, "{line}") {
            self.failed.get_or_insert(error);
        }
    }

    /// Whether all of it has been written: nothing is done of which the report is lost.
    pub(super) fn is_whole(&mut self) -> Result<(), Failure> {
        let written = self.failed.take().map_or_else(|| self.out.flush(), Err);
        written.map_err(|error| Failure::new(format_args!("the report can't be written: {error}")))
    }
}
