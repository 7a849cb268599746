//! The screen, as the model has it. Only what is seen is laid out.
//!
//! | to read about | look in |
//! | --- | --- |
//! | where things go | `layout.rs` |
//! | header, banner, typing, the box, the status | `view/chat.rs` |
//! | the messages | `view/messages.rs`, `lines.rs` |
//! | the lists beside them | `view/sidebar.rs` |
//! | the keys at the lower edge | `view/hints.rs` |
//! | what lies over the rest | `view/overlay.rs` |
//! | signing in | `view/sign_in.rs` |
//! | what terminals count differently | `view/steady.rs` |

mod chat;
pub(crate) mod hints;
mod messages;
mod overlay;
pub(crate) mod sidebar;
mod sign_in;
mod steady;

#[cfg(test)]
mod tests;

use super::{
    layout::{areas, is_tiny},
    model::{Model, Page},
    wrap::cut,
};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Text},
    widgets::{Block, Clear},
};
use ratatui_textarea::TextArea;

/// Draws the model.
pub(crate) fn view(model: &Model, frame: &mut Frame<'_>) {
    let whole = frame.area();
    // The terminal may have another size than the model was told last.
    if whole.as_size() != ratatui::layout::Size::from(model.size) || whole.is_empty() {
        return;
    }
    frame.render_widget(Block::new().style(model.look.base()), whole);
    match &model.page {
        _ if is_tiny(model.size) => tiny(model, frame, whole),
        Page::SignIn(form) => sign_in::draw(model, form, frame),
        Page::Chat | Page::SignedOut => {
            chat::draw(model, &areas(model), frame);
            overlay::draw(model, frame);
        }
    }
    steady::steady(frame.buffer_mut());
}

/// One line, where there is no space for more.
fn tiny(model: &Model, frame: &mut Frame<'_>, whole: Rect) {
    let text = match (&model.page, model.listed()) {
        (Page::SignIn(_), _) => "Sign in: a larger window is needed".to_owned(),
        (_, Some(room)) => {
            format!("{} unread, #{}; the window is too small", model.rooms.unread(), room.name)
        }
        (_, None) => "The window is too small".to_owned(),
    };
    let text = cut(&text, usize::from(whole.width), model.look.glyphs.more);
    frame.render_widget(Line::raw(text), Rect { height: 1, ..whole });
}

/// Draws a box with text, with the terminal's cursor in it if it has the keyboard.
fn field(frame: &mut Frame<'_>, area: Rect, text: &TextArea<'_>, has_keyboard: bool) {
    if area.is_empty() {
        return;
    }
    frame.render_widget(text, area);
    if has_keyboard {
        let (top, left) = text.scroll_offset();
        let cursor = text.screen_cursor();
        let column = cursor.col.saturating_sub(usize::from(left)).min(usize::from(area.width - 1));
        let row = cursor.row.saturating_sub(usize::from(top)).min(usize::from(area.height - 1));
        // Both are less than the area's sides.
        let (column, row) = (u16::try_from(column).unwrap_or(0), u16::try_from(row).unwrap_or(0));
        frame.set_cursor_position((area.x + column, area.y + row));
    }
}

/// Draws lines from the top, and no more than there is space for.
fn lines(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'static>>) {
    frame.render_widget(Text::from(lines), area);
}

/// An empty box over the rest, with a border and a title; answers its inside.
fn window(model: &Model, frame: &mut Frame<'_>, area: Rect, title: &str) -> Rect {
    let glyphs = model.look.glyphs;
    let [top_left, top_right, bottom_left, bottom_right] = glyphs.corners;
    let border = ratatui::symbols::border::Set {
        top_left,
        top_right,
        bottom_left,
        bottom_right,
        vertical_left: glyphs.bar,
        vertical_right: glyphs.bar,
        horizontal_top: glyphs.rule,
        horizontal_bottom: glyphs.rule,
    };
    let title = if title.is_empty() { String::new() } else { format!(" {title} ") };
    let title = cut(&title, usize::from(area.width.saturating_sub(2)), glyphs.more);
    let block = Block::bordered().border_set(border).title(title).style(model.look.base());
    let inside = block.inner(area);
    frame.render_widget(Clear, area);
    frame.render_widget(block, area);
    inside
}
