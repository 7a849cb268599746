//! Lines that fit: text broken at words, or between graphemes where a word is too long.

use ratatui::buffer::CellWidth as _;
use unicode_segmentation::UnicodeSegmentation as _;

/// How many columns a text takes, as the screen draws it.
pub(crate) fn columns(text: &str) -> usize {
    text.graphemes(true).map(wide).sum()
}

fn wide(grapheme: &str) -> usize {
    usize::from(grapheme.cell_width())
}

/// The text in lines of at most `width` columns. A single grapheme that is wider than that is left out.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    for line in text.split('\n') {
        wrap_line(line, width, &mut lines);
    }
    lines
}

fn wrap_line(line: &str, width: usize, lines: &mut Vec<String>) {
    let (mut row, mut used) = (String::new(), 0);
    let mut rest = line;
    while !rest.is_empty() {
        let is_space = rest.starts_with(char::is_whitespace);
        let end = rest.find(|next: char| next.is_whitespace() != is_space).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        let long = columns(word);
        if used + long <= width {
            row.push_str(word);
            used += long;
        } else if is_space {
            // Space at the end of a row is not seen; the next row begins with a word.
            lines.push(std::mem::take(&mut row));
            used = 0;
        } else {
            if used > 0 && long <= width {
                lines.push(std::mem::take(&mut row).trim_end().to_owned());
                used = 0;
            }
            for grapheme in word.graphemes(true).filter(|grapheme| wide(grapheme) <= width) {
                if used + wide(grapheme) > width {
                    lines.push(std::mem::take(&mut row));
                    used = 0;
                }
                row.push_str(grapheme);
                used += wide(grapheme);
            }
        }
    }
    lines.push(row);
}

/// The text cut to `width` columns, with `more` at its end if something was cut off.
pub(crate) fn cut(text: &str, width: usize, more: &str) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(columns(more));
    let (mut kept, mut used) = (String::new(), 0);
    for grapheme in text.graphemes(true) {
        used += wide(grapheme);
        if used > room {
            break;
        }
        kept.push_str(grapheme);
    }
    if columns(more) <= width {
        kept.push_str(more);
    }
    kept
}

/// The text in exactly `width` columns.
pub(crate) fn fit(text: &str, width: usize, more: &str) -> String {
    let mut kept = cut(text, width, more);
    kept.push_str(&" ".repeat(width.saturating_sub(columns(&kept))));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_stay_whole_and_long_ones_are_broken() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("one, two!", 8), ["one,", "two!"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("a\n\nb", 4), ["a", "", "b"]);
        assert_eq!(wrap("日本語です", 4), ["日本", "語で", "す"]);
    }

    #[test]
    fn a_family_is_two_columns_and_is_never_torn() {
        let family = "👩\u{200d}👩\u{200d}👧";
        assert_eq!(columns(family), 2);
        assert_eq!(wrap(&family.repeat(3), 4), [family.repeat(2), family.to_owned()]);
        assert_eq!(cut(&family.repeat(3), 5, "…"), format!("{}…", family.repeat(2)));
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_letter_is_lost(text in "[a-z 日é👧\n]{0,80}", width in 2_usize..20) {
            let lines = wrap(&text, width);
            prop_assert!(lines.iter().all(|line| columns(line) <= width), "{lines:?}");
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
            prop_assert_eq!(columns(&fit(&text.replace('\n', ""), width, "…")), width);
        }
    }
}
