//! Is the architecture what we say it is? Each rule is checked by reading the sources as text.
#![allow(clippy::unwrap_used, reason = "a test that cannot read its files fails")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// A text file of the project: its path from the root, and what it says.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The module at the top of the server that this file belongs to: `http` for `server/src/http/rooms.rs`.
    fn module(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("server/src/")?;
        let first = inside.split('/').next()?;
        Some(first.strip_suffix(".rs").unwrap_or(first))
    }

    fn is_rust(&self) -> bool {
        Path::new(&self.path).extension().is_some_and(|extension| extension == "rs")
    }

    /// Its lines with their numbers, without comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().filter_map(|(index, line)| {
            let code = line.split("//").next().unwrap_or_default().trim();
            (!code.is_empty()).then_some((index + 1, code))
        })
    }

    fn code_text(&self) -> String {
        self.code().map(|(_, line)| line).collect::<Vec<_>>().join("\n")
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every text file of the project, without what is built, fetched or stored by running it.
fn sources() -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if matches!(name.as_str(), "target" | "node_modules" | ".git" | "parlor-data" | "__pycache__") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let path = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
                found.push(Source { path, text });
            }
        }
    }
    assert!(found.iter().any(|source| source.path == "Cargo.toml"), "looked in the wrong place");
    found
}

fn rust_sources() -> Vec<Source> {
    sources().into_iter().filter(Source::is_rust).collect()
}

fn server_sources() -> Vec<Source> {
    rust_sources().into_iter().filter(|source| source.module().is_some()).collect()
}

#[track_caller]
fn assert_none(rule: &str, faults: Vec<String>) {
    assert!(faults.is_empty(), "{rule}:\n  {}", faults.join("\n  "));
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The word that `text` begins with.
fn first_word(text: &str) -> &str {
    text.split(|character: char| !is_word(character)).next().unwrap_or_default()
}

/// Whether `word` stands in `text` by itself, not as a part of a longer word.
fn names(text: &str, word: &str) -> bool {
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_word) && !text[at + word.len()..].starts_with(is_word))
}

/// The top modules that a text reaches through `crate::name` and `crate::{name, …}`.
fn imports(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, pattern) in text.match_indices("crate::") {
        if text[..at].ends_with('$') {
            continue;
        }
        let rest = &text[at + pattern.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.insert(first_word(rest).to_owned());
            continue;
        };
        let mut depth = 0_u32;
        let mut at_name = true;
        for (index, character) in group.char_indices() {
            match character {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => at_name = true,
                _ if at_name && is_word(character) => {
                    found.insert(first_word(&group[index..]).to_owned());
                    at_name = false;
                }
                _ => {}
            }
        }
    }
    found
}

/// Which modules of the server a module may import beside itself: `app → {http, realtime} → domain → {store, bus}`. The clock,
/// the settings and the figures are values that every layer may be handed.
fn may_import(module: &str) -> Option<&'static [&'static str]> {
    match module {
        "main" | "lib" | "app" | "demo" | "banner" | "healthcheck" | "operator" => None,
        "http" | "realtime" => Some(&["domain", "bus", "clock", "config", "event_name", "observe"]),
        "domain" => Some(&["store", "bus", "clock", "config", "observe"]),
        _ => Some(&["clock", "config", "observe"]),
    }
}

#[test]
fn imports_of_the_server_point_one_way() {
    let mut faults = Vec::new();
    for source in server_sources() {
        let module = source.module().unwrap();
        let Some(allowed) = may_import(module) else { continue };
        for import in imports(&source.code_text()) {
            if import != module && !allowed.contains(&import.as_str()) && is_module(&import) {
                faults.push(format!("{} imports {import}", source.path));
            }
        }
    }
    assert_none("app → {http, realtime} → domain → {store, bus}", faults);
}

fn is_module(name: &str) -> bool {
    let source = root().join("server/src");
    source.join(format!("{name}.rs")).exists() || source.join(name).is_dir()
}

