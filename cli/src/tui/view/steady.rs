//! What terminals count differently, drawn so that all of them count it alike.
//!
//! A terminal that takes more columns for a character than were counted leaves parts of it behind when something else is drawn
//! there, and at the edge breaks into the next row. Flags, skin tones and families are such: to some terminals one picture, to
//! others as many as they are made of. So are hearts and keys: to some as narrow as a letter.

use ratatui::buffer::{Buffer, CellWidth as _};
use unicode_width::UnicodeWidthChar as _;

/// Joins pictures to one, where a terminal knows how.
const JOINER: char = '\u{200d}';
/// Makes a picture of a letter, where a terminal knows how.
const SELECTOR: char = '\u{fe0f}';

/// Goes over all that was drawn. Nothing changes its place: what was drawn is as wide as before.
pub(super) fn steady(buffer: &mut Buffer) {
    let area = buffer.area;
    for y in area.rows().map(|row| row.y) {
        for x in area.columns().map(|column| column.x) {
            let symbol = buffer[(x, y)].symbol();
            if symbol.is_ascii() {
                continue;
            }
            let symbol_width = symbol.cell_width();
            if let Some(letters) = letters(symbol) {
                let style = buffer[(x, y)].style();
                for (x, letter) in (x..area.right()).zip(letters.chars()) {
                    buffer[(x, y)].set_char(letter).set_style(style);
                }
            } else if let Some(plainer) = plainer(symbol) {
                let style = buffer[(x, y)].style();
                buffer[(x, y)].set_symbol(&plainer);
                // What it no longer takes of its columns is blank.
                for x in
                    (x..area.right()).take(usize::from(symbol_width)).skip(usize::from(plainer.cell_width()))
                {
                    buffer[(x, y)].set_symbol(" ").set_style(style);
                }
            }
        }
    }
}

/// The letters of a flag: each of its two halves is a column wide, and so is its letter.
fn letters(symbol: &str) -> Option<String> {
    let letter = |half: char| match u32::from(half) {
        code @ 0x1f1e6..=0x1f1ff => char::from_u32(code - 0x1f1e6 + u32::from('A')),
        _ => None,
    };
    symbol.chars().map(letter).collect()
}

/// What is drawn of a letter or a picture that is not as wide as its characters together: of several pictures that are to be one the
/// first, and of one that a selector makes wider the narrow one.
fn plainer(symbol: &str) -> Option<String> {
    let wide = usize::from(symbol.cell_width());
    let columns = |character: char| character.width().unwrap_or(0);
    match symbol.chars().map(columns).sum::<usize>() {
        sum if sum == wide => return None,
        sum if sum < wide => return Some(symbol.replace(SELECTOR, "")),
        _ => {}
    }
    let (mut kept, mut used) = (String::new(), 0);
    for character in symbol.chars() {
        used += columns(character);
        if used > wide {
            break;
        }
        kept.push(character);
    }
    Some(kept.trim_end_matches(JOINER).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::{layout::Rect, style::Style};

    fn drawn(text: &str) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
        buffer.set_string(0, 0, text, Style::new());
        steady(&mut buffer);
        buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect()
    }

    #[test]
    fn what_terminals_count_differently_is_drawn_as_they_count_it_alike() {
        for (text, wanted) in [
            ("a🇩🇪b", "aDEb"),
            ("🇩🇪🇯🇵🇫", "DEJPF"),
            ("👍🏽 yes", "👍  yes"),
            ("👩\u{200d}👩\u{200d}👧.", "👩 ."),
            ("❤\u{fe0f}.", "❤ ."),
            ("1\u{fe0f}\u{20e3}.", "1\u{20e3} ."),
            ("👩🏽\u{200d}🤝\u{200d}👨🏿", "👩"),
        ] {
            assert_eq!(drawn(text).trim_end(), wanted, "{text}");
        }
    }

    #[test]
    fn all_else_is_drawn_as_it_is() {
        for text in ["日本", "e\u{301}", "❤", "مرحبا", "क\u{94d}ष", "👧", "🏽"] {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
            buffer.set_string(0, 0, text, Style::new());
            let before = buffer.clone();
            steady(&mut buffer);
            assert_eq!(buffer, before, "{text}");
        }
    }
}
