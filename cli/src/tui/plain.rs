//! The same without a screen, for screen readers and simple terminals: lines are added, nothing is drawn, and nothing but text
//! and line ends is written.

use super::{
    entry::{Entry, Mark, Shown},
    message::Message,
    model::{Model, Wanted},
    program::{Here, Program},
    safe::Safe,
    timeline::Loading,
};
use crate::Failure;
use parlor_client::{
    protocol::{ids::RoomId, text::ClientMessageId},
    timeline::Key,
};
use std::{
    collections::HashSet,
    fmt::Write as _,
    io::{self, BufRead as _, ErrorKind, Write as _},
    thread,
};
use tokio::sync::mpsc;

/// Messages of before that are read out when a room is opened.
const BEFORE: usize = 10;

/// What was written already.
#[derive(Debug, Default)]
pub(crate) struct Plain {
    room: Option<RoomId>,
    told: HashSet<i64>,
    failed: HashSet<ClientMessageId>,
    is_open: bool,
    /// It was said that the room waits for the connection.
    is_waiting: bool,
    is_lost: bool,
}

impl Plain {
    /// Nothing yet.
    pub(crate) fn begin(program: &mut Program) -> Self {
        program.model.is_plain = true;
        program.model.speak("Parlor. /help lists the commands; anything else is sent.");
        // It was told before anybody listened.
        if let Some((told, _)) = program.model.told.clone() {
            program.model.speak(&told);
        }
        Self::default()
    }

    /// Until the end of the input, or `/quit`.
    pub(crate) async fn run(mut self, mut program: Program) -> Result<(), Failure> {
        let shown = self.show(&mut program).await;
        if shown.is_err() {
            // What waits is kept also where nobody reads any more.
            program.take(Message::Stop);
        }
        program.end().await.and(shown)
    }

    async fn show(&mut self, program: &mut Program) -> Result<(), Failure> {
        let mut lines = read();
        loop {
            print(&self.take(&mut program.model))?;
            // What was written ahead is for the room that is being opened.
            let ready = is_ready(&program.model);
            let here = tokio::select! {
                line = lines.recv(), if ready => match line.transpose() {
                    Ok(line) => program.take(line.map_or(Message::Stop, Message::Line)),
                    Err(cause) if cause.kind() == ErrorKind::InvalidData => {
                        return Err(Failure::Usage("a line is not UTF-8; it and those after it were not sent".to_owned()));
                    }
                    Err(cause) => return Err(Failure::io("reading standard input", &cause)),
                },
                here = program.next() => here,
            };
            if here.iter().any(|wish| matches!(wish, Here::Quit)) {
                return print(&self.take(&mut program.model));
            }
        }
    }

    /// The lines to add.
    pub(crate) fn take(&mut self, model: &mut Model) -> String {
        let mut text = String::new();
        let mut spoken = std::mem::take(&mut model.spoken);
        let is_lost = model.connection.is_lost(model.now) && !model.connection.is_online();
        if is_lost && !self.is_lost {
            spoken.push(lost(model));
        }
        self.is_lost = is_lost;
        for sentence in spoken {
            line(&mut text, &sentence);
        }
        self.messages(model, &mut text);
        text
    }

    fn messages(&mut self, model: &Model, text: &mut String) {
        let Some(room) = &model.room else { return };
        if self.room != Some(room.id) {
            *self = Self { room: Some(room.id), is_lost: self.is_lost, ..Self::default() };
        }
        match &room.state {
            Loading::Waiting => {
                if self.is_lost && !std::mem::replace(&mut self.is_waiting, true) {
                    let name = model.listed().map(|room| room.name.to_string()).unwrap_or_default();
                    let words = "is loaded when the connection is back. What you write is sent then.";
                    line(text, &format!("{name} {words}"));
                }
                return;
            }
            Loading::Failed(why) => {
                if !std::mem::replace(&mut self.is_open, true) {
                    line(text, &format!("This room could not be opened: {why}"));
                }
                return;
            }
            Loading::Ready => {}
        }
        if !std::mem::replace(&mut self.is_open, true) {
            let older = room.entries.len().saturating_sub(BEFORE);
            self.told.extend(room.entries.iter().take(older).filter_map(|entry| entry.seq()));
        }
        let newest = self.told.iter().max().copied();
        let mut is_earlier = false;
        for entry in &room.entries {
            match &entry.key {
                Key::Entry(seq) if self.told.insert(*seq) => {
                    let earlier = newest.is_some_and(|newest| *seq < newest);
                    if earlier != is_earlier {
                        line(text, if earlier { "Earlier messages:" } else { "New messages:" });
                    }
                    is_earlier = earlier;
                    Self::entry(model, entry, text);
                }
                Key::Local(id) if entry.is_aside() && self.failed.insert(id.clone()) => {
                    Self::entry(model, entry, text);
                }
                _ => {}
            }
        }
        if is_earlier {
            line(text, "End of the earlier messages.");
        }
    }

    fn entry(model: &Model, entry: &Entry, text: &mut String) {
        let at = entry.at.map_or(model.now.utc, |at| at);
        let at = model.zone.local(at).format("%H:%M");
        let name = model.listed().map(|room| room.name.to_string()).unwrap_or_default();
        match &entry.shown {
            Shown::Message(said) => {
                let what = match &said.mark {
                    Some(Mark::Failed(why)) => format!("A message failed: {why} /retry or /discard. It says"),
                    Some(Mark::Held) => {
                        "A message has waited for over a day: /retry or /discard. It says".to_owned()
                    }
                    _ => format!("{at} {} in {name}", said.name),
                };
                line(text, &format!("{what}: {}", said.text));
            }
            Shown::Note(note) => line(text, &format!("{at} {name}: {note}")),
            Shown::Beginning | Shown::Gap => {}
        }
    }
}

/// What was written is read only when it can be meant for something.
fn is_ready(model: &Model) -> bool {
    match &model.room {
        // It is for the room that is being joined.
        _ if matches!(model.wanted, Wanted::Entering { .. }) => false,
        Some(room) => room.state != Loading::Waiting || model.connection.is_lost(model.now),
        None => model.rooms_known || model.connection.is_lost(model.now),
    }
}

fn lost(model: &Model) -> Safe {
    let (waiting, trouble) = (model.waiting, model.connection.trouble());
    let what = if model.connection.was_online() { "Connection lost." } else { "There is no connection yet." };
    let rooms = if model.rooms_known { "" } else { " The rooms are told when there is one." };
    let why = trouble.map(|trouble| format!(" {}.", trouble.words())).unwrap_or_default();
    let waiting = match waiting {
        0 => String::new(),
        1 => " 1 message waiting.".to_owned(),
        many => format!(" {many} messages waiting."),
    };
    Safe::line(&format!("{what}{why}{waiting}{rooms}"))
}

/// One thing is one line: what has several goes on after a blank at their beginning.
fn line(text: &mut String, words: &str) {
    writeln!(text, "{}", words.replace('\n', "\n  ")).ok();
}

fn print(text: &str) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes()).and_then(|()| output.flush()).map_err(|cause| match cause.kind() {
        io::ErrorKind::BrokenPipe => Failure::NobodyReads,
        _ => Failure::io("writing to standard output", &cause),
    })
}

/// The lines of standard input. The thread ends with the program: a read can't be given up.
fn read() -> mpsc::Receiver<io::Result<String>> {
    let (sender, lines) = mpsc::channel(1);
    thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let is_last = line.is_err();
            if sender.blocking_send(line).is_err() || is_last {
                return;
            }
        }
    });
    lines
}
