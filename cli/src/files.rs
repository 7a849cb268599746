//! Files that only their owner reads, and that are replaced whole.

use crate::{Failure, environment};
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
        Err(cause) => Err(unreadable(path, cause)),
    }
}

/// Writes a file whole or not at all, and makes its folder. An error says what to do when the folder is the reason.
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
    written.map_err(|cause| unwritable(path, cause))?;
    // The name is on disk when the folder is.
    if safe == Safe::FromPowerCuts { File::open(folder_of(path))?.sync_all() } else { Ok(()) }
}

/// Removes a file that need not be there.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != ErrorKind::NotFound => Err(unwritable(path, cause)),
        _ => Ok(()),
    }
}

/// Removes what a writer left that was killed before the file was whole. Nobody may be writing `path` meanwhile.
pub(crate) fn sweep(path: &Path) -> io::Result<()> {
    let start = beside(path, ".");
    let start = start.file_name().unwrap_or_default().as_encoded_bytes();
    let entries = match fs::read_dir(folder_of(path)) {
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let id = name.as_encoded_bytes().strip_prefix(start).and_then(|rest| rest.strip_suffix(b".new"));
        if id.is_some_and(|id| Uuid::try_parse_ascii(id).is_ok()) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// The file whose lock stands for that of `path`, which is replaced again and again. Nothing is locked yet.
pub(crate) fn lock_of(path: &Path) -> io::Result<File> {
    make_folder(path)?;
    let lock = beside(path, ".lock");
    let opened = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(lock);
    opened.map_err(|cause| unwritable(path, cause))
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
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder_of(path));
    made.map_err(|cause| unwritable(path, cause))
}

/// What to do about a folder that nothing can be written to.
fn unwritable(path: &Path, cause: io::Error) -> io::Error {
    let folder = folder_of(path).display();
    with_advice(path, cause, &format!("nothing can be written in the folder {folder}"), "writable")
}

/// What to do about a file, or a folder, that can't be read.
pub(crate) fn unreadable(path: &Path, cause: io::Error) -> io::Error {
    with_advice(path, cause, "it can't be read", "readable")
}

fn with_advice(path: &Path, cause: io::Error, what: &str, how: &str) -> io::Error {
    let by_who_set_it_up =
        [ErrorKind::PermissionDenied, ErrorKind::ReadOnlyFilesystem, ErrorKind::NotADirectory];
    // A file stands where the folder should.
    let is_taken = cause.kind() == ErrorKind::AlreadyExists;
    if !is_taken && !by_who_set_it_up.contains(&cause.kind()) {
        return cause;
    }
    let is_in = |of: Result<PathBuf, Failure>| of.is_ok_and(|of| path.starts_with(of));
    let instead = if is_in(environment::config_folder()) {
        "name another folder with PARLOR_CONFIG_DIR"
    } else if is_in(environment::state_folder()) {
        "name another folder with XDG_STATE_HOME"
    } else {
        "name a file elsewhere"
    };
    io::Error::new(cause.kind(), format!("{what} ({cause}): make it {how}, or {instead}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_writer_left_of_a_file_goes_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cursor");
        let left = |of: &str| folder.path().join(format!("{of}.{}.new", Uuid::now_v7()));
        let others = [left("other"), left("cursor.b"), folder.path().join("cursor.mine.new"), file.clone()];
        let own = [left("cursor"), left("cursor")];
        for path in others.iter().chain(&own) {
            fs::write(path, "half").unwrap();
        }
        sweep(&file).unwrap();
        assert!(others.iter().all(|path| path.exists()) && !own.iter().any(|path| path.exists()));
        sweep(&folder.path().join("nowhere/cursor")).unwrap();
    }
}
