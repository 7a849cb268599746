//! What the mouse does: the wheel scrolls, a click goes to a room, opens a link, or does what a hint says.

use super::{actions, rooms};
use crate::tui::{
    action::Action,
    layout::areas,
    lines::Rows,
    message::Effect,
    model::{Help, Model, Overlay, Page},
    scroll,
    switcher::links,
    timeline::View,
    view::{hints, sidebar},
    wrap::columns,
};
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

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
        } else if let Some(link) = link_at(model, places.timeline, places.is_wide, at) {
            effects.push(Effect::OpenLink(link));
        }
    }
}

/// The link of a message of which something is written there.
fn link_at(model: &Model, area: Rect, is_wide: bool, at: Position) -> Option<String> {
    let room = model.room.as_ref()?;
    let rows = Rows::new(model, room, area.width, is_wide);
    let seen = scroll::seen(&rows, room, usize::from(area.height));
    let row = usize::from(at.y - area.y).checked_sub(seen.free)?;
    let index = *seen.of.get(row)?;
    let said = room.entries.get(index)?.said()?;
    let above = if index == seen.first { seen.above } else { 0 };
    let row = row - seen.of.iter().position(|of| *of == index)? + above;
    let texts: Vec<String> = rows.of(index).iter().map(ToString::to_string).collect();
    let part = word_at(texts.get(row)?, usize::from(at.x - area.x))?;
    let word = whole_word(&rows, &texts, row, part, &said.text);
    let found = links(&word);
    links(&said.text).into_iter().find(|link| found.contains(link)).map(str::to_owned)
}

/// The word of which something is in this column.
fn word_at(text: &str, column: usize) -> Option<&str> {
    let mut words = text.split(char::is_whitespace);
    let mut from = 0;
    words.find(|word| {
        let within = (from..from + columns(word)).contains(&column);
        from += columns(word) + 1;
        within
    })
}

/// The word of which this part stands in a row: a long one began in a row above, or goes on below.
fn whole_word(rows: &Rows<'_>, texts: &[String], row: usize, part: &str, said: &str) -> String {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let mut begins = texts[row].trim_start().starts_with(part);
    for text in texts[..row].iter().rev() {
        let Some(end) = text.split_whitespace().next_back().filter(|_| begins && rows.is_full(text)) else {
            break;
        };
        before.insert(0, end);
        begins = text.trim() == end;
    }
    let mut ends = texts[row].trim_end().ends_with(part) && rows.is_full(&texts[row]);
    for text in &texts[row + 1..] {
        let Some(start) = text.split_whitespace().next().filter(|_| ends) else { break };
        after.push(start);
        ends = text.trim() == start && rows.is_full(text);
    }
    // Two words are no longer one because a row between them is full.
    for first in 0..=before.len() {
        for last in (0..=after.len()).rev() {
            let word = format!("{}{part}{}", before[first..].concat(), after[..last].concat());
            if said.split_whitespace().any(|of_text| of_text == word) {
                return word;
            }
        }
    }
    part.to_owned()
}
