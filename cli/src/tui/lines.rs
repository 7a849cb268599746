//! An entry of the timeline as rows: separators, name and time, text, and how far one's own message is.

use super::{
    action::{self, Action},
    entry::{Entry, Mark, Said, Shown},
    look::{Look, Part},
    model::Model,
    timeline::OpenRoom,
    wrap::{columns, cut, fit},
};
use chrono::{Datelike as _, NaiveDate, NaiveDateTime, TimeDelta};
use parlor_client::timeline::Key;
use ratatui::{
    style::{Modifier, Style},
    text::{Line, Span},
};
use std::sync::Arc;

/// Messages of one sender within this time stand together.
const TOGETHER: TimeDelta = TimeDelta::minutes(5);
/// Columns of a name beside its text.
const NAME: usize = 8;
/// Columns that are left free for a mark.
const MARK: usize = 4;
/// From this width on name and time stand beside the text.
const BESIDE: usize = 48;

/// What all rows of a timeline have in common.
pub(crate) struct Rows<'a> {
    model: &'a Model,
    room: &'a OpenRoom,
    look: Look,
    width: usize,
    is_wide: bool,
    /// The first of what is new: a message of another.
    new: Option<Key>,
}

impl<'a> Rows<'a> {
    /// The rows of a room, so wide.
    pub(crate) fn new(model: &'a Model, room: &'a OpenRoom, width: u16, is_wide: bool) -> Self {
        let new = room.marker.and_then(|marker| {
            let is_after = |entry: &&Arc<Entry>| entry.seq().is_none_or(|seq| seq > marker.after);
            let is_anothers = |entry: &&Arc<Entry>| entry.said().is_some_and(|said| said.mark.is_none());
            room.entries.iter().rev().take_while(is_after).filter(is_anothers).last()
        });
        let new = new.map(|entry| entry.key.clone());
        Self { model, room, look: model.look, width: usize::from(width), is_wide, new }
    }

    /// How many entries there are.
    pub(crate) fn entries(&self) -> usize {
        self.room.entries.len()
    }

    /// Whether a row of text has no space left, so that a word which is longer may go on below it.
    pub(crate) fn is_full(&self, row: &str) -> bool {
        // What comes next may be two columns wide.
        columns(row) + 1 + MARK >= self.width
    }

