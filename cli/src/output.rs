//! What is printed on standard output, and the words beside it on standard error.

use crate::{
    Failure,
    safe_text::{safe_json, safe_text},
};
use serde::Serialize;
use std::io::{self, ErrorKind, Write as _};

/// How data is printed: for people, or as JSON.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
}

impl Output {
    /// Prints one thing: as an object of the contract, or in these words.
    pub(crate) fn show<T: Serialize>(
        self,
        thing: &T,
        words: impl FnOnce(&T) -> String,
    ) -> Result<(), Failure> {
        if self.json {
            let json = serde_json::to_string(thing)
                .map_err(|cause| Failure::Unexpected(format!("writing JSON: {cause}")))?;
            print(&safe_json(&json))
        } else {
            print(&safe_text(&words(thing)))
        }
    }
}

/// A line on standard output, at once: a reader may wait for it.
fn print(line: &str) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}").and_then(|()| output.flush()).map_err(|cause| match cause.kind() {
        ErrorKind::BrokenPipe => Failure::NobodyReads,
        _ => Failure::io("writing to standard output", &cause),
    })
}

/// A line on standard error for whoever watches; nothing depends on it.
pub(crate) fn note(words: &str) {
    writeln!(io::stderr(), "parlor: {}", safe_text(words)).ok();
}
