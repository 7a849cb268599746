//! What goes where, at any size.

use super::model::{Model, Page};
use ratatui::layout::Rect;

/// The smallest screen that shows more than one line.
pub(crate) const LEAST: (u16, u16) = (20, 6);
/// From this width on there is a list of rooms.
const WITH_SIDEBAR: u16 = 60;
/// From this width on names stand on rows of their own.
const WIDE: u16 = 100;
/// From this width on there is a pane for members.
pub(crate) const WITH_MEMBERS: u16 = 130;
/// Below this height hints and typing go.
const TALL: u16 = 12;
/// Below this height the status goes.
const WITH_STATUS: u16 = 9;

/// The places of the chat's parts. What has no place is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Areas {
    pub(crate) sidebar: Option<Rect>,
    pub(crate) members: Option<Rect>,
    pub(crate) header: Option<Rect>,
    /// The rules below the header, above the box, and below it.
    pub(crate) rules: [Option<Rect>; 3],
    pub(crate) banner: Option<Rect>,
    pub(crate) timeline: Rect,
    pub(crate) typing: Option<Rect>,
    /// With the prompt.
    pub(crate) compose: Rect,
    pub(crate) status: Option<Rect>,
    pub(crate) hints: Option<Rect>,
    /// Names on rows of their own.
    pub(crate) is_wide: bool,
}

/// Columns of the prompt before the box.
pub(crate) const PROMPT: u16 = 3;

/// Whether nothing but a line can be shown.
pub(crate) fn is_tiny(size: (u16, u16)) -> bool {
    size.0 < LEAST.0 || size.1 < LEAST.1
}

/// Where everything goes.
pub(crate) fn areas(model: &Model) -> Areas {
    let (width, height) = model.size;
    if is_tiny(model.size) || !matches!(model.page, Page::Chat | Page::SignedOut) {
        return Areas::default();
    }
    let bare = model.panes.bare;
    let tall = height >= TALL;
    // When the session has ended there is no box.
    let has_box = matches!(model.page, Page::Chat);
    let wanted = if has_box { model.compose.rows(width.saturating_sub(PROMPT + 1)) } else { 1 };
    let box_rows = wanted.clamp(1, (height / 3).max(1));

    let mut bottom = height;
    let mut take = |rows: u16, wanted: bool| {
        wanted.then(|| {
            bottom -= rows;
            Rect::new(0, bottom, width, rows)
        })
    };
    let hints = take(1, tall && !bare);
    let status = take(1, height >= WITH_STATUS && !bare);
    let low_rule = take(1, tall && !bare);
    let compose = take(box_rows, true).unwrap_or_default();
    let typing = take(1, tall && !bare);
    let high_rule = take(1, tall && !bare);

    let side_width = match width {
        _ if bare || !model.panes.sidebar => 0,
        WIDE.. => 26,
        WITH_SIDEBAR.. => 20,
        _ => 0,
    };
    let member_width = if width >= WITH_MEMBERS && model.panes.members && !bare { 26 } else { 0 };
    let sidebar = (side_width > 0).then(|| Rect::new(0, 0, side_width, bottom));
    let members = (member_width > 0).then(|| Rect::new(width - member_width, 0, member_width, bottom));
    // One column for the bar on each side.
    let left = if side_width > 0 { side_width + 1 } else { 0 };
    let right = if member_width > 0 { width - member_width - 1 } else { width };

    let mut top = 0;
    let mut take = |wanted: bool| {
        wanted.then(|| {
            top += 1;
            Rect::new(left, top - 1, right - left, 1)
        })
    };
    let header = take(!bare);
    let head_rule = take(tall && !bare);
    let banner = take(model.banner().is_some());
    let timeline = Rect::new(left, top, right - left, bottom.saturating_sub(top));
    let rules = [head_rule, high_rule, low_rule];
    let is_wide = width >= WIDE;
    Areas { sidebar, members, header, rules, banner, timeline, typing, compose, status, hints, is_wide }
}

/// Where an overlay goes: in the middle, as large as the screen allows.
pub(crate) fn overlay((width, height): (u16, u16)) -> Rect {
    let (wide, high) = (
        width.saturating_sub(4).min(70).max(width.min(30)),
        height.saturating_sub(4).min(18).max(height.min(8)),
    );
    Rect::new((width - wide) / 2, (height - high) / 2, wide, high)
}

/// The box itself, without the prompt.
pub(crate) fn writing(compose: Rect) -> Rect {
    let prompt = PROMPT.min(compose.width);
    let width = compose.width.saturating_sub(PROMPT + 1).max(1).min(compose.width);
    Rect { x: compose.x + prompt.min(compose.width - width), width, ..compose }
}
