//! What lies over the rest: the switcher, all keys, members, questions.

use super::{field, lines, sidebar, window};
use crate::tui::{
    action::{ACTIONS, Spec},
    layout::overlay,
    look::Part,
    model::{Help, Model, Overlay, Place},
    switcher::Switcher,
    update::lines::COMMANDS,
    wrap::{columns, cut, fit, wrap},
};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

/// Below this width there is space for one key, as hints write it.
const NARROW: usize = 44;

/// Draws it, if there is one.
pub(super) fn draw(model: &Model, frame: &mut Frame<'_>) {
    let area = overlay(model.size);
    match &model.overlay {
        None => {}
        Some(Overlay::Switcher(switcher)) => switch(model, switcher, frame, area),
        Some(Overlay::Help(help)) => keys(model, help, frame, area),
        Some(Overlay::Members(from)) => {
            let inside = window(model, frame, area, "Members (Esc closes)");
            let people = sidebar::people(model, usize::from(inside.width));
            from_row(frame, inside, people, *from);
        }
        Some(Overlay::Notice(text)) => words(model, frame, area, "Esc closes", text),
        Some(Overlay::Ask(question)) => {
            ask(model, frame, area, question.keys(), &question.words(model));
        }
    }
}

fn words(model: &Model, frame: &mut Frame<'_>, area: Rect, title: &str, text: &str) {
    let rows = wrap(text, usize::from(area.width.saturating_sub(4)));
    let height = u16::try_from(rows.len())
        .unwrap_or(u16::MAX)
        .saturating_add(2)
        .clamp(3.min(area.height), area.height);
    let area = Rect { y: area.y + (area.height - height) / 2, height, ..area };
    let inside = window(model, frame, area, title);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(1), ..inside };
    lines(frame, inside, rows.into_iter().map(Line::raw).collect());
}

/// A question: whatever there is no space for, the keys that answer it are seen.
fn ask(model: &Model, frame: &mut Frame<'_>, area: Rect, keys: &str, question: &str) {
    let width = usize::from(area.width.saturating_sub(4));
    let keys = wrap(keys, width);
    let mut rows = wrap(question, width);
    let most = usize::from(area.height.saturating_sub(2)).saturating_sub(keys.len()).max(1);
    if rows.len() > most {
        rows.truncate(most);
        if let Some(last) = rows.last_mut() {
            *last = cut(&format!("{last}{}", " ".repeat(width)), width, model.look.glyphs.more);
        }
    }
    let spacious = rows.len() < most;
    let answers = keys.into_iter().map(|row| Line::styled(row, model.look.style(Part::Heading)));
    let rows: Vec<_> =
        rows.into_iter().map(Line::raw).chain(spacious.then(|| Line::raw(""))).chain(answers).collect();
    let height = u16::try_from(rows.len() + 2).unwrap_or(u16::MAX).min(area.height);
    let area = Rect { y: area.y + (area.height - height) / 2, height, ..area };
    let inside = window(model, frame, area, "");
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(1), ..inside };
    lines(frame, inside, rows);
}

/// Draws from a row on, but not past the last page.
fn from_row(frame: &mut Frame<'_>, area: Rect, mut rows: Vec<Line<'static>>, from: u16) {
    let last = rows.len().saturating_sub(usize::from(area.height));
    rows.drain(..usize::from(from).min(last));
    lines(frame, area, rows);
}

fn switch(model: &Model, switcher: &Switcher, frame: &mut Frame<'_>, area: Rect) {
    let look = model.look;
    let inside = window(model, frame, area, switcher.title());
    let [line, list] = ratatui::layout::Layout::vertical([
        ratatui::layout::Constraint::Length(1),
        ratatui::layout::Constraint::Min(0),
    ])
    .areas(inside);
    let query = Rect { x: line.x + 1.min(line.width), width: line.width.saturating_sub(2), ..line };
    let choices = switcher.choices(model);
    let width = usize::from(list.width);
    let chosen = switcher.chosen.min(choices.len().saturating_sub(1));
    let height = usize::from(list.height);
    let from = (chosen + 1).saturating_sub(height);
    let mut rows = Vec::new();
    for (index, choice) in (from..).zip(&choices[from.min(choices.len())..]).take(height) {
        // What is chosen is also told by a sign.
        let sign = if index == chosen { look.glyphs.here } else { " " };
        let note = cut(&choice.note, width / 2, look.glyphs.more);
        let name = fit(&choice.name, width.saturating_sub(columns(&note) + 3), look.glyphs.more);
        let row = Line::from(vec![
            Span::raw(sign),
            Span::raw(name),
            Span::raw(" "),
            Span::styled(note, look.style(Part::Quiet)),
            Span::raw(" "),
        ]);
        rows.push(if index == chosen { row.patch_style(look.style(Part::Chosen)) } else { row });
    }
    if choices.is_empty() {
        let text = switcher.nothing(model);
        rows.push(Line::styled(
            format!(" {}", cut(text, width.saturating_sub(1), look.glyphs.more)),
            look.style(Part::Quiet),
        ));
    }
    lines(frame, list, rows);
    field(frame, query, &switcher.query, true);
}

