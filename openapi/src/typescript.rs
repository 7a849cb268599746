//! The contract in TypeScript: its types, its events for the generics of `socket.io-client`, its endpoints, its errors.

use crate::{
    File,
    contract::{Contract, Event, Operation},
};
use parlor_protocol::{BASE_PATH, ErrorType, Limit, VERSION};
use std::{collections::BTreeSet, fmt::Write as _};

/// The first line of every generated file.
pub const HEAD: &str = "// Generated from the contract by `cargo run -p parlor-openapi -- generate`. Changes belong into `protocol`.\n\n";

/// Every generated file of the package.
pub fn files(contract: &Contract) -> Vec<File> {
    vec![
        File { path: "typescript/src/types.ts", text: types(contract) },
        File { path: "typescript/src/errors.ts", text: errors() },
        File { path: "typescript/src/events.ts", text: events(contract) },
        File { path: "typescript/src/endpoints.ts", text: endpoints(contract) },
        File { path: "typescript/test/schemas.ts", text: schemas(contract) },
    ]
}

fn types(contract: &Contract) -> String {
    let declared: Vec<_> = contract.shapes.scripts().map(layout).collect();
    format!("{HEAD}{}", declared.join("\n"))
}

/// A declaration of ts-rs, which knows no lines, with a field on each.
pub fn layout(declaration: &str) -> String {
    let folded =
        declaration.replace("/**\n * ", "/** ").replace("\n */\n", " */\n").replace(" */\n", "\u{1}\n");
    let mut text = String::new();
    let mut depth = 0_usize;
    for line in folded.replace(", }", ";\n}").replace(" | { \"type\"", "\n| { \"type\"").lines() {
        let line = line.trim_end();
        let is_comment = line.starts_with("/**") || line.starts_with(" *");
        let line = if is_comment {
            line.to_owned()
        } else {
            line.strip_suffix(',').map_or(line.to_owned(), |field| format!("{field};"))
        };
        let closing = !is_comment && line.starts_with('}');
        let indent = depth.saturating_sub(usize::from(closing));
        // Writing to a String cannot fail.
        writeln!(text, "{}{}", "  ".repeat(indent), line.replace('\u{1}', " */")).ok();
        if !is_comment {
            depth = (depth + line.matches('{').count()).saturating_sub(line.matches('}').count());
        }
    }
    text
}

/// The types under the names of the schemas, for a test that holds both equal.
fn schemas(contract: &Contract) -> String {
    let mut text = format!(
        "{HEAD}import type * as types from \"../src/types.js\";\n\n/** The type of each schema. */\nexport interface Types {{\n"
    );
    // What happened has no type of its own: it is written out in its one place.
    for name in contract.shapes.schemas().keys().filter(|name| *name != "Happening") {
        // Writing to a String cannot fail.
        writeln!(text, "  {name}: types.{name};").ok();
    }
    text.push_str("}\n");
    text
}

fn errors() -> String {
    let mut text = format!("{HEAD}import type {{ ApiError, ErrorType }} from \"./types.js\";\n\n");
    text.push_str(
        "/** Every error type of this version with its HTTP status. */\nexport const statusOf = {\n",
    );
    for kind in ErrorType::ALL {
        writeln!(text, "  {}  {kind}: {},", doc(kind.meaning(), 2), kind.status()).ok();
    }
    text.push_str(
        "} as const satisfies Record<ErrorType, number>;

/** Whether `value` is one of the error types. */
export function isErrorType(value: unknown): value is ErrorType {
  return typeof value === \"string\" && Object.hasOwn(statusOf, value);
}

/** Whether `value` is a failure of the contract. */
export function isApiError(value: unknown): value is ApiError {
  return typeof value === \"object\" && value !== null && \"type\" in value && isErrorType(value.type);
}

/** For the `default` of a `switch` over error types: it does not compile while one of them is not handled. */
export function unhandled(type: never): never {
  throw new Error(`unhandled error type ${String(type)}`);
}
",
    );
    text
}

