//! What is around the messages: header, banner, typing, the box, the status.

use super::{field, hints, messages, sidebar};
use crate::tui::{
    complete::{Candidate, offered},
    layout::{Areas, writing},
    look::Part,
    model::{Model, Page, Place},
    timeline::OpenRoom,
    wrap::{columns, cut},
};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Clear,
};

use std::fmt::Write as _;

/// Draws the chat.
pub(super) fn draw(model: &Model, places: &Areas, frame: &mut Frame<'_>) {
    if let Some(area) = places.header {
        header(model, frame, area);
    }
    for rule in places.rules.iter().flatten() {
        let text = model.look.glyphs.rule.repeat(usize::from(rule.width));
        frame.render_widget(Line::styled(text, model.look.style(Part::Quiet)), *rule);
    }
    if let Some(area) = places.banner {
        banner(model, frame, area);
    }
    messages::draw(model, places, frame);
    if let Some(area) = places.sidebar {
        sidebar::draw(model, frame, area);
        bar(model, frame, Rect::new(area.right(), area.y, 1, area.height));
    }
    if let Some(area) = places.members {
        sidebar::members(model, frame, area);
        bar(model, frame, Rect::new(area.x - 1, area.y, 1, area.height));
    }
    if let Some(area) = places.typing {
        typing(model, frame, area);
    }
    compose(model, frame, places.compose);
    if let (Page::Chat, Some((candidates, at))) = (&model.page, offered(model)) {
        // Nothing moves for it: it lies over who is typing, or over the last of the messages.
        let area = places.typing.unwrap_or(Rect {
            y: places.timeline.bottom().saturating_sub(1),
            height: 1,
            ..places.timeline
        });
        offer(model, frame, area, &candidates, at);
    }
    match (places.status, &model.told) {
        (Some(area), _) => status(model, frame, area),
        // Without a row for it, it lies over the last of the messages.
        (None, Some((told, _))) if !places.timeline.is_empty() => {
            let text = cut(told, usize::from(places.timeline.width), model.look.glyphs.more);
            let area = Rect { y: places.timeline.bottom() - 1, height: 1, ..places.timeline };
            frame.render_widget(Clear, area);
            frame.render_widget(
                Line::styled(text, model.look.base().patch(model.look.style(Part::Waiting))),
                area,
            );
        }
        (None, _) => {}
    }
    if let Some(area) = places.hints {
        hints::draw(model, frame, area);
    }
}

fn bar(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let bar = Line::styled(model.look.glyphs.bar, model.look.style(Part::Quiet));
    super::lines(frame, area, vec![bar; usize::from(area.height)]);
}

fn header(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let (look, width) = (model.look, usize::from(area.width));
    let Some(room) = model.listed() else {
        frame.render_widget(Line::styled(" parlor", look.style(Part::Heading)), area);
        return;
    };
    let members = match room.members {
        1 => "1 member ".to_owned(),
        many => format!("{many} members "),
    };
    // Where there is not much space, the name matters more.
    let members = if width >= 40 { members } else { String::new() };
    let private = if room.is_private { " (private)" } else { "" };
    let name = cut(
        &format!(" #{}{private}", room.name),
        width.saturating_sub(columns(&members) + 1),
        look.glyphs.more,
    );
    let about = room.about.as_ref().map(|about| format!(" {} {about}", look.glyphs.dot)).unwrap_or_default();
    let left = width.saturating_sub(columns(&name) + columns(&members) + 1);
    let about = cut(&about, left, look.glyphs.more);
    let space = " ".repeat(width.saturating_sub(columns(&name) + columns(&about) + columns(&members)));
    let line = Line::from(vec![
        Span::styled(name, look.style(Part::Heading)),
        Span::styled(about, look.style(Part::Quiet)),
        Span::raw(space),
        Span::styled(members, look.style(Part::Quiet)),
    ]);
    frame.render_widget(line, area);
}

fn banner(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let Some(text) = model.banner() else { return };
    let text = cut(&format!(" {text}"), usize::from(area.width), model.look.glyphs.more);
    let part = if matches!(model.page, Page::SignedOut) { Part::Bad } else { Part::Waiting };
    frame.render_widget(Line::styled(text, model.look.style(part)), area);
}

