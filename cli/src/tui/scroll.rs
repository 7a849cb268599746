//! Which rows of a timeline are seen, and moving through them.

use super::{
    layout::areas,
    lines::Rows,
    model::Model,
    timeline::{OpenRoom, View},
};
use ratatui::text::Line;

/// What is seen.
pub(crate) struct Seen {
    /// From the top.
    pub(crate) rows: Vec<Line<'static>>,
    /// To which entry each of them belongs.
    pub(crate) of: Vec<usize>,
    /// The first and the last entry of which something is seen.
    pub(crate) first: usize,
    pub(crate) last: usize,
    /// Rows of the first entry that are hidden above.
    pub(crate) above: usize,
    /// Rows that would still fit above the first entry.
    pub(crate) free: usize,
}

/// The last entry that is seen, and how many of its rows are hidden below.
fn edge(room: &OpenRoom) -> (usize, usize) {
    let newest = (room.entries.len().saturating_sub(1), 0);
    match &room.view {
        View::Newest => newest,
        View::At(key, hidden) => room.position(key).map_or(newest, |index| (index, *hidden)),
    }
}

/// What is seen in so many rows. Only the entries that are seen are laid out.
pub(crate) fn seen(rows: &Rows<'_>, room: &OpenRoom, height: usize) -> Seen {
    let (last, hidden) = edge(room);
    let mut upwards: Vec<Line<'static>> = Vec::with_capacity(height);
    let mut belong = Vec::with_capacity(height);
    let (mut first, mut above) = (last, 0);
    if rows.entries() > 0 {
        for index in (0..=last).rev() {
            let mut of = rows.of(index);
            if index == last {
                of.truncate(of.len() - hidden.min(of.len().saturating_sub(1)));
            }
            let left = height - upwards.len();
            above = of.len().saturating_sub(left);
            upwards.extend(of.into_iter().rev().take(left));
            belong.resize(upwards.len(), index);
            first = index;
            if upwards.len() >= height {
                break;
            }
        }
    }
    let free = height - upwards.len();
    upwards.reverse();
    belong.reverse();
    Seen { rows: upwards, of: belong, first, last, above, free }
}

/// Moves by so many rows, up with a negative number.
pub(crate) fn scroll(model: &mut Model, by: isize) {
    let places = areas(model);
    let Some(room) = &model.room else { return };
    if room.entries.is_empty() {
        return;
    }
    let rows = Rows::new(model, room, places.timeline.width, places.is_wide);
    let height = usize::from(places.timeline.height).max(1);
    let (mut index, mut hidden) = edge(room);
    let mut left = by.unsigned_abs();
    if by < 0 {
        // As far as the first row is at the top.
        left = left.min(above(&rows, (index, hidden), height, left));
        hidden += left;
        loop {
            let of = rows.of(index).len();
            if hidden < of || index == 0 {
                break;
            }
            hidden -= of;
            index -= 1;
        }
    } else {
        while left > 0 {
            if hidden >= left {
                hidden -= left;
                break;
            }
            left -= hidden;
            hidden = 0;
            if index + 1 >= room.entries.len() {
                break;
            }
            index += 1;
            hidden = rows.of(index).len();
        }
    }
    let is_newest = index + 1 >= room.entries.len() && hidden == 0;
    let view = match room.entries.get(index) {
        Some(entry) if !is_newest => View::At(entry.key.clone(), hidden),
        _ => View::Newest,
    };
    set(model, view);
}

/// How many rows are hidden above, but no more than asked for.
fn above(rows: &Rows<'_>, (index, hidden): (usize, usize), height: usize, wanted: usize) -> usize {
    let mut total = 0;
    for at in (0..=index).rev() {
        total += rows.of(at).len();
        if at == index {
            total = total.saturating_sub(hidden);
        }
        if total >= height + wanted {
            return wanted;
        }
    }
    total.saturating_sub(height)
}

/// Shows an entry, without moving more than needed.
pub(crate) fn reveal(model: &mut Model, index: usize) {
    let places = areas(model);
    let Some(room) = &model.room else { return };
    let height = usize::from(places.timeline.height).max(1);
    let rows = Rows::new(model, room, places.timeline.width, places.is_wide);
    let now = seen(&rows, room, height);
    let Some(entry) = room.entries.get(index) else { return };
    let (last, hidden) = edge(room);
    if index > last || (index == last && hidden > 0) {
        let view =
            if index + 1 == room.entries.len() { View::Newest } else { View::At(entry.key.clone(), 0) };
        set(model, view);
    } else if index <= now.first && now.rows.len() >= height {
        // Its first row comes to the top.
        let between: usize = (index..last).map(|at| rows.of(at).len()).sum();
        let total = between + rows.of(last).len() - hidden.min(rows.of(last).len());
        let by = total.saturating_sub(height);
        scroll(model, -isize::try_from(by).unwrap_or(isize::MAX));
    }
}

/// Shows the newest entries, or from the first one that is loaded.
pub(crate) fn jump(model: &mut Model, to_newest: bool) {
    if to_newest {
        set(model, View::Newest);
        return;
    }
    let many = isize::try_from(u32::MAX >> 1).unwrap_or(isize::MAX);
    scroll(model, -many);
}

fn set(model: &mut Model, view: View) {
    if let Some(room) = &mut model.room {
        if view == View::Newest {
            room.below = 0;
        }
        room.view = view;
    }
}

/// Shows an entry in the first row, if so much comes after it.
pub(crate) fn to_top(model: &mut Model, index: usize) {
    set(model, View::Newest);
    let places = areas(model);
    let Some(room) = &model.room else { return };
    let height = usize::from(places.timeline.height).max(1);
    let rows = Rows::new(model, room, places.timeline.width, places.is_wide);
    let total: usize = (index..rows.entries()).map(|at| rows.of(at).len()).sum();
    scroll(model, -isize::try_from(total.saturating_sub(height)).unwrap_or(isize::MAX));
}

/// How many rows a page is.
pub(crate) fn page(model: &Model) -> isize {
    let height = areas(model).timeline.height;
    isize::try_from(height.saturating_sub(2).max(1)).unwrap_or(1)
}
