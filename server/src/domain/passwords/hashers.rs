//! The threads that hash, one per core, each with memory of its own that it keeps.

use argon2::Block;
use std::{
    io,
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

type Job = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

/// The threads; they end when this is dropped.
#[derive(Debug)]
pub(super) struct Hashers(mpsc::Sender<Job>);

impl Hashers {
    pub(super) fn start(count: usize) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..count {
            let queue = queue.clone();
            let next = move || queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
            thread::Builder::new().name("passwords".to_owned()).spawn(move || {
                let mut memory = Vec::new();
                while let Ok(job) = next() {
                    // A job that panics drops its answer; the thread goes on.
                    panic::catch_unwind(AssertUnwindSafe(|| job(&mut memory))).ok();
                }
            })?;
        }
        Ok(Self(jobs))
    }

    /// Queues a job. Without threads it is dropped, and with it its answer.
    pub(super) fn give(&self, job: Job) {
        self.0.send(job).ok();
    }
}
