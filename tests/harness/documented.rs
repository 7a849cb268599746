//! Whether what goes over the wire is what `openapi.json` and `asyncapi.json` say. Every [`Reply`](crate::Reply), every
//! [`RawSocket`](crate::RawSocket) and the client of every [`Person`](crate::Person) ask this of all that they send and get.
//!
//! What a client sends is held to the documents when the server has accepted it. What the server sends is held to more: it may
//! have no field that its schema does not name, although the documents leave room for later ones.

use crate::declared::fits;
use jsonschema::{Registry, Validator};
use parlor_client::Wire;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

/// A document under the two names by which schemas refer to it.
struct Document {
    content: Value,
    as_it_is: &'static str,
    closed: &'static str,
}

static OPENAPI: LazyLock<Document> = LazyLock::new(|| Document {
    content: serde_json::from_str(include_str!("../../openapi/openapi.json")).unwrap(),
    as_it_is: "parlor:openapi",
    closed: "parlor:openapi:closed",
});

static ASYNCAPI: LazyLock<Document> = LazyLock::new(|| Document {
    content: serde_json::from_str(include_str!("../../openapi/asyncapi.json")).unwrap(),
    as_it_is: "parlor:asyncapi",
    closed: "parlor:asyncapi:closed",
});

static REGISTRY: LazyLock<Registry<'static>> = LazyLock::new(|| {
    [&*OPENAPI, &*ASYNCAPI]
        .into_iter()
        .fold(Registry::new(), |registry, document| {
            let closed = closed(document.content.clone());
            registry.add(document.as_it_is, &document.content).unwrap().add(document.closed, closed).unwrap()
        })
        .prepare()
        .unwrap()
});

/// The same document, in which no field and no item of a list has a field that its schema does not name.
fn closed(value: Value) -> Value {
    let close = |schema: Value| match closed(schema) {
        Value::Object(mut schema) => {
            schema.insert("unevaluatedProperties".to_owned(), json!(false));
            Value::Object(schema)
        }
        other => other,
    };
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| match (name.as_str(), value) {
                ("properties", Value::Object(parts)) => {
                    let parts = parts.into_iter().map(|(name, part)| (name, close(part)));
                    (name, parts.collect())
                }
                ("items", value) => (name, close(value)),
                (_, value) => (name, closed(value)),
            });
            fields.collect()
        }
        Value::Array(items) => items.into_iter().map(closed).collect(),
        other => other,
    }
}

impl Document {
    /// What is wrong with what a client has sent, held to the schema at `place`.
    fn sent(&self, place: &str, value: &Value) -> Result<(), String> {
        look(json!({ "$ref": format!("{}#{place}", self.as_it_is) }), value)
    }

    /// What is wrong with what the server has sent, held to the closed schema at `place`.
    fn received(&self, place: &str, value: &Value) -> Result<(), String> {
        let schema = format!("{}#{place}", self.closed);
        look(json!({ "$ref": schema, "unevaluatedProperties": false }), value)
    }

    fn has(&self, place: &str) -> bool {
        self.content.pointer(place).is_some()
    }
}

/// Holds a value to a schema, which is compiled when it is first asked for.
fn look(schema: Value, value: &Value) -> Result<(), String> {
    static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    let place = schema["$ref"].as_str().unwrap_or_default();
    let known = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner).get(place).cloned();
    let validator = known.unwrap_or_else(|| {
        let options = jsonschema::options().should_validate_formats(true);
        let validator = Arc::new(options.with_registry(&REGISTRY).build(&schema).unwrap());
        VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner).insert(place.to_owned(), validator.clone());
        validator
    });
    if validator.is_valid(value) {
        return Ok(());
    }
    let faults = validator.iter_errors(value);
    let faults: Vec<_> =
        faults.map(|fault| format!("\n  at {:?}: {fault}", fault.instance_path().as_str())).collect();
    Err(format!("is not what {place} says:{}\n  in {value}", faults.concat()))
}

/// `/api/v1/rooms` as one part of a pointer in a fragment.
fn part(path: &str) -> String {
    path.replace('~', "~0").replace('/', "~1").replace('{', "%7B").replace('}', "%7D")
}

