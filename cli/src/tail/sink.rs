//! Where messages go: to standard output or to a command, and then into the cursor.

use super::{
    cursor::{Cursor, Extent},
    surplus::{Printed, Surplus},
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
    process::Stdio,
};
use tokio::{io::AsyncWriteExt as _, process, task::spawn_blocking};

/// Takes messages one after the other; each is noted in the cursor when it has been taken whole.
pub(super) struct Sink {
    output: Output,
    /// The command that takes them instead of standard output.
    exec: Option<String>,
    stdout: File,
    surplus: Surplus,
    cursor: Option<Cursor>,
}

impl Sink {
    pub(super) fn new(output: Output, exec: Option<String>, cursor: Option<Cursor>) -> Result<Self, Failure> {
        let stdout = io::stdout().as_fd().try_clone_to_owned();
        let stdout = File::from(stdout.map_err(|cause| Failure::io("standard output", &cause))?);
        let known = cursor.as_ref().and_then(Cursor::output);
        let surplus = Surplus::of(known, Extent::of(&stdout));
        Ok(Self { output, exec, stdout, surplus, cursor })
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
            None => self.print(message, room).await?,
        }
        self.passed(message.room_id, mark)
    }

    /// Notes that a room has come to `mark`.
    pub(super) fn passed(&mut self, room_id: RoomId, mark: Mark) -> Result<(), Failure> {
        let Some(cursor) = &mut self.cursor else { return Ok(()) };
        let output = if self.exec.is_none() { Extent::of(&self.stdout) } else { None };
        cursor.keep(room_id, mark, output)
    }

    /// Nothing comes any more.
    pub(super) fn close(self) -> Result<(), Failure> {
        self.cursor.map_or(Ok(()), Cursor::close)
    }

    async fn print(&mut self, message: &Message, room: Option<&str>) -> Result<(), Failure> {
        let mut line = message::in_line(message, room, self.output)?.into_bytes();
        line.push(b'\n');
        match self.surplus.has(message.id, &line) {
            Printed::Whole => return Ok(()),
            Printed::Part(length) => drop(line.drain(..length)),
            Printed::Nothing(true) => line.insert(0, b'\n'),
            Printed::Nothing(false) => {}
        }
        let stdout = self.stdout.try_clone().map_err(|cause| Failure::io("standard output", &cause))?;
        // On a thread of its own: a reader that does not read must not keep a signal from being heard.
        let written = spawn_blocking(move || (&stdout).write_all(&line)).await;
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
