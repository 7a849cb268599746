//! Requests: what a client sends, as a body, a path, a query or an event's argument.
//!
//! They are decoded by serde in one go. Only when that fails, each field is tried alone, so that an answer lists every bad field.

use crate::{FieldError, Shape};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// What can be decoded from a JSON object, and can say everything that is wrong with one.
pub trait Request: Serialize + DeserializeOwned + Shape + Send + 'static {
    /// The names of its fields on the wire.
    fn fields() -> Vec<String>;

    /// Everything that is wrong with `object`; empty when each field is right by itself.
    fn faults(object: &Map<String, Value>) -> Vec<FieldError>;

    /// Decodes a JSON value, or says everything that is wrong with it.
    fn decode(value: Value) -> Result<Self, Vec<FieldError>> {
        let Value::Object(object) = value else {
            return Err(vec![FieldError::new("", "must be a JSON object")]);
        };
        let faults = Self::faults(&object);
        if !faults.is_empty() {
            return Err(faults);
        }
        serde_json::from_value(Value::Object(object))
            .map_err(|error| vec![FieldError::new("", error.to_string())])
    }
}

/// A request without fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nothing;

impl Serialize for Nothing {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<'de> Deserialize<'de> for Nothing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

#[cfg(feature = "schema")]
plain_shape!({} Nothing, "Nothing", "null", crate::schema::null());

impl Request for Nothing {
    fn fields() -> Vec<String> {
        Vec::new()
    }

    fn faults(_: &Map<String, Value>) -> Vec<FieldError> {
        Vec::new()
    }
}

/// Declares a request: a struct whose fields are all looked at when one is wrong.
#[macro_export]
macro_rules! request {
    ($($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)* })*) => {$(
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema, ts_rs::TS), ts(optional_fields = nullable))]
        $(#[$meta])*
        #[serde(rename_all = "camelCase")]
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }

        impl $crate::Request for $name {
            fn fields() -> Vec<String> {
                vec![$($crate::request::camel_case(stringify!($field))),*]
            }

            fn faults(object: &serde_json::Map<String, serde_json::Value>) -> Vec<$crate::FieldError> {
                [$($crate::request::fault::<$type>(object, stringify!($field))),*].into_iter().flatten().collect()
            }
        }
    )*};
}

/// What is wrong with the field of `object` that Rust calls `name`.
#[doc(hidden)]
pub fn fault<T: DeserializeOwned>(object: &Map<String, Value>, name: &str) -> Option<FieldError> {
    let name = camel_case(name);
    match object.get(&name) {
        Some(value) => {
            let error = T::deserialize(value).err()?;
            Some(FieldError::new(name, error.to_string()))
        }
        None => T::deserialize(Value::Null).is_err().then(|| FieldError::new(name, "is required")),
    }
}

/// `room_id` as it stands on the wire: `roomId`.
#[doc(hidden)]
pub fn camel_case(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut text, part| {
        let mut chars = part.chars();
        text.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        text.push_str(chars.as_str());
        text
    })
}

/// Tells an absent field (`None`) from one that is `null` (`Some(None)`): for fields that can be cleared.
#[doc(hidden)]
pub fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
