//! The page for users of the original server.

use super::{contents, escape, json, page, prose};
use crate::{
    contract::{Contract, Operation},
    migration::{
        After, Before, Change, ENDPOINTS, ERRORS, EVENTS, Fate, REFUSED_HANDSHAKE, SERVICE, SETTINGS,
        STATUSES, Wire, fate_of, variables,
    },
    text,
};
use parlor_protocol::{ApiError, BASE_PATH, ErrorType, Failure};
use serde_json::{Value, json};

const INTRODUCTION: &str = "<p>Parlor extends the contract of a Node, Express and Socket.IO chat server, the original here. A frontend \
that was written for the original, or for its documentation, works after a change of its URL, but for what is marked as \
<b class=\"changed\">changed</b> below. What is marked as <b class=\"same\">same</b> may carry more fields than before: pass over what \
you don't know. Where the original served another path than it documented, both are understood.</p>\n";

const STEPS: &str = "<ol>\n\
<li><b>Start Parlor beside the original</b>, on another port and with an empty database: <code>cargo run --release -p parlor-server -- \
--listen 127.0.0.1:5001</code>. Nothing else need be set. Of the original's settings bring along those that you need, as \
<a href=\"#settings\">they read here</a>; never its database, which <a href=\"#steps\">is moved</a> and not shared.</li>\n\
<li><b>Say under which URL people reach it</b> in <code>BASE_URL</code>, without <code>/api/v1</code>, so that invite links lead \
somewhere.</li>\n\
<li><b>Behind a proxy</b>, let WebSockets through, and say in <code>PARLOR_TRUSTED_PROXIES</code> whose <code>X-Forwarded-For</code> is \
to be believed: else all people share one address's limits.</li>\n\
<li><b>Point the frontend to it</b>: its base URL, and the URL that it gives to <code>io()</code>. Paths, events and the token in \
<code>auth: { token }</code> stay.</li>\n\
<li><b>Go through the frontend for what changed</b>: it must not take a message's <code>id</code> for a number; send a person to the \
login at 401, not at 403; and take an answer's <code>type</code>, not its words.</li>\n\
<li><b>Then take what is new</b>: acknowledgements, <code>clientMessageId</code> for retries that are never a second message, \
<code>after</code> for reconnects without a gap, <code>POST /api/v1/auth/refresh</code> instead of a new login every hour.</li>\n</ol>\n\
<h3>What moves</h3>\n\
<p><code>parlor-server import-original mysql://user:password@host/database</code> moves accounts, rooms, memberships, messages and invites \
out of the original's database, which is only read, into an empty one of Parlor's; with <code>--dry-run</code> it tells beforehand what \
can't stay as it is, row by row. People sign in with their old passwords, but not with tokens that the original signed. \
<code>server/deploy/operating.md</code> says what becomes of ids, names, addresses and texts that Parlor does not allow.</p>\n";

/// Everything that the original's users want to know.
pub fn migration(contract: &Contract) -> String {
    let parts = [
        ("steps", "Step by step"),
        ("endpoints", "Endpoints"),
        ("events", "Events"),
        ("errors", "Errors"),
        ("settings", "Settings"),
    ];
    let links = parts.map(|(id, label)| (id, label.to_owned())).to_vec();
    let navigation = contents([("On this page", links)].into_iter());
    let told = [STEPS.to_owned(), endpoints(contract), events(contract), errors(), settings()];
    let told =
        parts.iter().zip(told).map(|((id, label), html)| format!("<h2 id=\"{id}\">{label}</h2>\n{html}"));
    let main = format!("{INTRODUCTION}{}", told.collect::<String>());
    page("Coming from the original server", &navigation, &main)
}

fn endpoints(contract: &Contract) -> String {
    let rows = contract.operations.iter().map(|operation| {
        let paths = std::iter::once(&operation.path).chain(&operation.aliases);
        let paths = paths.map(|path| {
            let label = format!("{} {BASE_PATH}{path}", operation.method);
            format!("<a href=\"/docs/rest#{}\"><code>{}</code></a>", escape(&operation.id), escape(&label))
        });
        row(&paths.collect::<Vec<_>>().join("<br>or "), fate_of(ENDPOINTS, &operation.id), &operation.doc)
    });
    let service = SERVICE.iter().map(|(name, fate)| row(&format!("<code>{name}</code>"), Some(fate), ""));
    let mut html = table("Endpoint", &rows.chain(service).collect::<String>());
    html.push_str("<h3>Before and after</h3>\n");
    for operation in &contract.operations {
        let name = format!("{} {BASE_PATH}{}", operation.method, operation.path);
        let after = |after: After| answer(operation, after);
        html.push_str(&pairs(&name, fate_of(ENDPOINTS, &operation.id), &after));
    }
    html
}

fn events(contract: &Contract) -> String {
    let rows = contract.events.iter().map(|event| {
        let direction = if event.ack.is_some() { "you → server" } else { "server → you" };
        let name = escape(event.name);
        let label =
            format!("<a href=\"/docs/events#{name}\"><code>{name}</code></a> <small>{direction}</small>");
        row(&label, fate_of(EVENTS, event.name), &event.doc)
    });
    let handshake = row("<code>connect_error</code>", Some(&REFUSED_HANDSHAKE), "");
    let mut html = String::from(
        "<p>Every event from you may have an acknowledgement callback now; without one, failures come as <code>error</code>, as \
before.</p>\n",
    );
    html.push_str(&table("Event", &rows.chain([handshake]).collect::<String>()));
    html.push_str("<h3>Before and after</h3>\n");
    for event in &contract.events {
        let after = |after: After| match after {
            After::Error(kind, words) => {
                let error = if event.ack.is_some() { "the event error" } else { event.name };
                let sender = if event.ack.is_some() { event.name } else { "send_message" };
                let mut payload = json!({"type": kind, "message": words, "event": sender});
                if kind == ErrorType::RateLimit {
                    payload["retryAfterMs"] = json!(3000);
                }
                (error.to_owned(), payload)
            }
            _ => (event.name.to_owned(), event.payload.example.clone()),
        };
        html.push_str(&pairs(event.name, fate_of(EVENTS, event.name), &after));
    }
    html
}

