//! The keys that matter now, at the lower edge.

use crate::tui::{
    action::{self, Action},
    complete,
    look::Part,
    model::{Model, Page},
    wrap::columns,
};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

/// Between two hints.
const APART: usize = 2;

fn wanted(model: &Model) -> &'static [Action] {
    if model.selected.is_some() {
        if model.selected().is_some_and(|entry| entry.is_aside()) {
            return &[
                Action::Retry,
                Action::Discard,
                Action::Edit,
                Action::Copy,
                Action::Write,
                Action::Help,
            ];
        }
        if action::disabled(Action::Link, model).is_none() {
            return &[
                Action::Link,
                Action::Copy,
                Action::SelectUp,
                Action::SelectDown,
                Action::Write,
                Action::Help,
            ];
        }
        return &[Action::SelectUp, Action::SelectDown, Action::Copy, Action::Write, Action::Help];
    }
    if complete::offered(model).is_some() {
        return &[Action::Complete, Action::Send, Action::Newline, Action::Help];
    }
    if model.room.is_none() {
        return &[Action::GoTo, Action::Help, Action::Quit];
    }
    &[
        Action::Send,
        Action::GoTo,
        Action::Help,
        Action::Newline,
        Action::NextUnread,
        Action::Select,
        Action::PageUp,
        Action::Quit,
        Action::Inbox,
        Action::History,
        Action::Members,
        Action::Sidebar,
    ]
}

/// The hints that fit, each with its first column.
fn fitting(model: &Model, width: u16) -> Vec<(usize, Action, String, &'static str)> {
    if !matches!(model.page, Page::Chat) {
        return Vec::new();
    }
    let (mut at, mut fitting) = (1, Vec::new());
    for action in wanted(model) {
        let spec = action::of(*action);
        let Some(key) = model.keys.hint(*action) else { continue };
        let long = columns(&key) + 1 + columns(spec.title);
        if at + long > usize::from(width) {
            break;
        }
        fitting.push((at, *action, key, spec.title));
        at += long + APART;
    }
    fitting
}

/// What a click there does.
pub(crate) fn at(model: &Model, area: Rect, column: u16) -> Option<Action> {
    let column = usize::from(column.checked_sub(area.x)?);
    let hints = fitting(model, area.width);
    let hit = hints
        .iter()
        .find(|(at, _, key, title)| (*at..*at + columns(key) + 1 + columns(title)).contains(&column));
    hit.map(|(_, action, ..)| *action)
}

/// Draws them.
pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let mut spans = vec![Span::raw(" ")];
    for (_, _, key, title) in fitting(model, area.width) {
        spans.push(Span::styled(key, model.look.style(Part::Heading)));
        spans.push(Span::styled(format!(" {title}{}", " ".repeat(APART)), model.look.style(Part::Quiet)));
    }
    frame.render_widget(Line::from(spans), area);
}
