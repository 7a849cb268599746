//! `backup`: a copy of a SQLite database, made while the server runs.

use super::{Asked, Failure, Subcommand, export::sync_folder_of, remark};
use clap::{Arg, Command, value_parser};
use parlor_server::store::DatabaseUrl;
use std::{
    io,
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;
use uuid::Uuid;

pub(super) const SUBCOMMAND: Subcommand =
    Subcommand { command, run: |asked| Box::pin(async move { run(&asked).await }) };

fn command() -> Command {
    Command::new("backup")
        .about("Copy a SQLite database into a new file, while the server runs or not")
        .arg(
            Arg::new("FILE")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help("A new file, for nobody else to read"),
        )
        .after_help(
            "To restore it: stop the server, move parlor.db, parlor.db-wal and parlor.db-shm out of the data folder, and copy the \
             file there as parlor.db.",
        )
}

async fn run(asked: &Asked) -> Result<(), Failure> {
    let Some(path) = asked.arguments.get_one::<PathBuf>("FILE") else {
        return Err(Failure::new("FILE is missing"));
    };
    let instead = match asked.config.database() {
        DatabaseUrl::Sqlite(_) => None,
        DatabaseUrl::Postgres(_) => Some("pg_dump"),
        DatabaseUrl::MySql(_) => Some("mariadb-dump --single-transaction"),
    };
    if let Some(program) = instead {
        return Err(Failure::new(format_args!(
            "`backup` copies a SQLite file. Back up a database server with its own means ({program}), or with \
             `parlor-server export`."
        )));
    }
    let failed = |error: io::Error| {
        Failure::new(format_args!("The file {} cannot be written: {error}.", path.display()))
    };
    if path.symlink_metadata().is_ok() {
        return Err(Failure::new(format_args!(
            "The file {} is there already, and a backup replaces nothing: give another name.",
            path.display()
        )));
    }
    let store = asked.store_beside().await?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Made for nobody else to read, and gone if this fails.
    let draft = NamedTempFile::new_in(folder).map_err(failed)?;
    let copied = store.back_up(draft.path(), Uuid::now_v7()).await;
    store.close().await;
    copied.map_err(|error| Failure::new(format_args!("The backup failed: {error}.")))?;
    draft.as_file().sync_all().map_err(failed)?;
    let size = draft.as_file().metadata().map_err(failed)?.len();
    draft.persist_noclobber(path).map_err(|error| failed(error.error))?;
    sync_folder_of(path).map_err(failed)?;
    remark(format_args!("Backed up {size} bytes to {}.", path.display()));
    Ok(())
}
