//! Commands that are written as lines: `/go kitchen`. Without a screen they are all there is.

use super::{actions, rooms, tell, writing};
use crate::tui::{
    action::Action,
    message::Effect,
    model::{Help, Model, Overlay},
    safe::Safe,
    switcher::{Choice, Kind, Switcher, Target},
};
use std::fmt::Write as _;

/// Something that is written as a line.
pub(crate) struct Written {
    pub(crate) name: &'static str,
    /// What comes after its name.
    pub(crate) takes: &'static str,
    pub(crate) help: &'static str,
}

const fn written(name: &'static str, takes: &'static str, help: &'static str) -> Written {
    Written { name, takes, help }
}

/// All of them.
pub(crate) static COMMANDS: &[Written] = &[
    written("/rooms", "", "List the rooms"),
    written("/go", "ROOM", "Go to a room by its name, or by its number in /rooms, or join it"),
    written("/join", "ROOM", "The same"),
    written("/create", "NAME", "Make a room"),
    written("/where", "", "Tell which room this is, and what is unread"),
    written("/members", "", "Tell who is here"),
    written("/older", "", "Load older messages"),
    written("/retry", "", "Send the messages that failed again"),
    written("/discard", "", "Take the messages that failed away"),
    written("/invite", "", "Make an invitation to this private room"),
    written("/leave", "", "Leave this room for good"),
    written("/signout", "", "End this session"),
    written("/help", "", "List the commands"),
    written("/quit", "", "End; what is not sent yet is not lost"),
];

/// What `/help` says where there is no screen.
fn help() -> String {
    let mut text = String::new();
    for Written { name, takes, help } in COMMANDS {
        let apart = if takes.is_empty() { "" } else { " " };
        writeln!(text, "{name}{apart}{takes}: {help}.").ok();
    }
    text + "Anything else is sent; a message that begins with / is written with two."
}

/// A line was entered.
pub(crate) fn line(model: &mut Model, line: &str, effects: &mut Vec<Effect>) {
    model.attention.key_at = Some(model.now.up);
    let text = line.trim_end();
    if text.is_empty() {
        return;
    }
    if text.starts_with('/') && !text.starts_with("//") {
        command(model, text, effects);
    } else if model.room.is_none() {
        tell(model, Safe::line("No room is open. /rooms lists them."));
    } else {
        let text = text.strip_prefix('/').filter(|rest| rest.starts_with('/')).unwrap_or(text);
        writing::say(model, text.to_owned(), effects);
        if model.connection.is_lost(model.now) {
            model.speak("It waits until the connection is back.");
        }
    }
}

/// Obeys a command. Answers whether there is such a one.
pub(crate) fn command(model: &mut Model, text: &str, effects: &mut Vec<Effect>) -> bool {
    let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
    let rest = rest.trim();
    match name {
        "/help" if model.is_plain => say(model, &help()),
        "/help" => model.overlay = Some(Overlay::Help(Help { wanted: "/".to_owned(), from: 0 })),
        "/rooms" => {
            rooms::look_for(model, effects);
            list(model, "");
        }
        "/go" | "/join" if rest.is_empty() => list(model, ""),
        "/go" | "/join" => go(model, rest, effects),
        "/create" if rest.is_empty() => say(model, "Which name? /create NAME"),
        "/create" => effects.push(Effect::Create { name: rest.to_owned(), is_private: false }),
        "/where" => where_(model),
        "/members" => members(model),
        "/older" => {
            if let Some(room) = &model.room {
                effects.push(Effect::LoadOlder(room.id));
            }
        }
        "/retry" | "/discard" => failed(model, name == "/retry", effects),
        "/leave" => actions::run(model, Action::Leave, effects),
        "/invite" => actions::run(model, Action::Invite, effects),
        "/signout" => actions::run(model, Action::SignOut, effects),
        "/quit" => actions::run(model, Action::Quit, effects),
        "/yes" | "/no" if model.is_plain => actions::answer(model, name == "/yes", effects),
        _ => {
            say(model, &format!("There is no command {name}: /help lists them; // begins a message with /."));
            return false;
        }
    }
    true
}

fn say(model: &mut Model, text: &str) {
    if model.is_plain || !text.contains('\n') {
        tell(model, Safe::text(text));
    } else {
        model.overlay = Some(Overlay::Notice(Safe::text(text)));
    }
}

fn choices(model: &Model) -> Vec<Choice> {
    Switcher::new(Kind::Rooms, "").choices(model)
}

fn list(model: &mut Model, before: &str) {
    let mut text = before.to_owned();
    for (number, choice) in choices(model).iter().enumerate() {
        let note = if choice.note.is_empty() { String::new() } else { format!(" ({})", choice.note) };
        // There is no such key without a screen.
        let note = note.replace("Enter joins; ", "not joined, ");
        writeln!(text, "{}. {}{note}", number + 1, choice.name.trim_start_matches('#')).ok();
    }
    text.push_str("/go NUMBER or NAME goes there.");
    say(model, &text);
}

fn go(model: &mut Model, wanted: &str, effects: &mut Vec<Effect>) {
    let all = choices(model);
    let numbered = wanted.parse::<usize>().ok().and_then(|number| all.get(number.checked_sub(1)?));
    let named: Vec<_> = model.rooms.named(wanted).into_iter().map(|room| (room.id, room.is_own())).collect();
    match (&named[..], numbered.map(|choice| &choice.target)) {
        ([(id, true)], _) | ([], Some(Target::Room(id))) => rooms::open(model, *id, effects),
        ([(id, false)], _) | ([], Some(Target::Join(id))) => effects.push(Effect::Join(*id)),
        ([], _) => list(model, &format!("There is no room {wanted}.\n")),
        ([..], _) => list(model, &format!("{}\n", rooms::several_rooms(wanted))),
    }
}

fn where_(model: &mut Model) {
    let unread = model.rooms.unread();
    let here = model.listed().map_or_else(|| "in no room".to_owned(), |room| format!("in {}", room.name));
    let waiting = match model.waiting {
        0 => String::new(),
        1 => " 1 message waits to be sent.".to_owned(),
        many => format!(" {many} messages wait to be sent."),
    };
    let link = model.connection.words(model.now).to_lowercase();
    say(model, &format!("You are {here}, {link}. {unread} unread in all.{waiting}"));
}

fn members(model: &mut Model) {
    let Some(members) = model.room.as_ref().and_then(|room| room.members.as_ref()) else {
        say(model, "The members are not known yet.");
        return;
    };
    let people: Vec<_> = members
        .people
        .iter()
        .map(|person| format!("{} ({})", person.name, if person.is_online { "online" } else { "offline" }))
        .collect();
    say(model, &format!("{} members: {}", members.total, people.join(", ")));
}

fn failed(model: &mut Model, again: bool, effects: &mut Vec<Effect>) {
    let Some(room) = &model.room else { return };
    let failed = room.entries.iter().filter(|entry| entry.is_aside()).filter_map(|entry| entry.said());
    let before = effects.len();
    for local in failed.filter_map(|said| said.local.as_ref()) {
        let id = local.id.clone();
        effects.push(if again { Effect::Retry(room.id, id) } else { Effect::Discard(room.id, id) });
    }
    if effects.len() == before {
        say(model, "No message was left unsent.");
    }
}
