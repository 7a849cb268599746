//! Other programs: an editor for a message, which has the terminal meanwhile, and whatever opens a link.

use super::{home::Home, safe::Safe};
use crate::{environment, files};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    io,
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::{
    process::{Child, Command},
    time::timeout,
};

/// How long an editor may take to end when the program does.
const GOODBYE: Duration = Duration::from_secs(1);

/// A message in an editor. Its file goes when nothing stands in it alone.
pub(crate) struct Editor {
    file: PathBuf,
    /// What the file said at first.
    before: String,
    child: Child,
}

impl Editor {
    /// Opens it with this text.
    pub(crate) fn open(home: &Home, text: &str) -> Result<Self, Safe> {
        let command = environment::editor();
        let failed = |cause: io::Error| Safe::line(&format!("{command} could not be started: {cause}"));
        // As a text file, so that it can be added to.
        let before = if text.is_empty() { String::new() } else { format!("{text}\n") };
        let file = home.write_message(&before).map_err(failed)?;
        match start(&command, &file) {
            Ok(child) => Ok(Self { file, before, child }),
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

    /// Ends it before its time, because the program ends. What it has written by then is not lost.
    pub(crate) async fn give_up(mut self) -> Left {
        // It writes what it has, as it likes. It may have gone, with the terminal.
        if let Some(editor) = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)) {
            kill_process(editor, Signal::TERM).ok();
        }
        let has_ended = timeout(GOODBYE, self.child.wait()).await.is_ok();
        let Self { file, before, .. } = self;
        let written = files::read(&file);
        let is_new = !matches!(&written, Ok(Some(text)) if text == before.as_bytes());
        let text = text(written);
        // What is no text is nowhere else; an editor that goes on may write more.
        let is_needed = !has_ended || text.is_err();
        let text = text.ok().filter(|text| is_new && !text.is_empty()).map(without_end);
        Left { file, text, is_needed }
    }

    /// What was written.
    pub(crate) fn text(self, ended: io::Result<ExitStatus>) -> Result<String, Safe> {
        let Self { file, before, .. } = self;
        let written = files::read(&file);
        let is_new =
            !matches!(&written, Ok(written) if written.as_ref().is_none_or(|text| text == before.as_bytes()));
        let text = match ended {
            Ok(status) if status.success() => text(written),
            // What it has written by then is all that there will be.
            Ok(status) if is_new && is_told_to_end(status) && has_text(&written) => text(written),
            Ok(status) => Err(io::Error::other(status.to_string())),
            Err(cause) => Err(cause),
        };
        match text {
            Ok(text) => {
                remove(&file);
                Ok(without_end(text))
            }
            Err(cause) if is_new => {
                let file = file.display();
                Err(Safe::line(&format!("The editor failed ({cause}): what it wrote is in {file}")))
            }
            Err(cause) => {
                remove(&file);
                Err(Safe::line(&format!("The editor failed ({cause}): the text is as it was.")))
            }
        }
    }
}

/// What an editor leaves that could not come to its end.
pub(crate) struct Left {
    file: PathBuf,
    /// What stands in the file, if that is text, and new.
    pub(crate) text: Option<String>,
    /// Whether something stands in the file that is nowhere else, or may do so later.
    is_needed: bool,
}

impl Left {
    /// The text is kept elsewhere, or is not. Answers the file that has it, if that is needed.
    pub(crate) fn settle(self, is_kept: bool) -> Option<PathBuf> {
        if self.is_needed || (self.text.is_some() && !is_kept) {
            return Some(self.file);
        }
        remove(&self.file);
        None
    }
}

/// As a shell would, so that the command may have arguments.
fn start(command: &str, file: &Path) -> io::Result<Child> {
    Command::new("/bin/sh").arg("-c").arg(format!("{command} \"$1\"")).arg("sh").arg(file).spawn()
}

/// Whether it has gone with its terminal, or because it was told to.
fn is_told_to_end(status: ExitStatus) -> bool {
    status.signal().is_some_and(|signal| [Signal::HUP, Signal::TERM].iter().any(|one| one.as_raw() == signal))
}

fn has_text(written: &io::Result<Option<Vec<u8>>>) -> bool {
    matches!(written, Ok(Some(text)) if !text.is_empty())
}

/// Lets the desktop open a link. What it prints is not for this terminal, and it may outlive this program.
pub(crate) fn open_link(command: &str, link: &str) -> io::Result<()> {
    let mut command = Command::new(command);
    command.arg(link).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map(drop)
}

fn text(written: io::Result<Option<Vec<u8>>>) -> io::Result<String> {
    String::from_utf8(written?.unwrap_or_default()).map_err(io::Error::other)
}

/// An editor ends the last line too.
fn without_end(text: String) -> String {
    text.strip_suffix('\n').map(str::to_owned).unwrap_or(text)
}

/// Its text is in the box, or was never needed.
fn remove(file: &Path) {
    files::remove(file).ok();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;
    use std::fs;

    /// What comes of an editor that wrote this and exited with this status, and of its file.
    async fn ended(written: &[u8], status: i32) -> (Result<String, Safe>, PathBuf, tempfile::TempDir) {
        waited(written, status << 8).await
    }

    /// The same with a status as `wait` tells it.
    async fn waited(written: &[u8], status: i32) -> (Result<String, Safe>, PathBuf, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::of(folder.path().join("session.json").to_str().unwrap()).unwrap();
        let before = "half\n".to_owned();
        let file = Home::of(profile).write_message(&before).unwrap();
        fs::write(&file, written).unwrap();
        let child = start("true", &file).unwrap();
        let mut editor = Editor { file: file.clone(), before, child };
        editor.ended().await.unwrap();
        (editor.text(Ok(ExitStatus::from_raw(status))), file, folder)
    }

    #[tokio::test]
    async fn the_file_goes_when_its_text_is_in_the_box() {
        let (text, file, _folder) = ended(b"half and the rest\n", 0).await;
        assert_eq!(text.unwrap(), "half and the rest");
        assert!(!file.exists());
        let (text, file, _folder) = ended(b"half\n", 1).await;
        assert!(text.unwrap_err().ends_with("the text is as it was."));
        assert!(!file.exists());
    }

    #[tokio::test]
    async fn what_was_written_before_the_terminal_went_is_not_lost_and_no_empty_file_takes_its_place() {
        for signal in [Signal::HUP, Signal::TERM] {
            let (text, file, _folder) = waited(b"half and the rest\n", signal.as_raw()).await;
            assert_eq!(text.unwrap(), "half and the rest");
            assert!(!file.exists());
        }
        // It was about to write, or it has crashed.
        for (written, signal) in [(&b""[..], Signal::HUP), (b"half and the re", Signal::SEGV)] {
            let (text, file, _folder) = waited(written, signal.as_raw()).await;
            assert!(text.unwrap_err().contains(file.to_str().unwrap()));
            assert_eq!(fs::read(&file).unwrap(), written);
        }
    }

    #[tokio::test]
    async fn what_does_not_get_into_the_box_stays_in_the_file_that_is_named() {
        for (written, status) in [(&b"half and the rest\n"[..], 1), (b"caf\xe9\n", 0)] {
            let (text, file, _folder) = ended(written, status).await;
            let why = text.unwrap_err();
            assert!(why.contains(file.to_str().unwrap()), "{}", &*why);
            assert_eq!(fs::read(&file).unwrap(), written);
        }
    }
}
