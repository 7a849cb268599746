//! `config.toml`: what flags and the environment leave open. Each key is declared once.

mod declared;
mod edit;

pub(crate) use declared::color;

use crate::{
    Failure, Output,
    arguments::{self, ConfigCommand},
    environment,
    files::{self, Safe},
    output::{Color, note, print},
    tui::{ACTIONS, Bell, Colours, Keys, Notice, Spec, Theme, written},
};
use declared::{KEYS, Setting, declared};
use serde::Serialize;
use std::{collections::BTreeMap, path::PathBuf, time::Duration};
use toml::{Table, Value};
use toml_edit::DocumentMut;

/// A key as it is listed.
#[derive(Serialize)]
struct Listed {
    key: String,
    allowed: String,
    meaning: String,
    /// The keys of an action, as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<String>,
    /// The usual ones, where they are others.
    #[serde(skip_serializing_if = "Option::is_none")]
    usual: Option<String>,
}

/// What the file says, with the keys in full.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Config {
    values: BTreeMap<String, String>,
}

impl Config {
    /// What the file says, if it is there.
    pub(crate) fn load() -> Result<Self, Failure> {
        let path = path()?;
        let text = read(&path)?;
        Self::parse(&text).map_err(|wrong| Failure::Usage(format!("{}: {wrong}", path.display())))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let table: Table = text.parse().map_err(|cause: toml::de::Error| cause.to_string())?;
        let mut config = Self::default();
        config.take("", table)?;
        config.keys()?;
        Ok(config)
    }

    fn take(&mut self, above: &str, table: Table) -> Result<(), String> {
        for (name, value) in table {
            let key = format!("{above}{name}");
            match value {
                Value::Table(below) => self.take(&format!("{key}."), below)?,
                Value::String(text) => {
                    check(&key, &text)?;
                    self.values.insert(key, text);
                }
                Value::Array(several) if key.starts_with("keys.") => {
                    let texts: Option<Vec<&str>> = several.iter().map(Value::as_str).collect();
                    let texts = texts.ok_or_else(|| format!("{key} must be keys, each in quotes"))?;
                    check(&key, "")?;
                    self.values.insert(key, texts.join(", "));
                }
                _ => {
                    let key = declared(&key)?;
                    return Err(format!("{} must be {}, in quotes", key.key, key.allowed));
                }
            }
        }
        Ok(())
    }

    fn get(&self, key: &str) -> Option<String> {
        self.values.get(key).cloned()
    }

    pub(crate) fn default_profile(&self) -> Option<String> {
        self.get("default_profile")
    }

    pub(crate) fn color(&self) -> Option<Color> {
        color(&self.get("color")?)
    }

    pub(crate) fn timeout(&self) -> Option<Duration> {
        arguments::time(&self.get("timeout")?).ok()
    }

    pub(crate) fn theme(&self) -> Option<Theme> {
        Theme::named(&self.get("theme")?)
    }

    pub(crate) fn bell(&self) -> Option<Bell> {
        Bell::named(&self.get("bell")?)
    }

    pub(crate) fn notice(&self) -> Option<Notice> {
        Notice::named(&self.get("notify")?)
    }

    /// Colours of one's own.
    pub(crate) fn colours(&self) -> Colours {
        self.below("colors.").fold(Colours::default(), |colours, (name, colour)| colours.with(name, colour))
    }

    /// Which key does what in the chat.
    pub(crate) fn keys(&self) -> Result<Keys, String> {
        Keys::with(self.below("keys."))
    }

    fn below(&self, table: &'static str) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().filter_map(move |(key, value)| Some((key.strip_prefix(table)?, value.as_str())))
    }

    /// The server to sign in to with a profile.
    pub(crate) fn server(&self, profile: Option<&str>) -> Option<String> {
        profile.and_then(|name| self.get(&format!("profile.{name}.server"))).or_else(|| self.get("server"))
    }
}

