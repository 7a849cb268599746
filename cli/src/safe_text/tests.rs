//! What may pass, what must not, and that a terminal obeys nothing of it.

use super::*;
use proptest::prelude::*;
use std::time::{Duration, Instant};

#[test]
fn escapes_controls_and_c1_do_not_pass() {
    assert_eq!(safe_text("a\u{1b}[31mb\u{7}c\u{7f}d\u{9b}2Je\u{9d}0;f\r\ng\u{8}"), "a[31mbcd2Je0;f\ng");
    assert_eq!(safe_text("a\tb\nc"), "a    b\nc");
}

#[test]
fn bidirectional_controls_are_shown_and_hidden_ones_go() {
    assert_eq!(safe_text("a\u{202e}b\u{2066}c\u{61c}d\u{200f}"), "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}");
    assert_eq!(safe_text("p\u{200b}a\u{2060}y\u{feff}p\u{ad}a\u{e0041}l"), "paypal");
    assert_eq!(safe_text("p\u{3164}a\u{115f}y\u{ffa0}p\u{34f}a\u{2029}l\u{e0fff}"), "paypal");
}

#[test]
fn joined_emoji_and_letters_stay_and_a_joiner_elsewhere_goes() {
    for kept in [
        "👩\u{200d}👩\u{200d}👧",
        "❤\u{fe0f}\u{200d}🔥",
        "1\u{fe0f}\u{20e3}",
        "Ünïcödé",
        "日本",
        "می\u{200c}خواهم",
        "ක්\u{200d}ෂ",
        "র\u{200d}্য",
    ] {
        assert_eq!(safe_text(kept), kept);
    }
    for joiner in ['\u{200c}', '\u{200d}'] {
        assert_eq!(safe_text(&format!("{joiner}pay{joiner}pal{joiner}")), "paypal");
        assert_eq!(safe_text(&format!("é{joiner}{joiner} {joiner}é{joiner}\n{joiner}é")), "é é\né");
    }
}

#[test]
fn a_variation_selector_follows_what_it_varies_and_comes_once() {
    for kept in ["❤\u{fe0f}", "#\u{fe0f}\u{20e3}", "葛\u{e0100}"] {
        assert_eq!(safe_text(kept), kept);
    }
    assert_eq!(safe_text("\u{fe0f}pay\u{fe0e}pal\u{e0100} ❤\u{fe0f}\u{fe0e}\u{e01ef}"), "paypal ❤\u{fe0f}");
    // Of a digit alone terminals don't agree how wide it would be.
    assert_eq!(safe_text("8\u{fe0f} 8\u{fe0e}\u{20e3} 8\u{fe0f}\u{301}"), "8 8\u{20e3} 8\u{301}");
    // Else each could carry a byte that nobody sees.
    assert_eq!(safe_text(&format!("é\u{301}{}", "\u{fe01}".repeat(99))), "é\u{301}");
}

#[test]
fn marks_are_bounded_and_have_a_base() {
    let marks = |count| format!("e{}x", "\u{301}".repeat(count));
    assert_eq!(safe_text(&marks(4)), marks(4));
    assert_eq!(safe_text(&marks(5)), marks(4));
    assert_eq!(safe_text("\u{301}a\n\u{20dd}b"), "a\nb");
    // A vowel of Hangul takes no column of its own either.
    assert_eq!(safe_text(&format!("\u{1100}{}", "\u{1161}".repeat(500))).chars().count(), 5);
}

#[test]
fn lines_and_their_lengths_are_bounded() {
    let (full, over) = (vec!["x"; 100].join("\n"), vec!["x"; 103].join("\n"));
    assert_eq!(safe_text(&full), full);
    assert_eq!(safe_text(&over), format!("{}\n[4 more lines]", vec!["x"; 99].join("\n")));
    let long = "x".repeat(4_999);
    assert_eq!(safe_text(&long), long);
    assert_eq!(safe_text(&format!("{long}yz\nzz")), format!("{long}…\nzz"));
}

#[test]
fn a_name_stays_on_one_line() {
    assert_eq!(safe_line("ada\nbob: hi\tho"), "ada bob: hi ho");
}

#[test]
fn a_megabyte_takes_no_longer_for_being_in_one_piece() {
    for piece in ["x", "\n", "é\u{200d}", "\u{301}", "👩\u{200d}\u{fe0f}", "\u{1b}[2J"] {
        let text = piece.repeat(1_000_000 / piece.len());
        let begun = Instant::now();
        assert!(safe_text(&text).len() <= 101 * COLUMNS);
        safe_json(&text);
        // It takes 50 ms unoptimised; were it quadratic, it would take minutes.
        assert!(begun.elapsed() < Duration::from_secs(5), "{piece:?} took {:?}", begun.elapsed());
    }
}

