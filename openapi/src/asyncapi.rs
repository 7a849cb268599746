//! Socket.IO as AsyncAPI 3: every event with its direction, its payload, and its acknowledgement as a reply.

use crate::{
    contract::{Contract, Event},
    shapes::reference_to,
    text,
};
use parlor_protocol::{ErrorType, LARGEST_PAYLOAD, Limit, VERSION};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

const ABOUT: &str = "The realtime side of Parlor, a chat backend: Socket.IO protocol 5, path `/socket.io/`, namespace `/`, over \
WebSocket or HTTP long-polling. The REST side is in `/openapi.json`; pages for people are under `/docs`.

`receive` is from client to server, `send` from server to client. Every event has one argument. An event of a client may carry a \
`requestId`, which comes back, and an acknowledgement callback: it gets `{ ok: true, data }` or `{ ok: false, error }`. Who gives no \
callback gets failures as the event `error`. A frame has at most 64 KiB.";

/// The document.
pub fn document(contract: &Contract) -> Value {
    let (mut messages, mut sent, mut acks, mut operations) = (Map::new(), Map::new(), Map::new(), Map::new());
    for event in &contract.events {
        messages.insert(event.name.to_owned(), message(event));
        sent.insert(event.name.to_owned(), place("components/messages", event.name));
        let mut operation = json!({
            "action": if event.ack.is_some() { "receive" } else { "send" },
            "summary": text::summary(&event.doc),
            "description": event.doc,
            "channel": place("channels", "events"),
            "messages": [place("channels/events/messages", event.name)],
        });
        if let Some(ack) = acknowledgement(event) {
            operation["x-limits"] = text::limits(&limits(event));
            let name = format!("{}_ack", event.name);
            messages.insert(name.clone(), ack);
            acks.insert(name.clone(), place("components/messages", &name));
            operation["reply"] = json!({
                "channel": place("channels", "acknowledgements"),
                "messages": [place("channels/acknowledgements/messages", &name)],
            });
        }
        operations.insert(event.name.to_owned(), operation);
    }
    let mut schemas = contract.shapes.schemas();
    schemas.insert(
        "Correlation".to_owned(),
        json!({
            "description": "What an event of a client may carry beside its own fields.",
            "type": "object",
            "properties": {"requestId": reference_to("RequestId")},
        }),
    );
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Parlor",
            "version": VERSION,
            "description": ABOUT,
            "license": {"name": "MIT OR Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"self": {
            "host": "{host}",
            "pathname": "/socket.io/",
            "protocol": "socket.io",
            "protocolVersion": "5",
            "description": "The server that this document comes from",
            "variables": {"host": {
                "default": "localhost:5000",
                "description": "The server's name and port, as in the address that this document was fetched from",
            }},
            "security": [place("components/securitySchemes", "auth"), place("components/securitySchemes", "header")],
        }},
        "channels": {
            "events": {
                "address": "/",
                "description": "The namespace. A handshake without a right token is refused by `connect_error` with the message \
    `Invalid or expired token`; one for another reason begins with the error type.",
                "x-limits": text::limits(&[Limit::OF_CONNECTIONS, Limit::OF_SOCKETS].concat()),
                "x-max-bytes": LARGEST_PAYLOAD,
                "messages": sent,
            },
            "acknowledgements": {
                "address": null,
                "description": "What a client's callback gets.",
                "messages": acks,
            },
        },
        "operations": operations,
        "components": {
            "messages": messages,
            "schemas": schemas,
            "securitySchemes": {
                "auth": {
                    "type": "userPassword",
                    "description": "The access token in the handshake: `auth: { token }`. It is asked for at every connect.",
                },
                "header": {
                    "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                    "description": "Or the access token in the header `Authorization`; never in the query.",
                },
            },
        },
    })
}

fn place(folder: &str, name: &str) -> Value {
    json!({"$ref": format!("#/{folder}/{name}")})
}

/// What a client may send: the payload, with a `requestId` or without.
fn message(event: &Event) -> Value {
    let payload = if event.ack.is_some() {
        json!({"allOf": [event.payload.schema, reference_to("Correlation")]})
    } else {
        event.payload.schema.clone()
    };
    json!({
        "name": event.name,
        "title": event.name,
        "summary": text::summary(&event.doc),
        "description": described(event),
        "payload": payload,
        "examples": [{"name": event.name, "payload": event.payload.example}],
    })
}

fn acknowledgement(event: &Event) -> Option<Value> {
    let ack = event.ack.as_ref()?;
    let error =
        json!({"allOf": [reference_to("ApiError"), {"properties": {"type": {"enum": event.errors}}}]});
    let payload = json!({"oneOf": [
        {
            "type": "object",
            "required": ["ok", "data"],
            "properties": {"ok": {"const": true}, "data": ack.schema, "requestId": reference_to("RequestId")},
        },
        {
            "type": "object",
            "required": ["ok", "error"],
            "properties": {"ok": {"const": false}, "error": error, "requestId": reference_to("RequestId")},
        },
    ]});
    let refusal = event.errors.iter().copied().find(|kind| *kind != ErrorType::Validation)?;
    Some(json!({
        "name": format!("{}_ack", event.name),
        "title": format!("The answer to {}", event.name),
        "payload": payload,
        "examples": [
            {"name": "success", "payload": {"ok": true, "data": ack.example}},
            {"name": "failure", "payload": {"ok": false, "error": {
                "type": refusal, "message": text::paragraph(refusal.meaning()),
            }}},
        ],
    }))
}

fn described(event: &Event) -> String {
    if event.ack.is_none() {
        return event.doc.clone();
    }
    let errors: Vec<_> = event.errors.iter().map(|kind| format!("`{kind}`")).collect();
    let mut text = format!("{}\n\nErrors: {}.", event.doc, errors.join(", "));
    for limit in limits(event) {
        // Writing to a String cannot fail.
        write!(text, "\n\nLimit: {}", text::limit(limit)).ok();
    }
    text
}

/// The limits of an event to the server: its own, and that of every event.
fn limits(event: &Event) -> Vec<Limit> {
    event.limits.iter().copied().chain([Limit::Events]).collect()
}