/// What is wrong with a REST call; its bodies are `null` where there are none, or where they are not JSON.
pub fn call(method: &str, path: &str, sent: &Value, status: u16, answer: &Value) -> Result<(), String> {
    let failed = |fault: String| format!("{method} {path} ({status}): {fault}");
    let paths = OPENAPI.content["paths"].as_object().unwrap().iter();
    let here = paths
        .filter(|(declared, methods)| fits(declared, path) && methods.get(method.to_lowercase()).is_some())
        .min_by_key(|(declared, _)| declared.matches('{').count());
    let Some((declared, methods)) = here else {
        let is_failure = answer["success"] == false;
        return if is_failure { OPENAPI.received("/components/schemas/Failure", answer) } else { Ok(()) }
            .map_err(failed);
    };
    let operation = format!("/paths/{}/{}", part(declared), method.to_lowercase());
    let told = &methods[method.to_lowercase()];
    let content = "content/application~1json/schema";
    if status < 300 && !sent.is_null() && told.get("requestBody").is_some() {
        OPENAPI.sent(&format!("{operation}/requestBody/{content}"), sent).map_err(failed)?;
    }
    let place = match &told["responses"][status.to_string()] {
        Value::Null => return Err(failed(format!("this status is not in the document: {answer}"))),
        response => response["$ref"].as_str().map_or_else(
            || format!("{operation}/responses/{status}/{content}"),
            |reference| format!("{}/{content}", &reference[1..]),
        ),
    };
    OPENAPI.received(&place, answer).map_err(failed)
}

/// What is wrong with an event of the server.
pub fn heard(event: &str, payload: &Value) -> Result<(), String> {
    let place = format!("/components/messages/{event}/payload");
    if !ASYNCAPI.has(&place) || ASYNCAPI.content["operations"][event]["action"] != "send" {
        return Err(format!("the event {event} is not in the document: {payload}"));
    }
    ASYNCAPI.received(&place, payload).map_err(|fault| format!("the event {event} {fault}"))
}

/// What is wrong with an event of a client.
pub fn emitted(event: &str, payload: &Value) -> Result<(), String> {
    let place = format!("/components/messages/{event}/payload");
    ASYNCAPI.sent(&place, payload).map_err(|fault| format!("the event {event} {fault}"))
}

/// What is wrong with an event of a client that was answered so, if it was accepted.
pub fn accepted(event: &str, mut payload: Value, ack: &Value) -> Result<(), String> {
    if let (None, Some(fields)) = (ack.get("requestId"), payload.as_object_mut()) {
        // What is none is not taken for one.
        fields.remove("requestId");
    }
    if ack["ok"] == true { emitted(event, &payload) } else { Ok(()) }
}

/// What is wrong with an acknowledgement. An event that there is not is answered too, and the document does not tell of it.
pub fn answered(event: &str, ack: &Value) -> Result<(), String> {
    let place = format!("/components/messages/{event}_ack/payload");
    if !ASYNCAPI.has(&place) {
        return Ok(());
    }
    ASYNCAPI.received(&place, ack).map_err(|fault| format!("the answer to {event} {fault}"))
}

/// What the clients of one server have seen that is not in the documents. They see it on tasks of their own, where a failed
/// assertion would fail nothing.
#[derive(Clone, Debug, Default)]
pub struct Witness(Arc<Mutex<Vec<String>>>);

impl Witness {
    /// Looks at what goes over the wire.
    pub fn sees(&self, wire: Wire<'_>) {
        let seen = match wire {
            Wire::Call { method, path, body, status, answer } => {
                call(method, path, body, status, &serde_json::from_slice(answer).unwrap_or_default())
            }
            Wire::Sent { event, payload } => emitted(event, payload),
            Wire::Answered { event, ack } => answered(event, ack),
            Wire::Received { event, payload } => heard(event, payload),
            _ => Err(format!("nobody has looked at {wire:?}")),
        };
        if let Err(fault) = seen {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
        }
    }
}

/// Fails the test when it goes, if the witness has seen what is not in the documents. The server has it, and goes last.
#[derive(Debug)]
pub struct Verdict(pub Witness);

