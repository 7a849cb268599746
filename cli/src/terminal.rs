//! What is asked of a person; without a terminal nothing is.

use crate::{Failure, output::note};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use tokio::task::spawn_blocking;

/// Asks for one line, if there is somebody to ask. `instead` says what to give otherwise.
pub(crate) async fn ask(may_ask: bool, question: &str, instead: &str) -> Result<String, Failure> {
    if !is_somebody_there(may_ask) {
        return Err(Failure::Usage(format!("there is nobody to ask for the {question}: give {instead}")));
    }
    write!(io::stderr(), "{question}: ").ok();
    let line = read().await?;
    line.ok_or_else(|| Failure::Usage(format!("nothing was given for the {question}: give {instead}")))
}

/// Whether a question can be answered.
pub(crate) fn is_somebody_there(may_ask: bool) -> bool {
    may_ask && io::stdin().is_terminal()
}

/// Asks for one line, which is not shown.
pub(crate) async fn ask_unseen(may_ask: bool, question: &str, instead: &str) -> Result<String, Failure> {
    let _unseen = Unseen::begin();
    ask(may_ask, question, instead).await
}

/// One line of standard input, without its end.
pub(crate) async fn read_line() -> Result<String, Failure> {
    Ok(read().await?.unwrap_or_default())
}

async fn read() -> Result<Option<String>, Failure> {
    let read = spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map(|bytes| (bytes > 0).then_some(line))
    });
    let read = read.await.unwrap_or_else(|panicked| Err(io::Error::other(panicked)));
    let line = read.map_err(|cause| Failure::io("reading standard input", &cause))?;
    Ok(line.map(|line| line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// While it lives, the terminal does not show what is typed.
struct Unseen {
    before: Termios,
}

impl Unseen {
    fn begin() -> Option<Self> {
        let before = tcgetattr(io::stdin()).ok()?;
        let mut unseen = before.clone();
        unseen.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &unseen).ok()?;
        Some(Self { before })
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        if tcsetattr(io::stdin(), OptionalActions::Now, &self.before).is_err() {
            note("the terminal may not show what you type: `stty echo` helps");
        }
        // The line's end was not shown either, or there was none.
        writeln!(io::stderr()).ok();
    }
}
