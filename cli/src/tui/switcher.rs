//! Going to a room by a few letters of its name; after `@` a person, after `>` a command, after `?` a key. The same for what is unread,
//! and for what one wrote.

use super::{
    action::{self, ACTIONS, Action},
    compose::{field, said},
    model::Model,
    rooms::Listed,
    safe::Safe,
    timeline::Person,
};
use nucleo_matcher::{
    Config, Matcher,
    pattern::{CaseMatching, Normalization, Pattern},
};
use parlor_client::protocol::ids::RoomId;
use ratatui_textarea::TextArea;
use reqwest::Url;
use std::collections::HashSet;

/// What is chosen from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Rooms, people, commands, or keys.
    Rooms,
    /// Rooms with something unread.
    Inbox,
    /// One's own messages.
    History,
    /// The links of the selected message.
    Links,
}

/// The switcher.
#[derive(Clone, Debug)]
pub(crate) struct Switcher {
    pub(crate) kind: Kind,
    pub(crate) query: TextArea<'static>,
    pub(crate) chosen: usize,
}

/// Something that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) name: String,
    /// What is said beside it.
    pub(crate) note: String,
    pub(crate) target: Target,
}

/// What happens when it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Room(RoomId),
    Join(RoomId),
    Create {
        name: String,
        is_private: bool,
    },
    Invitation(String),
    Action(Action),
    /// Its key, to be read: what it would be done to is not what one looks at.
    Key(Action),
    /// The first message of a room that is not read.
    Unread(RoomId),
    /// A text to go into the box.
    Text(String),
    /// A name to go into the text in the box.
    Person(Safe),
    Link(String),
}

impl Switcher {
    /// With this in its line.
    pub(crate) fn new(kind: Kind, query: &str) -> Self {
        Self { kind, query: field(query), chosen: 0 }
    }

    /// What stands above it.
    pub(crate) fn title(&self) -> &'static str {
        match self.kind {
            Kind::Rooms => "Go to a room (@ people, > commands, ? keys)",
            Kind::Inbox => "Unread: Enter goes to the first of it",
            Kind::Links => "Which link?",
            Kind::History => "Find what you wrote: Enter puts it into the box",
        }
    }

    /// What is said when there is nothing to choose.
    pub(crate) fn nothing(&self, model: &Model) -> &'static str {
        let first = said(&self.query).trim_start().chars().next();
        match self.kind {
            Kind::Rooms if first == Some('@') => match model.room.as_ref().map(|room| &room.members) {
                None => "No room is open: the people are those of a room.",
                Some(None) => "The people of this room are not known yet.",
                Some(Some(_)) => "Nobody in this room is called so.",
            },
            Kind::Rooms if matches!(first, Some('>' | '?')) => "There is nothing like it.",
            Kind::Rooms if model.rooms_known => "Type the name of a room, old or new.",
            Kind::Rooms => "The rooms are not known yet.",
            Kind::Inbox => "Everything is read.",
            Kind::Links => "No link is like it.",
            Kind::History => "You wrote nothing like it here.",
        }
    }

    /// What can be chosen now, best first.
    pub(crate) fn choices(&self, model: &Model) -> Vec<Choice> {
        let query = said(&self.query);
        let query = query.trim();
        let after = |prefix| query.strip_prefix(prefix).map(str::trim);
        match self.kind {
            Kind::Inbox => inbox(query, model),
            Kind::History => history(query, model),
            Kind::Links => of_selected(query, model),
            Kind::Rooms => None
                .or_else(|| after('>').map(|command| commands(command, model)))
                .or_else(|| after('@').map(|name| people(name, model)))
                .or_else(|| after('?').map(|key| keys(key, model)))
                .unwrap_or_else(|| rooms(query, model)),
        }
    }

    /// The choice that is marked.
    pub(crate) fn chosen(&self, model: &Model) -> Option<Choice> {
        let mut choices = self.choices(model);
        let last = choices.len().checked_sub(1)?;
        Some(choices.swap_remove(self.chosen.min(last)))
    }

    /// Moves the mark.
    pub(crate) fn step(&mut self, by: isize, model: &Model) {
        let last = self.choices(model).len().saturating_sub(1);
        self.chosen = self.chosen.min(last).saturating_add_signed(by).min(last);
    }
}

