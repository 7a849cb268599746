//! The loop: what happens goes into the model, what the model wants is done, and what it has is drawn.

use super::{
    clock::{Clock, Zone},
    editor::{self, Editor},
    home::Home,
    job::{self, INTERRUPTED, Signals, Wish},
    keys::Keys,
    look::Look,
    message::{Astray, Effect, Message},
    model::{Bell, Model, Page, Wanted},
    notice::Notice,
    plain::Plain,
    runner::{News, Runner, Signed, sign_in},
    safe::Safe,
    screen::Screen,
    sign_in::SignInForm,
    update::update,
};
use crate::{Account, Failure, environment};
use crossterm::event::{Event, EventStream};
use futures_util::StreamExt as _;
use parlor_client::protocol::ids::RoomId;
use std::{collections::VecDeque, io, path::PathBuf, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

/// At most 30 times a second.
const FRAME: Duration = Duration::from_millis(33);
/// Messages that may wait to be taken in.
const NEWS: usize = 256;

/// How to begin.
pub(crate) struct Start {
    pub(crate) home: Home,
    /// Who is signed in.
    pub(crate) account: Option<Account>,
    /// The server in the form, if nobody is signed in.
    pub(crate) server: String,
    /// The room to begin with.
    pub(crate) room: Option<String>,
    pub(crate) look: Look,
    pub(crate) keys: Keys,
    pub(crate) bell: Bell,
    pub(crate) notice: Notice,
}

/// The model, and what it needs to go on.
pub(crate) struct Program {
    pub(crate) model: Model,
    home: Home,
    runner: Runner,
    clock: Clock,
    started: Instant,
    news: mpsc::Receiver<News>,
    signals: Signals,
    /// The exit status, if a signal ends it.
    status: Option<u8>,
    /// Why it ends by itself.
    astray: Option<Astray>,
    /// How the desktop is told.
    notice: Notice,
    /// Another program has the terminal, and what is typed there.
    is_edited: bool,
    /// What an editor wrote last, when that is nowhere else.
    left: Option<PathBuf>,
}

/// What is to be done by whoever shows the model.
pub(crate) enum Here {
    Copy(String),
    /// Ring, and tell the desktop in these words.
    Ring(Safe),
    CaptureMouse(bool),
    /// Let another program edit the text for this room.
    Edit(RoomId, String),
    Redraw,
    /// Ask the whole job to stop.
    Suspend,
    /// Stop, now.
    Stop,
    /// Take the terminal again.
    GoOn,
    Quit,
}

impl Program {
    /// With the session that is kept, or at the form to sign in.
    pub(crate) async fn start(start: Start, size: (u16, u16), signals: Signals) -> Result<Self, Failure> {
        let Start { home, account, server, room, look, keys, bell, notice } = start;
        let clock = Clock::start();
        let (sender, news) = mpsc::channel(NEWS);
        let form = Box::new(SignInForm::new(&server, "", look.glyphs.mask));
        let mut model = Model::new(clock.now(), Zone::Local, look, size, Page::SignIn(form));
        (model.keys, model.bell) = (keys, bell);
        model.wanted = room.map_or(Wanted::First, Wanted::Named);
        let mut program = Self {
            model,
            home: home.clone(),
            runner: Runner::new(home.clone(), sender),
            clock,
            started: Instant::now(),
            news,
            signals,
            status: None,
            astray: None,
            notice,
            is_edited: false,
            left: None,
        };
        if let Some(Account { client, server, user, .. }) = account {
            let signed = sign_in::begin(&home, client, &server, user.email).await?;
            program.adopt(signed);
        }
        Ok(program)
    }

    fn adopt(&mut self, signed: Signed) -> Vec<Here> {
        let messages = self.runner.adopt(signed);
        messages.into_iter().flat_map(|message| self.take(message)).collect()
    }

    /// Takes a message in, and begins what follows from it; answers what is to be done here.
    pub(crate) fn take(&mut self, message: Message) -> Vec<Here> {
        let mut here = Vec::new();
        for effect in update(&mut self.model, message, self.clock.now()) {
            match effect {
                Effect::Copy(text) => here.push(Here::Copy(text)),
                Effect::Ring(words) => here.push(Here::Ring(words)),
                Effect::OpenLink(link) => here.extend(self.open(link)),
                Effect::CaptureMouse(wanted) => here.push(Here::CaptureMouse(wanted)),
                Effect::EditOutside(room, text) => here.push(Here::Edit(room, text)),
                Effect::Redraw => here.push(Here::Redraw),
                Effect::Suspend => here.push(Here::Suspend),
                Effect::End(why) => {
                    self.astray = Some(why);
                    here.push(Here::Quit);
                }
                Effect::Quit => here.push(Here::Quit),
                effect => self.runner.run(effect),
            }
        }
        here
    }

    /// Shows a link where there is a desktop, and copies it where there is none.
    fn open(&mut self, link: String) -> Vec<Here> {
        let words = match environment::desktop().map(|command| editor::open_link(command, &link)) {
            Some(Ok(())) => return self.take(Message::Told(Safe::line(&format!("Opening {link}")))),
            Some(Err(cause)) => format!("The link is copied: it could not be opened ({cause})."),
            None => "The link is copied: there is no desktop here to open it.".to_owned(),
        };
        let mut here = self.take(Message::Told(Safe::line(&words)));
        here.push(Here::Copy(link));
        here
    }

    fn take_news(&mut self, news: News) -> Vec<Here> {
        match news {
            News::Message(message) => self.take(message),
            News::Session(signed) => self.adopt(*signed),
        }
    }

    /// Waits for what happens outside, or for the time at which the model changes by itself. Cancelling it loses nothing.
    pub(crate) async fn next(&mut self) -> Vec<Here> {
        let wake = self.model.wake().map(|up| self.started + up);
        tokio::select! {
            Some(news) = self.news.recv() => {
                let mut here = self.take_news(news);
                // What is there already is drawn together with it.
                while let Ok(news) = self.news.try_recv() {
                    here.extend(self.take_news(news));
                }
                here
            }
            () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => self.take(Message::Tick),
            wish = self.signals.next() => match wish {
                Wish::Stop => vec![Here::Stop],
                Wish::GoOn => vec![Here::GoOn],
                // It is meant for the editor.
                Wish::End(INTERRUPTED) if self.is_edited => Vec::new(),
                Wish::End(status) => {
                    self.status = Some(status);
                    self.take(Message::Stop)
                }
            },
        }
    }

    /// Lets another program edit a text on the terminal. What happens meanwhile is taken in.
    async fn edit(&mut self, room: RoomId, text: &str) -> Vec<Here> {
        let mut editor = match Editor::open(&self.home, text) {
            Ok(editor) => editor,
            Err(why) => return self.take(Message::Edited(room, Err(why))),
        };
        self.is_edited = true;
        let mut later = Vec::new();
        let ended = loop {
            let here = tokio::select! {
                ended = editor.ended() => break ended,
                here = self.next() => here,
            };
            for wish in here {
                match wish {
                    // The whole job stops and goes on, the editor too.
                    Here::Stop if job::has_shell() => drop(job::stop()),
                    Here::Stop | Here::GoOn | Here::Suspend => {}
                    Here::Quit => {
                        self.give_up(editor, room).await;
                        return vec![Here::Quit];
                    }
                    wish => later.push(wish),
                }
            }
        };
        self.is_edited = false;
        let text = editor.text(ended);
        later.extend(self.take(Message::Edited(room, text)));
        later
    }

    /// Ends with a message in an editor: what is written of it becomes its room's draft, or its file is named at the end.
    async fn give_up(&mut self, editor: Editor, room: RoomId) {
        let left = editor.give_up().await;
        if let Some(text) = left.text.clone() {
            // What was kept a moment ago is the text of before.
            for message in [Message::Edited(room, Ok(text)), Message::Stop] {
                self.take(message);
            }
        }
        self.left = left.settle(self.runner.keeps());
    }

    /// Ends.
    pub(crate) async fn end(self) -> Result<(), Failure> {
        if let Some(file) = self.left {
            let words = format!("what the editor wrote is in {}, and nowhere else", file.display());
            Failure::Unexpected(words).report(false);
        }
        self.runner.end().await?;
        match (self.status, self.astray) {
            (Some(status), _) => Err(Failure::Signal(status)),
            (None, Some(Astray::NoRoom(why))) => Err(Failure::Refused(why.to_string())),
            (None, Some(Astray::SeveralRooms(why))) => Err(Failure::Usage(why.to_string())),
            (None, None) => Ok(()),
        }
    }
}

/// Shows the program on the whole terminal.
pub(crate) async fn on_screen(start: Start) -> Result<(), Failure> {
    let failed = |cause: io::Error| Failure::io("drawing on the terminal", &cause);
    let size = crossterm::terminal::size().map_err(failed)?;
    let mut program = Program::start(start, size, Signals::listen(true)?).await?;
    let shown = draw(&mut program).await.map_err(failed);
    if shown.is_err() {
        // Nobody can be asked any more; a signal may have said why, and is the reason then.
        program.take(Message::Stop);
    }
    program.end().await.and(shown)
}

/// Draws the program until it is to end. An error says that the terminal is no longer there.
async fn draw(program: &mut Program) -> io::Result<()> {
    let mut screen = Screen::take()?;
    let mut events = EventStream::new();
    let mut drawn: Option<Instant> = None;
    let mut is_changed = true;
    loop {
        let due = drawn.map_or_else(Instant::now, |drawn| drawn + FRAME);
        let here = tokio::select! {
            event = events.next() => match event.map(|event| event.map(message)) {
                Some(Ok(message)) => program.take(message),
                // The terminal has gone.
                Some(Err(_)) | None => program.take(Message::Stop),
            },
            here = program.next() => here,
            () = sleep_until(due), if is_changed && !screen.is_away() => {
                let size = screen.size()?;
                if size != program.model.size {
                    program.take(Message::Resize(size.0, size.1));
                }
                screen.draw(&program.model)?;
                (drawn, is_changed) = (Some(Instant::now()), false);
                continue;
            }
        };
        is_changed = true;
        let mut wishes = VecDeque::from(here);
        while let Some(wish) = wishes.pop_front() {
            let done = match wish {
                Here::Copy(text) => Screen::copy(&text),
                Here::Ring(words) => Screen::ring(program.notice.sequence(&words)),
                Here::CaptureMouse(wanted) => screen.capture_mouse(wanted),
                Here::Redraw => screen.redraw(),
                Here::Suspend | Here::Stop if !job::has_shell() => {
                    program.take(Message::Told(Safe::line("There is no shell to go back to.")));
                    Ok(())
                }
                Here::Edit(room, text) => {
                    // Whoever reads keys would take them from the editor.
                    drop(events);
                    screen.leave();
                    wishes.extend(program.edit(room, &text).await);
                    events = EventStream::new();
                    screen.come_back()
                }
                Here::Suspend => job::ask_to_stop(),
                Here::Stop => {
                    screen.leave();
                    job::stop()
                }
                Here::GoOn => screen.come_back(),
                Here::Quit => return Ok(()),
            };
            done?;
        }
    }
}

fn message(event: Event) -> Message {
    match event {
        Event::Key(key) => Message::Key(key),
        Event::Paste(text) => Message::Paste(text),
        Event::Mouse(mouse) => Message::Mouse(mouse),
        Event::Resize(width, height) => Message::Resize(width, height),
        Event::FocusGained => Message::Focus(true),
        Event::FocusLost => Message::Focus(false),
    }
}

/// Shows the program line by line.
pub(crate) async fn in_lines(start: Start) -> Result<(), Failure> {
    // Nothing is drawn; the size only matters to what a page is.
    let mut program = Program::start(start, (80, 24), Signals::listen(false)?).await?;
    Plain::begin(&mut program).run(program).await
}