fn errors() -> String {
    let kinds = ERRORS.iter().map(|(kind, before)| {
        let meaning = prose(&text::paragraph(kind.meaning()));
        let before = prose(before);
        format!(
            "<tr><th scope=\"row\"><code>{kind}</code></th><td data-label=\"Before\">{before}</td><td data-label=\"Now\">{}: {meaning}</td></tr>\n",
            kind.status()
        )
    });
    let statuses = STATUSES.iter().map(|(case, before, now)| {
        format!("<tr><th scope=\"row\">{}</th><td data-label=\"Before\">{before}</td><td data-label=\"Now\">{now}</td></tr>\n", prose(case))
    });
    format!(
        "<p>A failure over REST was <code>{{ success, message }}</code>; it has <code>type</code> and <code>requestId</code> beside them \
now, <code>errors</code> with every bad field, and <code>retryAfterMs</code> where waiting helps. The words of <code>message</code> are \
for people and others than before, but for two: <code>Invalid or expired token</code> at a refused handshake, and \
<code>Invalid login credentials</code>.</p>\n{}{}",
        three("What is asked", "Before", "Now", &statuses.collect::<String>()),
        three("Type", "Before", "Now", &kinds.collect::<String>()),
    )
}

fn settings() -> String {
    let theirs = SETTINGS.iter().map(|(name, fate)| row(&format!("<code>{name}</code>"), Some(fate), ""));
    let ours = variables().into_iter().filter(|variable| !is_theirs(&variable.aliases)).map(|variable| {
        let meaning = format!("{} Default: {}.", variable.meaning, variable.default);
        format!(
            "<tr><th scope=\"row\"><code>{}</code></th><td><b class=\"new\">new</b></td><td>{}</td></tr>\n",
            escape(&variable.name),
            prose(&meaning)
        )
    });
    format!(
        "<p>The original's settings keep their names; Parlor's own names for them win where both are set. Each setting is a flag too, and can \
stand in <code>parlor.toml</code>; no <code>.env</code> file is read. <code>parlor-server settings</code> tells all of it.</p>\n{}",
        table("Setting", &theirs.chain(ours).collect::<String>())
    )
}

fn is_theirs(aliases: &[String]) -> bool {
    aliases.iter().any(|alias| fate_of(SETTINGS, alias).is_some())
}

/// A line of a table of fates. `name` is HTML; `doc` says what a new thing is.
fn row(name: &str, fate: Option<&Fate>, doc: &str) -> String {
    let word = fate.map_or("", Fate::word);
    let told = match fate {
        Some(Fate::Same(note) | Fate::Changed(Change { notes: [note], .. })) => prose(note),
        Some(Fate::Changed(Change { notes, .. })) => {
            let notes = notes.iter().map(|note| format!("<li>{}</li>", prose(note)));
            format!("<ul>{}</ul>", notes.collect::<String>())
        }
        Some(Fate::New) | None => prose(doc),
    };
    format!("<tr><th scope=\"row\">{name}</th><td><b class=\"{word}\">{word}</b></td><td>{told}</td></tr>\n")
}

fn table(what: &str, rows: &str) -> String {
    three(what, "It is", "What to know", rows)
}

fn three(first: &str, second: &str, third: &str, rows: &str) -> String {
    format!(
        "<table class=\"fates\">\n<thead><tr><th scope=\"col\">{first}</th><th scope=\"col\">{second}</th><th scope=\"col\">{third}</th>\
</tr></thead>\n<tbody>\n{rows}</tbody></table>\n"
    )
}

/// What was on the wire beside what is; nothing where that is the same.
fn pairs(name: &str, fate: Option<&Fate>, after: &dyn Fn(After) -> (String, Value)) -> String {
    let Some(Fate::Changed(Change { wire, .. })) = fate else { return String::new() };
    let pair = |wire: &Wire| {
        let (was, before) = match wire.before {
            Before::Answer(status, body) => (status.to_string(), shown(body)),
            Before::Event(payload) => (name.to_owned(), shown(payload)),
            Before::Nothing => ("nothing".to_owned(), String::new()),
        };
        let (is, now) = after(wire.after);
        format!(
            "<section class=\"pair\"><h4><code>{}</code>: {}</h4>\n<div><h5>Before: {}</h5>\n{before}</div>\n<div><h5>After: {}</h5>\n{}</div>\
</section>\n",
            escape(name),
            escape(wire.case),
            escape(&was),
            escape(&is),
            json(&now)
        )
    };
    wire.iter().map(pair).collect()
}

fn shown(text: &str) -> String {
    serde_json::from_str(text).map_or_else(|_| String::new(), |value| json(&value))
}

/// The answer of an endpoint, with its status.
fn answer(operation: &Operation, after: After) -> (String, Value) {
    if let After::Failure(kind, words) = after {
        let failure = Failure::new(ApiError::new(kind, words), "0198cc5e-4f0a-7cd0-8a59-0d4a1b6b2f11");
        return (kind.status().to_string(), serde_json::to_value(failure).unwrap_or_default());
    }
    let status = operation.statuses.first().map(u16::to_string).unwrap_or_default();
    (status, super::rest::answer(operation))
}
