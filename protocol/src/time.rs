//! Moments on the wire: RFC 3339 in UTC with milliseconds, `2025-08-21T10:16:10.123Z`.

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// A moment in UTC, cut to milliseconds, so that what is kept and what is sent are equal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

#[cfg(feature = "schema")]
text_shape!(
    Timestamp,
    ["A moment: RFC 3339 in UTC with milliseconds."],
    format: Some("date-time"), example: "2025-08-21T10:16:10.123Z"
);

impl Timestamp {
    /// This moment as a `chrono` time.
    pub fn to_utc(self) -> DateTime<Utc> {
        self.0
    }

    /// Milliseconds since 1970.
    pub fn as_millis(self) -> i64 {
        self.0.timestamp_millis()
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(time: DateTime<Utc>) -> Self {
        Self(time.trunc_subsecs(3))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time = DateTime::parse_from_rfc3339(&text).map_err(de::Error::custom)?;
        Ok(time.to_utc().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn moments() -> impl Strategy<Value = Timestamp> {
        // Until the end of the year 9999, in microseconds.
        (0..253_402_300_799_999_999_i64)
            .prop_map(|micros| DateTime::from_timestamp_micros(micros).unwrap_or_default().into())
    }

    proptest! {
        #[test]
        fn a_moment_is_the_same_after_the_wire_and_sorts_as_its_text(one in moments(), other in moments()) {
            let read = serde_json::to_value(one).and_then(serde_json::from_value::<Timestamp>);
            prop_assert_eq!(read.ok(), Some(one));
            prop_assert_eq!(one.to_string().len(), "2025-08-21T10:16:10.123Z".len());
            prop_assert_eq!(one.cmp(&other), one.to_string().cmp(&other.to_string()));
            prop_assert_eq!(one.as_millis().cmp(&other.as_millis()), one.cmp(&other));
        }
    }

    #[test]
    fn a_moment_has_three_decimals_and_a_z() {
        let cases = [
            ("2025-08-21T10:16:10.123Z", "2025-08-21T10:16:10.123Z"),
            ("2025-08-21T12:16:10.1239999+02:00", "2025-08-21T10:16:10.123Z"),
            ("2025-08-21T10:16:10Z", "2025-08-21T10:16:10.000Z"),
        ];
        for (given, wire) in cases {
            let time: Timestamp =
                serde_json::from_value(given.into()).unwrap_or_else(|e| panic!("{given}: {e}"));
            assert_eq!(time.to_string(), wire);
        }
    }
}
