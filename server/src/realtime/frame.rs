//! An event as it stands in a frame: its name and its argument.

use parlor_protocol::depth::{DEEPEST, depth};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use std::collections::HashMap;

/// `["name", payload?, …]`; further arguments are ignored.
pub(super) struct Frame<'a>(pub(super) String, pub(super) Option<&'a RawValue>);

impl<'de> Deserialize<'de> for Frame<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parts;
        impl<'de> serde::de::Visitor<'de> for Parts {
            type Value = Frame<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an array of an event's name and its argument")
            }

            fn visit_seq<S: serde::de::SeqAccess<'de>>(self, mut parts: S) -> Result<Frame<'de>, S::Error> {
                let name = parts.next_element()?.ok_or_else(|| serde::de::Error::invalid_length(0, &self))?;
                let payload = parts.next_element()?;
                while parts.next_element::<serde::de::IgnoredAny>()?.is_some() {}
                Ok(Frame(name, payload))
            }
        }
        deserializer.deserialize_seq(Parts)
    }
}

/// An event's argument, unless it nests too deep.
pub(super) fn argument(payload: Option<&RawValue>) -> Result<Value, String> {
    let Some(payload) = payload else { return Ok(Value::Null) };
    if depth(payload.get().as_bytes()) > DEEPEST {
        return Err(format!("must not nest deeper than {DEEPEST}"));
    }
    serde_json::from_str(payload.get()).map_err(|error| format!("must be JSON: {error}"))
}

/// What an answer names of an argument that is not parsed.
pub(super) fn what_to_name(payload: Option<&RawValue>) -> Value {
    let fields: HashMap<String, &RawValue> =
        payload.and_then(|payload| serde_json::from_str(payload.get()).ok()).unwrap_or_default();
    let text = |name: &str| serde_json::from_str::<String>(fields.get(name)?.get()).ok();
    let named =
        ["roomId", "requestId"].map(|name| (name.to_owned(), text(name).map_or(Value::Null, Value::from)));
    Value::Object(named.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_a_name_and_at_most_one_payload() {
        let frame = |text| {
            let Frame(name, payload) = serde_json::from_str(text).ok()?;
            Some((name, argument(payload).unwrap()))
        };
        assert_eq!(frame(r#"["typing"]"#), Some(("typing".into(), Value::Null)));
        assert_eq!(frame(r#"["typing",{"a":1},2]"#), Some(("typing".into(), serde_json::json!({"a": 1}))));
        assert_eq!(frame("[]"), None);
        assert_eq!(frame("[1]"), None);
    }

    #[test]
    fn of_an_argument_that_is_too_deep_only_names_are_read() {
        let deep = format!(r#"{{"more":{}{},"roomId":5,"requestId":"r"}}"#, "[".repeat(500), "]".repeat(500));
        let frame = format!(r#"["typing",{deep}]"#);
        let Frame(name, payload) = serde_json::from_str(&frame).unwrap();
        assert_eq!(
            (name.as_str(), argument(payload)),
            ("typing", Err("must not nest deeper than 32".to_owned()))
        );
        assert_eq!(what_to_name(payload), serde_json::json!({ "roomId": null, "requestId": "r" }));
        assert_eq!(what_to_name(None), serde_json::json!({ "roomId": null, "requestId": null }));
    }
}
