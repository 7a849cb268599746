//! Whether a SQLite file is whole and can be written, as far as its statements have told.

use super::error::{Fault, fault};
use std::sync::atomic::{AtomicU8, Ordering};

/// What is known of a file.
pub(super) struct Health {
    file: String,
    state: AtomicU8,
}

/// How it is; as numbers, so that a worse state is never replaced by a better one by accident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Well = 0,
    /// The last write failed: the disk is full, or does not do what it should.
    Unwritable = 1,
    /// It stays so until a start with a file that is whole.
    Damaged = 2,
}

impl Health {
    pub(super) fn new(file: String) -> Self {
        Self { file, state: AtomicU8::new(State::Well as u8) }
    }

    pub(super) fn state(&self) -> State {
        match self.state.load(Ordering::Acquire) {
            0 => State::Well,
            1 => State::Unwritable,
            _ => State::Damaged,
        }
    }

    /// Notes what a statement's failure says about the file.
    pub(super) fn failed(&self, error: &sqlx::Error) {
        let (state, advice) = match fault(error) {
            None => return,
            Some(Fault::Unwritable) => {
                (State::Unwritable, "make room on its disk, and look whether the disk is sound")
            }
            Some(Fault::Damaged) => {
                (State::Damaged, "stop the server, keep a copy of the file and restore a backup")
            }
        };
        if self.state.fetch_max(state as u8, Ordering::AcqRel) < state as u8 {
            tracing::error!(file = self.file, %error, "the database file is {state:?}: {advice}");
        }
    }

    /// Notes that a write has succeeded after one that had failed.
    pub(super) fn written(&self) {
        let (ill, well) = (State::Unwritable as u8, State::Well as u8);
        if self.state.compare_exchange(ill, well, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            tracing::info!(file = self.file, "the database file can be written again");
        }
    }

    /// What is said to whoever asks while it is damaged.
    pub(super) fn damage(&self) -> sqlx::Error {
        sqlx::Error::Io(std::io::Error::other(format!("the database file {} is damaged", self.file)))
    }
}
