//! Keys: how hints write them, and how the configuration does.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with what is held down.
type Stroke = (KeyCode, KeyModifiers);

/// A key with what is held down, or two of them one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Press {
    first: Stroke,
    second: Option<Stroke>,
}

/// Keys that have a name instead of a letter: as the configuration writes them, and as hints do.
const NAMED: [(&str, KeyCode, &str); 16] = [
    ("enter", KeyCode::Enter, "Enter"),
    ("esc", KeyCode::Esc, "Esc"),
    ("tab", KeyCode::Tab, "Tab"),
    ("space", KeyCode::Char(' '), "Space"),
    ("comma", KeyCode::Char(','), ","),
    ("minus", KeyCode::Char('-'), "-"),
    ("backspace", KeyCode::Backspace, "Backspace"),
    ("delete", KeyCode::Delete, "Delete"),
    ("up", KeyCode::Up, "Up"),
    ("down", KeyCode::Down, "Down"),
    ("left", KeyCode::Left, "Left"),
    ("right", KeyCode::Right, "Right"),
    ("pageup", KeyCode::PageUp, "PgUp"),
    ("pagedown", KeyCode::PageDown, "PgDn"),
    ("home", KeyCode::Home, "Home"),
    ("end", KeyCode::End, "End"),
];

const HELD: [(KeyModifiers, &str, &str); 3] = [
    (KeyModifiers::CONTROL, "ctrl-", "Ctrl-"),
    (KeyModifiers::ALT, "alt-", "Alt-"),
    (KeyModifiers::SHIFT, "shift-", "Shift-"),
];

impl Press {
    pub(super) const fn new(code: KeyCode) -> Self {
        Self::held(code, KeyModifiers::NONE)
    }

    pub(super) const fn held(code: KeyCode, held: KeyModifiers) -> Self {
        Self { first: (code, held), second: None }
    }

    pub(super) const fn ctrl(letter: char) -> Self {
        Self::held(KeyCode::Char(letter), KeyModifiers::CONTROL)
    }

    pub(super) const fn alt(code: KeyCode) -> Self {
        Self::held(code, KeyModifiers::ALT)
    }

    /// This, and then that.
    pub(super) const fn then(self, next: Self) -> Self {
        Self { first: self.first, second: Some(next.first) }
    }

    /// Whether it is this key alone; or, `after` another, both.
    pub(super) fn is(self, after: Option<&KeyEvent>, key: &KeyEvent) -> bool {
        match (after, self.second) {
            (None, None) => is(self.first, key),
            (Some(first), Some(second)) => is(self.first, first) && is(second, key),
            _ => false,
        }
    }

    /// Whether another key is to come after this one.
    pub(super) fn begins_with(self, key: &KeyEvent) -> bool {
        self.second.is_some() && is(self.first, key)
    }

    /// Whether one would get in the way of the other.
    pub(super) fn clashes(self, other: Self) -> bool {
        self == other || (self.first == other.first && self.second.is_none() != other.second.is_none())
    }

    /// Whether it is what one writes with: a letter, or a key that moves in the box.
    pub(super) fn writes(self) -> bool {
        let (code, held) = self.first;
        let moves =
            matches!(code, KeyCode::Backspace | KeyCode::Left | KeyCode::Right | KeyCode::Up | KeyCode::Down);
        held == KeyModifiers::NONE && (moves || matches!(code, KeyCode::Char(_)))
    }

    /// As the configuration writes it: `ctrl-k`, `alt-enter`, `ctrl-x ctrl-e`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut strokes = text.split_whitespace();
        let (first, second) = (strokes.next().unwrap_or_default(), strokes.next());
        if strokes.next().is_some() {
            return Err(format!("{text} has more than two keys"));
        }
        Ok(Self { first: stroke(first)?, second: second.map(stroke).transpose()? })
    }

    /// As the configuration writes it.
    pub(crate) fn written(self) -> String {
        let written = |(code, held): Stroke| {
            let key = match (code, NAMED.iter().find(|named| named.1 == code)) {
                (_, Some((name, ..))) => (*name).to_owned(),
                (KeyCode::Char(letter), _) => letter.to_string(),
                (other, _) => format!("{other}").to_lowercase(),
            };
            HELD.iter().filter(|known| held.contains(known.0)).map(|known| known.1).collect::<String>() + &key
        };
        [Some(self.first), self.second].into_iter().flatten().map(written).collect::<Vec<_>>().join(" ")
    }

    /// As sentences write it: `Ctrl-K`.
    pub(crate) fn spoken(self) -> String {
        let spoken = |stroke| spoken(stroke, "Ctrl-");
        [Some(self.first), self.second].into_iter().flatten().map(spoken).collect::<Vec<_>>().join(" ")
    }

    /// As hints write it: `^K`.
    pub(crate) fn name(self) -> String {
        let name = |stroke: Stroke| match stroke {
            (KeyCode::Char(_), KeyModifiers::CONTROL) => spoken(stroke, "^"),
            _ => spoken(stroke, "Ctrl-"),
        };
        [Some(self.first), self.second].into_iter().flatten().map(name).collect::<Vec<_>>().join(" ")
    }
}

