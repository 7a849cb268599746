//! What the environment says: the one place that reads it.

use crate::Failure;
use std::path::PathBuf;

/// The server to sign in to when nothing else names one.
pub(crate) fn server() -> Option<String> {
    variable("PARLOR_SERVER")
}

/// An access token to use instead of a session that is kept.
pub(crate) fn token() -> Option<String> {
    variable("PARLOR_TOKEN")
}

/// The profile, or the file of its session.
pub(crate) fn profile() -> Option<String> {
    variable("PARLOR_PROFILE")
}

/// Whether colours are not wanted: <https://no-color.org>.
pub(crate) fn no_color() -> bool {
    variable("NO_COLOR").is_some()
}

/// Whether colours are wanted also where no terminal is: <https://bixense.com/clicolors/>.
pub(crate) fn forces_color() -> bool {
    variable("CLICOLOR_FORCE").is_some_and(|value| value != "0")
}

/// Whether lines are wanted rather than a screen.
pub(crate) fn plain() -> bool {
    variable("PARLOR_PLAIN").is_some_and(|value| value != "0") || terminal().as_deref() == Some("dumb")
}

/// What kind of terminal it is.
pub(crate) fn terminal() -> Option<String> {
    variable("TERM")
}

/// Which program the terminal is, if it says so.
pub(crate) fn terminal_program() -> Option<String> {
    variable("TERM_PROGRAM")
}

/// What texts are edited with, as a shell reads it.
pub(crate) fn editor() -> String {
    named_editor().unwrap_or_else(|| "vi".to_owned())
}

/// Whether somebody has said what texts are edited with.
pub(crate) fn names_editor() -> bool {
    named_editor().is_some()
}

fn named_editor() -> Option<String> {
    variable("VISUAL").or_else(|| variable("EDITOR"))
}

/// What opens a link, if there is a desktop.
pub(crate) fn desktop() -> Option<&'static str> {
    if cfg!(target_os = "macos") {
        // Who comes from elsewhere does not see it.
        return variable("SSH_CONNECTION").is_none().then_some("open");
    }
    variable("WAYLAND_DISPLAY").or_else(|| variable("DISPLAY")).map(|_| "xdg-open")
}

/// The encoding and language of text.
pub(crate) fn locale() -> Option<String> {
    ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable)
}

/// Where sessions and outboxes are: below the XDG state folder.
pub(crate) fn state_folder() -> Result<PathBuf, Failure> {
    Ok(xdg("XDG_STATE_HOME", ".local/state")?.join("parlor"))
}

/// Where the configuration is: `PARLOR_CONFIG_DIR`, or below the XDG folder.
pub(crate) fn config_folder() -> Result<PathBuf, Failure> {
    match variable("PARLOR_CONFIG_DIR") {
        Some(folder) => Ok(folder.into()),
        None => Ok(xdg("XDG_CONFIG_HOME", ".config")?.join("parlor")),
    }
}

fn xdg(name: &str, below_home: &str) -> Result<PathBuf, Failure> {
    // The XDG specification: a path that is not absolute is to be ignored.
    let folder = variable(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    folder
        .or_else(|| Some(PathBuf::from(variable("HOME")?).join(below_home)))
        .ok_or_else(|| Failure::Usage(format!("there is no folder for what is kept: set HOME, or {name}")))
}

#[allow(clippy::disallowed_methods, reason = "the terminal client's one reader of the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
