//! The keys of the file, each with what it may be.

use crate::{
    arguments,
    output::Color,
    profile::Profile,
    server::client_of,
    tui::{ACTIONS, Bell, Colours, Notice, Theme},
};

/// A key of the file. `*` in its name stands for a profile's name, a colour or an action.
pub(super) struct Setting {
    pub(super) key: &'static str,
    pub(super) allowed: &'static str,
    pub(super) meaning: &'static str,
    pub(super) is_right: fn(&str) -> bool,
}

pub(super) const KEYS: [Setting; 10] = [
    Setting {
        key: "default_profile",
        allowed: "a profile's name, or the absolute path of a session's file",
        meaning: "the profile that is used when none is named",
        is_right: is_profile,
    },
    Setting { key: "server", allowed: "a URL", meaning: "the server to sign in to", is_right: is_url },
    Setting {
        key: "color",
        allowed: "auto, always or never",
        meaning: "when output is coloured",
        is_right: |text| color(text).is_some(),
    },
    Setting {
        key: "timeout",
        allowed: "a time such as 500ms, 30s or 5m",
        meaning: "after how long a command ends with 6",
        is_right: |text| arguments::time(text).is_ok(),
    },
    Setting {
        key: "profile.*.server",
        allowed: "a URL",
        meaning: "the server to sign in to with this profile",
        is_right: is_url,
    },
    Setting {
        key: "theme",
        allowed: "terminal, dark, light, high-contrast or none",
        meaning: "the colours of the chat",
        is_right: |text| Theme::named(text).is_some(),
    },
    Setting {
        key: "bell",
        allowed: "never, mention or message",
        meaning: "for what the terminal's bell rings when nobody looks: for one's @name, or for all",
        is_right: |text| Bell::named(text).is_some(),
    },
    Setting {
        key: "notify",
        allowed: "auto, never, osc9, osc777 or osc99",
        meaning: "how the terminal is asked to tell the desktop when the bell rings",
        is_right: |text| Notice::named(text).is_some(),
    },
    Setting {
        key: "colors.*",
        allowed: "a colour such as #ff8800 or lightblue",
        meaning: "a colour of the chat instead of the theme's",
        is_right: |text| Colours::parse(text).is_some(),
    },
    Setting {
        key: "keys.*",
        allowed: "keys such as ctrl-k, f5 or ctrl-x ctrl-e, with commas between them",
        meaning: "the keys of an action of the chat instead of the usual ones",
        // What is wrong with them is told by whoever reads them.
        is_right: |_| true,
    },
];

/// How alike a word must be for it to be what was meant.
const ALIKE: f64 = 0.7;

/// What is declared of a key.
pub(super) fn declared(key: &str) -> Result<&'static Setting, String> {
    let is_it = |known: &&Setting| match known.key.split_once('*') {
        Some((before, after)) => {
            let name = key.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            name.is_some_and(|name| !name.is_empty() && !name.contains('.'))
        }
        None => known.key == key,
    };
    let names = names();
    let is_named = |setting: &&Setting| match setting.key {
        "colors.*" | "keys.*" => names.iter().any(|name| name == key),
        _ => true,
    };
    KEYS.iter().find(is_it).filter(is_named).ok_or_else(|| {
        let likeness = |known: &String| strsim::jaro_winkler(known, key);
        let best = names.iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
        match best.filter(|best| likeness(best) >= ALIKE) {
            Some(best) => format!("there is no key {key}; did you mean {best}?"),
            None => format!("there is no key {key}; `parlor config keys` lists them"),
        }
    })
}

/// It names the same profile in every folder.
fn is_profile(text: &str) -> bool {
    Profile::of(text).is_ok_and(|profile| profile.name.is_some() || profile.file().is_absolute())
}

/// All keys, those of colours and actions by their names.
fn names() -> Vec<String> {
    let of = |key: &'static str| -> Vec<String> {
        match key {
            "colors.*" => Colours::NAMES.iter().map(|(name, _)| format!("colors.{name}")).collect(),
            "keys.*" => ACTIONS.iter().map(|spec| format!("keys.{}", spec.id)).collect(),
            key => vec![key.to_owned()],
        }
    };
    KEYS.iter().flat_map(|setting| of(setting.key)).collect()
}

fn is_url(text: &str) -> bool {
    client_of(text).build().is_ok()
}

/// `auto`, `always` or `never`.
pub(crate) fn color(text: &str) -> Option<Color> {
    match text {
        "auto" => Some(Color::Auto),
        "always" => Some(Color::Always),
        "never" => Some(Color::Never),
        _ => None,
    }
}