#[test]
fn each_library_stays_in_its_layer() {
    let layers: &[(&str, &[&str])] = &[
        ("sqlx", &["store", "bus"]),
        ("redis", &["bus"]),
        ("axum", &["http", "app", "lib", "observe"]),
        ("hyper", &["http", "app", "lib", "observe"]),
        ("hyper_util", &["http", "app", "lib", "observe"]),
        ("socketioxide", &["realtime", "http", "app", "lib"]),
        ("engineioxide", &["realtime", "http", "app", "lib"]),
        ("clap", &["config", "main", "operator"]),
        ("toml", &["config"]),
        ("jsonwebtoken", &["domain"]),
        ("argon2", &["domain"]),
        ("bcrypt", &["domain"]),
    ];
    let mut faults = Vec::new();
    for source in server_sources() {
        for (line, code) in source.code() {
            for (library, modules) in layers {
                let path = format!("{library}::");
                let used = code.match_indices(&path).any(|(at, _)| !code[..at].ends_with(is_word));
                if used && !modules.contains(&source.module().unwrap()) {
                    faults.push(format!("{}:{line} uses {library}", source.path));
                }
            }
        }
    }
    assert_none("a library is known to its own layer only", faults);
}

#[test]
fn sql_is_only_in_the_store() {
    let words = [
        "SELECT ",
        "INSERT INTO ",
        "DELETE FROM ",
        "UPDATE rooms",
        "UPDATE users",
        "CREATE TABLE",
        "PRAGMA ",
    ];
    let mut faults = Vec::new();
    // The bus says what it says by a statement too.
    let has_none =
        |source: &&Source| source.module() != Some("store") && !source.path.ends_with("bus/postgres.rs");
    for source in server_sources().iter().filter(has_none) {
        for (line, code) in source.code() {
            if words.iter().any(|word| code.contains(word)) {
                faults.push(format!("{}:{line}: {code}", source.path));
            }
        }
    }
    assert_none("SQL stands under server/src/store", faults);
}

#[test]
fn only_the_settings_read_the_environment() {
    let mut faults = Vec::new();
    for source in server_sources().iter().filter(|source| source.module() != Some("config")) {
        for (line, code) in source.code() {
            // What the program was called with is no part of the environment.
            if (names(code, "std::env") && !code.contains("env::args"))
                || names(code, "env::var")
                || names(code, "env::vars")
                || names(code, "var_os")
            {
                faults.push(format!("{}:{line}: {code}", source.path));
            }
        }
    }
    assert_none("the environment is read in server/src/config", faults);
}

#[test]
fn the_server_does_not_know_its_clients() {
    let manifest = fs::read_to_string(root().join("server/Cargo.toml")).unwrap();
    assert!(!manifest.contains("parlor-client"), "the server depends on its own client");
    let protocol = fs::read_to_string(root().join("protocol/Cargo.toml")).unwrap();
    for library in ["tokio", "axum", "sqlx", "reqwest", "parlor-server", "parlor-client"] {
        assert!(!protocol.contains(library), "the contract is data only, but depends on {library}");
    }
}

#[test]
fn one_file_of_the_client_knows_rust_socketio() {
    let knows = |source: &Source| {
        source.path.starts_with("client-sdk/src/") && source.code_text().contains("rust_socketio")
    };
    let users: Vec<_> = rust_sources().into_iter().filter(knows).map(|source| source.path).collect();
    assert_eq!(users, ["client-sdk/src/transport/socketio.rs"], "all else goes through its trait");
}

#[test]
fn no_file_is_over_400_lines() {
    let faults = rust_sources()
        .iter()
        .map(|source| (source.text.lines().count(), &source.path))
        .filter(|(lines, _)| *lines > 400)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    assert_none("a file has at most 400 lines: find the seam", faults);
}

#[test]
fn no_file_is_a_drawer_for_odds_and_ends() {
    let drawers = ["utils.rs", "util.rs", "common.rs", "helpers.rs", "helper.rs", "misc.rs", "mod.rs"];
    let faults = rust_sources()
        .into_iter()
        .map(|source| source.path)
        .filter(|path| drawers.contains(&path.rsplit('/').next().unwrap()))
        .collect();
    assert_none("a file is named for what it holds", faults);
}

#[test]
fn a_trait_of_the_server_has_several_implementations() {
    let sources = server_sources();
    let texts: Vec<String> = sources.iter().map(Source::code_text).collect();
    let mut faults = Vec::new();
    for (source, text) in sources.iter().zip(&texts) {
        for name in traits(text) {
            if texts.iter().map(|text| implementations(text, &name)).sum::<usize>() < 2 {
                faults.push(format!("{}: trait {name}", source.path));
            }
        }
    }
    assert_none("a trait with a single implementation is a detour", faults);
}

/// The traits that a text declares.
fn traits(text: &str) -> Vec<String> {
    let declared = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = words.iter().position(|word| *word == "trait")?;
        let before = &words[..at];
        let plain = before.iter().all(|word| word.starts_with("pub") || matches!(*word, "unsafe" | "in"));
        plain.then(|| words.get(at + 1).map(|name| first_word(name).to_owned())).flatten()
    };
    text.lines().filter_map(declared).collect()
}

