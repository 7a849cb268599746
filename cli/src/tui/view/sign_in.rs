//! The form to sign in with.

use super::field;
use crate::tui::{
    look::Part,
    model::Model,
    sign_in::{Row, SignInForm},
    wrap::{cut, wrap},
};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

/// Columns of what stands before a field.
const LABEL: u16 = 10;

/// Draws it.
pub(super) fn draw(model: &Model, form: &SignInForm, frame: &mut Frame<'_>) {
    let (look, whole) = (model.look, frame.area());
    let width = whole.width.min(64);
    let rows = u16::try_from(form.rows().len()).unwrap_or(5);
    // Without space for it, the words around the form go.
    let spacious = whole.height >= rows + 6;
    let height = if spacious { rows + 6 } else { (rows + 1).min(whole.height) };
    let area = Rect::new((whole.width - width) / 2, (whole.height - height) / 2, width, height);
    let mut y = area.y;
    let row = |y: u16| Rect::new(area.x + 1, y, area.width.saturating_sub(2), 1);
    if spacious {
        frame.render_widget(Line::styled("Welcome to Parlor", look.style(Part::Heading)), row(y));
        y += 2;
    }
    let (text, part) = words(form, spacious, look.glyphs.more);
    let rows = wrap(&text, usize::from(area.width.saturating_sub(2)));
    // Why it went wrong comes before lines that are filled in.
    let below = u16::try_from(rows.len()).unwrap_or(u16::MAX).min(area.height / 3).max(1);
    let bottom = if spacious { area.bottom() } else { area.bottom() - below };
    // The line with the keyboard is always seen.
    let at = form.rows().iter().position(|row| *row == form.row).unwrap_or(0);
    let from = if spacious { 0 } else { (at + 1).saturating_sub(usize::from(bottom - area.y)) };
    for line in &form.rows()[from..] {
        if y >= bottom {
            break;
        }
        self::line(model, form, *line, frame, row(y));
        y += 1;
    }
    let y = if spacious { y + 1 } else { bottom };
    let left = whole.bottom().saturating_sub(y);
    let rows = rows.into_iter().map(|row| Line::styled(row, look.style(part))).collect();
    super::lines(frame, Rect { height: left, ..row(y) }, rows);
}

/// What is said below the lines.
fn words(form: &SignInForm, spacious: bool, more: &str) -> (String, Part) {
    match (&form.error, form.is_busy) {
        (Some(error), _) => (error.to_string(), Part::Bad),
        (None, true) => (format!("Signing in{more}"), Part::Waiting),
        (None, false) if spacious => (
            "Tab: next line   Left/Right: old or new account   Enter on the last line: go on   Ctrl-C: quit"
                .to_owned(),
            Part::Quiet,
        ),
        (None, false) => {
            let words = match form.row {
                Row::Choice => "Space: old or new",
                row if form.rows().last() == Some(&row) => "Enter: go on",
                _ => "Tab: next line",
            };
            (words.to_owned(), Part::Quiet)
        }
    }
}

fn line(model: &Model, form: &SignInForm, line: Row, frame: &mut Frame<'_>, area: Rect) {
    let look = model.look;
    let has_keyboard = form.row == line && !form.is_busy;
    let label = match line {
        Row::Choice => "Account",
        Row::Server => "Server",
        Row::Name => "Name",
        Row::Email => "E-mail",
        Row::Password => "Password",
        Row::Again => "Again",
    };
    let part = if has_keyboard { Part::Heading } else { Part::Quiet };
    let sign = if has_keyboard { look.glyphs.here } else { " " };
    let label_area = Rect { width: LABEL.min(area.width), ..area };
    frame.render_widget(Line::styled(format!("{sign}{label}"), look.style(part)), label_area);
    let field_area = Rect { x: area.x + label_area.width, width: area.width - label_area.width, ..area };
    if let Some(text) = form.area(line) {
        field(frame, field_area, text, has_keyboard);
        return;
    }
    let width = usize::from(field_area.width);
    let choice = |words: &str, is_chosen: bool| {
        let words = format!("{} {words}", if is_chosen { "(x)" } else { "( )" });
        Span::styled(words, if is_chosen { look.style(Part::Heading) } else { look.style(Part::Quiet) })
    };
    let spans = if width >= 34 {
        vec![
            choice("I have one", !form.registers),
            Span::raw("   "),
            choice("make a new one", form.registers),
        ]
    } else {
        vec![Span::raw(cut(if form.registers { "(x) new" } else { "(x) mine" }, width, look.glyphs.more))]
    };
    frame.render_widget(Line::from(spans), field_area);
    if has_keyboard {
        frame.set_cursor_position((field_area.x, field_area.y));
    }
}
