//! An example of every shape, put together from the examples of its parts.

use crate::shapes::Shapes;
use serde_json::{Map, Value, json};

/// A value that the schema allows.
pub fn of(schema: &Value, shapes: &Shapes) -> Value {
    if let Some(given) = given(schema) {
        return given;
    }
    if let Some(place) = schema["$ref"].as_str() {
        return shapes.at(place).map_or(Value::Null, |schema| of(schema, shapes));
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let parts = parts.iter().filter_map(|part| of(part, shapes).as_object().cloned());
        return Value::Object(parts.flatten().collect());
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[choice].as_array() {
            let one = choices.iter().find(|choice| choice["type"] != "null");
            return one.map_or(Value::Null, |one| of(one, shapes));
        }
    }
    match type_of(schema) {
        Some("object") => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            Value::Object(fields.map(|(name, part)| (name.clone(), of(part, shapes))).collect::<Map<_, _>>())
        }
        Some("array") => json!([of(&schema["items"], shapes)]),
        Some("integer") => json!(schema["minimum"].as_i64().unwrap_or(0).max(1)),
        Some("boolean") => json!(true),
        Some("string") => json!("text"),
        _ => Value::Null,
    }
}

fn given(schema: &Value) -> Option<Value> {
    let first = |list: &Value| list.as_array().and_then(|list| list.first().cloned());
    schema
        .get("example")
        .cloned()
        .or_else(|| first(&schema["examples"]))
        .or_else(|| schema.get("const").cloned())
        .or_else(|| first(&schema["enum"]))
}

/// The type that is not `null`.
fn type_of(schema: &Value) -> Option<&str> {
    match &schema["type"] {
        Value::String(name) => Some(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        _ => None,
    }
}
