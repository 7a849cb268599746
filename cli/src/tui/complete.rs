//! What Tab puts in place of what is half written: a name after `@`, a room after `#`, an emoji after `:`, a command after `/`.

use super::{
    emoji,
    model::{Model, Place},
    rooms::Listed,
    switcher::others,
    update::lines::COMMANDS,
};

/// So many letters of an emoji's name, and what is like it is shown before anybody asks: a smiley has fewer.
const OF_EMOJI: usize = 2;

/// Something that can stand in place of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// What goes into the box.
    pub(crate) put: String,
    /// How it is offered.
    pub(crate) shown: String,
}

/// What was completed last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Completed {
    /// What was written.
    pub(crate) written: String,
    /// Which of the candidates stands there now, and how it is written.
    pub(crate) at: usize,
    pub(crate) put: String,
}

/// What is half written at the end of a line, of which nothing is before if it `is_first`.
pub(crate) fn begun(line: &str, is_first: bool) -> Option<&str> {
    if is_first && line.starts_with('/') && !line.starts_with("//") && !line.contains(' ') {
        return Some(line);
    }
    let word = line.rsplit(char::is_whitespace).next()?;
    if word.contains("://") {
        return None;
    }
    let begins = |(at, sign): &(usize, char)| {
        let (before, after) = (&word[..*at], &word[at + sign.len_utf8()..]);
        match sign {
            // A name in brackets, but no e-mail address.
            '@' => {
                !before.ends_with(char::is_alphanumeric) && after.chars().all(|c| c.is_ascii_alphanumeric())
            }
            '#' => !before.ends_with(char::is_alphanumeric),
            ':' => may_stand_before_emoji(before) && is_of_emoji(after),
            _ => false,
        }
    };
    let (at, _) = word.char_indices().rev().find(begins)?;
    Some(&word[at..])
}

/// No time, no name of a program, and nothing that is quoted.
fn may_stand_before_emoji(before: &str) -> bool {
    before
        .chars()
        .next_back()
        .is_none_or(|c| "([{*_~>-,.!?".contains(c) || !(c.is_ascii() || c.is_alphanumeric()))
}

fn is_of_emoji(name: &str) -> bool {
    let name = name.strip_suffix(':').unwrap_or(name);
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "_+-".contains(c);
    !name.is_empty() && name.chars().all(is_of_name)
}

/// What can stand in place of what is half written, best first.
pub(crate) fn candidates(model: &Model, begun: &str) -> Vec<Candidate> {
    let mut letters = begun.chars();
    let (sign, like) = (letters.next(), letters.as_str().to_lowercase());
    let of = |put: String, shown: String| Candidate { put, shown };
    match sign {
        Some('@') => {
            let found =
                others(model).into_iter().filter(|person| person.name.to_lowercase().starts_with(&like));
            found.map(|person| format!("@{}", person.name)).map(|name| of(name.clone(), name)).collect()
        }
        Some('#') => {
            let mut found: Vec<&Listed> =
                model.rooms.all().iter().filter(|room| has_word(&room.name, &like)).collect();
            found.sort_by_key(|room| (!room.is_own(), !room.name.to_lowercase().starts_with(&like)));
            found
                .into_iter()
                .map(|room| format!("#{}", room.name))
                .map(|name| of(name.clone(), name))
                .collect()
        }
        Some(':') => {
            let found = emoji::named(like.strip_suffix(':').unwrap_or(&like)).into_iter();
            // Who has written all of the name means that one.
            let found = found.filter(|(_, name)| !like.ends_with(':') || like[..like.len() - 1] == **name);
            let is_ascii = model.look.is_ascii();
            let shown = |emoji: &str, name| {
                if is_ascii { format!(":{name}:") } else { format!("{emoji} :{name}:") }
            };
            found.map(|(emoji, name)| of(emoji.to_string(), shown(emoji.as_str(), name))).collect()
        }
        Some('/') => {
            let found = COMMANDS.iter().filter(|command| command.name[1..].starts_with(&like));
            found
                .map(|command| {
                    let whole = format!("{} {}", command.name, command.takes);
                    // What it takes comes next.
                    let put = if command.takes.is_empty() {
                        command.name.to_owned()
                    } else {
                        format!("{} ", command.name)
                    };
                    of(put, whole.trim_end().to_owned())
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a name, or a word in it, begins so.
fn has_word(name: &str, like: &str) -> bool {
    let name = name.to_lowercase();
    name.match_indices(like).any(|(at, _)| !name[..at].ends_with(char::is_alphanumeric))
}

/// What is offered now, and which of it stands in the box already.
pub(crate) fn offered(model: &Model) -> Option<(Vec<Candidate>, Option<usize>)> {
    if model.overlay.is_some() || model.room.is_none() || model.place() != Place::Writing || model.is_plain {
        return None;
    }
    let (line, is_first) = model.compose.before_cursor();
    if let Some(Completed { written, at, put }) = &model.compose.completed
        && line.ends_with(put.as_str())
    {
        // Of a single one there is nothing to choose.
        return Some((candidates(model, written), Some(*at))).filter(|(all, _)| all.len() > 1);
    }
    let begun = begun(&line, is_first)?;
    if begun.starts_with(':') && begun.len() <= OF_EMOJI {
        return None;
    }
    let all = candidates(model, begun);
    // What is written to its end needs no more.
    let is_whole = matches!(all.as_slice(), [only] if only.put.trim_end() == begun);
    (!all.is_empty() && !is_whole).then_some((all, None))
}

/// What is said when nothing can stand in place of it.
pub(crate) fn nothing(model: &Model, begun: &str) -> String {
    let like = begun.get(1..).unwrap_or_default();
    let are_known = model.room.as_ref().is_some_and(|room| room.members.is_some());
    match begun.chars().next() {
        Some('@') if !are_known => "The people of this room are not known yet.".to_owned(),
        Some('@') => format!("Nobody in this room has a name that begins with {like}."),
        Some('#') => format!("No room has a name that begins with {like}."),
        Some(':') => format!("No emoji has a name like {like}."),
        _ => format!("There is no command {begun}. /help lists them."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_half_written_is_found_behind_brackets_and_not_in_other_things() {
        for (line, found) in [
            ("@gr", Some("@gr")),
            ("so, (@b", Some("@b")),
            ("@grace,@l", Some("@l")),
            ("@", Some("@")),
            ("ada@example.com", None),
            ("see #ki", Some("#ki")),
            ("[#日", Some("#日")),
            ("C#", None),
            ("https://a.example/#frag", None),
            (":rock", Some(":rock")),
            ("done :tada:", Some(":tada:")),
            ("(:+1", Some(":+1")),
            ("🚀:rock", Some(":rock")),
            ("12:30", None),
            ("std::rock", None),
            ("\"key\":value", None),
            ("note: ", None),
            (":)", None),
            ("/cr", Some("/cr")),
            ("//cr", None),
            ("/go ki", None),
            ("/go #ki", Some("#ki")),
            ("or /cr", None),
            ("", None),
        ] {
            assert_eq!(begun(line, true), found, "{line}");
        }
        assert_eq!(begun("/cr", false), None, "a command is alone");
    }
}
