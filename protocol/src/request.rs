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
        Self::deserialize(&object).map_err(|error| {
            let faults = Self::faults(&object);
            if faults.is_empty() { vec![FieldError::new("", error.to_string())] } else { faults }
        })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClientEvent, Endpoint, EndpointVisitor, EventVisitor, ServerEvent};
    use serde_json::json;

    /// Compares, for every request of the contract, what is read in one go with what is read field by field.
    #[derive(Default)]
    struct Compared(usize);

    impl Compared {
        fn compare<R: Request>(&mut self) {
            let good = json!("018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90");
            let values = [
                json!(null),
                json!(true),
                json!(7),
                json!(-1),
                json!(1.5),
                json!("7"),
                json!(""),
                json!("correct"),
                json!("ada@example.com"),
                json!([]),
                json!({}),
                good.clone(),
            ];
            let fields = R::fields();
            for (field, value) in
                fields.iter().flat_map(|field| values.iter().map(move |value| (field, value)))
            {
                let alone = Map::from_iter([(field.clone(), value.clone())]);
                let others = fields.iter().map(|other| (other.clone(), good.clone()));
                let beside: Map<_, _> = others.chain([(field.clone(), value.clone())]).collect();
                for object in [alone, beside] {
                    let faults = R::faults(&object);
                    let decoded = R::decode(Value::Object(object.clone())).map(drop);
                    assert_eq!(decoded, if faults.is_empty() { Ok(()) } else { Err(faults) }, "{object:?}");
                    self.0 += 1;
                }
            }
        }
    }

    impl EndpointVisitor for Compared {
        fn visit<E: Endpoint>(&mut self) {
            self.compare::<E::Path>();
            self.compare::<E::Query>();
            self.compare::<E::Body>();
        }
    }

    impl EventVisitor for Compared {
        fn client<E: ClientEvent>(&mut self) {
            self.compare::<E::Payload>();
        }
        fn server<E: ServerEvent>(&mut self) {}
    }

    #[test]
    fn a_request_that_is_read_in_one_go_is_right_in_every_field_and_the_other_way_round() {
        let mut compared = Compared::default();
        crate::visit_endpoints(&mut compared);
        crate::visit_events(&mut compared);
        assert!(compared.0 > 1000, "{}", compared.0);
    }
}