    /// The rows of one entry. There is at least one.
    pub(crate) fn of(&self, index: usize) -> Vec<Line<'static>> {
        let Some(entry) = self.room.entries.get(index) else { return Vec::new() };
        let before = index.checked_sub(1).and_then(|before| self.room.entries.get(before));
        let mut rows = Vec::new();
        let separated = self.separators(entry, before, &mut rows);
        match &entry.shown {
            Shown::Beginning => rows.push(self.beginning()),
            Shown::Gap => rows.push(self.gap(entry)),
            Shown::Note(_) => self.note(entry, &mut rows),
            Shown::Message(said) => {
                let grouped = !separated && before.is_some_and(|before| self.are_together(before, entry));
                self.message(entry, said, grouped, &mut rows);
            }
        }
        if self.model.selected.as_ref() == Some(&entry.key) {
            let chosen = self.look.style(Part::Chosen);
            for row in &mut rows {
                *row = std::mem::take(row).patch_style(chosen);
            }
        }
        rows
    }

    fn at(&self, entry: &Entry) -> Option<NaiveDateTime> {
        entry.at.map(|at| self.model.zone.local(at))
    }

    fn are_together(&self, before: &Arc<Entry>, entry: &Arc<Entry>) -> bool {
        let (Some(one), Some(other)) = (before.said(), entry.said()) else { return false };
        // What is not stored yet may be of now, or older than what stands above it.
        let at = |entry: &Entry| entry.at.unwrap_or(self.model.now.utc);
        one.by == other.by && (at(entry) - at(before)).abs() < TOGETHER
    }

    /// The day, and where the new begins. Answers whether there was any.
    fn separators(
        &self,
        entry: &Arc<Entry>,
        before: Option<&Arc<Entry>>,
        rows: &mut Vec<Line<'static>>,
    ) -> bool {
        // What is not stored yet has no day of its own: it goes where it is sent.
        let day = |entry: &Arc<Entry>| entry.seq().and(self.at(entry)).map(|at| at.date());
        let mut any = false;
        if let Some(today) = day(entry)
            && before.and_then(day) != Some(today)
        {
            rows.push(self.rule(self.look.glyphs.rule, &self.day(today), Part::Quiet));
            any = true;
        }
        if let Some(marker) = self.room.marker
            && self.new.as_ref() == Some(&entry.key)
        {
            rows.push(self.rule(self.look.glyphs.heavy, &format!("{} new", marker.count), Part::New));
            any = true;
        }
        any
    }

    fn day(&self, day: NaiveDate) -> String {
        let note = if day == self.today() { " (today)" } else { "" };
        format!("{}{note}", self.date(day))
    }

    fn date(&self, day: NaiveDate) -> String {
        let name = if day.year() == self.today().year() { "%a %-d %b" } else { "%a %-d %b %Y" };
        day.format(name).to_string()
    }

    fn today(&self) -> NaiveDate {
        self.model.zone.local(self.model.now.utc).date()
    }

    /// Since when it waits, if not since today.
    fn since(&self, entry: &Entry) -> String {
        let day = self.at(entry).map(|at| at.date()).filter(|day| *day != self.today());
        day.map(|day| format!(" since {}", self.date(day))).unwrap_or_default()
    }

    fn rule(&self, with: &str, words: &str, part: Part) -> Line<'static> {
        let words = format!(" {} ", cut(words, self.width.saturating_sub(4), self.look.glyphs.more));
        let left = self.width.saturating_sub(columns(&words));
        let text = format!("{}{words}{}", with.repeat(left / 2), with.repeat(left - left / 2));
        Line::styled(text, self.look.style(part))
    }

    fn beginning(&self) -> Line<'static> {
        let name = self.model.rooms.get(self.room.id).map(|room| room.name.to_string()).unwrap_or_default();
        let may_invite = action::disabled(Action::Invite, self.model).is_none();
        let how = if may_invite { " /invite asks others in." } else { "" };
        let text = cut(&format!("This is the beginning of #{name}.{how}"), self.width, self.look.glyphs.more);
        Line::styled(text, self.look.style(Part::Quiet)).centered()
    }

    fn gap(&self, entry: &Entry) -> Line<'static> {
        let words = if self.room.filling.contains(&entry.key) {
            "loading what was missed"
        } else {
            "messages are missing here: select this and press Enter"
        };
        self.rule(self.look.glyphs.rule, words, Part::Waiting)
    }

    fn note(&self, entry: &Arc<Entry>, rows: &mut Vec<Line<'static>>) {
        let at = self.at(entry).map_or_else(String::new, |at| at.format("%H:%M").to_string());
        let indent = if self.width >= BESIDE { 8 } else { 1 };
        for (row, line) in
            entry.lines(self.width.saturating_sub(indent + 1), self.look.is_ascii()).iter().enumerate()
        {
            let before = if row == 0 && indent > 1 { format!(" {at:<7}") } else { " ".repeat(indent) };
            let style = self.look.style(Part::Quiet).add_modifier(Modifier::ITALIC);
            rows.push(Line::from(vec![
                Span::styled(before, self.look.style(Part::Quiet)),
                Span::styled(line.clone(), style),
            ]));
        }
    }

    fn message(&self, entry: &Arc<Entry>, said: &Said, grouped: bool, rows: &mut Vec<Line<'static>>) {
        let beside = self.width >= BESIDE && !self.is_wide;
        let indent = match self.width {
            BESIDE.. if beside => 8 + NAME + 1,
            BESIDE.. => 8,
            _ => 1,
        };
        let time = self.at(entry).map_or_else(|| "     ".to_owned(), |at| at.format("%H:%M").to_string());
        let quiet = self.look.style(Part::Quiet);
        let name_style = self.look.style(if said.mark.is_some() { Part::Own } else { Part::Name });
        let more = self.look.glyphs.more;
        if !grouped && !beside {
            let name = cut(&said.name, self.width.saturating_sub(9), more);
            let first = if self.width >= BESIDE {
                vec![Span::styled(format!(" {time}  "), quiet), Span::styled(name, name_style)]
            } else {
                vec![Span::styled(format!(" {name}"), name_style), Span::styled(format!("  {time}"), quiet)]
            };
            rows.push(Line::from(first));
        }
        let lines = entry.lines(self.width.saturating_sub(indent + MARK), self.look.is_ascii());
        for (row, line) in lines.iter().enumerate() {
            let mut spans = if row == 0 && !grouped && beside {
                let name = fit(&said.name, NAME, more);
                vec![
                    Span::styled(format!(" {time}  "), quiet),
                    Span::styled(name, name_style),
                    Span::raw(" "),
                ]
            } else {
                vec![Span::raw(" ".repeat(indent))]
            };
            spans.push(Span::raw(line.clone()));
            rows.push(Line::from(spans));
        }
        if let Some(mark) = &said.mark {
            self.mark(mark, entry, rows);
        }
    }

    /// Whether it is the last of one's own messages that is stored.
    fn is_newest_own(&self, entry: &Arc<Entry>) -> bool {
        let stored = |entry: &&Arc<Entry>| {
            entry.seq().is_some() && entry.said().is_some_and(|said| said.mark.is_some())
        };
        self.room.entries.iter().rev().find(stored).is_some_and(|newest| newest.key == entry.key)
    }

    /// How far it is: at the end of the last row, or below it where there is no space.
    fn mark(&self, mark: &Mark, entry: &Arc<Entry>, rows: &mut Vec<Line<'static>>) {
        let (words, part) = self.words(mark, entry);
        let words = cut(&words, self.width.saturating_sub(2), self.look.glyphs.more);
        let style = self.look.style(part);
        let used = rows.last().map_or(0, |row| row.spans.iter().map(|span| columns(&span.content)).sum());
        let space = self.width.saturating_sub(columns(&words) + 1);
        match rows.last_mut() {
            Some(last) if used < space => {
                last.spans.push(Span::raw(" ".repeat(space - used)));
                last.spans.push(Span::styled(words, style));
            }
            _ => rows.push(Line::from(vec![Span::raw(" ".repeat(space)), Span::styled(words, style)])),
        }
    }

    fn words(&self, mark: &Mark, entry: &Arc<Entry>) -> (String, Part) {
        let glyphs = self.look.glyphs;
        let keys = || {
            let key = |action| self.model.keys.hint(action).unwrap_or_default();
            let keys = [Action::Retry, Action::Discard, Action::Edit].map(key).join("/");
            format!("({}, then {keys})", key(Action::Select))
        };
        match mark {
            Mark::Sending => (format!("{} sending", glyphs.pending), Part::Waiting),
            Mark::Queued => (format!("{} queued{}", glyphs.pending, self.since(entry)), Part::Waiting),
            Mark::Held => (format!("{} not sent{} {}", glyphs.failed, self.since(entry), keys()), Part::Bad),
            Mark::Accepted => (glyphs.accepted.to_owned(), Part::Quiet),
            // Those who had read it before are not counted by the server: it is at least so many.
            Mark::Seen(count) if *count > 1 && self.is_wide && self.is_newest_own(entry) => {
                (format!("{} seen by {count}", glyphs.seen), Part::Good)
            }
            Mark::Seen(_) => (glyphs.seen.to_owned(), Part::Good),
            Mark::Failed(reason) => (format!("{} failed: {reason} {}", glyphs.failed, keys()), Part::Bad),
        }
    }
}

/// A row in one style.
pub(crate) fn plain(text: impl Into<String>, style: Style) -> Line<'static> {
    Line::styled(text.into(), style)
}
