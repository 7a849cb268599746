//! Are the documents those of the contract, and do schemas, examples and serde mean the same?

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

use jsonschema::Validator;
use parlor_openapi::{
    asyncapi,
    contract::{Content, Contract},
    files, openapi,
};
use parlor_protocol::{
    Ack, ApiError, BASE_PATH, ClientEvent, Endpoint, EndpointVisitor, Envelope, ErrorType, EventVisitor,
    LARGEST_PAYLOAD, Limit, Request, ServerEvent, Shape, visit_endpoints, visit_events,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, path::Path};

#[test]
fn no_committed_document_is_stale() {
    for file in files() {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join(file.path);
        let committed = fs::read_to_string(&place).unwrap_or_default();
        assert!(committed == file.text, "{} is stale: cargo run -p parlor-openapi -- generate", file.path);
    }
}

/// A validator of `schema`, which may refer to the components of `document`.
fn validator(document: &Value, schema: &Value) -> Validator {
    let whole = json!({"allOf": [schema], "components": document["components"]});
    jsonschema::draft202012::new(&whole).unwrap()
}

#[track_caller]
fn assert_fits(document: &Value, schema: &Value, example: &Value, place: &str) {
    let faults: Vec<_> =
        validator(document, schema).iter_errors(example).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{place}: {faults:?}\n{example:#}");
}

/// Calls `look` with every object of the document.
fn walk(value: &Value, place: &str, look: &mut impl FnMut(&Value, &str)) {
    match value {
        Value::Object(fields) => {
            look(value, place);
            for (name, field) in fields {
                walk(field, &format!("{place}/{name}"), look);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, place, look)),
        _ => {}
    }
}

#[test]
fn every_example_of_openapi_fits_its_schema() {
    let document = openapi::document(&Contract::declared());
    let mut seen = 0;
    walk(&document, "", &mut |value, place| {
        if let (Some(schema), Some(example)) = (value.get("schema"), value.get("example")) {
            assert_fits(&document, schema, example, place);
            seen += 1;
        }
    });
    assert!(seen > 50, "{seen} examples");
}

#[test]
fn every_example_of_a_type_fits_it() {
    let contract = Contract::declared();
    let document = openapi::document(&contract);
    for (name, schema) in contract.shapes.schemas() {
        let example = parlor_openapi::example::of(&schema, &contract.shapes);
        assert_fits(&document, &schema, &example, &name);
    }
}

#[test]
fn every_example_of_asyncapi_fits_its_schema() {
    let document = asyncapi::document(&Contract::declared());
    for (name, message) in document["components"]["messages"].as_object().unwrap() {
        let examples = message["examples"].as_array().unwrap();
        assert!(!examples.is_empty(), "{name} has no example");
        for example in examples {
            assert_fits(&document, &message["payload"], &example["payload"], name);
        }
    }
}

#[test]
fn openapi_is_read_by_another_reader() {
    let document = openapi::document(&Contract::declared());
    serde_json::from_value::<utoipa::openapi::OpenApi>(document).unwrap();
}

#[test]
fn every_reference_leads_somewhere() {
    let contract = Contract::declared();
    for document in [openapi::document(&contract), asyncapi::document(&contract)] {
        walk(&document, "", &mut |value, place| {
            if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
                let target = document.pointer(reference.strip_prefix('#').unwrap());
                assert!(target.is_some(), "{place} refers to {reference}");
            }
        });
    }
}

/// What is declared, found in the documents.
struct Declared {
    contract: Contract,
    openapi: Value,
    asyncapi: Value,
    ids: BTreeSet<String>,
}

impl Declared {
    fn new() -> Self {
        let contract = Contract::declared();
        let (openapi, asyncapi) = (openapi::document(&contract), asyncapi::document(&contract));
        Self { contract, openapi, asyncapi, ids: BTreeSet::new() }
    }