impl Drop for Verdict {
    fn drop(&mut self) {
        let faults = self.0.0.lock().unwrap_or_else(PoisonError::into_inner).join("\n");
        if std::thread::panicking() {
            eprintln!("{faults}");
        } else {
            assert!(faults.is_empty(), "{faults}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90";

    /// `value` with another one at `place`, or without it.
    fn with(value: &Value, place: &str, other: Option<Value>) -> Value {
        let mut changed = value.clone();
        let (parent, name) = place.rsplit_once('/').unwrap();
        let fields = changed.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        fields.remove(name);
        fields.extend(other.map(|other| (name.to_owned(), other)));
        changed
    }

    #[track_caller]
    fn finds(seen: Result<(), String>, fault: &str) {
        let found = seen.unwrap_err();
        assert!(found.contains(fault), "{found}");
    }

    #[test]
    fn what_the_documents_do_not_say_is_found() {
        let sent = json!({ "seq": 7 });
        let read = json!({ "lastReadSeq": 7, "readAt": "2025-08-21T10:16:10.123Z" });
        let told = json!({ "success": true, "message": "Marked as read", "data": read });
        let path = format!("/api/v1/rooms/{ID}/messages/read");
        let marks = |sent: &Value, status, answer: &Value| call("POST", &path, sent, status, answer);
        assert_eq!(marks(&sent, 200, &told), Ok(()));
        finds(marks(&sent, 200, &with(&told, "/data/readAt", None)), "\"readAt\" is a required property");
        finds(marks(&sent, 200, &with(&told, "/data/readAt", Some(json!("today")))), "at \"/data/readAt\"");
        finds(marks(&sent, 200, &with(&told, "/data/more", Some(json!(1)))), "'more' was unexpected");
        finds(marks(&sent, 200, &with(&told, "/more", Some(json!(1)))), "'more' was unexpected");
        finds(marks(&json!({ "seq": "7" }), 200, &told), "requestBody");
        finds(marks(&sent, 201, &told), "this status is not in the document");
        let failure =
            json!({ "success": false, "message": "no", "type": "CONFLICT", "requestId": "1", "errors": [] });
        assert_eq!(call("POST", "/nowhere", &Value::Null, 409, &failure), Ok(()));
        finds(marks(&sent, 409, &failure), "this status is not in the document");
        finds(call("POST", "/nowhere", &Value::Null, 409, &with(&failure, "/type", None)), "\"type\"");
        assert_eq!(
            call(
                "POST",
                "/api/v1/rooms",
                &json!(7),
                400,
                &with(&failure, "/type", Some(json!("VALIDATION")))
            ),
            Ok(())
        );
    }

    #[test]
    fn what_a_socket_hears_and_says_is_held_to_the_document_too() {
        let notice = json!({
            "roomId": ID, "userId": ID, "username": "ada", "isTyping": true, "timestamp": "2025-08-21T10:16:10.123Z",
        });
        assert_eq!(heard("user_typing", &notice), Ok(()));
        finds(heard("user_typing", &with(&notice, "/isTyping", None)), "\"isTyping\" is a required property");
        finds(heard("user_typing", &with(&notice, "/more", Some(json!(1)))), "'more' was unexpected");
        finds(heard("typing", &notice), "the event typing is not in the document");
        let ack = json!({ "ok": true, "data": { "lastReadSeq": 7 } });
        assert_eq!(answered("message_read", &ack), Ok(()));
        finds(answered("message_read", &with(&ack, "/data/more", Some(json!(1)))), "message_read_ack");
        finds(answered("message_read", &json!({ "ok": false })), "message_read_ack");
        assert_eq!(answered("no_such_event", &json!(7)), Ok(()));
        let payload = json!({ "roomId": ID, "messageId": 7, "requestId": 7 });
        finds(accepted("message_read", payload.clone(), &ack), "/messageId");
        assert_eq!(accepted("message_read", payload.clone(), &json!({ "ok": false })), Ok(()));
        assert_eq!(accepted("message_read", with(&payload, "/messageId", Some(json!(ID))), &ack), Ok(()));
    }

    #[test]
    #[should_panic(expected = "the event gossip is not in the document")]
    fn what_a_client_has_seen_fails_the_test_that_had_its_server() {
        let witness = Witness::default();
        let _verdict = Verdict(witness.clone());
        witness.sees(Wire::Received { event: "gossip", payload: &Value::Null });
    }
}
