//! REST as OpenAPI 3.1.

use crate::{
    contract::{Contract, Operation},
    example,
    shapes::reference_to,
    text,
};
use parlor_protocol::{
    ApiError, BASE_PATH, ErrorType, Failure, LARGEST_PAYLOAD, Limit, REQUEST_ID_HEADER, VERSION,
    VERSION_HEADER,
};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

const ABOUT: &str = "The REST side of Parlor, a chat backend. Its realtime side is in `/asyncapi.json`; pages for people are \
under `/docs`.

Sign in, then send `Authorization: Bearer <token>`. Bodies are JSON in UTF-8, at most 64 KiB. Every answer has the header \
`x-request-id`; send one of your own (1 to 64 of `[A-Za-z0-9._-]`) and it is kept. A success is `{ success, message, data }`, \
a failure `{ success, message, type, requestId }`; match on `type`, show `message`.";

/// Statuses that no error type has by itself, whatever is asked for: the name of the answer, and when it comes.
const UNREADABLE: [(u16, &str, &str); 3] = [
    (408, "BODY_TOO_SLOW", "The body did not come in time."),
    (414, "TARGET_TOO_LONG", "The path and the query are longer than 4 KiB."),
    (431, "HEAD_TOO_LARGE", "The request's head is larger than 16 KiB or has more than 64 headers."),
];

/// The document.
pub fn document(contract: &Contract) -> Value {
    let mut paths = Map::new();
    for operation in &contract.operations {
        for (index, path) in std::iter::once(&operation.path).chain(&operation.aliases).enumerate() {
            let of_path = paths.entry(format!("{BASE_PATH}{path}")).or_insert_with(|| json!({}));
            of_path[operation.method.to_lowercase()] = describe(operation, index);
        }
    }
    for (path, id, doc, name) in [
        ("/", "about", "What runs here, and which version of the contract it keeps.", "About"),
        ("/health/live", "live", "Whether the process answers.", "Health"),
        (
            "/health/ready",
            "ready",
            "Whether it is ready for requests: migrated, and the database answers.",
            "Health",
        ),
    ] {
        paths.insert(path.to_owned(), json!({"get": service(contract, id, doc, name)}));
    }
    let of_kind = |kind: &ErrorType| (kind.to_string(), failure(*kind, kind.meaning(), example_of(*kind)));
    let unreadable = |(_, name, says): &(u16, &str, &str)| {
        // No field is wrong: none was read.
        let error = ApiError::new(ErrorType::Validation, *says);
        ((*name).to_owned(), failure(ErrorType::Validation, says, error))
    };
    let responses: Map<String, Value> =
        ErrorType::ALL.iter().map(of_kind).chain(UNREADABLE.iter().map(unreadable)).collect();
    let nouns: Vec<Value> = nouns(contract).into_iter().map(|noun| json!({"name": noun})).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Parlor",
            "version": VERSION,
            "description": ABOUT,
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "x-limits": text::limits(Limit::OF_CONNECTIONS),
        "servers": [{"url": "/", "description": "The server that this document comes from"}],
        "tags": nouns,
        "paths": paths,
        "components": {
            "schemas": contract.shapes.schemas(),
            "responses": responses,
            "headers": headers(),
            "securitySchemes": {"token": {
                "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                "description": "The `token` of a sign-in, a registration or a refresh.",
            }},
        },
    })
}

/// The nouns in the order in which they are declared, and what is about the server itself.
fn nouns(contract: &Contract) -> Vec<&'static str> {
    let mut nouns: Vec<&str> = contract.operations.iter().map(|operation| operation.noun).collect();
    nouns.dedup();
    nouns.push("service");
    nouns
}

/// An operation under its path, or under its alias number `index` from 1.
fn describe(operation: &Operation, index: usize) -> Value {
    let mut description = operation.doc.clone();
    let mut id = operation.id.clone();
    if index > 0 {
        description =
            format!("The same as `{} {BASE_PATH}{}`. {description}", operation.method, operation.path);
        id = format!("{id}Alias{index}");
    }
    for limit in &operation.limits {
        // Writing to a String cannot fail.
        write!(description, "\n\nLimit: {}", text::limit(*limit)).ok();
    }
    let parameters: Vec<Value> = operation
        .parameters
        .iter()
        .map(|parameter| {
            json!({
                "name": parameter.name, "in": parameter.place, "required": parameter.required,
                "description": parameter.doc, "schema": parameter.schema,
            })
        })
        .collect();
    let mut described = json!({
        "operationId": id,
        "tags": [operation.noun],
        "summary": text::summary(&operation.doc),
        "description": description,
        "parameters": parameters,
        "responses": answers(operation),
        "security": if operation.bearer { json!([{"token": []}]) } else { json!([]) },
    });
    if !operation.limits.is_empty() {
        described["x-limits"] = text::limits(&operation.limits);
    }
    if let Some(body) = &operation.body {
        let nothing = json!({"anyOf": [body.schema, {"type": "null"}]});
        let schema = if operation.body_required { &body.schema } else { &nothing };
        described["requestBody"] = json!({
            "description": format!("At most {} KiB.", LARGEST_PAYLOAD / 1024),
            "x-max-bytes": LARGEST_PAYLOAD,
            "required": operation.body_required,
            "content": {"application/json": {"schema": schema, "example": body.example}},
        });
    }
    described
}