    fn content<T: Shape + 'static>(&mut self) -> Content {
        self.contract.content::<T>()
    }

    /// serde reads the example of `T`, and writes what fits the schema again.
    fn assert_agrees<T: Shape + Serialize + DeserializeOwned + 'static>(&mut self, name: &str) {
        let content = self.content::<T>();
        let read: T = serde_json::from_value(content.example.clone())
            .unwrap_or_else(|error| panic!("{name}: {error}\n{:#}", content.example));
        let written = serde_json::to_value(&read).unwrap();
        assert_eq!(written, content.example, "{name}");
        assert_fits(&self.openapi, &content.schema, &written, name);
    }

    /// serde and the schema refuse and accept the same of what is near to the example.
    fn assert_refuses_alike<T: Request + 'static>(&mut self, name: &str) {
        let content = self.content::<T>();
        let validator = validator(&self.openapi, &content.schema);
        let mut nearby = vec![json!([]), json!("text"), json!(7)];
        for field in T::fields() {
            let changed = |value: Option<Value>| {
                let mut object = content.example.as_object().unwrap().clone();
                object.remove(&field);
                object.extend(value.map(|value| (field.clone(), value)));
                Value::Object(object)
            };
            nearby.push(changed(None));
            let odd = [
                json!(null),
                json!(""),
                json!(-1),
                json!(1.5),
                json!([]),
                json!({}),
                json!("\u{0}"),
                json!(true),
            ];
            nearby.extend(odd.map(|value| changed(Some(value))));
            nearby.push(changed(Some(json!("x".repeat(5000)))));
        }
        for value in nearby {
            assert_eq!(T::decode(value.clone()).is_ok(), validator.is_valid(&value), "{name}: {value}");
        }
    }
}

