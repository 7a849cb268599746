//! The terminal: taken at the start, given back at the end, whatever the end is.

use super::{model::Model, view::view};
use crossterm::{
    clipboard::CopyToClipboard,
    cursor::Show,
    event::{
        DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste,
        EnableFocusChange, EnableMouseCapture, KeyboardEnhancementFlags, PopKeyboardEnhancementFlags,
        PushKeyboardEnhancementFlags,
    },
    execute,
    style::Print,
    terminal::{EnterAlternateScreen, LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode},
};
use ratatui::{
    Terminal,
    backend::CrosstermBackend,
    layout::{Position, Rect},
};
use std::{
    io::{self, Stdout, stdout},
    panic,
    sync::Once,
};

/// The terminal, while it is ours.
pub(crate) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    title: String,
    captures_mouse: bool,
    /// Given back for a while.
    is_away: bool,
}

impl Screen {
    /// Takes the terminal. Nothing is asked of it: some never answer.
    pub(crate) fn take() -> io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = panic::take_hook();
            panic::set_hook(Box::new(move |panicked| {
                give_back();
                before(panicked);
            }));
        });
        let terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
        let mut screen = Self { terminal, title: String::new(), captures_mouse: true, is_away: false };
        screen.begin()?;
        Ok(screen)
    }

    fn begin(&mut self) -> io::Result<()> {
        enable_raw_mode()?;
        let keys = PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES);
        execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange, keys)?;
        self.title.clear();
        self.capture_mouse(self.captures_mouse)?;
        self.redraw()
    }

    /// Columns and rows.
    pub(crate) fn size(&self) -> io::Result<(u16, u16)> {
        self.terminal.size().map(|size| (size.width, size.height))
    }

    /// Draws what the model has.
    pub(crate) fn draw(&mut self, model: &Model) -> io::Result<()> {
        let title = model.title();
        if title != self.title {
            execute!(stdout(), SetTitle(&title))?;
            self.title = title;
        }
        self.terminal.draw(|frame| view(model, frame)).map(drop)
    }

    /// All of it is drawn anew.
    pub(crate) fn redraw(&mut self) -> io::Result<()> {
        // `Terminal::clear` would ask the terminal where its cursor is, while another waits for keys there.
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::from((Position::ORIGIN, size)))
    }

    /// Whether clicks come here, or select text.
    pub(crate) fn capture_mouse(&mut self, wanted: bool) -> io::Result<()> {
        self.captures_mouse = wanted;
        if wanted { execute!(stdout(), EnableMouseCapture) } else { execute!(stdout(), DisableMouseCapture) }
    }

    /// Into the clipboard of wherever the terminal is.
    pub(crate) fn copy(text: &str) -> io::Result<()> {
        execute!(stdout(), CopyToClipboard::to_clipboard_from(text))
    }

    /// Rings the terminal's bell, and asks it to tell the desktop.
    pub(crate) fn ring(notice: Option<String>) -> io::Result<()> {
        execute!(stdout(), Print('\u{7}'), Print(notice.unwrap_or_default()))
    }

    /// Whether another program has the terminal.
    pub(crate) fn is_away(&self) -> bool {
        self.is_away
    }

    /// Gives the terminal back for a while.
    pub(crate) fn leave(&mut self) {
        self.is_away = true;
        give_back();
    }

    /// Takes the terminal again, whatever was done to it meanwhile.
    pub(crate) fn come_back(&mut self) -> io::Result<()> {
        if !self.is_away {
            // It was stopped with a signal that nobody hears, and the shell has changed the terminal.
            give_back();
        }
        self.is_away = false;
        self.begin()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Leaves the terminal as it was. Doing it twice does no harm.
fn give_back() {
    // There is nothing to do about a terminal that has gone.
    execute!(
        stdout(),
        DisableMouseCapture,
        PopKeyboardEnhancementFlags,
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show
    )
    .ok();
    disable_raw_mode().ok();
}
