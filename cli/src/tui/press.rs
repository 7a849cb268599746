//! Keys, and how hints write them.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with what is held down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Press {
    pub(super) code: KeyCode,
    pub(super) held: KeyModifiers,
}

impl Press {
    pub(super) const fn new(code: KeyCode) -> Self {
        Self { code, held: KeyModifiers::NONE }
    }

    pub(super) const fn ctrl(letter: char) -> Self {
        Self { code: KeyCode::Char(letter), held: KeyModifiers::CONTROL }
    }

    pub(super) const fn alt(code: KeyCode) -> Self {
        Self { code, held: KeyModifiers::ALT }
    }

    pub(super) fn is(self, key: &KeyEvent) -> bool {
        match key.code {
            // Terminals tell capitals with or without Shift.
            KeyCode::Char(_) => {
                self.code == key.code && self.held == key.modifiers.difference(KeyModifiers::SHIFT)
            }
            code => self.code == code && self.held == key.modifiers,
        }
    }

    /// As hints write it.
    pub(crate) fn name(self) -> String {
        let key = match self.code {
            KeyCode::Char(letter) if self.held == KeyModifiers::CONTROL => {
                return format!("^{}", letter.to_ascii_uppercase());
            }
            KeyCode::Char(letter) if self.held == KeyModifiers::ALT => {
                letter.to_ascii_uppercase().to_string()
            }
            KeyCode::Char(letter) => letter.to_string(),
            KeyCode::F(number) => format!("F{number}"),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            other => format!("{other:?}"),
        };
        let held =
            [(KeyModifiers::CONTROL, "Ctrl-"), (KeyModifiers::ALT, "Alt-"), (KeyModifiers::SHIFT, "Shift-")];
        let held = held.into_iter().filter(|(held, _)| self.held.contains(*held));
        held.map(|(_, name)| name).collect::<String>() + &key
    }
}