/// The things whose names match, best first; with nothing to match all of them, in their order.
fn matching<T>(query: &str, things: Vec<T>, name: impl Fn(&T) -> String) -> Vec<T> {
    if query.is_empty() {
        return things;
    }
    let pattern = Pattern::parse(query, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut letters = Vec::new();
    let mut scored: Vec<_> = things
        .into_iter()
        .filter_map(|thing| {
            let name = name(&thing);
            let score = pattern.score(nucleo_matcher::Utf32Str::new(&name, &mut letters), &mut matcher)?;
            Some((score, thing))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, thing)| thing).collect()
}

fn rooms(query: &str, model: &Model) -> Vec<Choice> {
    let current = model.room.as_ref().map(|room| room.id);
    let mut all: Vec<&Listed> = model.rooms.all().iter().collect();
    // One's own before others', unread before read, recent before old; the one on the screen is where one is already.
    all.sort_by_key(|room| {
        let recent = std::cmp::Reverse(room.looked);
        (!room.is_own(), Some(room.id) == current, room.unread() == 0, recent)
    });
    let known = all.iter().any(|room| room.name.eq_ignore_ascii_case(query));
    let found = matching(query, all, |room| room.name.to_string());
    let is_alone = |room: &Listed| found.iter().filter(|other| other.name == room.name).count() == 1;
    let mut choices: Vec<_> = found.iter().map(|room| of_room(room, is_alone(room))).collect();
    if let Some(code) = invitation(query) {
        let (name, note) = ("Join with this invitation".to_owned(), String::new());
        choices.insert(0, Choice { name, note, target: Target::Invitation(code) });
    } else if !query.is_empty() && !known && model.rooms_known {
        for (is_private, kind) in [(false, "public"), (true, "private")] {
            let name = query.to_owned();
            choices.push(Choice {
                name: format!("Make “{query}”"),
                note: kind.to_owned(),
                target: Target::Create { name, is_private },
            });
        }
    }
    choices
}

/// A room; if it is not alone with its name, with the name of who made it.
fn of_room(room: &Listed, is_alone: bool) -> Choice {
    let name = if is_alone { format!("#{}", room.name) } else { format!("#{} by {}", room.name, room.by) };
    let private = if room.is_private { "private" } else { "" };
    let (note, target) = match (room.is_own(), room.unread()) {
        (false, _) => {
            let people = if room.members == 1 { "member" } else { "members" };
            (format!("Enter joins; {} {people}", room.members), Target::Join(room.id))
        }
        (true, 0) => (private.to_owned(), Target::Room(room.id)),
        (true, unread) if room.is_private => (format!("{unread} unread, private"), Target::Room(room.id)),
        (true, unread) => (format!("{unread} unread"), Target::Room(room.id)),
    };
    Choice { name, note, target }
}

/// The people of the room on the screen but oneself, those who are online first.
pub(crate) fn others(model: &Model) -> Vec<&Person> {
    let members = model.room.as_ref().and_then(|room| room.members.as_ref());
    let me = model.me.as_ref().map(|me| me.id);
    let mut others: Vec<_> = members.into_iter().flat_map(|members| &members.people).collect();
    others.retain(|person| Some(person.id) != me);
    others.sort_by_key(|person| (!person.is_online, person.name.to_lowercase()));
    others
}

fn people(query: &str, model: &Model) -> Vec<Choice> {
    let found = matching(query, others(model), |person| person.name.to_string());
    let of = |person: &Person| Choice {
        name: format!("@{}", person.name),
        note: if person.is_online { "online" } else { "offline" }.to_owned(),
        target: Target::Person(person.name.clone()),
    };
    found.into_iter().map(of).collect()
}

/// All that there is to do, by what it does or by its keys. What belongs to the box or to a selected message is not done from here: a
/// text that is half written would be sent, or be lost.
fn keys(query: &str, model: &Model) -> Vec<Choice> {
    let of = |spec: &action::Spec| {
        let keys = model.keys.of(spec.action).iter().map(|key| key.spoken()).collect::<Vec<_>>().join(", ");
        if keys.is_empty() { format!(">{}", spec.title) } else { keys }
    };
    let found = matching(query, ACTIONS.iter().collect(), |spec| {
        format!("{} {} {}", spec.title, spec.help, of(spec))
    });
    let choice = |spec: &action::Spec| {
        let is_only_told = spec.place.is_some() || spec.action == Action::Clear;
        let target = if is_only_told { Target::Key(spec.action) } else { Target::Action(spec.action) };
        Choice { name: spec.help.to_owned(), note: of(spec), target }
    };
    named_first(query, found).into_iter().map(choice).collect()
}

/// What is called so before what only speaks of it.
fn named_first<'a>(query: &str, mut found: Vec<&'a action::Spec>) -> Vec<&'a action::Spec> {
    let query = query.to_lowercase();
    found.sort_by_key(|spec| !spec.title.starts_with(&query));
    found
}

