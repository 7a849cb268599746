//! The page of the events.

use super::{code, contents, errors, escape, fields, json, limits, page, prose};
use crate::{
    contract::{Contract, Event, is_nothing},
    snippets,
};
use parlor_protocol::Limit;
use serde_json::json;
use std::fmt::Write as _;

const INTRODUCTION: &str = "<p>Socket.IO protocol 5, path <code>/socket.io/</code>, namespace <code>/</code>, over WebSocket or HTTP \
long-polling. The access token goes into <code>auth: { token }</code>; give a function, so that every reconnect sends the newest one. A \
refused handshake is <code>connect_error</code> with <code>Invalid or expired token</code>.</p>\n\
<p>Every event has one argument. One from you may carry a <code>requestId</code>, which comes back, and an acknowledgement callback: it \
gets <code>{ ok: true, data }</code> or <code>{ ok: false, error: { type, message } }</code>. Without a callback, failures come as the \
event <code>error</code>. The events of one socket take effect in the order in which it sent them. A frame has at most 64 KiB.</p>\n";

const EXAMPLES: &str = "<h4>Examples</h4>\n<p>Those below go on from one of these. <code>@parlor/client</code> is the folder \
<code>openapi/typescript</code> of the project, <code>parlor-client</code> its <code>client-sdk</code>, <code>parlor</code> its \
<code>cli</code>.</p>\n";

/// Every event, by direction.
pub fn events(contract: &Contract) -> String {
    let told = |to_server: bool| contract.events.iter().filter(move |event| event.ack.is_some() == to_server);
    let groups =
        [("To the server", "From you to the server", true), ("To you", "From the server to you", false)];
    let navigation = contents(groups.into_iter().map(|(heading, _, to_server)| {
        (heading, told(to_server).map(|event| (event.name, escape(event.name))).collect())
    }));
    let mut main = INTRODUCTION.to_owned();
    main.push_str(&limits(&[Limit::OF_CONNECTIONS, Limit::OF_SOCKETS].concat()));
    main.push_str(EXAMPLES);
    for begins in [snippets::SCRIPT_BEGINS, snippets::RUST_BEGINS, snippets::TERMINAL_BEGINS] {
        main.push_str(&code(begins));
    }
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
        html.push_str(&limits(&event.limits));
    }
    html.push_str("<h4>TypeScript</h4>\n");
    html.push_str(&code(&snippets::script(event)));
    html.push_str("<h4>Rust</h4>\n");
    html.push_str(&code(&snippets::rust(event)));
    if let Some(line) = snippets::terminal(event) {
        html.push_str("<h4>Terminal</h4>\n");
        html.push_str(&code(&line));
    }
    html.push_str("</article>\n");
    html
}
