//! Which key does what: as the list of actions says, or as the configuration does.

use super::{
    action::{ACTIONS, Action, Spec},
    model::Place,
    press::Press,
};
use crossterm::event::KeyEvent;

/// The keys of each action, in the order of the list.
#[derive(Clone, Debug)]
pub(crate) struct Keys(Vec<Vec<Press>>);

/// What a key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    Action(Action),
    /// Another key is to come.
    Beginning,
    Nothing,
}

impl Default for Keys {
    fn default() -> Self {
        Self(ACTIONS.iter().map(|spec| spec.keys.to_vec()).collect())
    }
}

impl Keys {
    /// The list's, but for these actions, which are named by their ids. An error says what is wrong.
    pub(crate) fn with<'a>(changes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, String> {
        let mut keys = Self::default();
        for (id, text) in changes {
            let known = ACTIONS.iter().position(|spec| spec.id == id);
            let at = known.ok_or_else(|| format!("there is no action {id}"))?;
            keys.0[at] = parsed(text).map_err(|wrong| format!("keys.{id}: {wrong}"))?;
            if ACTIONS[at].place != Some(Place::Selecting)
                && let Some(press) = keys.0[at].iter().find(|press| press.writes())
            {
                return Err(format!("keys.{id}: {} is for writing: add ctrl- or alt-", press.written()));
            }
        }
        match keys.clash() {
            Some(wrong) => Err(wrong),
            None => Ok(keys),
        }
    }

    /// Two actions that would be done by one key.
    fn clash(&self) -> Option<String> {
        let meet = |one: &Spec, other: &Spec| match (one.place, other.place) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        let all: Vec<_> = ACTIONS
            .iter()
            .zip(&self.0)
            .flat_map(|(spec, keys)| keys.iter().map(move |key| (spec, *key)))
            .collect();
        for (at, (spec, key)) in all.iter().enumerate() {
            let other = all[..at]
                .iter()
                .find(|(other, taken)| key.clashes(*taken) && meet(spec, other) && spec.id != other.id);
            if let Some((other, taken)) = other {
                let both = if key == taken {
                    key.written()
                } else {
                    format!("{} and {}", taken.written(), key.written())
                };
                return Some(format!(
                    "keys.{} and keys.{} clash: {both} can't be both. Give one of them another key, or none (\"\")",
                    other.id, spec.id
                ));
            }
        }
        None
    }

    /// Those of an action.
    pub(crate) fn of(&self, action: Action) -> &[Press] {
        let at = ACTIONS.iter().position(|spec| spec.action == action);
        at.and_then(|at| self.0.get(at)).map_or(&[], Vec::as_slice)
    }

    /// The first of them as hints write it.
    pub(crate) fn hint(&self, action: Action) -> Option<String> {
        self.of(action).first().map(|press| press.name())
    }

    /// The first of them as sentences write it; without one, how it is done all the same.
    pub(crate) fn spoken(&self, action: Action) -> String {
        let of = |action| self.of(action).first().map(|press| press.spoken());
        of(action)
            .or_else(|| {
                Some(format!("{}, then “{}”", of(Action::Commands)?, super::action::of(action).title))
            })
            .unwrap_or_else(|| "its command".to_owned())
    }

    /// What a key does at this place, `after` the one that began it.
    pub(crate) fn bound(&self, after: Option<&KeyEvent>, key: &KeyEvent, place: Place) -> Bound {
        let here = || {
            ACTIONS.iter().zip(&self.0).filter(|(spec, _)| spec.place.is_none_or(|wanted| wanted == place))
        };
        if let Some((spec, _)) = here().find(|(_, keys)| keys.iter().any(|press| press.is(after, key))) {
            return Bound::Action(spec.action);
        }
        let begins =
            after.is_none() && here().any(|(_, keys)| keys.iter().any(|press| press.begins_with(key)));
        if begins { Bound::Beginning } else { Bound::Nothing }
    }

    /// What may come after this key: hints, and what they do.
    pub(crate) fn after(&self, key: &KeyEvent) -> Vec<(String, &'static str)> {
        let all = ACTIONS
            .iter()
            .zip(&self.0)
            .flat_map(|(spec, keys)| keys.iter().map(move |press| (press, spec.title)));
        all.filter(|(press, _)| press.begins_with(key)).map(|(press, title)| (press.name(), title)).collect()
    }
}

