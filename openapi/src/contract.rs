//! The contract as values: what the documents are written from.

use crate::{
    example,
    shapes::{Shapes, script_of},
    text,
};
use parlor_protocol::{
    Auth, ClientEvent, Endpoint, EndpointVisitor, Envelope, ErrorType, EventVisitor, Failure, Limit, Nothing,
    Request, ServerEvent, Shape,
    error::ApiError,
    invites::ListInvites,
    service::{About, Health},
    text::RequestId,
    visit_endpoints, visit_events,
};
use serde_json::Value;

/// Everything that is declared.
#[derive(Debug, Default)]
pub struct Contract {
    /// The types.
    pub shapes: Shapes,
    /// The endpoints, in the order of their declaration.
    pub operations: Vec<Operation>,
    /// The events, in the order of their declaration.
    pub events: Vec<Event>,
}

/// An endpoint.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its name in documents and TypeScript: `sendMessage`. It never changes.
    pub id: String,
    /// The noun that it belongs to.
    pub noun: &'static str,
    /// What it does.
    pub doc: String,
    /// Its method, in capitals.
    pub method: &'static str,
    /// Its path below the base path, with `{camelCase}` names.
    pub path: String,
    /// Other paths of the same.
    pub aliases: Vec<String>,
    /// The statuses of a success.
    pub statuses: Vec<u16>,
    /// What a success says.
    pub says: &'static str,
    /// Whether it needs an access token.
    pub bearer: bool,
    /// Everything that can go wrong.
    pub errors: Vec<ErrorType>,
    /// The limits that it keeps.
    pub limits: Vec<Limit>,
    /// What stands in the path and the query.
    pub parameters: Vec<Parameter>,
    /// The path's and the query's type in TypeScript.
    pub path_script: Option<String>,
    /// The query's type in TypeScript.
    pub query_script: Option<String>,
    /// The body.
    pub body: Option<Content>,
    /// Whether the body can't be left out.
    pub body_required: bool,
    /// What a success carries.
    pub data: Content,
    /// Whether `nextCursor` stands beside it.
    pub paged: bool,
}

/// A part of a path or a query.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name on the wire.
    pub name: String,
    /// `path` or `query`.
    pub place: &'static str,
    /// What it is.
    pub doc: String,
    /// Its schema.
    pub schema: Value,
    /// Whether it can't be left out.
    pub required: bool,
}

/// An event.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its name on the wire.
    pub name: &'static str,
    /// The module and the name of its type in Rust.
    pub type_path: (&'static str, &'static str),
    /// What it does or says.
    pub doc: String,
    /// What it carries.
    pub payload: Content,
    /// What its acknowledgement carries; only events of a client have one.
    pub ack: Option<Content>,
    /// Everything that can go wrong.
    pub errors: Vec<ErrorType>,
    /// The limits that it keeps beside those of every event.
    pub limits: Vec<Limit>,
}

/// A value on the wire.
#[derive(Clone, Debug)]
pub struct Content {
    /// Its schema.
    pub schema: Value,
    /// One such value.
    pub example: Value,
    /// Its type in TypeScript.
    pub script: String,
}

impl Contract {
    /// Everything that `protocol` declares.
    pub fn declared() -> Self {
        let mut contract = Self::default();
        contract.shapes.reference::<ApiError>();
        contract.shapes.reference::<Failure>();
        contract.shapes.reference::<RequestId>();
        contract.shapes.reference::<About>();
        contract.shapes.reference::<Health>();
        visit_endpoints(&mut contract);
        visit_events(&mut contract);
        contract
    }

    /// What `T` looks like.
    pub fn content<T: Shape + 'static>(&mut self) -> Content {
        let schema = self.shapes.reference::<T>();
        let example = example::of(&schema, &self.shapes);
        Content { schema: self.shapes.tidied(schema), example, script: script_of::<T>() }
    }

    fn parameters<T: Request>(&mut self, place: &'static str) -> Vec<Parameter> {
        let fields = self.shapes.fields::<T>();
        let parameter = |(name, schema, required)| {
            let schema = without_null(self.shapes.tidied(schema));
            let doc = schema["description"].as_str().map(text::paragraph).unwrap_or_default();
            Parameter { name, place, doc, schema, required: required || place == "path" }
        };
        fields.into_iter().map(parameter).collect()
    }
}

