//! The file of `--cursor`: up to where each room has been printed, and where.

use crate::{
    Failure,
    files::{self, Safe},
};
use parlor_client::{live::Mark, protocol::ids::RoomId};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{File, Metadata, TryLockError},
    io,
    os::unix::fs::MetadataExt as _,
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
    /// Standard output when the last message had been printed, if it was a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Extent>,
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
    /// The cursor in this file, which may be empty or not there yet.
    pub(super) fn open(path: PathBuf) -> Result<Self, Failure> {
        let failed = |cause: &io::Error| Failure::io(&format!("the cursor {}", path.display()), cause);
        let lock = files::lock_of(&path).map_err(|cause| failed(&cause))?;
        lock.try_lock().map_err(|cause| match cause {
            TryLockError::WouldBlock => {
                Failure::Usage(format!("another parlor uses the cursor {}", path.display()))
            }
            TryLockError::Error(cause) => failed(&cause),
        })?;
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

    /// Standard output as of then.
    pub(super) fn output(&self) -> Option<Extent> {
        self.kept.output
    }

    /// Keeps that a room has been printed up to here, and standard output is as long as this.
    pub(super) fn keep(
        &mut self,
        room_id: RoomId,
        mark: Mark,
        output: Option<Extent>,
    ) -> Result<(), Failure> {
        self.kept.rooms.insert(room_id, mark);
        self.kept.output = output;
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
