//! The table of settings for the README.

use super::settings::{SETTINGS, Setting};
use std::fmt::Write;

const HEAD: &str = "\
A flag wins over its variable, a variable over the file, the file over the default. An empty variable counts as not set.
A setting that does not exist or has a value that is not allowed ends the start with a message that names it.

In the file (`parlor.toml` in the working folder, or the one that `--config` names) a setting has its flag's name, with `_` for `-`.
Limits stand in `[limits]` and deadlines in `[deadlines]`, without that word before their names:

```toml
listen = \"0.0.0.0:5000\"
cors_origins = [\"https://chat.example.com\"]

[limits]
message = \"10/10s\"
rooms_created = \"off\"
```

| Variable | Flag | Default | Allowed | Meaning |
| --- | --- | --- | --- | --- |
";

/// Every setting, as the README shows them.
pub fn markdown() -> String {
    SETTINGS.iter().fold(HEAD.to_owned(), |mut text, setting| {
        row(&mut text, setting);
        text
    })
}

fn row(text: &mut String, setting: &Setting) {
    let aliases: Vec<String> = setting.aliases.iter().map(|alias| format!("`{alias}`")).collect();
    let also = if aliases.is_empty() { String::new() } else { format!(", also {}", aliases.join(", ")) };
    let default = match setting.default.strip_prefix('(') {
        Some(words) => words.trim_end_matches(')').to_owned(),
        None => format!("`{}`", setting.default),
    };
    let cells = [
        format!("`{}`{also}", setting.variable()),
        format!("`--{}`", setting.flag()),
        default,
        code(setting.allowed),
        setting.doc.to_owned(),
    ];
    // Writing to a String cannot fail.
    let _written = writeln!(text, "| {} |", cells.map(|cell| cell.replace('|', "\\|")).join(" | "));
}

/// Markdown would take `<…>` for HTML and `*` for emphasis.
fn code(allowed: &str) -> String {
    allowed
        .split(' ')
        .map(|word| {
            let bare = word.trim_end_matches([',', ';']);
            if bare.contains(['<', '*']) {
                format!("`{bare}`{}", &word[bare.len()..])
            } else {
                word.to_owned()
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}