fn events(contract: &Contract) -> String {
    let mut used = BTreeSet::from(["ApiError", "ErrorType", "RequestId"].map(str::to_owned));
    let (mut client, mut server) = (String::new(), String::new());
    for event in &contract.events {
        used.extend(names(&event.payload.script));
        let side = if let Some(ack) = &event.ack {
            used.extend(names(&ack.script));
            &mut client
        } else {
            &mut server
        };
        writeln!(
            side,
            "  {}  {}: {};",
            doc(&with_limits(&event.doc, &event.limits), 2),
            event.name,
            signature(event)
        )
        .ok();
    }
    format!(
        "{HEAD}import type {{ Socket }} from \"socket.io-client\";\nimport type {{ {} }} from \"./types.js\";

/** The answer to an event: `T`, or one of the errors `E`. */
export type Ack<T, E extends ErrorType = ErrorType> =
  | {{ ok: true; data: T; requestId?: RequestId }}
  | {{ ok: false; error: ApiError & {{ type: E }}; requestId?: RequestId }};

/** What an event to the server may carry beside its own fields; it comes back in the answer. */
export interface Correlation {{
  requestId?: RequestId;
}}

/** From you to the server. */
export interface ClientToServerEvents {{\n{client}}}

/** From the server to you. */
export interface ServerToClientEvents {{\n{server}}}

/** A socket of `socket.io-client` that knows the contract, also what comes back within a time (its own types lose that). */
export interface ParlorSocket extends Socket<ServerToClientEvents, ClientToServerEvents> {{
  timeout(milliseconds: number): Timed & ReturnType<Socket<ServerToClientEvents, ClientToServerEvents>[\"timeout\"]>;
}}

/** What waits for an answer so long, and then fails. */
export interface Timed {{
  emitWithAck<Name extends keyof ClientToServerEvents>(event: Name, payload: PayloadOf<Name>): Promise<AnswerOf<Name>>;
}}

/** The answer to an event, a success or a failure. */
export type AnswerOf<Name extends keyof ClientToServerEvents> =
  Parameters<Parameters<ClientToServerEvents[Name]>[1]>[0];

/** What an event carries. */
export type PayloadOf<Name extends keyof (ClientToServerEvents & ServerToClientEvents)> =
  Parameters<(ClientToServerEvents & ServerToClientEvents)[Name]>[0];

/** What a successful answer to an event carries. */
export type DataOf<Name extends keyof ClientToServerEvents> =
  Extract<AnswerOf<Name>, {{ ok: true }}>[\"data\"];
",
        used.into_iter().collect::<Vec<_>>().join(", "),
    )
}

fn signature(event: &Event) -> String {
    let payload = &event.payload.script;
    match &event.ack {
        Some(ack) => {
            let answer = format!("Ack<{}, {}>", ack.script, union(&event.errors));
            format!("(payload: {payload} & Correlation, ack: (answer: {answer}) => void) => void")
        }
        None => format!("(payload: {payload}) => void"),
    }
}

fn endpoints(contract: &Contract) -> String {
    let mut used = BTreeSet::from(["ErrorType".to_owned()]);
    let (mut shapes, mut places) = (String::new(), String::new());
    for operation in &contract.operations {
        let scripts = [
            operation.path_script.clone(),
            operation.query_script.clone(),
            operation.body.as_ref().map(|body| body.script.clone()),
            Some(operation.data.script.clone()),
        ];
        used.extend(scripts.iter().flatten().flat_map(|script| names(script)));
        shapes.push_str(&shape(operation, &scripts));
        let Operation { id, method, path, bearer, paged, .. } = operation;
        writeln!(
            places,
            "  {id}: {{ method: \"{method}\", path: \"{path}\", token: {bearer}, paged: {paged} }},"
        )
        .ok();
    }
    format!(
        "{HEAD}import type {{ {} }} from \"./types.js\";

/** The version of the contract. */
export const VERSION = \"{VERSION}\";

/** What stands before every path. */
export const BASE_PATH = \"{BASE_PATH}\";

/** What is sent to each endpoint, and what comes back. */
export interface Endpoints {{\n{shapes}}}

/** Where each endpoint is. */
export const endpoints = {{\n{places}}} as const satisfies {{
  [Name in keyof Endpoints]: {{ method: string; path: string; token: boolean; paged: Endpoints[Name][\"paged\"] }};
}};

/** The error types that an endpoint can answer with. */
export type ErrorsOf<Name extends keyof Endpoints> = Extract<Endpoints[Name][\"error\"], ErrorType>;
",
        used.into_iter().collect::<Vec<_>>().join(", "),
    )
}

fn shape(operation: &Operation, [path, query, body, data]: &[Option<String>; 4]) -> String {
    let told = with_limits(&operation.doc, &operation.limits);
    let mut text = format!("  {}  {}: {{\n", doc(&told, 2), operation.id);
    for (name, script, required) in
        [("path", path, true), ("query", query, false), ("body", body, operation.body_required)]
    {
        if let Some(script) = script {
            writeln!(text, "    {name}{}: {script};", if required { "" } else { "?" }).ok();
        }
    }
    if let Some(data) = data {
        writeln!(text, "    data: {data};").ok();
    }
    writeln!(text, "    paged: {};\n    error: {};\n  }};", operation.paged, union(&operation.errors)).ok();
    text
}

/// The names of types in a type.
fn names(script: &str) -> Vec<String> {
    let words = script.split(|character: char| !character.is_alphanumeric());
    let ours = words.filter(|word| word.starts_with(char::is_uppercase) && *word != "Array");
    ours.map(str::to_owned).collect()
}

fn union(errors: &[ErrorType]) -> String {
    errors.iter().map(|kind| format!("\"{kind}\"")).collect::<Vec<_>>().join(" | ")
}

fn with_limits(doc: &str, limits: &[Limit]) -> String {
    let limits = limits.iter().map(|limit| crate::text::limit(*limit));
    std::iter::once(doc.to_owned()).chain(limits).collect::<Vec<_>>().join(" ")
}

/// A comment over what stands `indent` blanks in, with the line's end.
fn doc(doc: &str, indent: usize) -> String {
    let text = crate::text::paragraph(doc).replace("*/", "* /");
    format!("/** {text} */\n{}", " ".repeat(indent - indent.min(2)))
}
