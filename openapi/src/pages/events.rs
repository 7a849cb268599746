//! The page of the events.

use super::{HERE, code, contents, errors, escape, fields, json, page, prose};
use crate::{
    contract::{Contract, Event, is_nothing},
    text,
};
use serde_json::{Value, json};
use std::fmt::Write as _;

const INTRODUCTION: &str = "<p>Socket.IO protocol 5, path <code>/socket.io/</code>, namespace <code>/</code>, over WebSocket or HTTP \
long-polling. The access token goes into <code>auth: { token }</code>; give a function, so that every reconnect sends the newest one. A \
refused handshake is <code>connect_error</code> with <code>Invalid or expired token</code>.</p>\n\
<p>Every event has one argument. One from you may carry a <code>requestId</code>, which comes back, and an acknowledgement callback: it \
gets <code>{ ok: true, data }</code> or <code>{ ok: false, error: { type, message } }</code>. Without a callback, failures come as the \
event <code>error</code>. The events of one socket take effect in the order in which it sent them. A frame has at most 64 KiB.</p>\n";

/// Every event, by direction.
pub fn events(contract: &Contract) -> String {
    let told = |to_server: bool| contract.events.iter().filter(move |event| event.ack.is_some() == to_server);
    let groups =
        [("To the server", "From you to the server", true), ("To you", "From the server to you", false)];
    let navigation = contents(groups.into_iter().map(|(heading, _, to_server)| {
        (heading, told(to_server).map(|event| (event.name, escape(event.name))).collect())
    }));
    let mut main = INTRODUCTION.to_owned();
    for (_, heading, to_server) in groups {
        // Writing to a String cannot fail.
        writeln!(main, "<h2>{heading}</h2>").ok();
        for event in told(to_server) {
            main.push_str(&article(event, contract));
        }
    }
    page("Events", &navigation, &main)
}

fn article(event: &Event, contract: &Contract) -> String {
    let direction = if event.ack.is_some() { "you → server" } else { "server → you" };
    let mut html = format!(
        "<article id=\"{name}\">\n<h3><b class=\"method\">{direction}</b> <code>{name}</code></h3>\n<p>{doc}</p>\n",
        name = escape(event.name),
        doc = prose(&event.doc),
    );
    html.push_str(&fields("Payload", &event.payload.schema, &contract.shapes));
    html.push_str(&json(&event.payload.example));
    if let Some(ack) = &event.ack {
        html.push_str("<h4>Acknowledgement</h4>\n");
        html.push_str(&json(&json!({"ok": true, "data": ack.example})));
        if !is_nothing(ack) {
            html.push_str(&fields("Data", &ack.schema, &contract.shapes));
        }
        html.push_str(&errors(&event.errors));
    }
    html.push_str("<h4>TypeScript</h4>\n");
    html.push_str(&code(&script(event)));
    html.push_str("<h4>Rust</h4>\n");
    html.push_str(&code(&rust(event)));
    html.push_str("</article>\n");
    html
}

fn script(event: &Event) -> String {
    if event.ack.is_none() {
        return format!("socket.on(\"{}\", (payload) => console.log(payload));", event.name);
    }
    format!(
        "const answer = await socket.timeout(10_000).emitWithAck(\"{}\", {});\nif (!answer.ok) throw new Error(answer.error.message);",
        event.name,
        literal(&event.payload.example),
    )
}

/// JSON as a literal of TypeScript is usually written.
fn literal(value: &Value) -> String {
    let Some(fields) = value.as_object() else { return value.to_string() };
    let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    format!("{{ {} }}", fields.join(", "))
}

fn rust(event: &Event) -> String {
    if event.ack.is_none() {
        return format!(
            "while let Some(message) = socket.next().await {{\n    if let ServerMessage::{}(payload) = message {{\n        println!(\"{{payload:?}}\");\n    }}\n}}",
            text::pascal(event.name),
        );
    }
    format!(
        "let client = Client::new(\"{HERE}\")?;\nlet socket = client.connect().await?;\nlet payload: {} = serde_json::from_str(text)?;\nlet data = socket.emit::<{}>(payload).await?;",
        event.payload.script, event.type_name,
    )
}
