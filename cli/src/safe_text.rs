//! Text from the network, before it reaches a terminal: what would move the cursor, change colours, reorder or hide is taken out.

use std::fmt::Write as _;
use unicode_normalization::char::is_combining_mark;

/// A message can have 4,000 lines; a screen has not.
const LINES: usize = 100;
/// Marks on one base beyond these paint over the lines around it.
const MARKS: usize = 4;
const ZERO_WIDTH_JOINER: char = '\u{200d}';

/// The text without what a terminal would obey: at most 100 lines of visible characters.
pub(crate) fn safe_text(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let (mut marks, mut lines) = (0, 1);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\n' if lines == LINES => {
                let more = 1 + characters.filter(|next| *next == '\n').count();
                write!(safe, "\n[{more} more lines]").ok();
                break;
            }
            '\n' => {
                (marks, lines) = (0, lines + 1);
                safe.push('\n');
            }
            '\t' => safe.push_str("    "),
            // Between two letters or pictures it joins them; anywhere else it only hides.
            ZERO_WIDTH_JOINER => {
                if joins(safe.chars().next_back()) && joins(characters.peek().copied()) {
                    safe.push(ZERO_WIDTH_JOINER);
                }
            }
            hidden if hidden.is_control() || is_invisible(hidden) => {}
            reordering if is_bidi_control(reordering) => safe.push(char::REPLACEMENT_CHARACTER),
            mark if is_combining_mark(mark) => {
                marks += 1;
                if marks <= MARKS {
                    safe.push(mark);
                }
            }
            visible => {
                marks = 0;
                safe.push(visible);
            }
        }
    }
    safe
}

fn joins(neighbour: Option<char>) -> bool {
    neighbour.is_some_and(|next| !next.is_ascii() && !next.is_control() && !is_invisible(next))
}

/// The same for what must stay on one line, such as a name: nothing in it can look like the next line's beginning.
pub(crate) fn safe_line(text: &str) -> String {
    safe_text(&text.replace(['\n', '\t'], " "))
}

/// JSON whose texts a terminal does not obey either: the same value, with escapes for what JSON itself leaves as it is.
pub(crate) fn safe_json(json: &str) -> String {
    json.chars().fold(String::with_capacity(json.len()), |mut safe, character| {
        if character.is_control() || is_bidi_control(character) {
            write!(safe, "\\u{:04x}", u32::from(character)).ok();
        } else {
            safe.push(character);
        }
        safe
    })
}

fn is_bidi_control(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{200d}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_controls_and_c1_do_not_pass() {
        assert_eq!(safe_text("a\u{1b}[31mb\u{7}c\u{7f}d\u{9b}2Je\u{9d}0;f\r\ng\u{8}"), "a[31mbcd2Je0;f\ng");
        assert_eq!(safe_text("a\tb\nc"), "a    b\nc");
    }

    #[test]
    fn bidirectional_controls_are_shown_and_hidden_ones_go() {
        assert_eq!(safe_text("a\u{202e}b\u{2066}c\u{61c}d\u{200f}"), "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}");
        assert_eq!(safe_text("p\u{200b}a\u{2060}y\u{feff}p\u{ad}a\u{e0041}l"), "paypal");
    }

    #[test]
    fn joined_emoji_stay_and_a_joiner_between_letters_goes() {
        for kept in ["👩\u{200d}👩\u{200d}👧", "❤\u{fe0f}\u{200d}🔥", "1\u{fe0f}\u{20e3}", "Ünïcödé", "日本"]
        {
            assert_eq!(safe_text(kept), kept);
        }
        assert_eq!(safe_text("pay\u{200d}pal\u{200d}"), "paypal");
    }

    #[test]
    fn marks_and_lines_are_bounded() {
        let marks = |count| format!("e{}x", "\u{301}".repeat(count));
        assert_eq!(safe_text(&marks(4)), marks(4));
        assert_eq!(safe_text(&marks(5)), marks(4));
        let (full, over) = (vec!["x"; 100].join("\n"), vec!["x"; 103].join("\n"));
        assert_eq!(safe_text(&full), full);
        assert_eq!(safe_text(&over), format!("{full}\n[3 more lines]"));
    }

    #[test]
    fn a_name_stays_on_one_line() {
        assert_eq!(safe_line("ada\nbob: hi\tho"), "ada bob: hi ho");
    }

    /// Texts in which what must not pass is as frequent as what may.
    fn texts() -> impl Strategy<Value = String> {
        let char = prop_oneof![
            any::<char>(),
            (0_u8..0xa0).prop_map(char::from),
            prop::sample::select(vec!['\u{202e}', '\u{2066}', '\u{61c}', '\u{200f}', '\u{200b}', '\u{feff}']),
        ];
        prop::collection::vec(char, 0..64).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn whatever_comes_only_prints(text in texts()) {
            let safe = safe_text(&text);
            prop_assert!(!safe.chars().any(|c| (c.is_control() && c != '\n') || is_bidi_control(c)), "{safe:?}");
            prop_assert!(!safe_line(&text).contains('\n'));
        }

        #[test]
        fn safe_json_is_the_same_value(text in texts()) {
            let json = serde_json::to_string(&text).unwrap();
            let safe = safe_json(&json);
            prop_assert!(!safe.chars().any(|c| c.is_control() || is_bidi_control(c)), "{safe:?}");
            prop_assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
        }
    }
}
