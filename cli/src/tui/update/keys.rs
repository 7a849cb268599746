//! What a key means, by what is on the screen.

use super::{actions, rooms, tell, writing};
use crate::tui::compose::line_feeds;
use crate::tui::{
    action::Action,
    keys::Bound,
    message::Effect,
    model::{Help, Model, Overlay, Page, Place, Question},
    safe::Safe,
    switcher::{Kind, Switcher},
};
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// More lines than so are not put into the box without a question.
const MANY_LINES: usize = 20;

/// A key came.
pub(crate) fn key(model: &mut Model, key: KeyEvent, effects: &mut Vec<Effect>) {
    if key.kind == KeyEventKind::Release {
        return;
    }
    model.attention.key_at = Some(model.now.up);
    let before = std::mem::take(&mut model.quits_at_next);
    let began = model.began.take();
    match &mut model.page {
        Page::SignIn(form) => effects.extend(form.key(key)),
        Page::SignedOut => match (key.code, key.modifiers) {
            (KeyCode::Enter, _) => actions::after_sign_out(model),
            (KeyCode::Char('c' | 'q'), KeyModifiers::CONTROL) => effects.push(Effect::Quit),
            _ => {}
        },
        Page::Chat if model.overlay.is_some() => over(model, key, effects),
        Page::Chat => {
            model.quits_at_next = before;
            chat(model, began, key, effects);
        }
    }
}

fn chat(model: &mut Model, began: Option<KeyEvent>, key: KeyEvent, effects: &mut Vec<Effect>) {
    let bound = model.keys.bound(began.as_ref(), &key, model.place());
    if bound != Bound::Action(Action::Clear) {
        model.quits_at_next = false;
    }
    if began.is_some() {
        // The hint has been answered.
        model.told = None;
    }
    match bound {
        Bound::Action(action) => return actions::run(model, action, effects),
        Bound::Beginning => {
            let next = model.keys.after(&key).into_iter().map(|(keys, title)| format!("{keys} {title}"));
            let words = next.collect::<Vec<_>>().join("   ");
            tell(model, Safe::line(&words));
            model.began = Some(key);
            return;
        }
        // Whatever it was meant to be, it was not meant to be written.
        Bound::Nothing if began.is_some() => return,
        Bound::Nothing => {}
    }
    if let (KeyCode::Char(digit @ '1'..='9'), KeyModifiers::ALT) = (key.code, key.modifiers) {
        let at = usize::from(u8::try_from(digit).unwrap_or(b'1') - b'1');
        if let Some(id) = model.rooms.own().get(at).map(|room| room.id) {
            rooms::open(model, id, effects);
        }
        return;
    }
    if model.place() == Place::Selecting {
        // Whoever types wants to write.
        model.selected = None;
    }
    let empty = model.compose.is_empty();
    match (key.code, key.modifiers) {
        (KeyCode::Char('?'), KeyModifiers::NONE | KeyModifiers::SHIFT) if empty => {
            model.overlay = Some(Overlay::Help(Help::default()));
        }
        (KeyCode::End, KeyModifiers::NONE) if empty => actions::run(model, Action::Newest, effects),
        (KeyCode::BackTab, _) => writing::complete(model, -1, effects),
        (KeyCode::Up, KeyModifiers::NONE) if writing::recall(model, true) => {}
        (KeyCode::Down, KeyModifiers::NONE) if writing::recall(model, false) => {}
        // Without a room there is nothing to write to.
        _ if model.room.is_some() => write(model, key, effects),
        (KeyCode::Char(_), _) => {
            let words = format!("No room is open: {} finds or makes one.", model.keys.spoken(Action::GoTo));
            tell(model, Safe::line(&words));
        }
        _ => {}
    }
}

fn write(model: &mut Model, key: KeyEvent, effects: &mut Vec<Effect>) {
    let area = &mut model.compose.area;
    let changed = match (key.code, key.modifiers) {
        (KeyCode::Char('u'), KeyModifiers::CONTROL) => area.delete_line_by_head(),
        // Terminals send Ctrl-_ as Ctrl-7 or Ctrl-/.
        (KeyCode::Char('_' | '7' | '/'), KeyModifiers::CONTROL) => area.undo(),
        (KeyCode::Char('y'), KeyModifiers::CONTROL) => area.paste(),
        (KeyCode::Tab | KeyCode::BackTab, _) => false,
        (KeyCode::Char(_), held) if held.contains(KeyModifiers::SUPER) => false,
        _ => area.input(key),
    };
    if changed {
        writing::changed(model, effects);
    }
}

