//! A file: one connection writes, a few read.

use super::{
    super::{
        Pools,
        error::{Fault, fault},
        health::Health,
        lane::{Lane, PATIENCE},
        migrate,
    },
    OpenError, Purpose, up_to_date,
};
use sqlx::{
    ConnectOptions, Connection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::{fs, io, path::Path, sync::Arc};

/// They only read, so they never wait for each other or for the writer.
const READERS: u32 = 4;
/// In bytes: a file that is checked in a moment.
const SMALL: u64 = 64 << 20;
/// In bytes: a file whose check would keep people waiting.
const LARGE: u64 = 1 << 30;

pub(super) async fn open(path: &Path, purpose: Purpose) -> Result<Pools, OpenError> {
    let lock = match purpose {
        Purpose::Serve | Purpose::Import => Some(own(path)?),
        Purpose::Beside if !path.exists() => return Err(OpenError::Missing(path.display().to_string())),
        Purpose::Beside => None,
    };
    let options = SqliteConnectOptions::new()
        .filename(path)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        // A page of history in one turn: with the default of 50, reader and connection wake each other again and again.
        .row_buffer_size(1024)
        .disable_statement_logging();
    // Who only reads takes the file as it is: a copy that was put in its place, and that no server has written to, has no such log yet.
    let read = options.clone().read_only(true);
    let options = options.journal_mode(SqliteJournalMode::Wal);
    let prepared = match purpose {
        Purpose::Serve | Purpose::Import => prepare(path, &options).await,
        Purpose::Beside => pending(path).await.and_then(|pending| up_to_date(&pending)),
    };
    prepared.map_err(|error| in_words(path, error))?;
    let health = Arc::new(Health::new(path.display().to_string()));
    let read = Lane::new(read, READERS, Arc::clone(&health));
    Ok(Pools::Sqlite { write: Lane::new(options, 1, Arc::clone(&health)), read, health, lock })
}

/// Checks the file and brings its tables up to date.
async fn prepare(path: &Path, options: &SqliteConnectOptions) -> Result<(), OpenError> {
    let check = is_to_be_checked(path);
    let mut first = options.connect().await?;
    if check {
        let (finding,): (String,) = sqlx::query_as("PRAGMA quick_check(1)").fetch_one(&mut first).await?;
        if finding != "ok" {
            return Err(damaged(path, finding.lines().last().unwrap_or_default()));
        }
    }
    migrate::sqlite(&mut first).await?;
    Ok(first.close().await?)
}

/// The changes still to be made; all of them where there is no file yet.
pub(super) async fn pending(path: &Path) -> Result<Vec<String>, OpenError> {
    if !path.exists() {
        return migrate::sqlite_pending(None).await;
    }
    let options =
        SqliteConnectOptions::new().filename(path).busy_timeout(PATIENCE).disable_statement_logging();
    let looked = async {
        let mut connection = options.connect().await?;
        let pending = migrate::sqlite_pending(Some(&mut connection)).await?;
        connection.close().await?;
        Ok(pending)
    };
    looked.await.map_err(|error| in_words(path, error))
}

/// Names the file in what SQLite says of a damaged one.
fn in_words(path: &Path, error: OpenError) -> OpenError {
    match error {
        OpenError::Database(error) if fault(&error) == Some(Fault::Damaged) => {
            damaged(path, &error.to_string())
        }
        other => other,
    }
}

/// A check reads the whole file: 600 MB/s out of memory, a tenth of that from a slow disk. So a small one is checked at each start, and a
/// larger one when the last server did not stop in order.
fn is_to_be_checked(path: &Path) -> bool {
    let size = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let (size, unclean) = (size(path), size(Path::new(&log)) > 0);
    if unclean && size > LARGE {
        tracing::warn!(file = %path.display(), "not checked for damage after an unclean stop, since it is large");
    }
    size <= SMALL || (unclean && size <= LARGE)
}

fn damaged(path: &Path, finding: &str) -> OpenError {
    OpenError::Damaged { path: path.display().to_string(), finding: finding.to_owned() }
}

/// Makes the file readable for nobody else, and this process its only server. The lock is a file of its own, because closing any
/// handle of the database's file would end SQLite's own locks on it.
fn own(path: &Path) -> Result<fs::File, OpenError> {
    let failed = |cause| OpenError::File { path: path.display().to_string(), cause };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        private_folder(folder).map_err(failed)?;
        tracing::warn!(folder = %folder.display(), "this folder was not there, and was made for the database");
    }
    let mut lock = path.as_os_str().to_owned();
    lock.push(".lock");
    let lock = private_file(Path::new(&lock)).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => return Err(OpenError::InUse(path.display().to_string())),
        Err(fs::TryLockError::Error(cause)) => return Err(failed(cause)),
    }
    private_file(path).map_err(failed)?;
    Ok(lock)
}

fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

/// Opens the file, made if need be, for its owner alone.
fn private_file(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::{
        super::super::{Tx, sql::sql, tx::Any},
        *,
    };

    #[tokio::test]
    async fn what_is_committed_is_synced_to_the_disk_first() {
        let folder = tempfile::TempDir::new().unwrap();
        let pools = open(&folder.path().join("parlor.db"), Purpose::Serve).await.unwrap();
        let Pools::Sqlite { write, .. } = &pools else { panic!("another database") };
        let mut tx = Tx(Any::Sqlite(write.hold().await.unwrap()));
        let full: (i64,) = tx.one(sql!("PRAGMA synchronous"), ()).await.unwrap();
        let wal: (String,) = tx.one(sql!("PRAGMA journal_mode"), ()).await.unwrap();
        assert_eq!((full.0, wal.0.as_str()), (2, "wal"), "2 is FULL");
    }
}