/// The limits of an operation, for programs: what sets them, and what they are unless set.
fn limits(operation: &Value) -> Vec<(String, String)> {
    let all = operation["x-limits"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    all.map(|limit| (text(&limit["setting"]), text(&limit["default"]))).collect()
}

fn told(limits: &[Limit]) -> Vec<(String, String)> {
    limits.iter().map(|limit| (limit.setting().to_owned(), limit.default().to_owned())).collect()
}

/// Past a limit comes an error that is declared, and where `RATE_LIMIT` is declared there is a limit.
#[track_caller]
fn assert_limits_and_errors_agree(limits: &[Limit], errors: &[ErrorType], name: &str) {
    assert!(limits.iter().all(|limit| errors.contains(&limit.error())), "{name} is limited without an error");
    let has_rate = limits.iter().any(|limit| limit.error() == ErrorType::RateLimit);
    assert_eq!(errors.contains(&ErrorType::RateLimit), has_rate, "{name} says RATE_LIMIT, and which limit");
}

/// serde and the schemas of the parameters refuse and accept the same of what can stand in a path or a query: text.
fn assert_parameters_refuse_alike<T: Request>(document: &Value, operation: &Value, place: &str) {
    let parameters = operation["parameters"].as_array().unwrap().iter();
    let parameters: Vec<_> = parameters.filter(|parameter| parameter["in"] == place).collect();
    let name = |parameter: &Value| parameter["name"].as_str().unwrap().to_owned();
    let id = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90";
    let fitting = |parameter: &Value| {
        let schema = validator(document, &parameter["schema"]);
        let texts = ["7", "text", id].into_iter().map(|text| as_written(&parameter["schema"], text));
        texts.into_iter().find(|text| schema.is_valid(text))
    };
    let required = parameters.iter().filter(|parameter| parameter["required"] == true);
    let rest: serde_json::Map<_, _> =
        required.map(|parameter| (name(parameter), fitting(parameter).unwrap())).collect();
    assert!(T::decode(Value::Object(rest.clone())).is_ok(), "what is required is enough");
    for parameter in parameters {
        let schema = validator(document, &parameter["schema"]);
        for text in ["", "0", "7", "-1", "1.5", "true", "text", " ", "a\u{0}b", id, &"x".repeat(5000)] {
            let mut asked = rest.clone();
            let written = as_written(&parameter["schema"], text);
            let valid = schema.is_valid(&written);
            asked.insert(name(parameter), written);
            assert_eq!(T::decode(Value::Object(asked)).is_ok(), valid, "{} {text:?}", parameter["name"]);
        }
    }
}

/// A text of a path or a query, as the schema that describes it sees it.
fn as_written(schema: &Value, text: &str) -> Value {
    let number = text.parse::<i64>().ok().filter(|_| schema["type"] == "integer");
    number.map_or_else(|| json!(text), |number| json!(number))
}

impl EndpointVisitor for Declared {
    fn visit<E: Endpoint>(&mut self) {
        for path in std::iter::once(&E::PATH).chain(E::ALIASES) {
            let path = format!("{BASE_PATH}{}", parlor_openapi::text::path(path));
            let operation = self.openapi["paths"][&path][E::METHOD.as_str().to_lowercase()].clone();
            let id =
                operation["operationId"].as_str().unwrap_or_else(|| panic!("{path} is not in the document"));
            assert!(self.ids.insert(id.to_owned()), "{id} is there twice");
            for kind in E::ERRORS.iter().chain(&[ErrorType::Validation, ErrorType::ServerError]) {
                let answer = &operation["responses"][kind.status().to_string()];
                assert!(answer.is_object(), "{id} does not tell of {kind}");
            }
            assert_eq!(limits(&operation), told(E::LIMITS), "the limits of {id}");
            let description = operation["description"].as_str().unwrap();
            assert!(
                E::LIMITS.iter().all(|limit| description.contains(limit.setting())),
                "{id}: {description}"
            );
            if !E::Body::fields().is_empty() {
                assert_eq!(operation["requestBody"]["x-max-bytes"], LARGEST_PAYLOAD, "{id}");
                assert!(
                    operation["requestBody"]["content"]["application/json"]["example"].is_object(),
                    "{id}"
                );
            }
            for status in std::iter::once(E::STATUS).chain(E::ALSO) {
                let answer = &operation["responses"][status.to_string()]["content"]["application/json"];
                assert!(
                    answer["schema"].is_object() && answer["example"].is_object(),
                    "{id}: no example of {status}"
                );
            }
            let fields = E::Path::fields().into_iter().chain(E::Query::fields()).collect::<BTreeSet<_>>();
            let parameters = operation["parameters"].as_array().unwrap().iter();
            let told = parameters.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect();
            assert_eq!(fields, told, "the parameters of {id}");
            assert!(!description.is_empty(), "{id} has no description");
        }
        assert_limits_and_errors_agree(E::LIMITS, E::ERRORS, E::NAME);
        let path = format!("{BASE_PATH}{}", parlor_openapi::text::path(E::PATH));
        let operation = &self.openapi["paths"][&path][E::METHOD.as_str().to_lowercase()];
        assert_parameters_refuse_alike::<E::Path>(&self.openapi, operation, "path");
        assert_parameters_refuse_alike::<E::Query>(&self.openapi, operation, "query");
        self.assert_agrees::<<E::Envelope as Envelope>::Data>(E::NAME);
        if !E::Body::fields().is_empty() {
            self.assert_agrees::<E::Body>(E::NAME);
            self.assert_refuses_alike::<E::Body>(E::NAME);
        }
    }
}

impl EventVisitor for Declared {
    fn client<E: ClientEvent>(&mut self) {
        let operation = &self.asyncapi["operations"][E::NAME];
        let message = self.asyncapi["components"]["messages"][E::NAME]["description"].as_str().unwrap();
        assert!(E::LIMITS.iter().all(|limit| message.contains(limit.setting())), "{}: {message}", E::NAME);
        assert_eq!(operation["action"], "receive", "{}", E::NAME);
        assert!(operation["reply"].is_object(), "{} has no reply", E::NAME);
        assert_eq!(limits(operation), told(&[E::LIMITS, &[Limit::Events]].concat()), "{}", E::NAME);
        assert_limits_and_errors_agree(E::LIMITS, E::ERRORS, E::NAME);
        self.assert_agrees::<E::Payload>(E::NAME);
        self.assert_refuses_alike::<E::Payload>(E::NAME);
        self.assert_agrees::<E::Ack>(E::NAME);
        let ack = &self.asyncapi["components"]["messages"][format!("{}_ack", E::NAME)];
        for kind in E::ERRORS {
            let answer: Ack<E::Ack> = Ack { outcome: Err(ApiError::new(*kind, "no")), request_id: None };
            let wire = serde_json::to_value(&answer).unwrap();
            assert_fits(&self.asyncapi, &ack["payload"], &wire, E::NAME);
        }
        for example in ack["examples"].as_array().unwrap() {
            serde_json::from_value::<Ack<E::Ack>>(example["payload"].clone()).unwrap();
        }
    }

    fn server<E: ServerEvent>(&mut self) {
        assert_eq!(self.asyncapi["operations"][E::NAME]["action"], "send", "{}", E::NAME);
        self.assert_agrees::<E::Payload>(E::NAME);
    }
}

#[test]
fn o7_every_endpoint_is_in_openapi_and_means_what_serde_means() {
    visit_endpoints(&mut Declared::new());
}

#[test]
fn o7_every_event_is_in_asyncapi_and_means_what_serde_means() {
    visit_events(&mut Declared::new());
}
