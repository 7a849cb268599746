//! A copy of a SQLite database's file, made while a server may be writing to it.

use super::{
    Pools, Result, Store,
    sql::{Sql, sql},
};
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};
use std::path::Path;
use uuid::Uuid;

impl Store {
    /// Writes the database, as it is at one moment, into this file, which must be empty, with this epoch. The file is whole and valid
    /// when this returns, but perhaps not on the disk yet. `false` if the database is on a server, which has means of its own.
    pub async fn back_up(&self, file: &Path, epoch: Uuid) -> Result<bool> {
        const COPY: Sql = sql! { sqlite: "VACUUM INTO ?", postgres: "", mysql: "" };
        const EPOCH: &str = "UPDATE meta SET value = ? WHERE name = 'epoch'";
        if !matches!(*self.pools, Pools::Sqlite { .. }) {
            return Ok(false);
        }
        let Some(path) = file.to_str() else {
            return Err(super::Error::Database(sqlx::Error::Configuration(
                "the file's name is not UTF-8".into(),
            )));
        };
        self.read().await?.run(COPY, (path,)).await?;
        let mut copy =
            SqliteConnectOptions::new().filename(file).disable_statement_logging().connect().await?;
        sqlx::query(EPOCH).bind(epoch.to_string()).execute(&mut copy).await?;
        let (finding,): (String,) = sqlx::query_as("PRAGMA quick_check(1)").fetch_one(&mut copy).await?;
        copy.close().await?;
        if finding == "ok" {
            Ok(true)
        } else {
            Err(super::Error::Database(sqlx::Error::Io(std::io::Error::other(format!(
                "the copy is damaged, as the database may be: {finding}"
            )))))
        }
    }
}
