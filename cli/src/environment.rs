//! What the environment says: the one place that reads it.

use crate::Failure;
use std::path::PathBuf;

/// The server to sign in to when nothing else names one.
pub(crate) fn server() -> Option<String> {
    variable("PARLOR_SERVER")
}

/// Whether lines are wanted rather than a screen.
pub(crate) fn plain() -> bool {
    variable("PARLOR_PLAIN").is_some_and(|value| value != "0") || variable("TERM").as_deref() == Some("dumb")
}

/// Whether colours are not wanted: <https://no-color.org>.
pub(crate) fn no_color() -> bool {
    variable("NO_COLOR").is_some()
}

/// The file of the session: `PARLOR_PROFILE`, or the usual one below the XDG state folder.
pub(crate) fn profile() -> Result<PathBuf, Failure> {
    if let Some(file) = variable("PARLOR_PROFILE") {
        return Ok(file.into());
    }
    // The XDG specification: a path that is not absolute is to be ignored.
    let state = variable("XDG_STATE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let folder = state.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".local/state")));
    let folder = folder.ok_or_else(|| {
        Failure::Usage(
            "there is no folder for the session: set HOME, or name a file with --profile".to_owned(),
        )
    })?;
    Ok(folder.join("parlor/session.json"))
}

#[allow(clippy::disallowed_methods, reason = "the terminal client's one reader of the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
