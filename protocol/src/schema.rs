//! What the documents need to know of a type: its JSON Schema and its TypeScript.
//!
//! Only with the feature `schema`; without it every type has a [`Shape`] and none costs anything.

/// A type that the documents can describe.
#[cfg(feature = "schema")]
pub trait Shape: utoipa::ToSchema + ts_rs::TS {}

#[cfg(feature = "schema")]
impl<T: utoipa::ToSchema + ts_rs::TS> Shape for T {}

/// A type that the documents can describe.
#[cfg(not(feature = "schema"))]
pub trait Shape {}

#[cfg(not(feature = "schema"))]
impl<T> Shape for T {}

#[cfg(feature = "schema")]
pub(crate) use leaves::{Text, constant, description, integer, js_doc, null};

/// Describes a type that is a text on the wire.
#[cfg(feature = "schema")]
macro_rules! text_shape {
    ($name:ident, [$($doc:literal)*], $($rule:ident: $value:expr),*) => {
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                let mut text = $crate::schema::Text::ANY;
                $(text.$rule = $value;)*
                text.schema(&$crate::schema::description(&[$($doc),*]))
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
        }

        impl ts_rs::TS for $name {
            type WithoutGenerics = Self;
            type OptionInnerType = Self;
            fn docs() -> Option<String> {
                Some($crate::schema::js_doc(&$crate::schema::description(&[$($doc),*])))
            }
            fn name(_: &ts_rs::Config) -> String {
                stringify!($name).to_owned()
            }
            fn inline(_: &ts_rs::Config) -> String {
                "string".to_owned()
            }
            fn decl(_: &ts_rs::Config) -> String {
                concat!("type ", stringify!($name), " = string;").to_owned()
            }
            fn decl_concrete(cfg: &ts_rs::Config) -> String {
                Self::decl(cfg)
            }
            fn output_path() -> Option<std::path::PathBuf> {
                Some("types.ts".into())
            }
        }
    };
}

/// Describes a type that is written out wherever it stands.
#[cfg(feature = "schema")]
macro_rules! plain_shape {
    ({ $($generic:tt)* } $name:ty, $label:expr, $script:expr, $schema:expr) => {
        impl<$($generic)*> utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                $schema
            }
        }

        impl<$($generic)*> utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                $label.into()
            }
        }

        impl<$($generic)*> ts_rs::TS for $name {
            type WithoutGenerics = Self;
            type OptionInnerType = Self;
            fn name(_: &ts_rs::Config) -> String {
                $script.to_owned()
            }
            fn inline(_: &ts_rs::Config) -> String {
                $script.to_owned()
            }
        }
    };
}

#[cfg(feature = "schema")]
mod leaves {
    use utoipa::openapi::{
        RefOr,
        schema::{ObjectBuilder, Schema, SchemaFormat, Type},
    };

    /// What a text must be like.
    pub(crate) struct Text {
        /// The fewest characters.
        pub(crate) least: usize,
        /// The most characters.
        pub(crate) most: Option<usize>,
        /// A regular expression.
        pub(crate) pattern: Option<&'static str>,
        /// A format that JSON Schema has a word for.
        pub(crate) format: Option<&'static str>,
        /// A right value.
        pub(crate) example: &'static str,
    }

    impl Text {
        pub(crate) const ANY: Self = Self { least: 0, most: None, pattern: None, format: None, example: "" };

        pub(crate) fn schema(self, description: &str) -> RefOr<Schema> {
            ObjectBuilder::new()
                .schema_type(Type::String)
                .description(Some(description))
                .min_length((self.least > 0).then_some(self.least))
                .max_length(self.most)
                .pattern(self.pattern)
                .format(self.format.map(|format| SchemaFormat::Custom(format.to_owned())))
                .examples([self.example])
                .into()
        }
    }

    pub(crate) fn integer(least: i64, most: Option<i64>, description: &str) -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .description(Some(description))
            .minimum(Some(least))
            .maximum(most)
            .examples([least.max(20)])
            .into()
    }

    pub(crate) fn constant(value: bool) -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([value])).into()
    }

    pub(crate) fn null() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Null).into()
    }

    /// A doc comment as one text.
    pub(crate) fn description(lines: &[&str]) -> String {
        lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n")
    }

    /// A comment over a declaration of TypeScript.
    pub(crate) fn js_doc(description: &str) -> String {
        format!("/**\n * {}\n */\n", description.replace('\n', "\n * "))
    }
}
