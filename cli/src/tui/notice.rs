//! Telling the desktop that somebody wrote, by way of the terminal.

use crate::environment;

/// What the terminal is asked with.
///
/// Sources: iTerm2's documentation for OSC 9, urxvt's `notify` extension for OSC 777, kitty's desktop notifications for OSC 99.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    Never,
    Osc9,
    Osc777,
    Osc99,
}

impl Notice {
    /// By its name; `auto` is what this terminal is known to take.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "auto" => Self::of_this_terminal(),
            "never" => Self::Never,
            "osc9" => Self::Osc9,
            "osc777" => Self::Osc777,
            "osc99" => Self::Osc99,
            _ => return None,
        })
    }

    /// What this terminal is known to take. One between, such as tmux, has a name of its own, and takes none.
    pub(crate) fn of_this_terminal() -> Self {
        let (kind, program) = (environment::terminal(), environment::terminal_program());
        Self::of(&kind.unwrap_or_default(), &program.unwrap_or_default())
    }

    fn of(kind: &str, program: &str) -> Self {
        match (kind, program) {
            (_, "iTerm.app" | "WezTerm" | "ghostty") => Self::Osc9,
            ("xterm-kitty", _) => Self::Osc99,
            ("foot" | "foot-extra", _) => Self::Osc777,
            _ => Self::Never,
        }
    }

    /// What is written to the terminal for these words, which must be safe to show.
    pub(crate) fn sequence(self, words: &str) -> Option<String> {
        // Some terminals read what begins with a digit and `;` as another command, and OSC 777 has its fields between them.
        let words = words.replace(';', ",");
        Some(match self {
            Self::Never => return None,
            Self::Osc9 => format!("\u{1b}]9;parlor: {words}\u{1b}\\"),
            Self::Osc777 => format!("\u{1b}]777;notify;parlor;{words}\u{1b}\\"),
            // One in place of the one before.
            Self::Osc99 => format!("\u{1b}]99;i=parlor;parlor: {words}\u{1b}\\"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::safe::Safe;

    #[test]
    fn each_terminal_is_asked_in_its_way_and_one_that_is_not_known_is_left_alone() {
        for (kind, program, wanted) in [
            ("xterm-256color", "iTerm.app", Notice::Osc9),
            ("xterm-ghostty", "ghostty", Notice::Osc9),
            ("xterm-kitty", "", Notice::Osc99),
            ("foot", "", Notice::Osc777),
            ("xterm-256color", "", Notice::Never),
            ("tmux-256color", "tmux", Notice::Never),
            ("linux", "", Notice::Never),
        ] {
            assert_eq!(Notice::of(kind, program), wanted, "{kind} {program}");
        }
        assert_eq!(Notice::named("osc8"), None);
    }

    #[test]
    fn whoever_is_named_commands_no_terminal() {
        let words = Safe::line("eve\u{1b}\\\u{1b}]0;title\u{7}\u{9c} wrote in #4;1;50");
        for (name, before) in [
            ("osc9", "\u{1b}]9;parlor: "),
            ("osc777", "\u{1b}]777;notify;parlor;"),
            ("osc99", "\u{1b}]99;i=parlor;"),
        ] {
            let sequence = Notice::named(name).unwrap().sequence(&words).unwrap();
            let payload = sequence.strip_prefix(before).unwrap().strip_suffix("\u{1b}\\").unwrap();
            assert!(!payload.chars().any(|char| char.is_control() || char == ';'), "{sequence:?}");
            assert!(payload.ends_with("wrote in #4,1,50"), "{sequence:?}");
        }
        assert_eq!(Notice::Never.sequence(&words), None);
    }
}
