//! `export`: writes everything of the database as lines of JSON, as it is at one moment.

use super::{
    Asked, Failure, Subcommand, remark,
    stream::{FORMAT, Header, Trailer, each_row, line, told},
};
use clap::{Arg, Command, value_parser};
use parlor_server::store::{self, Store};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

pub(super) const SUBCOMMAND: Subcommand =
    Subcommand { command, run: |asked| Box::pin(async move { run(&asked).await }) };

fn command() -> Command {
    Command::new("export")
        .about("Write everything of the database as lines of JSON, while the server runs or not")
        .arg(
            Arg::new("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("A new file, for nobody else to read; standard output when it is left out"),
        )
        .after_help(
            "It holds the accounts with the hashes of their passwords, and every message: keep it as you keep the database.\n\
             `parlor-server import FILE` reads it into an empty database of any kind.",
        )
}

async fn run(asked: &Asked) -> Result<(), Failure> {
    let store = asked.store_beside().await?;
    let path = asked.arguments.get_one::<PathBuf>("FILE");
    let written = match path {
        Some(path) => to_file(&store, path).await,
        None => to(&store, io::stdout()).await.map(|(counts, _)| counts),
    };
    store.close().await;
    let to = path.map_or("standard output".to_owned(), |path| path.display().to_string());
    remark(format_args!("Exported {} to {to}.", written?));
    Ok(())
}

async fn to_file(store: &Store, path: &Path) -> Result<String, Failure> {
    let failed = |error: io::Error| {
        Failure::new(format_args!("The file {} cannot be written: {error}.", path.display()))
    };
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    let written = async {
        let (counts, file) = to(store, file).await?;
        file.sync_all().map_err(failed)?;
        sync_folder_of(path).map_err(failed)?;
        Ok(counts)
    };
    let written = written.await;
    if written.is_err() {
        // What is left of it would be of no use to anybody.
        fs::remove_file(path).ok();
    }
    written
}

/// Makes a file's name as durable as what is in it.
pub(super) fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

async fn to<W: Write + Send>(store: &Store, out: W) -> Result<(String, W), Failure> {
    let failed = |error: io::Error| Failure::new(format_args!("The export was cut off: {error}."));
    let mut out = BufWriter::with_capacity(1 << 20, out);
    let header = Header {
        parlor: Header::EXPORT.to_owned(),
        format: FORMAT,
        schema: store::schema_version(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        epoch: store.epoch(),
        made_at: super::now(),
    };
    out.write_all(&line(&header)?).map_err(failed)?;
    let tables = each_row(store, |line| out.write_all(line).map_err(failed)).await?;
    let counts = told(&tables);
    out.write_all(&line(&Trailer { tables })?).map_err(failed)?;
    let out = out.into_inner().map_err(|error| failed(error.into_error()))?;
    Ok((counts, out))
}