/// How many types `text` implements a trait for. One for all types of a kind, or by a macro, stands for several.
fn implementations(text: &str, name: &str) -> usize {
    let mut count = 0;
    for (at, _) in text.match_indices("impl") {
        if text[..at].ends_with(is_word) {
            continue;
        }
        let end = text[at..].find(['{', ';']).map_or(text.len(), |length| at + length);
        let Some((head, target)) = text[at..end].split_once(" for ") else { continue };
        if names(head, name) {
            let generic = head.starts_with("impl<") && first_word(target).len() == 1;
            count += if generic || target.contains('$') { 2 } else { 1 };
        }
    }
    count
}

#[test]
fn every_dependency_has_a_reason() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let section = manifest.split("[workspace.dependencies]").nth(1).unwrap();
    let section = section.split("\n[").next().unwrap();
    let mut faults = Vec::new();
    let mut before = "";
    for line in section.lines() {
        let own = line.starts_with("parlor-");
        let dependency = !line.is_empty() && !line.starts_with('#');
        if dependency && !own && (!before.starts_with("# ") || before.starts_with("# ---")) {
            faults.push(line.to_owned());
        }
        before = line;
    }
    for source in sources().iter().filter(|source| source.path.ends_with("/Cargo.toml")) {
        let dependencies = source.text.split("dependencies]").skip(1);
        for line in dependencies.flat_map(|part| part.split("\n[").next().unwrap_or_default().lines()) {
            if line.contains('=') && !line.contains("workspace = true") {
                faults.push(format!("{}: {line}", source.path));
            }
        }
    }
    assert_none("a dependency stands in the root Cargo.toml, under the reason for it", faults);
}

#[test]
fn every_test_that_the_readme_names_exists() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let table = readme.split("| invariant | test |").nth(1).unwrap().split("\n\n").next().unwrap();
    let names: Vec<&str> = table.split('`').skip(1).step_by(2).filter(|name| name.contains('_')).collect();
    assert!(names.len() >= 10, "{names:?}");
    let sources = rust_sources();
    let exists = |name: &str| sources.iter().any(|source| source.text.contains(&format!("fn {name}(")));
    let faults = names.into_iter().filter(|name| !exists(name)).map(str::to_owned).collect();
    assert_none("the README names tests that there are", faults);
}

#[test]
fn no_text_names_the_machine_it_was_written_on() {
    // Put together, so that this file does not find itself.
    let places =
        [["/ho", "me/"], ["/ro", "ot/"], ["/Us", "ers/"], ["/wo", "rk/"]].map(|parts| parts.concat());
    let mut faults = Vec::new();
    for source in sources() {
        for (index, line) in source.text.lines().enumerate() {
            if places.iter().any(|place| line.match_indices(place).any(|(at, _)| is_absolute(&line[..at]))) {
                faults.push(format!("{}:{}: {line}", source.path, index + 1));
            }
        }
    }
    assert_none("no absolute path of one machine", faults);
}

/// Whether a path that comes after `before` starts at the root of the file system.
fn is_absolute(before: &str) -> bool {
    !before
        .ends_with(|character: char| is_word(character) || matches!(character, '.' | '-' | '}' | '~' | ':'))
}

#[test]
fn the_rules_find_what_breaks_them() {
    let found = |text| imports(text).into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(found("use crate::{bus::Bus, store::{Tx, sql}, x};"), "bus store x");
    assert_eq!(found("crate::store::users::by_id(tx)\nuse crate::http;"), "http store");
    assert_eq!(found("$crate::store::Tx"), "");
    assert_eq!(traits("pub(crate) trait Sink: Send {\nlet trait_ = 1;"), ["Sink"]);
    assert_eq!(implementations("impl Sink for File {}\nimpl<'a> Sink for Pipe<'a> {}", "Sink"), 2);
    assert_eq!(implementations("impl<T: Read> Sink for T {}", "Sink"), 2);
    assert_eq!(implementations("impl Sinks for File {}", "Sink"), 0);
    assert!(names("std::env::var", "std::env") && !names("my_env::vary", "env::var"));
    let longer = Source { path: "server/src/domain/rooms.rs".to_owned(), text: String::new() };
    assert_eq!(longer.module(), Some("domain"));
    assert!(is_absolute("see \"") && !is_absolute("https://example.com"));
}
