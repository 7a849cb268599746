//! Do the types in TypeScript and the schemas, which two generators write, say the same?

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

use parlor_openapi::{contract::Contract, typescript};
use serde_json::Value;
use std::collections::BTreeMap;

/// A field: whether it can be left out, and whether it can be `null`.
type Fields = BTreeMap<String, (bool, bool)>;

/// The fields of each plain object type that is declared.
fn declared(script: &str) -> BTreeMap<String, Fields> {
    let mut types: BTreeMap<String, Fields> = BTreeMap::new();
    let mut current = None;
    for line in script.lines() {
        if let Some(name) = line.strip_prefix("export type ").and_then(|rest| rest.strip_suffix(" = {")) {
            current = Some(name.to_owned());
        } else if line.starts_with('}') {
            // `} & (` goes on: it is no plain object.
            if let Some(name) = current.take()
                && line != "};"
            {
                types.remove(&name);
            }
        } else if let (Some(name), Some((field, kind))) =
            (&current, line.trim().strip_suffix(';').and_then(|line| line.split_once(": ")))
        {
            let optional = field.ends_with('?');
            let fields = types.entry(name.clone()).or_default();
            fields.insert(field.trim_end_matches('?').to_owned(), (optional, kind.ends_with("| null")));
        }
    }
    types
}

fn is_nullable(schema: &Value) -> bool {
    let has_null = |value: &Value| {
        value.as_array().is_some_and(|all| all.iter().any(|one| one == "null" || one["type"] == "null"))
    };
    has_null(&schema["type"]) || has_null(&schema["oneOf"])
}

fn fields(schema: &Value) -> Option<Fields> {
    let required =
        |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let properties = schema["properties"].as_object()?.iter();
    Some(properties.map(|(name, field)| (name.clone(), (!required(name), is_nullable(field)))).collect())
}

#[test]
fn every_type_has_the_fields_of_its_schema() {
    let contract = Contract::declared();
    let script =
        typescript::files(&contract).into_iter().find(|file| file.path.ends_with("types.ts")).unwrap().text;
    let declared = declared(&script);
    let mut compared = 0;
    for (name, schema) in contract.shapes.schemas() {
        if let (Some(fields), Some(declared)) = (fields(&schema), declared.get(&name)) {
            assert_eq!(&fields, declared, "{name}");
            compared += 1;
        }
    }
    assert!(compared > 45, "{compared} types");
}

#[test]
fn every_schema_has_its_type() {
    let contract = Contract::declared();
    let script =
        typescript::files(&contract).into_iter().find(|file| file.path.ends_with("types.ts")).unwrap().text;
    // What happened is written out in its one place.
    for name in contract.shapes.schemas().keys().filter(|name| *name != "Happening") {
        assert!(script.contains(&format!("export type {name} = ")), "{name}");
    }
}
