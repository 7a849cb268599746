//! The messages of the open room.

use crate::tui::{
    action::Action,
    layout::Areas,
    lines::{Rows, plain},
    look::Part,
    model::{Model, Outbox, Page},
    scroll,
    timeline::{Loading, OpenRoom, View},
    wrap::{columns, cut, wrap},
};
use ratatui::{Frame, layout::Rect, text::Line};

/// Draws them, the newest at the bottom.
pub(super) fn draw(model: &Model, places: &Areas, frame: &mut Frame<'_>) {
    let area = places.timeline;
    if area.is_empty() {
        return;
    }
    if matches!(model.page, Page::SignedOut) {
        let kept = match (model.waiting, model.outbox) {
            (0, _) => "Drafts are kept.",
            (_, Outbox::Kept) => "Drafts and messages that wait are kept.",
            (_, Outbox::InMemory) => {
                "Drafts are kept. Messages that wait become drafts: they will not be sent."
            }
        };
        let whole = format!(
            "You are signed out: this session has ended. {kept}\n\nPress Enter to sign in again, Ctrl-Q to quit."
        );
        let text =
            if fits(area, &whole) { whole } else { format!("Enter signs in again, Ctrl-Q quits.\n{kept}") };
        return words(model, frame, area, &text);
    }
    let Some(room) = &model.room else {
        let text = match (model.rooms_known, model.banner()) {
            (true, _) => {
                let key = model.keys.spoken(Action::GoTo);
                let [help, quit] = [Action::Help, Action::Quit].map(|action| model.keys.spoken(action));
                let whole = format!(
                    "You are in no room yet.\n\nPress {key} to find one, or to make one by typing its name.\n\nThen write, and Enter sends. {help} shows all keys, {quit} ends."
                );
                // Where there is no space for all of it, the key matters.
                if fits(area, &whole) { whole } else { format!("No room yet.\n{key} finds or makes one.") }
            }
            (false, None) => "Connecting".to_owned(),
            (false, Some(_)) => "Waiting for the server".to_owned(),
        };
        return words(model, frame, area, &text);
    };
    match &room.state {
        Loading::Failed(why) => {
            let whole = format!("This room could not be opened: {why}\n\n{}.", again(model));
            let text = if fits(area, &whole) { whole } else { format!("{}: {why}", again(model)) };
            words(model, frame, area, &text);
        }
        Loading::Waiting if room.entries.is_empty() => words(model, frame, area, loading(model)),
        _ => list(model, room, places, frame),
    }
}

/// What is said in the place of messages that are not there yet.
fn loading(model: &Model) -> &'static str {
    match model.banner() {
        None => "Loading",
        Some(_) => "Messages are loaded when the connection is back.",
    }
}

fn fits(area: Rect, text: &str) -> bool {
    wrap(text, usize::from(area.width.saturating_sub(4))).len() <= usize::from(area.height)
}

fn words(model: &Model, frame: &mut Frame<'_>, area: Rect, text: &str) {
    let rows = wrap(text, usize::from(area.width.saturating_sub(4)));
    let top = area.height.saturating_sub(u16::try_from(rows.len()).unwrap_or(u16::MAX)) / 2;
    let area = Rect { y: area.y + top, height: area.height - top, ..area };
    let style = model.look.style(Part::Quiet);
    super::lines(frame, area, rows.into_iter().map(|row| plain(row, style).centered()).collect());
}

fn list(model: &Model, room: &OpenRoom, places: &Areas, frame: &mut Frame<'_>) {
    let area = places.timeline;
    let rows = Rows::new(model, room, area.width, places.is_wide);
    let seen = scroll::seen(&rows, room, usize::from(area.height));
    let free = u16::try_from(seen.free).unwrap_or(0).min(area.height);
    let below = Rect { y: area.y + free, height: area.height - free, ..area };
    super::lines(frame, below, seen.rows);
    let top = Rect { height: 1, ..area };
    if seen.first == 0 && !room.has_beginning() {
        older(model, room, frame, top);
    }
    if room.view != View::Newest {
        pill(model, room, frame, area);
    }
}

fn older(model: &Model, room: &OpenRoom, frame: &mut Frame<'_>, area: Rect) {
    let more = model.look.glyphs.more;
    let (text, part) = match &room.older {
        // Of the room nothing but what is to be sent is known.
        _ if room.state == Loading::Waiting => (loading(model).to_owned(), Part::Quiet),
        Loading::Waiting => (format!("{more} loading older messages {more}"), Part::Quiet),
        Loading::Failed(why) => (
            // Where there is no space for all of it, the key matters.
            format!("{}: older messages could not be loaded ({why})", again(model)),
            Part::Bad,
        ),
        Loading::Ready => return,
    };
    let text = cut(&text, usize::from(area.width), more);
    frame.render_widget(ratatui::widgets::Clear, area);
    frame.render_widget(Line::styled(text, model.look.base().patch(model.look.style(part))).centered(), area);
}

/// How what could not be loaded is asked for again: with the key that sends, unless that would send something.
fn again(model: &Model) -> String {
    let action = if model.compose.is_empty() { Action::Send } else { Action::PageUp };
    format!("{} tries again", model.keys.spoken(action))
}

/// That there is more below.
fn pill(model: &Model, room: &OpenRoom, frame: &mut Frame<'_>, area: Rect) {
    let down = model.look.glyphs.down;
    let key = model.keys.spoken(Action::Newest);
    let text = match room.below {
        0 => format!(" {down} newest: {key} "),
        new => format!(" {down} {new} new: {key} "),
    };
    let text = cut(&text, usize::from(area.width), model.look.glyphs.more);
    let wide = u16::try_from(columns(&text)).unwrap_or(area.width);
    let at = Rect::new(area.right() - wide, area.bottom() - 1, wide, 1);
    frame.render_widget(Line::styled(text, model.look.style(Part::Chosen)), at);
}