fn is((code, held): Stroke, key: &KeyEvent) -> bool {
    match key.code {
        // Terminals tell capitals with or without Shift.
        KeyCode::Char(_) => code == key.code && held == key.modifiers.difference(KeyModifiers::SHIFT),
        other => code == other && held == key.modifiers,
    }
}

fn spoken((code, held): Stroke, ctrl: &str) -> String {
    let key = match (code, NAMED.iter().find(|named| named.1 == code)) {
        (_, Some((.., name))) => (*name).to_owned(),
        // Beside another key a letter is written as it stands on the keyboard.
        (KeyCode::Char(letter), _) if held != KeyModifiers::NONE => letter.to_ascii_uppercase().to_string(),
        (KeyCode::Char(letter), _) => letter.to_string(),
        (KeyCode::F(number), _) => format!("F{number}"),
        (other, _) => format!("{other:?}"),
    };
    let name = |known: &(KeyModifiers, &str, &'static str)| known.2.to_owned();
    let held = HELD.iter().filter(|known| held.contains(known.0));
    held.map(|known| if known.2 == "Ctrl-" { ctrl.to_owned() } else { name(known) }).collect::<String>()
        + &key
}

fn stroke(text: &str) -> Result<Stroke, String> {
    let (mut rest, mut held) = (text, KeyModifiers::NONE);
    while let Some((modifier, name, _)) =
        HELD.iter().find(|known| rest.to_ascii_lowercase().starts_with(known.1))
    {
        held |= *modifier;
        rest = &rest[name.len()..];
    }
    let lower = rest.to_ascii_lowercase();
    let mut letters = rest.chars();
    let code = match (NAMED.iter().find(|named| named.0 == lower), letters.next(), letters.next()) {
        (Some((_, code, _)), ..) => *code,
        // With Ctrl or Alt a letter is the key; alone it is what is written.
        (None, Some(letter), None) if held == KeyModifiers::NONE => KeyCode::Char(letter),
        (None, Some(letter), None) => KeyCode::Char(letter.to_ascii_lowercase()),
        _ => match lower.strip_prefix('f').and_then(|number| number.parse().ok()) {
            Some(number @ 1..=12) => KeyCode::F(number),
            _ => return Err(format!("there is no key {text}: write it as ctrl-k, alt-enter, f5 or pageup")),
        },
    };
    let control = held.contains(KeyModifiers::CONTROL);
    if held.contains(KeyModifiers::SHIFT) && matches!(code, KeyCode::Char(_)) {
        return Err(format!("{text}: with shift, write the letter as it comes"));
    }
    let same = match code {
        KeyCode::Char('m') => "enter",
        KeyCode::Char('i') => "tab",
        KeyCode::Char('h') => "backspace",
        KeyCode::Char('[') => "esc",
        _ => return Ok((code, held)),
    };
    if control { Err(format!("terminals send {same} for {text}")) } else { Ok((code, held)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for text in [
            "ctrl-k",
            "alt-enter",
            "f5",
            "pageup",
            "g",
            "G",
            "ctrl-x ctrl-e",
            "shift-enter",
            "ctrl-alt-a",
            "comma",
            "é",
        ] {
            assert_eq!(Press::parse(text).unwrap().written(), text);
        }
        assert_eq!(Press::parse("Ctrl-K").unwrap(), Press::ctrl('k'));
        for press in crate::tui::action::ACTIONS.iter().flat_map(|spec| spec.keys) {
            assert_eq!(Press::parse(&press.written()), Ok(*press));
        }
    }

    #[test]
    fn what_is_no_key_or_never_comes_is_said() {
        for (text, says) in [
            ("", "there is no key"),
            ("ctrl-", "there is no key ctrl-"),
            ("entr", "there is no key entr"),
            ("f13", "there is no key f13"),
            ("ctrl-m", "terminals send enter for ctrl-m"),
            ("shift-a", "write the letter as it comes"),
            ("ctrl-x ctrl-y ctrl-z", "more than two keys"),
        ] {
            let wrong = Press::parse(text).unwrap_err();
            assert!(wrong.contains(says), "{text}: {wrong}");
        }
    }

    #[test]
    fn hints_are_short_and_sentences_are_words() {
        let name = |text: &str| (Press::parse(text).unwrap().name(), Press::parse(text).unwrap().spoken());
        assert_eq!(name("ctrl-k"), ("^K".to_owned(), "Ctrl-K".to_owned()));
        assert_eq!(name("ctrl-x ctrl-e"), ("^X ^E".to_owned(), "Ctrl-X Ctrl-E".to_owned()));
        assert_eq!(name("ctrl-end"), ("Ctrl-End".to_owned(), "Ctrl-End".to_owned()));
        assert_eq!(name("alt-a").0, "Alt-A");
        assert_eq!(name("y").0, "y");
    }
}