fn answers(operation: &Operation) -> Value {
    let mut schema = json!({
        "type": "object",
        "required": ["success", "message", "data"],
        "properties": {
            "success": {"type": "boolean", "enum": [true]},
            "message": {"type": "string", "description": "What happened, for people."},
            "data": operation.data.schema,
        },
    });
    let mut example = json!({"success": true, "message": operation.says, "data": operation.data.example});
    if operation.paged {
        schema["required"] = json!(["success", "message", "data", "nextCursor"]);
        schema["properties"]["nextCursor"] = json!({
            "anyOf": [reference_to("Cursor"), {"type": "null"}],
            "description": "Where the next page begins; `null` on the last one.",
        });
        example["nextCursor"] = Value::Null;
    }
    let mut answers = Map::new();
    for status in &operation.statuses {
        answers.insert(status.to_string(), success(operation.says, &schema, &example));
    }
    for kind in &operation.errors {
        answers.insert(kind.status().to_string(), refused(kind.as_str()));
    }
    answers.extend(UNREADABLE.map(|(status, name, _)| (status.to_string(), refused(name))));
    Value::Object(answers)
}

fn refused(name: &str) -> Value {
    json!({"$ref": format!("#/components/responses/{name}")})
}

fn success(says: &str, schema: &Value, example: &Value) -> Value {
    json!({
        "description": says,
        "headers": {
            REQUEST_ID_HEADER: {"$ref": "#/components/headers/request-id"},
            VERSION_HEADER: {"$ref": "#/components/headers/protocol"},
        },
        "content": {"application/json": {"schema": schema, "example": example}},
    })
}

fn service(contract: &Contract, id: &str, doc: &str, name: &str) -> Value {
    let data = reference_to(name);
    let example = json!({"success": true, "message": doc, "data": example::of(&data, &contract.shapes)});
    let schema = json!({
        "type": "object",
        "required": ["success", "message", "data"],
        "properties": {"success": {"type": "boolean", "enum": [true]}, "message": {"type": "string"}, "data": data},
    });
    let mut answers = json!({
        "200": success(&text::summary(doc), &schema, &example),
        "503": refused(ErrorType::Unavailable.as_str()),
    });
    for (status, name, _) in UNREADABLE {
        answers[status.to_string()] = refused(name);
    }
    json!({
        "operationId": id, "tags": ["service"], "summary": text::summary(doc), "description": doc, "security": [],
        "responses": answers,
    })
}

fn example_of(kind: ErrorType) -> ApiError {
    let error = ApiError::new(kind, text::paragraph(kind.meaning()));
    match kind {
        ErrorType::Validation => {
            ApiError::validation(vec![parlor_protocol::FieldError::new("username", "is required")])
        }
        ErrorType::RateLimit | ErrorType::Unavailable => error.retry_after_ms(1500),
        _ => error,
    }
}

fn failure(kind: ErrorType, meaning: &str, error: ApiError) -> Value {
    let meaning = text::paragraph(meaning);
    let example = serde_json::to_value(Failure::new(error, "0198cc5e-4f0a-7cd0-8a59-0d4a1b6b2f11"));
    let mut headers = json!({
        REQUEST_ID_HEADER: {"$ref": "#/components/headers/request-id"},
        VERSION_HEADER: {"$ref": "#/components/headers/protocol"},
    });
    match kind {
        ErrorType::RateLimit | ErrorType::Unavailable => {
            headers["Retry-After"] = json!({"$ref": "#/components/headers/retry-after"});
        }
        ErrorType::Unauthenticated => {
            headers["WWW-Authenticate"] =
                json!({"required": true, "schema": {"type": "string"}, "description": "`Bearer`."});
        }
        ErrorType::MethodNotAllowed => {
            headers["Allow"] = json!({"required": true, "schema": {"type": "string"}, "description": "The methods that there are."});
        }
        _ => {}
    }
    let schema = json!({"allOf": [reference_to("Failure"), {"type": "object", "properties": {"type": {"type": "string", "enum": [kind]}}}]});
    json!({
        "description": meaning,
        "headers": headers,
        "content": {"application/json": {"schema": schema, "example": example.unwrap_or_default()}},
    })
}

fn headers() -> Value {
    json!({
        "request-id": {
            "description": "The id under which the server's log tells more; your own, if you sent one.",
            "required": true,
            "schema": {"type": "string", "minLength": 1, "maxLength": 64},
        },
        "protocol": {
            "description": "The version of the contract.",
            "required": true,
            "schema": {"type": "string"},
        },
        "retry-after": {
            "description": "After how many seconds it is worth trying again.",
            "required": true,
            "schema": {"type": "integer", "minimum": 0},
        },
    })
}
