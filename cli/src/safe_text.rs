//! Text from the network, before it reaches a terminal: what would move the cursor, change colours, reorder or hide is taken out.

use std::fmt::Write as _;
use unicode_normalization::char::is_combining_mark;
use unicode_width::UnicodeWidthChar as _;

/// A message can have 4,000 lines; a screen has not.
const LINES: usize = 100;
/// A message of one line fits, with its time and its sender; what a broken server says need not.
const COLUMNS: usize = 5_000;
/// Marks on one base beyond these paint over the lines around it.
const MARKS: usize = 4;

/// The text without what a terminal would obey: at most 100 lines of visible characters.
pub(crate) fn safe_text(text: &str) -> String {
    let mut safe = Safe::new(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == '\n' && safe.lines == LINES - 1 {
            let more = characters.clone().filter(|next| *next == '\n').count();
            if more > 0 {
                write!(safe.text, "\n[{} more lines]", more + 1).ok();
                break;
            }
        }
        safe.take(character);
    }
    safe.text
}

/// The same for what must stay on one line, such as a name: nothing in it can look like the next line's beginning.
pub(crate) fn safe_line(text: &str) -> String {
    safe_text(&text.replace(['\n', '\t'], " "))
}

/// JSON whose texts a terminal does not obey either: the same value, with escapes for what JSON itself leaves as it is.
pub(crate) fn safe_json(json: &str) -> String {
    json.chars().fold(String::with_capacity(json.len()), |mut safe, character| {
        if character.is_control() || is_bidi_control(character) || is_invisible(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(safe, "\\u{unit:04x}").ok();
            }
        } else {
            safe.push(character);
        }
        safe
    })
}

/// What has passed so far.
struct Safe {
    text: String,
    lines: usize,
    /// Characters of this line.
    columns: usize,
    /// Marks on the last base; a line begins without a base, so with none to come.
    marks: usize,
    /// Whether a variation selector may follow.
    varies: bool,
    /// What only goes with what follows: a joiner of two letters or pictures, or a digit's selector, which makes a key of it.
    held: Option<char>,
}

impl Safe {
    fn new(capacity: usize) -> Self {
        let text = String::with_capacity(capacity);
        Self { text, lines: 1, columns: 0, marks: MARKS, varies: false, held: None }
    }

    fn take(&mut self, character: char) {
        let held = self.held.take();
        match character {
            '\n' => {
                self.text.push('\n');
                (self.lines, self.columns) = (self.lines + 1, 0);
                (self.marks, self.varies) = (MARKS, false);
            }
            '\t' => (0..4).for_each(|_| self.base(' ', None)),
            '\u{200c}' | '\u{200d}' => self.held = Some(character),
            hidden if hidden.is_control() || is_invisible(hidden) => {}
            reordering if is_bidi_control(reordering) => self.base(char::REPLACEMENT_CHARACTER, None),
            selector if is_variation_selector(selector) => {
                if std::mem::take(&mut self.varies) {
                    if self.text.ends_with(|base: char| base.is_ascii()) {
                        self.held = Some(selector);
                    } else {
                        self.push(selector, None);
                    }
                }
            }
            mark if is_combining_mark(mark) || mark.width() == Some(0) => {
                if self.marks < MARKS {
                    (self.marks, self.varies) = (self.marks + 1, false);
                    self.push(mark, held);
                }
            }
            visible => self.base(visible, held),
        }
    }

    fn base(&mut self, visible: char, held: Option<char>) {
        (self.marks, self.varies) = (0, !visible.is_ascii() || matches!(visible, '0'..='9' | '#' | '*'));
        self.push(visible, held);
    }

    fn push(&mut self, character: char, held: Option<char>) {
        let joined = |next: char| !next.is_ascii() && !next.is_whitespace();
        let held = held.filter(|held| match held {
            '\u{200c}' | '\u{200d}' => joined(character) && self.text.ends_with(joined),
            selector => (*selector, character) == ('\u{fe0f}', '\u{20e3}'),
        });
        for next in held.into_iter().chain([character]) {
            self.columns += 1;
            match self.columns {
                ..COLUMNS => self.text.push(next),
                COLUMNS => self.text.push('…'),
                _ => {}
            }
        }
    }
}

fn is_bidi_control(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Unicode's ignorable characters, without joiners, bidi controls and variation selectors; and its separators of lines.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200b}' | '\u{2028}'
            | '\u{2029}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e00ff}'
            | '\u{e01f0}'..='\u{e0fff}'
    )
}

fn is_variation_selector(character: char) -> bool {
    matches!(character, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests;
