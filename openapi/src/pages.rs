//! Pages for people: how to begin, REST, the events, and what users of the original server find. They load nothing but what the same server serves.

mod events;
mod migration;
mod rest;
mod start;

pub(crate) use crate::snippets::HERE;
use crate::{contract::Contract, shapes::Shapes, text};
use parlor_protocol::{ErrorType, Limit};
use serde_json::Value;

pub use events::events;
pub use migration::migration;
pub use rest::rest;
pub use start::start;

/// `text` as it can stand in HTML, in an attribute too.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A doc comment: escaped, and what stands between backticks as code.
pub fn prose(doc: &str) -> String {
    let escaped = escape(doc);
    let parts = escaped.split('`').enumerate();
    parts
        .map(|(index, part)| if index % 2 == 0 { part.to_owned() } else { format!("<code>{part}</code>") })
        .collect()
}

/// A block of code.
pub(crate) fn code(text: &str) -> String {
    format!("<pre tabindex=\"0\"><code>{}</code></pre>\n", escape(text.trim_end()))
}

/// A block of JSON.
pub(crate) fn json(value: &Value) -> String {
    code(&text::json(value.clone()))
}

/// What can go wrong, by type.
pub(crate) fn errors(errors: &[ErrorType]) -> String {
    let items = errors.iter().map(|kind| {
        let meaning = prose(&text::paragraph(kind.meaning()));
        format!("<li><code>{kind}</code> ({}): {meaning}</li>\n", kind.status())
    });
    format!("<h4>Errors</h4>\n<ul class=\"errors\">\n{}</ul>\n", items.collect::<String>())
}

/// How often and how much; nothing for what has no limits.
pub(crate) fn limits(limits: &[Limit]) -> String {
    if limits.is_empty() {
        return String::new();
    }
    let items = limits.iter().map(|limit| format!("<li>{}</li>\n", prose(&text::limit(*limit))));
    format!("<h4>Limits</h4>\n<ul>\n{}</ul>\n", items.collect::<String>())
}

/// A table of the fields of a type; nothing for what has none.
pub(crate) fn fields(title: &str, schema: &Value, shapes: &Shapes) -> String {
    let schema = schema["$ref"].as_str().and_then(|place| shapes.at(place)).unwrap_or(schema);
    let Some(properties) = schema["properties"].as_object() else { return String::new() };
    let required =
        |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let rows = properties.iter().map(|(name, field)| {
        let field = shapes.tidied(field.clone());
        row(name, &kind(&field), required(name), &doc_of(&field))
    });
    table(title, &rows.collect::<String>())
}

/// A table with the columns of [`row`].
pub(crate) fn table(title: &str, rows: &str) -> String {
    format!(
        "<table><caption>{title}</caption>\n<thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Type</th>\
<th scope=\"col\">About</th></tr></thead>\n<tbody>\n{rows}</tbody></table>\n"
    )
}

/// One line of a table of fields.
pub(crate) fn row(name: &str, kind: &str, required: bool, doc: &str) -> String {
    let optional = if required { "" } else { " <small>optional</small>" };
    let (name, kind, doc) = (escape(name), escape(kind), prose(doc));
    format!("<tr><th scope=\"row\"><code>{name}</code>{optional}</th><td>{kind}</td><td>{doc}</td></tr>\n")
}

/// What a field says of itself; a nullable one says it inside.
fn doc_of(schema: &Value) -> String {
    let doc = schema["description"].as_str().or_else(|| some(schema)?["description"].as_str());
    text::paragraph(doc.unwrap_or_default())
}

fn some(schema: &Value) -> Option<&Value> {
    schema["oneOf"].as_array()?.iter().find(|one| one["type"] != "null")
}

/// A schema in a word or two.
pub(crate) fn kind(schema: &Value) -> String {
    if let Some(place) = schema["$ref"].as_str() {
        return place.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some(some) = some(schema) {
        return format!("{} or null", kind(some));
    }
    match &schema["type"] {
        Value::String(name) if name == "array" => format!("list of {}", kind(&schema["items"])),
        Value::String(name) => name.clone(),
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "value".to_owned(),
    }
}

/// A whole page.
pub(crate) fn page(title: &str, navigation: &str, main: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title} · Parlor</title>\n\
<link rel=\"stylesheet\" href=\"/docs/style.css\">\n<script src=\"/docs/try.js\" defer></script>\n</head>\n<body>\n\
<a class=\"skip\" href=\"#main\">To the content</a>\n\
<header><strong>Parlor</strong> <nav aria-label=\"Pages\"><a href=\"/docs\">Start</a> <a href=\"/docs/rest\">REST</a> \
<a href=\"/docs/events\">Events</a> <a href=\"/docs/migration\">Migration</a> <a href=\"/openapi.json\">openapi.json</a> <a href=\"/asyncapi.json\">asyncapi.json</a>\
</nav></header>\n<div class=\"columns\">\n{navigation}<main id=\"main\">\n<h1>{title}</h1>\n{main}</main>\n</div>\n</body>\n</html>\n"
    )
}

/// Links to the parts of a page: a heading, and what stands under it.
pub(crate) fn contents<'a>(groups: impl Iterator<Item = (&'a str, Vec<(&'a str, String)>)>) -> String {
    let lists = groups.map(|(heading, links)| {
        let links =
            links.iter().map(|(id, label)| format!("<li><a href=\"#{}\">{label}</a></li>\n", escape(id)));
        format!("<h2>{}</h2>\n<ul>\n{}</ul>\n", escape(heading), links.collect::<String>())
    });
    format!("<nav class=\"contents\" aria-label=\"On this page\">\n{}</nav>\n", lists.collect::<String>())
}

/// The nouns in the order of their declaration.
fn nouns(contract: &Contract) -> Vec<&'static str> {
    let mut nouns: Vec<&str> = contract.operations.iter().map(|operation| operation.noun).collect();
    nouns.dedup();
    nouns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_into_a_page_is_text() {
        assert_eq!(prose("a <b> & `c<d>` 'e'"), "a &lt;b&gt; &amp; <code>c&lt;d&gt;</code> &#39;e&#39;");
        assert_eq!(escape("\"><script>"), "&quot;&gt;&lt;script&gt;");
        let odd = table("t", &row("<i>", "<u>", false, "<s>"));
        assert!(!odd.contains("<i>") && !odd.contains("<u>") && !odd.contains("<s>"), "{odd}");
    }
}
