//! What the mouse does: the wheel scrolls, a click goes to a room or does what a hint says.

use super::{actions, rooms};
use crate::tui::{
    action::Action,
    layout::areas,
    message::Effect,
    model::{Help, Model, Overlay, Page},
    scroll,
    timeline::View,
    view::{hints, sidebar},
};
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

/// Rows of one notch of the wheel.
const NOTCH: i16 = 3;

/// Something happened with the mouse.
pub(crate) fn mouse(model: &mut Model, event: MouseEvent, effects: &mut Vec<Effect>) {
    if !matches!(model.page, Page::Chat) {
        return;
    }
    model.attention.key_at = Some(model.now.up);
    match event.kind {
        MouseEventKind::ScrollUp => wheel(model, -NOTCH),
        MouseEventKind::ScrollDown => wheel(model, NOTCH),
        MouseEventKind::Down(MouseButton::Left) if model.overlay.is_none() => {
            click(model, Position::new(event.column, event.row), effects);
        }
        _ => {}
    }
}

fn wheel(model: &mut Model, by: i16) {
    match &mut model.overlay {
        None => scroll::scroll(model, isize::from(by)),
        Some(Overlay::Help(Help { from, .. }) | Overlay::Members(from)) => {
            *from = from.saturating_add_signed(by);
        }
        Some(_) => {}
    }
}

fn click(model: &mut Model, at: Position, effects: &mut Vec<Effect>) {
    let places = areas(model);
    if let Some(area) = places.sidebar.filter(|area| area.contains(at)) {
        if let Some(id) = sidebar::room_at(model, area, at.y) {
            rooms::open(model, id, effects);
        }
    } else if let Some(area) = places.hints.filter(|area| area.contains(at)) {
        if let Some(action) = hints::at(model, area, at.x) {
            actions::run(model, action, effects);
        }
    } else if places.timeline.contains(at) {
        let is_pill = at.y + 1 == places.timeline.bottom()
            && model.room.as_ref().is_some_and(|room| room.view != View::Newest);
        if is_pill {
            actions::run(model, Action::Newest, effects);
        }
    }
}
