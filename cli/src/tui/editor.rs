//! Writing a message in another program, which has the terminal meanwhile.

use super::{home::Home, safe::Safe};
use crate::{environment, files};
use std::{
    io,
    path::{Path, PathBuf},
    process::ExitStatus,
};
use tokio::process::{Child, Command};

/// A message in an editor. Its file goes with it.
pub(crate) struct Editor {
    file: PathBuf,
    child: Child,
}

impl Editor {
    /// Opens it with this text.
    pub(crate) fn open(home: &Home, text: &str) -> Result<Self, Safe> {
        let command = environment::editor();
        let failed = |cause: io::Error| Safe::line(&format!("{command} could not be started: {cause}"));
        let file = home.write_message(text).map_err(failed)?;
        match start(&command, &file) {
            Ok(child) => Ok(Self { file, child }),
            Err(cause) => {
                remove(&file);
                Err(failed(cause))
            }
        }
    }

    /// Waits until it has ended. Cancelling it loses nothing.
    pub(crate) async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// What was written.
    pub(crate) fn text(self, ended: io::Result<ExitStatus>) -> Result<String, Safe> {
        let Self { file, .. } = self;
        let text = match ended {
            Ok(status) if status.success() => read(&file),
            Ok(status) => Err(io::Error::other(status.to_string())),
            Err(cause) => Err(cause),
        };
        remove(&file);
        // An editor ends the last line too.
        text.map(|text| text.strip_suffix('\n').map_or(text.clone(), str::to_owned))
            .map_err(|cause| Safe::line(&format!("The editor failed ({cause}): the text is as it was.")))
    }
}

/// As a shell would, so that the command may have arguments.
fn start(command: &str, file: &Path) -> io::Result<Child> {
    Command::new("/bin/sh").arg("-c").arg(format!("{command} \"$1\"")).arg("sh").arg(file).spawn()
}

fn read(file: &Path) -> io::Result<String> {
    String::from_utf8(files::read(file)?.unwrap_or_default()).map_err(io::Error::other)
}

/// Its text is in the box, or was never needed.
fn remove(file: &Path) {
    files::remove(file).ok();
}
