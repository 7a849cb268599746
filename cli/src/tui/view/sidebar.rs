//! The lists beside the messages: rooms on the left, members on the right.

use crate::tui::{
    look::Part,
    model::Model,
    timeline::Person,
    wrap::{columns, cut, fit},
};
use parlor_client::protocol::ids::RoomId;
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

/// A row of the list of rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    Space,
    Heading(&'static str),
    Room(RoomId),
}

fn rows(model: &Model) -> Vec<Row> {
    let own = model.rooms.own();
    let (unread, rest): (Vec<_>, Vec<_>) = own.into_iter().partition(|room| room.unread() > 0);
    let mut rows = vec![Row::Space];
    for (heading, rooms) in [("UNREAD", unread), ("ROOMS", rest)] {
        if rooms.is_empty() {
            continue;
        }
        rows.push(Row::Heading(heading));
        rows.extend(rooms.iter().map(|room| Row::Room(room.id)));
        rows.push(Row::Space);
    }
    rows
}

/// Those that are seen: the open room is among them.
fn seen(model: &Model, height: u16) -> Vec<Row> {
    let height = usize::from(height);
    let mut rows = rows(model);
    let open = model.room.as_ref().map(|room| room.id);
    let at = rows.iter().position(|row| matches!(row, Row::Room(id) if Some(*id) == open)).unwrap_or(0);
    let from = (at + 2).saturating_sub(height);
    rows.drain(..from.min(rows.len()));
    rows.truncate(height);
    rows
}

/// The room that is drawn in this row of the screen.
pub(crate) fn room_at(model: &Model, area: Rect, row: u16) -> Option<RoomId> {
    let index = usize::from(row.checked_sub(area.y + 1)?);
    match seen(model, area.height.saturating_sub(1)).get(index)? {
        Row::Room(id) => Some(*id),
        _ => None,
    }
}

/// Draws the rooms.
pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let look = model.look;
    let width = usize::from(area.width);
    let more = look.glyphs.more;
    let me = model.me.as_ref().map(|me| format!(" {}@{}", me.name, me.server)).unwrap_or_default();
    let mut lines = vec![Line::styled(cut(&me, width, more), look.style(Part::Quiet))];
    for row in seen(model, area.height.saturating_sub(1)) {
        lines.push(match row {
            Row::Space => Line::raw(""),
            Row::Heading(heading) => Line::styled(format!(" {heading}"), look.style(Part::Heading)),
            Row::Room(id) => room(model, id, width),
        });
    }
    super::lines(frame, area, lines);
}

fn room(model: &Model, id: RoomId, width: usize) -> Line<'static> {
    let Some(room) = model.rooms.get(id) else { return Line::raw("") };
    let look = model.look;
    let is_open = model.room.as_ref().is_some_and(|open| open.id == id);
    let here = if is_open { look.glyphs.here } else { " " };
    let count = match room.unread() {
        0 => String::new(),
        unread => unread.to_string(),
    };
    let held = if model.held.contains(&id) { look.glyphs.failed } else { "" };
    let wide = width.saturating_sub(columns(&count) + columns(held) + 2);
    let private = if room.is_private { format!(" {}", look.glyphs.private) } else { String::new() };
    // However long the name is, the mark behind it is seen.
    let name = cut(&format!("#{}", room.name), wide.saturating_sub(columns(&private)), look.glyphs.more);
    let name = fit(&format!("{name}{private}"), wide, look.glyphs.more);
    let part = if room.unread() > 0 || is_open { Part::Heading } else { Part::Text };
    Line::from(vec![
        Span::raw(here),
        Span::styled(name, look.style(part)),
        Span::raw(" "),
        Span::styled(held, look.style(Part::Bad)),
        Span::styled(count, look.style(Part::New)),
    ])
}

/// Draws the members.
pub(super) fn members(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    super::lines(frame, area, people(model, usize::from(area.width)));
}

/// Who is here, those who are online first.
pub(super) fn people(model: &Model, width: usize) -> Vec<Line<'static>> {
    let look = model.look;
    let Some(members) = model.room.as_ref().and_then(|room| room.members.as_ref()) else {
        let unknown = cut(" not known yet", width, look.glyphs.more);
        return vec![
            Line::styled(" MEMBERS", look.style(Part::Heading)),
            Line::raw(""),
            Line::styled(unknown, look.style(Part::Quiet)),
        ];
    };
    let online = members.people.iter().filter(|person| person.is_online).count();
    let heading = format!(" MEMBERS {online}/{}", members.total);
    let mut lines =
        vec![Line::styled(cut(&heading, width, look.glyphs.more), look.style(Part::Heading)), Line::raw("")];
    let mut people: Vec<&Person> = members.people.iter().collect();
    people.sort_by_key(|person| (!person.is_online, person.name.to_lowercase()));
    for person in people {
        let (glyph, part, word) = if person.is_online {
            (look.glyphs.online, Part::Good, "online")
        } else {
            (look.glyphs.offline, Part::Quiet, "offline")
        };
        let is_me = model.me.as_ref().is_some_and(|me| me.id == person.id);
        let word = if is_me { "you" } else { word };
        let name = fit(&person.name, width.saturating_sub(5 + columns(word)), look.glyphs.more);
        lines.push(Line::from(vec![
            Span::styled(format!(" {glyph} "), look.style(part)),
            Span::raw(name),
            Span::styled(format!(" {word}"), look.style(Part::Quiet)),
        ]));
    }
    lines
}
