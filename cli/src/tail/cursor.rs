//! The file of `--cursor`: up to where each room has been printed, and what is being printed.

use crate::{
    Failure,
    files::{self, Safe},
};
use parlor_client::{live::Mark, protocol::ids::RoomId};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{File, Metadata, TryLockError},
    io::{self, ErrorKind},
    os::unix::fs::{FileTypeExt as _, MetadataExt as _},
    path::PathBuf,
};

/// An open cursor. Its file is replaced whole after each message, and belongs to one `tail` at a time.
#[derive(Debug)]
pub(super) struct Cursor {
    path: PathBuf,
    kept: Kept,
    /// Held until the program ends, however it does.
    _lock: File,
}

/// What the file says.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    rooms: BTreeMap<RoomId, Mark>,
    #[serde(skip_serializing_if = "Option::is_none")]
    printing: Option<Printing>,
}

/// A line that is being printed into a file. Noted before its first byte is written, it tells a run after a kill whose bytes
/// stand at the end of that file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Printing {
    pub(super) room_id: RoomId,
    /// The room's place after it.
    pub(super) mark: Mark,
    /// The file as it was before.
    pub(super) output: Extent,
    pub(super) line: String,
}

/// Which file, and how long it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Extent {
    device: u64,
    inode: u64,
    pub(super) length: u64,
}

impl Extent {
    /// Of a regular file; nothing else has a length.
    pub(super) fn of(file: &File) -> Option<Self> {
        let is_file = |about: &Metadata| about.is_file();
        let about = file.metadata().ok().filter(is_file)?;
        Some(Self { device: about.dev(), inode: about.ino(), length: about.len() })
    }

    pub(super) fn is_same_file(self, other: Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }
}

impl Cursor {
    /// The cursor in this file, which may be empty or not there yet. Standard output must go elsewhere.
    pub(super) fn open(path: PathBuf, output: &File) -> Result<Self, Failure> {
        let failed = |cause: &io::Error| Failure::io(&format!("the cursor {}", path.display()), cause);
        // Before anything is opened: a pipe would wait for its other end.
        match path.metadata() {
            Ok(about) => is_for_a_cursor(&about, output).map_err(|why| {
                Failure::Usage(format!("--cursor needs a file: {} is {why}", path.display()))
            })?,
            // Whether it can be made is seen when it is locked.
            Err(cause) if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(cause) => return Err(failed(&cause)),
        }
        let lock = files::lock_of(&path).map_err(|cause| failed(&cause))?;
        lock.try_lock().map_err(|cause| match cause {
            TryLockError::WouldBlock => {
                Failure::Usage(format!("another parlor uses the cursor {}", path.display()))
            }
            TryLockError::Error(cause) => failed(&cause),
        })?;
        // Only who has the lock writes, so what lies there is of a run that was killed.
        files::sweep(&path).map_err(|cause| failed(&cause))?;
        let bytes = files::read(&path).map_err(|cause| failed(&cause))?.unwrap_or_default();
        let kept = match bytes.as_slice() {
            [] => Kept::default(),
            bytes => serde_json::from_slice(bytes)
                .map_err(|cause| Failure::Usage(format!("{} is not a cursor: {cause}", path.display())))?,
        };
        Ok(Self { path, kept, _lock: lock })
    }

    /// Up to where a room has been printed.
    pub(super) fn mark(&self, room_id: RoomId) -> Option<Mark> {
        self.kept.rooms.get(&room_id).copied()
    }

    /// What an earlier run was printing when it was killed; it is asked for once.
    pub(super) fn take_unfinished(&mut self) -> Option<Printing> {
        self.kept.printing.take()
    }

    /// Notes what is about to be printed.
    pub(super) fn begin(&mut self, printing: Printing) -> Result<(), Failure> {
        self.kept.printing = Some(printing);
        self.write(Safe::FromKills)
    }

    /// Keeps that a room has been printed up to here.
    pub(super) fn keep(&mut self, room_id: RoomId, mark: Mark) -> Result<(), Failure> {
        self.kept.rooms.insert(room_id, mark);
        self.kept.printing = None;
        self.write(Safe::FromKills)
    }

    /// Keeps the last of it from power cuts too.
    pub(super) fn close(self) -> Result<(), Failure> {
        self.write(Safe::FromPowerCuts)
    }

    fn write(&self, safe: Safe) -> Result<(), Failure> {
        let bytes = serde_json::to_vec(&self.kept)
            .map_err(|cause| Failure::Unexpected(format!("writing JSON: {cause}")))?;
        files::replace(&self.path, &bytes, safe)
            .map_err(|cause| Failure::io(&format!("writing the cursor {}", self.path.display()), &cause))
    }
}

/// Whether a file of this kind can be a cursor; if not, what it is.
fn is_for_a_cursor(about: &Metadata, output: &File) -> Result<(), &'static str> {
    let kind = about.file_type();
    if kind.is_dir() {
        return Err("a folder");
    }
    if kind.is_fifo() {
        return Err("a pipe");
    }
    if !kind.is_file() {
        return Err("a device or a socket");
    }
    match output.metadata() {
        Ok(output) if (output.dev(), output.ino()) == (about.dev(), about.ino()) => {
            Err("where standard output goes")
        }
        _ => Ok(()),
    }
}
