//! The box that a message is written in, and what one-line fields are made of.

use super::complete::Completed;
use ratatui::{buffer::Buffer, layout::Rect, style::Style, widgets::Widget as _};
use ratatui_textarea::{CursorMove, TextArea, WrapMode};
use std::time::Duration;

/// The box of the room on the screen.
#[derive(Clone, Debug)]
pub(crate) struct Compose {
    pub(crate) area: TextArea<'static>,
    /// Which of one's own messages Up has fetched, counted from the newest, and how it read.
    pub(crate) recalled: Option<(usize, String)>,
    /// What Tab has put there, until something else changes the text.
    pub(crate) completed: Option<Completed>,
    /// When the others were last told that one is typing.
    pub(crate) told: Option<Duration>,
    /// The last key that changed the text.
    pub(crate) touched: Option<Duration>,
}

impl Default for Compose {
    fn default() -> Self {
        Self {
            area: empty(WrapMode::WordOrGlyph),
            recalled: None,
            completed: None,
            told: None,
            touched: None,
        }
    }
}

fn empty(wrap: WrapMode) -> TextArea<'static> {
    let mut area = TextArea::default();
    area.set_wrap_mode(wrap);
    // The terminal's own cursor is shown instead.
    area.set_cursor_style(Style::new());
    area.set_cursor_line_style(Style::new());
    area
}

/// A field of one line.
pub(crate) fn field(text: &str) -> TextArea<'static> {
    let mut field = empty(WrapMode::None);
    field.insert_str(text);
    field
}

/// What a field says.
pub(crate) fn said(field: &TextArea<'_>) -> String {
    field.lines().concat()
}

/// What was pasted, as text. Line ends are LF, whatever the terminal made of them.
pub(crate) fn line_feeds(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept = |character: &char| !character.is_control() || matches!(character, '\n' | '\t');
    text.chars().filter(kept).collect()
}

impl Compose {
    /// What is written.
    pub(crate) fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Whether nothing is.
    pub(crate) fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// Puts this text into the box, with the cursor at its end. Undo brings the one before back.
    pub(crate) fn put(&mut self, text: &str) {
        self.completed = None;
        self.area.select_all();
        self.area.cut();
        self.area.insert_str(text);
    }

    /// Another room's text: nothing of the one before is kept, undo neither.
    pub(crate) fn begin(&mut self, text: &str) {
        *self = Self::default();
        self.area.insert_str(text);
        // What was there before this room is not to be undone.
        let lines = self.area.lines().to_vec();
        let mut area = TextArea::new(lines);
        area.set_wrap_mode(WrapMode::WordOrGlyph);
        area.set_cursor_style(Style::new());
        area.set_cursor_line_style(Style::new());
        area.move_cursor(CursorMove::Bottom);
        area.move_cursor(CursorMove::End);
        self.area = area;
    }

    /// What stands before the cursor in its line, and whether that is the first.
    pub(crate) fn before_cursor(&self) -> (String, bool) {
        let at = self.area.cursor();
        let line = self.area.lines().get(at.0).map_or("", String::as_str);
        (line.chars().take(at.1).collect(), at.0 == 0)
    }

    /// Puts another text in place of what stands before the cursor.
    pub(crate) fn replace(&mut self, before: &str, with: &str) {
        for _ in before.chars() {
            self.area.delete_char();
        }
        self.area.insert_str(with);
    }

    /// Inserts what was pasted.
    pub(crate) fn paste(&mut self, text: &str) {
        self.area.insert_str(line_feeds(text));
    }

    /// How many rows it takes at this width.
    pub(crate) fn rows(&self, width: u16) -> u16 {
        let mut probe = TextArea::new(self.area.lines().to_vec());
        probe.set_wrap_mode(WrapMode::WordOrGlyph);
        // It wraps to the width that it was drawn in.
        let area = Rect::new(0, 0, width.max(1), 1);
        (&probe).render(area, &mut Buffer::empty(area));
        probe.move_cursor(CursorMove::Bottom);
        probe.move_cursor(CursorMove::End);
        u16::try_from(probe.screen_cursor().row + 1).unwrap_or(u16::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_has_line_feeds_whatever_the_terminal_made_of_them() {
        let mut compose = Compose::default();
        compose.paste("one\rtwo\r\nthree\nfour");
        assert_eq!(compose.text(), "one\ntwo\nthree\nfour");
    }

    #[test]
    fn it_grows_with_what_is_written() {
        let mut compose = Compose::default();
        assert_eq!(compose.rows(10), 1);
        compose.put("one two three four");
        assert_eq!(compose.rows(10), 2);
        compose.put("a\nb\nc");
        assert_eq!(compose.rows(10), 3);
    }

    #[test]
    fn a_room_begins_with_its_own_text_alone() {
        let mut compose = Compose::default();
        compose.put("of the kitchen");
        compose.begin("of the garden");
        compose.area.undo();
        assert_eq!(compose.text(), "of the garden");
    }
}