fn inbox(query: &str, model: &Model) -> Vec<Choice> {
    let mut unread: Vec<&Listed> = model.rooms.own().into_iter().filter(|room| room.unread() > 0).collect();
    unread.sort_by_key(|room| std::cmp::Reverse(room.unread()));
    let found = matching(query, unread, |room| room.name.to_string());
    found.into_iter().map(|room| Choice { target: Target::Unread(room.id), ..of_room(room, true) }).collect()
}

fn history(query: &str, model: &Model) -> Vec<Choice> {
    let wanted = query.to_lowercase();
    // As a shell does: what has these letters in it, newest first.
    let found = own_messages(model).into_iter().filter(|text| text.to_lowercase().contains(&wanted));
    found
        .map(|text| Choice {
            name: Safe::line(&text).to_string(),
            note: String::new(),
            target: Target::Text(text),
        })
        .collect()
}

/// What one wrote, newest first: in the room on the screen, and then elsewhere in this run.
pub(crate) fn own_messages(model: &Model) -> Vec<String> {
    let Some(room) = &model.room else { return Vec::new() };
    let of_run = |here: bool| {
        model.sent.iter().rev().filter(move |(id, _)| (*id == room.id) == here).map(|(_, text)| text.clone())
    };
    let own = room.entries.iter().rev().filter_map(|entry| entry.said()).filter(|said| said.mark.is_some());
    let own = own
        .map(|said| said.local.as_ref().map_or_else(|| said.text.to_string(), |local| local.written.clone()));
    let mut known = HashSet::new();
    // What was sent in this run is known as it was written.
    of_run(true).chain(own).chain(of_run(false)).filter(|text| known.insert(text.clone())).collect()
}

fn of_selected(query: &str, model: &Model) -> Vec<Choice> {
    let text = model.selected().and_then(|entry| entry.said()).map_or("", |said| &*said.text);
    let of = |link: &str| Choice {
        name: link.to_owned(),
        note: String::new(),
        target: Target::Link(link.to_owned()),
    };
    matching(query, links(text), |link| (*link).to_owned()).into_iter().map(of).collect()
}

/// The links in a text, as far as the web has them: nothing else of others' texts is handed to another program.
pub(crate) fn links(text: &str) -> Vec<&str> {
    let words = text.split(|character: char| character.is_whitespace() || "<>\"".contains(character));
    let mut links = Vec::new();
    for word in words {
        if let Some(found) = link(word)
            && !links.contains(&found)
        {
            links.push(found);
        }
    }
    links
}

fn link(word: &str) -> Option<&str> {
    let at = [word.find("https://"), word.find("http://")].into_iter().flatten().min()?;
    // What a sentence has around a link.
    let mut link = &word[at..];
    loop {
        let shorter = link.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'']);
        // A bracket of the link itself has been opened in it.
        let is_around = shorter.matches(')').count() > shorter.matches('(').count();
        let shorter = shorter.strip_suffix(')').filter(|_| is_around).unwrap_or(shorter);
        if shorter.len() == link.len() {
            break;
        }
        link = shorter;
    }
    Url::parse(link).is_ok().then_some(link)
}

/// The code of an invitation, out of its link.
fn invitation(query: &str) -> Option<String> {
    let code = query.split_once("/rooms/invites/")?.1.split('/').next()?;
    (!code.is_empty()).then(|| code.to_owned())
}

fn commands(query: &str, model: &Model) -> Vec<Choice> {
    let useful = |spec: &&action::Spec| spec.place.is_none() && spec.action != Action::Commands;
    let all: Vec<_> = ACTIONS.iter().filter(useful).collect();
    let found = matching(query, all, |spec| format!("{} {}", spec.title, spec.help));
    named_first(query, found)
        .into_iter()
        .map(|spec| {
            let keys = model.keys.hint(spec.action).unwrap_or_default();
            let note = action::disabled(spec.action, model).map_or(keys, |why| format!("not now: {why}"));
            Choice { name: spec.help.to_owned(), note, target: Target::Action(spec.action) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_without_what_a_sentence_has_around_them() {
        for (text, found) in [
            ("see https://ci.example/run/4127.", &["https://ci.example/run/4127"][..]),
            (
                "(http://a.example/x), and <https://b.example/?q=1&r=2>!",
                &["http://a.example/x", "https://b.example/?q=1&r=2"],
            ),
            ("https://a.example/wiki/Tea_(drink)", &["https://a.example/wiki/Tea_(drink)"]),
            ("(of https://a.example/Tea_(drink).)", &["https://a.example/Tea_(drink)"]),
            ("twice http://a.example http://a.example", &["http://a.example"]),
            ("file:///etc/passwd javascript:alert(1) --help http:// https", &[]),
            ("日本 https://例え.example/é\nnext", &["https://例え.example/é"]),
        ] {
            assert_eq!(links(text), found, "{text}");
        }
    }
}
