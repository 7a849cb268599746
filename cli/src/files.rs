//! Files that only their owner reads, and that are replaced whole.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};
use uuid::Uuid;

/// Whether what was written must survive a power cut, or only the end of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Safe {
    FromPowerCuts,
    FromKills,
}

/// What a file says; `None` when it is not there.
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(cause),
    }
}

/// Writes a file whole or not at all, and makes its folder.
pub(crate) fn replace(path: &Path, bytes: &[u8], safe: Safe) -> io::Result<()> {
    make_folder(path)?;
    // A file of our own making: one that is there already may be another's, or readable by others.
    let new = beside(path, &format!(".{}.new", Uuid::now_v7()));
    let written =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new).and_then(|mut file| {
            file.write_all(bytes)?;
            if safe == Safe::FromPowerCuts {
                file.sync_all()?;
            }
            fs::rename(&new, path)
        });
    if written.is_err() {
        // It may not even be there.
        fs::remove_file(&new).ok();
    }
    written?;
    // The name is on disk when the folder is.
    if safe == Safe::FromPowerCuts { File::open(folder_of(path))?.sync_all() } else { Ok(()) }
}

/// Removes a file that need not be there.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != ErrorKind::NotFound => Err(cause),
        _ => Ok(()),
    }
}

/// The file whose lock stands for that of `path`, which is replaced again and again. Nothing is locked yet.
pub(crate) fn lock_of(path: &Path) -> io::Result<File> {
    make_folder(path)?;
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(beside(path, ".lock"))
}

/// `name` with this ending.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().map_or_else(OsString::new, OsString::from);
    name.push(ending);
    path.with_file_name(name)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder_of(path))
}