/// Something was pasted: it is never sent by itself.
pub(crate) fn paste(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    model.attention.key_at = Some(model.now.up);
    match (&mut model.page, &mut model.overlay) {
        (Page::SignIn(form), _) => form.paste(text),
        (Page::Chat, Some(Overlay::Switcher(switcher))) => {
            let line: String = text.chars().filter(|character| !character.is_control()).collect();
            switcher.query.insert_str(line);
            switcher.chosen = 0;
        }
        (Page::Chat, Some(Overlay::Help(help))) => {
            help.wanted.extend(text.chars().filter(|character| !character.is_control()));
            help.from = 0;
        }
        (Page::Chat, None) if model.room.is_some() => {
            model.selected = None;
            let text = line_feeds(text);
            if text.lines().count() > MANY_LINES {
                model.overlay = Some(Overlay::Ask(Question::Paste(text)));
            } else {
                writing::paste(model, &text, effects);
            }
        }
        _ => {}
    }
}

/// A key for what lies over the screen.
fn over(model: &mut Model, key: KeyEvent, effects: &mut Vec<Effect>) {
    let leaves = key.code == KeyCode::Esc
        || (matches!(key.code, KeyCode::Char('c')) && key.modifiers == KeyModifiers::CONTROL);
    if leaves {
        model.overlay = None;
        return;
    }
    let step = match key.code {
        KeyCode::Up => -1,
        KeyCode::Down => 1,
        KeyCode::PageUp => -10,
        KeyCode::PageDown => 10,
        KeyCode::Char('p') if key.modifiers == KeyModifiers::CONTROL => -1,
        KeyCode::Char('n') if key.modifiers == KeyModifiers::CONTROL => 1,
        _ => 0,
    };
    match model.overlay.take() {
        Some(Overlay::Switcher(switcher)) => switch(model, *switcher, key, step, effects),
        Some(Overlay::Help(help)) => model.overlay = read(model, help, key, step).map(Overlay::Help),
        Some(Overlay::Members(from)) if step != 0 => {
            model.overlay = Some(Overlay::Members(from.saturating_add_signed(step)));
        }
        Some(Overlay::Ask(question)) => {
            model.overlay = Some(Overlay::Ask(question));
            match key.code {
                KeyCode::Enter | KeyCode::Char('y' | 'Y') => actions::answer(model, true, effects),
                KeyCode::Char('n' | 'N') => actions::answer(model, false, effects),
                KeyCode::Char('s') => actions::at_once(model, effects),
                _ => {}
            }
        }
        // Any other key closes what was only to be read.
        _ => {}
    }
}

/// All keys are looked through: what is typed finds some of them, and is never written anywhere else.
fn read(model: &Model, mut help: Help, key: KeyEvent, step: i16) -> Option<Help> {
    help.from = help.from.saturating_add_signed(step);
    match (key.code, key.modifiers) {
        _ if step != 0 => {}
        (KeyCode::Char(letter), KeyModifiers::NONE | KeyModifiers::SHIFT) => {
            help.wanted.push(letter);
            help.from = 0;
        }
        (KeyCode::Backspace, _) => {
            help.wanted.pop();
            help.from = 0;
        }
        (KeyCode::Char('u'), KeyModifiers::CONTROL) => help = Help::default(),
        (KeyCode::Enter, _) => return None,
        _ if model.keys.bound(None, &key, Place::Writing) == Bound::Action(Action::Help) => return None,
        _ => {}
    }
    Some(help)
}

fn switch(model: &mut Model, mut switcher: Switcher, key: KeyEvent, step: i16, effects: &mut Vec<Effect>) {
    if key.code == KeyCode::Enter {
        if let Some(choice) = switcher.chosen(model) {
            return actions::choose(model, choice.target, effects);
        }
    } else if step != 0 {
        switcher.step(isize::from(step), model);
    } else if let Some(kind) = asked_for(model, &key) {
        // The same key again leaves; in what one wrote it goes on to the one before.
        match (kind, switcher.kind) {
            (Kind::History, Kind::History) => switcher.step(1, model),
            (one, other) if one == other => return,
            (other, _) => switcher = Switcher::new(other, ""),
        }
    } else if !matches!(key.code, KeyCode::Tab | KeyCode::BackTab) {
        let changed = match (key.code, key.modifiers) {
            (KeyCode::Char('u'), KeyModifiers::CONTROL) => switcher.query.delete_line_by_head(),
            (KeyCode::Char('j' | 'm'), KeyModifiers::CONTROL) => false,
            _ => switcher.query.input(key),
        };
        if changed {
            switcher.chosen = 0;
        }
    }
    model.overlay = Some(Overlay::Switcher(Box::new(switcher)));
}

/// What a key would open to choose from.
fn asked_for(model: &Model, key: &KeyEvent) -> Option<Kind> {
    match model.keys.bound(None, key, Place::Writing) {
        Bound::Action(Action::GoTo) => Some(Kind::Rooms),
        Bound::Action(Action::Inbox) => Some(Kind::Inbox),
        Bound::Action(Action::History) => Some(Kind::History),
        _ => None,
    }
}