/// Does what is asked with the configuration.
pub(crate) fn run(command: ConfigCommand, output: Output) -> Result<(), Failure> {
    match command {
        ConfigCommand::Path => print(&crate::safe_text::safe_line(&path()?.display().to_string())),
        ConfigCommand::Get(key) => {
            declared(&key).map_err(Failure::Usage)?;
            match Config::load()?.get(&key) {
                Some(value) => output.show(&value, String::clone),
                None => Err(Failure::NotKept(format!("{key} is not set"))),
            }
        }
        ConfigCommand::Set { key, value } => set(&key, &value),
        ConfigCommand::Edit => edit::edit(),
        ConfigCommand::Keys => {
            // Whoever looks for what is wrong with the file is to find it here.
            let keys = Config::load().and_then(|config| config.keys().map_err(Failure::Usage));
            let keys = keys.unwrap_or_else(|failure| {
                note(&failure.message());
                Keys::default()
            });
            list(&keys).iter().try_for_each(|key| output.show(key, in_words))
        }
        ConfigCommand::Check => Config::load().map(drop),
    }
}

/// All that can stand in the file: each action with its keys as they are.
fn list(keys: &Keys) -> Vec<Listed> {
    let listed = |setting: &Setting, key: String, meaning: &str| Listed {
        key,
        allowed: setting.allowed.to_owned(),
        meaning: meaning.to_owned(),
        keys: None,
        usual: None,
    };
    let of = |setting: &Setting| -> Vec<Listed> {
        match setting.key {
            "colors.*" => {
                let all = Colours::NAMES.iter();
                all.map(|(name, meaning)| listed(setting, format!("colors.{name}"), meaning)).collect()
            }
            "keys.*" => {
                let with_keys = |spec: &Spec| {
                    let (now, usual) = (written(keys.of(spec.action)), written(spec.keys));
                    let usual = Some(usual).filter(|usual| *usual != now);
                    Listed {
                        keys: Some(now),
                        usual,
                        ..listed(setting, format!("keys.{}", spec.id), spec.help)
                    }
                };
                ACTIONS.iter().map(with_keys).collect()
            }
            key => vec![listed(setting, key.to_owned(), setting.meaning)],
        }
    };
    KEYS.iter().flat_map(of).collect()
}

fn in_words(key: &Listed) -> String {
    let Listed { key, allowed, meaning, keys, usual } = key;
    match (keys, usual) {
        (None, _) => format!("{key:<19}  {allowed}: {meaning}"),
        (Some(keys), None) => format!("{key:<19}  {keys}: {meaning}"),
        (Some(keys), Some(usual)) => {
            let [keys, usual] =
                [keys, usual].map(|keys| if keys.is_empty() { "no key" } else { keys.as_str() });
            format!("{key:<19}  {keys} (set here; usually {usual}): {meaning}")
        }
    }
}

/// Sets a key in the file; the rest of it stays as it is, comments too.
pub(crate) fn set(key: &str, value: &str) -> Result<(), Failure> {
    check(key, value).map_err(Failure::Usage)?;
    let path = path()?;
    let wrong = |why: String| Failure::Usage(format!("{}: {why}", path.display()));
    let text = read(&path)?;
    let mut document: DocumentMut =
        text.parse().map_err(|cause: toml_edit::TomlError| wrong(cause.to_string()))?;
    let mut table = document.as_table_mut();
    let mut parts = key.split('.').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            table[part] = toml_edit::value(value);
            break;
        }
        let below = table.entry(part).or_insert_with(|| {
            let mut below = toml_edit::Table::new();
            below.set_implicit(true);
            below.into()
        });
        table = below.as_table_mut().ok_or_else(|| wrong(format!("{part} must be a table")))?;
    }
    let text = document.to_string();
    Config::parse(&text).map_err(wrong)?;
    files::replace(&path, text.as_bytes(), Safe::FromPowerCuts)
        .map_err(|cause| Failure::io(&format!("writing {}", path.display()), &cause))
}

