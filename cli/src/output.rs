//! What is printed on standard output, and the words beside it on standard error.

use crate::{
    Failure, environment,
    safe_text::{safe_json, safe_line, safe_text},
};
use serde::Serialize;
use serde_json::json;
use std::{
    io::{self, ErrorKind, IsTerminal as _, Write as _},
    sync::atomic::{AtomicBool, AtomicU8, Ordering},
};

/// How much is told on standard error: 0 failures only, 1 what one should know, 2 more.
static TOLD: AtomicU8 = AtomicU8::new(1);
/// Whether that is told as JSON.
static IN_JSON: AtomicBool = AtomicBool::new(false);

/// How data is printed: for people, or as JSON.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
    /// Whether standard output may be coloured.
    pub(crate) color: bool,
}

impl Output {
    /// Prints one thing: as an object of the contract, or in these words.
    pub(crate) fn show<T: Serialize>(
        self,
        thing: &T,
        words: impl FnOnce(&T) -> String,
    ) -> Result<(), Failure> {
        let line = if self.json { in_json(thing)? } else { safe_text(&words(thing)) };
        print(&line)
    }
}

/// One object on one line, which no terminal obeys.
pub(crate) fn in_json<T: Serialize>(thing: &T) -> Result<String, Failure> {
    let json = serde_json::to_string(thing);
    json.map(|json| safe_json(&json)).map_err(|cause| Failure::Unexpected(format!("writing JSON: {cause}")))
}

/// A line on standard output, at once: a reader may wait for it. It must be safe to show.
pub(crate) fn print(line: &str) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}").and_then(|()| output.flush()).map_err(|cause| unwritten(&cause))
}

/// Standard output could not be written to.
pub(crate) fn unwritten(cause: &io::Error) -> Failure {
    match cause.kind() {
        ErrorKind::BrokenPipe => Failure::NobodyReads,
        _ => Failure::io("writing to standard output", cause),
    }
}

/// Sets how much is told on standard error, and whether in JSON.
pub(crate) fn tell(how_much: u8, json: bool) {
    TOLD.store(how_much, Ordering::Relaxed);
    IN_JSON.store(json, Ordering::Relaxed);
}

/// A line on standard error for whoever watches; nothing depends on it.
pub(crate) fn note(words: &str) {
    if TOLD.load(Ordering::Relaxed) == 0 {
        return;
    }
    let words = safe_line(words);
    let line = if IN_JSON.load(Ordering::Relaxed) {
        json!({ "note": { "message": words } }).to_string()
    } else {
        format!("parlor: {words}")
    };
    writeln!(io::stderr(), "{line}").ok();
}

/// The same for whoever wants to know more.
pub(crate) fn detail(words: &str) {
    if TOLD.load(Ordering::Relaxed) > 1 {
        note(words);
    }
}

/// When colours are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// Whether standard output gets them.
    pub(crate) fn is_wanted(self) -> bool {
        match self {
            Self::Auto => {
                !environment::no_color() && (environment::forces_color() || io::stdout().is_terminal())
            }
            Self::Always => true,
            Self::Never => false,
        }
    }
}
