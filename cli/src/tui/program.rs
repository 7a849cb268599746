//! The loop: what happens goes into the model, what the model wants is done, and what it has is drawn.

use super::{
    clock::{Clock, Zone},
    home::Home,
    look::Look,
    message::{Effect, Message},
    model::{Model, Page},
    plain::Plain,
    runner::{News, Runner, Signed, sign_in},
    screen::Screen,
    sign_in::SignInForm,
    update::update,
};
use crate::{Account, Failure};
use crossterm::event::{Event, EventStream};
use futures_util::StreamExt as _;
use std::time::Duration;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
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
}

/// The model, and what it needs to go on.
pub(crate) struct Program {
    pub(crate) model: Model,
    runner: Runner,
    clock: Clock,
    started: Instant,
    news: mpsc::Receiver<News>,
    terminate: Signal,
    hang_up: Signal,
}

/// What is to be done by whoever shows the model.
pub(crate) enum Here {
    Copy(String),
    CaptureMouse(bool),
    Redraw,
    Suspend,
    Quit,
}

impl Program {
    /// With the session that is kept, or at the form to sign in.
    pub(crate) async fn start(start: Start, size: (u16, u16)) -> Result<Self, Failure> {
        let Start { home, account, server, room, look } = start;
        let clock = Clock::start();
        let (sender, news) = mpsc::channel(NEWS);
        let form = Box::new(SignInForm::new(&server, "", look.glyphs.mask));
        let mut model = Model::new(clock.now(), Zone::Local, look, size, Page::SignIn(form));
        model.wanted = room;
        let heard = |kind| signal(kind).map_err(|cause| Failure::io("listening to signals", &cause));
        let mut program = Self {
            model,
            runner: Runner::new(home.clone(), sender),
            clock,
            started: Instant::now(),
            news,
            terminate: heard(SignalKind::terminate())?,
            hang_up: heard(SignalKind::hangup())?,
        };
        if let Some(Account { client, server, user, .. }) = account {
            let signed = sign_in::begin(&home, client, &server, user.email).await?;
            program.adopt(signed);
        }
        Ok(program)
    }

    fn adopt(&mut self, signed: Signed) -> Vec<Here> {
        self.model.drafts = self.runner.drafts(signed.me.id);
        let messages = self.runner.adopt(signed);
        messages.into_iter().flat_map(|message| self.take(message)).collect()
    }

    /// Takes a message in, and begins what follows from it; answers what is to be done here.
    pub(crate) fn take(&mut self, message: Message) -> Vec<Here> {
        let mut here = Vec::new();
        for effect in update(&mut self.model, message, self.clock.now()) {
            match effect {
                Effect::Copy(text) => here.push(Here::Copy(text)),
                Effect::CaptureMouse(wanted) => here.push(Here::CaptureMouse(wanted)),
                Effect::Redraw => here.push(Here::Redraw),
                Effect::Suspend => here.push(Here::Suspend),
                Effect::Quit => here.push(Here::Quit),
                effect => self.runner.run(effect),
            }
        }
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
            _ = self.terminate.recv() => self.take(Message::Stop),
            _ = self.hang_up.recv() => self.take(Message::Stop),
        }
    }

    /// Ends.
    pub(crate) async fn end(self) {
        self.runner.end().await;
    }
}

/// Shows the program on the whole terminal.
pub(crate) async fn on_screen(start: Start) -> Result<(), Failure> {
    let failed = |cause: std::io::Error| Failure::io("drawing on the terminal", &cause);
    let size = crossterm::terminal::size().map_err(failed)?;
    let mut program = Program::start(start, size).await?;
    let mut screen = Screen::take().map_err(failed)?;
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
            () = sleep_until(due), if is_changed => {
                let size = screen.size().map_err(failed)?;
                if size != program.model.size {
                    program.take(Message::Resize(size.0, size.1));
                }
                screen.draw(&program.model).map_err(failed)?;
                (drawn, is_changed) = (Some(Instant::now()), false);
                continue;
            }
        };
        is_changed = true;
        for wish in here {
            let done = match wish {
                Here::Copy(text) => Screen::copy(&text),
                Here::CaptureMouse(wanted) => screen.capture_mouse(wanted),
                Here::Redraw => screen.redraw(),
                Here::Suspend => screen.suspend(),
                Here::Quit => {
                    drop(screen);
                    program.end().await;
                    return Ok(());
                }
            };
            done.map_err(failed)?;
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
    let mut program = Program::start(start, (80, 24)).await?;
    Plain::begin(&mut program).run(program).await
}