/// Keys as the configuration writes them: with commas between them, or nothing.
fn parsed(text: &str) -> Result<Vec<Press>, String> {
    text.split(',').map(str::trim).filter(|key| !key.is_empty()).map(Press::parse).collect()
}

/// As the configuration writes them.
pub(crate) fn written(keys: &[Press]) -> String {
    keys.iter().map(|press| press.written()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::{KeyCode, KeyModifiers};

    fn ctrl(letter: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)
    }

    #[test]
    fn no_key_of_the_list_means_two_things_at_one_place() {
        assert_eq!(Keys::default().clash(), None);
    }

    #[test]
    fn every_key_of_alt_has_a_twin_without() {
        let alt = |press: &Press| press.written().contains("alt-");
        for spec in ACTIONS.iter().filter(|spec| spec.keys.iter().any(alt)) {
            assert!(spec.keys.iter().any(|press| !alt(press)), "{}", spec.id);
        }
    }

    #[test]
    fn a_key_that_was_given_another_meaning_has_that_alone() {
        let keys = Keys::with([("go", "ctrl-g, f7"), ("quit", "ctrl-k")]).unwrap();
        assert_eq!(keys.bound(None, &ctrl('g'), Place::Writing), Bound::Action(Action::GoTo));
        assert_eq!(keys.bound(None, &ctrl('k'), Place::Writing), Bound::Action(Action::Quit));
        assert_eq!(keys.bound(None, &ctrl('q'), Place::Writing), Bound::Nothing);
        assert_eq!(keys.hint(Action::GoTo).as_deref(), Some("^G"));
        assert_eq!(keys.spoken(Action::GoTo), "Ctrl-G");
        // Without a key it is still found.
        let keys = Keys::with([("go", "")]).unwrap();
        assert_eq!((keys.hint(Action::GoTo), keys.spoken(Action::GoTo).as_str()), (None, "F3, then “go to”"));
    }

    #[test]
    fn two_keys_one_after_the_other_are_one() {
        let keys = Keys::default();
        assert_eq!(keys.bound(None, &ctrl('x'), Place::Writing), Bound::Beginning);
        assert_eq!(keys.bound(Some(&ctrl('x')), &ctrl('e'), Place::Writing), Bound::Action(Action::Editor));
        assert_eq!(keys.bound(Some(&ctrl('x')), &ctrl('k'), Place::Writing), Bound::Nothing);
        assert_eq!(keys.bound(None, &ctrl('x'), Place::Selecting), Bound::Nothing);
        assert_eq!(keys.after(&ctrl('x')), [("^X ^E".to_owned(), "editor")]);
    }

    #[test]
    fn what_clashes_is_named() {
        for (id, text, says) in [
            ("newline", "ctrl-k", "keys.newline and keys.go clash: ctrl-k can't be both"),
            ("go", "ctrl-x", "keys.go and keys.editor clash: ctrl-x and ctrl-x ctrl-e can't be both"),
            ("go", "g", "keys.go: g is for writing"),
            ("send", "ctrl-m", "keys.send: terminals send enter for ctrl-m"),
            ("sned", "f7", "there is no action sned"),
        ] {
            let wrong = Keys::with([(id, text)]).unwrap_err();
            assert!(wrong.contains(says), "{wrong}");
        }
        // At different places one key may mean different things.
        Keys::with([("copy", "ctrl-r")]).unwrap();
        Keys::with([("copy", "c")]).unwrap();
    }
}
