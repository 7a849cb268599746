//! The types of the contract, collected: their JSON Schemas and their TypeScript.

use parlor_protocol::Shape;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use ts_rs::{Config, TS, TypeVisitor};
use utoipa::ToSchema;

/// Where a schema stands in both documents.
const PLACE: &str = "#/components/schemas/";

/// Every type that has been asked for, with those that it is made of.
#[derive(Debug, Default)]
pub struct Shapes {
    schemas: BTreeMap<String, Value>,
    scripts: BTreeMap<String, String>,
}

impl Shapes {
    /// The schema that stands for `T`: a reference, where `T` has a name.
    pub fn reference<T: Shape + 'static>(&mut self) -> Value {
        let mut parts = Vec::new();
        T::schemas(&mut parts);
        for (name, schema) in parts {
            self.schemas.insert(name, to_json(&schema));
        }
        self.script::<T>();
        let schema = to_json(&T::schema());
        let name = script_of::<T>();
        if let Some(item) = name.strip_prefix("Array<").and_then(|rest| rest.strip_suffix('>')) {
            // utoipa writes out what stands in a bare list; its name is known to ts-rs alone.
            self.schemas.insert(item.to_owned(), schema["items"].clone());
            return json!({"type": "array", "items": reference_to(item)});
        }
        if is_plain(&schema) {
            return schema;
        }
        let name = <T as ToSchema>::name().into_owned();
        self.schemas.insert(name.clone(), schema);
        reference_to(&name)
    }

    /// Adds a schema that no type of Rust has.
    pub fn add(&mut self, name: &str, schema: Value) {
        self.schemas.insert(name.to_owned(), schema);
    }

    /// The fields of `T` with their schemas, and whether each is required. None for what has no fields.
    pub fn fields<T: Shape + 'static>(&mut self) -> Vec<(String, Value, bool)> {
        self.reference::<T>();
        let schema = to_json(&T::schema());
        // Its fields stand one by one in a path or a query: as a whole it is nowhere.
        self.schemas.remove(&*<T as ToSchema>::name());
        let required = |name: &str| {
            schema["required"].as_array().is_some_and(|names| names.iter().any(|required| required == name))
        };
        let properties = schema["properties"].as_object().cloned().unwrap_or_default();
        properties
            .into_iter()
            .map(|(name, schema)| {
                let required = required(&name);
                (name, schema, required)
            })
            .collect()
    }

    /// Every schema under its name. Numbers and truths are written out where they stand.
    pub fn schemas(&self) -> Map<String, Value> {
        let named = self.schemas.iter().filter(|(_, schema)| !is_plain(schema));
        named.map(|(name, schema)| (name.clone(), self.tidied(schema.clone()))).collect()
    }

    /// A schema as it stands in a document.
    pub fn tidied(&self, schema: Value) -> Value {
        match schema {
            Value::Array(items) => items.into_iter().map(|item| self.tidied(item)).collect(),
            Value::Object(fields) => {
                let plain = fields.get("$ref").and_then(Value::as_str).and_then(|place| self.plain(place));
                let mut tidied: Map<String, Value> =
                    fields.into_iter().map(|(name, value)| (name, self.tidied(value))).collect();
                if let Some(Value::Object(plain)) = plain {
                    tidied.remove("$ref");
                    for (name, value) in plain {
                        tidied.entry(name).or_insert_with(|| value.clone());
                    }
                }
                Value::Object(tidied)
            }
            other => other,
        }
    }

    /// The schema that `place` refers to.
    pub fn at(&self, place: &str) -> Option<&Value> {
        self.schemas.get(place.strip_prefix(PLACE)?)
    }

    /// Whether one of the fields of `schema` can't be left out.
    pub fn is_required(&self, schema: &Value) -> bool {
        let schema = schema["$ref"].as_str().and_then(|place| self.at(place)).unwrap_or(schema);
        schema["required"].as_array().is_some_and(|names| !names.is_empty())
    }

    /// Every declaration of TypeScript, in the order of names.
    pub fn scripts(&self) -> impl Iterator<Item = &str> {
        self.scripts.values().map(String::as_str)
    }

    fn plain(&self, place: &str) -> Option<&Value> {
        self.at(place).filter(|schema| is_plain(schema))
    }

    fn script<T: TS + 'static + ?Sized>(&mut self) {
        let cfg = config();
        if T::output_path().is_some() {
            let name = T::ident(&cfg);
            let declared = format!("{}export {}\n", T::docs().unwrap_or_default(), T::decl(&cfg));
            if self.scripts.insert(name, declared).is_some() {
                return;
            }
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

impl TypeVisitor for Shapes {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        self.script::<T>();
    }
}

/// What `T` is called in TypeScript.
pub fn script_of<T: TS>() -> String {
    T::name(&config())
}

/// JSON.parse gives numbers, never a bigint, and ours stay below 2^53.
fn config() -> Config {
    Config::new().with_large_int("number")
}

/// A reference to the schema `name`.
pub fn reference_to(name: &str) -> Value {
    json!({"$ref": format!("{PLACE}{name}")})
}

fn is_plain(schema: &Value) -> bool {
    matches!(schema["type"].as_str(), Some("integer" | "boolean" | "null"))
}

/// utoipa's objects always have a JSON form.
fn to_json(schema: &utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>) -> Value {
    let mut json = serde_json::to_value(schema).unwrap_or_default();
    if let Some(variants) = json.get_mut("oneOf").and_then(Value::as_array_mut) {
        // What serde's `other` reads a later type into; nobody ever sends it.
        variants.retain(|variant| variant["properties"]["type"]["enum"] != json!(["unknown"]));
    }
    json
}