fn keys(model: &Model, help: &Help, frame: &mut Frame<'_>, area: Rect) {
    let title = match help.wanted.as_str() {
        "" => "All keys (letters: find, Down: more, Esc: close)".to_owned(),
        wanted => format!("Find: {wanted} (Backspace: more, Esc: close)"),
    };
    let inside = window(model, frame, area, &title);
    let width = usize::from(inside.width);
    let mut rows = Vec::new();
    let mut group = |heading: &'static str, explained: Vec<Line<'static>>| {
        if !explained.is_empty() {
            rows.push(Line::styled(heading, model.look.style(Part::Heading)));
            rows.extend(explained);
        }
    };
    let explain = |specs: &mut dyn Iterator<Item = &'static Spec>| {
        let mut rows = Vec::new();
        specs
            .filter(|spec| is_wanted(&help.wanted, &names(model, spec)))
            .for_each(|spec| key(model, spec, width, &mut rows));
        rows
    };
    let has_keys = |spec: &Spec| !model.keys.of(spec.action).is_empty();
    let groups = [
        ("EVERYWHERE", None),
        ("WRITING", Some(Place::Writing)),
        ("A MESSAGE IS SELECTED", Some(Place::Selecting)),
    ];
    for (heading, place) in groups {
        let mut specs = ACTIONS.iter().filter(|spec| spec.place == place && has_keys(spec));
        group(heading, explain(&mut specs));
    }
    let mut others = ACTIONS.iter().filter(|spec| !has_keys(spec));
    group("COMMANDS (F3, or > in the switcher)", explain(&mut others));
    let mut written = Vec::new();
    for command in COMMANDS {
        let name = format!("{} {}", command.name, command.takes);
        if is_wanted(&help.wanted, &format!("{name} {}", command.help)) {
            explained(model, name.trim_end(), command.help, width, &mut written);
        }
    }
    group("WRITTEN INTO THE BOX", written);
    let mut meanings = Vec::new();
    for (mark, meaning) in marks(model) {
        if is_wanted(&help.wanted, &format!("{mark} {meaning}")) {
            explained(model, mark, meaning, width, &mut meanings);
        }
    }
    group("MARKS", meanings);
    if rows.is_empty() {
        let row = cut(" There is nothing like it.", width, model.look.glyphs.more);
        rows.push(Line::styled(row, model.look.style(Part::Quiet)));
    }
    from_row(frame, inside, rows, help.from);
}

/// All that an action is known by.
fn names(model: &Model, spec: &Spec) -> String {
    let keys = model.keys.of(spec.action).iter().flat_map(|key| [key.spoken(), key.name()]);
    let known = [spec.title.to_owned(), spec.help.to_owned()].into_iter().chain(keys);
    known.collect::<Vec<_>>().join(" ")
}

/// Whether each word that is typed is somewhere in these.
fn is_wanted(typed: &str, names: &str) -> bool {
    let names = names.to_lowercase();
    typed.to_lowercase().split_whitespace().all(|word| names.contains(word))
}

/// The marks beside the text, and what they mean.
fn marks(model: &Model) -> [(&'static str, &'static str); 9] {
    let glyphs = model.look.glyphs;
    [
        (glyphs.pending, "Of a message: it is on its way, or waits for the connection"),
        (glyphs.accepted, "The server has stored it"),
        (glyphs.seen, "Somebody else has read it"),
        (glyphs.failed, "It was refused: select it to try it again, to drop it, or to change it"),
        (glyphs.here, "The room that is open, or what is chosen"),
        (glyphs.private, "A private room: only who is invited comes in"),
        (glyphs.online, "Somebody is online; at the lower edge: there is a connection"),
        (glyphs.offline, "Somebody is offline; at the lower edge: there is no connection"),
        (glyphs.down, "There is more below"),
    ]
}

fn key(model: &Model, spec: &Spec, width: usize, rows: &mut Vec<Line<'static>>) {
    let narrow = width < NARROW;
    let keys = model.keys.of(spec.action).iter().take(if narrow { 1 } else { 2 });
    // Here what hints write shorter is spelled out.
    let keys: Vec<_> = keys.map(|key| if narrow { key.name() } else { key.spoken() }).collect();
    let keys = if keys.is_empty() { format!(">{}", spec.title) } else { keys.join(", ") };
    explained(model, &keys, spec.help, width, rows);
}

/// What something means, beside it where there is space.
fn explained(model: &Model, what: &str, meaning: &str, width: usize, rows: &mut Vec<Line<'static>>) {
    let column = if width < NARROW { 11.min(width / 2) } else { 20 };
    for (row, text) in wrap(meaning, width.saturating_sub(column + 1)).into_iter().enumerate() {
        let what = if row == 0 { what } else { "" };
        rows.push(Line::from(vec![
            Span::styled(
                fit(&format!(" {what}"), column, model.look.glyphs.more),
                model.look.style(Part::Own),
            ),
            Span::raw(text),
        ]));
    }
}