/// A terminal that shows lines, and notes what else it was made to do.
#[derive(Default)]
struct Terminal {
    shown: String,
    obeyed: Vec<String>,
}

impl vte::Perform for Terminal {
    fn print(&mut self, character: char) {
        self.shown.push(character);
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            b'\n' => self.shown.push('\n'),
            _ => self.obeyed.push(format!("control {byte:#x}")),
        }
    }

    fn hook(&mut self, _: &vte::Params, _: &[u8], _: bool, action: char) {
        self.obeyed.push(format!("DCS {action}"));
    }

    fn osc_dispatch(&mut self, parameters: &[&[u8]], _: bool) {
        self.obeyed.push(format!("OSC {parameters:?}"));
    }

    fn csi_dispatch(&mut self, _: &vte::Params, _: &[u8], _: bool, action: char) {
        self.obeyed.push(format!("CSI {action}"));
    }

    fn esc_dispatch(&mut self, _: &[u8], _: bool, byte: u8) {
        self.obeyed.push(format!("ESC {byte:#x}"));
    }
}

/// Whether a terminal shows this text as it stands, does nothing else, and shows what follows too.
fn only_prints(text: &str) -> Result<(), String> {
    let text = format!("{text}[1m;\\");
    let mut terminal = Terminal::default();
    vte::Parser::new().advance(&mut terminal, text.as_bytes());
    let printed = terminal.shown == text && terminal.obeyed.is_empty() && !text.contains('\u{7f}');
    if printed {
        Ok(())
    } else {
        Err(format!("{text:?} shows {:?} and does {:?}", terminal.shown, terminal.obeyed))
    }
}

#[test]
fn the_terminal_tells_text_from_what_it_obeys() {
    let hostile = [
        "\u{1b}[2J",
        "\u{1b}",
        "\u{1b}]0;title\u{7}",
        "\u{1b}Pq",
        "\u{1b}c",
        "\u{1b}_G",
        "\u{1b}^",
        "\r",
        "\u{8}",
        "\u{85}",
        "\u{9b}",
        "\u{7f}",
    ];
    for text in hostile {
        assert!(only_prints(text).is_err(), "{text:?}");
    }
    assert_eq!(only_prints("a\nb é 👩"), Ok(()));
}

/// Texts in which what must not pass is as frequent as what may.
fn texts() -> impl Strategy<Value = String> {
    let sequences = vec![
        "\u{1b}[",
        "\u{1b}]",
        "\u{1b}P",
        "\u{1b}_",
        "\u{1b}\\",
        "\u{1b}c",
        "\u{1b}]0;",
        "\u{1b}]52;c;",
        "\u{1b}]8;;",
        "\u{9b}",
        "\u{9d}",
        "\u{90}",
        "\u{9c}",
        "\u{7}",
        "31m",
        "?1049h",
        "2J",
        "\r",
        "\n",
        "\t",
        "\r\n",
        "\u{301}",
        "\u{200d}",
        "\u{200c}",
        "\u{fe0f}",
        "\u{202e}",
        "\u{2066}",
        "\u{61c}",
        "\u{200f}",
        "\u{200b}",
        "\u{feff}",
        "\u{e0041}",
        "\u{1161}",
        "👩",
        "é",
        "日",
    ];
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        (0_u8..0xa0).prop_map(|code| char::from(code).to_string()),
        prop::sample::select(sequences).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..64).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn whatever_comes_a_terminal_only_prints(text in texts()) {
        for safe in [safe_text(&text), safe_line(&text), safe_json(&text)] {
            prop_assert_eq!(only_prints(&safe), Ok(()));
        }
        prop_assert!(!safe_line(&text).contains('\n') && !safe_json(&text).contains('\n'));
    }

    #[test]
    fn whatever_comes_nothing_reorders_or_hides(text in texts()) {
        let safe = safe_text(&text);
        prop_assert!(!safe.chars().chain(safe_json(&text).chars()).any(|c| is_bidi_control(c) || is_invisible(c)), "{safe:?}");
        for line in safe.lines() {
            // No five characters in a row without a column, beside one selector and the joiners.
            let unseen = |c: &char| !matches!(c, '\u{200c}' | '\u{200d}') && !is_variation_selector(*c);
            let mut marks = line.chars().filter(unseen).scan(MARKS, |marks, c| {
                *marks = if c.width() == Some(0) { *marks + 1 } else { 0 };
                Some(*marks)
            });
            prop_assert!(marks.all(|marks| marks <= MARKS), "{line:?}");
        }
    }

    #[test]
    fn what_is_safe_passes_unchanged(text in texts()) {
        let safe = safe_text(&text);
        prop_assert_eq!(safe_text(&safe), safe);
    }

    #[test]
    fn safe_json_is_the_same_value(text in texts()) {
        let safe = safe_json(&serde_json::to_string(&text).unwrap());
        prop_assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
    }
}