/// Who is typing, in words.
pub(super) fn typists(room: &OpenRoom, more: &str) -> Option<String> {
    let names: Vec<&str> = room.typing.values().map(|(name, _)| &**name).collect();
    Some(match names.as_slice() {
        [] => return None,
        [one] => format!("{one} is typing{more}"),
        [one, other] => format!("{one} and {other} are typing{more}"),
        [one, other, _] => format!("{one}, {other} and 1 other are typing{more}"),
        [one, other, rest @ ..] => format!("{one}, {other} and {} others are typing{more}", rest.len()),
    })
}

fn typing(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let more = model.look.glyphs.more;
    let Some(text) = model.room.as_ref().and_then(|room| typists(room, model.look.glyphs.pending)) else {
        return;
    };
    let text = cut(&format!(" {text}"), usize::from(area.width), more);
    frame.render_widget(Line::styled(text, model.look.style(Part::Quiet)), area);
}

fn compose(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let inner = writing(area);
    if matches!(model.page, Page::SignedOut) {
        return;
    }
    let prompt = if model.place() == Place::Selecting { "   " } else { " > " };
    let prompt_area = Rect { width: inner.x - area.x, height: area.height.min(1), ..area };
    frame.render_widget(Line::styled(prompt, model.look.style(Part::Heading)), prompt_area);
    let writes = model.overlay.is_none() && model.room.is_some() && model.place() == Place::Writing;
    field(frame, inner, &model.compose.area, writes);
}

/// What Tab would write: the page of it on which the one is that stands in the box already.
fn offer(model: &Model, frame: &mut Frame<'_>, area: Rect, candidates: &[Candidate], at: Option<usize>) {
    if area.is_empty() {
        return;
    }
    let (look, width) = (model.look, usize::from(area.width));
    let (mut spans, mut used) = (vec![Span::raw(" ")], 1);
    for (index, candidate) in candidates.iter().enumerate() {
        let text = cut(&format!(" {} ", candidate.shown), width.saturating_sub(2), look.glyphs.more);
        let wide = columns(&text);
        if used + wide > width.saturating_sub(1) {
            if at.is_none_or(|at| at < index) {
                spans.push(Span::styled(look.glyphs.more, look.style(Part::Quiet)));
                break;
            }
            (spans, used) =
                (vec![Span::styled(look.glyphs.more, look.style(Part::Quiet))], columns(look.glyphs.more));
        }
        let part = if at == Some(index) { Part::Chosen } else { Part::Text };
        spans.push(Span::styled(text, look.style(part)));
        used += wide;
    }
    frame.render_widget(Clear, area);
    frame.render_widget(Line::from(spans).style(look.base()), area);
}

fn status(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let (look, width) = (model.look, usize::from(area.width));
    let dot = look.glyphs.dot;
    if let Some((told, _)) = &model.told {
        let text = cut(&format!(" {told}"), width, look.glyphs.more);
        frame.render_widget(Line::styled(text, look.style(Part::Waiting)), area);
        return;
    }
    let online = model.connection.is_online();
    let glyph = if online { look.glyphs.online } else { look.glyphs.offline };
    let mut left = format!(" {glyph} {}", model.connection.words(model.now));
    if model.waiting > 0 {
        let state = if online { "sending" } else { "queued" };
        write!(left, " {dot} {} {state}", model.waiting).ok();
    }
    let failed = model
        .room
        .as_ref()
        .map_or(0, |room| room.entries.iter().rev().take(200).filter(|entry| entry.has_failed()).count());
    for (count, state) in [(failed, "failed"), (model.held.len(), "not sent")] {
        if count > 0 {
            write!(left, " {dot} {count} {state}").ok();
        }
    }
    let name = model.me.as_ref().map(|me| format!(" {dot} {}", me.name)).unwrap_or_default();
    let right = format!("{} unread{name} ", model.rooms.unread());
    let left = cut(&left, width, look.glyphs.more);
    let right = cut(&right, width.saturating_sub(columns(&left) + 1), look.glyphs.more);
    let space = " ".repeat(width.saturating_sub(columns(&left) + columns(&right)));
    let part = if online { Part::Quiet } else { Part::Waiting };
    let line = Line::from(vec![
        Span::styled(left, look.style(part)),
        Span::raw(space),
        Span::styled(right, look.style(Part::Quiet)),
    ]);
    frame.render_widget(line, area);
}