fn path() -> Result<PathBuf, Failure> {
    Ok(environment::config_folder()?.join("config.toml"))
}

fn read(path: &std::path::Path) -> Result<String, Failure> {
    let failed = |cause| Failure::io(&format!("reading {}", path.display()), &cause);
    let bytes = files::read(path).map_err(failed)?.unwrap_or_default();
    String::from_utf8(bytes).map_err(|_| Failure::Usage(format!("{} must be UTF-8", path.display())))
}

fn check(key: &str, value: &str) -> Result<(), String> {
    let declared = declared(key)?;
    if (declared.is_right)(value) { Ok(()) } else { Err(format!("{key} must be {}", declared.allowed)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_not_known_or_a_value_that_is_wrong_is_named() {
        for (text, says) in [
            ("colour = 'auto'", "there is no key colour; did you mean color?"),
            ("zzz = 'x'", "`parlor config keys`"),
            ("color = 'red'", "color must be auto, always or never"),
            ("default_profile = './bot.json'", "or the absolute path"),
            ("timeout = 30", "timeout must be a time"),
            ("server = 'ftp://x'", "server must be a URL"),
            ("[profile.work]\nserver = 5", "profile.*.server must be a URL"),
            ("[profile.work]\nsever = 'http://x'", "did you mean profile.*.server?"),
            ("color =", "TOML"),
            ("bell = 'always'", "bell must be never, mention or message"),
            ("theme = 'drak'", "theme must be terminal, dark, light"),
            ("[colors]\nown = 'reddish'", "colors.own must be a colour such as #ff8800"),
            ("[colors]\nonw = 'red'", "did you mean colors.own?"),
            ("[keys]\nnxet-unread = 'f7'", "did you mean keys.next-unread?"),
            ("[keys]\ngo = 5", "keys.* must be keys such as ctrl-k"),
            ("[keys]\ngo = ['ctrl-g', 5]", "keys.go must be keys, each in quotes"),
            ("[keys]\ngo = 'contrl-g'", "keys.go: there is no key contrl-g"),
            ("[keys]\ngo = 'ctrl-q'", "keys.go and keys.quit clash: ctrl-q can't be both"),
        ] {
            let wrong = Config::parse(text).unwrap_err();
            assert!(wrong.contains(says), "{text}: {wrong}");
        }
    }

    #[test]
    fn keys_are_one_or_several_and_the_list_says_which_are_set() {
        let config =
            Config::parse("[keys]\ngo = ['ctrl-g', 'f7']\nquit = ''\nnewest = 'f8, ctrl-end'").unwrap();
        let all = list(&config.keys().unwrap());
        let lines: Vec<_> = all.iter().map(in_words).collect();
        let line =
            |key: &str| lines.iter().find(|line| line.starts_with(&format!("keys.{key} "))).unwrap().as_str();
        assert!(
            line("go").contains("  ctrl-g, f7 (set here; usually ctrl-k, alt-k): Go to a room"),
            "{}",
            line("go")
        );
        assert!(line("quit").contains("  no key (set here; usually ctrl-q): "), "{}", line("quit"));
        assert!(
            line("newest").contains("  f8, ctrl-end (set here; usually ctrl-end): "),
            "{}",
            line("newest")
        );
        assert!(line("help").contains("  f1: Show all keys"), "{}", line("help"));
        assert_eq!(all.len(), KEYS.len() - 2 + Colours::NAMES.len() + ACTIONS.len());
    }

    #[test]
    fn a_profile_has_its_own_server() {
        let config = Config::parse("server = 'http://a'\n[profile.work]\nserver = 'http://b'").unwrap();
        assert_eq!(config.server(Some("work")), Some("http://b".to_owned()));
        assert_eq!(config.server(Some("home")), Some("http://a".to_owned()));
        assert_eq!(config.server(None), Some("http://a".to_owned()));
    }
}
