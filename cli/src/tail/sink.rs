//! Where messages go: to standard output or to a command, and then into the cursor.

use super::{
    cursor::{Cursor, Extent, Printing},
    surplus::{self, Printed},
};
use crate::{
    Failure, Output,
    message::{self, Received},
    output::unwritten,
};
use parlor_client::{
    live::Mark,
    protocol::{ids::RoomId, messages::Message},
};
use std::{
    fs::File,
    io::{self, Write as _},
    os::fd::AsFd as _,
    path::PathBuf,
    process::Stdio,
};
use tokio::{io::AsyncWriteExt as _, process, task::spawn_blocking};

/// Takes messages one after the other; each is noted in the cursor when it has been taken whole.
pub(super) struct Sink {
    output: Output,
    /// The command that takes them instead of standard output.
    exec: Option<String>,
    stdout: File,
    cursor: Option<Cursor>,
}

impl Sink {
    pub(super) fn new(
        output: Output,
        exec: Option<String>,
        cursor: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        let stdout = io::stdout().as_fd().try_clone_to_owned();
        let stdout = File::from(stdout.map_err(|cause| Failure::io("standard output", &cause))?);
        let cursor = cursor.map(|path| Cursor::open(path, &stdout)).transpose()?;
        Ok(Self { output, exec, stdout, cursor })
    }

    /// Ends the line that an earlier run was printing when it was killed, before anything else is printed.
    pub(super) async fn resume(&mut self) -> Result<(), Failure> {
        let Some(cursor) = &mut self.cursor else { return Ok(()) };
        let unfinished = cursor.take_unfinished();
        let Some(now) = Extent::of(&self.stdout).filter(|_| self.exec.is_none()) else { return Ok(()) };
        let printed =
            unfinished.as_ref().map_or(Printed::Nothing, |printing| surplus::printed(printing, now));
        match (unfinished, printed) {
            (Some(Printing { room_id, mark, .. }), Printed::Whole) => self.passed(room_id, mark),
            (Some(Printing { room_id, mark, line, .. }), Printed::Part(length)) => {
                self.write(line.into_bytes().split_off(length)).await?;
                self.passed(room_id, mark)
            }
            // Another's line; it must not take this run's first one.
            _ if surplus::lacks_an_end(now) => self.write(b"\n".to_vec()).await,
            _ => Ok(()),
        }
    }

    /// Up to where a room was taken in earlier runs.
    pub(super) fn mark(&self, room_id: RoomId) -> Option<Mark> {
        self.cursor.as_ref()?.mark(room_id)
    }

    /// Takes a message, and notes it.
    pub(super) async fn take(
        &mut self,
        message: &Message,
        mark: Mark,
        room: Option<&str>,
    ) -> Result<(), Failure> {
        match self.exec.clone() {
            Some(command) => run(&command, message).await?,
            None => self.print(message, mark, room).await?,
        }
        self.passed(message.room_id, mark)
    }

    /// Notes that a room has come to `mark`.
    pub(super) fn passed(&mut self, room_id: RoomId, mark: Mark) -> Result<(), Failure> {
        self.cursor.as_mut().map_or(Ok(()), |cursor| cursor.keep(room_id, mark))
    }

    /// Nothing comes any more.
    pub(super) fn close(self) -> Result<(), Failure> {
        self.cursor.map_or(Ok(()), Cursor::close)
    }

    async fn print(&mut self, message: &Message, mark: Mark, room: Option<&str>) -> Result<(), Failure> {
        let line = message::in_line(message, room, self.output)? + "\n";
        if let (Some(cursor), Some(output)) = (&mut self.cursor, Extent::of(&self.stdout)) {
            cursor.begin(Printing { room_id: message.room_id, mark, output, line: line.clone() })?;
        }
        self.write(line.into_bytes()).await
    }

    async fn write(&self, bytes: Vec<u8>) -> Result<(), Failure> {
        let stdout = self.stdout.try_clone().map_err(|cause| Failure::io("standard output", &cause))?;
        // On a thread of its own: a reader that does not read must not keep a signal from being heard.
        let written = spawn_blocking(move || (&stdout).write_all(&bytes)).await;
        written.unwrap_or_else(|panicked| Err(io::Error::other(panicked))).map_err(|cause| unwritten(&cause))
    }
}

/// Runs a command with the message, as JSON, on its standard input.
async fn run(command: &str, message: &Message) -> Result<(), Failure> {
    let failed = |cause: io::Error| Failure::io(&format!("running {command}"), &cause);
    let mut json = crate::output::in_json(&Received::new(message))?;
    json.push('\n');
    let mut child =
        process::Command::new("sh").args(["-c", command]).stdin(Stdio::piped()).spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command need not read it.
        stdin.write_all(json.as_bytes()).await.ok();
    }
    let status = child.wait().await.map_err(failed)?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::Unexpected(format!("{command} ended with {status}, at the message {}", message.id)))
}
