//! The form of an export: a line of JSON for what it is, one for each row, grouped by table, and one for how many rows there were and
//! what their hashes are.

use super::Failure;
use chrono::{DateTime, Utc};
use parlor_server::store::{
    Store,
    copy::{self, Row, Table},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fmt::Write};
use uuid::Uuid;

/// Of this sort: what a row of each table looks like.
pub(super) const FORMAT: u32 = 1;

/// So many rows are read or written at once.
pub(super) const AT_ONCE: i64 = 500;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Header {
    /// What it is: always [`Header::EXPORT`].
    pub(super) parlor: String,
    pub(super) format: u32,
    /// The newest change of the tables that the database had.
    pub(super) schema: i64,
    /// Of the program that made it.
    pub(super) version: String,
    /// The database's.
    pub(super) epoch: Uuid,
    pub(super) made_at: DateTime<Utc>,
}

impl Header {
    pub(super) const EXPORT: &str = "export";
}

/// The last line: by table.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Trailer {
    pub(super) tables: BTreeMap<String, Sum>,
}

/// What the rows of a table come to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sum {
    pub(super) rows: u64,
    /// Of their lines, with the ends of these.
    pub(super) sha256: String,
}

/// Sums up the rows of all tables.
pub(super) struct Sums(BTreeMap<Table, (u64, Sha256)>);

impl Sums {
    pub(super) fn new() -> Self {
        Self(Table::ALL.iter().map(|table| (*table, (0, Sha256::new()))).collect())
    }

    /// Adds a row by its line, with the line's end.
    pub(super) fn add(&mut self, table: Table, line: &[u8]) {
        if let Some((rows, hash)) = self.0.get_mut(&table) {
            *rows += 1;
            hash.update(line);
        }
    }

    pub(super) fn done(self) -> BTreeMap<String, Sum> {
        let sum = |(rows, hash): (u64, Sha256)| Sum { rows, sha256: hex(&hash.finalize()) };
        self.0.into_iter().map(|(table, of)| (table.name().to_owned(), sum(of))).collect()
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

/// A value's line.
pub(super) fn line(value: &impl Serialize) -> Result<Vec<u8>, Failure> {
    let mut line = serde_json::to_vec(value).map_err(Failure::new)?;
    line.push(b'\n');
    Ok(line)
}

/// Hands over the line of every row, in order and as of one moment; sums them up.
pub(super) async fn each_row(
    store: &Store,
    mut hand_over: impl FnMut(&[u8]) -> Result<(), Failure>,
) -> Result<BTreeMap<String, Sum>, Failure> {
    let mut sums = Sums::new();
    let mut tx = store.snapshot().await?;
    for table in Table::ALL {
        let mut last: Option<Row> = None;
        loop {
            let rows = copy::page(&mut tx, *table, last.as_ref(), AT_ONCE).await?;
            for row in &rows {
                let line = line(row)?;
                sums.add(*table, &line);
                hand_over(&line)?;
            }
            match rows.into_iter().next_back() {
                Some(row) => last = Some(row),
                None => break,
            }
        }
    }
    Ok(sums.done())
}

/// How many rows of what, for a person.
pub(super) fn told(sums: &BTreeMap<String, Sum>) -> String {
    let counts = Table::ALL.iter().map(|table| {
        let rows = sums.get(table.name()).map_or(0, |sum| sum.rows);
        format!("{rows} {}", table.name().replace('_', " "))
    });
    counts.collect::<Vec<_>>().join(", ")
}
