//! Settings from a TOML file.

use super::{
    ConfigError,
    given::{Given, Origin, unknown},
    platform::Surroundings,
    settings::{Kind, SETTINGS, nearest},
};
use std::{fs, io, path::PathBuf};
use toml::{Table, Value};

/// Where it is unless a setting names another.
pub(super) const DEFAULT: &str = "parlor.toml";

/// The file that was named, or `parlor.toml` in the working folder if there is one.
pub(super) fn read(around: &Surroundings, named: Option<&Given>) -> Result<Vec<Given>, ConfigError> {
    let path = named.map_or_else(|| PathBuf::from(DEFAULT), |given| PathBuf::from(&given.text));
    let shown = path.display().to_string();
    let text = match fs::read_to_string(around.folder.join(&path)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => return Ok(Vec::new()),
        Err(error) => {
            let origin = named.map(|given| format!("{}: ", given.origin)).unwrap_or_default();
            return Err(ConfigError(format!("{origin}cannot read the file {shown}: {error}.")));
        }
    };
    let table: Table = toml::from_str(&text).map_err(|error| {
        // The parser's own text quotes the line, which may hold a secret.
        let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        ConfigError(format!("{shown}, line {line}: this is not TOML: {}.", error.message()))
    })?;
    settings_of(&shown, None, table)
}

fn settings_of(path: &str, section: Option<&str>, table: Table) -> Result<Vec<Given>, ConfigError> {
    let mut given = Vec::new();
    for (key, value) in table {
        let name = section.map_or_else(|| key.clone(), |section| format!("{section}.{key}"));
        let origin = Origin::File(path.to_owned(), name.clone());
        let setting = SETTINGS
            .iter()
            .filter(|setting| setting.kind != Kind::File)
            .find(|setting| setting.key() == (section, key.as_str()));
        match (setting, value) {
            (None, Value::Table(inner)) if section.is_none() && is_section(&key) => {
                given.extend(settings_of(path, Some(&key), inner)?);
            }
            (None, _) => return Err(unknown(&origin, meant(&name))),
            (Some(setting), value) => match text(value) {
                Some(text) => given.push(Given { setting, text, origin }),
                None => {
                    return Err(ConfigError(format!(
                        "{origin}: a table is not allowed. Allowed: {}.",
                        setting.allowed
                    )));
                }
            },
        }
    }
    Ok(given)
}

fn is_section(key: &str) -> bool {
    SETTINGS.iter().any(|setting| setting.key().0 == Some(key))
}

fn meant(name: &str) -> Option<String> {
    let full = |(section, key): (Option<&str>, &str)| {
        section.map_or_else(|| key.to_owned(), |section| format!("{section}.{key}"))
    };
    let known: Vec<String> = SETTINGS
        .iter()
        .filter(|setting| setting.kind != Kind::File)
        .map(|setting| full(setting.key()))
        .collect();
    let known = known.iter().map(String::as_str);
    // A setting may stand at the top under its variable's name.
    let moved = SETTINGS.iter().find(|setting| setting.kind != Kind::File && setting.name == name);
    let moved = moved.map(|setting| full(setting.key()));
    moved.or_else(|| nearest(name, known.chain(["limits", "deadlines"])).map(str::to_owned))
}

/// As it would stand in a variable; a list with commas.
fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Array(items) => {
            items.into_iter().map(text).collect::<Option<Vec<_>>>().map(|items| items.join(","))
        }
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Boolean(on) => Some(on.to_string()),
        Value::Datetime(time) => Some(time.to_string()),
        Value::Table(_) => None,
    }
}
