//! `config edit`.

use super::{Config, path};
use crate::{Failure, environment};
use std::{
    fs,
    io::{self, IsTerminal as _},
    path::Path,
    process::{Command, ExitStatus},
};

/// Opens the file in the editor, and says afterwards what is wrong with it. As it is edited in place, nothing of it is lost.
pub(super) fn edit() -> Result<(), Failure> {
    let path = path()?;
    let is_seen = io::stdin().is_terminal() && io::stdout().is_terminal();
    if !is_seen && !environment::names_editor() {
        let file = path.display();
        return Err(Failure::Usage(format!(
            "there is no terminal for an editor, and $EDITOR names none: edit {file} yourself, or use `parlor config set`"
        )));
    }
    let ended = open(&path).map_err(|cause| Failure::io(&format!("editing {}", path.display()), &cause))?;
    if !ended.success() {
        return Err(Failure::Unexpected(format!("the editor failed ({ended}): {}", path.display())));
    }
    match Config::load() {
        Err(Failure::Usage(wrong)) => {
            Err(Failure::Usage(format!("{}\n`parlor config edit` opens it again", wrong.trim_end())))
        }
        loaded => loaded.map(drop),
    }
}

fn open(file: &Path) -> io::Result<ExitStatus> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    // As a shell would, so that the command may have arguments.
    let command = format!("{} \"$1\"", environment::editor());
    Command::new("/bin/sh").arg("-c").arg(command).arg("sh").arg(file).status()
}