impl EndpointVisitor for Contract {
    fn visit<E: Endpoint>(&mut self) {
        let body = (!E::Body::fields().is_empty()).then(|| self.content::<E::Body>());
        let body_required = body.as_ref().is_some_and(|body| self.shapes.is_required(&body.schema));
        let mut parameters = self.parameters::<E::Path>("path");
        parameters.extend(self.parameters::<E::Query>("query"));
        let mut errors = vec![
            ErrorType::Validation,
            ErrorType::PayloadTooLarge,
            ErrorType::UnsupportedMediaType,
            ErrorType::ServerError,
            ErrorType::Unavailable,
        ];
        errors.extend(E::Auth::REQUIRED.then_some(ErrorType::Unauthenticated));
        errors.extend(E::ERRORS);
        let mut data = self.content::<<E::Envelope as Envelope>::Data>();
        if E::NAME == ListInvites::NAME
            && let Some(invite) = data.example.pointer_mut("/0/inviteCode")
        {
            // The same type has it when it is made, and only then.
            *invite = Value::Null;
        }
        let operation = Operation {
            id: text::lower_first(E::NAME),
            noun: E::NOUN,
            doc: text::paragraph(E::DOC),
            method: E::METHOD.as_str(),
            path: text::path(E::PATH),
            aliases: E::ALIASES.iter().map(|path| text::path(path)).collect(),
            statuses: std::iter::once(E::STATUS).chain(E::ALSO).collect(),
            says: E::SAYS,
            bearer: E::Auth::REQUIRED,
            errors: in_order(&errors),
            limits: E::LIMITS.to_vec(),
            parameters,
            path_script: script_of_fields::<E::Path>(),
            query_script: script_of_fields::<E::Query>(),
            body,
            body_required,
            data,
            paged: E::Envelope::PAGED,
        };
        self.operations.push(operation);
    }
}

impl EventVisitor for Contract {
    fn client<E: ClientEvent>(&mut self) {
        let mut errors = vec![
            ErrorType::Validation,
            ErrorType::Unauthenticated,
            ErrorType::RateLimit,
            ErrorType::ServerError,
            ErrorType::Unavailable,
        ];
        errors.extend(E::ERRORS);
        let event = Event {
            name: E::NAME,
            type_path: type_path::<E>(),
            doc: text::paragraph(E::DOC),
            payload: self.content::<E::Payload>(),
            ack: Some(self.content::<E::Ack>()),
            errors: in_order(&errors),
            limits: E::LIMITS.to_vec(),
        };
        self.events.push(event);
    }

    fn server<E: ServerEvent>(&mut self) {
        let event = Event {
            name: E::NAME,
            type_path: type_path::<E>(),
            doc: text::paragraph(E::DOC),
            payload: self.content::<E::Payload>(),
            ack: None,
            errors: Vec::new(),
            limits: Vec::new(),
        };
        self.events.push(event);
    }
}

/// The module and the name of a type of `protocol`.
fn type_path<T>() -> (&'static str, &'static str) {
    let path = std::any::type_name::<T>();
    let path = path.split_once("::").map_or(path, |(_, path)| path);
    path.rsplit_once("::").unwrap_or(("", path))
}

fn script_of_fields<T: Request>() -> Option<String> {
    (!T::fields().is_empty()).then(script_of::<T>)
}

/// Each once, in the order of the contract.
fn in_order(errors: &[ErrorType]) -> Vec<ErrorType> {
    ErrorType::ALL.iter().copied().filter(|kind| errors.contains(kind)).collect()
}

/// A query has no `null`: what is not there is left out.
fn without_null(schema: Value) -> Value {
    let some =
        schema["oneOf"].as_array().and_then(|choices| choices.iter().find(|one| one["type"] != "null"));
    if let Some(some) = some {
        return some.clone();
    }
    let mut schema = schema;
    if let Some(types) = schema["type"].as_array() {
        schema["type"] = types.iter().find(|name| *name != "null").cloned().unwrap_or_default();
    }
    schema
}

/// Whether a value is nothing: a `null` in place of data.
pub fn is_nothing(content: &Content) -> bool {
    content.script == script_of::<Nothing>()
}
