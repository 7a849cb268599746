//! What stands on the page of the events: each of them in TypeScript, in Rust, and from a terminal. Both languages' lines are also
//! written into a file each that is compiled, so that none is shown that does not.

use crate::{
    File,
    contract::{Contract, Event},
    text,
};
use serde_json::Value;
use std::fmt::Write as _;

/// Where the pages' own server stands in examples; `try.js` puts the real address in its place.
pub const HERE: &str = "http://localhost:5000";

/// What every example in TypeScript goes on from.
pub const SCRIPT_BEGINS: &str = r#"import { io } from "socket.io-client";
import type { ParlorSocket } from "@parlor/client"; // without it, the same lines are JavaScript

const socket: ParlorSocket = io("http://localhost:5000", { auth: (send) => send({ token }) });"#;

/// What every example in Rust goes on from.
pub const RUST_BEGINS: &str = r#"use parlor_client::{Client, ServerMessage};
use serde_json::{from_value, json};

let client = Client::new("http://localhost:5000")?;
client.sign_in("ada@example.com".parse()?, "correct horse battery".parse()?).await?;
let mut socket = client.connect().await?;"#;

/// What every example in a terminal goes on from.
pub const TERMINAL_BEGINS: &str = "parlor login --server http://localhost:5000";

/// The event in TypeScript.
pub fn script(event: &Event) -> String {
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

/// The event in Rust.
pub fn rust(event: &Event) -> String {
    if event.ack.is_none() {
        return format!(
            "while let Some(message) = socket.next().await {{\n    if let ServerMessage::{}(payload) = message {{\n        println!(\"{{payload:?}}\");\n    }}\n}}",
            text::pascal(event.name),
        );
    }
    let (module, name) = event.type_path;
    format!(
        "use parlor_client::protocol::{module}::{name};\n\nlet payload = from_value(json!({}))?;\nlet data = socket.emit::<{name}>(payload).await?;",
        event.payload.example,
    )
}

/// The event from a terminal, where there is a command for it.
pub fn terminal(event: &Event) -> Option<String> {
    let example = &event.payload.example;
    let field = |name: &str| example[name].as_str().unwrap_or_default().to_owned();
    let room = field("roomId");
    match event.name {
        "join_room" => Some(format!("parlor tail {room}")),
        "send_message" => {
            Some(format!("parlor send {room} '{}' --id {}", field("content"), field("clientMessageId")))
        }
        "receive_message" => Some(format!("parlor tail {room} --json")),
        _ => None,
    }
}

/// The examples as programs that are compiled.
pub fn files(contract: &Contract) -> Vec<File> {
    vec![
        File { path: "typescript/test/snippets.ts", text: compiled_script(contract) },
        File { path: "tests/snippets.rs", text: compiled_rust(contract) },
    ]
}

fn compiled_script(contract: &Contract) -> String {
    let begins = SCRIPT_BEGINS.replace("@parlor/client", "../src/index.js");
    let mut text = format!("{}declare const token: string;\n\n{begins}\n", crate::typescript::HEAD);
    for event in &contract.events {
        // Writing to a String cannot fail.
        writeln!(text, "\nexport async function {}() {{\n{}\n}}", event.name, indented(&script(event), 2))
            .ok();
    }
    text
}

fn compiled_rust(contract: &Contract) -> String {
    let begins = indented(&format!("{RUST_BEGINS}\nOk(socket)"), 8);
    let mut text = format!(
        "{}//! The Rust of the page of the events compiles.\n\n#![allow(unused, clippy::pedantic, reason = \"it is compiled, and not \
run\")]\n\n#[rustfmt::skip]\nmod snippets {{\n    use parlor_client::{{ServerMessage, Socket}};\n    use serde_json::{{from_value, \
json}};\n\n    type Outcome<T> = Result<T, Box<dyn std::error::Error>>;\n\n    async fn begins() -> Outcome<Socket> {{\n{begins}\n    \
}}\n",
        crate::typescript::HEAD,
    );
    for event in &contract.events {
        let lines = indented(&format!("{}\nOk(())", rust(event)), 8);
        // Writing to a String cannot fail.
        writeln!(
            text,
            "\n    async fn {}(mut socket: Socket) -> Outcome<()> {{\n{lines}\n    }}",
            event.name
        )
        .ok();
    }
    text.push_str("}\n");
    text
}

fn indented(text: &str, by: usize) -> String {
    let blanks = " ".repeat(by);
    let lines =
        text.lines().map(|line| if line.is_empty() { String::new() } else { format!("{blanks}{line}") });
    lines.collect::<Vec<_>>().join("\n")
}
